"""What the city has: workers, vehicles, sensors and parts, in numbers, and where they are."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import h3
from psycopg.rows import class_row

from geodata.db import Conn
from services.hexagons import ring
from services.rights import Reader
from services.screens import require_watch

SPOTS, BROKEN_PARTS, PART_CELLS = 5_000, 50_000, 9

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
