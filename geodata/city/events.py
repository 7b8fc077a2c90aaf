"""Three years of closed events (案件): source mix, class shares and rhythms of the district, hot spots, and duplicates."""

from dataclasses import dataclass, fields, replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from geodata.city.draws import Rng, choose
from geodata.city.event_classes import EVENT_CLASSES, LEVEL_SHARES, MAJOR_COUNTS, EventClass
from geodata.city.event_places import HotSpots, Scene, Sites
from geodata.city.event_times import History, Instants, draw_days, draw_seconds, history_until, midnight, share_of_day
from geodata.city.ground import Ints
from geodata.city.sample import Sample

SOURCES = ("grid_self", "grid_patrol", "city_dcm", "hotline12345", "citizen", "sensor", "video_ai", "other")
STATES = ("reported", "filed", "dispatched", "handling", "checking", "suspended", "closed", "void")
CITY_SOURCES, OTHER_SOURCES = (56.0, 27.4, 9.6, 5.7, 0.2, 0.4, 0.5, 0.2), (56.0, 37.0, 0, 5.7, 0.2, 0.4, 0.4, 0.3)
"""Together with the repeated reports KF-28: 53 % grid, self-closed; 33 % patrol; 5 % city platform; 7 % hotline; 2 % the rest."""
DUPLICATE_SOURCES = (0, 6, 22, 52, 16, 0, 4, 0)
VOID_SHARE = 0.012
HOT_SPOTS, LEAST_HOT_SPOTS, HOT_SHARE, HOT_OWN_CLASS = 60, 14, 0.30, 0.7
DUPLICATE_SHARE, DUPLICATE_AFTER_S, DUPLICATE_NOISE_M = 0.04, 4 * 3600, 9.0
SELF_CLOSED_MINUTES = (3.2, 0.7)
"""Mean and spread of the logarithm."""
USED_OF_LIMIT = (-0.85, 0.55)
"""The same for the time used, in parts of the limit: one in sixteen is late."""
TODAY_MINUTES, MOST_TODAY_S = (3.9, 0.9), 8 * 3600
AT_ONCE = np.timedelta64(300, "s")
"""A repeated report is closed this long after it came in when the first one is closed already."""
CLOSED_TODAY, LEAST_CLOSED_TODAY = 200, 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Cases:
    """Events before they become rows. Instants are UTC, seconds."""

    event_class: Ints
    """Index into EVENT_CLASSES."""
    level: Ints
    source: Ints
    """Index into SOURCES."""
    state: Ints
    """Index into STATES."""
    reported: Instants
    step_started: Instants
    deadline: Instants
    closed: Instants
    """NaT while open."""
    origin: Ints
    """Index of the event that this one repeats, -1 for none."""
    sites: Sites

    @classmethod
    def joined(cls, parts: "list[Cases]") -> Self:
        """Lay several end to end; origins are shifted with them."""
        columns = {
            field.name: np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(cls) if field.name != "sites"
        }
        shift = np.concatenate([[0], np.cumsum([len(part.level) for part in parts])])[:-1]
        columns["origin"] = np.concatenate([np.where(part.origin < 0, -1, part.origin + by) for part, by in zip(parts, shift, strict=True)])
        return cls(**columns, sites=Sites.joined([part.sites for part in parts]))

    def by_time(self) -> "Cases":
        """In the order in which they were reported."""
        order = np.argsort(self.reported, kind="stable")
        place = np.empty(len(order), np.int64)
        place[order] = np.arange(len(order))
        columns = {field.name: getattr(self, field.name)[order] for field in fields(self) if field.name not in ("sites", "origin")}
        origin = np.where(self.origin < 0, -1, place[self.origin])[order]
        return Cases(**columns, origin=origin, sites=self.sites.take(order))

    def without_oldest(self, count: int) -> "Cases":
        """All but the first `count`; what repeated one of these repeats nothing."""
        rest = np.arange(count, len(self.level))
        columns = {field.name: getattr(self, field.name)[rest] for field in fields(self) if field.name not in ("sites", "origin")}
        return Cases(**columns, origin=np.maximum(self.origin[rest] - count, -1), sites=self.sites.take(rest))


@dataclass(frozen=True, slots=True)
class _Draft:
    """What and where, before the clocks are known."""

    kind: Ints
    source: Ints
    sites: Sites


def of_classes(what: str, index: Ints) -> npt.NDArray[Any]:
    """An attribute of the class of each event."""
    return np.array([getattr(item, what) for item in EVENT_CLASSES])[index]


def draw_classes(rng: Rng, count: int, level: Ints | None = None) -> Ints:
    """Draw classes by their shares; with levels, by how often a class has that level."""
    if level is None:
        return choose(rng, [_weight(item) for item in EVENT_CLASSES], count)
    out = np.zeros(count, np.int64)
    for value in np.unique(level):
        mine = np.flatnonzero(level == value)
        able = [_weight(item) * LEVEL_SHARES[item.major][value] * (item.rank(value) == value and not item.own) for item in EVENT_CLASSES]
        out[mine] = choose(rng, able, len(mine))
    return out


def draw_history(sample: Sample, scene: Scene, count: int) -> Cases:
    """Draw `count` events that were reported before today and are closed by now."""
    now, rng = sample.now, sample.stream("events")
    history = history_until(rng, sample.today)
    repeats = round(count * DUPLICATE_SHARE)
    fresh = count - repeats
    kind = draw_classes(rng, fresh)
    sites, kind, day, late = _with_hot_spots(rng, scene, history, kind, sample.thinned(HOT_SPOTS, least=LEAST_HOT_SPOTS))
    reported = midnight(history.days[day]) + draw_seconds(rng, late).astype("timedelta64[s]")
    first = _closed(rng, _Draft(kind, _sources(rng, kind), sites), reported, now)
    second, origin = _repeated(rng, first, repeats, sample.midnight)
    both = Cases.joined([first, second])
    return replace(both, origin=np.concatenate([first.origin, origin])).by_time()


def draw_today(sample: Sample, scene: Scene, before: Cases) -> Cases:
    """Draw events closed today on top of those of `before`: some 200 in a whole day at scale 1.0."""
    now, rng = sample.now, sample.stream("events of today")
    start = sample.midnight
    carried = int((before.closed >= start).sum())
    wanted = round(sample.thinned(CLOSED_TODAY, least=LEAST_CLOSED_TODAY) * min(1.0, 1.6 * share_of_day(now - start)))
    count = max(0, wanted - carried)
    kind = draw_classes(rng, count)
    seconds = int((now - start).astype(np.int64))
    closed = start + (seconds * (1 - 0.97 * rng.beta(1.2, 1.6, count))).astype("timedelta64[s]")
    took = np.minimum(rng.lognormal(*TODAY_MINUTES, count) * 60, MOST_TODAY_S).astype("timedelta64[s]")
    sites = scene.sites(rng, rng.random(count) < of_classes("indoors", kind))
    return _cases(rng, _Draft(kind, _sources(rng, kind), sites), closed - took, closed)


def _weight(item: EventClass) -> float:
    return MAJOR_COUNTS[item.major] * item.weight / sum(other.weight for other in EVENT_CLASSES if other.major == item.major)


def _with_hot_spots(rng: Rng, scene: Scene, history: History, kind: Ints, spots: int) -> tuple[Sites, Ints, Ints, npt.NDArray[np.bool_]]:
    """Place, class, day and lateness of each event; a part of them happens in the hot spots."""
    sites = scene.sites(rng, rng.random(len(kind)) < of_classes("indoors", kind))
    day = draw_days(rng, history, of_classes("wet", kind).astype(bool))
    hot = HotSpots.draw(rng, scene, min(spots, len(scene.road)), len(history.days))
    drawn = np.flatnonzero((sites.road >= 0) & (rng.random(len(kind)) < HOT_SHARE / np.mean(sites.road >= 0)))
    spot = hot.busy(rng, len(drawn))
    there = hot.sites(rng, spot)
    for name in ("xy", "road", "building"):
        getattr(sites, name)[drawn] = getattr(there, name)
    day[drawn] = hot.days(rng, spot, day[drawn])
    own = (of_classes("major", kind[drawn]) == "city") & (rng.random(len(drawn)) < HOT_OWN_CLASS)
    kind = kind.copy()
    kind[drawn[own]] = hot.favourite[spot[own]]
    return sites, kind, day, of_classes("late", kind).astype(bool)


def fitting(source: Ints, kind: Ints) -> Ints:
    """The sources, where need be replaced by one that can find such a thing: citizens for machines, patrols for the grid's own duties."""
    blind = (source == SOURCES.index("sensor")) & ~of_classes("sensed", kind).astype(bool)
    blind |= (source == SOURCES.index("video_ai")) & ~of_classes("seen", kind).astype(bool)
    out = np.where(blind, SOURCES.index("citizen"), source)
    own = of_classes("own", kind).astype(bool) & (out != SOURCES.index("grid_self"))
    return np.where(own, SOURCES.index("grid_patrol"), out)


def _sources(rng: Rng, kind: Ints) -> Ints:
    city = of_classes("major", kind) == "city"
    return fitting(np.where(city, choose(rng, CITY_SOURCES, len(kind)), choose(rng, OTHER_SOURCES, len(kind))), kind)


def _closed(rng: Rng, draft: _Draft, reported: Instants, now: np.datetime64) -> Cases:
    kind, source = draft.kind, draft.source
    count = len(kind)
    limit_s = of_classes("limit_h", kind).astype(np.float64) * 3600
    took = np.where(
        source == SOURCES.index("grid_self"),
        rng.lognormal(*SELF_CLOSED_MINUTES, count) * 60,
        limit_s * rng.lognormal(*USED_OF_LIMIT, count),
    )
    until_now = (now - reported).astype(np.float64)
    took = np.where(took < until_now, took, until_now * rng.uniform(0.3, 0.97, count))
    return _cases(rng, draft, reported, reported + took.astype("timedelta64[s]"))


def _cases(rng: Rng, draft: _Draft, reported: Instants, closed: Instants) -> Cases:
    kind, source = draft.kind, draft.source
    count = len(kind)
    level = np.zeros(count, np.int64)
    major = of_classes("major", kind)
    for name, shares in LEVEL_SHARES.items():
        mine = np.flatnonzero(major == name)
        level[mine] = choose(rng, shares, len(mine))
    level = np.array([[item.rank(drawn) for drawn in range(5)] for item in EVENT_CLASSES])[kind, level]
    limit_s = of_classes("limit_h", kind).astype(np.float64) * 3600
    void = (rng.random(count) < VOID_SHARE) & (source != SOURCES.index("grid_self"))
    return Cases(
        event_class=kind,
        level=level,
        source=np.where((level > 0) & (level < 4) & (source == SOURCES.index("grid_self")), SOURCES.index("grid_patrol"), source),
        state=np.where(void, STATES.index("void"), STATES.index("closed")),
        reported=reported,
        step_started=closed,
        deadline=reported + limit_s.astype("timedelta64[s]"),
        closed=closed,
        origin=np.full(count, -1),
        sites=draft.sites,
    )


def _repeated(rng: Rng, first: Cases, count: int, before: np.datetime64) -> tuple[Cases, Ints]:
    """Second reports of the same thing, and which they repeat: a few metres and hours away, by another source, closed with the first."""
    delay = (1 + rng.exponential(DUPLICATE_AFTER_S, count).clip(0, 5 * DUPLICATE_AFTER_S)).astype("timedelta64[s]")
    latest = before - np.timedelta64(5 * DUPLICATE_AFTER_S, "s") - AT_ONCE
    able = np.flatnonzero(
        (first.reported < latest) & (first.source != SOURCES.index("grid_self")) & ~of_classes("own", first.event_class).astype(bool)
    )
    origin = rng.choice(able, count)
    reported = first.reported[origin] + delay
    closed = np.maximum(first.closed[origin], reported + AT_ONCE)
    sites = first.sites.take(origin)
    moved = Sites(sites.xy + rng.normal(0, DUPLICATE_NOISE_M, (count, 2)), sites.road, sites.building)
    second = Cases(
        event_class=first.event_class[origin],
        level=first.level[origin],
        source=fitting(choose(rng, DUPLICATE_SOURCES, count), first.event_class[origin]),
        state=np.full(count, STATES.index("closed")),
        reported=reported,
        step_started=closed,
        deadline=first.deadline[origin],
        closed=closed,
        origin=np.full(count, -1),
        sites=moved,
    )
    return second, origin
