"""The three kinds of export files, written batch by batch."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path

import msgspec
import numpy as np
import shapely
from numpy.typing import NDArray

from geodata import crs as systems
from geodata.crs import Array
from geodata.geopackage import GeoPackage, Table
from geodata.source import Kind
from services.features import Row, Value

BOM = b"\xef\xbb\xbf"
DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
"""What spreadsheets take for the beginning of a formula."""
DEGREE_DIGITS, METRE_DIGITS = 7, 3

Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class Head:
    """How a column is named in a CSV file, and the words for its values."""

    name: str
    title: str
    words: Mapping[str, str] = field(default_factory=dict)


Columns = Sequence[tuple[Head, Kind]]


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Rows with their positions and geometries in the file's coordinate system (x, y)."""

    rows: Sequence[Row]
    x: Array
    y: Array
    geometries: NDArray[np.object_]


def write_csv(path: Path, columns: Columns, batches: Iterable[Batch], places: tuple[str, str], system: systems.System) -> int:
    """Write a CSV file as spreadsheets read it: with a mark, words for codes, no cell that begins a formula; `places` name x and y."""
    digits, count = DEGREE_DIGITS if system.geographic else METRE_DIGITS, 0
    cells = [(head.name, _cell(head, kind)) for head, kind in columns]
    with path.open("wb") as raw:
        raw.write(BOM)
        with io.TextIOWrapper(raw, "utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["id", *(head.title for head, _ in columns), *places])
            for batch in batches:
                for row, x, y in zip(batch.rows, batch.x.tolist(), batch.y.tolist(), strict=True):
                    values = [cell(row.fields[name]) for name, cell in cells]
                    writer.writerow([row.id, *values, f"{x:.{digits}f}", f"{y:.{digits}f}"])
                count += len(batch.rows)
    return count


def write_geojson(path: Path, columns: Columns, batches: Iterable[Batch], crs: str) -> int:
    """Write a GeoJSON FeatureCollection with the values as they are stored."""
    names, count = [head.name for head, _ in columns], 0
    with path.open("wb") as file:
        file.write(b'{"type":"FeatureCollection",')
        if crs != systems.WGS84:  # RFC 7946 knows WGS 84 only: say it where older readers look for it
            file.write(b'"crs":' + msgspec.json.encode({"type": "name", "properties": {"name": crs}}) + b",")
        file.write(b'"features":[')
        for batch in batches:
            for row, geometry in zip(batch.rows, shapely.to_geojson(batch.geometries), strict=True):
                feature = {
                    "type": "Feature",
                    "id": row.id,
                    "properties": {name: row.fields[name] for name in names},
                    "geometry": msgspec.Raw(geometry.encode()),
                }
                file.write((b",\n" if count else b"\n") + msgspec.json.encode(feature))
                count += 1
        file.write(b"\n]}\n")
    return count


def write_geopackage(path: Path, table: Table, columns: Columns, batches: Iterable[Batch]) -> int:
    """Write a GeoPackage with one table."""
    package, names, count = GeoPackage(path, table), [head.name for head, _ in columns], 0
    for batch in batches:
        package.write([(row.id, [row.fields[name] for name in names]) for row in batch.rows], batch.geometries)
        count += len(batch.rows)
    package.close()
    return count


def _cell(head: Head, kind: Kind) -> Callable[[Value], Cell]:
    """Return the function that writes the values of one column."""

    def text(value: Value) -> Cell:
        plain = _plain(value)
        return f"'{plain}" if isinstance(plain, str) and plain.startswith(DANGEROUS) else plain

    def word(value: Value) -> Cell:
        key = str(value).lower() if isinstance(value, bool) else str(value)
        return None if value is None else head.words.get(key) or text(value)

    # a column of words has few values: each is looked up once
    return lru_cache(maxsize=1_000)(word) if kind in {Kind.CODE, Kind.BOOL} else text


def _plain(value: Value) -> Cell:
    if isinstance(value, date):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value.isoformat()
    return value
