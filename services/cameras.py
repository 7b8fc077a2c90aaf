"""Choosing cameras: in a circle or polygon, along a route, at an event, of a tree node or a saved set, and those that see a place.

Read from the tables themselves, so that a position set by hand counts at once. Every choice keeps to the reader's area.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, LiteralString

import shapely

from geodata.db import Conn
from geodata.errors import InvalidInputError, NotAllowedError, NotFoundError
from geodata.grid import LonLat
from services import camera_sets, video_rights
from services.geodesy import metres_per_degree
from services.rights import Reader, in_scope
from services.shapes import Circle, Corridor, Shape, flattened
from services.video_rights import MAX_ID, SEES_CAMERAS

NOTHING: Mapping[str, Any] = dict.fromkeys(("lon", "lat", "shape", "line", "radius_m", "south", "north", "group_id")) | {"ids": []}
"""Values of a query that has no use for them."""
MAX_ITEMS = 500
MAX_IDS = 400
EVENT_M = 150.0
"""Without a radius, so far around an event cameras are near; those that see its place count at any distance."""

HEAD: LiteralString = """
    WITH asked AS MATERIALIZED (
        SELECT ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326) AS place, ST_SetSRID(ST_GeomFromWKB(%(shape)s), 4326) AS shape,
               ST_SetSRID(ST_GeomFromWKB(%(line)s), 4326) AS line
    ), seeing AS MATERIALIZED (
        SELECT v.camera_id FROM hall.camera_view AS v JOIN asked ON ST_Intersects(v.geom, coalesce(asked.shape, asked.place))
    ), near AS MATERIALIZED (
        SELECT c.id, c.name, c.online, c.geom, d.distance_m, c.id IN (SELECT camera_id FROM seeing) AS sees
        FROM hall.camera AS c CROSS JOIN LATERAL (SELECT ST_X(c.geom) AS x, ST_Y(c.geom) AS y) AS p
            CROSS JOIN LATERAL (SELECT (p.x - %(lon)s::float8) * (%(per_lon)s::float8 + %(bend)s::float8 * (p.y - %(lat)s::float8)) AS east,
                                       (p.y - %(lat)s::float8) * %(per_lat)s::float8 AS north) AS m
            CROSS JOIN LATERAL (SELECT sqrt(m.east * m.east + m.north * m.north) AS distance_m) AS d
        WHERE starts_with(c.grid_code, %(scope)s) AND starts_with(c.grid_code, %(area)s)
          AND (%(owner)s::text IS NULL OR c.owner = %(owner)s) AND """
"""Distances by the mid-latitude formula, as in services.geodesy, straightened round the place: some centimetres off at 20 km, and cheap."""
ALL: LiteralString = "TRUE"
IN_CIRCLE: LiteralString = "p.y BETWEEN %(south)s AND %(north)s AND d.distance_m <= %(radius_m)s"
IN_SHAPE: LiteralString = "ST_Intersects(c.geom, (SELECT shape FROM asked))"
SEEING: LiteralString = "c.id IN (SELECT camera_id FROM seeing)"
SEEING_WITHIN: LiteralString = SEEING + " AND " + IN_CIRCLE
AT_EVENT: LiteralString = "(" + SEEING + " OR " + IN_CIRCLE + ")"
OF_IDS: LiteralString = "c.id = ANY(%(ids)s)"
OF_GROUP: LiteralString = """c.group_id IN (
    WITH RECURSIVE below AS (SELECT id FROM hall.camera_group WHERE id = %(group_id)s
                             UNION SELECT g.id FROM hall.camera_group AS g JOIN below ON g.parent_id = below.id)
    SELECT id FROM below)"""
TAIL: LiteralString = """
    ), counted AS (
        SELECT count(*)::int AS total, count(*) FILTER (WHERE online)::int AS up FROM near
    ), first AS (
        SELECT near.*, CASE WHEN asked.line IS NOT NULL THEN ST_LineLocatePoint(asked.line, near.geom) END AS along
        FROM near CROSS JOIN asked ORDER BY """
NEAREST: LiteralString = "distance_m NULLS LAST, near.name, near.id"
SEEING_FIRST: LiteralString = "sees DESC, distance_m, near.id"
ALONG: LiteralString = "along, distance_m, near.id"
AS_LISTED: LiteralString = "array_position(%(ids)s::bigint[], near.id)"
BY_NAME: LiteralString = "near.name, near.id"
END: LiteralString = """
        LIMIT %(limit)s
    )
    SELECT total, up, c.id, c.name, c.gb_id, c.owner, ST_X(c.geom) AS lon, ST_Y(c.geom) AS lat, n.distance_m,
           CASE WHEN v.camera_id IS NOT NULL AND %(has_place)s THEN n.sees END AS sees, c.online,
           coalesce(s.enabled, false) AND c.stream_ref IS NOT NULL AS playable, c.azimuth_deg, c.fov_deg, c.view_range_m, c.ptz_type, c.ptz,
           c.is_key, CASE WHEN NOT coalesce(h.online, c.online) THEN 'offline' WHEN h.failure IS NOT NULL THEN 'failing'
                          ELSE coalesce(h.quality, 'unchecked') END AS health,
           h.codec, c.grid_code, c.group_id, c.address, c.purpose, n.along
    FROM counted LEFT JOIN (SELECT row_number() OVER () AS place, first.* FROM first) AS n ON true
        LEFT JOIN hall.camera AS c ON c.id = n.id
        LEFT JOIN hall.camera_view AS v ON v.camera_id = n.id
        LEFT JOIN hall.camera_health AS h ON h.camera_id = n.id
        LEFT JOIN hall.video_source AS s ON s.id = c.video_source_id
    ORDER BY n.place
"""
EVENT = "SELECT ST_X(geom), ST_Y(geom), grid_code FROM hall.event WHERE id = %s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """One camera of a choice, and what the reader may do with it."""

    id: int
    name: str
    gb_id: str
    owner: str
    lon: float
    lat: float
    distance_m: float | None
    """Straight, from the place asked about or the middle of the shape; None where there is none."""
    sees: bool | None
    """Has the place, or some of the shape, in its view; None without a place or before its view is made."""
    online: bool
    playable: bool
    """A picture is configured."""
    azimuth_deg: float
    fov_deg: float
    view_range_m: float
    ptz_type: int
    ptz: bool
    is_key: bool
    health: str
    codec: str | None
    grid_code: str
    group_id: int | None
    address: str | None
    purpose: str | None
    along: float | None
    """Share of the route that lies before it."""
    modes: tuple[str, ...] = ()
    """live, replay, download, ptz: as far as the reader's role goes with this owner's cameras."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """How many cameras were found and how many of them are online, and the first of them."""

    count: int
    online: int
    items: tuple[Chosen, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which cameras: exactly one of place, shape, ids, group_id, set_id, event_id; or none of them, for all of an owner or area."""

    place: LonLat | None = None
    radius_m: float | None = None
    """Around the place or event; without it only cameras that see the place."""
    sees: bool = False
    """Only those that have the place, or some of the shape, in their view, wherever they stand."""
    shape: Shape | None = None
    """A line is a route: cameras come in its order."""
    ids: tuple[int, ...] = ()
    group_id: int | None = None
    set_id: int | None = None
    event_id: int | None = None
    owner: str | None = None
    area: str = ""
    """Area code prefix."""
    limit: int = 20

    def __post_init__(self) -> None:
        """Check."""
        ways = [self.place, self.shape, self.ids or None, self.group_id, self.set_id, self.event_id]
        if sum(way is not None for way in ways) > 1:
            raise InvalidInputError("name one of a position, geometry, ids, group_id, set_id, event_id")
        if not 0 <= self.limit <= MAX_ITEMS:
            raise InvalidInputError(f"limit={self.limit} is outside 0..{MAX_ITEMS}")
        if len(self.ids) > MAX_IDS or any(not 0 < one <= MAX_ID for one in self.ids):
            raise InvalidInputError(f"ids: at most {MAX_IDS} ids of cameras")
        if self.place is not None and self.radius_m is None and not self.sees:
            raise InvalidInputError("a position needs radius_m, or sees=1")
        if self.sees and self.place is None and self.shape is None and self.event_id is None:
            raise InvalidInputError("sees=1 needs a position, a geometry or an event")


@dataclass(frozen=True, slots=True)
class _Query:
    test: LiteralString
    order: LiteralString
    values: Mapping[str, Any] = field(default_factory=dict)


def choose(conn: Conn, reader: Reader, wanted: Wanted) -> Choice:
    """Return the cameras asked for, in the reader's area: nearest first, along a route in its order, of a list in its order.

    Raises:
        NotAllowedError: the role sees no cameras.
        NotFoundError: no such event or saved set for the reader.
    """
    if reader.role not in SEES_CAMERAS:
        raise NotAllowedError(f"{reader.role} may not see cameras")
    query = _query(conn, reader, wanted)
    values = {**NOTHING, "scope": reader.scope, "area": wanted.area, "owner": wanted.owner, "limit": wanted.limit, **query.values}
    values |= {"has_place": values["lon"] is not None, **_scale(values["lat"])}
    cursor = conn.execute(HEAD + query.test + TAIL + query.order + END, values)
    names = [column.name for column in cursor.description or ()]
    rows = [dict(zip(names, values, strict=True)) for values in cursor]
    rights = video_rights.modes(conn, reader)
    found = [row for row in rows if row["id"] is not None]
    return Choice(count=rows[0]["total"], online=rows[0]["up"], items=tuple(_chosen(row, rights.of(row["owner"])) for row in found))


def _chosen(row: Mapping[str, Any], rights: frozenset[str]) -> Chosen:
    values = {name: value for name, value in row.items() if name not in ("total", "up", "distance_m")}
    distance_m = None if row["distance_m"] is None else round(row["distance_m"], 1)
    return Chosen(**values, distance_m=distance_m, modes=tuple(sorted(rights)))


def _query(conn: Conn, reader: Reader, wanted: Wanted) -> _Query:
    if wanted.place is not None:
        if wanted.radius_m is None:
            return _Query(SEEING, NEAREST, {"lon": wanted.place.lon, "lat": wanted.place.lat})
        return _of_shape(Circle(wanted.place.lon, wanted.place.lat, wanted.radius_m), sees=wanted.sees)
    if wanted.shape is not None:
        return _of_shape(wanted.shape, sees=wanted.sees)
    if wanted.event_id is not None:
        row = conn.execute(EVENT, [wanted.event_id]).fetchone() if 0 < wanted.event_id <= MAX_ID else None
        if row is None or not in_scope(reader, row[2]):
            raise NotFoundError(f"events/{wanted.event_id}")
        around = Circle(row[0], row[1], wanted.radius_m if wanted.radius_m is not None else EVENT_M)
        return _Query(SEEING if wanted.sees else AT_EVENT, SEEING_FIRST, _around(around))
    if wanted.set_id is not None:
        return _Query(OF_IDS, AS_LISTED, {"ids": list(camera_sets.one(conn, reader, wanted.set_id).camera_ids)})
    if wanted.ids:
        return _Query(OF_IDS, AS_LISTED, {"ids": list(wanted.ids)})
    if wanted.group_id is not None:
        return _Query(OF_GROUP, BY_NAME, {"group_id": wanted.group_id})
    return _Query(ALL, BY_NAME)


def _of_shape(shape: Shape, *, sees: bool) -> _Query:
    if isinstance(shape, Circle):
        return _Query(SEEING_WITHIN if sees else IN_CIRCLE, NEAREST, _around(shape))
    area, middle = flattened(shape), shape.region().middle() if isinstance(shape, Corridor) else shape.middle()
    assert not isinstance(area, Circle)
    line = shapely.to_wkb(shape.line) if isinstance(shape, Corridor) else None
    values = {"lon": middle.lon, "lat": middle.lat, "shape": shapely.to_wkb(area.polygon), "line": line}
    return _Query(SEEING if sees else IN_SHAPE, ALONG if line else NEAREST, values)


def _around(circle: Circle) -> dict[str, Any]:
    bounds = circle.bounds()
    return {"lon": circle.lon, "lat": circle.lat, "radius_m": circle.radius_m, "south": bounds.south, "north": bounds.north}


def _scale(lat: float | None) -> dict[str, float | None]:
    """Metres per degree of longitude and latitude at a place, and how the first changes on the way to half of another latitude."""
    if lat is None:
        return dict.fromkeys(("per_lon", "per_lat", "bend"))
    (per_lon, per_lat), (above, _), (below, _) = (metres_per_degree(lat + step) for step in (0.0, 0.05, -0.05))
    return {"per_lon": float(per_lon), "per_lat": float(per_lat), "bend": float(above - below) / 0.1 / 2}


def as_ids(values: Sequence[int] | str) -> tuple[int, ...]:
    """Read a list of camera ids, or their text with commas between.

    Raises:
        InvalidInputError: something in it is no id.
    """
    try:
        return tuple(dict.fromkeys(int(value) for value in (values.split(",") if isinstance(values, str) else values)))
    except ValueError:
        raise InvalidInputError("ids: whole numbers with commas between") from None
