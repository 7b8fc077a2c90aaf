"""Periods of China time: when the hour, day, week, month, quarter or year of an instant begins, and which periods a figure is compared with.

China has had one offset and no summer time since 1991: days are 24 hours and steps are plain arithmetic on local time.
"""

from datetime import UTC, datetime, timedelta

import numpy as np

from geodata.arrays import Ints
from services.worktime import LOCAL

WEEK = timedelta(days=7)
FIXED = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": WEEK}
MONTHS = {"month": 1, "quarter": 3, "year": 12}
USUAL = {"hour": 14, "day": 8, "week": 12, "month": 12, "quarter": 8, "year": 5}
"""How many earlier periods say what is usual."""
CHINA_S, DAY_S = 28_800, 86_400
TO_MONDAY = 3
"""Days from 1970-01-01, a Thursday, back to its Monday."""


def start(cycle: str, at: datetime) -> datetime:
    """Return the instant (UTC) at which the period of `at` begins."""
    local = at.astimezone(LOCAL).replace(minute=0, second=0, microsecond=0)
    if cycle == "hour":
        return local.astimezone(UTC)
    local = local.replace(hour=0)
    if cycle == "week":
        local -= timedelta(days=local.weekday())
    elif cycle in MONTHS:
        step = MONTHS[cycle]
        local = local.replace(day=1, month=(local.month - 1) // step * step + 1)
    return local.astimezone(UTC)


def first_days(cycle: str, seconds: Ints) -> Ints:
    """Return the local day, counted from 1970-01-01, on which the period of each instant (seconds since 1970, UTC) begins; days and longer."""
    days: Ints = (seconds + CHINA_S) // DAY_S
    if cycle == "day":
        return days
    if cycle == "week":
        return (days + TO_MONDAY) // 7 * 7 - TO_MONDAY
    months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) // MONTHS[cycle] * MONTHS[cycle]
    return np.asarray(months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64), np.int64)


def shift(cycle: str, begins: datetime, number: int) -> datetime:
    """Return the beginning of the period `number` periods later, earlier when negative."""
    if cycle in FIXED:
        return begins + number * FIXED[cycle]
    return _months(begins, number * MONTHS[cycle])


def end(cycle: str, begins: datetime) -> datetime:
    """Return the instant at which the next period begins."""
    return shift(cycle, begins, 1)


def year_before(cycle: str, begins: datetime) -> datetime:
    """Return the period that 同比 compares with.

    Of hours the same hour of the same weekday a week before, of days and weeks 52 weeks before,
    so that weekdays meet, else the same period of the year before.
    """
    if cycle == "hour":
        return begins - WEEK
    if cycle in FIXED:
        return begins - 52 * WEEK
    return _months(begins, -12)


def usual(cycle: str, begins: datetime) -> list[datetime]:
    """Return the periods that say what is usual: the same hour of the days before, the same weekday of the weeks before, else the periods before."""
    step = {"hour": timedelta(days=1), "day": WEEK}.get(cycle)
    if step:
        return [begins - number * step for number in range(1, USUAL[cycle] + 1)]
    return [shift(cycle, begins, -number) for number in range(1, USUAL[cycle] + 1)]


def _months(begins: datetime, number: int) -> datetime:
    local = begins.astimezone(LOCAL)
    years, month = divmod(local.month - 1 + number, 12)
    return local.replace(year=local.year + years, month=month + 1).astimezone(UTC)
