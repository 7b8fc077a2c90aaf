"""Would it have helped? Places named from the weeks before, held against the weeks that followed, beside what one would do without us.

A method ranks cells; the first of them, up to a share of the area, are "named". Hit rate: the share of the following cases that fell into
named cells. PAI: hit rate divided by that share (Chainey, Tompson and Uhlig, Security Journal 21, 2008), so that 1 is what a blind draw
gives.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product
from typing import Any

import numpy as np

from geodata.arrays import Floats, Ints
from geodata.errors import InvalidInputError
from services import hotspots
from services.gistar import gi_star
from services.ground import Field, Ground
from services.history import CHINA_S, MONDAY_S, WEEK_S, Filters, History
from services.rights import Reader

SHARES = (0.01, 0.03, 0.05, 0.10)
MOST_WEEKS, LEAST_TRAINING = 156, 8
TEST_WEEKS = 8
TRIAL_WEEKS = 12
"""Weeks before the held-out ones on which the own method's three numbers are chosen."""
HALF_LIVES = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
BLENDS = (0.0, 0.15, 0.35)
MEMORIES = (0.0, 0.15, 0.4, 1.0)
RECENT = 4
"""What one would do without us looks at so many weeks."""

Smooth = Callable[[Floats], Floats]
"""Spreads values over neighbouring fine units, keeping their sum."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """How well a way of naming cells did, by `SHARES`."""

    key: str
    """own, last_weeks, counts, density, gi_star, or perfect: what only knowing the future would give."""
    hit_rate: list[float]
    pai: list[float]


@dataclass(frozen=True, slots=True, kw_only=True)
class TestWeek:
    """A held-out week: its cases, and how many of them the own method and the last weeks would have met with 5 % of the area."""

    start: datetime
    total: int
    own: int
    last_weeks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """All methods over the held-out weeks."""

    resolution: int
    start: datetime
    """Of the first held-out week."""
    end: datetime
    training_weeks: int
    """Before the first held-out week; each week is named from all weeks before it."""
    total: int
    cells: int
    shares: list[float]
    recipe: "Recipe"
    methods: list[Method]
    weeks: list[TestWeek]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Scene:
    """Periods x fine units of counts, and what cells they make up."""

    counts: Any
    """float64, periods x fine units."""
    gather: Any
    """Sparse matrix, cells x fine units: which units make up a cell."""
    smooth: Smooth
    links: Any
    """Sparse matrix, cells x cells, for Gi*."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """The three numbers of the own method."""

    half_life: float
    """In periods: a case so old weighs half as much as one of today."""
    memory: float
    """Weight of the average over all periods beside the recent ones; 1: nothing else."""
    blend: float
    """Share of a case that is spread over the neighbourhood."""


def score(scene: Scene, until: int, recipe: Recipe) -> Floats:
    """Return the own score of each cell from the periods before `until`: cases to expect in a period."""
    ages = np.arange(until, 0, -1) - 0.5
    recent = 0.5 ** (ages / recipe.half_life)
    weights = (1.0 - recipe.memory) * recent / recent.sum() + recipe.memory / until
    weighted = np.asarray(weights @ scene.counts[:until], np.float64)
    spread = recipe.blend * scene.smooth(weighted) + (1.0 - recipe.blend) * weighted if recipe.blend else weighted
    return np.asarray(scene.gather @ spread, np.float64)


def named(scores: Floats, share: float) -> Ints:
    """Return the cells with the highest scores, as many as the share of the area allows: at least one. Ties go by the order of cells."""
    return np.argsort(-scores, kind="stable")[: max(1, round(share * len(scores)))]


def hits(scores: Floats, future: Floats, shares: Sequence[float] = SHARES) -> Floats:
    """Return how many of the future cases fall into the named cells, by share."""
    return np.array([future[named(scores, share)].sum() for share in shares])


def pai(found: Floats, total: float, number: int, shares: Sequence[float] = SHARES) -> list[float]:
    """Return the prediction accuracy index, by the share of cells that really was named."""
    really = [max(1, round(share * number)) / number for share in shares]
    return [round(float(hit / total / share), 4) if total else 0.0 for hit, share in zip(found, really, strict=True)]


RECIPES = tuple(
    Recipe(half_life=half_life, memory=memory, blend=blend)
    for half_life, memory, blend in product(HALF_LIVES, MEMORIES, BLENDS)
    if memory < 1.0 or half_life == HALF_LIVES[0]
)


def chosen(scene: Scene, periods: Sequence[int], recipes: Sequence[Recipe] = RECIPES) -> Recipe:
    """Return the recipe that would have met most cases in these periods, each named from the ones before it.

    Every share of the area weighs the same: what was met is set against what perfect knowledge would have met.
    """
    futures = [np.asarray(scene.gather @ scene.counts[period], np.float64) for period in periods]
    most = np.maximum(sum(hits(future, future) for future in futures), 1.0)
    met = [
        float((sum(hits(score(scene, period, recipe), future) for period, future in zip(periods, futures, strict=True)) / most).sum())
        for recipe in recipes
    ]
    return recipes[int(np.argmax(met))]


def backtest(history: History, ground: Ground, reader: Reader, filters: Filters, *, resolution: int, weeks: int = TEST_WEEKS) -> Backtest:
    """Name cells for each of the last whole weeks of the filter's window from the weeks before it, by every method.

    The weeks before the window's start count as well: up to three years.

    Raises:
        InvalidInputError: less than eight weeks of cases lie before the held-out ones.
    """
    field = ground.field_of(resolution, filters.area_of(reader))
    edges = edges_until(filters, history.at)
    counts, _ = hotspots.counted(history, field, reader, filters, edges)
    return judged(field, counts, edges, weeks)


def judged(field: Field, counts: Any, edges: Ints, weeks: int) -> Backtest:
    """Hold all methods against the last `weeks` of weeks x cells of counts. Errors as `backtest`."""
    first = int(np.argmax(counts.any(1))) if counts.any() else len(counts)
    counts, edges = counts[first:], edges[first:]
    training = len(counts) - weeks
    if training < LEAST_TRAINING:
        raise InvalidInputError(f"weeks={weeks}: {max(0, training)} weeks with cases lie before them, at least {LEAST_TRAINING} are needed")
    scene = _scene(field, counts)
    tested = range(training, len(counts))
    recipe = chosen(scene, range(max(LEAST_TRAINING // 2, training - TRIAL_WEEKS), training))
    methods: dict[str, Callable[[int], Floats]] = {
        "own": lambda until: score(scene, until, recipe),
        "last_weeks": lambda until: counts[max(0, until - RECENT) : until].sum(0).astype(np.float64),
        "counts": lambda until: counts[:until].sum(0).astype(np.float64),
        "density": lambda until: scene.smooth(scene.smooth(counts[:until].sum(0).astype(np.float64))),
        "gi_star": lambda until: gi_star(counts[:until].sum(0), scene.links),
        "perfect": lambda until: counts[until].astype(np.float64),
    }
    met = {key: np.array([hits(method(period), counts[period]) for period in tested]) for key, method in methods.items()}
    total, number = int(counts[training:].sum()), counts.shape[1]
    five = SHARES.index(0.05)
    return Backtest(
        resolution=field.resolution,
        start=datetime.fromtimestamp(int(edges[training]), UTC),
        end=datetime.fromtimestamp(int(edges[-1]), UTC),
        training_weeks=training,
        total=total,
        cells=number,
        shares=list(SHARES),
        recipe=recipe,
        methods=[
            Method(
                key=key,
                hit_rate=[round(float(hit) / total, 4) if total else 0.0 for hit in found.sum(0)],
                pai=pai(found.sum(0), total, number),
            )
            for key, found in met.items()
        ],
        weeks=[
            TestWeek(
                start=datetime.fromtimestamp(int(edges[period]), UTC),
                total=int(counts[period].sum()),
                own=int(met["own"][place, five]),
                last_weeks=int(met["last_weeks"][place, five]),
            )
            for place, period in enumerate(tested)
        ],
    )


def edges_until(filters: Filters, at: datetime) -> Ints:
    """Return the Mondays of China up to the end of the window, or to when the cases were read: the last three years of them."""
    _, high = filters.seconds()
    end = min(high, int(at.timestamp())) if high is not None else int(at.timestamp())
    monday = CHINA_S + MONDAY_S
    last = (end + monday) // WEEK_S * WEEK_S - monday
    return np.arange(last - MOST_WEEKS * WEEK_S, last + 1, WEEK_S, dtype=np.int64)


def _scene(field: Field, counts: Any) -> Scene:
    from scipy import sparse  # noqa: PLC0415 - only whoever counts needs it

    near = np.asarray(field.links.sum(1)).ravel()
    # each cell gives equal parts of its cases to its neighbourhood
    parts = (field.links / np.maximum(near, 1.0)[:, None]).T.tocsr()

    def smooth(values: Floats) -> Floats:
        return np.asarray(parts @ values, np.float64)

    # in floating point once, not at each of thousands of products
    return Scene(counts=counts.astype(np.float64), gather=sparse.eye_array(counts.shape[1], format="csr"), smooth=smooth, links=field.links)
