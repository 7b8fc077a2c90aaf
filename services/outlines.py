"""The outlines of areas and lines in memory, for selections that touch them."""

from dataclasses import astuple
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray

from geodata.grid import BBox
from services.cover import Area
from services.geodesy import metres_per_degree
from services.morton import Ints
from services.shapes import Circle


class Outlines:
    """Geometries by row, kept as WKB until the first selection asks for them."""

    def __init__(self, wkb: NDArray[np.uint8], starts: Ints) -> None:
        self.wkb = wkb
        self.starts = starts
        """Where each row's WKB begins, and the end of the last one."""

    @cached_property
    def _tree(self) -> shapely.STRtree:
        blob = self.wkb.tobytes()
        pieces = [blob[start:stop] for start, stop in zip(self.starts[:-1].tolist(), self.starts[1:].tolist(), strict=True)]
        return shapely.STRtree(shapely.from_wkb(pieces))

    def touching(self, area: Area) -> Ints:
        """Return the rows that touch an area, ascending."""
        if isinstance(area, Circle):
            found = self._in_circle(area)
        else:
            polygon = shapely.box(*astuple(area)) if isinstance(area, BBox) else area.polygon
            found = self._tree.query(polygon, predicate="intersects")
        found.sort()
        return found.astype(np.int64)

    def reaching_into(self, boxes: NDArray[np.object_]) -> Ints:
        """Return the places of those `boxes` that any outline touches, ascending."""
        return np.unique(self._tree.query(boxes, predicate="intersects")[0])

    def any_near(self, bounds: BBox) -> bool:
        """Tell whether the box of any outline touches a box that is a little larger than `bounds`."""
        margin = (bounds.east - bounds.west) / 20
        return len(self._tree.query(shapely.box(*astuple(bounds)).buffer(margin))) > 0

    def boxes(self, rows: Ints) -> list[BBox]:
        """Return the boxes of rows, in their order."""
        return [BBox(*bounds) for bounds in shapely.bounds(self._tree.geometries[rows]).tolist()]

    def _in_circle(self, circle: Circle) -> Ints:
        bounds = circle.bounds()
        near: Ints = self._tree.query(shapely.box(bounds.west, bounds.south, bounds.east, bounds.north))
        middle = np.array([circle.lon, circle.lat])
        scale = np.array([float(metres) for metres in metres_per_degree(circle.lat)])
        flat = shapely.transform(self._tree.geometries[near], lambda lon_lat: (lon_lat - middle) * scale)
        return near[shapely.dwithin(flat, shapely.Point(0, 0), circle.radius_m)]
