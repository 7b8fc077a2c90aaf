"""Which faces of a coverage touch along how many metres, by matching their segments: neighbours share vertices exactly."""

from dataclasses import dataclass

import numpy as np
import shapely

from geodata.arrays import Floats, Geometries, Ints
from geodata.city.land import PRECISION_M


@dataclass(frozen=True, slots=True)
class Borders:
    """Pairs of neighbours, i < j, each once."""

    i: Ints
    j: Ints
    length_m: Floats
    middle: Floats
    """(n, 2): middle of the pair's longest straight piece, a point that lies on the border."""


def borders(faces: Geometries) -> Borders:
    """Find all pairs that share a piece of border; corners that only touch are none."""
    xy, owner = shapely.get_coordinates(faces, return_index=True)
    ring_end = _ring_ends(faces)
    keep = np.ones(len(xy) - 1, bool)
    keep[ring_end[:-1]] = False
    start, end, owner = xy[:-1][keep], xy[1:][keep], owner[:-1][keep]
    first, second = _match(_keys(start, end))
    a, b = owner[first], owner[second]
    length = np.hypot(*(end[first] - start[first]).T)
    middle = (start[first] + end[first]) / 2
    low, high = np.minimum(a, b), np.maximum(a, b)
    other = low != high
    return _by_pair(low[other], high[other], length[other], middle[other])


def _ring_ends(faces: Geometries) -> Ints:
    """Index of the last coordinate of every ring."""
    rings = shapely.get_rings(faces)
    return np.asarray(np.cumsum(shapely.get_num_coordinates(rings)) - 1, np.int64)


def _keys(start: Floats, end: Floats) -> Ints:
    """One number a segment, the same for both directions: the order of its two vertices among all vertices."""
    grid = np.round(np.vstack([start, end]) / PRECISION_M).astype(np.int64)
    grid -= grid.min(axis=0)
    vertex = grid[:, 0] * (grid[:, 1].max() + 1) + grid[:, 1]
    _, index = np.unique(vertex, return_inverse=True)
    a, b = index[: len(start)], index[len(start) :]
    return np.minimum(a, b).astype(np.int64) * (int(index.max()) + 1) + np.maximum(a, b)


def _match(keys: Ints) -> tuple[Ints, Ints]:
    """Positions of segments that occur twice."""
    order = np.argsort(keys, kind="stable")
    twin = np.flatnonzero(keys[order][1:] == keys[order][:-1])
    return order[twin], order[twin + 1]


def _by_pair(i: Ints, j: Ints, length_m: Floats, middle: Floats) -> Borders:
    order = np.lexsort((-length_m, j, i))
    i, j, length_m, middle = i[order], j[order], length_m[order], middle[order]
    first = np.flatnonzero(np.r_[True, (i[1:] != i[:-1]) | (j[1:] != j[:-1])][: len(i)])
    total = np.add.reduceat(length_m, first) if len(first) else length_m
    return Borders(i[first], j[first], total, middle[first])


def joined(pairs: Borders, group: Ints) -> Borders:
    """The borders between groups of faces."""
    low, high = np.minimum(group[pairs.i], group[pairs.j]), np.maximum(group[pairs.i], group[pairs.j])
    apart = low != high
    low, high, middle = low[apart], high[apart], pairs.middle[apart]
    return _by_pair(low, high, pairs.length_m[apart], middle)
