"""Public holidays: one rule for deadlines and for the sample city's rhythm."""

from datetime import date, timedelta

import numpy as np
import pytest

from geodata.city.event_times import DAY_OFF, GROWTH, HISTORY_DAYS, SEASON, history_until
from geodata.holidays import KNOWN_YEARS, public_day
from services.worktime import WorkCalendar


@pytest.mark.parametrize(
    ("day", "working", "reason"),
    [
        (date(2026, 10, 1), False, "holiday"),
        (date(2026, 10, 10), True, "make_up"),
        (date(2026, 11, 23), True, "weekday"),
        (date(2026, 11, 22), False, "weekend"),
        (date(max(KNOWN_YEARS) + 3, 10, 1), date(max(KNOWN_YEARS) + 3, 10, 1).weekday() < 5, None),
    ],
)
def test_a_day_is_worked_by_the_public_calendar_or_else_by_the_week(day: date, working: bool, reason: str | None) -> None:
    known = public_day(day)
    assert known.working is working
    assert reason in (None, known.reason)


def test_deadlines_and_the_sample_city_know_the_same_days_off() -> None:
    calendar, today = WorkCalendar(), date(2026, 11, 23)
    history = history_until(np.random.default_rng(3), np.datetime64(today))
    days = [today - timedelta(days=HISTORY_DAYS - number) for number in range(HISTORY_DAYS)]
    off = np.array([not calendar.day(day).working for day in days])
    assert (history.rate[off].mean() / history.rate[~off].mean()) == pytest.approx(DAY_OFF, abs=0.1 * (SEASON + GROWTH + 1) / 2)
    assert [calendar.day(day).working for day in days] == [public_day(day).working for day in days]
