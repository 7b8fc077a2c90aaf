"""Floors, height, use and expected households of every building of an extract."""

from dataclasses import dataclass

import numpy as np
import shapely
from scipy.spatial import cKDTree

from geodata.arrays import Bools, Floats, Geometries, Ints, objects
from geodata.city.uses import TRADE, Uses, uses
from geodata.osm.extract import Features
from geodata.osm.footprints import METRES_PER_FLOOR, MOST_FLOORS, Footprints
from geodata.osm.places import PlaceRows

NEIGHBOURS = 5
METRES_PER_STEP = 60.0
"""Near and of similar footprint: so many metres weigh as much as the log of the footprint changing by 1 / LOG_AREA_STEPS."""
LOG_AREA_STEPS = 1.2
FLOORS_OF_NOWHERE = 2
"""Where an extract has hardly any height."""
LEAST_KNOWN = 0.02
MOST_ESTIMATED_FLOORS = 60
LOW_FLOORS_BELOW_M2 = ((40.0, 1), (120.0, 4))
"""Small footprints carry few floors: below so many m2 no estimate over so many floors."""
PLATE_FULL_M2 = 1200.0
PLATE_REST = 0.1
"""An estate drawn as one outline is towers on a podium: beyond PLATE_FULL_M2 only this part of the footprint is lived on."""
FLOOR_M2_PER_HOUSEHOLD = 91.0
"""Calibrated on the sample city, so that it has 298,500 households at full size."""
COTTAGE_FLOORS, COTTAGE_M2, COTTAGE_HOUSEHOLDS = 2, 300.0, 1.5
"""A low and small house is a family's, however large its rooms."""
NESTED_SHARE = 0.8


@dataclass(frozen=True, slots=True)
class BuildingRows:
    """What the import knows about each building, in the order of the footprints."""

    mapped: Footprints
    polygon: Geometries
    """Metres."""
    point: Geometries
    """Within the footprint, metres."""
    area_m2: Floats
    floors: Ints
    height_m: Floats
    height_source: Geometries
    uses: Uses
    households: Floats
    """Expected, before any scaling; 0 where nobody lives."""


def describe(mapped: Footprints, polygon: Geometries, zones: Features, places: PlaceRows) -> BuildingRows:
    """Fill in what is not mapped.

    Args:
        mapped: footprints in 4326.
        polygon: the same footprints in metres.
        zones: areas of the extract in 4326.
        places: points of interest in 4326.
    """
    area = shapely.area(polygon)
    point = objects(shapely.point_on_surface(polygon))
    floors, height, source = heights(mapped, shapely.get_coordinates(point).reshape(-1, 2), area)
    trade = places.point[np.array([value in TRADE for value in places.place_class], bool)]
    use = uses(mapped, area, objects(shapely.point_on_surface(mapped.polygon)), zones, trade)
    households = plate_m2(polygon, area) * floors * use.home_share / FLOOR_M2_PER_HOUSEHOLD
    cottage = (floors <= COTTAGE_FLOORS) & (area < COTTAGE_M2)
    households = np.where(cottage, np.minimum(households, COTTAGE_HOUSEHOLDS), households)
    return BuildingRows(mapped, polygon, point, area, floors, height, source, use, households)


def heights(mapped: Footprints, xy: Floats, area_m2: Floats) -> tuple[Ints, Floats, Geometries]:
    """Floors, height in metres, and where the height comes from: surveyed, levels or estimated.

    Unknown ones take the median of the five known buildings that are nearest and of similar footprint.
    """
    from_height = np.maximum(1.0, np.round(mapped.height_m / METRES_PER_FLOOR))
    floors = np.where(np.isnan(mapped.levels), from_height, mapped.levels)
    known = ~np.isnan(floors)
    if not known.all():
        floors[~known] = _estimated_floors(xy, area_m2, floors, known)
    floors = np.clip(np.round(floors), 1, MOST_FLOORS).astype(np.int64)
    surveyed = ~np.isnan(mapped.height_m)
    height = np.where(surveyed, mapped.height_m, np.round(floors * METRES_PER_FLOOR, 1))
    source = np.where(surveyed, "surveyed", np.where(known, "levels", "estimated")).astype(object)
    return floors, height, source


def _estimated_floors(xy: Floats, area_m2: Floats, floors: Floats, known: Bools) -> Floats:
    unknown = ~known
    estimate = np.full(int(unknown.sum()), float(FLOORS_OF_NOWHERE))
    if known.mean() >= LEAST_KNOWN:
        feature = np.column_stack([xy / METRES_PER_STEP, np.log(area_m2 + 5) * LOG_AREA_STEPS])
        count = min(NEIGHBOURS, int(known.sum()))
        _, nearest = cKDTree(feature[known]).query(feature[unknown], count)
        estimate = np.median(floors[known][np.asarray(nearest).reshape(-1, count)], axis=1)
    for below_m2, most in reversed(LOW_FLOORS_BELOW_M2):
        estimate = np.where(area_m2[unknown] < below_m2, np.minimum(estimate, most), estimate)
    return np.asarray(np.minimum(estimate, MOST_ESTIMATED_FLOORS), np.float64)


def plate_m2(polygon: Geometries, area_m2: Floats) -> Floats:
    """Lived-on part of each footprint: large ones saturate, and what stands inside another building is not counted twice."""
    free = area_m2.copy()
    inner, outer = shapely.STRtree(polygon).query(polygon, predicate="intersects")
    pair = (inner != outer) & (area_m2[inner] < area_m2[outer])
    inner, outer = inner[pair], outer[pair]
    common = shapely.area(shapely.intersection(polygon[inner], polygon[outer]))
    nested = common >= NESTED_SHARE * area_m2[inner]
    np.subtract.at(free, outer[nested], common[nested])
    free = np.maximum(free, 0.0)
    return np.minimum(free, PLATE_FULL_M2 + PLATE_REST * np.maximum(free - PLATE_FULL_M2, 0))
