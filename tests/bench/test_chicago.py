"""Real hot spots: the published accuracy of the busiest cells is reproduced, and the own method does no worse anywhere."""

import numpy as np
import pytest

from bench import chicago
from services.backtest import SHARES, score

TESTED = chicago.TESTED - chicago.FIRST_YEAR


@pytest.fixture(scope="module")
def city() -> chicago.City:
    return chicago.City.read(chicago.FILE)


def test_all_cases_are_on_the_raster(city: chicago.City) -> None:
    assert city.years.sum() == 117_875
    assert city.scene((0, 0)).gather.sum(0).min() >= 0
    assert (city.scene((4, 6)).gather @ city.years.sum(0).ravel()).sum() == 117_875


def test_published_figures_are_reproduced_and_beaten(city: chicago.City) -> None:
    corner = city.scene((0, 0))
    published = chicago.accuracy(corner, chicago.busiest(corner, TESTED, TESTED), TESTED)
    assert published == pytest.approx(chicago.PUBLISHED, abs=0.035)
    recipe = chicago.recipe_of(corner)
    own, busiest = [], []
    for offset in chicago.OFFSETS[::4]:
        scene = city.scene(offset)
        own.append(chicago.accuracy(scene, score(scene, TESTED, recipe), TESTED))
        busiest.append(chicago.accuracy(scene, chicago.busiest(scene, TESTED, TESTED), TESTED))
    gain = np.mean(own, 0) / np.mean(busiest, 0)
    assert len(gain) == len(SHARES)
    assert (gain > 0.997).all()
    assert gain.mean() > 1.003
