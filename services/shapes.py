"""Shapes that select: a circle, a polygon, a buffered line. All in degrees of WGS 84, sizes in metres on the ellipsoid."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from shapely import LineString, MultiPolygon, Point, Polygon
from shapely.geometry import shape as from_geojson
from shapely.geometry.base import BaseGeometry

from geodata.errors import InvalidInputError
from geodata.grid import BBox, LonLat
from services.geodesy import GEOD, metres_per_degree

MAX_RADIUS_M = 20_000.0
MAX_BUFFER_M = 5_000.0
MAX_LINE_M = 100_000.0
MAX_VERTICES = 10_000


@dataclass(frozen=True, slots=True)
class Circle:
    """All that is at most `radius_m` (1 to 20,000) away from a position.

    Raises:
        InvalidInputError: the radius or the position is out of range.
    """

    lon: float
    lat: float
    radius_m: float

    def __post_init__(self) -> None:
        LonLat(self.lon, self.lat)
        if not 1 <= self.radius_m <= MAX_RADIUS_M:
            raise InvalidInputError(f"radius_m={self.radius_m:g} is outside 1..{MAX_RADIUS_M:g}")

    def middle(self) -> LonLat:
        """Return the position that distances count from."""
        return LonLat(self.lon, self.lat)

    def bounds(self) -> BBox:
        """Return a box that holds the shape."""
        per_lon, per_lat = metres_per_degree(self.lat)
        # one per mille more than needed: degrees of longitude shorten towards the pole
        lon_deg, lat_deg = 1.001 * self.radius_m / max(float(per_lon), 1.0) + 1e-6, 1.001 * self.radius_m / float(per_lat) + 1e-6
        lon_deg *= 1 + lat_deg * math.tan(math.radians(min(abs(self.lat), 85.0))) / 57
        return BBox(
            max(-180.0, self.lon - lon_deg),
            max(-90.0, self.lat - lat_deg),
            min(180.0, self.lon + lon_deg),
            min(90.0, self.lat + lat_deg),
        )

    def area_m2(self) -> float:
        """Return the area."""
        return math.pi * self.radius_m**2


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """All that lies in a polygon.

    Raises:
        InvalidInputError: it crosses itself, is empty, or has too many vertices; the message says where.
    """

    polygon: Polygon | MultiPolygon

    def __post_init__(self) -> None:
        vertices = _check_vertices(self.polygon)
        if vertices < 4:
            raise InvalidInputError("the polygon is empty")
        reason = shapely.is_valid_reason(self.polygon)
        if reason != "Valid Geometry":
            raise InvalidInputError(f"the polygon crosses itself or is broken: {reason} (lon lat)")
        shapely.prepare(self.polygon)

    def middle(self) -> LonLat:
        """Return the position that distances count from; it may lie outside a bent polygon."""
        return LonLat(self.polygon.centroid.x, self.polygon.centroid.y)

    def bounds(self) -> BBox:
        """Return a box that holds the shape."""
        return BBox(*self.polygon.bounds)

    def area_m2(self) -> float:
        """Return the area."""
        return abs(float(GEOD.geometry_area_perimeter(self.polygon)[0]))


@dataclass(frozen=True, slots=True, eq=False)
class Corridor:
    """All that is at most `buffer_m` (1 to 5,000) away from a line of at most 100 km.

    Raises:
        InvalidInputError: the line or the buffer is out of range.
    """

    line: LineString
    buffer_m: float

    def __post_init__(self) -> None:
        if not 1 <= self.buffer_m <= MAX_BUFFER_M:
            raise InvalidInputError(f"the buffer of {self.buffer_m:g} m is outside 1..{MAX_BUFFER_M:g}")
        if _check_vertices(self.line) < 2:
            raise InvalidInputError("the line is empty")
        length_m = float(GEOD.geometry_length(self.line))
        if length_m > MAX_LINE_M:
            raise InvalidInputError(f"the line is {length_m / 1000:.0f} km long; at most {MAX_LINE_M / 1000:.0f} km are allowed")

    def region(self) -> Region:
        """Return the area around the line; round ends and corners are drawn with 64 vertices a circle."""
        middle = np.array([(self.line.bounds[0] + self.line.bounds[2]) / 2, (self.line.bounds[1] + self.line.bounds[3]) / 2])
        scale = np.array([float(metres) for metres in metres_per_degree(float(middle[1]))])
        flat = shapely.transform(self.line, lambda lon_lat: (lon_lat - middle) * scale)
        return Region(shapely.transform(shapely.buffer(flat, self.buffer_m, quad_segs=16), lambda metres: metres / scale + middle))


Shape = Circle | Region | Corridor


def parse(geometry: Mapping[str, Any], *, radius_m: float | None = None) -> Shape:
    """Read a GeoJSON geometry: Polygon or MultiPolygon; Point or LineString with `radius_m`.

    Raises:
        InvalidInputError: another kind, broken coordinates, or a size out of range.
    """
    kind = geometry.get("type")
    if kind not in ("Point", "LineString", "Polygon", "MultiPolygon"):
        raise InvalidInputError(f"a selection is a Point, LineString, Polygon or MultiPolygon, not {kind!r}")
    try:
        read = shapely.force_2d(from_geojson(dict(geometry)))
    except (TypeError, ValueError, LookupError, AttributeError, shapely.GEOSException) as error:
        raise InvalidInputError(f"the {kind} cannot be read: {error}") from None
    if isinstance(read, Polygon | MultiPolygon):
        return Region(read)
    if radius_m is None:
        raise InvalidInputError(f"a {kind} needs radius_m")
    if isinstance(read, LineString):
        return Corridor(read, radius_m)
    if not isinstance(read, Point) or read.is_empty:
        raise InvalidInputError("the Point is empty")
    return Circle(read.x, read.y, radius_m)


def flattened(shape: Shape) -> Circle | Region:
    """Return the shape with a line replaced by the area around it."""
    return shape.region() if isinstance(shape, Corridor) else shape


def _check_vertices(geometry: BaseGeometry) -> int:
    vertices = int(shapely.get_num_coordinates(geometry))
    if vertices > MAX_VERTICES:
        raise InvalidInputError(f"{vertices} vertices are too many: at most {MAX_VERTICES}")
    if vertices:
        lons, lats = shapely.get_coordinates(geometry).T
        if not (np.isfinite(lons).all() and np.isfinite(lats).all()):
            raise InvalidInputError("coordinates must be numbers")
        BBox(float(lons.min()), float(lats.min()), float(lons.max()), float(lats.max()))
    return vertices
