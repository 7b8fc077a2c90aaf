"""Panoramas: the one nearest to a place, its neighbours along the street, and the picture itself, within the reader's rights."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from psycopg.rows import class_row

from geodata.db import Conn
from geodata.errors import InvalidInputError, NotAllowedError, NotFoundError
from geodata.grid import LonLat
from geodata.panoramas import FOLDER, SIZES, path_of
from services.rights import MAY_SEE_RESTRICTED, Reader, Role

MAY_LOOK = frozenset({Role.LEADER, Role.DISPATCHER, Role.ACCEPTOR, Role.SHIFT_LEADER, Role.DEPARTMENT, Role.WORKER})
"""Street pictures hold faces and plates: the wall, which everybody in the room sees, shows none."""
MAX_ID = 2**63 - 1
NEAR_M, MOST_M = 150.0, 2_000.0
STEP_M = 80.0
"""A neighbour stands at most so far away."""
MOST_NEIGHBOURS = 6
APART_DEG = 40.0
"""Two neighbours in about the same direction: the nearer one is offered."""
EARTH_M = 6_371_008.8

COLUMNS = """
    id, name, road, source, taken_at, heading_deg::float8 AS heading_deg, heading_from, height_m::float8 AS height_m, width, height, simulated,
    restricted, grid_code, sha256, ST_X(geom) AS lon, ST_Y(geom) AS lat
"""
ONE = f"SELECT {COLUMNS} FROM hall.panorama WHERE id = %(id)s AND starts_with(coalesce(grid_code, ''), %(scope)s)"
AROUND = f"""
    SELECT {COLUMNS} FROM hall.panorama
    WHERE geom && ST_Expand(ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326), %(degrees)s, %(degrees_lat)s)
      AND ST_DWithin(geom::geography, ST_MakePoint(%(lon)s, %(lat)s)::geography, %(within)s)
      AND starts_with(coalesce(grid_code, ''), %(scope)s) AND (%(restricted)s OR NOT restricted) AND id <> %(besides)s
    ORDER BY geom::geography <-> ST_MakePoint(%(lon)s, %(lat)s)::geography, id LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PanoramaFacts:
    """What is told of a panorama. `heading_deg`: compass direction of the picture's middle column, in degrees clockwise from north."""

    id: int
    name: str
    road: str | None
    source: str
    taken_at: datetime | None
    heading_deg: float
    heading_from: str
    height_m: float | None
    width: int
    height: int
    simulated: bool
    restricted: bool
    grid_code: str | None
    lon: float
    lat: float

    def told(self) -> dict[str, Any]:
        """Return what is told, by name."""
        return {field.name: getattr(self, field.name) for field in fields(PanoramaFacts)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Panorama(PanoramaFacts):
    """A panorama, and under which digest its picture is kept."""

    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """Where one can step to: the direction from here (degrees clockwise from north) and the distance in metres."""

    id: int
    name: str
    lon: float
    lat: float
    bearing_deg: float
    distance_m: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Standpoint:
    """A panorama with its neighbours, the nearest first; `distance_m` is from the place that was asked for."""

    panorama: Panorama
    distance_m: float | None
    neighbours: Sequence[Neighbour]


def one(conn: Conn, reader: Reader, panorama_id: int) -> Standpoint:
    """Return a panorama and where one can go from it.

    Raises:
        NotAllowedError: the role looks at no street pictures, or this one is restricted.
        NotFoundError: there is none, or it lies outside of the reader's scope.
    """
    found = _one(conn, reader, panorama_id)
    return Standpoint(panorama=found, distance_m=None, neighbours=_neighbours(conn, reader, found))


def nearest(conn: Conn, reader: Reader, place: LonLat, within_m: float = NEAR_M) -> Standpoint:
    """Return the panorama nearest to a place, at most `within_m` metres away.

    Raises:
        NotAllowedError: the role looks at no street pictures.
        InvalidInputError: `within_m` is not in 1..2,000.
        NotFoundError: none is so near, or none that the reader may see.
    """
    _require(reader)
    if not 1 <= within_m <= MOST_M:
        raise InvalidInputError(f"within_m: 1 to {MOST_M:.0f}")
    found = _around(conn, reader, place, within_m, limit=1)
    if not found:
        raise NotFoundError(f"no panorama within {within_m:.0f} m")
    standing = found[0]
    _, distance_m = direction(place, LonLat(standing.lon, standing.lat))
    return Standpoint(panorama=standing, distance_m=round(distance_m, 1), neighbours=_neighbours(conn, reader, standing))


def picture(conn: Conn, data_dir: Path, reader: Reader, panorama_id: int, size: str) -> tuple[Panorama, Path]:
    """Return a panorama and the file of its picture in one of `SIZES`.

    Raises:
        NotAllowedError, NotFoundError: as `one`; NotFoundError also when the file is gone.
        InvalidInputError: no such size.
    """
    if size not in SIZES:
        raise InvalidInputError(f"size={size[:20]!r}: one of {', '.join(SIZES)}")
    found = _one(conn, reader, panorama_id)
    path = data_dir / FOLDER / path_of(found.sha256, size if found.width > SIZES[size] else "full")
    if not path.is_file():
        raise NotFoundError(f"the picture of panorama {panorama_id} is not there any more: import it again")
    return found, path


def direction(here: LonLat, there: LonLat) -> tuple[float, float]:
    """Return the compass direction in degrees from one place to another, and the metres between them (right for some hundred metres)."""
    east = math.radians(there.lon - here.lon) * math.cos(math.radians((here.lat + there.lat) / 2))
    north = math.radians(there.lat - here.lat)
    return math.degrees(math.atan2(east, north)) % 360, math.hypot(east, north) * EARTH_M


def _require(reader: Reader) -> None:
    if reader.role not in MAY_LOOK:
        raise NotAllowedError(f"{reader.role} looks at no street pictures")


def _one(conn: Conn, reader: Reader, panorama_id: int) -> Panorama:
    _require(reader)
    with conn.cursor(row_factory=class_row(Panorama)) as cursor:
        wanted = {"id": panorama_id, "scope": reader.scope}
        found = cursor.execute(ONE, wanted).fetchone() if 0 < panorama_id <= MAX_ID else None
    if found is None:
        raise NotFoundError(f"panoramas/{panorama_id}")
    if found.restricted and reader.role not in MAY_SEE_RESTRICTED:
        raise NotAllowedError(f"panoramas/{panorama_id} is restricted")
    return found


def _around(conn: Conn, reader: Reader, place: LonLat, within_m: float, *, limit: int, besides: int = 0) -> list[Panorama]:
    degrees = math.degrees(within_m / EARTH_M) * 1.01
    values = {
        "lon": place.lon,
        "lat": place.lat,
        "within": within_m,
        "degrees_lat": degrees,
        "degrees": degrees / max(0.05, math.cos(math.radians(place.lat))),
        "scope": reader.scope,
        "restricted": reader.role in MAY_SEE_RESTRICTED,
        "besides": besides,
        "limit": limit,
    }
    with conn.cursor(row_factory=class_row(Panorama)) as cursor:
        return cursor.execute(AROUND, values).fetchall()


def _neighbours(conn: Conn, reader: Reader, here: Panorama) -> list[Neighbour]:
    place = LonLat(here.lon, here.lat)
    kept: list[Neighbour] = []
    for other in _around(conn, reader, place, STEP_M, limit=40, besides=here.id):
        bearing, distance_m = direction(place, LonLat(other.lon, other.lat))
        if distance_m < 1 or any(abs((bearing - known.bearing_deg + 180) % 360 - 180) < APART_DEG for known in kept):
            continue
        kept.append(
            Neighbour(
                id=other.id, name=other.name, lon=other.lon, lat=other.lat, bearing_deg=round(bearing, 1), distance_m=round(distance_m, 1)
            )
        )
        if len(kept) == MOST_NEIGHBOURS:
            break
    return kept
