"""Whether a figure is normal: its rule, what it was compared with, and by how much it is past its limit.

Small numbers change by chance. A count is only called changed when it differs from what it is compared with by more than two standard
deviations of the difference of two Poisson counts, |a - b| > 2 √(a + b); and the standard deviation of usual counts is at least √mean.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

from geodata.indicators.catalogue import Indicator

LEAST_USUAL = 4
"""Earlier periods that must be known before something can be called unusual."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of an indicator in one area."""

    value: float | None
    previous: float | None
    year_before: float | None
    usual: Sequence[float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`state`: none | normal | yellow | red. `reference` is what the value was compared with, `change` by how much, `limit` the line it passed."""

    state: str
    reference: float | None = None
    change: float | None = None
    limit: float | None = None


def changed(one: Indicator, value: float | None, reference: float | None) -> float | None:
    """Return the change in per cent, of shares in points; None when there is nothing to compare with."""
    if value is None or reference is None:
        return None
    if one.unit == "%":
        return value - reference
    return 100 * (value - reference) / abs(reference) if reference else None


def judge(one: Indicator, known: Known) -> Verdict:
    """Judge the figure by the indicator's rule; without figure, or with nothing to compare it with, there is nothing to warn of."""
    if known.value is None:
        return Verdict(state="none")
    if one.rule.kind == "threshold":
        return _threshold(one, known.value)
    if one.rule.kind == "sigma":
        return _sigma(one, known.value, known.usual)
    reference = known.previous if one.rule.kind == "mom" else known.year_before
    change = changed(one, known.value, reference)
    if change is None or reference is None or not _bad(one, change) or not _by_more_than_chance(one, known.value, reference):
        return Verdict(state="normal")
    return _passed(one, abs(change), Verdict(state="normal", reference=reference, change=change))


def _threshold(one: Indicator, value: float) -> Verdict:
    low = one.direction == "up"
    for state, limit in (("red", one.rule.red), ("yellow", one.rule.yellow)):
        if value < limit if low else value >= limit:
            return Verdict(state=state, reference=limit, limit=limit)
    return Verdict(state="normal")


def _sigma(one: Indicator, value: float, usual: Sequence[float]) -> Verdict:
    if len(usual) < LEAST_USUAL:
        return Verdict(state="normal")
    mean = fmean(usual)
    spread = max(stdev(usual), math.sqrt(max(mean, 1.0)) if one.zero else 0.0)
    if spread <= 0 or not _bad(one, value - mean):
        return Verdict(state="normal")
    score = (value - mean) / spread
    return _passed(one, abs(score), Verdict(state="normal", reference=mean, change=score))


def _passed(one: Indicator, size: float, verdict: Verdict) -> Verdict:
    for state, limit in (("red", one.rule.red), ("yellow", one.rule.yellow)):
        if size >= limit:
            return Verdict(state=state, reference=verdict.reference, change=verdict.change, limit=limit)
    return Verdict(state="normal")


def _bad(one: Indicator, change: float) -> bool:
    return change != 0 and (one.direction == "none" or (change < 0) == (one.direction == "up"))


def _by_more_than_chance(one: Indicator, value: float, reference: float) -> bool:
    return not one.zero or abs(value - reference) > 2 * math.sqrt(max(value + reference, 0))
