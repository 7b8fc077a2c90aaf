"""What a wall shows beside today's figures: cases, an emergency's surroundings, forces and sensing. Nothing personal is ever read here, whoever asks."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import h3
from psycopg.rows import class_row

from geodata.db import Conn
from geodata.errors import NotFoundError
from geodata.grid import BBox, LonLat
from services.audit import Act, Caller, record
from services.rights import Reader
from services.screens import require_steer, require_watch

NEWS, POINTS, MAJOR = 40, 3_000, 12
SPOTS, BROKEN_PARTS, PART_CELLS = 5_000, 50_000, 9
CORDON_M, INFLUENCE_M = 100.0, 300.0
BUILDINGS, LOG = 400, 12
SHELTER_M, SHELTERS = 3_000.0, 6
"""How far away shelters are looked for, and how many are named."""

NEWEST = """
    SELECT e.id, e.title, e.place_text, e.level, e.major, e.state, e.reported_at, e.closed_at, e.self_handled OR e.source = 'grid_self' AS own,
           e.closed_at IS NULL AND e.deadline_at < %(now)s AND e.state <> 'suspended' AS overdue, ST_X(e.geom) AS lon, ST_Y(e.geom) AS lat,
           e.level = 1 AND e.closed_at IS NULL AND e.state = 'reported' AND a.event_id IS NULL AS alarm
    FROM hall.event AS e LEFT JOIN hall.wall_acknowledgement AS a ON a.event_id = e.id
    WHERE e.reported_at > %(now)s::timestamptz - interval '1 day' AND e.reported_at <= %(now)s AND e.state NOT IN ('void', 'merged')
      AND starts_with(e.grid_code, %(scope)s)
    ORDER BY e.reported_at DESC, e.id DESC LIMIT %(limit)s
"""
MAJORS = """
    SELECT e.id, e.title, e.place_text, e.level, e.major, e.state, e.reported_at, e.closed_at, false AS own,
           e.deadline_at < %(now)s AND e.state <> 'suspended' AS overdue, ST_X(e.geom) AS lon, ST_Y(e.geom) AS lat,
           e.level = 1 AND e.state = 'reported' AND a.event_id IS NULL AS alarm
    FROM hall.event AS e LEFT JOIN hall.wall_acknowledgement AS a ON a.event_id = e.id
    WHERE e.closed_at IS NULL AND e.level IN (1, 2) AND e.reported_at <= %(now)s AND starts_with(e.grid_code, %(scope)s)
    ORDER BY e.level, e.reported_at DESC, e.id DESC LIMIT %(limit)s
"""
OPEN = """
    SELECT id, level, state, deadline_at < %(now)s AND state <> 'suspended' AS overdue, ST_X(geom) AS lon, ST_Y(geom) AS lat
    FROM hall.event WHERE closed_at IS NULL AND reported_at <= %(now)s AND starts_with(grid_code, %(scope)s)
    ORDER BY CASE level WHEN 0 THEN 5 ELSE level END DESC, reported_at, id LIMIT %(limit)s
"""
ACKNOWLEDGE = """
    INSERT INTO hall.wall_acknowledgement (event_id, at, by_name)
    SELECT id, %(now)s, %(by)s FROM hall.event WHERE id = %(id)s AND starts_with(grid_code, %(scope)s)
    ON CONFLICT (event_id) DO UPDATE SET by_name = hall.wall_acknowledgement.by_name
    RETURNING event_id
"""
STREETS = """
    SELECT code, name, ST_XMin(geom) AS west, ST_YMin(geom) AS south, ST_XMax(geom) AS east, ST_YMax(geom) AS north, area_m2
    FROM hall.area WHERE level = 'street' AND (starts_with(code, %(scope)s) OR starts_with(%(scope)s, code)) ORDER BY code LIMIT 500
"""
NAMED = "SELECT value FROM hall.fact WHERE key = 'wall_frames'"
PLACES = """
    SELECT asked.n, community.name
    FROM unnest(%(lons)s::float8[], %(lats)s::float8[]) WITH ORDINALITY AS asked (lon, lat, n)
    CROSS JOIN LATERAL (
        SELECT name FROM hall.area WHERE level = 'community'
        ORDER BY geom <-> ST_SetSRID(ST_MakePoint(asked.lon, asked.lat), 4326) LIMIT 1) AS community
    ORDER BY asked.n LIMIT 200
"""
FORCE = """
    SELECT 'worker' AS family, role AS kind, status, count(*)::int AS number FROM hall.worker WHERE starts_with(grid_code, %(scope)s) GROUP BY role, status
    UNION ALL
    SELECT 'vehicle', kind, status, count(*)::int FROM hall.vehicle WHERE starts_with(grid_code, %(scope)s) GROUP BY kind, status
    ORDER BY 1, 2, 3 LIMIT 200
"""
SENSORS = """
    SELECT 'sensor' AS family, kind, status, count(*)::int AS number FROM hall.sensor WHERE starts_with(grid_code, %(scope)s) GROUP BY kind, status
    UNION ALL
    SELECT 'part', c.major, p.state, count(*)::int FROM hall.part AS p JOIN hall.part_class AS c ON c.code = p.class_code
    WHERE starts_with(p.grid_code, %(scope)s) GROUP BY c.major, p.state
    ORDER BY 1, 2, 3 LIMIT 400
"""
UNITS = """
    SELECT 'worker' AS family, w.role AS kind, w.status, ST_X(p.geom) AS lon, ST_Y(p.geom) AS lat
    FROM hall.worker AS w JOIN hall.worker_position AS p ON p.worker_id = w.id WHERE starts_with(w.grid_code, %(scope)s)
    UNION ALL
    SELECT 'vehicle', kind, status, ST_X(geom), ST_Y(geom) FROM hall.vehicle WHERE starts_with(grid_code, %(scope)s)
    LIMIT %(limit)s
"""
# Grids by code: a shape that is drawn small needs few corners.
GRIDS = """
    SELECT code, ST_AsGeoJSON(ST_SimplifyPreserveTopology(geom, 0.00008), 5) FROM hall.area
    WHERE level = 'base_grid' AND starts_with(code, %(scope)s) ORDER BY code LIMIT 5000
"""
TROUBLED = """
    SELECT 'sensor' AS family, kind, status, ST_X(geom) AS lon, ST_Y(geom) AS lat
    FROM hall.sensor WHERE status <> 'normal' AND starts_with(grid_code, %(scope)s) ORDER BY status, id LIMIT %(limit)s
"""
BROKEN = """
    SELECT ST_X(geom), ST_Y(geom) FROM hall.part WHERE state NOT IN ('intact', 'removed') AND starts_with(grid_code, %(scope)s) ORDER BY id LIMIT %(limit)s
"""
ALARMS = """
    SELECT id, name, kind, value, limit_value, unit, reported_at, ST_X(geom) AS lon, ST_Y(geom) AS lat
    FROM hall.sensor WHERE status = 'alarm' AND starts_with(grid_code, %(scope)s) ORDER BY reported_at DESC NULLS LAST, id LIMIT 60
"""
EVENT = """
    SELECT e.id, e.case_no, e.title, e.place_text, e.level, e.major, e.state, e.reported_at, ST_X(e.geom) AS lon, ST_Y(e.geom) AS lat
    FROM hall.event AS e WHERE e.id = %(id)s AND starts_with(e.grid_code, %(scope)s)
"""
HOUSES = """
    SELECT b.id, coalesce(b.name, b.address) AS name, b.people, b.height_m, b.use_type, round(d.distance_m)::int AS distance_m, ST_AsGeoJSON(ST_SimplifyPreserveTopology(b.geom, 0.00001), 6) AS geometry
    FROM hall.building AS b
    CROSS JOIN LATERAL (SELECT ST_Distance(b.geom::geography, ST_MakePoint(%(lon)s, %(lat)s)::geography) AS distance_m) AS d
    WHERE b.geom && ST_Expand(ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326), %(reach)s::float8 / 95000) AND d.distance_m <= %(reach)s
      AND starts_with(b.grid_code, %(scope)s)
    ORDER BY b.people DESC, b.id LIMIT %(limit)s
"""
AROUND = """
    SELECT count(*)::int, coalesce(sum(b.people), 0)::int, coalesce(sum(b.people) FILTER (WHERE d.distance_m <= %(cordon)s), 0)::int
    FROM hall.building AS b
    CROSS JOIN LATERAL (SELECT ST_Distance(b.geom::geography, ST_MakePoint(%(lon)s, %(lat)s)::geography) AS distance_m) AS d
    WHERE b.geom && ST_Expand(ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326), %(reach)s::float8 / 95000) AND d.distance_m <= %(reach)s
      AND starts_with(b.grid_code, %(scope)s)
"""
# Where people could go: no shelter that is closed; one whose room is not known has no number.
NEAR_SHELTERS = """
    SELECT r.id, r.name, r.capacity, r.available, r.state, round(d.distance_m)::int AS distance_m, r.synthetic, ST_X(r.geom) AS lon, ST_Y(r.geom) AS lat
    FROM hall.resource AS r
    CROSS JOIN LATERAL (SELECT ST_Distance(r.geom::geography, ST_MakePoint(%(lon)s, %(lat)s)::geography) AS distance_m) AS d
    WHERE r.kind = 'shelter' AND r.state <> 'closed' AND starts_with(r.grid_code, %(scope)s)
      AND ST_DWithin(r.geom::geography, ST_MakePoint(%(lon)s, %(lat)s)::geography, %(shelter_m)s) AND d.distance_m > %(cordon)s
    ORDER BY d.distance_m, r.id LIMIT %(shelters)s
"""
TASKS = """
    SELECT t.id, t.kind, coalesce(w.role, v.kind) AS unit, coalesce(w.worker_no, left(v.plate, 2) || '**' || right(v.plate, 3)) AS label, t.lead, t.state,
           t.sent_at, t.accepted_at, t.arrived_at, t.finished_at, t.predicted_s, t.distance_m,
           ST_X(coalesce(p.geom, v.geom)) AS lon, ST_Y(coalesce(p.geom, v.geom)) AS lat
    FROM hall.task AS t
    LEFT JOIN hall.worker AS w ON w.id = t.worker_id LEFT JOIN hall.worker_position AS p ON p.worker_id = t.worker_id
    LEFT JOIN hall.vehicle AS v ON v.id = t.vehicle_id
    WHERE t.event_id = %(id)s AND t.state NOT IN ('declined', 'cancelled') ORDER BY t.arrived_at IS NOT NULL, t.sent_at, t.id LIMIT 40
"""
ACTS = """
    SELECT seq, action, role, at FROM hall.case_log WHERE event_id = %(id)s ORDER BY seq DESC LIMIT %(limit)s
"""
DEPARTMENTS = """
    SELECT d.name, c.lead, c.finished_at FROM hall.case_department AS c JOIN hall.department AS d ON d.id = c.department_id
    WHERE c.event_id = %(id)s ORDER BY c.lead DESC, d.id LIMIT 20
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A case in the list."""

    id: int
    title: str
    place_text: str
    level: int
    major: str
    state: str
    reported_at: datetime
    closed_at: datetime | None
    own: bool
    """Solved by who found it, or meant to be."""
    overdue: bool
    lon: float
    lat: float
    alarm: bool
    """Ⅰ, and nobody has acknowledged it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """An open case on the map; graver ones come last, so that they are drawn on top."""

    id: int
    level: int
    state: str
    overdue: bool
    lon: float
    lat: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """Cases of the reader's area at one instant."""

    at: datetime
    news: Sequence[Item]
    """Reported within a day, the newest first."""
    majors: Sequence[Item]
    """Open Ⅰ and Ⅱ."""
    points: Sequence[Point]


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A part of the city that has a map of its own on a wide wall."""

    names: Mapping[str, str]
    """By language; empty where only the streets have names."""
    first: str
    """Name of its first street."""
    streets: Sequence[str]
    bbox: BBox


@dataclass(frozen=True, slots=True, kw_only=True)
class Frames:
    """The whole area, and how it is cut in two where it is taller than the frame is."""

    whole: BBox | None
    parts: Sequence[Frame]


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """How many of a kind are in a state. family: worker, vehicle, sensor, part."""

    family: str
    kind: str
    status: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Where something is, of which nothing but kind and state is told."""

    family: str
    kind: str
    status: str
    lon: float
    lat: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """An H3 cell and what was counted in it; `ring` is closed."""

    ring: Sequence[tuple[float, float]]
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorAlarm:
    """A sensor over its limit."""

    id: int
    name: str
    kind: str
    value: float | None
    limit_value: float | None
    unit: str | None
    reported_at: datetime | None
    lon: float
    lat: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensing:
    """Parts and sensors in numbers, what is in alarm, where sensors are not as they should be, and cells of parts out of order."""

    at: datetime
    numbers: Sequence[Number]
    alarms: Sequence[SensorAlarm]
    points: Sequence[Spot]
    cells: Sequence[Cell]


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """A building near the case, and how many live in it. `geometry`: GeoJSON."""

    id: int
    name: str | None
    people: int
    height_m: float | None
    use_type: str | None
    distance_m: int
    geometry: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelter:
    """A shelter outside of the cordon, by straight distance."""

    id: int
    name: str
    capacity: int | None
    """People it has room for; None where nobody entered it."""
    available: int | None
    """Of these free, where it is told."""
    state: str
    distance_m: int
    synthetic: bool
    """Made up for the sample city."""
    lon: float
    lat: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """Somebody sent to the case: by number or half a plate, never by name."""

    id: int
    kind: str
    unit: str
    label: str
    lead: bool
    state: str
    sent_at: datetime
    accepted_at: datetime | None
    arrived_at: datetime | None
    finished_at: datetime | None
    predicted_s: float | None
    distance_m: float | None
    lon: float | None
    lat: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """A line of the case's log: what, by which role, when."""

    seq: int
    action: str
    role: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Taking:
    """A department in charge, and whether it has done its part."""

    name: str
    lead: bool
    finished_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """The case of an emergency."""

    id: int
    case_no: str
    title: str
    place_text: str
    level: int
    major: str
    state: str
    reported_at: datetime
    lon: float
    lat: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Emergency:
    """A case and what is around it. People are counted where they are registered."""

    at: datetime
    event: Scene
    cordon_m: float
    influence_m: float
    people_cordon: int
    people_influence: int
    buildings: int
    """Within the influence."""
    houses: Sequence[House]
    """Those with most people first, at most 400."""
    shelters: Sequence[Shelter]
    """The nearest first."""
    shelter_m: float
    units: Sequence[Unit]
    acts: Sequence[Happened]
    departments: Sequence[Taking]


def events(conn: Conn, reader: Reader, now: datetime) -> Events:
    """Return the cases that a wall lists and shows.

    Raises:
        NotAllowedError: the role opens no wall.
    """
    require_watch(reader)
    values = {"now": now, "scope": reader.scope, "limit": NEWS}
    with conn.cursor(row_factory=class_row(Item)) as cursor:
        news = cursor.execute(NEWEST, values).fetchall()
        majors = cursor.execute(MAJORS, values | {"limit": MAJOR}).fetchall()
    with conn.cursor(row_factory=class_row(Point)) as cursor:
        points = cursor.execute(OPEN, values | {"limit": POINTS}).fetchall()
    return Events(at=now, news=news, majors=majors, points=points)


def acknowledge(conn: Conn, caller: Caller, event_id: int) -> None:
    """Tell the walls that somebody has seen a Ⅰ case: they go on rotating. Call it in `services.audit.attempt`.

    Raises:
        NotAllowedError: the role steers no screens, or sees no cases.
        NotFoundError: no such case in the caller's area.
    """
    require_watch(caller.reader)
    require_steer(caller.reader)
    values = {"id": event_id, "scope": caller.reader.scope, "now": caller.now, "by": caller.reader.display_name}
    if conn.execute(ACKNOWLEDGE, values).fetchone() is None:
        raise NotFoundError(f"no case {event_id}")
    record(conn, caller, Act(action="wall_acknowledge", object=f"events/{event_id}"))


def frames(conn: Conn, reader: Reader) -> Frames:
    """Return the reader's area as one box, and as two where it has at least two streets.

    The cut is the one that lets both parts be drawn largest side by side; hall.fact `wall_frames` (`[{"zh", "en", "streets"}, …]`) overrules it.
    """
    require_watch(reader)
    rows = conn.execute(STREETS, {"scope": reader.scope}).fetchall()
    boxes = {code: BBox(*box) for code, _, *box, _ in rows}
    names = {code: name for code, name, *_ in rows}
    if not boxes:
        return Frames(whole=None, parts=())
    fact = conn.execute(NAMED).fetchone()
    parts = []
    for one in fact[0] if fact else ():
        own = [code for code in one.get("streets", ()) if code in boxes]
        if own:
            parts.append(
                Frame(
                    names={"zh": one.get("zh", ""), "en": one.get("en", "")},
                    first=names[own[0]],
                    streets=own,
                    bbox=_around([boxes[code] for code in own]),
                )
            )
    if len({code for part in parts for code in part.streets}) < len(boxes):
        parts = [Frame(names={}, first=names[own[0]], streets=own, bbox=_around([boxes[code] for code in own])) for own in _cut(boxes)]
    return Frames(whole=_around(list(boxes.values())), parts=parts if len(parts) > 1 else ())


def places(conn: Conn, positions: Sequence[LonLat]) -> list[str]:
    """Return the name of the community at, or nearest to, each position. Names of areas are open."""
    found = dict(conn.execute(PLACES, {"lons": [one.lon for one in positions], "lats": [one.lat for one in positions]}).fetchall())
    return [str(found.get(n, "")) for n in range(1, len(positions) + 1)]


def force(conn: Conn, reader: Reader) -> list[Number]:
    """Return workers and vehicles of the reader's area by kind and state."""
    require_watch(reader)
    with conn.cursor(row_factory=class_row(Number)) as cursor:
        return cursor.execute(FORCE, {"scope": reader.scope}).fetchall()


def units(conn: Conn, reader: Reader) -> list[Spot]:
    """Return where workers and vehicles of the reader's area are, without saying who."""
    require_watch(reader)
    with conn.cursor(row_factory=class_row(Spot)) as cursor:
        return cursor.execute(UNITS, {"scope": reader.scope, "limit": SPOTS}).fetchall()


def grids(conn: Conn, reader: Reader) -> list[tuple[str, str]]:
    """Return code and outline (GeoJSON) of the base grids of the reader's area."""
    require_watch(reader)
    return [(str(code), str(shape)) for code, shape in conn.execute(GRIDS, {"scope": reader.scope})]


def ring(cell: str) -> list[tuple[float, float]]:
    """Return the outline of an H3 cell, longitude first, closed."""
    corners = [(round(lon, 6), round(lat, 6)) for lat, lon in h3.cell_to_boundary(cell)]
    return [*corners, corners[0]]


def outlines(cells: Sequence[str]) -> list[list[list[tuple[float, float]]]]:
    """Return the outlines of groups of neighbouring H3 cells: for each group its rings, the outer one first, longitude first, closed."""
    if not cells:
        return []
    shape = h3.cells_to_h3shape(list(cells), tight=False)
    groups = []
    for polygon in shape:
        rings = [polygon.outer, *polygon.holes]
        groups.append([[(round(lon, 6), round(lat, 6)) for lat, lon in (*one, one[0])] for one in rings])
    return groups


def sensing(conn: Conn, reader: Reader, now: datetime) -> Sensing:
    """Return sensors and parts of the reader's area by kind and state, and the sensors in alarm."""
    require_watch(reader)
    values = {"scope": reader.scope}
    with conn.cursor(row_factory=class_row(Number)) as cursor:
        numbers = cursor.execute(SENSORS, values).fetchall()
    with conn.cursor(row_factory=class_row(SensorAlarm)) as cursor:
        alarms = cursor.execute(ALARMS, values).fetchall()
    with conn.cursor(row_factory=class_row(Spot)) as cursor:
        points = cursor.execute(TROUBLED, values | {"limit": SPOTS}).fetchall()
    broken = Counter(h3.latlng_to_cell(lat, lon, PART_CELLS) for lon, lat in conn.execute(BROKEN, values | {"limit": BROKEN_PARTS}))
    return Sensing(
        at=now,
        numbers=numbers,
        alarms=alarms,
        points=points,
        cells=[Cell(ring=ring(cell), n=number) for cell, number in broken.items()],
    )


def emergency(conn: Conn, reader: Reader, event_id: int, now: datetime) -> Emergency:
    """Return what an emergency screen shows of a case.

    Raises:
        NotAllowedError: the role opens no wall.
        NotFoundError: no such case in the reader's area.
    """
    require_watch(reader)
    values = {"id": event_id, "scope": reader.scope, "limit": LOG}
    with conn.cursor(row_factory=class_row(Scene)) as cursor:
        event = cursor.execute(EVENT, values).fetchone()
    if event is None:
        raise NotFoundError(f"no case {event_id}")
    around = {
        "lon": event.lon,
        "lat": event.lat,
        "reach": INFLUENCE_M,
        "cordon": CORDON_M,
        "scope": reader.scope,
        "limit": BUILDINGS,
        "shelter_m": SHELTER_M,
        "shelters": SHELTERS,
    }
    buildings, people, near = conn.execute(AROUND, around).fetchone() or (0, 0, 0)
    with conn.cursor(row_factory=class_row(House)) as cursor:
        houses = cursor.execute(HOUSES, around).fetchall()
    with conn.cursor(row_factory=class_row(Shelter)) as cursor:
        shelters = cursor.execute(NEAR_SHELTERS, around).fetchall()
    with conn.cursor(row_factory=class_row(Unit)) as cursor:
        units = cursor.execute(TASKS, values).fetchall()
    with conn.cursor(row_factory=class_row(Happened)) as cursor:
        acts = cursor.execute(ACTS, values).fetchall()
    with conn.cursor(row_factory=class_row(Taking)) as cursor:
        departments = cursor.execute(DEPARTMENTS, values).fetchall()
    return Emergency(
        at=now,
        event=event,
        cordon_m=CORDON_M,
        influence_m=INFLUENCE_M,
        people_cordon=near,
        people_influence=people,
        buildings=buildings,
        houses=houses,
        shelters=shelters,
        shelter_m=SHELTER_M,
        units=units,
        acts=acts,
        departments=departments,
    )


def _around(boxes: Sequence[BBox]) -> BBox:
    return BBox(
        min(box.west for box in boxes), min(box.south for box in boxes), max(box.east for box in boxes), max(box.north for box in boxes)
    )


def _cut(boxes: Mapping[str, BBox]) -> list[list[str]]:
    """Cut along the longer side, so that the longer of both parts is as short as it can be."""
    whole = _around(list(boxes.values()))
    tall = whole.north - whole.south >= (whole.east - whole.west) * 0.93
    order = sorted(boxes, key=lambda code: -(boxes[code].north + boxes[code].south) if tall else boxes[code].west + boxes[code].east)
    best: tuple[float, list[list[str]]] = (float("inf"), [])
    for at in range(1, len(order)):
        halves = [order[:at], order[at:]]
        sides = [_around([boxes[code] for code in half]) for half in halves]
        longest = max(side.north - side.south if tall else side.east - side.west for side in sides)
        best = min(best, (longest, halves))
    return best[1]
