"""The statistics of hot spots, without a word about cases: Getis-Ord Gi*, false discovery, smoothed rates, trends.

Sources: Ord and Getis, "Local spatial autocorrelation statistics", Geographical Analysis 27 (1995), equation 14; Benjamini and Hochberg,
"Controlling the false discovery rate", J. R. Stat. Soc. B 57 (1995); Marshall, "Mapping disease and mortality rates using empirical Bayes
estimators", Applied Statistics 40 (1991); Mann (1945) and Kendall (1975) for the trend test, with the correction for ties.
"""

from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from geodata.arrays import Bools, Floats

HOT_WEEK_Z = 1.645
"""A cell is hot in a week when its Gi* exceeds this: one week in twenty does by chance."""
MOST_CHANCE = 0.10
"""Two-sided chance below which a rise or fall over the weeks counts as one."""
LEAST_WEEKS = 4
LATE_WEEKS = 3


class Trend(StrEnum):
    """How a cell's weeks went."""

    EMERGING = "emerging"
    PERSISTENT = "persistent"
    FADING = "fading"
    SPORADIC = "sporadic"
    NONE = "none"


TRENDS = tuple(Trend)


def gi_star(values: npt.ArrayLike, links: Any) -> Floats:
    """Return the z score of Gi* of each cell.

    Args:
        values: cells, or weeks x cells.
        links: sparse matrix of ones, cells x cells, each cell linked to itself and its neighbours.

    Where nothing can be said (all values are equal, or a neighbourhood is the whole area) the score is 0.
    """
    x = np.asarray(values, np.float64)
    number = x.shape[-1]
    if number < 2:
        return np.zeros_like(x)
    near = np.diff(links.indptr).astype(np.float64)
    mean = x.mean(-1, keepdims=True)
    spread = np.sqrt(np.maximum((x * x).mean(-1, keepdims=True) - mean * mean, 0.0))
    around = (links @ x.T).T
    scale = spread * np.sqrt(np.maximum(number * near - near * near, 0.0) / (number - 1))
    certain = scale > 1e-9 * np.maximum(1.0, np.abs(mean))
    return np.where(certain, (around - mean * near) / np.where(certain, scale, 1.0), 0.0)


def two_sided(z: Floats) -> Floats:
    """Return how often chance alone gives a score that far from 0."""
    from scipy.special import ndtr  # noqa: PLC0415 - only whoever counts needs it

    return np.asarray(2.0 * ndtr(-np.abs(z)), np.float64)


def q_values(p: Floats) -> Floats:
    """Return the share of false findings among all cells that are at least as striking (Benjamini and Hochberg)."""
    number = len(p)
    order = np.argsort(p, kind="stable")
    raw = p[order] * number / np.arange(1, number + 1)
    q = np.empty(number)
    q[order] = np.minimum(np.minimum.accumulate(raw[::-1])[::-1], 1.0)
    return q


def smoothed(counts: npt.ArrayLike, exposure: Floats) -> Floats:
    """Return rates drawn towards the rate of the whole, the more the less a cell is exposed (Marshall's global estimator).

    Args:
        counts: cells, or weeks x cells.
        exposure: cells, all above 0.

    A single case where ten people live is no tenth of a hot spot: its rate is almost that of the whole.
    """
    y = np.asarray(counts, np.float64)
    total = exposure.sum()
    if not len(exposure):
        return y
    whole = y.sum(-1, keepdims=True) / total
    raw = y / exposure
    between = (exposure * (raw - whole) ** 2).sum(-1, keepdims=True) / total - whole / exposure.mean()
    between = np.maximum(between, 0.0)
    noise = whole / exposure
    trust = np.where(between + noise > 0, between / np.where(between + noise > 0, between + noise, 1.0), 0.0)
    return np.asarray(trust * raw + (1.0 - trust) * whole, np.float64)


def mann_kendall(series: Floats) -> Floats:
    """Return the z score of the Mann-Kendall test for each column of weeks x cells: above 0 it rises, below it falls."""
    weeks = len(series)
    if weeks < 3:
        return np.zeros(series.shape[1])
    later, earlier = np.triu_indices(weeks, 1)[::-1]
    score = np.sign(series[later] - series[earlier]).sum(0)
    # a group of t equal values takes t(t-1)(2t+5) from the variance: each of its members, asked for its group's size, takes (t-1)(2t+5)
    equal = (series[:, None, :] == series[None, :, :]).sum(0)
    ties = ((equal - 1) * (2 * equal + 5)).sum(0)
    variance = (weeks * (weeks - 1) * (2 * weeks + 5) - ties) / 18.0
    return np.where(variance > 0, (score - np.sign(score)) / np.sqrt(np.where(variance > 0, variance, 1.0)), 0.0)


def trends(weekly_z: Floats) -> npt.NDArray[np.int8]:
    """Return the place in TRENDS of each cell, from its Gi* of consecutive weeks (weeks x cells, the latest last).

    Over a cell's weeks, hot ones being those above HOT_WEEK_Z and late ones the last three:

    * emerging: hot in at least two of the late weeks (with fewer than nine weeks: one), and either hot in less than a third of the weeks
      before, or rising and hot in less than two thirds of all weeks;
    * persistent: hot in at least two thirds of all weeks, and not falling;
    * fading: hot in at least a third of the weeks before the late ones, and either in none of the late ones or falling;
    * sporadic: hot in two weeks or more otherwise;
    * none: everything else, and all cells when there are fewer than four weeks.
    """
    weeks, number = weekly_z.shape
    found = np.full(number, TRENDS.index(Trend.NONE), np.int8)
    if weeks < LEAST_WEEKS:
        return found
    hot = weekly_z > HOT_WEEK_Z
    some = np.flatnonzero(hot.any(0))
    if not len(some):
        return found
    hot, slope = hot[:, some], mann_kendall(weekly_z[:, some])
    limit = _two_sided_limit()
    rising, falling = slope > limit, slope < -limit
    late = hot[-LATE_WEEKS:].sum(0)
    before = hot[:-LATE_WEEKS].mean(0)
    needed = 2 if weeks >= 3 * LATE_WEEKS else 1
    kinds: list[tuple[Trend, Bools]] = [
        (Trend.SPORADIC, hot.sum(0) >= 2),
        (Trend.FADING, (before >= 1 / 3) & ((late == 0) | falling)),
        (Trend.PERSISTENT, (hot.mean(0) >= 2 / 3) & ~falling),
        (Trend.EMERGING, (late >= needed) & ((rising & (hot.mean(0) < 2 / 3)) | (before < 1 / 3))),
    ]
    for kind, applies in kinds:
        found[some[applies]] = TRENDS.index(kind)
    return found


def _two_sided_limit() -> float:
    from scipy.special import ndtri  # noqa: PLC0415 - only whoever counts needs it

    return float(ndtri(1.0 - MOST_CHANCE / 2.0))
