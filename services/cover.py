"""Which points of a Morton-sorted column lie in a box, circle or polygon: whole cells at once, single points only at the border."""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from geodata.grid import BBox
from services import morton
from services.geodesy import distances_m, within_m
from services.morton import Floats, Ints
from services.shapes import Circle, Region

CELLS_ACROSS_BITS = 4
"""A shape is covered by at most 17 x 17 cells."""

Mask = NDArray[np.bool_]
Area = BBox | Circle | Region


@dataclass(frozen=True, slots=True)
class Points:
    """Positions in the order of their Morton codes."""

    codes: Ints
    lon: Floats
    lat: Floats


@dataclass(frozen=True, slots=True)
class _Cells:
    low: Ints
    high: Ints
    west: Floats
    south: Floats
    east: Floats
    north: Floats

    def kept(self, mask: Mask) -> "_Cells":
        return _Cells(*(getattr(self, name)[mask] for name in self.__slots__))


class Covering:
    """An area laid out in cells, once for all layers that are looked through."""

    def __init__(self, area: Area) -> None:
        self.area = area
        bounds = area if isinstance(area, BBox) else area.bounds()
        cells, self._inner = _classify(area, _cover(bounds))
        self._edges = np.stack((cells.low, cells.high))

    def count(self, points: Points) -> int:
        """Count the points in the area; its border belongs to it."""
        starts, stops = np.searchsorted(points.codes, self._edges)
        border = spread(starts[~self._inner], stops[~self._inner])
        return int((stops - starts)[self._inner].sum()) + int(_holds(self.area, points.lon[border], points.lat[border]).sum())

    def rows(self, points: Points) -> Ints:
        """Return the rows of the points in the area, ascending; its border belongs to it."""
        starts, stops = np.searchsorted(points.codes, self._edges)
        border = spread(starts[~self._inner], stops[~self._inner])
        border = border[_holds(self.area, points.lon[border], points.lat[border])]
        found: Ints = np.concatenate((spread(starts[self._inner], stops[self._inner]), border))
        found.sort()
        return found


def spread(starts: Ints, stops: Ints) -> Ints:
    """Return all numbers of all ranges: [2, 9], [4, 11] gives 2 3 9 10."""
    lengths = stops - starts
    total = int(lengths.sum())
    ends = np.cumsum(lengths)
    numbers: Ints = np.arange(total) + np.repeat(starts - (ends - lengths), lengths)
    return numbers


def _cover(bounds: BBox) -> _Cells:
    (left, right), (bottom, top) = morton.world(np.array([bounds.west, bounds.east]), np.array([bounds.south, bounds.north]))
    shift = max(0, int(max(right - left, bottom - top)).bit_length() - CELLS_ACROSS_BITS)
    columns, lines = np.arange(left >> shift, (right >> shift) + 1), np.arange(top >> shift, (bottom >> shift) + 1)
    x, y = (axis.ravel() for axis in np.meshgrid(columns, lines))
    low = morton.interleave(x, y) << 2 * shift
    side = morton.SIDE >> shift
    return _Cells(
        low,
        low + (1 << 2 * shift),
        x / side * 360 - 180,
        _lat((y + 1) / side),
        (x + 1) / side * 360 - 180,
        _lat(y / side),
    )


def _lat(fraction: Floats) -> Floats:
    lat: Floats = np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * fraction))))
    return lat


def _classify(area: Area, cells: _Cells) -> tuple[_Cells, Mask]:
    if isinstance(area, BBox):
        within = (cells.west > area.west) & (cells.south > area.south) & (cells.east < area.east) & (cells.north < area.north)
        return cells, within
    if isinstance(area, Circle):
        corners = ((lon, lat) for lon in (cells.west, cells.east) for lat in (cells.south, cells.north))
        farthest = np.max([distances_m(area.lon, area.lat, lon, lat) for lon, lat in corners], axis=0)
        return cells, farthest < area.radius_m * 0.9999
    boxes = shapely.box(cells.west, cells.south, cells.east, cells.north)
    touched = shapely.intersects(area.polygon, boxes)
    return cells.kept(touched), shapely.contains(area.polygon, boxes[touched])


def _holds(area: Area, lon: Floats, lat: Floats) -> Mask:
    if isinstance(area, BBox):
        return (lon >= area.west) & (lon <= area.east) & (lat >= area.south) & (lat <= area.north)
    if isinstance(area, Circle):
        return within_m(area.lon, area.lat, area.radius_m, lon, lat)
    held: Mask = shapely.intersects_xy(area.polygon, lon, lat)
    return held
