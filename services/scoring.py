"""How well somebody fits a case: every term in minutes, so that the order can be followed with a pencil."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from services.eta import Eta, Factor
from services.movers import Approach, Mover
from services.routing.engine import Mode
from services.routing.network import RIDE_KMH, WALK_KMH

GUESS_KMH: Mapping[Mode, float] = MappingProxyType({Mode.DRIVE: 25.0, Mode.RIDE: RIDE_KMH, Mode.WALK: WALK_KMH})
"""Speed that is assumed along the straight line when there is no engine."""
DETOUR = 1.3
"""And how much longer than the straight line the way is taken to be."""
LONG_WAY, LONG_WAY_M = 2.0, 400.0
"""A way so many times as long as the straight line, and at least so long, is worth a word."""
OWN_GRID, OWN_COMMUNITY = 15, 12
"""Digits of an area code."""
FRESH_S = 120.0


class Verdict(StrEnum):
    """Whether a reason speaks for or against."""

    GOOD = "good"
    BAD = "bad"
    NEUTRAL = "neutral"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """Minutes that a term adds to the minutes of travel; the fact `dispatch_weights` changes single ones."""

    skill: float = -5.0
    own_grid: float = -3.0
    own_community: float = -1.5
    load: float = 4.0
    """For each task in hand."""
    busy: float = 6.0
    off_grid: float = 3.0
    position_age: float = 0.3
    """For each minute beyond two."""
    closed: float = 15.0
    """For each closed road that even the best way passes."""
    helper: float = -1.0
    """For each free member of a team after the first, up to three."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that speaks for or against; the page has the words for `key`."""

    key: str
    value: str | float | None
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What matters of a case."""

    id: int
    grid_code: str
    major: str
    precision: str
    kind_group: str
    sub_code: str | None
    lon: float
    lat: float


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Judge:
    """All that the candidates of one case are judged by."""

    case: Case
    now: datetime
    routed: bool
    """There is an engine; without one times are guessed from straight lines."""
    factor: Factor
    """Of free-road times, for those who are judged, now."""
    weights: Weights
    wanted: frozenset[str]
    on_it: frozenset[tuple[str, int]]
    """Kind and id of those who have been sent already."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Scored:
    """One mover, judged."""

    mover: Mover
    row: int
    """In the `Approach`."""
    trouble: str | None
    eta: Eta | None
    terms: Mapping[str, float]
    """Minutes by name; empty with trouble."""
    score: float
    """Sum of the terms; infinite with trouble."""


def scored(judge: Judge, mover: Mover, ways: Approach, row: int) -> Scored:
    """Judge one mover."""
    trouble = "assigned" if (mover.kind, mover.id) in judge.on_it else ways.trouble[row]
    if trouble:
        return Scored(mover=mover, row=row, trouble=trouble, eta=None, terms={}, score=float("inf"))
    expected = judge.factor.eta(raw_s(mover, ways, row, routed=judge.routed))
    terms = {"travel": expected.travel_s / 60, **_terms(judge, mover, int(ways.closed[row]))}
    return Scored(mover=mover, row=row, trouble=None, eta=expected, terms=terms, score=sum(terms.values()))


def raw_s(mover: Mover, ways: Approach, row: int, *, routed: bool) -> float:
    """Return the time on free roads, or a guess by the straight line where there is no network."""
    return float(ways.travel_s[row]) if routed else guessed_s(mover.mode, float(ways.straight_m[row]))


def guessed_s(mode: Mode, straight_m: float) -> float:
    """Return a travel time by the straight line."""
    return straight_m * DETOUR / GUESS_KMH[mode] * 3.6


def reasons(judge: Judge, one: Scored, ways: Approach, straight_rank: int) -> list[Reason]:
    """Say what speaks for and against, the weightiest kinds first."""
    mover, row = one.mover, one.row
    straight_m, road_m, age_s = float(ways.straight_m[row]), float(ways.road_m[row]), _age_s(judge, mover)
    found = [] if one.trouble is None else [Reason(one.trouble, _troubled_by(one, ways, age_s), Verdict.BAD)]
    match = sorted(judge.wanted.intersection(mover.skills))
    if match:
        found.append(Reason("skill", match[0], Verdict.GOOD))
    owned = _owned(judge.case.grid_code, mover.grid_code)
    if owned:
        found.append(Reason(owned, mover.grid_code, Verdict.GOOD))
    found.append(Reason("load", mover.load, Verdict.BAD if mover.load else Verdict.GOOD))
    if mover.status != "free":
        found.append(Reason(mover.status, None, Verdict.BAD))
    if one.trouble is None and ways.closed[row]:
        found.append(Reason("closed", int(ways.closed[row]), Verdict.BAD))
    if road_m >= max(LONG_WAY * straight_m, LONG_WAY_M):
        found.append(Reason("detour", round(road_m / max(straight_m, 1.0), 1), Verdict.BAD))
    if one.trouble != "stale":
        found.append(Reason("position_age", round(age_s), Verdict.BAD if age_s > FRESH_S else Verdict.NEUTRAL))
    if not judge.routed:
        found.append(Reason("estimated", None, Verdict.BAD))
    found.append(Reason("straight_rank", straight_rank, Verdict.NEUTRAL))
    return found


def _terms(judge: Judge, mover: Mover, closed: int) -> dict[str, float]:
    weights = judge.weights
    owned = _owned(judge.case.grid_code, mover.grid_code)
    given = {
        "skill": weights.skill if not judge.wanted.isdisjoint(mover.skills) else 0.0,
        "own_grid": weights.own_grid if owned == "own_grid" else 0.0,
        "own_community": weights.own_community if owned == "own_community" else 0.0,
        "load": weights.load * mover.load,
        "busy": weights.busy if mover.status == "busy" else 0.0,
        "off_grid": weights.off_grid if mover.status == "off_grid" else 0.0,
        "position_age": weights.position_age * max(0.0, _age_s(judge, mover) - FRESH_S) / 60,
        "closed": weights.closed * closed,
    }
    return {name: minutes for name, minutes in given.items() if minutes}


def _owned(event_code: str, code: str) -> str | None:
    if len(code) >= OWN_GRID and event_code == code:
        return "own_grid"
    return "own_community" if len(code) >= OWN_COMMUNITY and event_code[:OWN_COMMUNITY] == code[:OWN_COMMUNITY] else None


def _age_s(judge: Judge, mover: Mover) -> float:
    return max(0.0, (judge.now - mover.reported_at).total_seconds())


def _troubled_by(one: Scored, ways: Approach, age_s: float) -> float | None:
    match one.trouble:
        case "stale":
            return round(age_s)
        case "far":
            return round(float(ways.straight_m[one.row]))
        case "off_road":
            return round(float(ways.snap_m[one.row]))
    return None
