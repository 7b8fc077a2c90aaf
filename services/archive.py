"""Tile archives: one MBTiles file (SQLite), tiles gzipped as they are sent."""

import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path

from geodata.grid import BBox, Tile, intersects

SCHEMA = """
PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA page_size = 8192;
CREATE TABLE metadata (name text PRIMARY KEY, value text NOT NULL);
CREATE TABLE tiles (zoom_level integer, tile_column integer, tile_row integer, tile_data blob, PRIMARY KEY (zoom_level, tile_column, tile_row));
"""
INSERT_FACT = "INSERT INTO metadata (name, value) VALUES (?, ?)"
INSERT_TILE = "INSERT INTO tiles (zoom_level, tile_column, tile_row, tile_data) VALUES (?, ?, ?, ?)"
SELECT_TILE = "SELECT tile_data FROM tiles WHERE zoom_level = ? AND tile_column = ? AND tile_row = ? LIMIT 1"
SELECT_FACTS = "SELECT name, value FROM metadata LIMIT 100"
PART = ".part"


class Archive:
    """A finished archive, open for reading by all threads of the process; deleting the file does not disturb it."""

    def __init__(self, path: Path) -> None:
        # "immutable": nobody writes to a finished archive, so no locks are taken
        self._file = sqlite3.connect(f"{path.absolute().as_uri()}?immutable=1", uri=True, check_same_thread=False)
        facts = dict(self._file.execute(SELECT_FACTS).fetchall())
        self.min_zoom, self.max_zoom = int(facts["minzoom"]), int(facts["maxzoom"])
        self.bounds = BBox.parse(facts["bounds"])
        self.version = facts["version"]

    def holds(self, tile: Tile) -> bool:
        """Tell whether the archive answers for this tile: a tile that it lacks is then empty."""
        return self.min_zoom <= tile.z <= self.max_zoom and intersects(tile.bounds(), self.bounds)

    def get(self, tile: Tile) -> bytes:
        """Return a tile, gzipped; empty when there is nothing."""
        row = self._file.execute(SELECT_TILE, (tile.z, tile.x, _from_south(tile))).fetchone()
        return row[0] if row else b""

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def write(path: Path, tiles: Iterable[tuple[Tile, bytes]], bounds: BBox, zooms: tuple[int, int], facts: Mapping[str, str]) -> None:
    """Write an archive of gzipped tiles; `path` appears only when it is complete, and replaces an older one."""
    part = path.with_name(path.name + PART)
    part.unlink(missing_ok=True)
    file = sqlite3.connect(part)
    try:
        file.executescript(SCHEMA)
        box = f"{bounds.west},{bounds.south},{bounds.east},{bounds.north}"
        own = {"format": "pbf", "minzoom": str(zooms[0]), "maxzoom": str(zooms[1]), "bounds": box}
        file.executemany(INSERT_FACT, {**own, **facts}.items())
        file.executemany(INSERT_TILE, ((tile.z, tile.x, _from_south(tile), body) for tile, body in tiles))
        file.commit()
    finally:
        file.close()
    part.replace(path)


def _from_south(tile: Tile) -> int:
    """MBTiles counts rows from the south."""
    return (1 << tile.z) - 1 - tile.y
