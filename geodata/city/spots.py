"""Where things stand: points along lines with their heading, and the columns that say where a point is."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from geodata.city.draws import Rng, positions_in_groups
from geodata.city.ground import Floats, Geometries, Ground, Ints
from geodata.city.texts import Rows, picked
from geodata.load import point_hex

BEFORE_AND_AFTER_M = 1.0
"""The heading of a line at a point is taken over this distance to both sides."""
HALF_WIDTH_M = {"motorway": 9.0, "trunk": 8.0, "primary": 7.0, "secondary": 6.0, "tertiary": 5.0, "residential": 3.2, "service": 2.5,
                "unclassified": 3.5}  # fmt: skip
OTHER_HALF_WIDTH_M = 3.0
ONE_CARRIAGEWAY = 0.7
"""A one-way line is one carriageway: narrower than the whole road."""


@dataclass(frozen=True, slots=True)
class Along:
    """Points on lines: index of the line, (n, 2) metres, heading of the line there in degrees clockwise from north."""

    line: Ints
    xy: Floats
    heading_deg: Floats


def located(ground: Ground, xy: Floats, grid: Ints | None = None) -> Rows:
    """Columns `grid_code` and `geom` of points in metres; `grid` saves the look-up where it is known."""
    lon, lat = ground.to_lonlat.transform(xy[:, 0], xy[:, 1])
    return {"grid_code": picked(ground.grids.code, ground.grid_of(xy) if grid is None else grid), "geom": point_hex(lon, lat)}


def taken(values: npt.NDArray[Any], index: Ints) -> npt.NDArray[Any]:
    """values[index]; where the index is -1 anything may come back, even from a ground that has no values at all."""
    return values[index] if len(values) else np.zeros((len(index), *values.shape[1:]), values.dtype)


def bearing_deg(vector: Floats) -> Floats:
    """Direction of (n, 2) east-north vectors, clockwise from north, 0 to 360."""
    return np.asarray(np.degrees(np.arctan2(vector[:, 0], vector[:, 1])) % 360, np.float64)


def point_at(lines: Geometries, distance_m: Floats) -> Floats:
    """(n, 2): the point of each line at that distance from its start."""
    return np.asarray(shapely.get_coordinates(shapely.line_interpolate_point(lines, distance_m)), np.float64)


def middles(lines: Geometries) -> Floats:
    """(n, 2): half way along each line."""
    return point_at(lines, shapely.length(lines) / 2)


def along(lines: Geometries, spacing_m: float, rng: Rng, side_m: Floats | float = 0.0) -> Along:
    """Points about every `spacing_m`, `side_m` metres to the right of the line's direction (negative: left). Short lines get some by chance."""
    length = shapely.length(lines)
    count = np.floor(length / spacing_m + rng.random(len(lines))).astype(np.int64)
    line = np.repeat(np.arange(len(lines)), count)
    even = (positions_in_groups(count) + 0.5) * length[line] / count[line]
    distance = np.clip(even + rng.uniform(-0.25, 0.25, len(line)) * spacing_m, 0, length[line])
    before = point_at(lines[line], np.maximum(distance - BEFORE_AND_AFTER_M, 0))
    after = point_at(lines[line], np.minimum(distance + BEFORE_AND_AFTER_M, length[line]))
    unit = (after - before) / np.maximum(np.hypot(*(after - before).T), 1e-9)[:, None]
    side = np.broadcast_to(side_m, (len(lines),))[line][:, None]
    return Along(line, (before + after) / 2 + np.column_stack([unit[:, 1], -unit[:, 0]]) * side, bearing_deg(unit))


def half_width_m(ground: Ground) -> Floats:
    """Half the carriageway of every road: as mapped, else by class."""
    roads = ground.roads
    by_class = np.array([HALF_WIDTH_M.get(highway.removesuffix("_link"), OTHER_HALF_WIDTH_M) for highway in roads.highway])
    by_class = by_class * np.where(roads.forward & roads.backward, 1.0, ONE_CARRIAGEWAY)
    return np.where(np.isnan(roads.width_m), by_class, roads.width_m / 2)
