"""What can be seen from a place on a plane: a sector cut by the walls of buildings. Pure geometry in metres, x to the east and y to the north."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely import MultiPolygon, Polygon, STRtree

from geodata.arrays import Bools, Floats, Geometries, Ints

STEP_DEG = 3.0
"""The far edge of a view is drawn by rays so far apart at most: an arc of 150 m is then 5 cm off."""
BESIDE_RAD = 1e-6
"""A ray passes each corner on both sides by so much, so that what lies behind the corner is seen."""
MOUNT_M = 5.0
"""A device whose position falls into a footprint hangs at a wall at most so far away; through more than that it does not see."""
AT_WALL_M = 0.05
SIMPLIFY_M = 0.03
LATTICE_M = 0.01
FULL_CIRCLE_DEG = 360.0
HALF_CIRCLE_DEG = 180.0
OVERLOOKS = 2.0
"""A device at least so many times as high as a building sees over it: the shadow is then no longer than the way to it."""

Shape = Polygon | MultiPolygon


@dataclass(frozen=True, slots=True)
class Outlook:
    """Where a device stands and what it is turned to. 360 degrees of view look everywhere."""

    x: float
    y: float
    azimuth_deg: float
    fov_deg: float
    range_m: float
    height_m: float


class Walls:
    """The buildings of a plane, ready to be looked at. `footprints` are polygons in metres, `heights_m` their heights."""

    def __init__(self, footprints: Geometries, heights_m: Floats) -> None:
        self.footprints, self._heights_m = footprints, np.asarray(heights_m, float)
        self._tree = STRtree(footprints)
        parts, owner = shapely.get_parts(footprints, return_index=True)
        rings, of_part = shapely.get_rings(parts, return_index=True)
        xy, of_ring = shapely.get_coordinates(rings, return_index=True)
        joined = of_ring[1:] == of_ring[:-1]
        self._edges = np.hstack((xy[:-1], xy[1:]))[joined] if len(xy) else np.zeros((0, 4))
        of_edge = owner[of_part[of_ring[:-1][joined]]] if len(xy) else np.zeros(0, np.int64)
        # parts and rings come in the order of their buildings, so the edges of one are a run
        self._first: Ints = np.searchsorted(of_edge, np.arange(len(footprints) + 1))

    def reached(self, outlooks: Sequence[Outlook]) -> tuple[Ints, Ints]:
        """Return pairs (index of an outlook, index of a building in its range), in the order of outlooks, then buildings."""
        if not outlooks:
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        places = shapely.points([[outlook.x, outlook.y] for outlook in outlooks])
        lookers, buildings = self._tree.query(places, predicate="dwithin", distance=[outlook.range_m for outlook in outlooks])
        order = np.lexsort((buildings, lookers))
        return lookers[order], buildings[order]

    def seen(self, outlook: Outlook, buildings: Ints) -> Shape:
        """Return the ground that is seen past `buildings` (those in range); empty for a device deep inside of a building."""
        blocking = buildings[self._heights_m[buildings] * OVERLOOKS > outlook.height_m]
        place = shapely.Point(outlook.x, outlook.y)
        own = blocking[shapely.dwithin(self.footprints[blocking], place, AT_WALL_M)]
        others = self._of(np.setdiff1d(blocking, own), outlook)
        mine = self._of(own, outlook)
        bearings = _bearings(outlook, np.vstack((others, mine)))
        directions = np.column_stack((np.sin(bearings), np.cos(bearings)))
        reach = np.full(len(bearings), outlook.range_m)
        if len(others):
            reach = np.minimum(reach, _crossings(directions, others).min(axis=1))
        if len(mine):
            reach = np.minimum(reach, _past_own(_crossings(directions, mine), outlook.range_m))
        seen = _polygon(outlook, directions * reach[:, None])
        return sound(shapely.difference(seen, shapely.union_all(self.footprints[own]))) if len(own) else seen

    def _of(self, buildings: Ints, outlook: Outlook) -> Floats:
        """Edges (x1, y1, x2, y2) of buildings as seen from the device, those out of its range left out."""
        runs = [self._edges[self._first[building] : self._first[building + 1]] for building in buildings.tolist()]
        edges: Floats = np.vstack(runs) if runs else np.zeros((0, 4))
        edges = edges - (outlook.x, outlook.y, outlook.x, outlook.y)
        start, along = edges[:, :2], edges[:, 2:] - edges[:, :2]
        length2 = np.maximum((along**2).sum(axis=1), 1e-12)
        nearest = start + np.clip(-(start * along).sum(axis=1) / length2, 0, 1)[:, None] * along
        edges = edges[(nearest**2).sum(axis=1) <= outlook.range_m**2]
        return edges[~_beside(outlook, edges)] if outlook.fov_deg < HALF_CIRCLE_DEG else edges


def _beside(outlook: Outlook, edges: Floats) -> Bools:
    """Tell which edges lie wholly on the far side of one border of a sector below 180 degrees; a hair's breadth beside it they count as in it."""
    half = math.radians(outlook.fov_deg) / 2 + BESIDE_RAD
    middle = math.radians(outlook.azimuth_deg)
    beside = np.zeros(len(edges), bool)
    for border, side in ((middle - half, 1.0), (middle + half, -1.0)):
        # positive to the right of the border as seen from the device
        right = [side * (edges[:, i] * math.cos(border) - edges[:, i + 1] * math.sin(border)) for i in (0, 2)]
        beside |= (right[0] < -AT_WALL_M) & (right[1] < -AT_WALL_M)
    return beside


def _bearings(outlook: Outlook, edges: Floats) -> Floats:
    """Return the bearings (radians, clockwise from north) of all rays, in their order around the device."""
    full = outlook.fov_deg >= FULL_CIRCLE_DEG
    half = math.radians(min(outlook.fov_deg, FULL_CIRCLE_DEG)) / 2
    middle = math.radians(outlook.azimuth_deg)
    steps = max(2, math.ceil(math.degrees(2 * half) / STEP_DEG)) + 1
    turns = np.linspace(-half, half, steps)[: -1 if full else None]
    if len(edges):
        corners = np.unique(np.vstack((edges[:, :2], edges[:, 2:])), axis=0)
        corners = corners[(corners**2).sum(axis=1) <= outlook.range_m**2]
        off = (np.arctan2(corners[:, 0], corners[:, 1]) - middle + np.pi) % (2 * np.pi) - np.pi
        turns = np.concatenate((turns, off - BESIDE_RAD, off + BESIDE_RAD))
    inside: Bools = np.abs(turns) <= half
    bearings: Floats = np.unique(turns[inside]) + middle
    return bearings


def _crossings(directions: Floats, edges: Floats) -> Floats:
    """Return how far along each ray (rows) each edge (columns) is crossed; infinite where it is not."""
    dx, dy = directions[:, :1], directions[:, 1:]
    px, py = edges[:, 0], edges[:, 1]
    ex, ey = edges[:, 2] - px, edges[:, 3] - py
    with np.errstate(divide="ignore", invalid="ignore"):
        across = dx * ey - dy * ex
        along_ray = (px * ey - py * ex) / across
        along_edge = (px * dy - py * dx) / across
    hit = (along_ray >= 0) & (along_edge >= 0) & (along_edge <= 1)
    return np.where(hit, along_ray, np.inf)


def _past_own(crossings: Floats, range_m: float) -> Floats:
    """Return how far rays get that begin in a footprint: out through a near wall, then up to where they would enter it again."""
    ordered = np.sort(crossings, axis=1)
    leaves = ordered[:, 0]
    again = np.where(ordered > leaves[:, None] + AT_WALL_M, ordered, np.inf).min(axis=1)
    return np.where(np.isinf(leaves), range_m, np.where(leaves <= MOUNT_M, again, 0.0))


def _polygon(outlook: Outlook, ends: Floats) -> Shape:
    ring = ends if outlook.fov_deg >= FULL_CIRCLE_DEG else np.vstack((np.zeros((1, 2)), ends))
    return sound(shapely.simplify(Polygon(ring + np.array([outlook.x, outlook.y])), SIMPLIFY_M)) if len(ring) >= 3 else Polygon()


def sound(shape: shapely.Geometry) -> Shape:
    """Return the areas of a shape, valid and on a lattice of a centimetre; what has no area on it is nothing to see."""
    valid = shape if shapely.is_valid(shape) else shapely.make_valid(shape, method="structure", keep_collapsed=False)
    snapped = shapely.set_precision(valid, LATTICE_M)
    kept = [part for part in shapely.get_parts(snapped) if isinstance(part, Polygon) and not part.is_empty]
    return kept[0] if len(kept) == 1 else MultiPolygon(kept) if kept else Polygon()
