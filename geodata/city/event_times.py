"""When events happen: working days and holidays, a slow growth, seasons, rainstorms, and the hours of the day."""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geodata.city.draws import Rng, choose, spread_seconds
from geodata.city.ground import Bools, Floats, Ints
from geodata.city.sample import UTC_TO_LOCAL
from geodata.holidays import public_day

Instants = npt.NDArray[np.datetime64]

HISTORY_DAYS = 1095
OFFICE_HOURS = (1, 0.6, 0.4, 0.3, 0.3, 0.6, 1.6, 4, 8, 8.6, 7, 5, 3.4, 4.2, 6.4, 8.2, 7.8, 5.2, 3.6, 3, 2.6, 2.2, 1.8, 1.4)
LATE_HOURS = (3, 2, 1, 0.5, 0.3, 0.3, 0.5, 1, 1.5, 2, 2, 3, 4, 3, 3, 3, 4, 6, 9, 11, 11, 9, 7, 5)
"""Relative number of reports in each local hour: two peaks at work, one in the evening."""
DAY_OFF, GROWTH, SEASON = 0.62, 0.12, 0.10
STORMS = 14
RAINY_DAYS_OF_YEAR = (120, 270)
WET_IN_STORMS = 0.6
"""Share of the wet classes that falls on storm days."""


@dataclass(frozen=True, slots=True)
class History:
    """The days that history covers, oldest first, local dates; the last one is yesterday."""

    days: Instants
    rate: Floats
    """Relative number of reports a day."""
    storms: Ints
    """Indices of days with a rainstorm."""


def history_until(rng: Rng, today: np.datetime64) -> History:
    """Lay out the three years before `today`, a local date."""
    days = today - np.arange(HISTORY_DAYS, 0, -1)
    works = np.array([public_day(day).working for day in days.astype(dt.date)], bool)
    age = np.arange(HISTORY_DAYS)
    of_year = (days - days.astype("datetime64[Y]")).astype(np.int64)
    rate = np.where(works, 1.0, DAY_OFF) * (1 + SEASON * np.sin(2 * np.pi * (of_year - 120) / 365.25)) * (1 + GROWTH * age / HISTORY_DAYS)
    first, last = RAINY_DAYS_OF_YEAR
    storms = rng.choice(np.flatnonzero((of_year > first) & (of_year < last)), STORMS, replace=False)
    return History(days, rate * rng.gamma(40, 1 / 40, HISTORY_DAYS), np.sort(storms))


def draw_days(rng: Rng, history: History, wet: Bools) -> Ints:
    """Index of the day of each event; those of wet classes crowd on storm days."""
    day = choose(rng, history.rate, len(wet))
    soaked = np.flatnonzero(wet & (rng.random(len(wet)) < WET_IN_STORMS))
    day[soaked] = rng.choice(history.storms, len(soaked))
    return day


def draw_seconds(rng: Rng, late: Bools) -> Ints:
    """Seconds after local midnight of each event."""
    count = len(late)
    return np.where(late, spread_seconds(rng, count, LATE_HOURS), spread_seconds(rng, count, OFFICE_HOURS))


def midnight(days: Instants) -> Instants:
    """The instants in UTC at which local days begin."""
    return np.asarray(days.astype("datetime64[s]") - UTC_TO_LOCAL, "datetime64[s]")


def share_of_day(since_midnight: np.timedelta64) -> float:
    """Part of a usual day's reports that has come in by then, 0..1."""
    hours = float(since_midnight / np.timedelta64(1, "h"))
    full = int(hours)
    return (sum(OFFICE_HOURS[:full]) + (hours - full) * OFFICE_HOURS[min(full, 23)]) / sum(OFFICE_HOURS)
