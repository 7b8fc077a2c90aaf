"""Small validated values of place: a position, a box, a tile of the web map grid."""

import math
from dataclasses import dataclass

from geodata.errors import InvalidInputError

MAX_ZOOM = 22
WORLD_M = 40_075_016.685578488
"""Side of the EPSG:3857 square, in its own metres."""
MAX_LAT = 85.051129


@dataclass(frozen=True, slots=True)
class LonLat:
    """A position in degrees of WGS 84."""

    lon: float
    lat: float

    def __post_init__(self) -> None:
        if not (-180 <= self.lon <= 180 and -90 <= self.lat <= 90):
            raise InvalidInputError(f"lon={self.lon}, lat={self.lat} is no position: longitude first, in degrees")


@dataclass(frozen=True, slots=True)
class BBox:
    """A box in degrees of WGS 84; it does not cross the antimeridian."""

    west: float
    south: float
    east: float
    north: float

    def __post_init__(self) -> None:
        if not (-180 <= self.west <= self.east <= 180 and -90 <= self.south <= self.north <= 90):
            raise InvalidInputError(f"bbox={self.west},{self.south},{self.east},{self.north} is not west,south,east,north in degrees")

    @classmethod
    def parse(cls, text: str) -> "BBox":
        """Read `west,south,east,north`.

        Raises:
            InvalidInputError: not four numbers, or not in order and range.
        """
        try:
            west, south, east, north = (float(part) for part in text.split(","))
        except ValueError:
            raise InvalidInputError(f"bbox={text!r} is not west,south,east,north in degrees") from None
        return cls(west, south, east, north)


@dataclass(frozen=True, slots=True)
class Tile:
    """A tile of the XYZ scheme: y counts from the north."""

    z: int
    x: int
    y: int

    def __post_init__(self) -> None:
        if not (0 <= self.z <= MAX_ZOOM and 0 <= self.x < 1 << self.z and 0 <= self.y < 1 << self.z):
            raise InvalidInputError(f"there is no tile {self.z}/{self.x}/{self.y}: z is 0..{MAX_ZOOM}, x and y are 0..2^z-1")

    def bounds(self) -> BBox:
        """Return the tile's box in degrees."""
        side = 1 << self.z
        return BBox(_lon(self.x / side), _lat((self.y + 1) / side), _lon((self.x + 1) / side), _lat(self.y / side))


def intersects(one: BBox, other: BBox) -> bool:
    """Tell whether two boxes share more than a border."""
    return one.west < other.east and one.east > other.west and one.south < other.north and one.north > other.south


def tiles_in(bounds: BBox, z: int) -> list[Tile]:
    """Return all tiles at zoom `z` that a box touches, row by row from the north-west."""
    side = 1 << z
    left, right = (min(side - 1, int((lon + 180) / 360 * side)) for lon in (bounds.west, bounds.east))
    top, bottom = (min(side - 1, max(0, int(_row(lat) * side))) for lat in (bounds.north, bounds.south))
    return [Tile(z, x, y) for y in range(top, bottom + 1) for x in range(left, right + 1)]


def _row(lat: float) -> float:
    sine = math.sin(math.radians(min(max(lat, -MAX_LAT), MAX_LAT)))
    return 0.5 - math.log((1 + sine) / (1 - sine)) / (4 * math.pi)


def _lon(fraction: float) -> float:
    return fraction * 360 - 180


def _lat(fraction: float) -> float:
    return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * fraction))))
