"""Periods of briefs: days, weeks, months, quarters and nights of China, over midnight and new year."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from geodata.errors import InvalidInputError
from services.briefs import periods
from services.briefs.periods import Cycle
from services.worktime import LOCAL

AT = time(7, 30)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_day_is_that_of_china() -> None:
    day = periods.of_day(Cycle.DAILY, date(2027, 1, 1))
    assert (day.window.start, day.window.end) == (utc("2026-12-31T16:00"), utc("2027-01-01T16:00"))
    assert (day.key, day.year, day.label) == ("2027-01-01", 2027, "2027年1月1日")
    assert day.before.start == utc("2026-12-30T16:00")


@pytest.mark.parametrize(
    ("now", "key"),
    [
        ("2026-11-22T23:29:59", "2026-11-21"),  # 07:29:59 on the 23rd: not yet
        ("2026-11-22T23:30:00", "2026-11-22"),
        ("2026-11-23T15:59:59", "2026-11-22"),
        ("2026-12-31T23:30:00", "2026-12-31"),
    ],
)
def test_a_daily_brief_is_due_on_the_morning_after(now: str, key: str) -> None:
    assert periods.due(Cycle.DAILY, utc(now), AT).key == key


@pytest.mark.parametrize(
    ("cycle", "now", "key", "before"),
    [
        (Cycle.WEEKLY, "2027-01-04T00:00", "2026-W53", "2026-12-21"),  # Monday 4 January, 08:00 in China
        (Cycle.WEEKLY, "2027-01-03T15:00", "2026-W52", "2026-12-14"),  # Sunday evening: the week is not over
        (Cycle.MONTHLY, "2027-01-01T00:00", "2026-12", "2026-11-01"),
        (Cycle.MONTHLY, "2026-03-01T00:00", "2026-02", "2026-01-01"),
        (Cycle.QUARTERLY, "2027-01-01T00:00", "2026-Q4", "2026-07-01"),
        (Cycle.QUARTERLY, "2026-04-01T00:00", "2026-Q1", "2025-10-01"),
        (Cycle.NIGHTLY, "2027-01-01T00:30", "2026-12-31N", "2026-12-30"),
    ],
)
def test_longer_periods(cycle: Cycle, now: str, key: str, before: str) -> None:
    found = periods.due(cycle, utc(now), AT)
    assert found.key == key
    assert found.before.start.astimezone(LOCAL).date().isoformat() == before
    if cycle is not Cycle.NIGHTLY:
        assert found.before.end == found.window.start


def test_a_night_ends_before_its_brief_comes_out() -> None:
    night = periods.of_day(Cycle.NIGHTLY, date(2026, 12, 31))
    assert (night.window.start, night.window.end) == (utc("2026-12-31T12:00"), utc("2027-01-01T00:00"))
    assert periods.due(Cycle.NIGHTLY, utc("2027-01-01T00:05"), time(8, 10)).key == "2026-12-30N"


@pytest.mark.parametrize("cycle", periods.SCHEDULED)
def test_periods_follow_each_other_without_gap(cycle: Cycle) -> None:
    day, last = date(2025, 12, 1), None
    while day < date(2027, 4, 1):
        found = periods.of_day(cycle, day)
        if last is not None and found.key != last.key and cycle is not Cycle.NIGHTLY:
            assert found.window.start == last.window.end
            assert found.before == last.window
        last, day = found, day + timedelta(days=1)


@pytest.mark.parametrize("cycle", periods.SCHEDULED)
def test_the_next_issue_lies_ahead_and_is_the_next(cycle: Cycle) -> None:
    now = utc("2026-11-23T00:00")
    out = periods.next_due(cycle, now, AT)
    assert out > now
    assert periods.due(cycle, out - timedelta(seconds=1), AT).key == periods.due(cycle, now, AT).key
    assert periods.due(cycle, out, AT).key != periods.due(cycle, now, AT).key


def test_a_trend_ends_with_the_period() -> None:
    here = periods.of_day(Cycle.MONTHLY, date(2027, 1, 5))
    chain = periods.trend(here)
    assert [len(chain), chain[0].key, chain[-1]] == [13, "2026-01", here]


def test_a_span_says_its_days() -> None:
    found = periods.span(utc("2026-12-30T16:00"), utc("2027-01-02T16:00"))
    assert (found.key, found.label) == ("2026-12-31..2027-01-02", "2026年12月31日至2027年1月2日")
    assert found.before.start == utc("2026-12-27T16:00")
    assert [len(periods.days(found.window)), periods.span(utc("2026-12-30T16:00"), utc("2026-12-31T16:00")).label] == [3, "2026年12月31日"]


@pytest.mark.parametrize(
    ("start", "end"),
    [("2026-01-02T00:00", "2026-01-02T00:00"), ("2026-01-02T00:00", "2026-01-01T00:00"), ("2010-01-01T00:00", "2026-01-01T00:00")],
)
def test_a_span_that_is_none_is_refused(start: str, end: str) -> None:
    with pytest.raises(InvalidInputError):
        periods.span(utc(start), utc(end))


def test_days_of_a_window_are_cut_to_it() -> None:
    found = periods.days(periods.of_day(Cycle.NIGHTLY, date(2026, 11, 22)).window)
    assert [(one.start, one.end) for one in found] == [
        (utc("2026-11-22T12:00"), utc("2026-11-22T16:00")),
        (utc("2026-11-22T16:00"), utc("2026-11-23T00:00")),
    ]
