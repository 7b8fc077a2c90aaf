"""Names of places as people say them: the street of a road or a building, and the address of a building."""

import re
from dataclasses import dataclass

import numpy as np
import shapely

from geodata.city.ground import Floats, Ground, Texts
from geodata.city.spots import middles

CHINESE = re.compile(r"[\u4e00-\u9fff]")
FOREIGN_TAIL = re.compile(r"\s*[-–/]?\s*([(（][\d.\s]*)?[A-Za-zÀ-ÿ]{2}.*$")
BRACKETS_AT_END = re.compile(r"\s*[(（][^()（）]*[)）]$")
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
    street = np.array([BRACKETS_AT_END.sub("", short(name)) if name else None for name in roads.name], object)
    of_road = np.where(_is_text(street), street, _nearest_name(ground, street, middles(roads.line)))
    of_building = _nearest_name(ground, street, buildings.point)
    name = np.array([short(name) if name else "" for name in buildings.name], object)
    address = np.where(_is_text(buildings.address), buildings.address, of_building + name)
    return Streets(of_road, of_building, address, np.where(_is_text(name), name, address))


def short(name: str) -> str:
    """The Chinese part of a name in two languages; a name without Chinese stays."""
    return (FOREIGN_TAIL.sub("", name).strip() or name) if CHINESE.search(name) else name


def _nearest_name(ground: Ground, street: Texts, xy: Floats) -> Texts:
    roads = ground.roads
    ordinary = np.array([highway not in UNNAMED_CLASSES for highway in roads.highway], bool)
    named = np.flatnonzero(_is_text(street) & ordinary & ~roads.tunnel)
    if len(named) == 0:
        return np.asarray(ground.communities.name[ground.grids.parent[ground.grid_of(xy)]], object)
    nearest = shapely.STRtree(roads.line[named]).nearest(shapely.points(xy))
    return np.asarray(street[named][nearest], object)


def _is_text(values: Texts) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.array([bool(value) for value in values], bool)
