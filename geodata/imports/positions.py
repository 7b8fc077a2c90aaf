"""Geometries of a file in WGS 84, with their doubts: turned round, at zero, repaired."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import shapely

from geodata import crs
from geodata.errors import InvalidInputError
from geodata.imports.fields import Shape

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Shapes = npt.NDArray[np.object_]
Inside = Callable[[Floats, Floats], Bools]
POLYGONS = ("Polygon", "MultiPolygon")


@dataclass(frozen=True, slots=True)
class Positions:
    """What became of the geometries; all arrays have the rows' order."""

    shapes: Shapes
    """Points or multipolygons in WGS 84; None where there is none."""
    lon: Floats
    """Of the point, or of a point that lies within the polygon; NaN where there is none."""
    lat: Floats
    flags: dict[str, Bools]
    """Doubts by name: zero, swapped, repaired."""
    reasons: dict[int, str] = field(default_factory=dict)
    """Why a geometry cannot be used."""
    round_trip_m: float = 0.0


def from_points(x: Floats, y: Floats, system: str, inside: Inside) -> Positions:
    """Convert positions (NaN where there is none) to WGS 84.

    A position outside the district whose coordinates, exchanged, lie inside it is taken as exchanged. 0/0 stays at 0/0.

    Args:
        x: longitude or easting.
        y: latitude or northing.
        system: the coordinate system of x and y.
        inside: which WGS 84 positions lie in the district.
    """
    zero = (x == 0) & (y == 0)
    given = np.isfinite(x) & np.isfinite(y)
    lon, lat = _converted(x, y, system, given & ~zero)
    other_lon, other_lat = _converted(y, x, system, given & ~zero)
    swapped = _in_world(other_lon, other_lat)
    swapped[swapped] = inside(other_lon[swapped], other_lat[swapped])
    here = _in_world(lon, lat)
    here[here] = inside(lon[here], lat[here])
    swapped &= ~here
    lon, lat = np.where(swapped, other_lon, lon), np.where(swapped, other_lat, lat)
    lon, lat = np.where(zero, 0.0, lon), np.where(zero, 0.0, lat)
    good = _in_world(lon, lat)
    reasons = {int(row): f"is no position in {crs.describe(system).name}" for row in np.flatnonzero(given & ~good)}
    lon, lat = np.where(good, lon, np.nan), np.where(good, lat, np.nan)
    shapes = np.full(len(x), None, object)
    shapes[good] = shapely.points(lon[good], lat[good])
    moved = good & ~zero & ~swapped
    error_m = crs.round_trip_m(x[moved], y[moved], system) if moved.any() else 0.0
    return Positions(shapes, lon, lat, {"zero": zero, "swapped": swapped}, reasons, error_m)


def from_polygons(shapes: Shapes, system: str) -> Positions:
    """Convert polygons (None where there is none) to WGS 84 multipolygons; those that cross themselves are repaired."""
    error_m, out = 0.0, np.full(len(shapes), None, object)
    repaired = np.zeros(len(shapes), bool)
    reasons: dict[int, str] = {}
    given = np.array([shape is not None and not shape.is_empty for shape in shapes], bool)
    if given.any():
        x, y = shapely.get_coordinates(shapes[given]).T
        error_m = crs.round_trip_m(x, y, system)
        out[given] = shapely.transform(
            shapely.force_2d(shapes[given]), lambda xy: np.column_stack(crs.to_wgs84(xy[:, 0], xy[:, 1], system))
        )
    for row in np.flatnonzero(given):
        shape = out[row]
        west, south, east, north = shape.bounds
        if not (np.isfinite([west, south, east, north]).all() and west >= -180 and east <= 180 and south >= -90 and north <= 90):
            reasons[int(row)], out[row] = f"is no position in {crs.describe(system).name}", None
            continue
        if not shape.is_valid:
            shape, repaired[row] = shapely.make_valid(shape, method="structure"), True
        parts = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon" and part.area > 0]
        if not parts:
            reasons[int(row)], out[row] = "is a polygon without area", None
            continue
        out[row] = shapely.MultiPolygon(parts)
    lon, lat = np.full(len(shapes), np.nan), np.full(len(shapes), np.nan)
    good = np.array([shape is not None for shape in out], bool)
    if good.any():
        lon[good], lat[good] = shapely.get_coordinates(shapely.point_on_surface(out[good])).T
    return Positions(out, lon, lat, {"repaired": repaired}, reasons, error_m)


def points_of(shapes: Shapes) -> tuple[Floats, Floats]:
    """Coordinates of point geometries, a multipoint of one point included; NaN where there is none.

    Raises:
        InvalidInputError: nothing in the file is a point.
    """
    single = np.array(
        [shapely.get_geometry(shape, 0) if shape is not None and shape.geom_type == "MultiPoint" else shape for shape in shapes]
    )
    kinds = shapely.get_type_id(single)
    present = kinds != -1
    if present.any() and not (kinds == 0).any():
        raise InvalidInputError(f"the file holds {single[present][0].geom_type} geometries, not points")
    return np.where(kinds == 0, shapely.get_x(single), np.nan), np.where(kinds == 0, shapely.get_y(single), np.nan)


def polygons_of(shapes: Shapes) -> Shapes:
    """Polygon and multipolygon geometries; None in place of everything else.

    Raises:
        InvalidInputError: nothing in the file is a polygon.
    """
    kinds = [shape.geom_type if shape is not None else None for shape in shapes]
    if any(kinds) and not any(kind in POLYGONS for kind in kinds):
        raise InvalidInputError(f"the file holds {next(kind for kind in kinds if kind)} geometries, not polygons")
    out = np.full(len(shapes), None, object)
    for row, kind in enumerate(kinds):
        out[row] = shapes[row] if kind in POLYGONS else None
    return out


def refuse_other_units(x: Floats, y: Floats, system: str) -> None:
    """Check that numbers meant as degrees can be degrees.

    Raises:
        InvalidInputError: most of them cannot.
    """
    given = np.isfinite(x) & np.isfinite(y)
    beyond = (np.abs(x[given]) > 360) | (np.abs(y[given]) > 360)
    if crs.describe(system).geographic and given.any() and beyond.mean() > 0.5:
        raise InvalidInputError(
            f"positions such as {x[given][0]:g}, {y[given][0]:g} are no degrees: give their system with --crs, e.g. --crs 4547"
        )


def expected_kind(shape: Shape) -> str:
    """What a class wants, in a message."""
    return "a point" if shape is Shape.POINT else "a polygon"


def _converted(x: Floats, y: Floats, system: str, chosen: Bools) -> tuple[Floats, Floats]:
    lon, lat = np.full(len(x), np.nan), np.full(len(x), np.nan)
    if chosen.any():
        lon[chosen], lat[chosen] = crs.to_wgs84(x[chosen], y[chosen], system)
    return lon, lat


def _in_world(lon: Floats, lat: Floats) -> Bools:
    return np.isfinite(lon) & np.isfinite(lat) & (np.abs(lon) <= 180) & (np.abs(lat) <= 90)
