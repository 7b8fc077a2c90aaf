"""Who is nearest: free workers by straight distance."""

from dataclasses import dataclass
from datetime import datetime

from geodata.db import Conn
from services.rights import Reader

MAX_CANDIDATES = 50


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
    raise NotImplementedError
