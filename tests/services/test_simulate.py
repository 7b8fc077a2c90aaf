"""The sample city lives through the product's own services: reports in, people on the streets, cases through their whole loop, all marked synthetic."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from geodata.db import Pool, open_pool
from services import simulate
from services.rights import Role
from services.routing.store import RoadStore
from services.simulation import reports, trips
from services.simulation.crews import Crews
from services.simulation.reports import MARK
from services.simulation.robots import Robots
from services.simulation.staff import Staff
from tests.conftest import City

MONDAY = datetime(2026, 11, 23, tzinfo=reports.LOCAL)
AT = "SELECT ST_X(geom), ST_Y(geom), status FROM hall.worker_position WHERE worker_id = %s"
AWAY = """
    SELECT ST_Distance(p.geom::geography, e.geom::geography) FROM hall.worker_position p, hall.event e WHERE p.worker_id = %s AND e.id = %s
"""
TASK = "SELECT worker_id, state FROM hall.task WHERE event_id = %s ORDER BY id DESC LIMIT 1"
CASE = "SELECT state, flags, reporter, source, worker_id FROM hall.event WHERE id = %s"


@pytest.fixture
def pool(city: City) -> Iterator[Pool]:
    with open_pool(city.url) as opened:
        yield opened


def test_hours_and_days_have_their_own_rhythm() -> None:
    def rate(hour: int, day: int = 0) -> float:
        return reports.per_second(MONDAY + timedelta(days=day, hours=hour), 350)

    assert rate(9) > 10 * rate(3)
    assert rate(15) > rate(12)
    assert rate(9, day=5) < rate(9)
    assert sum(3600 * rate(hour) for hour in range(24)) == pytest.approx(350)


def test_pauses_follow_the_rate() -> None:
    chance = random.Random(1)
    pauses = [reports.pause_s(chance, MONDAY + timedelta(hours=9), 3_500) for _ in range(2_000)]
    assert sum(pauses) / len(pauses) == pytest.approx(1 / reports.per_second(MONDAY + timedelta(hours=9), 3_500), rel=0.1)


def test_robots_cannot_sign_in(pool: Pool) -> None:
    with pool.connection() as conn:
        Robots(conn)
        rows = conn.execute(
            """SELECT a.password_hash, (SELECT count(*) FROM hall.token t WHERE t.account_id = a.id) FROM hall.account a
               WHERE a.username LIKE 'simulated%'"""
        ).fetchall()
    assert rows == [(None, 0), (None, 0)]


def test_a_case_goes_through_its_whole_loop_by_itself(pool: Pool) -> None:
    now = datetime.now(UTC)
    with pool.connection() as conn:
        robots = Robots(conn)
        received = reports.report(conn, robots.desk(Role.ACCEPTOR, now), random.Random(5), now)
    assert received is not None
    assert received.event_id is not None
    event_id = received.event_id
    staff, crews = Staff(pool, RoadStore(pool), robots, timedelta(minutes=1)), Crews(pool, RoadStore(pool), robots, 1.0)
    with pool.connection() as conn:
        state, flags, reporter, source, _ = conn.execute(CASE, [event_id]).fetchone() or ()
        assert (state, MARK in flags) == ("reported", True)
        assert reporter is None or reports.NAMED in reporter
        assert source != reports.SELF_CLOSED
    staff.work(now)
    assert staff.acts == 0, "whoever sits at the desk comes first"

    seen, moved = set(), 0.0
    for _ in range(240):
        now += timedelta(seconds=30)
        staff.work(now)
        crews.work(now)
        with pool.connection() as conn:
            trips.move_workers(conn, now)
            trips.settle(conn, now)
            state = (conn.execute(CASE, [event_id]).fetchone() or ("",))[0]
            task = conn.execute(TASK, [event_id]).fetchone()
            if task and task[1] == "on_site":
                away = conn.execute(AWAY, [task[0], event_id]).fetchone()
                assert away is not None
                assert away[0] < 30
                assert (conn.execute(AT, [task[0]]).fetchone() or ())[2] == "busy"
                moved += 1
        seen.add(state)
        if state == "evaluated":
            break
    assert seen >= {"filed", "handling", "checking", "evaluated"}
    assert moved
    assert crews.refused == staff.refused == 0
    with pool.connection() as conn:
        for _ in range(200):
            now += timedelta(seconds=60)
            trips.move_workers(conn, now)
            trips.settle(conn, now)
        assert conn.execute("SELECT count(*) FROM hall.simulated_trip").fetchone() == (0,)


def test_the_first_report_comes_within_the_first_minute() -> None:
    assert simulate.Options().first_s < 60
