"""Cases by week or month with their season: a classical multiplicative decomposition, simple enough to be explained on the screen.

trend   centred moving average over a year of cases a day (12 months, the two ends by half; 52 weeks likewise)
season  median of (cases a day / trend) of all weeks or months of the same name, scaled so that a year averages 1
adjusted = count / season

A season needs two whole years; with less, and for a step that is still running, it is left out rather than guessed.
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Final

import numpy as np
import numpy.typing as npt

from geodata.arrays import Floats, Ints
from geodata.errors import InvalidInputError
from services.history import CHINA_S, DAY_S, MONDAY_S, WEEK_S, Filters, History
from services.rights import Reader

STEPS: Final = ("week", "month")
A_YEAR: Final = {"week": 52, "month": 12}
YEARS_NEEDED = 2
NAN = float("nan")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendPoint:
    """One week or month."""

    start: date
    """First day, local; weeks begin on Mondays."""
    end: date
    """First day that does not belong to it any more."""
    count: int
    complete: bool
    """False for the first and last one when the data or the window end within it."""
    trend: float | None
    """Cases in such a step without season and chance."""
    season: float | None
    """1 is the mean of the year."""
    adjusted: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseTrend:
    """A series and the profile of its season."""

    step: str
    points: list[TrendPoint]
    profile: list[float | None]
    """Season by month (12 from January) or ISO week (53 from week 1); None where it is not known."""


def trend(history: History, reader: Reader, filters: Filters, step: str) -> CaseTrend:
    """Count by week or month from the first case to the end of the window; its beginning is not heeded, for the season needs years.

    Raises:
        InvalidInputError: no such step.
    """
    if step not in STEPS:
        raise InvalidInputError(f"step={step[:20]!r}: must be one of {', '.join(STEPS)}")
    times = history.reported[history.rows(replace(filters, start=None), reader)]
    end = filters.end or history.at
    last = min(int(end.timestamp()) - 1, int(history.at.timestamp()))
    times = times[times <= last]
    if not len(times):
        return CaseTrend(step=step, points=[], profile=[])
    first = int(times.min())
    edges = _edges(first, last, step)
    counts = np.histogram(times, edges)[0].astype(np.int64)
    days = np.diff(edges) / DAY_S
    complete = (edges[:-1] >= first // DAY_S * DAY_S - DAY_S) & (edges[1:] <= last + 1)
    names = _names(edges[:-1], step)
    rate = np.where(complete, counts / days, NAN)
    smooth = _centred(rate, A_YEAR[step])
    profile = _profile(rate / np.where(smooth > 0, smooth, NAN), names, step)
    season = profile[names]
    local = [datetime.fromtimestamp(int(edge) + CHINA_S, UTC).date() for edge in edges]
    return CaseTrend(
        step=step,
        points=[
            TrendPoint(
                start=local[index],
                end=local[index + 1],
                count=int(counts[index]),
                complete=bool(complete[index]),
                trend=_known(smooth[index] * days[index]),
                season=_known(season[index]),
                adjusted=_known(counts[index] / season[index]) if complete[index] and season[index] > 0 else None,
            )
            for index in range(len(counts))
        ],
        profile=[_known(value) for value in profile],
    )


def _edges(first: int, last: int, step: str) -> Ints:
    """Local Mondays or firsts of months as instants, from the one before `first` to the one after `last`."""
    if step == "week":
        begin = (first + CHINA_S + MONDAY_S) // WEEK_S
        end = (last + CHINA_S + MONDAY_S) // WEEK_S + 1
        return np.arange(begin, end + 1, dtype=np.int64) * WEEK_S - MONDAY_S - CHINA_S
    months = np.arange(
        np.datetime64(first + CHINA_S, "s").astype("datetime64[M]"), np.datetime64(last + CHINA_S, "s").astype("datetime64[M]") + 2
    )
    return np.asarray(months.astype("datetime64[s]").astype(np.int64) - CHINA_S, np.int64)


def _names(starts: Ints, step: str) -> Ints:
    """Month 0 to 11, or ISO week 0 to 52, of each step."""
    local = [datetime.fromtimestamp(int(start) + CHINA_S, UTC) for start in starts]
    return np.array([at.month - 1 if step == "month" else at.isocalendar().week - 1 for at in local], np.int64)


def _centred(rate: Floats, width: int) -> Floats:
    """Moving average over an even number of steps, the two outermost by half; NaN at the ends and where a step is missing."""
    weights = np.ones(width + 1)
    weights[[0, -1]] = 0.5
    out = np.full(len(rate), NAN)
    if len(rate) > width:
        out[width // 2 : len(rate) - width // 2] = np.convolve(rate, weights / width, "valid")
    return out


def _profile(ratio: Floats, names: Ints, step: str) -> Floats:
    """Median ratio by name, scaled to a mean of 1; all NaN with less than two years. Weeks are smoothed over three neighbours."""
    size = 12 if step == "month" else 53
    profile: npt.NDArray[np.float64] = np.full(size, NAN)
    known = ~np.isnan(ratio)
    if known.sum() < (YEARS_NEEDED - 1) * A_YEAR[step]:
        return profile
    for name in range(size):
        mine = ratio[known & (names == name)]
        if len(mine):
            profile[name] = np.median(mine)
    if step == "week":
        profile = np.nanmean([np.roll(profile, by) for by in (-1, 0, 1)], axis=0)
    out: Floats = profile / np.nanmean(profile)
    return out


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
