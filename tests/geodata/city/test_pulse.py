"""The beat of the running sample city."""

import datetime as dt

import pytest

from geodata.city.pulse import BEAT_S, beat, move_workers
from geodata.db import Conn
from tests.geodata.city.conftest import NOON

POSITIONS = "SELECT array_agg(ST_AsText(geom, 6) ORDER BY worker_id) FROM hall.worker_position"
PASSIVE = """
    SELECT array_agg(ST_AsText(p.geom) ORDER BY w.id) FROM hall.worker_position p JOIN hall.worker w ON w.id = p.worker_id
    WHERE w.status NOT IN ('free', 'busy')
"""
JUMPS = """
    SELECT coalesce(max(ST_Distance(p.geom::geography, b.geom::geography)), 0) FROM hall.worker_position p JOIN before b USING (worker_id)
"""


def three_beats(conn: Conn, start: dt.datetime) -> dt.datetime:
    for step in range(3):
        beat(conn, start + dt.timedelta(seconds=BEAT_S * step))
    return start + dt.timedelta(seconds=BEAT_S * 2)


def test_the_same_moment_gives_the_same_positions(toy_conn: Conn) -> None:
    three_beats(toy_conn, NOON + dt.timedelta(minutes=20))
    first = toy_conn.execute(POSITIONS).fetchone()
    three_beats(toy_conn, NOON + dt.timedelta(minutes=50))
    assert toy_conn.execute(POSITIONS).fetchone() != first
    three_beats(toy_conn, NOON + dt.timedelta(minutes=20))
    assert toy_conn.execute(POSITIONS).fetchone() == first


@pytest.mark.parametrize("minutes", [0, 30, 59.9, 119.9, 400])
def test_nobody_jumps_between_beats(toy_conn: Conn, minutes: float) -> None:
    at = three_beats(toy_conn, NOON + dt.timedelta(minutes=minutes))
    toy_conn.execute("CREATE TEMP TABLE before AS SELECT worker_id, geom FROM hall.worker_position")
    three_beats(toy_conn, at + dt.timedelta(seconds=BEAT_S))
    # 30 s at 1.25 m/s and a tenth, and the noise of two positions
    assert toy_conn.execute(JUMPS).fetchone()[0] < 30 * 1.25 * 1.1 + 13


def test_who_is_not_on_duty_stays(toy_conn: Conn) -> None:
    before = toy_conn.execute(PASSIVE).fetchone()
    three_beats(toy_conn, NOON + dt.timedelta(minutes=45))
    assert toy_conn.execute(PASSIVE).fetchone() == before


def test_a_beat_reports_now_for_a_third_of_those_on_duty(toy_conn: Conn) -> None:
    at = NOON + dt.timedelta(hours=2)
    beat(toy_conn, at)
    fresh, all_of_them = toy_conn.execute(
        "SELECT count(*) FILTER (WHERE p.reported_at = %s), count(*) FROM hall.worker_position p JOIN hall.worker w ON w.id = p.worker_id"
        " WHERE w.status IN ('free', 'busy')",
        (at,),
    ).fetchone()
    assert all_of_them / 3 - 3 <= fresh <= all_of_them / 3 + 3


def test_readings_change_but_only_alarms_exceed_their_limit(toy_conn: Conn) -> None:
    before = dict(toy_conn.execute("SELECT id, value FROM hall.sensor").fetchall())
    for step in range(30):
        beat(toy_conn, NOON + dt.timedelta(seconds=3600 + BEAT_S * step))
    after = dict(toy_conn.execute("SELECT id, value FROM hall.sensor WHERE status <> 'offline'").fetchall())
    assert sum(before[key] != value for key, value in after.items()) > 0.8 * len(after)
    assert toy_conn.execute("SELECT DISTINCT status FROM hall.sensor WHERE value > limit_value").fetchall() == [("alarm",)]


def test_without_a_sample_city_nothing_beats(conn: Conn) -> None:
    assert beat(conn, NOON) == 0


def test_who_is_on_the_way_to_a_task_or_sends_a_position_is_not_moved(toy_conn: Conn) -> None:
    moved = [move_workers(toy_conn, NOON + dt.timedelta(seconds=BEAT_S * step)) for step in range(3)]
    assert all(moved)
    toy_conn.execute(
        """INSERT INTO hall.simulated_trip (kind, mover_id, starts_at, ends_at, route)
           SELECT 'worker', worker_id, now(), now() + interval '1 h', ST_MakeLine(geom, geom) FROM hall.worker_position WHERE worker_id % 2 = 0"""
    )
    toy_conn.execute(
        """INSERT INTO hall.position_consent (worker_id, account_id, given_at)
           SELECT worker_id, 0, now() FROM hall.worker_position WHERE worker_id % 2 = 1"""
    )
    assert [move_workers(toy_conn, NOON + dt.timedelta(seconds=BEAT_S * step)) for step in range(3)] == [0, 0, 0]
