"""Who is nearest."""

import pytest

from geodata.db import Conn
from geodata.errors import InvalidInputError
from services.nearest import workers
from tests.town import DISPATCHER, NORTH_EAST


def test_only_free_workers_come_and_the_nearest_first(town_conn: Conn) -> None:
    # worker n stands at 113.5013 + n/1000, 22.1013 + n/1000; every third is busy
    found = workers(town_conn, DISPATCHER, 113.5063, 22.1063, limit=4)
    assert [candidate.worker_id for candidate in found] == [5, 4, 7, 8]
    # 0.001 degrees are 103.2 m to the east and 110.7 m to the north
    assert [candidate.distance_m for candidate in found] == pytest.approx([0, 151.4, 302.7, 454.1], abs=0.5)
    assert {candidate.name for candidate in found} == {"钱**"}


def test_the_order_is_that_of_the_ellipsoid(town_conn: Conn) -> None:
    town_conn.execute("""
        INSERT INTO hall.worker (id, worker_no, name, role, status, grid_code)
        SELECT n, 'X' || n, '孙', 'emergency', 'free', '990000001001001' FROM generate_series(1001, 1500) AS n;
        INSERT INTO hall.worker_position (worker_id, reported_at, status, geom)
        SELECT id, '2026-11-23 00:00Z', status, ST_SetSRID(ST_MakePoint(113.5 + (id * 7919 % 997) / 25000.0, 22.1 + (id * 104729 % 991) / 25000.0), 4326)
        FROM hall.worker WHERE id > 1000
    """)
    truth = town_conn.execute("""
        SELECT worker_id FROM hall.worker_position WHERE status = 'free'
        ORDER BY ST_Distance(geom::geography, ST_MakePoint(113.512, 22.118)::geography), worker_id LIMIT 50
    """).fetchall()
    for limit in (1, 10, 50):
        assert [candidate.worker_id for candidate in workers(town_conn, DISPATCHER, 113.512, 22.118, limit=limit)] == [
            row[0] for row in truth[:limit]
        ]


def test_only_the_readers_own_workers_come(town_conn: Conn) -> None:
    found = workers(town_conn, NORTH_EAST, 113.5013, 22.1013, limit=50)
    # worker 19 is the first of the north-eastern street, and free
    assert [candidate.worker_id for candidate in found] == [19, 20, 22, 23, 25, 26, 28, 29]


def test_a_worker_who_becomes_free_is_there_at_once(town_conn: Conn) -> None:
    town_conn.execute("UPDATE hall.worker_position SET status = 'free' WHERE worker_id = 6")
    assert workers(town_conn, DISPATCHER, 113.5073, 22.1073, limit=1)[0].worker_id == 6


@pytest.mark.parametrize(("lon", "lat", "limit"), [(113.5, 22.1, 0), (113.5, 22.1, 51), (22.1, 113.5, 10)])
def test_what_is_no_place_or_number_is_refused(town_conn: Conn, lon: float, lat: float, limit: int) -> None:
    with pytest.raises(InvalidInputError):
        workers(town_conn, DISPATCHER, lon, lat, limit=limit)
