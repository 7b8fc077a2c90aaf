"""Deadlines: what is left, which lamp, and what a suspension gives back."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services import deadlines
from services.worktime import LOCAL, Unit, WorkCalendar

CALENDAR = WorkCalendar()
INSTANTS = st.integers(0, 63072000).map(lambda seconds: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds))


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LOCAL)


def test_a_limit_of_the_dictionary_becomes_a_deadline() -> None:
    assert deadlines.deadline(CALENDAR, local("2026-09-30 16:00"), Decimal(1), "work_day") == local("2026-10-08 16:00")


def test_a_suspension_gives_back_the_working_time_that_was_left() -> None:
    # filed Monday 9:00 with one working day, stopped Monday 11:00 with six hours left, goes on Thursday 15:00
    due = deadlines.deadline(CALENDAR, local("2026-11-23 09:00"), 1, "work_day")
    assert due == local("2026-11-24 09:00")
    assert deadlines.shifted(CALENDAR, due, local("2026-11-23 11:00"), local("2026-11-26 15:00"), "work_day") == local("2026-11-27 11:00")


def test_a_suspension_over_the_weekend_of_an_urgent_case_counts_every_hour() -> None:
    moved = deadlines.shifted(CALENDAR, local("2026-11-27 20:00"), local("2026-11-27 19:00"), local("2026-11-29 03:00"), "urgent_hour")
    assert moved == local("2026-11-29 04:00")


def test_what_was_overdue_when_it_stopped_is_as_overdue_when_it_goes_on() -> None:
    moved = deadlines.shifted(CALENDAR, local("2026-11-23 10:00"), local("2026-11-23 11:00"), local("2026-11-25 09:00"), "work_hour")
    assert moved == local("2026-11-25 08:00")
    assert deadlines.remaining_s(CALENDAR, moved, local("2026-11-25 09:00"), "work_hour") == -3600


def test_a_clock_that_jumps_back_moves_no_deadline() -> None:
    due = local("2026-11-24 09:00")
    assert deadlines.shifted(CALENDAR, due, local("2026-11-23 11:00"), local("2026-11-23 10:00"), "work_day") == due
    assert deadlines.lamp(CALENDAR, local("2026-11-23 09:00"), due, local("2026-11-20 09:00"), "work_day") == "green"


@pytest.mark.parametrize(
    ("now", "lamp"),
    [
        ("2026-11-23 09:00", "green"),
        ("2026-11-23 17:20", "green"),
        ("2026-11-23 17:24", "yellow"),  # 6.4 of 8 hours
        ("2026-11-23 22:00", "yellow"),
        ("2026-11-24 09:00", "yellow"),
        ("2026-11-24 09:01", "red"),
    ],
)
def test_the_lamp_turns_yellow_at_eighty_per_cent_of_the_working_time_and_red_after_it(now: str, lamp: str) -> None:
    assert deadlines.lamp(CALENDAR, local("2026-11-23 09:00"), local("2026-11-24 09:00"), local(now), "work_day") == lamp


def test_time_left_stands_still_at_night() -> None:
    due = local("2026-11-24 09:00")
    assert {deadlines.remaining_s(CALENDAR, due, local(f"2026-11-23 {hour}:00"), "work_hour") for hour in (18, 20, 23)} == {3600}


def test_a_deadline_within_one_night_is_green_until_it_ends() -> None:
    start, due = local("2026-11-23 20:00"), local("2026-11-23 22:00")
    assert [deadlines.lamp(CALENDAR, start, due, due + timedelta(minutes=step), "work_hour") for step in (-30, 1)] == ["green", "red"]


@settings(deadline=None)
@given(INSTANTS, st.integers(1, 15), st.sampled_from(list(Unit)), st.integers(0, 10**6), st.integers(1, 10**6))
def test_a_suspension_never_takes_time_away(start: datetime, value: int, unit: Unit, before: int, pause: int) -> None:
    due = deadlines.deadline(CALENDAR, start, value, unit)
    stopped = start + timedelta(seconds=before)
    resumed = stopped + timedelta(seconds=pause)
    moved = deadlines.shifted(CALENDAR, due, stopped, resumed, unit)
    left = deadlines.remaining_s(CALENDAR, due, stopped, unit)
    assert deadlines.remaining_s(CALENDAR, moved, resumed, unit) == pytest.approx(left, abs=1e-4)
    if left > 0:
        assert moved >= due or moved == pytest.approx(due)


@settings(deadline=None)
@given(INSTANTS, st.integers(1, 15), st.sampled_from(list(Unit)), st.integers(0, 2 * 10**6), st.integers(0, 2 * 10**6))
def test_the_lamp_never_goes_back(start: datetime, value: int, unit: Unit, first: int, second: int) -> None:
    due = deadlines.deadline(CALENDAR, start, value, unit)
    order = ("green", "yellow", "red")
    low, high = (deadlines.lamp(CALENDAR, start, due, start + timedelta(seconds=at), unit) for at in sorted((first, second)))
    assert order.index(low) <= order.index(high)
