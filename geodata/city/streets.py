"""Names of places as people say them: the street of a road or a building, and the address of a building."""

from dataclasses import dataclass

import numpy as np
import shapely

from geodata.city.ground import Floats, Ground, Texts
from geodata.city.spots import middles

UNNAMED_CLASSES = frozenset({"footway", "path", "steps", "service", "corridor"})
"""Names of these are no streets: lobbies, park paths, car parks."""


@dataclass(frozen=True, slots=True)
class Streets:
    """Street name of every road and building of the ground; never empty."""

    of_road: Texts
    of_building: Texts
    address: Texts
    """Of every building: as recorded, else street and name, else the street alone."""
    label: Texts
    """Of every building: its name, else its address."""


def read_streets(ground: Ground) -> Streets:
    """Give the nearest named street to whatever has no name of its own. Without any named road, communities lend their names."""
    buildings, roads = ground.buildings, ground.roads
    of_road = np.where(_is_text(roads.name), roads.name, _nearest_name(ground, middles(roads.line)))
    of_building = _nearest_name(ground, buildings.point)
    address = np.array(
        [address or f"{street}{name or ''}" for address, street, name in zip(buildings.address, of_building, buildings.name, strict=True)], object
    )
    return Streets(of_road, of_building, address, np.where(_is_text(buildings.name), buildings.name, address))


def _nearest_name(ground: Ground, xy: Floats) -> Texts:
    roads = ground.roads
    ordinary = np.array([highway not in UNNAMED_CLASSES for highway in roads.highway], bool)
    named = np.flatnonzero(_is_text(roads.name) & ordinary & ~roads.tunnel)
    if len(named) == 0:
        return np.asarray(ground.communities.name[ground.grids.parent[ground.grid_of(xy)]], object)
    nearest = shapely.STRtree(roads.line[named]).nearest(shapely.points(xy))
    return np.asarray(roads.name[named][nearest], object)


def _is_text(values: Texts) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.array([bool(value) for value in values], bool)
