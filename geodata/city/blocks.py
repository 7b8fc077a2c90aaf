"""Street blocks cut into atoms: the smallest pieces of land that grids are made of, with their households and the cost of each border."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from geodata.arrays import Bools, Floats, Geometries, Ints, Texts, objects, sums
from geodata.city.borders import Borders, borders, joined
from geodata.city.halfway import halfway_lines
from geodata.city.land import PRECISION_M, faces

STREETS = frozenset({"motorway", "trunk", "primary", "secondary", "tertiary", "unclassified", "residential", "living_street", "pedestrian"})
LANES = frozenset(
    {"service", "footway", "path", "steps", "track", "motorway_link", "trunk_link", "primary_link", "secondary_link", "tertiary_link"}
)
COST_PER_M: Mapping[str, float] = {
    "motorway": 0.04,
    "trunk": 0.04,
    "primary": 0.05,
    "secondary": 0.07,
    "tertiary": 0.10,
    "unclassified": 0.18,
    "residential": 0.2,
    "living_street": 0.25,
    "pedestrian": 0.25,
    "service": 0.6,
    "footway": 0.85,
    "path": 0.6,
    "steps": 0.6,
    "track": 0.6,
}
"""What a metre of grid border costs by what it runs along. A cheap footway would draw bubbles round single towers."""
SHORE_COST_PER_M = 0.1
NOTHING_COST_PER_M = 1.0
BESIDE_M = 2.0
LAKE_M2 = 10_000.0
HEAVY_SHARE = 0.3
"""A block with more than this share of a grid's households is cut further."""
SLIVER_M2 = 250.0
SLIVER_WIDTH_M = 12.0
CRUMB_M2 = 20.0
"""Crumbs along a street's border may change sides."""
SLIVER_ROUNDS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What blocks are made from; everything in metres of one plane."""

    street_land: Geometries
    """Land of each street (sub-district)."""
    lakes: Geometries
    road_line: Geometries
    road_class: Texts
    """Without bridges and tunnels."""
    footprint: Geometries
    building_point: Geometries
    households: Floats
    """Per building."""
    households_per_grid: float


@dataclass(frozen=True, slots=True)
class Atoms:
    """Faces and the atoms that they belong to. Indices of atoms run from 0."""

    face: Geometries
    atom_of_face: Ints
    street: Ints
    """Index of the street for each atom."""
    households: Floats
    area_m2: Floats
    xy: Floats
    """Centre of each atom."""
    pairs: Borders
    """Borders between atoms."""
    cost: Floats
    """Of cutting each border."""


def atoms(site: Site) -> Atoms:
    """Cut the land along streets, heavy blocks along lanes, and what is still heavy half way between buildings.

    All lines are noded together and the faces taken once, so that any union of faces is part of a valid coverage.
    """
    street_land = shapely.set_precision(site.street_land, PRECISION_M)
    whole = shapely.union_all(street_land)
    lakes = shapely.simplify(site.lakes[shapely.area(site.lakes) > LAKE_M2], 1.0)
    shores = shapely.intersection(shapely.boundary(lakes), whole)
    fixed = np.concatenate([shapely.get_parts(shapely.boundary(street_land)), shores, _roads(site, STREETS, whole)])
    limit = HEAVY_SHARE * site.households_per_grid
    lanes = _within_heavy(site, faces(fixed), limit)
    gaps = _halfway(site, faces(np.concatenate([fixed, lanes])), limit)
    face = faces(np.concatenate([fixed, lanes, gaps]))
    street = _holder(shapely.point_on_surface(face), street_land)
    face, street = face[street >= 0], street[street >= 0]
    return _gathered(site, face, street, shores)


def _roads(site: Site, classes: frozenset[str], whole: shapely.Geometry) -> Geometries:
    chosen = site.road_line[np.array([value in classes for value in site.road_class], bool)]
    shapely.prepare(whole)
    inside = shapely.contains_properly(whole, chosen)
    cut = shapely.intersection(chosen[~inside], whole)
    return np.concatenate([chosen[inside], cut[~shapely.is_empty(cut)]])


def _holder(points: Geometries, polygons: Geometries) -> Ints:
    """Index of the polygon that holds each point, the lowest where several do, -1 where none does."""
    point, polygon = shapely.STRtree(polygons).query(points, predicate="intersects")
    order = np.argsort(-polygon, kind="stable")
    out = np.full(len(points), -1, np.int64)
    out[point[order]] = polygon[order]
    return out


def _load(site: Site, face: Geometries) -> tuple[Ints, Floats]:
    """Face of each building and households of each face."""
    where = _holder(site.building_point, face)
    here = where >= 0
    return where, sums(where[here], site.households[here], len(face))


def _within_heavy(site: Site, block: Geometries, limit: float) -> Geometries:
    lane = site.road_line[np.array([value in LANES for value in site.road_class], bool)]
    heavy = block[_load(site, block)[1] > limit]
    line, face = shapely.STRtree(heavy).query(lane, predicate="intersects")
    return objects(shapely.intersection(lane[line], heavy[face]))


def _halfway(site: Site, block: Geometries, limit: float) -> Geometries:
    where, load = _load(site, block)
    heavy = np.flatnonzero(load > limit)
    index = np.full(len(block) + 1, -1)
    index[heavy] = np.arange(len(heavy))
    chosen = (index[where] >= 0) & (site.households > 0)
    return halfway_lines(block[heavy], site.footprint[chosen], index[where][chosen])


def _gathered(site: Site, face: Geometries, street: Ints, shores: Geometries) -> Atoms:
    """Join slivers to a neighbour and describe the atoms."""
    pairs = borders(face)
    _, households = _load(site, face)
    area, perimeter = shapely.area(face), shapely.length(face)
    atom = _without_slivers(pairs, street, households, area, perimeter)
    count = int(atom.max()) + 1 if len(atom) else 0
    largest = np.lexsort((area, atom))
    largest = largest[np.r_[np.diff(atom[largest]) > 0, True][: len(largest)]]
    area_sum = sums(atom, area, count)
    centre = shapely.get_coordinates(shapely.centroid(face))
    xy = np.column_stack([sums(atom, centre[:, axis] * area, count) for axis in (0, 1)]) / area_sum[:, None]
    between = joined(pairs, atom)
    cost = between.length_m * _cost_per_m(site, between.middle, shores)
    return Atoms(face, atom, street[largest], sums(atom, households, count), area_sum, xy, between, cost)


def _without_slivers(pairs: Borders, street: Ints, households: Floats, area: Floats, perimeter: Floats) -> Ints:
    """Atom of each face: medians, traffic islands and other empty slivers go to the neighbour with the longest common border."""
    group = np.arange(len(area), dtype=np.int64)
    between = pairs
    for _ in range(SLIVER_ROUNDS):
        sliver = (households < 1) & ((area < SLIVER_M2) | (2 * area / perimeter < SLIVER_WIDTH_M))
        allowed = (street[between.i] == street[between.j]) | (area[between.i] < CRUMB_M2) | (area[between.j] < CRUMB_M2)
        step = _longest_neighbour(between, allowed, sliver)
        if not len(step[0]):
            break
        links = coo_matrix((np.ones(len(step[0])), step), (len(area), len(area)))
        count, label = connected_components(links, directed=False)
        order = np.lexsort((area, label))
        street = street[order][np.r_[np.diff(label[order]) > 0, True]]
        inner = label[between.i] == label[between.j]
        shared = sums(label[between.i][inner], between.length_m[inner], count)
        perimeter = sums(label, perimeter, count) - 2 * shared
        households, area = sums(label, households, count), sums(label, area, count)
        group, between = label[group].astype(np.int64), joined(between, label)
    return group


def _longest_neighbour(between: Borders, allowed: Bools, sliver: Bools) -> tuple[Ints, Ints]:
    a, b = np.r_[between.i[allowed], between.j[allowed]], np.r_[between.j[allowed], between.i[allowed]]
    length = np.tile(between.length_m[allowed], 2)
    a, b, length = a[sliver[a]], b[sliver[a]], length[sliver[a]]
    order = np.lexsort((b, -length, a))
    first = np.r_[True, np.diff(a[order]) > 0][: len(a)]
    return a[order][first], b[order][first]


def _cost_per_m(site: Site, middle: Floats, shores: Geometries) -> Floats:
    """By the road that a border runs along, else by the shore."""
    cost = np.full(len(middle), NOTHING_COST_PER_M)
    points = shapely.points(middle)
    if len(shores):
        border, _ = shapely.STRtree(shores).query(points, predicate="dwithin", distance=1.0)
        cost[border] = SHORE_COST_PER_M
    known = np.array([value.removesuffix("_link") in COST_PER_M for value in site.road_class], bool)
    per_road = np.array([COST_PER_M[value.removesuffix("_link")] for value in site.road_class[known]], float)
    border, road = shapely.STRtree(site.road_line[known]).query_nearest(points, max_distance=BESIDE_M, all_matches=False)
    cost[border] = per_road[road]
    return cost
