"""Who is nearest: free workers by straight distance."""

import math
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import dict_row

from geodata.db import Conn
from geodata.errors import InvalidInputError
from geodata.grid import LonLat
from geodata.source import Mask
from services.rights import Reader, masked

MAX_CANDIDATES = 50
SPARE = 16
"""Neighbours fetched beyond those asked for: the index orders by Mercator distance, which is nearly but not quite the true order."""
SCALE_ERROR = 0.01
"""How far Mercator distances near one place may differ from the truth, up to some 100 km."""

# The index of free positions yields neighbours in Mercator order; the few that it yields are put in true order on the ellipsoid.
WORKERS = """
WITH near AS MATERIALIZED (
    SELECT position.worker_id, position.reported_at, position.geom,
           position.geom_3857 <-> ST_Transform(ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326), 3857) AS mercator_m
    FROM hall.worker_position AS position
    WHERE position.status = 'free'
      AND (%(area)s = '' OR EXISTS (SELECT FROM hall.worker WHERE worker.id = position.worker_id AND worker.grid_code LIKE %(area)s || '%%'))
    ORDER BY position.geom_3857 <-> ST_Transform(ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326), 3857)
    LIMIT %(fetched)s
)
SELECT near.worker_id, worker.worker_no, worker.name, worker.role, worker.team, worker.load, ST_X(near.geom) AS lon, ST_Y(near.geom) AS lat,
       near.reported_at, ST_Distance(near.geom::geography, ST_MakePoint(%(lon)s, %(lat)s)::geography) AS distance_m, near.mercator_m
FROM near JOIN hall.worker AS worker ON worker.id = near.worker_id
ORDER BY distance_m, near.worker_id
LIMIT %(fetched)s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A free worker and the straight distance on the ellipsoid, in metres."""

    worker_id: int
    worker_no: str
    name: str | None
    """Masked as everywhere."""
    role: str
    team: str | None
    load: int
    lon: float
    lat: float
    reported_at: datetime
    distance_m: float


def workers(conn: Conn, reader: Reader, lon: float, lat: float, *, limit: int = 10) -> list[Candidate]:
    """Return the free workers of the reader's scope nearest to a position, nearest first, in exact order.

    Raises:
        InvalidInputError: limit is not in 1..50, or the position is none.
    """
    if not 1 <= limit <= MAX_CANDIDATES:
        raise InvalidInputError(f"limit={limit} is outside 1..{MAX_CANDIDATES}")
    LonLat(lon, lat)
    fetched = limit + SPARE
    while True:
        found = _neighbours(conn, reader.scope, lon, lat, fetched)
        if len(found) < fetched or _is_certain(found, limit, lat):
            return [candidate for candidate, _ in found[:limit]]
        fetched *= 4


def _neighbours(conn: Conn, area: str, lon: float, lat: float, fetched: int) -> list[tuple[Candidate, float]]:
    """Return candidates in true order, each with its Mercator distance."""
    with conn.cursor(row_factory=dict_row) as cursor:
        records = cursor.execute(WORKERS, {"lon": lon, "lat": lat, "area": area, "fetched": fetched}).fetchall()
    found = []
    for record in records:
        mercator_m: float = record.pop("mercator_m")
        record["name"] = masked(record["name"], Mask.NAME)
        found.append((Candidate(**record), mercator_m))
    return found


def _is_certain(found: list[tuple[Candidate, float]], limit: int, lat: float) -> bool:
    """Tell whether nobody who was not fetched can be nearer than the last one asked for."""
    farthest_fetched_m = max(mercator_m for _, mercator_m in found) * math.cos(math.radians(lat)) * (1 - SCALE_ERROR)
    return found[limit - 1][0].distance_m <= farthest_fetched_m
