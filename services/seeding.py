"""Everything that can be had ready: mirrors and tile archives of all layers that do not change all the time, per revision."""

import logging
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np
import psycopg
import shapely
from isal import igzip
from psycopg.rows import class_row

from geodata.db import Conn, Pool, reading
from geodata.errors import SourceUnavailableError
from geodata.grid import BBox, Tile, intersects, tiles_in
from geodata.progress import QUIET, Progress
from services import archive, mirror_build, mirror_files, morton, polygons
from services.element import POINT, Element, drawn_as_points
from services.mirror import Mirror
from services.revisions import revisions

log = logging.getLogger(__name__)

MIN_ZOOM, MAX_ZOOM = 8, 16
"""Zooms of the archives; beyond, the client enlarges the tiles of zoom 16."""
GZIP_LEVEL = 1
THROTTLE_S = 60.0
"""A layer is made ready again at most this often."""
PAUSE_S = 2.0
LOCK = 0x68616C6C
"""Key of the advisory lock: one process of all makes layers ready."""

EXTENT = """
    SELECT ST_XMin(box) AS west, ST_YMin(box) AS south, ST_XMax(box) AS east, ST_YMax(box) AS north
    FROM (SELECT ST_Extent(geom) AS box FROM hall.area WHERE level = 'district') AS district
"""
TRY_LOCK = "SELECT pg_try_advisory_xact_lock(%(key)s)"


@dataclass(frozen=True, slots=True)
class _Extent:
    west: float | None
    south: float
    east: float
    north: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeded:
    """One layer made ready."""

    key: str
    rows: int
    tiles: int
    largest: int
    """Bytes of the largest tile, gzipped."""
    total: int
    """Bytes of all tiles, gzipped."""
    duration_s: float


def seed(pool: Pool, elements: Iterable[Element], data_dir: Path, progress: Progress = QUIET) -> list[Seeded]:
    """Make every layer ready whose newest revision is not: its mirror and its tiles of zoom 8 to 16.

    Two layers are worked on at a time, since PostgreSQL does half of the work. What was ready before stays until the new is
    complete, and is then removed. Live layers are left out.

    Raises:
        SourceUnavailableError: the database does not answer; what is complete stays.
    """
    elements = [element for element in elements if not element.live]
    with reading(pool) as conn:
        newest = revisions(conn, elements)
    stale = [
        element for element in elements if not (mirror_files.place(data_dir, element.key, newest[element.key]) / mirror_files.META).exists()
    ]
    # lines and areas first: they keep the database busy while the points keep this process busy
    stale.sort(key=lambda element: element.geometry == POINT)

    def one(element: Element) -> Seeded:
        with progress.step(f"tiles of {element.key}") as step:
            done = seed_layer(pool, element, data_dir)
            step.note = f"{done.rows} rows, {done.tiles} tiles, largest {done.largest / 1000:.0f} kB"
        return done

    with ThreadPoolExecutor(2, thread_name_prefix="seed") as threads:
        return list(threads.map(one, stale))


def seed_layer(pool: Pool, element: Element, data_dir: Path) -> Seeded:
    """Make one layer ready at its newest revision. Errors as `seed`."""
    started = time.perf_counter()
    with reading(pool) as conn:
        # one snapshot for the revision, the mirror and the tiles
        conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        conn.execute("SET LOCAL statement_timeout = '120s'")
        revision = revisions(conn, [element])[element.key]
        mirror = mirror_build.build(conn, element, revision)
        bounds = _bounds(conn, mirror)
        tiles = list(_tiles(conn, element, mirror, bounds))
    with mirror_files.saving(mirror, data_dir) as folder:
        archive.write(folder / mirror_files.TILES, tiles, bounds, (MIN_ZOOM, MAX_ZOOM), {"name": element.key, "version": revision.token})
    mirror_files.tidy(data_dir, element.key, mirror_files.place(data_dir, element.key, revision))
    sizes = [len(body) for _, body in tiles]
    return Seeded(
        key=element.key,
        rows=len(mirror),
        tiles=len(tiles),
        largest=max(sizes, default=0),
        total=sum(sizes),
        duration_s=time.perf_counter() - started,
    )


def run_forever(stop: threading.Event, pool: Pool, elements: Sequence[Element], data_dir: Path) -> None:
    """Make layers ready whenever their revision moves, each at most once a minute, until `stop` is set.

    Several processes may run this: one of them works, the others wait for its lock.
    """
    done_at: dict[str, float] = {}
    while not stop.wait(PAUSE_S):
        try:
            with reading(pool) as conn:
                # held until the end of this transaction
                locked = conn.execute(TRY_LOCK, {"key": LOCK}).fetchone()
                if not locked or not locked[0]:
                    continue
                now = time.monotonic()
                due = [element for element in elements if now - done_at.get(element.key, -THROTTLE_S) >= THROTTLE_S]
                done_at |= {done.key: now for done in seed(pool, due, data_dir)}
        except (SourceUnavailableError, psycopg.Error, OSError) as error:
            log.warning("layers are not made ready: %s", error)


def _bounds(conn: Conn, mirror: Mirror) -> BBox:
    """Box of the district; of all rows where no district is known."""
    with conn.cursor(row_factory=class_row(_Extent)) as cursor:
        extent = cursor.execute(EXTENT).fetchone()
    if extent and extent.west is not None:
        return BBox(extent.west, extent.south, extent.east, extent.north)
    lon, lat = mirror.points.lon, mirror.points.lat
    return BBox(float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max())) if len(mirror) else BBox(0, 0, 0, 0)


def _tiles(conn: Conn, element: Element, mirror: Mirror, bounds: BBox) -> Iterator[tuple[Tile, bytes]]:
    for z in range(max(MIN_ZOOM, element.min_zoom), MAX_ZOOM + 1):
        for tile in _of_points(mirror, z) if drawn_as_points(element, z) else _of_outlines(mirror, z, bounds):
            if not intersects(tile.bounds(), bounds):
                continue
            body = mirror.tile(tile) if drawn_as_points(element, z) else polygons.tile(conn, element, tile)
            if body:
                yield tile, igzip.compress(body, GZIP_LEVEL, mtime=0)


def _of_points(mirror: Mirror, z: int) -> Iterator[Tile]:
    """Tiles with points in them, in the order of the points."""
    shift = 2 * (morton.LEVEL - z)
    for code in np.unique(mirror.points.codes >> shift).tolist():
        yield morton.tile_of(code << shift, z)


def _of_outlines(mirror: Mirror, z: int, bounds: BBox) -> Iterator[Tile]:
    """Tiles that lines or areas reach into."""
    tiles = tiles_in(bounds, z)
    boxes = shapely.box(*np.array([astuple(tile.bounds()) for tile in tiles]).T)
    assert mirror.outlines is not None
    yield from (tiles[place] for place in mirror.outlines.reaching_into(boxes).tolist())
