"""Shapes that select: a circle, a polygon, a buffered line. All in degrees of WGS 84, sizes in metres on the ellipsoid."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shapely import LineString, MultiPolygon, Polygon

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


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """All that lies in a polygon.

    Raises:
        InvalidInputError: it crosses itself, is empty, or has too many vertices; the message says where.
    """

    polygon: Polygon | MultiPolygon


@dataclass(frozen=True, slots=True, eq=False)
class Corridor:
    """All that is at most `buffer_m` (1 to 5,000) away from a line of at most 100 km.

    Raises:
        InvalidInputError: the line or the buffer is out of range.
    """

    line: LineString
    buffer_m: float


Shape = Circle | Region | Corridor


def parse(geometry: Mapping[str, Any], *, radius_m: float | None = None) -> Shape:
    """Read a GeoJSON geometry: Polygon or MultiPolygon; Point or LineString with `radius_m`.

    Raises:
        InvalidInputError: another kind, broken coordinates, or a size out of range.
    """
    raise NotImplementedError
