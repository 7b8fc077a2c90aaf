"""Open cases, drawn by themselves so that the desk has work at every scale: all states, all levels, clocks round now."""

import numpy as np
import numpy.typing as npt

from geodata.city.draws import Rng, choose, shared_out
from geodata.city.event_places import Scene, Sites
from geodata.city.events import SOURCES, STATES, Cases, draw_classes, fitting, of_classes
from geodata.city.force import Workforce
from geodata.city.ground import Floats, Ints
from geodata.city.sample import Sample

OPEN_CASES, LEAST_OPEN_CASES, OPEN_POWER = 140, 60, 0.3
LEVELS = (80, 2, 5, 14, 39)
"""Ordinary, Ⅰ, Ⅱ, Ⅲ, Ⅳ, of 140."""
OPEN_STATES = ("reported", "filed", "dispatched", "handling", "checking", "suspended")
STATE_SHARES = (14, 17, 17, 34, 11, 7)
URGENT_STATES = ("filed", "dispatched", "handling")
"""Ⅰ and Ⅱ are never left lying."""
STEP_LIMIT_H = {"reported": 0.5, "filed": 0.5, "dispatched": 1.0, "checking": 4.0, "suspended": 240.0}
"""Of the current step; handling has the limit of the class."""
URGENT_LIMIT_H = 1.0
BEFORE_STEP_MINUTES = {"reported": 0.0, "filed": 8.0, "dispatched": 20.0, "handling": 45.0, "checking": 240.0, "suspended": 1500.0}
"""Median time from the report to the current step."""
OVERDUE, NEARLY_DUE_SHARE = 4, 0.12
SOURCE_SHARES = (0, 38, 12, 24, 8, 9, 9, 0)
REPEATED = 6
"""Reports of the same thing from another source that nobody has merged yet, at scale 1.0."""
REPEATED_NOISE_M, REPEATED_WITHIN_S = 8.0, (240, 2400)
CREW_OF = {"city": ("enforcement", "sanitation"), "safety": ("emergency",), "environment": ("enforcement",), "service": ("maintenance",),
           "emergency": ("emergency", "maintenance")}  # fmt: skip
CREW_SHARE = 0.4


def draw_open(sample: Sample, scene: Scene) -> Cases:
    """Draw the open cases."""
    rng = sample.stream("open events")
    repeats = sample.thinned(REPEATED, least=3)
    count = sample.thinned(OPEN_CASES, least=LEAST_OPEN_CASES, power=OPEN_POWER) - repeats
    level = _levels(rng, count)
    kind = draw_classes(rng, count, level)
    state = _states(rng, level)
    limit_s = _limits_s(kind, level, state)
    used = _used(rng, state)
    step_started = sample.now - (used * limit_s).astype("timedelta64[s]")
    before = np.array([BEFORE_STEP_MINUTES[OPEN_STATES[index]] for index in state]) * 60 * rng.lognormal(0, 0.4, count)
    cases = Cases(
        event_class=kind,
        level=level,
        source=fitting(choose(rng, SOURCE_SHARES, count), kind),
        state=np.array([STATES.index(key) for key in OPEN_STATES])[state],
        reported=step_started - before.astype("timedelta64[s]"),
        step_started=step_started,
        deadline=step_started + limit_s.astype("timedelta64[s]"),
        closed=np.full(count, np.datetime64("NaT", "s")),
        origin=np.full(count, -1),
        sites=scene.sites(rng, rng.random(count) < of_classes("indoors", kind)),
    )
    return Cases.joined([cases, _repeated(rng, cases, repeats, sample.now)])


def handlers(sample: Sample, force: Workforce, cases: Cases, grid: Ints) -> Ints:
    """Index of the worker who has each case, -1 for none: of open cases those that were sent, of closed ones all.

    Open cases go to the worker of the grid or to the nearest fitting crew member; closed ones were the grid worker's.
    """
    rng = sample.stream("handlers")
    sent = np.isin(cases.state, [STATES.index(key) for key in ("dispatched", "handling", "checking")])
    out = np.where(sent | ~np.isnat(cases.closed), grid, -1)
    major = of_classes("major", cases.event_class)
    for index in np.flatnonzero(sent & (rng.random(len(out)) < CREW_SHARE)):
        able = np.flatnonzero(np.isin(force.role, CREW_OF.get(str(major[index]), ())))
        if len(able):
            away = force.home_xy[able] - cases.sites.xy[index]
            out[index] = able[np.argmin(np.hypot(away[:, 0], away[:, 1]))]
    return out


def tasks(cases: Cases, handler: Ints, workers: int) -> Ints:
    """Open tasks of every worker."""
    busy = np.isin(cases.state, [STATES.index("dispatched"), STATES.index("handling")]) & (handler >= 0)
    return np.bincount(handler[busy], minlength=workers)


def _levels(rng: Rng, count: int) -> Ints:
    each = np.maximum(np.round(np.array(LEVELS) * count / sum(LEVELS)), 1).astype(np.int64)
    each[0] += count - each.sum()
    return rng.permutation(np.repeat(np.arange(len(LEVELS)), each))


def _states(rng: Rng, level: Ints) -> Ints:
    each = np.maximum(shared_out(rng, np.array(STATE_SHARES, np.float64), len(level)), 1)
    each[OPEN_STATES.index("handling")] += len(level) - each.sum()
    state = rng.permutation(np.repeat(np.arange(len(OPEN_STATES)), each))
    urgent = np.flatnonzero((level == 1) | (level == 2))
    state[urgent] = rng.choice([OPEN_STATES.index(key) for key in URGENT_STATES], len(urgent))
    return state


def _limits_s(kind: Ints, level: Ints, state: Ints) -> Floats:
    by_class = of_classes("limit_h", kind).astype(np.float64)
    hours = np.array([STEP_LIMIT_H.get(OPEN_STATES[index], np.nan) for index in state])
    hours = np.where(np.isnan(hours), by_class, hours)
    return np.where((level > 0) & (level < 3), np.minimum(hours, URGENT_LIMIT_H), hours) * 3600


def _used(rng: Rng, state: Ints) -> Floats:
    """Part of the step's limit that is used up: most are well in time, some nearly due, OVERDUE of them late."""
    count = len(state)
    used = 0.04 + 0.68 * rng.random(count)
    nearly = rng.random(count) < NEARLY_DUE_SHARE
    used = np.where(nearly, rng.uniform(0.78, 0.97, count), used)
    late = rng.permutation(np.flatnonzero(state != OPEN_STATES.index("suspended")))[:OVERDUE]
    used[late] = rng.uniform(1.05, 1.4, len(late))
    return used


def _repeated(rng: Rng, cases: Cases, count: int, now: np.datetime64) -> Cases:
    """Second reports of open cases in streets, still waiting to be filed."""
    age = (now - cases.reported).astype(np.int64)
    able = np.flatnonzero((cases.sites.road >= 0) & (age > 2 * REPEATED_WITHIN_S[0]) & (age < 2 * 86_400))
    origin = rng.choice(able if len(able) else np.arange(len(age)), count, replace=len(able) < count)
    ago = rng.uniform(0.02, 0.5, count) * np.minimum(age[origin], REPEATED_WITHIN_S[1])
    reported: npt.NDArray[np.datetime64] = now - ago.astype("timedelta64[s]")
    limit = np.timedelta64(int(STEP_LIMIT_H["reported"] * 3600), "s")
    sites = cases.sites.take(origin)
    return Cases(
        event_class=cases.event_class[origin],
        level=cases.level[origin],
        source=np.where(cases.source[origin] == SOURCES.index("hotline12345"), SOURCES.index("citizen"), SOURCES.index("hotline12345")),
        state=np.full(count, STATES.index("reported")),
        reported=reported,
        step_started=reported,
        deadline=reported + limit,
        closed=np.full(count, np.datetime64("NaT", "s")),
        origin=np.full(count, -1),
        sites=Sites(sites.xy + rng.normal(0, REPEATED_NOISE_M, (count, 2)), sites.road, sites.building),
    )
