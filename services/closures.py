"""Closed roads: who closes them, which they are, and until when. The routing looks at them with every question."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

import numpy as np
from psycopg.rows import class_row

from geodata.db import Conn
from geodata.errors import InvalidInputError, NotAllowedError, NotFoundError
from geodata.grid import LonLat
from services.audit import Act, Caller, record
from services.geodesy import exact_m
from services.rights import Reader, Role

MAY_CLOSE = frozenset({Role.DISPATCHER, Role.SHIFT_LEADER, Role.LEADER})
NEAR_M = 50.0
"""A click farther from any road than this means none."""
FOOTWAY_M = 20.0
"""A footway counts as so much farther than a road beside it."""
ALONG_M = 15.0
"""A drawn line closes the roads of which at least half lies so near to it; if there is none, those that it crosses."""
MOST_AT_ONCE = 200
MOST_POINTS = 500
MOST_LINE_M = 20_000.0
LEAST_REASON, MOST_REASON = 2, 200
MOST = 2_000

LIST = """
    SELECT closure.id, closure.edge_id, closure.reason, closure.starts_at, closure.ends_at, edge.name, edge.highway, edge.length_m, edge.grid_code,
           ST_AsGeoJSON(edge.geom, 6) AS geometry
    FROM hall.road_closure AS closure
    LEFT JOIN hall.road_edge AS edge ON edge.id = closure.edge_id
    WHERE (closure.ends_at IS NULL OR closure.ends_at > %(now)s) AND (%(scope)s = '' OR starts_with(edge.grid_code, %(scope)s))
      AND (%(ids)s::bigint[] IS NULL OR closure.id = ANY(%(ids)s))
    ORDER BY closure.starts_at DESC, closure.id DESC LIMIT %(limit)s
"""
KNOWN = "SELECT id FROM hall.road_edge WHERE id = ANY(%(ids)s) AND starts_with(coalesce(grid_code, ''), %(scope)s) LIMIT 1000"
NEAREST = """
    WITH near AS MATERIALIZED (
        SELECT id, drive, ST_Distance(geom::geography, ST_MakePoint(%(lon)s, %(lat)s)::geography) AS distance_m
        FROM (SELECT id, drive, geom FROM hall.road_edge WHERE starts_with(coalesce(grid_code, ''), %(scope)s)
              ORDER BY geom <-> ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326) LIMIT 30) AS close
    )
    SELECT id FROM near WHERE distance_m <= %(near)s ORDER BY distance_m + CASE WHEN drive THEN 0 ELSE %(footway)s END, id LIMIT 1
"""
ALONG = """
    WITH drawn AS MATERIALIZED (
        SELECT line, ST_Buffer(line::geography, %(along)s)::geometry AS around FROM ST_GeomFromGeoJSON(%(line)s) AS line
    ), touched AS MATERIALIZED (
        SELECT edge.id, ST_Length(ST_Intersection(edge.geom, drawn.around)) / nullif(ST_Length(edge.geom), 0) AS share,
               ST_Intersects(edge.geom, drawn.line) AS crossed
        FROM hall.road_edge AS edge JOIN drawn ON ST_Intersects(edge.geom, drawn.around)
        WHERE starts_with(coalesce(edge.grid_code, ''), %(scope)s)
        LIMIT 5000
    )
    SELECT id FROM touched
    WHERE share >= 0.5 OR (crossed AND NOT EXISTS (SELECT FROM touched WHERE share >= 0.5))
    ORDER BY id LIMIT %(limit)s
"""
INSERT = """
    INSERT INTO hall.road_closure (edge_id, reason, starts_at, ends_at, account_id)
    SELECT edge_id, %(reason)s, %(starts_at)s, %(ends_at)s, %(account)s FROM unnest(%(ids)s::bigint[]) AS edge_id
    RETURNING id
"""
OPEN = """
    UPDATE hall.road_closure AS closure SET ends_at = greatest(%(now)s, starts_at)
    WHERE closure.id = %(id)s AND (closure.ends_at IS NULL OR closure.ends_at > %(now)s)
      AND (%(scope)s = '' OR EXISTS (SELECT FROM hall.road_edge AS edge WHERE edge.id = closure.edge_id AND starts_with(edge.grid_code, %(scope)s)))
    RETURNING edge_id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Closure:
    """A road that is closed, or will be. Without a name and a shape when the map does not have the road any more."""

    id: int
    edge_id: int
    reason: str
    starts_at: datetime
    ends_at: datetime | None
    name: str | None
    highway: str | None
    length_m: float | None
    grid_code: str | None
    geometry: str | None
    """GeoJSON text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to close: roads by id, the one nearest to a place, or those along a drawn line; exactly one of the three."""

    reason: str
    edge_ids: Sequence[int] = ()
    place: LonLat | None = None
    line: Sequence[LonLat] = ()
    starts_at: datetime | None = None
    ends_at: datetime | None = None


def closures(conn: Conn, reader: Reader, now: datetime) -> list[Closure]:
    """Return the roads of the reader's scope that are closed now or will be, the newest first, at most 2,000."""
    return _listed(conn, reader, now, None)


def close(conn: Conn, caller: Caller, order: Order) -> list[Closure]:
    """Close roads from now or later on, and record who did it.

    Raises:
        NotAllowedError: the role closes no roads.
        InvalidInputError: nothing or too much to close, no road there, an end before the start, or no reason.
    """
    reader = caller.reader
    _require(reader)
    reason = order.reason.strip()
    starts_at = order.starts_at or caller.now
    if not LEAST_REASON <= len(reason) <= MOST_REASON:
        raise InvalidInputError(f"reason: {LEAST_REASON} to {MOST_REASON} characters")
    if order.ends_at is not None and order.ends_at <= max(starts_at, caller.now):
        raise InvalidInputError("ends_at: must be after the start, and not past")
    edges = _edges(conn, reader, order)
    values = {"reason": reason, "starts_at": starts_at, "ends_at": order.ends_at, "account": reader.account_id, "ids": edges}
    made = [int(row[0]) for row in conn.execute(INSERT, values)]
    record(conn, caller, Act(action="road_close", object=f"roads/{edges[0]}", reason=reason, detail={"edges": edges, "closures": made}))
    return _listed(conn, reader, caller.now, made)


def reopen(conn: Conn, caller: Caller, closure_id: int) -> None:
    """End a closure now, and record who did it.

    Raises:
        NotAllowedError: the role opens no roads.
        NotFoundError: no such closure in force, or outside the reader's scope.
    """
    _require(caller.reader)
    row = conn.execute(OPEN, {"now": caller.now, "id": closure_id, "scope": caller.reader.scope}).fetchone()
    if row is None:
        raise NotFoundError(f"closure {closure_id}")
    record(conn, caller, Act(action="road_open", object=f"roads/{row[0]}", detail={"closure": closure_id}))


def _require(reader: Reader) -> None:
    if reader.role not in MAY_CLOSE:
        raise NotAllowedError(f"{reader.role} closes and opens no roads")


def _edges(conn: Conn, reader: Reader, order: Order) -> list[int]:
    if bool(order.edge_ids) + (order.place is not None) + bool(order.line) != 1:
        raise InvalidInputError("name edge_ids, a place (lon and lat), or a line: one of the three")
    if order.place is not None:
        values: dict[str, object] = {"lon": order.place.lon, "lat": order.place.lat, "near": NEAR_M, "footway": FOOTWAY_M}
        found = [int(row[0]) for row in conn.execute(NEAREST, values | {"scope": reader.scope})]
        if not found:
            raise InvalidInputError(f"lon, lat: no road within {NEAR_M:.0f} m")
        return found
    if order.line:
        return _along(conn, reader, order.line)
    wanted = sorted(set(order.edge_ids))
    if len(wanted) > MOST_AT_ONCE:
        raise InvalidInputError(f"edge_ids: at most {MOST_AT_ONCE} at once")
    known = {int(row[0]) for row in conn.execute(KNOWN, {"ids": wanted, "scope": reader.scope})}
    if known != set(wanted):
        raise InvalidInputError(f"edge_ids: there is no road {min(set(wanted) - known)} for this account")
    return wanted


def _along(conn: Conn, reader: Reader, line: Sequence[LonLat]) -> list[int]:
    if not 2 <= len(line) <= MOST_POINTS:
        raise InvalidInputError(f"line: 2 to {MOST_POINTS} points")
    length_m = sum(float(exact_m(a.lon, a.lat, np.array([b.lon]), np.array([b.lat]))[0]) for a, b in pairwise(line))
    if not 1 <= length_m <= MOST_LINE_M:
        raise InvalidInputError(f"line: 1 to {MOST_LINE_M:.0f} m long")
    drawn = json.dumps({"type": "LineString", "coordinates": [[point.lon, point.lat] for point in line]})
    values = {"line": drawn, "along": ALONG_M, "scope": reader.scope, "limit": MOST_AT_ONCE + 1}
    found = [int(row[0]) for row in conn.execute(ALONG, values)]
    if not found:
        raise InvalidInputError("line: no road lies along it, and it crosses none")
    if len(found) > MOST_AT_ONCE:
        raise InvalidInputError(f"line: more than {MOST_AT_ONCE} roads; draw a shorter one")
    return found


def _listed(conn: Conn, reader: Reader, now: datetime, ids: list[int] | None) -> list[Closure]:
    with conn.cursor(row_factory=class_row(Closure)) as cursor:
        return cursor.execute(LIST, {"now": now, "scope": reader.scope, "ids": ids, "limit": MOST}).fetchall()
