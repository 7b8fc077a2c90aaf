"""Distances on the WGS 84 ellipsoid, fast for thousands of points at once."""

import numpy as np
from numpy.typing import NDArray
from pyproj import Geod

from services.morton import Floats

GEOD = Geod(ellps="WGS84")
_ECCENTRICITY2 = GEOD.es
_STEEP_LAT = 60.0
"""Beyond this latitude the short formula is not used."""


def metres_per_degree(lat: Floats | float) -> tuple[Floats, Floats]:
    """Return the length of a degree of longitude and of a degree of latitude at `lat`."""
    radians = np.radians(lat)
    flat = 1 - _ECCENTRICITY2 * np.sin(radians) ** 2
    normal = GEOD.a / np.sqrt(flat)
    meridian = GEOD.a * (1 - _ECCENTRICITY2) / (flat * np.sqrt(flat))
    return np.radians(normal * np.cos(radians)), np.radians(meridian)


def distances_m(lon: float, lat: float, lons: Floats, lats: Floats) -> Floats:
    """Return distances from one position by the mid-latitude formula: less than 3 cm off up to 20 km, rough beyond."""
    if abs(lat) > _STEEP_LAT:
        return exact_m(lon, lat, lons, lats)
    per_lon, per_lat = metres_per_degree((lats + lat) / 2)
    return np.hypot((lons - lon) * per_lon, (lats - lat) * per_lat)


def exact_m(lon: float, lat: float, lons: Floats, lats: Floats) -> Floats:
    """Return geodesic distances from one position."""
    count = len(lons)
    distances: Floats = GEOD.inv(np.full(count, lon), np.full(count, lat), lons, lats)[2]
    return distances


def within_m(lon: float, lat: float, radius_m: float, lons: Floats, lats: Floats) -> NDArray[np.bool_]:
    """Tell which positions are at most `radius_m` (up to 20 km) away, as ST_DWithin on geography does."""
    distances = distances_m(lon, lat, lons, lats)
    inside = distances <= radius_m
    doubtful = np.flatnonzero(np.abs(distances - radius_m) < 0.02 + 2e-6 * radius_m)
    if len(doubtful):
        inside[doubtful] = exact_m(lon, lat, lons[doubtful], lats[doubtful]) <= radius_m
    return inside
