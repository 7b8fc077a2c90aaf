"""Working time: sentences that a calendar on the wall confirms, and laws that hold for every instant."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.db import Conn
from geodata.errors import InvalidInputError
from services import worktime
from services.worktime import LOCAL, Hours, Unit, WorkCalendar

CALENDAR = WorkCalendar()
NIGHTS = WorkCalendar(hours=Hours(spans=((0, 330), (360, 720), (1320, 1440)), day_hours=8), zone=ZoneInfo("Europe/Berlin"))
"""22:00-05:30 and 06:00-12:00, where clocks change in the small hours."""
UNITS = st.sampled_from(list(Unit))
INSTANTS = st.integers(0, 126144000).map(lambda seconds: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds))
CALENDARS = st.sampled_from([CALENDAR, NIGHTS])


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LOCAL)


@pytest.mark.parametrize(
    ("start", "value", "unit", "end"),
    [
        # a Monday in November 2026
        ("2026-11-23 09:00", 2, "work_hour", "2026-11-23 11:00"),
        ("2026-11-23 11:30", 1, "work_hour", "2026-11-23 14:30"),  # over lunch
        ("2026-11-23 12:30", 1, "work_hour", "2026-11-23 15:00"),  # begun at lunch
        ("2026-11-23 17:00", 1, "work_hour", "2026-11-23 18:00"),  # ends with the day, not with the next morning
        ("2026-11-23 20:00", 2, "work_hour", "2026-11-24 10:00"),  # begun at night
        ("2026-11-23 09:00", 1, "work_day", "2026-11-24 09:00"),
        ("2026-11-23 09:00", 5, "work_day", "2026-11-30 09:00"),  # over a weekend
        ("2026-11-28 10:00", 4, "work_hour", "2026-11-30 12:00"),  # begun on a Saturday
        ("2026-11-23 23:00", 2, "urgent_hour", "2026-11-24 01:00"),
        ("2026-11-27 09:00", 7, "natural_day", "2026-12-04 09:00"),
        # National Day 2026: off from Thursday 1 to Wednesday 7 October, Sunday 20 September and Saturday 10 October are worked
        ("2026-09-30 17:00", 2, "work_hour", "2026-10-08 09:00"),
        ("2026-10-03 12:00", 2, "urgent_hour", "2026-10-03 14:00"),
        ("2026-10-09 16:00", 1, "work_day", "2026-10-10 16:00"),
        ("2026-09-19 09:00", 1, "work_day", "2026-09-20 18:00"),
        # Spring Festival 2026: off from Sunday 15 to Monday 23 February, Saturdays 14 and 28 February are worked
        ("2026-02-13 15:00", 2, "work_day", "2026-02-24 15:00"),
        ("2026-02-17 23:30", 2, "urgent_hour", "2026-02-18 01:30"),
        ("2026-02-27 14:00", 1, "work_day", "2026-02-28 12:00"),
        # New Year 2026: 1 to 3 January off, Sunday 4 January is worked
        ("2025-12-31 17:00", 1.5, "work_hour", "2026-01-04 08:30"),
    ],
)
def test_a_limit_ends_when_the_calendar_says(start: str, value: float, unit: str, end: str) -> None:
    assert CALENDAR.add(local(start), value, unit) == local(end)


def test_working_time_passes_only_in_working_hours() -> None:
    assert CALENDAR.between(local("2026-09-30 17:30"), local("2026-10-08 08:15"), "work_hour") == 45 * 60
    assert CALENDAR.between(local("2026-10-01 00:00"), local("2026-10-08 00:00"), "work_day") == 0
    assert CALENDAR.between(local("2026-10-01 00:00"), local("2026-10-08 00:00"), "urgent_hour") == 7 * 86_400
    assert CALENDAR.between(local("2026-11-23 00:00"), local("2026-11-24 00:00"), "work_day") == 8 * 3600


def test_2026_has_248_working_days() -> None:
    # 365 days less 104 on weekends, less 19 holidays on weekdays, plus 6 worked weekend days
    days = [CALENDAR.day(date(2026, 1, 1) + timedelta(days=number)) for number in range(365)]
    assert sum(day.working for day in days) == 365 - 104 - 19 + 6
    assert [day.day.isoformat() for day in days if day.reason == "make_up"] == [
        "2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10",
    ]  # fmt: skip


def test_beyond_the_known_years_only_weekends_are_off_and_the_calendar_says_so() -> None:
    national_day = date(2040, 10, 1)
    assert not CALENDAR.covers(national_day)
    assert CALENDAR.day(national_day) == worktime.Day(day=national_day, working=True, reason="weekday", note="")
    assert not CALENDAR.day(date(2040, 10, 6)).working
    assert CALENDAR.covers(date(2026, 10, 1))


def test_own_days_go_before_the_library() -> None:
    own = WorkCalendar(own={date(2026, 11, 24): (False, "停电检修"), date(2026, 10, 3): (True, "值守")})
    assert own.add(local("2026-11-23 17:00"), 2, "work_hour") == local("2026-11-25 09:00")
    assert own.day(date(2026, 10, 3)) == worktime.Day(day=date(2026, 10, 3), working=True, reason="own", note="值守")


def test_other_hours_count_otherwise() -> None:
    short = WorkCalendar(hours=worktime.hours({"hours": [["09:00", "12:00"], ["13:00", "17:00"]], "day_hours": 7}))
    assert short.add(local("2026-11-23 09:00"), 1, "work_day") == local("2026-11-23 17:00")
    assert short.add(local("2026-11-23 09:00"), 3.5, "work_hour") == local("2026-11-23 13:30")


@pytest.mark.parametrize(
    "value",
    [
        {"hours": []},
        {"hours": [["12:00", "08:00"]]},
        {"hours": [["08:00", "12:00"], ["11:00", "18:00"]]},
        {"hours": [["8", "12"]]},
        {"hours": [["08:00", "25:00"]]},
        {"hours": [["08:00", "12:00"]], "day_hours": 0},
        {},
    ],
)
def test_hours_that_make_no_day_are_refused(value: dict[str, object]) -> None:
    with pytest.raises(InvalidInputError):
        worktime.hours(value)


def test_what_cannot_be_counted_is_refused() -> None:
    with pytest.raises(InvalidInputError):
        CALENDAR.add(local("2026-11-23 09:00").replace(tzinfo=None), 1, "work_hour")
    with pytest.raises(InvalidInputError):
        CALENDAR.add(local("2026-11-23 09:00"), 1, "fortnight")
    with pytest.raises(InvalidInputError):
        CALENDAR.add(local("2026-11-23 09:00"), 100_000, "work_day")
    with pytest.raises(InvalidInputError):
        CALENDAR.add(local("2026-11-23 09:00"), 1e12, "natural_day")


def test_intervals_are_those_of_the_wall_calendar() -> None:
    found = CALENDAR.intervals(local("2026-11-27 16:00"), local("2026-11-30 09:00"))
    assert found == [(local("2026-11-27 16:00"), local("2026-11-27 18:00")), (local("2026-11-30 08:00"), local("2026-11-30 09:00"))]


def test_a_night_shift_is_as_long_as_the_clocks_make_it() -> None:
    # 29 March 2026: 02:00 becomes 03:00; it is a Sunday, so it is made a working day here. 25 October 2026: 03:00 becomes 02:00.
    zone, days = NIGHTS.zone, {date(2026, 3, 29): (True, ""), date(2026, 10, 25): (True, "")}
    calendar = WorkCalendar(hours=NIGHTS.hours, zone=zone, own=days)
    spring, autumn = datetime(2026, 3, 29, tzinfo=zone), datetime(2026, 10, 25, tzinfo=zone)
    assert calendar.between(spring, spring.replace(hour=6), "work_hour") == 4.5 * 3600
    assert calendar.between(autumn, autumn.replace(hour=6), "work_hour") == 6.5 * 3600


def test_the_database_has_the_last_word(conn: Conn) -> None:
    assert worktime.load(conn) == CALENDAR
    conn.execute("INSERT INTO hall.work_day (day, working, note) VALUES ('2026-11-24', false, '停电检修')")
    conn.execute("""INSERT INTO hall.fact (key, value) VALUES ('working_time', '{"hours": [["09:00", "17:00"]], "day_hours": 8}')""")
    loaded = worktime.load(conn)
    assert loaded.add(local("2026-11-23 09:00"), 8, "work_hour") == local("2026-11-23 17:00")
    assert loaded.add(local("2026-11-23 12:00"), 1, "work_day") == local("2026-11-25 12:00")


@settings(deadline=None)
@given(CALENDARS, INSTANTS, st.integers(-40 * 8 * 3600, 40 * 8 * 3600), UNITS)
def test_adding_and_measuring_are_inverse(calendar: WorkCalendar, start: datetime, seconds: int, unit: Unit) -> None:
    assert calendar.between(start, calendar.after(start, seconds, unit), unit) == pytest.approx(seconds, abs=1e-5)


@settings(deadline=None)
@given(CALENDARS, INSTANTS, st.integers(0, 10**6), st.integers(0, 10**6), UNITS)
def test_a_longer_limit_never_ends_earlier(calendar: WorkCalendar, start: datetime, first: int, second: int, unit: Unit) -> None:
    low, high = sorted((first, second))
    assert start <= calendar.after(start, low, unit) <= calendar.after(start, high, unit)


@settings(deadline=None)
@given(CALENDARS, INSTANTS, INSTANTS, st.integers(0, 10**6), UNITS)
def test_a_later_start_never_ends_earlier(calendar: WorkCalendar, first: datetime, second: datetime, seconds: int, unit: Unit) -> None:
    low, high = sorted((first, second))
    assert calendar.after(low, seconds, unit) <= calendar.after(high, seconds, unit)


@settings(deadline=None)
@given(CALENDARS, INSTANTS, INSTANTS, INSTANTS, UNITS)
def test_spans_add_up(calendar: WorkCalendar, first: datetime, second: datetime, third: datetime, unit: Unit) -> None:
    total = calendar.between(first, second, unit) + calendar.between(second, third, unit)
    assert total == pytest.approx(calendar.between(first, third, unit), abs=1e-3)


@settings(deadline=None)
@given(INSTANTS, st.integers(0, 3 * 1440))
def test_measuring_agrees_with_counting_minutes(start: datetime, minutes: int) -> None:
    start = start.replace(second=0, microsecond=0)
    worked = 0
    for number in range(minutes):
        at = (start + timedelta(minutes=number)).astimezone(LOCAL)
        worked += CALENDAR.day(at.date()).working and (8 <= at.hour < 12 or 14 <= at.hour < 18)
    assert CALENDAR.between(start, start + timedelta(minutes=minutes), "work_hour") == worked * 60
