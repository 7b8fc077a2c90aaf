"""Today in figures that agree."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any

import psycopg
import pytest

from geodata.db import Conn
from geodata.errors import NotAllowedError
from services.rights import Role
from services.today import HOURS, PRESENCE, Today, midnight, today
from tests import district
from tests.town import DISPATCHER

NOW = datetime(2026, 11, 23, 6, 40, tzinfo=UTC)
"""14:40 local, a Monday."""
READER = replace(DISPATCHER, scope="")
STATES = ("reported", "filed", "dispatched", "handling", "checking", "suspended", "closed", "evaluated", "not_filed", "void", "merged")
SOURCES = ("grid_self", "grid_patrol", "citizen", "hotline12345")
OVER = frozenset({"closed", "evaluated", "not_filed", "void", "merged"})
CASE = """
    INSERT INTO hall.event (id, case_no, title, class_code, major, level, source, state, reported_at, deadline_at, step_started_at, closed_at,
                            place_text, grid_code, geom, resume_state)
    VALUES (%(id)s, 'n' || %(id)s, '案件', '0101', %(major)s, 4, %(source)s, %(state)s, %(reported)s, %(deadline)s, %(reported)s, %(closed)s,
            '新街', %(grid)s, ST_SetSRID(ST_MakePoint(113.5425, 22.1925), 4326), %(resume)s)
"""


@pytest.fixture
def conn(district_url: str) -> Iterator[Conn]:
    with psycopg.connect(district_url) as connection:
        connection.execute("DELETE FROM hall.case_log")
        connection.execute("DELETE FROM hall.source_record")
        connection.execute("DELETE FROM hall.event")
        yield connection
        connection.rollback()


def add(conn: Conn, number: int, **changed: Any) -> None:
    """One case: filed at nine in the first street, due at noon."""
    values = {
        "id": number,
        "major": "city",
        "source": "citizen",
        "state": "filed",
        "reported": NOW - timedelta(hours=5, minutes=40),
        "deadline": NOW - timedelta(hours=2, minutes=40),
        "closed": None,
        "grid": district.GRIDS[0],
        "resume": None,
    }
    conn.execute(CASE, values | changed)


def check_sums(found: Today) -> None:
    flow = found.flow
    assert flow.accepted == flow.self_closed + flow.rejected + flow.to_dispatch
    assert flow.to_dispatch == flow.dispatched + flow.waiting
    assert flow.dispatched == flow.handled + flow.working
    assert flow.handled == flow.checked + flow.in_check
    assert flow.checked == flow.closed + flow.to_close
    assert found.accepted == flow.accepted == sum(street.accepted for street in found.streets)
    assert found.accepted == sum(found.sources.values()) == sum(day.accepted for day in found.classes)
    assert all(day.accepted == sum(day.hours) and len(day.hours) == HOURS for day in found.classes)
    assert found.series.accepted[-1] == found.accepted
    assert all(earlier <= later for earlier, later in pairwise(found.series.accepted))
    assert found.open == sum(street.open for street in found.streets) == found.series.open[-1]
    assert found.overdue == sum(street.overdue for street in found.streets) == found.series.overdue[-1]
    assert found.expected == sum(found.presence.values()) == len(found.grids)
    assert tuple(found.presence) == PRESENCE
    assert found.on_duty == found.presence["on_grid"] + found.presence["handling"]


def test_sums_agree_whatever_the_cases_are(conn: Conn) -> None:
    draw = Random(20261123)
    for number in range(1, 400):
        state = draw.choice(STATES)
        reported = NOW - timedelta(minutes=draw.randrange(12 * 24 * 60))
        if draw.random() < 0.5:
            reported = midnight(NOW) + (NOW - midnight(NOW)) * draw.random()
        add(
            conn,
            number,
            state=state,
            source=draw.choice(SOURCES),
            major=draw.choice(("city", "safety", "service")),
            reported=reported,
            deadline=reported + timedelta(hours=draw.randrange(1, 48)),
            closed=reported + (NOW - reported) * draw.random() if state in OVER else None,
            grid=draw.choice((*district.GRIDS, district.DISTRICT, "991000001001001")),
            resume="filed" if state == "suspended" else None,
        )
    whole = today(conn, READER, NOW)
    check_sums(whole)
    parts = [today(conn, replace(READER, scope=street), NOW) for street in district.STREETS]
    for part, street in zip(parts, district.STREETS, strict=True):
        check_sums(part)
        own = next(item for item in whole.streets if item.code == street)
        assert (part.accepted, part.open, part.overdue) == (own.accepted, own.open, own.overdue)
    assert next(item for item in whole.streets if not item.code).accepted == whole.accepted - sum(part.accepted for part in parts)


def test_each_state_is_a_step_of_the_flow(conn: Conn) -> None:
    for number, state in enumerate(STATES, 1):
        add(conn, number, state=state, closed=NOW if state in OVER else None, resume="dispatched" if state == "suspended" else None)
    add(conn, 20, state="closed", source="grid_self", closed=NOW)
    flow = today(conn, READER, NOW).flow
    # void and merged ones do not count; reported, filed wait; dispatched, handling, suspended are worked on
    assert (flow.accepted, flow.self_closed, flow.rejected, flow.to_dispatch) == (10, 1, 1, 8)
    assert (flow.waiting, flow.dispatched, flow.working, flow.in_check, flow.to_close, flow.closed) == (2, 6, 3, 1, 0, 2)


def test_a_checked_case_waits_for_its_closing(conn: Conn) -> None:
    add(conn, 1, state="checking")
    log = "INSERT INTO hall.case_log (event_id, seq, action, from_state, to_state, actor, role, at) VALUES (1, %s, %s, %s, %s, '甲', 'acceptor', %s)"
    conn.execute(log, [1, "feedback", "handling", "checking", NOW])
    assert today(conn, READER, NOW).flow.in_check == 1
    conn.execute(log, [2, "check", "checking", None, NOW])
    assert today(conn, READER, NOW).flow.to_close == 1
    conn.execute(log, [3, "rework", "checking", "handling", NOW])
    conn.execute(log, [4, "feedback", "handling", "checking", NOW])
    # what was checked was the work before
    assert today(conn, READER, NOW).flow.in_check == 1


def test_the_day_begins_at_midnight_in_china(conn: Conn) -> None:
    new_year = datetime(2025, 12, 31, 16, tzinfo=UTC)
    add(conn, 1, reported=new_year - timedelta(seconds=1), deadline=new_year + timedelta(days=3))
    add(conn, 2, reported=new_year, deadline=new_year + timedelta(days=3))
    found = today(conn, READER, new_year + timedelta(minutes=1))
    assert (found.accepted, found.open) == (1, 2)
    assert found.start == new_year
    # at the same time of the day before, nothing had come in; one minute into that day neither
    assert (found.accepted_yesterday, found.series.accepted) == (0, (1,))
    assert today(conn, READER, new_year + timedelta(days=1, minutes=1)).accepted_yesterday == 1
    assert today(conn, READER, new_year + timedelta(days=7, minutes=1)).accepted_last_week == 1


def test_overdue_now_and_a_day_ago(conn: Conn) -> None:
    add(conn, 1)
    add(conn, 2, state="suspended")
    add(conn, 3, reported=NOW - timedelta(days=3), deadline=NOW - timedelta(days=2), state="closed", closed=NOW - timedelta(hours=5))
    found = today(conn, READER, NOW)
    assert (found.open, found.overdue) == (2, 1)
    assert (found.open_yesterday, found.overdue_yesterday) == (1, 1)
    # closed late, and overdue now: nothing of what was due came in time
    assert found.on_time_rate_7d == 0.0
    assert found.streets[0].due_7d == 2


def test_on_time_rate_counts_what_was_due_within_a_week(conn: Conn) -> None:
    for number, (ago, late) in enumerate(((1, False), (2, False), (3, True), (8, True)), 1):
        closed = NOW - timedelta(days=ago)
        deadline = closed + timedelta(hours=-1 if late else 1)
        add(conn, number, reported=closed - timedelta(days=1), deadline=deadline, closed=closed, state="closed")
    found = today(conn, READER, NOW)
    assert found.on_time_rate_7d == pytest.approx(2 / 3)
    assert found.on_time_rate_7d_before == 0.0
    # the boundary of a day of 24 hours belongs to the older one
    assert found.series.on_time_rate == (None, None, None, 0.0, 1.0, 1.0, None)


def test_presence_is_one_state_per_grid(conn: Conn) -> None:
    status = "UPDATE hall.worker SET status = %s WHERE id = 71"
    position = "UPDATE hall.worker_position SET reported_at = %s WHERE worker_id = 71"
    conn.execute(position, [NOW])

    def state() -> str:
        return today(conn, READER, NOW).grids[0].state

    assert state() == "on_grid"
    conn.execute(status, ["busy"])
    assert state() == "handling"
    conn.execute(position, [NOW - timedelta(minutes=31)])
    assert state() == "no_signal"
    conn.execute(status, ["off_grid"])
    assert state() == "off_grid"
    conn.execute(status, ["off_duty"])
    assert state() == "no_signal"


def test_nothing_anywhere_is_zeros(conn: Conn) -> None:
    found = today(conn, replace(READER, scope="111111"), NOW)
    check_sums(found)
    assert (found.accepted, found.open, found.expected, found.on_time_rate_7d, found.streets) == (0, 0, 0, None, ())


def test_administrators_and_citizens_read_no_figures(conn: Conn) -> None:
    for role in (Role.CITIZEN, Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN):
        with pytest.raises(NotAllowedError):
            today(conn, replace(READER, role=role), NOW)
