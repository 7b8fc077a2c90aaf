"""The town of tests/town.py with streets across, so that everything can be reached, and with people whose ways can be worked out."""

from collections.abc import Iterator
from datetime import UTC, datetime

import psycopg
import pytest

from geodata.db import Conn, open_pool
from services.routing.engine import Engine
from services.routing.store import RoadStore

NOW = datetime(2026, 11, 23, 1, tzinfo=UTC)
"""Nine in the morning; the town's own workers reported an hour ago."""
EVENT = 10
"""Open, in the south-eastern street; put at 113.5205 E, 11 m north of the first road."""
ROAD_LAT = 22.1005
WALK_M_S = 5 / 3.6
ACROSS = """
    INSERT INTO hall.road_edge (way_id, part, source, target, highway, name, speed_kmh, forward, backward, drive, bridge, tunnel, layer, length_m,
                                grid_code, geom)
    SELECT 100 + e, r, a.id, b.id, 'residential', '横街' || e, 30, true, true, true, false, false, 0, ST_Length(line::geography),
           '990000001001001', line
    FROM generate_series(0, 8) AS r, generate_series(0, 4) AS e,
         LATERAL (SELECT * FROM hall.road_node WHERE id = 100 * r + e) AS a, LATERAL (SELECT * FROM hall.road_node WHERE id = 100 * (r + 1) + e) AS b,
         LATERAL (SELECT ST_MakeLine(a.geom, b.geom) AS line) AS drawn
"""
GRID = "990000002001001"
"""Of the event."""


def worker(
    conn: Conn,
    number: int,
    lon: float,
    lat: float = ROAD_LAT,
    *,
    at: datetime = NOW,
    status: str = "free",
    skills: tuple[str, ...] = (),
    load: int = 0,
    grid: str = "990000003001001",
    team: str = "三队",
) -> int:
    """Put a worker somewhere."""
    values = {
        "id": number,
        "status": status,
        "skills": list(skills),
        "load": load,
        "grid": grid,
        "team": team,
        "lon": lon,
        "lat": lat,
        "at": at,
    }
    conn.execute(
        """INSERT INTO hall.worker (id, worker_no, name, phone, role, team, skills, status, load, grid_code)
           VALUES (%(id)s, 'N' || %(id)s, '孙悟空', '11077777777', 'enforcement', %(team)s, %(skills)s, %(status)s, %(load)s, %(grid)s)""",
        values,
    )
    conn.execute(
        """INSERT INTO hall.worker_position (worker_id, reported_at, status, geom)
           VALUES (%(id)s, %(at)s, %(status)s, ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326))""",
        values,
    )
    return number


@pytest.fixture
def roads(town_url: str) -> Iterator[RoadStore]:
    """A process's roads, not read yet."""
    with open_pool(town_url, most=1) as pool:
        yield RoadStore(pool)


@pytest.fixture
def streets(town_url: str, roads: RoadStore) -> Iterator[tuple[Conn, Engine]]:
    """A connection whose work is rolled back, to the town without its own workers but with streets across; and the engine over them."""
    with psycopg.connect(town_url) as conn:
        conn.execute("UPDATE hall.worker SET status = 'off_duty'")
        conn.execute(ACROSS)
        conn.execute("UPDATE hall.event SET geom = ST_SetSRID(ST_MakePoint(113.5205, 22.1006), 4326) WHERE id = %s", [EVENT])
        yield conn, engine(roads, conn)
        conn.rollback()


def engine(roads: RoadStore, conn: Conn) -> Engine:
    """Return the engine over what this connection sees."""
    roads.refresh(conn, NOW)
    found = roads.engine(conn, NOW)
    assert found is not None
    return found
