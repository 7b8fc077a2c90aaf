"""Cut every tile of a frame and write them into one archive (MBTiles: SQLite, rows counted from the south)."""

import gzip
import hashlib
import json
import math
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyproj
import shapely

from geodata.db import Conn

MIN_ZOOM, MAX_ZOOM = 8, 16
HALF_WORLD_M = 20_037_508.342789244
FIELDS: dict[str, dict[str, str]] = {
    "land": {"k": "Number"},
    "coast": {"k": "Number"},
    "site": {"k": "String"},
    "green": {"k": "String"},
    "water": {"k": "String"},
    "waterway": {"k": "String"},
    "rail": {"k": "String", "br": "Number"},
    "road": {"k": "Number", "ln": "Number", "br": "Number", "ly": "Number"},
    "building": {"h": "Number", "mh": "Number"},
    "label": {"name": "String", "k": "String", "r": "Number", "z": "Number", "a": "Number"},
    "road_label": {"name": "String", "k": "Number"},
    "house": {"n": "String"},
}
"""Layers of a tile and their attributes."""
SCHEMA = """
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    CREATE TABLE metadata (name text, value text);
    CREATE TABLE tiles (zoom_level integer, tile_column integer, tile_row integer, tile_data blob);
    CREATE UNIQUE INDEX tile_index ON tiles (zoom_level, tile_column, tile_row);
"""
# Zoom by zoom: the plans of the tile functions are kept within one statement.
TILES = """
    SELECT x, y, base.tile(%(z)s, x, y)
    FROM generate_series(%(west)s::int, %(east)s::int) AS x, generate_series(%(north)s::int, %(south)s::int) AS y
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """An archive as it stands on disk."""

    tiles: int
    size_bytes: int
    version: str


def write_archive(conn: Conn, path: Path, frame: shapely.Polygon) -> Written:
    """Cut all tiles of zoom 8 to 16 that touch `frame` (3857) and replace the archive at `path` in one move. Empty tiles are left out."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".new")
    temporary.unlink(missing_ok=True)
    digest, count = hashlib.sha256(), 0
    archive = sqlite3.connect(temporary)
    try:
        archive.executescript(SCHEMA)
        for z, x, y, data in _cut(conn, frame):
            digest.update(b"%d/%d/%d" % (z, x, y) + data)
            count += 1
            archive.execute("INSERT INTO tiles VALUES (?, ?, ?, ?)", (z, x, (1 << z) - 1 - y, gzip.compress(data, 6, mtime=0)))
        version = digest.hexdigest()[:12]
        archive.executemany("INSERT INTO metadata VALUES (?, ?)", _metadata(frame, version))
        archive.commit()
    finally:
        archive.close()
    temporary.replace(path)
    return Written(tiles=count, size_bytes=path.stat().st_size, version=version)


def _cut(conn: Conn, frame: shapely.Polygon) -> Iterator[tuple[int, int, int, bytes]]:
    west, south, east, north = frame.bounds
    for z in range(MIN_ZOOM, MAX_ZOOM + 1):
        tile_m = 2 * HALF_WORLD_M / 2**z
        span = {
            "west": math.floor((west + HALF_WORLD_M) / tile_m),
            "east": math.floor((east + HALF_WORLD_M) / tile_m),
            "north": math.floor((HALF_WORLD_M - north) / tile_m),
            "south": math.floor((HALF_WORLD_M - south) / tile_m),
        }
        for x, y, data in conn.execute(TILES, {"z": z, **span}):
            if data:
                yield z, x, y, bytes(data)


def _metadata(frame: shapely.Polygon, version: str) -> list[tuple[str, str]]:
    to_degrees = pyproj.Transformer.from_crs(3857, 4326, always_xy=True).transform
    west, south, east, north = frame.bounds
    corners = (*to_degrees(west, south), *to_degrees(east, north))
    middle = to_degrees((west + east) / 2, (south + north) / 2)
    layers = [{"id": name, "fields": fields, "minzoom": MIN_ZOOM, "maxzoom": MAX_ZOOM} for name, fields in FIELDS.items()]
    return [
        ("name", "base"),
        ("format", "pbf"),
        ("type", "baselayer"),
        ("version", version),
        ("attribution", "© OpenStreetMap contributors"),
        ("bounds", ",".join(f"{value:.6f}" for value in corners)),
        ("center", f"{middle[0]:.6f},{middle[1]:.6f},13"),
        ("minzoom", str(MIN_ZOOM)),
        ("maxzoom", str(MAX_ZOOM)),
        ("json", json.dumps({"vector_layers": layers})),
    ]
