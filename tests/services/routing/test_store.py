"""The network of a process follows the database: closures at once, a new map when it is read."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from geodata.db import Conn, Pool, open_pool
from geodata.grid import LonLat
from services.routing.engine import Engine, Mode
from services.routing.store import THREAD, RoadStore

NOW = datetime(2026, 11, 23, 1, tzinfo=UTC)
WEST, EAST = LonLat(113.505, 22.1005), LonLat(113.535, 22.1005)
"""On the first road, which has four edges of some 1,032 m and 30 km/h."""


@pytest.fixture
def pool(town_url: str) -> Iterator[Pool]:
    with open_pool(town_url, most=2) as opened:
        yield opened


def engine(store: RoadStore, conn: Conn, now: datetime = NOW) -> Engine:
    found = store.engine(conn, now)
    assert found is not None
    return found


def edge(conn: Conn, part: int) -> int:
    row = conn.execute("SELECT id FROM hall.road_edge WHERE way_id = 0 AND part = %s", [part]).fetchone()
    assert row is not None
    return int(row[0])


def close(conn: Conn, edge_id: int, starts: datetime, ends: datetime | None = None) -> None:
    conn.execute("INSERT INTO hall.road_closure (edge_id, reason, starts_at, ends_at) VALUES (%s, '施工', %s, %s)", [edge_id, starts, ends])


def test_a_route_has_the_length_of_the_road(town_conn: Conn, pool: Pool) -> None:
    found = engine(RoadStore(pool), town_conn).route(WEST, EAST, Mode.DRIVE)
    assert found is not None
    # 0.03 degrees of longitude
    assert found.distance_m == pytest.approx(3095, rel=0.002)
    assert found.travel_s == pytest.approx(3095 / 30 * 3.6, rel=0.002)
    assert [road.name for road in found.roads] == ["一马路"]


def test_a_closure_acts_with_the_next_question_and_ends_by_itself(town_conn: Conn, pool: Pool) -> None:
    store = RoadStore(pool)
    assert engine(store, town_conn).state.closures == 0
    close(town_conn, edge(town_conn, 1), NOW - timedelta(minutes=1), NOW + timedelta(hours=1))
    shut = engine(store, town_conn)
    assert (shut.state.closures, shut.state.outdated) == (1, False)
    found = shut.route(WEST, EAST, Mode.DRIVE)
    assert found is not None
    assert found.closed == 1
    later = engine(store, town_conn, NOW + timedelta(hours=2))
    assert later.state.closures == 0


def test_a_closure_of_tomorrow_closes_nothing_today(town_conn: Conn, pool: Pool) -> None:
    close(town_conn, edge(town_conn, 1), NOW + timedelta(days=1))
    store = RoadStore(pool)
    assert engine(store, town_conn).state.closures == 0
    assert engine(store, town_conn, NOW + timedelta(days=2)).state.closures == 1


def test_a_closure_of_a_road_that_the_map_lacks_is_told(town_conn: Conn, pool: Pool) -> None:
    close(town_conn, 10**9, NOW)
    state = engine(RoadStore(pool), town_conn).state
    assert (state.closures, state.outdated) == (0, True)


def test_the_map_before_serves_on_until_the_new_one_is_read(town_conn: Conn, pool: Pool) -> None:
    store = RoadStore(pool)
    before = engine(store, town_conn)
    town_conn.execute("UPDATE hall.road_edge SET speed_kmh = 60 WHERE way_id = 0")
    late = engine(store, town_conn)
    assert late.state.outdated
    assert late.state.map_at == before.state.map_at
    # what is read aside sees only what is committed
    for thread in threading.enumerate():
        if thread.name == THREAD:
            thread.join(30)
    store.refresh(town_conn, NOW)
    now = engine(store, town_conn)
    assert not now.state.outdated
    old, new = (asked.route(WEST, EAST, Mode.DRIVE) for asked in (before, now))
    assert old is not None
    assert new is not None
    assert new.travel_s == pytest.approx(old.travel_s / 2)


def test_without_roads_there_is_no_engine(conn: Conn, pool: Pool) -> None:
    assert RoadStore(pool).engine(conn, NOW) is None
