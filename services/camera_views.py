"""What each camera sees of the ground: its sector cut by buildings, made anew only for cameras or buildings that changed."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyproj
import shapely
from psycopg.rows import class_row
from shapely import MultiPolygon, Polygon

from geodata.arrays import projected
from geodata.db import Conn, Pool, reading, writing
from geodata.grid import LonLat
from services.rights import Reader
from services.visibility import FULL_CIRCLE_DEG, Outlook, Walls

METHOD = 1
"""Raised when views are made differently, so that all are made anew."""
DOME = 1
BLOCK = 500
"""Views are written by so many, so that a long first run is not lost when the process ends."""
MAX_CAMERAS = 200_000
MAX_BUILDINGS = 1_000_000
MAX_SEEING = 400
FACT = "camera_views"

STATE = """
    SELECT coalesce((SELECT revision FROM hall.layer_revision WHERE layer = 'buildings'), 0),
           (SELECT value FROM hall.fact WHERE key = %s)
"""
CAMERAS = """
    SELECT c.id, ST_X(c.geom) AS lon, ST_Y(c.geom) AS lat, c.azimuth_deg, c.fov_deg, c.view_range_m, c.height_m, c.ptz_type, v.stamp
    FROM hall.camera c LEFT JOIN hall.camera_view v ON v.camera_id = c.id
        CROSS JOIN (SELECT ST_Expand(ST_Extent(geom)::geometry, 0.5) AS box FROM hall.area) AS district
    WHERE NOT c.flags && '{zero,no_position}' AND (district.box IS NULL OR ST_Intersects(c.geom, ST_SetSRID(district.box, 4326)))
    ORDER BY c.id LIMIT %s
"""
"""A position at 0/0 or half a degree outside of the district is a mistake: nothing is seen from there."""
BUILDINGS = "SELECT height_m, ST_AsBinary(geom) FROM hall.building ORDER BY id LIMIT %s"
BUILDINGS_NEAR = """
    SELECT b.height_m, ST_AsBinary(b.geom) FROM hall.building b
    WHERE EXISTS (SELECT FROM unnest(%(west)s::float8[], %(south)s::float8[], %(east)s::float8[], %(north)s::float8[]) AS box (w, s, e, n)
                  WHERE b.geom && ST_MakeEnvelope(box.w, box.s, box.e, box.n, 4326))
    ORDER BY b.id LIMIT %(limit)s
"""
WRITE = """
    INSERT INTO hall.camera_view (camera_id, stamp, area_m2, geom)
    SELECT made.id, made.stamp, made.area, ST_SetSRID(ST_GeomFromWKB(made.geom), 4326)
    FROM unnest(%(ids)s::bigint[], %(stamps)s::text[], %(areas)s::float8[], %(geoms)s::bytea[]) AS made (id, stamp, area, geom)
    JOIN hall.camera c ON c.id = made.id
    ON CONFLICT (camera_id) DO UPDATE SET stamp = excluded.stamp, area_m2 = excluded.area_m2, geom = excluded.geom
"""
REMEMBER = """
    INSERT INTO hall.fact AS f (key, value) VALUES (%s, %s)
    ON CONFLICT (key) DO UPDATE SET value = excluded.value, changed_at = now() WHERE f.value <> excluded.value
"""
JUDGE = """
    SELECT camera_id, ST_Covers(geom, ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326)) FROM hall.camera_view WHERE camera_id = ANY(%(ids)s)
"""
SEES = """
    SELECT c.id, ST_Distance(c.geom::geography, ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326)::geography) AS distance_m
    FROM hall.camera_view v JOIN hall.camera c ON c.id = v.camera_id
    WHERE ST_Intersects(v.geom, ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326)) AND starts_with(c.grid_code, %(scope)s)
    ORDER BY distance_m, c.id LIMIT %(limit)s
"""
VIEW = """
    SELECT v.area_m2, ST_AsGeoJSON(v.geom, 6) FROM hall.camera_view v JOIN hall.camera c ON c.id = v.camera_id
    WHERE v.camera_id = %(id)s AND starts_with(c.grid_code, %(scope)s)
"""


@dataclass(frozen=True, slots=True)
class Seeing:
    """A camera that has a place in its view, and its straight distance from there."""

    id: int
    distance_m: float


@dataclass(frozen=True, slots=True)
class View:
    """What one camera sees: square metres, and GeoJSON in WGS 84."""

    area_m2: float
    geojson: str


@dataclass(frozen=True, slots=True)
class Renewed:
    """What a run did: views that were made, out of so many cameras."""

    made: int
    cameras: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Camera:
    id: int
    lon: float
    lat: float
    azimuth_deg: float
    fov_deg: float
    view_range_m: float
    height_m: float
    ptz_type: int
    stamp: str | None

    def own_stamp(self) -> str:
        """Digest of everything of the camera that its view is made of."""
        parts = (
            METHOD,
            f"{self.lon:.7f}",
            f"{self.lat:.7f}",
            self.azimuth_deg,
            self.fov_deg,
            self.view_range_m,
            self.height_m,
            self.ptz_type,
        )
        return hashlib.blake2b("|".join(map(str, parts)).encode(), digest_size=8).hexdigest()


def sees(conn: Conn, reader: Reader, place: LonLat, limit: int = 20) -> list[Seeing]:
    """Return the cameras in the reader's scope whose view contains the place, the nearest first. Those without a view yet are absent."""
    wanted = {"lon": place.lon, "lat": place.lat, "scope": reader.scope, "limit": min(limit, MAX_SEEING)}
    with conn.cursor(row_factory=class_row(Seeing)) as cursor:
        return cursor.execute(SEES, wanted).fetchall()


def judge(conn: Conn, camera_ids: Sequence[int], place: LonLat) -> dict[int, bool]:
    """Tell of each of these cameras whether its view holds the place; those without a view yet are absent. The caller has chosen them by right."""
    return dict(conn.execute(JUDGE, {"ids": list(camera_ids), "lon": place.lon, "lat": place.lat}).fetchall())


def view(conn: Conn, reader: Reader, camera_id: int) -> View | None:
    """Return what one camera of the reader's scope sees; None when it is not made yet, or there is no such camera."""
    row = conn.execute(VIEW, {"id": camera_id, "scope": reader.scope}).fetchone()
    return View(*row) if row else None


def renew(pool: Pool) -> Renewed:
    """Make the views of cameras that are new, changed, or have other buildings around them than when their view was made."""
    with reading(pool) as conn:
        revision, known = conn.execute(STATE, [FACT]).fetchone() or (0, None)
        with conn.cursor(row_factory=class_row(_Camera)) as cursor:
            cameras = cursor.execute(CAMERAS, [MAX_CAMERAS]).fetchall()
        same_buildings = known == {"buildings": revision, "method": METHOD}
        suspects = [one for one in cameras if not (same_buildings and one.stamp and one.stamp.split(" ")[0] == one.own_stamp())]
        if not suspects:
            return Renewed(0, len(cameras))
        buildings = _buildings(conn, suspects, everywhere=len(suspects) > BLOCK)
    plane = _plane(suspects)
    walls, digests = _walls(buildings, plane)
    made = _make(pool, suspects, walls, digests, plane)
    with writing(pool) as conn:
        conn.execute(REMEMBER, (FACT, json.dumps({"buildings": revision, "method": METHOD})))
    return Renewed(made, len(cameras))


def _make(pool: Pool, suspects: Sequence[_Camera], walls: Walls, digests: Sequence[bytes], plane: pyproj.Transformer) -> int:
    xs, ys = plane.transform([one.lon for one in suspects], [one.lat for one in suspects])
    outlooks = [_outlook(one, x, y) for one, x, y in zip(suspects, xs, ys, strict=True)]
    lookers, reached = walls.reached(outlooks)
    first = np.searchsorted(lookers, np.arange(len(suspects) + 1))
    made: list[tuple[int, str, Polygon | MultiPolygon]] = []
    total = 0
    for number, (one, outlook) in enumerate(zip(suspects, outlooks, strict=True)):
        around = reached[first[number] : first[number + 1]]
        digest = hashlib.blake2b(digest_size=8)
        for building in around.tolist():
            digest.update(digests[building])
        stamp = f"{one.own_stamp()} {digest.hexdigest()}"
        if stamp != one.stamp:
            made.append((one.id, stamp, walls.seen(outlook, around)))
        if len(made) == BLOCK:
            total += _write(pool, made, plane)
            made = []
    return total + _write(pool, made, plane)


def _write(pool: Pool, made: Sequence[tuple[int, str, Polygon | MultiPolygon]], plane: pyproj.Transformer) -> int:
    if not made:
        return 0
    ids, stamps, shapes = zip(*made, strict=True)
    degrees = shapely.transform(
        np.array(shapes, object), lambda xy: np.column_stack(plane.transform(xy[:, 0], xy[:, 1], direction="INVERSE"))
    )
    values = {"ids": list(ids), "stamps": list(stamps), "areas": shapely.area(shapes).tolist(), "geoms": list(shapely.to_wkb(degrees))}
    with writing(pool) as conn:
        conn.execute(WRITE, values)
    return len(made)


def _outlook(one: _Camera, x: float, y: float) -> Outlook:
    """A dome is turned to anything within its range, so it counts with its whole circle."""
    fov_deg = FULL_CIRCLE_DEG if one.ptz_type == DOME else one.fov_deg
    return Outlook(x, y, one.azimuth_deg, fov_deg, one.view_range_m, one.height_m)


def _plane(cameras: Sequence[_Camera]) -> pyproj.Transformer:
    """Transverse Mercator through the middle of the cameras: within a city true to a few millimetres per metre of length and to north."""
    lon, lat = float(np.median([one.lon for one in cameras])), float(np.median([one.lat for one in cameras]))
    return pyproj.Transformer.from_crs("EPSG:4326", f"+proj=tmerc +lon_0={lon:.3f} +lat_0={lat:.3f} +ellps=WGS84 +units=m", always_xy=True)


def _buildings(conn: Conn, cameras: Sequence[_Camera], *, everywhere: bool) -> list[tuple[float, bytes]]:
    if everywhere:
        return conn.execute(BUILDINGS, [MAX_BUILDINGS]).fetchall()
    lon, lat, reach_m = (np.array([getattr(one, name) for one in cameras]) for name in ("lon", "lat", "view_range_m"))
    up = reach_m / 110_000
    aside = up / np.maximum(np.cos(np.radians(lat)), 0.01)
    boxes = {"west": lon - aside, "south": lat - up, "east": lon + aside, "north": lat + up}
    return conn.execute(BUILDINGS_NEAR, {name: edge.tolist() for name, edge in boxes.items()} | {"limit": MAX_BUILDINGS}).fetchall()


def _walls(buildings: Sequence[tuple[float, bytes]], plane: pyproj.Transformer) -> tuple[Walls, list[bytes]]:
    digests = [hashlib.blake2b(b"%.1f" % height_m + wkb, digest_size=8).digest() for height_m, wkb in buildings]
    degrees = shapely.from_wkb(np.array([wkb for _, wkb in buildings], object))
    return Walls(projected(degrees, plane), np.array([height_m for height_m, _ in buildings], float)), digests
