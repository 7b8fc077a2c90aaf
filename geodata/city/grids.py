"""Atoms -> communities -> base grids, and base grids -> city-management grids: contiguous, balanced by households, nested by code."""

from dataclasses import dataclass

import numpy as np
import shapely

from geodata.arrays import Bools, Floats, Geometries, Ints, objects
from geodata.city.blocks import Atoms
from geodata.city.borders import joined
from geodata.city.graph import Graph, allot
from geodata.city.partition import divide

HOUSEHOLDS_PER_GRID = 607.2
OUTER_HOUSEHOLDS_PER_GRID = 425.0
"""KF-21 asks for 500-600 households in inner and 300-500 in outer streets, and for 510 grids: its totals allow no fewer than these."""
GRIDS_PER_COMMUNITY = 510 / 115
GRIDS_PER_CITY_GRID = 510 / 20
HECTARES_PER_EMPTY_GRID = 20.0
"""Size of the grids where no household is known (an extract without buildings)."""
LAND_WEIGHT_PER_HA = 3.0
"""Households that a hectare weighs, so that hills and harbours are not one grid."""
MOST_LAND_SHARE = 0.1
"""In the country all land together weighs no more than this share of all households."""
ISLAND_SHARE = 0.5
"""An island that carries this share of a mean community's load is divided on its own."""
LONE_SHARE = 0.5
"""An atom with this share of a grid's households may be a grid of its own."""
MOST_CITY_GRIDS = 99
M2_PER_HA = 1e4


@dataclass(frozen=True, slots=True)
class Counts:
    """How many of each level."""

    grids: int
    communities: int
    city_grids: int


@dataclass(frozen=True, slots=True)
class Grids:
    """Base grids in metres with the index of their community, street and city-management grid."""

    polygon: Geometries
    community: Ints
    street: Ints
    city_grid: Ints


def counts_for(atoms: Atoms, outer: Bools) -> Counts:
    """Size of the division by the households of inner and outer streets; by area where no household is known.

    The sample city's 298,500 households give 510 base grids, 115 communities and 20 city-management grids.
    """
    per_street = np.bincount(atoms.street, atoms.households, len(outer))
    wanted = float((per_street / _norm(outer)).sum())
    wanted = wanted if wanted >= 1 else atoms.area_m2.sum() / M2_PER_HA / HECTARES_PER_EMPTY_GRID
    grids = max(round(wanted), len(outer))
    communities = max(round(grids / GRIDS_PER_COMMUNITY), len(outer))
    return Counts(grids, communities, min(max(round(grids / GRIDS_PER_CITY_GRID), 1), MOST_CITY_GRIDS))


def _norm(outer: Bools) -> Floats:
    return np.where(outer, OUTER_HOUSEHOLDS_PER_GRID, HOUSEHOLDS_PER_GRID)


def grids_of(atoms: Atoms, counts: Counts, outer: Bools) -> Grids:
    """Divide the atoms of each street into communities, those into base grids; then gather base grids into city-management grids.

    No more than one grid per atom can be made: with few atoms the counts come out lower.

    Args:
        atoms: of the whole district.
        counts: how many of each level.
        outer: for each street, whether the norm of outer streets applies.
    """
    load = atoms.households + _land_weight_per_ha(atoms) * atoms.area_m2 / M2_PER_HA
    graph = Graph(load, atoms.xy, atoms.pairs.i, atoms.pairs.j, atoms.cost + 0.5)
    grid, community = _nested(graph, atoms.street, counts, _norm(outer))
    _, grid = np.unique(grid, return_inverse=True)
    polygon = dissolve(atoms.face, grid[atoms.atom_of_face])
    _, first = np.unique(grid, return_index=True)
    return Grids(polygon, community[first], atoms.street[first], _city_grids(atoms, graph, grid, polygon, counts.city_grids))


def _land_weight_per_ha(atoms: Atoms) -> float:
    households, hectares = atoms.households.sum(), atoms.area_m2.sum() / M2_PER_HA
    return min(LAND_WEIGHT_PER_HA, MOST_LAND_SHARE * households / hectares) if households else LAND_WEIGHT_PER_HA


def dissolve(polygons: Geometries, group: Ints) -> Geometries:
    """One union per group; the input is a coverage, so the output is."""
    order = np.argsort(group, kind="stable")
    cuts = np.flatnonzero(np.diff(group[order])) + 1
    return objects([shapely.coverage_union_all(members) for members in np.split(polygons[order], cuts)])


def _nested(graph: Graph, street: Ints, counts: Counts, norm: Floats) -> tuple[Ints, Ints]:
    """Grid and community of each atom."""
    unit = _units(graph, street, ISLAND_SHARE * graph.weight.sum() / counts.communities)
    size = np.bincount(unit)
    grids = allot(np.bincount(unit, graph.weight / norm[street]), counts.grids, size)
    communities = allot(grids, counts.communities, grids)
    grid, community = np.zeros(len(unit), np.int64), np.zeros(len(unit), np.int64)
    next_grid = next_community = 0
    for index, (grid_count, community_count) in enumerate(zip(grids.tolist(), communities.tolist(), strict=True)):
        nodes = np.flatnonzero(unit == index)
        own = divide(graph.part(nodes), allot(np.ones(community_count), grid_count))
        share = allot(np.bincount(own, graph.weight[nodes], community_count), grid_count, _most_grids(graph.weight[nodes], own))
        for part in range(community_count):
            mine = nodes[own == part]
            grid[mine] = next_grid + divide(graph.part(mine), np.ones(share[part]))
            community[mine] = next_community
            next_grid, next_community = next_grid + int(share[part]), next_community + 1
    return grid, community


def _most_grids(load: Floats, community: Ints) -> Ints:
    """So many grids a community can be divided into: two atoms each, or one that is heavy enough to be a grid."""
    enough = load >= LONE_SHARE * HOUSEHOLDS_PER_GRID
    return np.maximum(np.bincount(community) // 2, np.bincount(community, enough).astype(np.int64))


def _units(graph: Graph, street: Ints, least: float) -> Ints:
    """What is divided on its own: the streets, and those islands of a street that can carry a community."""
    same = street[graph.i] == street[graph.j]
    _, piece = Graph(graph.weight, graph.xy, graph.i[same], graph.j[same], graph.cost[same]).pieces()
    big = np.bincount(piece, graph.weight) >= least
    unit = piece.copy()
    for small in np.flatnonzero(~big):
        mine = np.flatnonzero(piece == small)
        of_street = street == street[mine[0]]
        rest = np.flatnonzero(of_street & big[piece])
        if not len(rest):
            unit[mine] = piece[of_street].min()
            continue
        unit[mine] = piece[rest[np.abs(graph.xy[rest] - graph.xy[mine[0]]).sum(axis=1).argmin()]]
    first_street = {number: int(street[unit == number][0]) for number in np.unique(unit).tolist()}
    position = {number: index for index, number in enumerate(sorted(first_street, key=lambda number: (first_street[number], number)))}
    return np.array([position[number] for number in unit.tolist()], np.int64)


def _city_grids(atoms: Atoms, graph: Graph, grid: Ints, polygon: Geometries, count: int) -> Ints:
    """Half by households, half by area: a crew sweeps streets and parks, not people."""
    pairs = joined(atoms.pairs, grid)
    cost = _summed_cost(graph, grid, pairs.i, pairs.j, len(polygon))
    load, area = np.bincount(grid, graph.weight), shapely.area(polygon)
    weight = load / 2 + area * load.sum() / area.sum() / 2
    xy = shapely.get_coordinates(shapely.centroid(polygon))
    return divide(Graph(weight, xy, pairs.i, pairs.j, cost), np.ones(min(count, len(polygon))))


def _summed_cost(graph: Graph, group: Ints, i: Ints, j: Ints, count: int) -> Floats:
    a, b = np.minimum(group[graph.i], group[graph.j]), np.maximum(group[graph.i], group[graph.j])
    keys, index = np.unique(a[a != b] * count + b[a != b], return_inverse=True)
    total = np.bincount(index, graph.cost[a != b])
    return np.asarray(total[np.searchsorted(keys, i * count + j)], np.float64)
