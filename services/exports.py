"""Rows of a layer as a file: CSV for spreadsheets, GeoJSON, GeoPackage. Masked as everywhere, bounded, and audited."""

import csv
import io
import itertools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geodata import crs as systems
from geodata.db import Conn
from geodata.errors import InvalidInputError, NotAllowedError
from geodata.geopackage import GeoPackage, Table
from geodata.grid import BBox
from geodata.source import Condition, Kind
from services import features
from services.audit import Act, Caller, record
from services.element import POINT, Element
from services.rights import MAY_EXPORT, Reader, Treatment, treatment
from services.shapes import Circle, Corridor, Shape

MAX_ROWS = 200_000
BATCH = 2_000
BOM = b"\xef\xbb\xbf"
DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
"""What spreadsheets take for the beginning of a formula."""


class Format(StrEnum):
    """Kinds of files, by their suffix."""

    CSV = "csv"
    GEOJSON = "geojson"
    GPKG = "gpkg"


@dataclass(frozen=True, slots=True)
class Head:
    """How a column is named in a CSV file, and the words for its values."""

    name: str
    title: str
    words: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to export and how. `crs` is any EPSG code, gcj02 or bd09."""

    format: Format
    title: str
    heads: Sequence[Head]
    conditions: Sequence[Condition] = ()
    bbox: BBox | None = None
    shape: Shape | None = None
    crs: str = systems.WGS84


Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class _Placed:
    row: features.Row
    x: float
    y: float
    geometry: BaseGeometry


def export(conn: Conn, caller: Caller, element: Element, wanted: Wanted, path: Path) -> int:
    """Write the reader's rows to `path` and record it. Returns how many there are.

    Call it inside `services.audit.attempt`, which records a refusal as well.

    Raises:
        NotAllowedError: the reader's role may not see this layer, or may not export.
        InvalidInputError: more than 200,000 rows, an unknown coordinate system, or a condition that the layer does not filter by.
    """
    reader = caller.reader
    if reader.role not in element.roles or reader.role not in MAY_EXPORT:
        raise NotAllowedError(f"{reader.role} exports no {element.key}")
    system = systems.describe(wanted.crs)
    columns = [
        (head, column.kind) for head in wanted.heads
        for column in [element.source.column(head.name)] if treatment(reader, column) is not Treatment.HIDDEN
    ]
    rows = _placed(conn, reader, element, wanted, system.name)
    match wanted.format:
        case Format.CSV:
            count = _write_csv(path, columns, rows, system)
        case Format.GEOJSON:
            count = _write_geojson(path, columns, rows, system.name)
        case Format.GPKG:
            kinds = [(head.name, kind) for head, kind in columns]
            table = Table(name=element.key, title=wanted.title, columns=kinds, crs=system.name, changed_at=caller.now)
            count = _write_geopackage(path, table, columns, rows)
    detail = {"rows": count, "crs": system.name, "filters": [str(condition) for condition in wanted.conditions], "where": _where(wanted)}
    record(conn, caller, Act(action="export", object=f"{element.key}.{wanted.format}", detail=detail))
    return count


def _placed(conn: Conn, reader: Reader, element: Element, wanted: Wanted, crs: str) -> Iterator[_Placed]:
    too_many = InvalidInputError(f"more than {MAX_ROWS:,} rows: filter them, or select a smaller area")
    # without a shape they are counted first, so that nobody waits for rows that are thrown away
    if not wanted.shape and features.count(conn, reader, element, wanted.conditions, bbox=wanted.bbox) > MAX_ROWS:
        raise too_many
    rows = features.iterate(conn, reader, element, wanted.conditions, bbox=wanted.bbox, shape=wanted.shape, limit=MAX_ROWS + 1)
    seen = 0
    for batch in iter(lambda: list(itertools.islice(rows, BATCH)), []):
        seen += len(batch)
        if seen > MAX_ROWS:
            raise too_many
        x, y = systems.from_wgs84(np.array([row.lon for row in batch]), np.array([row.lat for row in batch]), crs)
        if element.geometry == POINT:
            geometries = shapely.points(x, y)
        else:
            geometries = shapely.transform(shapely.from_geojson([row.geometry or "" for row in batch]), _mover(crs))
        if not np.isfinite(shapely.get_coordinates(geometries)).all():
            raise InvalidInputError(f"crs: some positions lie outside of what {crs} can express")
        yield from map(_Placed, batch, x.tolist(), y.tolist(), geometries)


def _mover(crs: str) -> Callable[[np.ndarray], np.ndarray]:
    return lambda places: np.column_stack(systems.from_wgs84(places[:, 0], places[:, 1], crs))


Columns = Sequence[tuple[Head, Kind]]


def _write_csv(path: Path, columns: Columns, rows: Iterator[_Placed], system: systems.System) -> int:
    places = ("经度", "纬度") if system.geographic else ("X", "Y")
    digits = 7 if system.geographic else 3
    count = 0
    with path.open("wb") as raw:
        raw.write(BOM)
        with io.TextIOWrapper(raw, "utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["id", *(head.title for head, _ in columns), *places])
            cells = [(head.name, _cell(head, kind)) for head, kind in columns]
            for placed in rows:
                fields = placed.row.fields
                values = [cell(fields[name]) for name, cell in cells]
                writer.writerow([placed.row.id, *values, f"{placed.x:.{digits}f}", f"{placed.y:.{digits}f}"])
                count += 1
    return count


def _write_geojson(path: Path, columns: Columns, rows: Iterator[_Placed], crs: str) -> int:
    names = [head.name for head, _ in columns]
    count = 0
    with path.open("w", encoding="utf-8") as file:
        file.write('{"type": "FeatureCollection", ')
        if crs != systems.WGS84:  # RFC 7946 knows WGS 84 only: say it where older readers look for it
            file.write(f'"crs": {json.dumps({"type": "name", "properties": {"name": crs}})}, ')
        file.write('"features": [')
        for placed in rows:
            properties = {name: _plain(placed.row.fields.get(name)) for name in names}
            head = json.dumps({"type": "Feature", "id": placed.row.id, "properties": properties}, ensure_ascii=False)
            file.write(f'{"," if count else ""}\n{head[:-1]}, "geometry": {shapely.to_geojson(placed.geometry)}}}')
            count += 1
        file.write("\n]}\n")
    return count


def _write_geopackage(path: Path, table: Table, columns: Columns, rows: Iterator[_Placed]) -> int:
    package, count = GeoPackage(path, table), 0
    for placed in rows:
        package.write([(placed.row.id, placed.geometry, [placed.row.fields.get(head.name) for head, _ in columns])])
        count += 1
    package.close()
    return count


def _cell(head: Head, kind: Kind) -> Callable[[features.Value], Cell]:
    """Return the function that writes the values of one column."""

    def text(value: features.Value) -> Cell:
        plain = _plain(value)
        return f"'{plain}" if isinstance(plain, str) and plain.startswith(DANGEROUS) else plain

    def word(value: features.Value) -> Cell:
        return None if value is None else head.words.get(str(value).lower() if value is True or value is False else str(value)) or text(value)

    # a column of words has few values: each is looked up once
    return lru_cache(maxsize=1_000)(word) if kind in {Kind.CODE, Kind.BOOL} else text


def _plain(value: features.Value) -> Cell:
    if isinstance(value, date):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value.isoformat()
    return value


def _where(wanted: Wanted) -> str:
    match wanted.shape:
        case None:
            return str(wanted.bbox or "")
        case Circle() as circle:
            return str(circle)
        case Corridor() as corridor:
            return f"{corridor.buffer_m:g} m along {shapely.to_wkt(corridor.line, rounding_precision=5)[:500]}"
        case region:
            return str(shapely.to_wkt(region.polygon, rounding_precision=5))[:500]
