"""The ring of a pin, worked out as the browser works it out: by the wall clock, by working time, standing while a case is suspended."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import pairwise
from math import ceil
from typing import Any

import pytest

from geodata.db import Conn
from layers.events import OPEN_EVENTS
from services import case_clock, deadlines
from services.worktime import LOCAL, WorkCalendar
from tiles.symbols import UNWOUND, _ring_step

CALENDAR = WorkCalendar()
NOW = "2026-11-23 16:00"  # a Monday


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LOCAL)


def stops() -> list[float]:
    """As assets/js/worktime.js makes them of the calendar's intervals."""
    out: list[float] = []
    passed = 0.0
    for start, end in CALENDAR.intervals(local(NOW) - timedelta(days=60), local(NOW) + timedelta(days=120)):
        out += [start.timestamp(), passed]
        passed += (end - start).total_seconds()
        out += [end.timestamp(), passed]
    return out


STOPS = stops()


def interpolated(at: float, points: list[float]) -> float:
    pairs = list(zip(points[::2], points[1::2], strict=True))
    if at <= pairs[0][0]:
        return pairs[0][1]
    for (low, first), (high, second) in pairwise(pairs):
        if low <= at <= high:
            return first + (second - first) * (at - low) / (high - low)
    return pairs[-1][1]


def worked_out(expression: Any, row: Mapping[str, Any], now: float) -> Any:
    """Evaluate the few words of MapLibre's language that a ring is written in."""
    if not isinstance(expression, list):
        return expression
    word, *parts = expression
    if word == "interpolate":
        assert tuple(parts[2:]) == UNWOUND
        return interpolated(worked_out(parts[1], row, now), STOPS)
    if word == "case":
        *branches, otherwise = parts
        chosen = next((then for test, then in zip(branches[::2], branches[1::2], strict=True) if worked_out(test, row, now)), otherwise)
        return worked_out(chosen, row, now)
    if word == "global-state":
        return now
    if word in {"get", "has"}:
        return row.get(parts[0]) if word == "get" else parts[0] in row
    values = [worked_out(part, row, now) for part in parts]
    numbers = {"-": lambda: values[0] - values[1], "/": lambda: values[0] / values[1], "*": lambda: values[0] * values[1]}
    others = {
        "max": lambda: max(values),
        "min": lambda: min(values),
        "ceil": lambda: ceil(values[0]),
        "<": lambda: values[0] < values[1],
        "==": lambda: values[0] == values[1],
        "all": lambda: all(values),
    }
    return (numbers | others)[word]()


def ring(start: str, due: str, now: str = NOW, paused: str = "", *, working: bool) -> int:
    row = {"step_started_at": local(start).timestamp(), "deadline_at": local(due).timestamp(), "working": working}
    if paused:
        row["paused_at"] = local(paused).timestamp()
    return int(worked_out(_ring_step(OPEN_EVENTS), row, local(now).timestamp()))


@pytest.mark.parametrize(
    ("start", "due", "working", "step"),
    [
        # begun on Friday at 17:00 and due on Tuesday at 12:00: 6 of 13 working hours are left, but only 20 of 91 hours
        ("2026-11-20 17:00", "2026-11-24 12:00", True, 4),
        ("2026-11-20 17:00", "2026-11-24 12:00", False, 2),
        # due within this night: the working limit has two hours left of eight, the urgent one six of fourteen
        ("2026-11-23 08:00", "2026-11-23 18:00", True, 2),
        ("2026-11-23 08:00", "2026-11-23 22:00", False, 4),
        ("2026-11-23 16:00", "2026-11-24 16:00", True, 8),
        ("2026-11-23 08:00", "2026-11-23 16:00", True, 1),
        ("2026-11-23 08:00", "2026-11-23 15:59", True, 0),
        ("2026-11-23 08:00", "2026-11-23 15:59", False, 0),
    ],
)
def test_the_ring_counts_the_time_that_the_limit_counts(start: str, due: str, *, working: bool, step: int) -> None:
    assert ring(start, due, working=working) == step


def test_a_working_limit_loses_nothing_over_a_weekend() -> None:
    steps = {
        ring("2026-11-20 16:00", "2026-11-24 10:00", now=at, working=True)
        for at in ("2026-11-20 18:00", "2026-11-22 12:00", "2026-11-23 08:00")
    }
    assert len(steps) == 1
    assert ring("2026-11-20 16:00", "2026-11-24 10:00", now="2026-11-22 12:00", working=False) == 5


def test_the_ring_of_a_suspended_case_stands_where_it_was() -> None:
    assert [
        ring("2026-11-23 08:00", "2026-11-23 18:00", now=at, paused="2026-11-23 10:00", working=True) for at in (NOW, "2026-11-30 09:00")
    ] == [6, 6]


def test_a_limit_within_one_night_is_not_overdue_before_its_end() -> None:
    assert ring("2026-11-23 20:00", "2026-11-23 22:00", now="2026-11-23 21:00", working=True) == 1


@pytest.mark.parametrize("hours", range(1, 40, 3))
def test_it_agrees_with_the_deadlines_of_the_services(hours: int) -> None:
    start, due = local("2026-11-20 15:00"), CALENDAR.add(local("2026-11-20 15:00"), 3, "work_day")
    now = start + timedelta(hours=2 * hours)
    left = 1 - deadlines.used(CALENDAR, start, due, now, "work_day")
    row = {"step_started_at": start.timestamp(), "deadline_at": due.timestamp(), "working": True}
    expected = 0 if now > due else max(1, ceil(8 * left - 1e-9))
    assert worked_out(_ring_step(OPEN_EVENTS), row, now.timestamp()) == expected


OPEN = """
    UPDATE hall.event SET state = %(state)s, resume_state = %(resume)s,
           standard_id = (SELECT id FROM hall.case_standard WHERE class_code = 'P102' AND limit_unit = %(unit)s LIMIT 1)
    WHERE id = (SELECT min(id) FROM hall.event WHERE closed_at IS NULL) RETURNING id
"""


@pytest.mark.parametrize(
    ("state", "resume", "unit"),
    [
        ("reported", None, None),
        ("filed", None, None),
        ("handling", None, None),
        ("handling", None, "urgent_hour"),
        ("dispatched", None, "work_hour"),
        ("handling", None, "work_day"),
        ("checking", None, "urgent_hour"),
        ("suspended", "filed", None),
        ("suspended", "handling", "urgent_hour"),
    ],
)
def test_the_map_and_the_case_count_by_the_same_clock(city_conn: Conn, state: str, resume: str | None, unit: str | None) -> None:
    case = city_conn.execute(OPEN, {"state": state, "resume": resume, "unit": unit}).fetchone()[0]
    standard, working = city_conn.execute(
        "SELECT e.standard_id, v.working FROM hall.layer_open_events AS v JOIN hall.event AS e USING (id) WHERE id = %s", [case]
    ).fetchone()
    limit = case_clock.load(city_conn).limit(city_conn, resume or state, standard)
    assert working == (limit.unit in {"work_hour", "work_day"})
