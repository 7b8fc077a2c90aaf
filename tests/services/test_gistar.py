"""The statistics against esda and scipy, and on cases that can be worked out by hand."""

import warnings

import h3
import numpy as np
import pytest
from libpysal.weights import W
from scipy.stats import false_discovery_control, kendalltau

from services import gistar
from services.gistar import TRENDS, Trend
from services.ground import links_of


def cells(rings: int) -> np.ndarray:
    around = h3.grid_disk(h3.latlng_to_cell(22.19, 113.545, 9), rings)
    return np.sort(np.array([h3.str_to_int(cell) for cell in around], np.uint64))


def test_gi_star_is_that_of_esda() -> None:
    with warnings.catch_warnings():
        # esda compiles with numba, which warns of its own
        warnings.simplefilter("ignore")
        from esda.getisord import G_Local

        where = cells(6)
        links = links_of(where)
        counts = np.random.default_rng(1).poisson(3.0, len(where)).astype(float)
        neighbours = {
            place: [int(near) for near in links.indices[links.indptr[place] : links.indptr[place + 1]]] for place in range(len(where))
        }
        weights = W(neighbours, silence_warnings=True)
        theirs = G_Local(counts, weights, transform="B", star=True, permutations=0)
    assert gistar.gi_star(counts, links) == pytest.approx(theirs.Zs, abs=1e-9)
    assert gistar.two_sided(theirs.Zs) == pytest.approx(2 * theirs.p_norm, abs=1e-9)


def test_neighbourhoods_are_symmetric_and_hold_the_cell_itself() -> None:
    links = links_of(cells(2))
    assert (links != links.T).nnz == 0
    assert (links.diagonal() == 1).all()
    assert sorted(set(np.diff(links.indptr).tolist())) == [4, 5, 7]


def test_false_discovery_is_that_of_scipy() -> None:
    p = np.random.default_rng(2).random(500) ** 3
    assert gistar.q_values(p) == pytest.approx(false_discovery_control(p, method="bh"))
    assert len(gistar.q_values(np.zeros(0))) == 0


def test_chance_alone_is_no_hot_spot() -> None:
    """Over two hundred cities in which nothing clusters, at most one in twenty shows a significant cell, as the rule promises."""
    links = links_of(cells(10))
    draw = np.random.default_rng(3)
    counts = draw.poisson(20.0, (200, links.shape[0]))
    q = np.array([gistar.q_values(gistar.two_sided(z)) for z in gistar.gi_star(counts, links)])
    assert (q <= 0.05).any(1).mean() <= 0.08


@pytest.mark.parametrize("values", [[], [5.0], [3.0, 3.0, 3.0], [0.0] * 7])
def test_nothing_to_tell_is_no_score(values: list[float]) -> None:
    where = cells(1)[: len(values)]
    assert (gistar.gi_star(np.array(values), links_of(where)) == 0).all()


def test_all_cases_in_one_cell_are_found_there() -> None:
    where = cells(8)
    middle = int(np.searchsorted(where, np.uint64(h3.str_to_int(h3.latlng_to_cell(22.19, 113.545, 9)))))
    counts = np.zeros(len(where))
    counts[middle] = 500
    links = links_of(where)
    z = gistar.gi_star(counts, links)
    around = set(links.indices[links.indptr[middle] : links.indptr[middle + 1]].tolist())
    assert set(np.flatnonzero(gistar.q_values(gistar.two_sided(z)) <= 0.05).tolist()) == around


def test_small_exposures_are_drawn_to_the_whole() -> None:
    exposure = np.array([10.0, 1_000.0, 1_000.0, 1_000.0])
    rates = gistar.smoothed(np.array([1.0, 20.0, 10.0, 30.0]), exposure)
    whole = 61 / 3010
    assert abs(rates[0] - whole) < abs(0.1 - whole) / 5
    assert abs(rates[3] - 0.03) < abs(rates[0] - 0.1)
    assert (gistar.smoothed(np.zeros(4), exposure) == 0).all()


def test_mann_kendall_is_that_of_kendall_with_ties() -> None:
    series = np.random.default_rng(4).integers(0, 5, (12, 30)).astype(float)
    for column, z in enumerate(gistar.mann_kendall(series)):
        tau = kendalltau(np.arange(12), series[:, column], method="asymptotic").statistic
        assert np.sign(round(float(tau), 9)) == np.sign(z) or abs(z) < 0.2
    rising = gistar.mann_kendall(np.arange(12.0)[:, None])
    # S = 66, variance 12 * 11 * 29 / 18
    assert rising == pytest.approx([65 / np.sqrt(12 * 11 * 29 / 18)])


@pytest.mark.parametrize(
    ("weeks", "trend"),
    [
        ([0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 3, 4], Trend.EMERGING),
        ([3, 3, 4, 3, 3, 1, 3, 4, 3, 3, 3, 4], Trend.PERSISTENT),
        ([4, 3, 4, 3, 4, 3, 2, 1, 0, 0, 0, 0], Trend.FADING),
        ([0, 3, 0, 0, 0, 3, 0, 0, 0, 0, 3, 0], Trend.SPORADIC),
        ([0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], Trend.NONE),
        ([5, 5, 5], Trend.NONE),
    ],
)
def test_weeks_make_a_trend(weeks: list[float], trend: Trend) -> None:
    assert TRENDS[gistar.trends(np.array(weeks, float)[:, None])[0]] is trend
