"""Which days of China are worked: public holidays and make-up days (调休), as the library `chinesecalendar` has them in its own files."""

from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

import chinese_calendar
from chinese_calendar import constants

Reason = Literal["weekday", "weekend", "holiday", "make_up"]
KNOWN_YEARS: Final = frozenset(day.year for day in constants.holidays)
"""Of any other year only the weekends are known."""


@dataclass(frozen=True, slots=True)
class PublicDay:
    """A day by the public calendar."""

    working: bool
    reason: Reason
    occasion: str
    """The library's English name of the holiday behind it; empty on ordinary days."""


def public_day(day: date) -> PublicDay:
    """Say whether a day is worked, and why."""
    weekend = day.weekday() >= 5
    if day.year in KNOWN_YEARS:
        working = bool(chinese_calendar.is_workday(day))
        if weekend and working:
            return PublicDay(True, "make_up", _occasion(constants.workdays.get(day)))
        if day in constants.holidays:
            return PublicDay(False, "holiday", _occasion(constants.holidays.get(day)))
    return PublicDay(not weekend, "weekend" if weekend else "weekday", "")


def _occasion(name: object) -> str:
    return str(name or "")
