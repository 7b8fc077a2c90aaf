"""Coordinate systems: any EPSG code, GCJ-02 and BD-09, to and from WGS 84 (longitude first, degrees).

How exact it is:

* EPSG codes: what PROJ knows without its grid files; `System.accuracy_m` repeats its statement. CGCS2000 is taken as WGS 84 (they differ
  by centimetres). A datum for which PROJ has no shift at all is marked by `System.shifted` being False: such positions may be off by 100 m.
* GCJ-02: the formula is public, not official; it follows the maps that use it to a few metres. It acts inside the rectangle
  72.004..137.8347° E, 0.8293..55.8271° N, and nothing is moved outside. The way back is solved by iteration to 1e-10 degrees
  (0.01 mm), so that there and back adds no error of its own.
* BD-09: a further shift upon GCJ-02, solved in the same way; it acts in the same rectangle.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Geod, Transformer
from pyproj.exceptions import CRSError

from geodata.errors import InvalidInputError

Array = NDArray[np.float64]
Step = Callable[[Array, Array], tuple[Array, Array]]

WGS84 = "EPSG:4326"
UTM_NORTH, UTM_SOUTH = 32_600, 32_700
GCJ02 = "GCJ-02"
BD09 = "BD-09"

# Krasovsky 1940, on which the offset formula is built
_AXIS_M = 6_378_245.0
_ECCENTRICITY_2 = 0.00669342162296594323
_BD_WAVE = np.pi * 3000.0 / 180.0
_WEST, _EAST, _SOUTH, _NORTH = 72.004, 137.8347, 0.8293, 55.8271
_CLOSE_DEG = 1e-10
_MOST_STEPS = 60
_ELLIPSOID = Geod(ellps="WGS84")


@dataclass(frozen=True, slots=True)
class System:
    """A coordinate system that positions come in or go out in."""

    name: str
    """`EPSG:4547`, `GCJ-02`, `BD-09`, or WKT."""
    title: str
    geographic: bool
    """Longitude and latitude in degrees; otherwise easting and northing."""
    accuracy_m: float | None
    """How exact the conversion is by PROJ's own statement; None when it states nothing."""
    shifted: bool
    """False: no datum shift is known here, the positions are taken over as they are."""


def to_wgs84(x: Array, y: Array, crs: str) -> tuple[Array, Array]:
    """Convert longitude/easting and latitude/northing to WGS 84 degrees; what cannot be converted becomes infinite.

    Raises:
        InvalidInputError: there is no such coordinate system.
    """
    return _steps(describe(crs).name)[0](np.asarray(x, dtype=float), np.asarray(y, dtype=float))


def from_wgs84(lon: Array, lat: Array, crs: str) -> tuple[Array, Array]:
    """Convert WGS 84 degrees to longitude/easting and latitude/northing of `crs`; what cannot be converted becomes infinite.

    Raises:
        InvalidInputError: there is no such coordinate system.
    """
    return _steps(describe(crs).name)[1](np.asarray(lon, dtype=float), np.asarray(lat, dtype=float))


def utm(lon: Array, lat: Array) -> int:
    """Return the EPSG code of the UTM zone in the middle of WGS 84 positions: metres true to 0.04 % within it."""
    zone = int((np.median(lon) + 180) // 6) % 60 + 1
    return (UTM_NORTH if np.median(lat) >= 0 else UTM_SOUTH) + zone


def round_trip_m(x: Array, y: Array, crs: str) -> float:
    """Largest distance in metres, on the WGS 84 ellipsoid, between a position and itself converted there, back and there again."""
    lon, lat = to_wgs84(x, y, crs)
    sound = np.isfinite(lon) & np.isfinite(lat)
    if not sound.any():
        return 0.0
    again_lon, again_lat = to_wgs84(*from_wgs84(lon[sound], lat[sound], crs), crs)
    return float(np.nanmax(distance_m(lon[sound], lat[sound], again_lon, again_lat)))


def distance_m(lon: Array, lat: Array, other_lon: Array, other_lat: Array) -> Array:
    """Distances in metres between pairs of WGS 84 positions, along the ellipsoid."""
    return np.asarray(_ELLIPSOID.inv(lon, lat, other_lon, other_lat)[2], dtype=float)


@lru_cache(maxsize=64)
def describe(crs: str) -> System:
    """Read the name of a coordinate system: `4547`, `EPSG:4547`, `gcj02`, `GCJ-02`, `bd09`, `wgs84`, `cgcs2000`, or its WKT.

    Raises:
        InvalidInputError: there is no such coordinate system, or it has no plane or geographic coordinates.
    """
    word = re.sub(r"[\s_\-:]", "", crs).lower()
    if word in ("gcj02", "gcj"):
        return System(GCJ02, "GCJ-02 (public formula)", geographic=True, accuracy_m=None, shifted=True)
    if word in ("bd09", "bd"):
        return System(BD09, "BD-09 (public formula)", geographic=True, accuracy_m=None, shifted=True)
    code = {"wgs84": "4326", "cgcs2000": "4490"}.get(word, word.removeprefix("epsg"))
    name = f"EPSG:{int(code)}" if code.isdecimal() else crs
    if not code.isdecimal() and "[" not in crs:
        raise InvalidInputError(f"coordinate system {crs!r} is unknown: give an EPSG code, gcj02 or bd09")
    try:
        found = CRS.from_user_input(name)
    except CRSError:
        raise InvalidInputError(f"there is no coordinate system {name}") from None
    if not (found.is_geographic or found.is_projected):
        raise InvalidInputError(f"{name} ({found.name}) has no plane or geographic coordinates")
    accuracy_m, shifted = _exactness(found)
    return System(name, found.name, geographic=found.is_geographic, accuracy_m=accuracy_m, shifted=shifted)


def _exactness(found: CRS) -> tuple[float | None, bool]:
    base = found.geodetic_crs
    if base is not None and base.to_epsg(min_confidence=25) in (4326, 4490, 4480, 4979):
        return 0.0, True
    here = found.area_of_use
    operation = Transformer.from_crs(found, CRS.from_epsg(4326), always_xy=True)
    if here is not None:  # PROJ settles on an operation when it has seen a position
        lon, lat = (here.west + here.east) / 2, (here.south + here.north) / 2
        operation.transform(*operation.transform(lon, lat, direction="INVERSE"))
    shifted = "Ballpark" not in operation.description
    return (operation.accuracy if operation.accuracy >= 0 else None), shifted


@lru_cache(maxsize=64)
def _steps(name: str) -> tuple[Step, Step]:
    if name == GCJ02:
        return _gcj02_to_wgs84, _wgs84_to_gcj02
    if name == BD09:
        return (lambda x, y: _gcj02_to_wgs84(*_bd09_to_gcj02(x, y))), (lambda x, y: _gcj02_to_bd09(*_wgs84_to_gcj02(x, y)))
    if describe(name).accuracy_m == 0.0 and describe(name).geographic:
        return (lambda x, y: (x, y)), (lambda x, y: (x, y))
    forward = Transformer.from_crs(name, WGS84, always_xy=True)
    return forward.transform, lambda x, y: forward.transform(x, y, direction="INVERSE")


def _wgs84_to_gcj02(lon: Array, lat: Array) -> tuple[Array, Array]:
    x, y = lon - 105.0, lat - 35.0
    shared = (20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)) * 2.0 / 3.0
    d_lat = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x)) + shared
    d_lat += (20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)) * 2.0 / 3.0
    d_lat += (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3.0
    d_lon = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x)) + shared
    d_lon += (20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)) * 2.0 / 3.0
    d_lon += (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0
    phi = np.radians(lat)
    bend = 1.0 - _ECCENTRICITY_2 * np.sin(phi) ** 2
    d_lat = np.degrees(d_lat * bend * np.sqrt(bend) / (_AXIS_M * (1.0 - _ECCENTRICITY_2)))
    d_lon = np.degrees(d_lon * np.sqrt(bend) / (_AXIS_M * np.cos(phi)))
    inside = _inside(lon, lat)
    return np.where(inside, lon + d_lon, lon), np.where(inside, lat + d_lat, lat)


def _gcj02_to_wgs84(lon: Array, lat: Array) -> tuple[Array, Array]:
    return _solve(_wgs84_to_gcj02, lon, lat)


def _gcj02_to_bd09(lon: Array, lat: Array) -> tuple[Array, Array]:
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _BD_WAVE)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _BD_WAVE)
    inside = _inside(lon, lat)
    return np.where(inside, radius * np.cos(angle) + 0.0065, lon), np.where(inside, radius * np.sin(angle) + 0.006, lat)


def _bd09_to_gcj02(lon: Array, lat: Array) -> tuple[Array, Array]:
    return _solve(_gcj02_to_bd09, lon, lat)


def _inside(lon: Array, lat: Array) -> NDArray[np.bool_]:
    return (lon >= _WEST) & (lon <= _EAST) & (lat >= _SOUTH) & (lat <= _NORTH)


def _solve(forward: Step, lon: Array, lat: Array) -> tuple[Array, Array]:
    """Find the position that `forward` takes to (lon, lat): the offset varies so slowly that subtracting the rest converges."""
    guess_lon, guess_lat = lon.copy(), lat.copy()
    for _ in range(_MOST_STEPS):
        got_lon, got_lat = forward(guess_lon, guess_lat)
        rest_lon, rest_lat = lon - got_lon, lat - got_lat
        guess_lon, guess_lat = guess_lon + rest_lon, guess_lat + rest_lat
        if not np.any(np.maximum(np.abs(rest_lon), np.abs(rest_lat)) > _CLOSE_DEG):
            break
    return guess_lon, guess_lat


def area_m2(polygon: shapely.Geometry) -> float:
    """Area of a WGS 84 polygon in square metres, on the ellipsoid; holes count off."""
    return abs(float(_ELLIPSOID.geometry_area_perimeter(shapely.orient_polygons(polygon))[0]))
