"""How much of each base grid's open ground cameras see, and where nobody looks. Made anew only for grids whose views or buildings changed."""

import logging
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import psycopg
import pyproj
import shapely
from psycopg.rows import class_row

from geodata.arrays import objects, projected
from geodata.db import Conn, Pool, reading, writing
from geodata.errors import HallError, NotFoundError
from services import camera_views
from services.rights import Reader, in_scope
from services.visibility import sound

log = logging.getLogger(__name__)

BLOCK = 40
WORKERS = 2
PAUSE_S = 15.0
LOCK = 7_204
MAX_GRIDS = 20_000
MAX_LISTED = 500
LEAST_BLIND_M2 = 4.0
"""Smaller pieces of unseen ground are slivers between views, not places."""

TRY_LOCK = "SELECT pg_try_advisory_xact_lock(%s)"
REVISIONS = "SELECT layer, revision FROM hall.layer_revision WHERE layer IN ('cameras', 'buildings', 'base_grids') ORDER BY layer"
STAMPS = """
    SELECT a.code, c.stamp, md5(concat_ws('|',
        md5(ST_AsBinary(a.geom)), (SELECT value::text FROM hall.fact WHERE key = 'basemap'),
        (SELECT string_agg(v.camera_id || ' ' || v.stamp, ',' ORDER BY v.camera_id) FROM hall.camera_view v WHERE v.geom && a.geom),
        (SELECT string_agg(md5(ST_AsBinary(b.geom)), ',' ORDER BY b.id) FROM hall.building b WHERE b.geom && a.geom))) AS now
    FROM hall.area a LEFT JOIN hall.camera_coverage c ON c.grid_code = a.code
    WHERE a.level = 'base_grid' ORDER BY a.code LIMIT %s
"""
GRIDS = "SELECT code, ST_AsBinary(geom), ST_X(ST_Centroid(geom)), ST_Y(ST_Centroid(geom)) FROM hall.area WHERE code = ANY(%s) ORDER BY code"
VIEWS = """
    SELECT a.code, ST_AsBinary(v.geom) FROM hall.area a JOIN hall.camera_view v ON v.geom && a.geom
    WHERE a.code = ANY(%s) AND NOT ST_IsEmpty(v.geom)
"""
BUILDINGS = "SELECT a.code, ST_AsBinary(b.geom) FROM hall.area a JOIN hall.building b ON b.geom && a.geom WHERE a.code = ANY(%s)"
WATER = """
    SELECT a.code, ST_AsBinary(ST_Transform(ST_CollectionExtract(ST_Intersection(w.geom, ST_Envelope(a.geom_3857)), 3), 4326))
    FROM hall.area a JOIN base.surface w ON w.layer = 'water' AND w.geom && a.geom_3857
    WHERE a.code = ANY(%s) AND ST_Intersects(w.geom, a.geom_3857)
"""
CAMERAS = "SELECT grid_code, count(*) FROM hall.camera WHERE grid_code = ANY(%s) GROUP BY grid_code"
WRITE = """
    INSERT INTO hall.camera_coverage (grid_code, open_m2, seen_m2, cameras, made_at, stamp)
    SELECT made.*, %(now)s, stamps.stamp
    FROM unnest(%(codes)s::text[], %(open)s::float8[], %(seen)s::float8[], %(cameras)s::int[]) AS made (code, open, seen, cameras)
    JOIN unnest(%(codes)s::text[], %(stamps)s::text[]) AS stamps (code, stamp) USING (code)
    ON CONFLICT (grid_code) DO UPDATE SET open_m2 = excluded.open_m2, seen_m2 = excluded.seen_m2, cameras = excluded.cameras,
        made_at = excluded.made_at, stamp = excluded.stamp
"""
FORGET = """
    DELETE FROM hall.camera_coverage c
    WHERE NOT EXISTS (SELECT FROM hall.area a WHERE a.code = c.grid_code AND a.level = 'base_grid')
"""
BLIND = """
    SELECT id, code, name, percent, open_m2, seen_m2, unseen_m2, cameras, made_at, ST_X(p) AS lon, ST_Y(p) AS lat
    FROM hall.layer_camera_coverage CROSS JOIN LATERAL ST_PointOnSurface(geom) AS p
    WHERE starts_with(grid_code, %(scope)s) ORDER BY unseen_m2 DESC, code LIMIT %(limit)s
"""
TOTAL = """
    SELECT coalesce(sum(open_m2), 0)::float8, coalesce(sum(seen_m2), 0)::float8, coalesce(sum(cameras), 0)::int, count(*)::int, min(made_at)
    FROM hall.camera_coverage WHERE starts_with(grid_code, %s)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class GridCoverage:
    """One base grid; lon and lat lie inside it."""

    id: int
    code: str
    name: str
    percent: float
    open_m2: float
    seen_m2: float
    unseen_m2: float
    cameras: int
    made_at: datetime
    lon: float
    lat: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """The reader's area, and its grids with the most unseen open ground first. `made_at` is the oldest figure in it."""

    percent: float
    open_m2: float
    seen_m2: float
    cameras: int
    grids: int
    made_at: datetime | None
    worst: list[GridCoverage]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ground:
    """A grid with everything on it, in metres."""

    grid: shapely.Geometry
    closed: list[shapely.Geometry]
    """Buildings and water."""
    views: list[shapely.Geometry]

    def open(self) -> shapely.Geometry:
        """Return the ground outside of buildings and water."""
        return shapely.difference(self.grid, _union(self.grid, self.closed))

    def areas_m2(self) -> tuple[float, float]:
        """Return the open ground, and how much of it is seen."""
        ground = self.open()
        return float(shapely.area(ground)), float(shapely.area(shapely.intersection(ground, _union(self.grid, self.views))))


def coverage(conn: Conn, reader: Reader, limit: int = 50) -> Coverage:
    """Return how much of the reader's area is seen, and the grids where most open ground is not."""
    open_m2, seen_m2, cameras, grids, made_at = conn.execute(TOTAL, [reader.scope]).fetchone() or (0.0, 0.0, 0, 0, None)
    with conn.cursor(row_factory=class_row(GridCoverage)) as cursor:
        worst = cursor.execute(BLIND, {"scope": reader.scope, "limit": min(limit, MAX_LISTED)}).fetchall()
    percent = 100 * seen_m2 / open_m2 if open_m2 else 0.0
    return Coverage(percent=percent, open_m2=open_m2, seen_m2=seen_m2, cameras=cameras, grids=grids, made_at=made_at, worst=worst)


def blind(conn: Conn, reader: Reader, code: str) -> str:
    """Return the open ground of one base grid that no camera sees, as a GeoJSON MultiPolygon in WGS 84.

    Raises:
        NotFoundError: there is no such base grid in the reader's area.
    """
    plane, grounds = _grounds(conn, [code]) if in_scope(reader, code) else (None, {})
    if plane is None or code not in grounds:
        raise NotFoundError(f"base grid {code[:20]}")
    ground = grounds[code]
    parts = shapely.get_parts(shapely.difference(ground.open(), _union(ground.grid, ground.views)))
    unseen = shapely.MultiPolygon([part for part in parts if shapely.area(part) >= LEAST_BLIND_M2 and part.geom_type == "Polygon"])
    degrees = shapely.transform(unseen, lambda xy: np.column_stack(plane.transform(xy[:, 0], xy[:, 1], direction="INVERSE")).round(6))
    return str(shapely.to_geojson(degrees))


def renew(pool: Pool, now: datetime) -> int:
    """Bring the figures up with views and buildings; returns how many grids were made anew."""
    with reading(pool) as conn:
        conn.execute("SET LOCAL statement_timeout = '60s'")
        stamps = {code: stamp for code, known, stamp in conn.execute(STAMPS, [MAX_GRIDS]) if stamp != known}
    codes = sorted(stamps)
    for start in range(0, len(codes), BLOCK):
        some = codes[start : start + BLOCK]
        with reading(pool) as conn:
            grounds = _grounds(conn, some)[1]
            cameras = dict(conn.execute(CAMERAS, [some]).fetchall())
        with ThreadPoolExecutor(WORKERS) as workers:
            areas = dict(zip(grounds, workers.map(_Ground.areas_m2, grounds.values()), strict=True))
        rows = {
            "codes": list(areas),
            "open": [open_m2 for open_m2, _ in areas.values()],
            "seen": [min(open_m2, seen_m2) for open_m2, seen_m2 in areas.values()],
            "cameras": [cameras.get(code, 0) for code in areas],
            "stamps": [stamps[code] for code in areas],
        }
        with writing(pool) as conn:
            conn.execute(WRITE, rows | {"now": now})
    with writing(pool) as conn:
        conn.execute(FORGET)
    return len(codes)


def run_forever(stop: threading.Event, pool: Pool) -> None:
    """Keep views and figures up with cameras and buildings until `stop` is set. Several processes may run this: one of them works."""
    done: list[tuple[str, int]] | None = None
    while not stop.wait(PAUSE_S if done else 1.0):
        try:
            with reading(pool) as conn:
                # held until the end of this transaction
                if not (conn.execute(TRY_LOCK, [LOCK]).fetchone() or [False])[0]:
                    continue
                wanted = conn.execute(REVISIONS).fetchall()
                if wanted == done:
                    continue
                views, grids = camera_views.renew(pool), renew(pool, datetime.now(UTC))
            done = wanted
            if views.made or grids:
                log.info("%d of %d camera views and the coverage of %d grids made", views.made, views.cameras, grids)
        except (HallError, psycopg.Error) as error:
            log.warning("camera views are not made: %s", error)


def _grounds(conn: Conn, codes: Sequence[str]) -> tuple[pyproj.Transformer | None, dict[str, _Ground]]:
    rows = conn.execute(GRIDS, [list(codes)]).fetchall()
    if not rows:
        return None, {}
    lon, lat = float(np.median([row[2] for row in rows])), float(np.median([row[3] for row in rows]))
    plane = pyproj.Transformer.from_crs("EPSG:4326", f"+proj=tmerc +lon_0={lon:.3f} +lat_0={lat:.3f} +ellps=WGS84 +units=m", always_xy=True)
    grids = projected(shapely.from_wkb(objects([row[1] for row in rows])), plane)
    grounds = {row[0]: _Ground(grid=grid, closed=[], views=[]) for row, grid in zip(rows, grids, strict=True)}
    for query, name in ((BUILDINGS, "closed"), (WATER, "closed"), (VIEWS, "views")):
        found = conn.execute(query, [list(codes)]).fetchall()
        flat = projected(shapely.from_wkb(objects([wkb for _, wkb in found])), plane)
        for (code, _), shape in zip(found, flat, strict=True):
            getattr(grounds[code], name).append(shape)
    return plane, grounds


def _union(grid: shapely.Geometry, shapes: Sequence[shapely.Geometry]) -> shapely.Geometry:
    """Join shapes; those off the grid are left out. What cannot be joined as it stands is joined on a lattice of a centimetre."""
    column = objects(shapes)
    touching = column[shapely.intersects(shapely.envelope(column), grid)] if len(column) else column
    try:
        return shapely.union_all(touching) if len(touching) else shapely.Polygon()
    except shapely.GEOSException:
        return shapely.union_all([sound(shape) for shape in touching])
