"""`python -m geodata export LAYER FILE`: every row of a layer in a file, for whoever may use the database.

Personal columns come in the clear, as they do in the database itself; readers of the map export under their rights instead (api/export.py).
"""

import argparse
import csv
import datetime as dt
import itertools
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import shapely
from psycopg import sql
from psycopg.types.json import Jsonb
from shapely.geometry.base import BaseGeometry

from geodata import crs as systems
from geodata import history_export
from geodata.arrays import Floats
from geodata.db import Conn
from geodata.errors import InvalidInputError, UnknownLayerError
from geodata.geopackage import GeoPackage, Table
from geodata.progress import QUIET, Progress, to_terminal
from geodata.source import Kind

HELP = "write all rows of a layer to a file (.gpkg, .geojson, .csv)"
HISTORY = "history"
ROWS_A_BATCH = 5000
KINDS = {
    "bool": Kind.BOOL,
    "int2": Kind.INT,
    "int4": Kind.INT,
    "int8": Kind.INT,
    "float4": Kind.FLOAT,
    "float8": Kind.FLOAT,
    "date": Kind.DATE,
    "timestamptz": Kind.TIME,
}
COLUMNS = """
    SELECT column_name, udt_name FROM information_schema.columns
    WHERE table_schema = 'hall' AND table_name = 'layer_' || %s AND column_name NOT IN ('id', 'geom', 'geom_3857') ORDER BY ordinal_position
"""
ROWS = sql.SQL("SELECT id, ST_AsBinary(geom), {columns} FROM {view} ORDER BY id")
LAYERS = "SELECT substr(table_name, 7) FROM information_schema.views WHERE table_schema = 'hall' AND starts_with(table_name, 'layer_') ORDER BY 1"
TRACE = "INSERT INTO hall.audit (username, action, object, success, detail) VALUES ('command line', 'export', %s, true, %s)"


@dataclass(frozen=True, slots=True)
class Placed:
    """A row with its geometry in the system of the file."""

    id: int
    geometry: BaseGeometry
    values: Sequence[Any]


Columns = Sequence[tuple[str, Kind]]
Writer = Callable[[Path, str, str, Columns, Iterator[Placed]], int]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("layer", metavar="LAYER", help="key of the layer, such as cameras or base_grids; history: all cases as GeoParquet")
    parser.add_argument("file", type=Path, metavar="FILE", nargs="?", help="its ending decides the format: .gpkg, .geojson or .csv")
    parser.add_argument("--to", type=Path, metavar="FOLDER", help="of history: the folder, with a file for each month")
    parser.add_argument("--crs", default=systems.WGS84, help="coordinate system: an EPSG code, gcj02 or bd09 (default: WGS 84)")


def run(options: argparse.Namespace, database_url: str, _data_dir: Path) -> None:
    """Export as the options say and print how many rows there are.

    Raises:
        HallError: nothing was written; the message says why.
    """
    if options.layer == HISTORY:
        if options.to is None:
            raise InvalidInputError("export history: name a folder with --to")
        history_export.run(database_url, options.to, to_terminal())
        return
    if options.file is None:
        raise InvalidInputError(f"export {options.layer}: name a file")
    with psycopg.connect(database_url) as conn:
        count = export(conn, options.layer, options.file, crs=options.crs, progress=to_terminal())
    print(f"{options.file}: {count:,} rows of {options.layer}")


def export(conn: Conn, layer: str, path: Path, *, crs: str = systems.WGS84, progress: Progress = QUIET) -> int:
    """Write the layer's view and leave a trace in the audit; return the number of rows. An existing file is replaced at the end.

    Raises:
        UnknownLayerError: no such layer.
        InvalidInputError: no such format or coordinate system, a position that it cannot express, or a folder that cannot be written to.
    """
    write = WRITERS.get(path.suffix.lower())
    if write is None:
        raise InvalidInputError(f"{path.name}: the ending must be one of {', '.join(WRITERS)}")
    system = systems.describe(crs)
    columns = [(name, KINDS.get(kind, Kind.TEXT)) for name, kind in conn.execute(COLUMNS, (layer,))]
    if not columns:
        known = ", ".join(name for (name,) in conn.execute(LAYERS))
        raise UnknownLayerError(f"no layer {layer!r}; there are: {known}")
    temporary = path.with_name(f".{path.name}.part")
    try:
        with progress.step(f"export {layer}") as step:
            temporary.unlink(missing_ok=True)
            count = write(temporary, layer, system.name, columns, _rows(conn, layer, columns, system.name))
            step.note = f"{count:,} rows"
        temporary.replace(path)
    except OSError as error:
        raise InvalidInputError(f"{path}: {error.strerror}") from error
    finally:
        temporary.unlink(missing_ok=True)
    conn.execute(TRACE, (f"{layer}{path.suffix}", Jsonb({"rows": count, "crs": system.name})))
    return count


def _rows(conn: Conn, layer: str, columns: Columns, crs: str) -> Iterator[Placed]:
    query = ROWS.format(
        columns=sql.SQL(", ").join(sql.Identifier(name) for name, _ in columns), view=sql.Identifier("hall", f"layer_{layer}")
    )

    def move(lonlat: Floats) -> Floats:
        return np.column_stack(systems.from_wgs84(lonlat[:, 0], lonlat[:, 1], crs))

    with conn.cursor(name="export") as cursor:
        cursor.itersize = ROWS_A_BATCH
        cursor.execute(query)
        for batch in iter(lambda: list(itertools.islice(cursor, ROWS_A_BATCH)), []):
            geometries = shapely.transform(shapely.from_wkb([bytes(row[1]) for row in batch]), move)
            if not np.isfinite(shapely.get_coordinates(geometries)).all():
                raise InvalidInputError(f"some positions lie outside of what {crs} can express")
            yield from (Placed(row[0], geometry, row[2:]) for row, geometry in zip(batch, geometries, strict=True))


def _write_geopackage(path: Path, layer: str, crs: str, columns: Columns, rows: Iterator[Placed]) -> int:
    package = GeoPackage(path, Table(name=layer, title=layer, columns=columns, crs=crs, changed_at=dt.datetime.now(dt.UTC)))
    count = 0
    for batch in iter(lambda: list(itertools.islice(rows, ROWS_A_BATCH)), []):
        package.write([(row.id, row.values) for row in batch], np.array([row.geometry for row in batch], dtype=object))
        count += len(batch)
    package.close()
    return count


def _write_geojson(path: Path, _layer: str, crs: str, columns: Columns, rows: Iterator[Placed]) -> int:
    count = 0
    with path.open("w", encoding="utf-8") as file:
        file.write('{"type": "FeatureCollection", ')
        if crs != systems.WGS84:  # RFC 7946 knows WGS 84 only: said where older readers look for it
            file.write(f'"crs": {json.dumps({"type": "name", "properties": {"name": crs}})}, ')
        file.write('"features": [')
        for row in rows:
            properties = {name: _plain(value) for (name, _), value in zip(columns, row.values, strict=True)}
            head = json.dumps({"type": "Feature", "id": row.id, "properties": properties}, ensure_ascii=False)
            file.write(f'{"," if count else ""}\n{head[:-1]}, "geometry": {shapely.to_geojson(row.geometry)}}}')
            count += 1
        file.write("\n]}\n")
    return count


def _write_csv(path: Path, _layer: str, _crs: str, columns: Columns, rows: Iterator[Placed]) -> int:
    """Points as x and y (longitude first), other shapes as the point within them and their WKT."""
    count = 0
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", *(name for name, _ in columns), "x", "y", "wkt"])
        for row in rows:
            spot = row.geometry if isinstance(row.geometry, shapely.Point) else row.geometry.representative_point()
            shape = "" if spot is row.geometry else row.geometry.wkt
            writer.writerow([row.id, *(_plain(value) for value in row.values), spot.x, spot.y, shape])
            count += 1
    return count


def _plain(value: Any) -> str | int | float | bool | None:
    return value if value is None or isinstance(value, str | int | float | bool) else str(value.isoformat())


WRITERS: dict[str, Writer] = {".gpkg": _write_geopackage, ".geojson": _write_geojson, ".csv": _write_csv}
