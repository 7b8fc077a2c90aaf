"""A case of an emergency: how many people live around it, where they could go, who is sent and what was done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from geodata.db import Conn
from geodata.errors import NotFoundError
from services.rights import Reader
from services.screens import require_watch

CORDON_M, INFLUENCE_M = 100.0, 300.0
BUILDINGS, LOG = 400, 12
SHELTER_M, SHELTERS = 3_000.0, 6
"""How far away shelters are looked for, and how many are named."""

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
