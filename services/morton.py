"""Positions as Morton codes: points that lie close together stand close together, and a tile is one slice of a sorted column."""

import numpy as np
from numpy.typing import NDArray

from geodata.grid import MAX_LAT, Tile

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

LEVEL = 31
"""Zoom of the finest cell: 1.9 cm at the equator; x and y take 31 bits each, so a code fits a signed 64-bit number."""
SIDE = 1 << LEVEL
_STEPS = ((16, 0x0000FFFF0000FFFF), (8, 0x00FF00FF00FF00FF), (4, 0x0F0F0F0F0F0F0F0F), (2, 0x3333333333333333), (1, 0x5555555555555555))


def interleave(x: Ints, y: Ints) -> Ints:
    """Return the Morton codes of cell columns `x` and rows `y` (31 bits at most)."""
    return _spread(x) | _spread(y) << 1


def world(lon: Floats, lat: Floats) -> tuple[Ints, Ints]:
    """Return column and row of the finest Mercator cell that holds each position; latitudes beyond the grid go to its edge."""
    sine = np.sin(np.radians(np.clip(lat, -MAX_LAT, MAX_LAT)))
    x = (lon / 360 + 0.5) * SIDE
    y = (0.5 - np.log((1 + sine) / (1 - sine)) / (4 * np.pi)) * SIDE
    return _cells(x), _cells(y)


def codes(lon: Floats, lat: Floats) -> Ints:
    """Return the Morton code of each position."""
    return interleave(*world(lon, lat))


def tile_range(tile: Tile) -> tuple[int, int]:
    """Return the codes of a tile: from the first up to, but without, the second."""
    shift = 2 * (LEVEL - tile.z)
    code = int(interleave(np.array([tile.x], np.int64), np.array([tile.y], np.int64))[0])
    return code << shift, (code + 1) << shift


def tile_of(code: int, z: int) -> Tile:
    """Return the tile at zoom `z` that holds a code."""
    code >>= 2 * (LEVEL - z)
    return Tile(z, _gather(code), _gather(code >> 1))


def _cells(values: Floats) -> Ints:
    return np.clip(values, 0, SIDE - 1).astype(np.int64)


def _spread(values: Ints) -> Ints:
    spread = values.astype(np.int64)
    for shift, mask in _STEPS:
        spread = (spread | spread << shift) & mask
    return spread


def _gather(code: int) -> int:
    return sum((code >> 2 * bit & 1) << bit for bit in range(LEVEL))
