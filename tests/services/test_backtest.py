"""The back-test on cities whose future is known by hand."""

import numpy as np
import pytest

from geodata.errors import InvalidInputError
from services import backtest
from services.backtest import Recipe
from services.ground import Field, Plane, links_of
from tests.services.test_gistar import cells

WEEK_S = 604_800


def field() -> Field:
    where = cells(9)
    number = len(where)
    none = np.zeros(0, np.int32)
    plane = Plane(
        cells=where,
        touching_cell=none,
        touching_area=none,
        people=np.zeros(number),
        patrol_cell=none,
        patrol_day=none,
        patrol_s=np.zeros(0),
    )
    return Field(
        resolution=9,
        cells=where,
        names=tuple(map(str, where)),
        links=links_of(where),
        people=np.zeros(number),
        places=np.arange(number, dtype=np.int32),
        plane=plane,
    )


def edges(weeks: int) -> np.ndarray:
    return 1_700_000_000 + WEEK_S * np.arange(weeks + 1, dtype=np.int64)


def pai_of(found: backtest.Backtest, key: str) -> list[float]:
    return next(method.pai for method in found.methods if method.key == key)


def test_a_place_that_never_changes_is_met_by_every_count() -> None:
    ground = field()
    counts = np.zeros((30, len(ground.cells)), np.int32)
    counts[:, 7] = 5
    found = backtest.judged(ground, counts, edges(30), 8)
    share = 3 / len(ground.cells)
    assert found.total == 40
    for key in ("own", "last_weeks", "counts", "perfect"):
        assert pai_of(found, key)[0] == pytest.approx(1 / share, rel=1e-4)
    assert [week.own for week in found.weeks] == [5] * 8


def test_chance_is_no_foresight() -> None:
    ground = field()
    counts = np.random.default_rng(5).poisson(1.0, (60, len(ground.cells))).astype(np.int32)
    found = backtest.judged(ground, counts, edges(60), 12)
    assert pai_of(found, "own")[3] == pytest.approx(1.0, abs=0.15)
    assert pai_of(found, "perfect")[3] > 2


def test_places_that_move_are_followed() -> None:
    ground = field()
    draw = np.random.default_rng(6)
    counts = draw.poisson(0.2, (60, len(ground.cells))).astype(np.int32)
    for week in range(60):
        counts[week, 40 + 20 * (week // 15)] += 30
    found = backtest.judged(ground, counts, edges(60), 8)
    assert pai_of(found, "own")[0] > 1.5 * pai_of(found, "density")[0]
    assert found.recipe.half_life <= 8


def test_nothing_of_the_tested_week_is_known_when_it_is_named() -> None:
    ground = field()
    counts = np.random.default_rng(7).poisson(1.0, (30, len(ground.cells))).astype(np.int32)
    scene = backtest._scene(ground, counts)
    changed = counts.copy()
    changed[20:] = 0
    recipe = Recipe(half_life=4.0, memory=0.3, blend=0.2)
    assert backtest.score(scene, 20, recipe) == pytest.approx(backtest.score(backtest._scene(ground, changed), 20, recipe))


def test_a_score_is_a_number_of_cases_a_week() -> None:
    ground = field()
    counts = np.full((20, len(ground.cells)), 3, np.int32)
    for recipe in backtest.RECIPES:
        assert backtest.score(backtest._scene(ground, counts), 20, recipe).sum() == pytest.approx(3 * len(ground.cells))


@pytest.mark.parametrize("weeks", [0, 9, 15])
def test_too_short_a_past_is_refused(weeks: int) -> None:
    ground = field()
    counts = np.ones((weeks, len(ground.cells)), np.int32)
    with pytest.raises(InvalidInputError, match="at least 8"):
        backtest.judged(ground, counts, edges(weeks), 8)
