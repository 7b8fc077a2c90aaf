"""Random draws that repeat: one independent stream per element class, so that a change in one class leaves the others as they were."""

import zlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from geodata.city.ground import Floats, Ints

Rng = np.random.Generator


def stream(seed: int, name: str) -> Rng:
    """Return the generator of one element class; the same seed and name give the same draws."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(zlib.crc32(name.encode()),)))


def choose(rng: Rng, weights: npt.ArrayLike, count: int) -> Ints:
    """Draw `count` indices with the given relative weights."""
    weight = np.asarray(weights, np.float64)
    index: Ints = np.searchsorted(np.cumsum(weight) / weight.sum(), rng.random(count), side="right")
    out: Ints = np.minimum(index, len(weight) - 1)
    return out


def shared_out(rng: Rng, weights: Floats, total: int) -> Ints:
    """Share `total` out in whole numbers: everybody gets the whole part of the exact share, the rest is drawn by the fractions."""
    exact = weights / weights.sum() * total
    out: Ints = np.floor(exact).astype(np.int64)
    rest = total - int(out.sum())
    if rest:
        fraction = exact - out
        out[rng.choice(len(out), rest, replace=False, p=fraction / fraction.sum())] += 1
    return out


def positions_in_groups(sizes: Ints) -> Ints:
    """0, 1, … inside each group, for groups of these sizes laid end to end: sizes (2, 3) give 0 1 0 1 2."""
    return np.arange(int(sizes.sum())) - np.repeat(np.cumsum(sizes) - sizes, sizes)


def running_numbers(keys: npt.NDArray[np.generic]) -> Ints:
    """How many equal keys stand before each one: keys a b a give 0 0 1."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    index = np.arange(len(keys))
    begins = np.ones(len(keys), bool)
    begins[1:] = ordered[1:] != ordered[:-1]
    out = np.empty(len(keys), np.int64)
    out[order] = index - np.maximum.accumulate(np.where(begins, index, 0))
    return out


def spread_seconds(rng: Rng, count: int, shape: Sequence[float]) -> Ints:
    """Seconds after local midnight, by a 24-hour shape."""
    return choose(rng, shape, count) * 3600 + rng.integers(0, 3600, count)
