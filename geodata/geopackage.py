"""Write a GeoPackage (OGC 12-128r18) row by row through sqlite3.

GDAL's Python packages would bring 100 MB into a process that serves requests; the format is SQLite with four tables and a geometry header.
"""

import sqlite3
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from geodata.source import Kind

APPLICATION_ID = 0x47504B47  # "GPKG"
USER_VERSION = 10_300  # 1.3.0
UNDEFINED_GEOGRAPHIC = 0
TYPES = {
    Kind.TEXT: "TEXT",
    Kind.CODE: "TEXT",
    Kind.INT: "INTEGER",
    Kind.FLOAT: "REAL",
    Kind.BOOL: "BOOLEAN",
    Kind.DATE: "DATE",
    Kind.TIME: "DATETIME",
}
TABLES = """
CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT NOT NULL, srs_id INTEGER PRIMARY KEY, organization TEXT NOT NULL,
    organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT);
CREATE TABLE gpkg_contents (table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE,
    description TEXT DEFAULT '', last_change DATETIME NOT NULL, min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER);
CREATE TABLE gpkg_geometry_columns (table_name TEXT NOT NULL PRIMARY KEY, column_name TEXT NOT NULL, geometry_type_name TEXT NOT NULL,
    srs_id INTEGER NOT NULL, z TINYINT NOT NULL, m TINYINT NOT NULL);
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The one table of a package: its name, title, columns (name, kind) and coordinate system (`EPSG:4547`, or another name)."""

    name: str
    title: str
    columns: Sequence[tuple[str, Kind]]
    crs: str
    changed_at: datetime


class GeoPackage:
    """A package being written; the file is complete after `close`."""

    def __init__(self, path: Path, table: Table) -> None:
        self._table, self._srs_id = table, _srs_id(table.crs)
        self._bounds = np.array([np.inf, np.inf, -np.inf, -np.inf])
        self._database = sqlite3.connect(path, isolation_level=None)
        run = self._database.execute
        run(f"PRAGMA application_id = {APPLICATION_ID}")
        run(f"PRAGMA user_version = {USER_VERSION}")
        run("PRAGMA journal_mode = OFF")
        run("PRAGMA synchronous = OFF")
        self._database.executescript(TABLES)
        run("BEGIN")
        _write_systems(self._database, table.crs)
        columns = ", ".join(f"{_quoted(name)} {TYPES[kind]}" for name, kind in table.columns)
        run(f"CREATE TABLE {_quoted(table.name)} (id INTEGER PRIMARY KEY, geom GEOMETRY, {columns})")
        holes = ", ".join("?" * (len(table.columns) + 2))
        self._insert = f"INSERT INTO {_quoted(table.name)} VALUES ({holes})"

    def write(self, rows: Sequence[tuple[int, Sequence[object]]], geometries: NDArray[np.object_]) -> None:
        """Add rows: id and the columns' values, and for each a geometry in the table's coordinate system (x, y)."""
        bounds = shapely.bounds(geometries)
        self._bounds = np.concatenate((np.fmin(self._bounds, bounds.min(axis=0))[:2], np.fmax(self._bounds, bounds.max(axis=0))[2:]))
        point = shapely.get_type_id(geometries) == shapely.GeometryType.POINT
        blobs = zip(rows, bounds.tolist(), point.tolist(), shapely.to_wkb(geometries, byte_order=1), strict=True)
        self._database.executemany(
            self._insert,
            ([row_id, self._header(box, is_point=is_point) + wkb, *map(_stored, values)] for (row_id, values), box, is_point, wkb in blobs),
        )

    def close(self) -> None:
        """Write the table of contents and close the file."""
        table, bounds = self._table, [None if not np.isfinite(edge) else float(edge) for edge in self._bounds]
        contents = [table.name, table.title, _stored(table.changed_at), *bounds, self._srs_id]
        self._database.execute("INSERT INTO gpkg_contents VALUES (?, 'features', ?, '', ?, ?, ?, ?, ?, ?)", contents)
        self._database.execute("INSERT INTO gpkg_geometry_columns VALUES (?, 'geom', 'GEOMETRY', ?, 0, 0)", [table.name, self._srs_id])
        self._database.execute("COMMIT")
        self._database.close()

    def _header(self, box: Sequence[float], *, is_point: bool) -> bytes:
        if is_point:
            return struct.pack("<2sBBi", b"GP", 0, 0b001, self._srs_id)
        west, south, east, north = box
        return struct.pack("<2sBBi4d", b"GP", 0, 0b011, self._srs_id, west, east, south, north)


def _srs_id(crs: str) -> int:
    authority, _, code = crs.partition(":")
    return int(code) if authority == "EPSG" else UNDEFINED_GEOGRAPHIC


def _write_systems(database: sqlite3.Connection, crs: str) -> None:
    insert = "INSERT OR IGNORE INTO gpkg_spatial_ref_sys VALUES (?, ?, ?, ?, ?, ?)"
    database.execute(insert, ["Undefined cartesian", -1, "NONE", -1, "undefined", None])
    database.execute(insert, ["Undefined geographic", UNDEFINED_GEOGRAPHIC, "NONE", 0, "undefined", None])
    for code in {4326, _srs_id(crs)} - {UNDEFINED_GEOGRAPHIC}:
        system = CRS.from_epsg(code)
        database.execute(insert, [system.name, code, "EPSG", code, system.to_wkt("WKT1_GDAL"), None])


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _stored(value: object) -> object:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return value.isoformat() if isinstance(value, date) else value
