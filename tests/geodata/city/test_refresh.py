"""An older sample city, brought to the present."""

import datetime as dt

import pytest

from geodata.city.refresh import refresh
from geodata.db import Conn
from tests.geodata.city.conftest import NOON

OPEN = "SELECT array_agg(deadline_at - %(now)s ORDER BY id), array_agg(reported_at - %(now)s ORDER BY id) FROM hall.event WHERE closed_at IS NULL"
CLOSED_TODAY = "SELECT count(*) FROM hall.event WHERE closed_at >= %s AND closed_at <= %s"
DAYS = """
    SELECT (reported_at AT TIME ZONE 'Asia/Shanghai')::date AS day, count(*) FROM hall.event WHERE reported_at >= %s GROUP BY 1 ORDER BY 1
"""
WRONG_NUMBERS = """
    SELECT count(*) FROM hall.event WHERE substr(case_no, 7, 8) <> to_char(reported_at AT TIME ZONE 'Asia/Shanghai', 'YYYYMMDD')
"""
MIDNIGHT = dt.datetime(2026, 11, 22, 16, tzinfo=dt.UTC)


@pytest.mark.parametrize("later", [dt.timedelta(minutes=37), dt.timedelta(hours=9), dt.timedelta(days=5, hours=3)])
def test_open_cases_keep_their_distance_to_now(toy_conn: Conn, later: dt.timedelta) -> None:
    before = toy_conn.execute(OPEN, {"now": NOON}).fetchone()
    assert refresh(toy_conn, NOON + later)
    assert toy_conn.execute(OPEN, {"now": NOON + later}).fetchone() == before


def test_what_a_source_sent_moves_with_its_case(toy_conn: Conn) -> None:
    sent = """
        SELECT count(*), count(*) FILTER (WHERE s.received_at <> e.reported_at), array_agg(s.reply_due_at - %s ORDER BY s.id)
        FROM hall.source_record AS s JOIN hall.event AS e ON e.id = s.first_event_id WHERE e.closed_at IS NULL
    """
    before = toy_conn.execute(sent, (NOON,)).fetchone()
    assert before is not None
    assert before[0] > 0
    assert before[1] == 0
    later = NOON + dt.timedelta(days=2, hours=1)
    refresh(toy_conn, later)
    assert toy_conn.execute(sent, (later,)).fetchone() == before


def test_cases_closed_today_move_to_the_new_day(toy_conn: Conn) -> None:
    before = toy_conn.execute(CLOSED_TODAY, (MIDNIGHT, NOON)).fetchone()[0]
    days = dt.timedelta(days=3)
    refresh(toy_conn, NOON + days)
    after = toy_conn.execute(CLOSED_TODAY, (MIDNIGHT + days, NOON + days)).fetchone()[0]
    assert before <= after <= before + 15  # and some of yesterday's that took longer


def test_days_that_went_by_get_cases_of_their_weekday(toy_conn: Conn) -> None:
    refresh(toy_conn, NOON + dt.timedelta(days=10))
    days = dict(toy_conn.execute(DAYS, (MIDNIGHT - dt.timedelta(days=7),)).fetchall())
    assert len(days) == 18
    assert min(days.values()) >= 1
    # a Wednesday three days after the Sunday before: as many as on the Wednesday of the week before, but for those that were moved
    assert abs(days[dt.date(2026, 11, 25)] - days[dt.date(2026, 11, 18)]) <= 4


@pytest.mark.parametrize("hours", [3, 20, 24 * 9])
def test_case_numbers_follow_the_day(toy_conn: Conn, hours: int) -> None:
    refresh(toy_conn, NOON + dt.timedelta(hours=hours))
    assert toy_conn.execute(WRONG_NUMBERS).fetchone() == (0,)


def test_whatever_reports_has_reported_as_long_ago_as_before(toy_conn: Conn) -> None:
    ages = "SELECT array_agg(%s - reported_at ORDER BY worker_id) FROM hall.worker_position"
    before = toy_conn.execute(ages, (NOON,)).fetchone()
    later = NOON + dt.timedelta(days=1, hours=2)
    refresh(toy_conn, later)
    assert toy_conn.execute(ages, (later,)).fetchone() == before
    assert toy_conn.execute("SELECT count(*) FROM hall.sensor WHERE reported_at > %s", (later,)).fetchone() == (0,)


def test_two_steps_lead_where_one_leads(toy_conn: Conn) -> None:
    refresh(toy_conn, NOON + dt.timedelta(days=2))
    refresh(toy_conn, NOON + dt.timedelta(days=4))
    two = toy_conn.execute(OPEN, {"now": NOON}).fetchone()
    toy_conn.rollback()
    refresh(toy_conn, NOON + dt.timedelta(days=4))
    assert toy_conn.execute(OPEN, {"now": NOON}).fetchone() == two


def test_a_second_time_changes_nothing(toy_conn: Conn) -> None:
    assert refresh(toy_conn, NOON + dt.timedelta(hours=1))
    assert not refresh(toy_conn, NOON + dt.timedelta(hours=1))


def test_a_case_that_somebody_entered_stays_where_it_is(toy_conn: Conn) -> None:
    toy_conn.execute(
        "INSERT INTO hall.event (id, case_no, title, class_code, major, level, source, state, reported_at, deadline_at, step_started_at,"
        " place_text, grid_code, geom) SELECT 5000000, '9900002026112350000', 'x', class_code, major, 0, 'citizen', 'filed', %(at)s, %(at)s, %(at)s,"
        " 'x', grid_code, geom FROM hall.event LIMIT 1",
        {"at": NOON},
    )
    refresh(toy_conn, NOON + dt.timedelta(days=2))
    assert toy_conn.execute("SELECT reported_at, case_no FROM hall.event WHERE id = 5000000").fetchone() == (NOON, "9900002026112350000")


def test_a_case_that_somebody_acted_on_stays_where_it_is(toy_conn: Conn) -> None:
    mine = "UPDATE hall.event SET version = 1 WHERE id IN (SELECT id FROM hall.event WHERE {} ORDER BY id LIMIT 2) RETURNING id"
    ids = [
        row[0] for which in ("closed_at IS NULL", f"closed_at >= '{MIDNIGHT}'") for row in toy_conn.execute(mine.format(which)).fetchall()
    ]
    times = "SELECT id, case_no, reported_at, deadline_at, step_started_at, closed_at FROM hall.event WHERE id = ANY(%s) ORDER BY id"
    before = toy_conn.execute(times, [ids]).fetchall()
    assert len(before) == 4
    refresh(toy_conn, NOON + dt.timedelta(days=2))
    assert toy_conn.execute(times, [ids]).fetchall() == before


def test_numbers_that_were_handed_out_are_not_given_again(toy_conn: Conn) -> None:
    day = (NOON + dt.timedelta(days=1)).date()
    toy_conn.execute("INSERT INTO hall.case_counter VALUES (%s, 70000)", [day])
    refresh(toy_conn, NOON + dt.timedelta(days=1))
    least, most = toy_conn.execute(
        "SELECT min(right(case_no, 5))::int, max(right(case_no, 5))::int FROM hall.event WHERE substr(case_no, 7, 8) = to_char(%s::date, 'YYYYMMDD')",
        [day],
    ).fetchone()
    assert least > 70_000
    assert toy_conn.execute("SELECT last FROM hall.case_counter WHERE day = %s", [day]).fetchone() == (most,)


def test_moving_the_city_tells_no_page(toy_conn: Conn) -> None:
    refresh(toy_conn, NOON + dt.timedelta(days=2))
    assert toy_conn.execute("SELECT count(*) FROM hall.change WHERE layer LIKE '%%events'").fetchone() == (0,)


def test_without_a_sample_city_there_is_nothing_to_do(conn: Conn) -> None:
    assert not refresh(conn, NOON)
