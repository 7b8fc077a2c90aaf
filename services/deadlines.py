"""Deadlines of cases: when a limit is over, how much of it is left, which lamp shows."""

from datetime import datetime
from decimal import Decimal
from typing import Final, Literal

from services.worktime import WorkCalendar

Lamp = Literal["green", "yellow", "red"]
YELLOW_FROM: Final = 0.8
"""Part of the limit that is used up."""


def deadline(calendar: WorkCalendar, start: datetime, limit_value: Decimal | float, limit_unit: str) -> datetime:
    """Return when a step that begins at `start` must be done, in UTC.

    Raises:
        InvalidInputError: no such unit, no time zone, or no end within ten years.
    """
    return calendar.add(start, limit_value, limit_unit)


def shifted(calendar: WorkCalendar, deadline: datetime, paused_from: datetime, resumed_at: datetime, unit: str) -> datetime:
    """Return the deadline after a suspension: what was left, or overdue, when the clock was stopped is left, or overdue, when it goes on.

    A clock that jumped back, so that a case goes on before it was stopped, moves nothing.
    """
    if resumed_at <= paused_from:
        return deadline
    return calendar.after(resumed_at, remaining_s(calendar, deadline, paused_from, unit), unit)


def remaining_s(calendar: WorkCalendar, deadline: datetime, now: datetime, unit: str) -> float:
    """Return what is left of a limit in seconds of its clock, negative when it is overdue; outside working time a working limit stands still."""
    return calendar.between(now, deadline, unit)


def used(calendar: WorkCalendar, start: datetime, deadline: datetime, now: datetime, unit: str) -> float:
    """Return the part of a limit that is used up: 0 at its start or before, more than 1 when it is overdue.

    A limit of no length in its own clock, as one that was set by hand within a night, is used up at its end.
    """
    whole = calendar.between(start, deadline, unit)
    if whole <= 0:
        return 0.0 if now < deadline else 1.0
    return max(0.0, calendar.between(start, now, unit) / whole)


def lamp(calendar: WorkCalendar, start: datetime, deadline: datetime, now: datetime, unit: str) -> Lamp:
    """Return green, yellow from 80 % of the limit, red once the deadline has passed."""
    if now > deadline:
        return "red"
    return "yellow" if used(calendar, start, deadline, now, unit) >= YELLOW_FROM else "green"
