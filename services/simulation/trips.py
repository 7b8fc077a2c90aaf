"""Ways of simulated people: written down once with their times, so that a position follows from the clock and nothing is lost with the process."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import shapely
from psycopg.rows import class_row

from geodata.db import Conn
from geodata.grid import LonLat
from services.geodesy import exact_m
from services.routing.engine import Engine, Mode

SLOWER = (1.05, 1.6)
"""People take so much longer than on free roads."""
STRAIGHT_M_S = {Mode.WALK: 1.2, Mode.RIDE: 3.5, Mode.DRIVE: 7.0}
"""Where no road leads, on the straight line."""
LEAST_S = 5.0

ADD = """
    INSERT INTO hall.simulated_trip (kind, mover_id, task_id, starts_at, ends_at, route)
    VALUES (%(kind)s, %(mover_id)s, %(task_id)s, %(starts_at)s, %(ends_at)s, ST_GeomFromWKB(%(route)s, 4326))
    ON CONFLICT (kind, mover_id) DO UPDATE SET task_id = EXCLUDED.task_id, starts_at = EXCLUDED.starts_at, ends_at = EXCLUDED.ends_at,
                                               route = EXCLUDED.route
"""
# as geodata.city.pulse: the revision first, and nobody who is just being written
ALONE = "SELECT FROM hall.layer_revision WHERE layer = %s FOR UPDATE"
WORKERS = """
    WITH unused AS (
        SELECT worker_id AS id FROM hall.worker_position
        WHERE worker_id IN (SELECT mover_id FROM hall.simulated_trip WHERE kind = 'worker') FOR UPDATE SKIP LOCKED
    ), place AS (
        SELECT t.mover_id, t.route, greatest(0, least(1, extract(epoch FROM %(now)s - starts_at) / extract(epoch FROM ends_at - starts_at))) AS share,
               ST_Length(route::geography) / extract(epoch FROM ends_at - starts_at) * 3.6 AS kmh
        FROM hall.simulated_trip t JOIN unused ON unused.id = t.mover_id WHERE t.kind = 'worker'
    )
    UPDATE hall.worker_position AS p
    SET geom = ST_LineInterpolatePoint(place.route, share), reported_at = %(now)s,
        speed_kmh = CASE WHEN share > 0 AND share < 1 THEN round(kmh::numeric, 1) ELSE 0 END,
        heading_deg = coalesce(degrees(ST_Azimuth(p.geom::geography, ST_LineInterpolatePoint(place.route, share)::geography)), p.heading_deg)
    FROM place WHERE p.worker_id = place.mover_id
"""
VEHICLES = """
    WITH unused AS (
        SELECT id FROM hall.vehicle WHERE id IN (SELECT mover_id FROM hall.simulated_trip WHERE kind = 'vehicle') FOR UPDATE SKIP LOCKED
    ), place AS (
        SELECT t.mover_id, t.route, greatest(0, least(1, extract(epoch FROM %(now)s - starts_at) / extract(epoch FROM ends_at - starts_at))) AS share,
               ST_Length(route::geography) / extract(epoch FROM ends_at - starts_at) * 3.6 AS kmh
        FROM hall.simulated_trip t JOIN unused ON unused.id = t.mover_id WHERE t.kind = 'vehicle'
    )
    UPDATE hall.vehicle AS p
    SET geom = ST_LineInterpolatePoint(place.route, share), reported_at = %(now)s,
        speed_kmh = CASE WHEN share > 0 AND share < 1 THEN round(kmh::numeric, 1) ELSE 0 END,
        heading_deg = coalesce(degrees(ST_Azimuth(p.geom::geography, ST_LineInterpolatePoint(place.route, share)::geography)), p.heading_deg)
    FROM place WHERE p.id = place.mover_id
"""
HOME = "DELETE FROM hall.simulated_trip WHERE task_id IS NULL AND ends_at < %(now)s"
BACK = """
    SELECT ST_AsBinary(ST_Reverse(ST_LineSubstring(route, 0, greatest(0.001, least(1, extract(epoch FROM %(now)s - starts_at)
               / extract(epoch FROM ends_at - starts_at)))))) AS route,
           extract(epoch FROM least(%(now)s, ends_at) - starts_at)::float8 AS took_s
    FROM hall.simulated_trip WHERE kind = %(kind)s AND mover_id = %(mover_id)s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trip:
    """Who goes where along which way."""

    kind: str
    mover_id: int
    task_id: int | None
    starts_at: datetime
    ends_at: datetime
    route: bytes
    """WKB of a line."""


@dataclass(frozen=True, slots=True)
class _Back:
    route: bytes
    took_s: float


def way(engine: Engine | None, start: LonLat, end: LonLat, mode: Mode) -> tuple[Sequence[tuple[float, float]], float]:
    """Return the positions of a way and its seconds on free roads; the straight line where no road leads."""
    route = engine.route(start, end, mode) if engine else None
    if route and len(route.geometry) > 1:
        return [(start.lon, start.lat), *route.geometry, (end.lon, end.lat)], max(LEAST_S, route.travel_s)
    metres = float(exact_m(start.lon, start.lat, [end.lon], [end.lat])[0])  # type: ignore[arg-type]
    return [(start.lon, start.lat), (end.lon, end.lat)], max(LEAST_S, metres / STRAIGHT_M_S[mode])


def planned(
    chance: random.Random, places: Sequence[tuple[float, float]], free_s: float, now: datetime, speed: float
) -> tuple[bytes, datetime]:
    """Return a way as WKB and when it ends."""
    if len(set(places)) < 2:
        lon, lat = places[0]
        places = [(lon, lat), (lon + 1e-6, lat)]
    ends_at = now + timedelta(seconds=max(1.0, free_s * chance.uniform(*SLOWER) / speed))
    return bytes(shapely.to_wkb(shapely.LineString(places))), ends_at


def put(conn: Conn, trip: Trip) -> None:
    """Let somebody set out; a way under way is given up."""
    conn.execute(
        ADD,
        {
            "kind": trip.kind,
            "mover_id": trip.mover_id,
            "task_id": trip.task_id,
            "starts_at": trip.starts_at,
            "ends_at": trip.ends_at,
            "route": trip.route,
        },
    )


def turn_back(conn: Conn, kind: str, mover_id: int, now: datetime) -> None:
    """Send somebody back along the way that led here, as fast; who never set out is where the track says."""
    with conn.cursor(row_factory=class_row(_Back)) as cursor:
        found = cursor.execute(BACK, {"kind": kind, "mover_id": mover_id, "now": now}).fetchone()
    if found:
        ends_at = now + timedelta(seconds=max(1.0, found.took_s))
        put(conn, Trip(kind=kind, mover_id=mover_id, task_id=None, starts_at=now, ends_at=ends_at, route=bytes(found.route)))


def move_workers(conn: Conn, now: datetime) -> int:
    """Put the workers where the clock says; return how many moved. In a transaction that holds nothing else."""
    conn.execute(ALONE, ["workers"])
    return conn.execute(WORKERS, {"now": now}).rowcount


def move_vehicles(conn: Conn, now: datetime) -> int:
    """Do the same with vehicles."""
    conn.execute(ALONE, ["vehicles"])
    return conn.execute(VEHICLES, {"now": now}).rowcount


def settle(conn: Conn, now: datetime) -> int:
    """Let those who are back follow the track of the sample again; return how many."""
    return conn.execute(HOME, {"now": now}).rowcount
