"""How the cameras are, as the last look at each found it: whether it answers, what it sends, how its picture is, how far its clock is off."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from geodata.db import Conn
from geodata.errors import InvalidInputError, NotAllowedError
from services.rights import Reader
from services.video_rights import SEES_CAMERAS

STATES = ("offline", "failing", "black", "frozen", "blurred", "cast", "unchecked", "good")
"""What stands first is worst."""
MAX_ROWS = 500
LONGEST_TEXT = 80

COUNTS = """
    SELECT CASE WHEN NOT coalesce(h.online, c.online) THEN 'offline' WHEN h.failure IS NOT NULL THEN 'failing' ELSE coalesce(h.quality, 'unchecked') END
           AS health, count(*)::int
    FROM hall.camera AS c LEFT JOIN hall.camera_health AS h ON h.camera_id = c.id
    WHERE starts_with(c.grid_code, %(scope)s) AND (%(like)s::text IS NULL OR c.name ILIKE %(like)s OR c.gb_id LIKE %(like)s)
    GROUP BY 1 LIMIT 100
"""
ROWS = """
    SELECT * FROM (
        SELECT c.id, c.name, c.gb_id, c.owner, ST_X(c.geom) AS lon, ST_Y(c.geom) AS lat,
               CASE WHEN NOT coalesce(h.online, c.online) THEN 'offline' WHEN h.failure IS NOT NULL THEN 'failing'
                    ELSE coalesce(h.quality, 'unchecked') END AS health,
               h.failure, h.codec, h.width, h.height, h.fps, h.checked_at, h.last_frame_at, h.offset_ms, c.retention_days
        FROM hall.camera AS c LEFT JOIN hall.camera_health AS h ON h.camera_id = c.id
        WHERE starts_with(c.grid_code, %(scope)s) AND (%(like)s::text IS NULL OR c.name ILIKE %(like)s OR c.gb_id LIKE %(like)s)
          AND c.id > %(after_id)s
    ) AS looked
    WHERE %(state)s::text IS NULL OR health = %(state)s
    ORDER BY id LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraHealth:
    """One camera; nothing but its name and place is known of one that was never looked at."""

    id: int
    name: str
    gb_id: str
    owner: str
    lon: float
    lat: float
    health: str
    """One of STATES."""
    failure: str | None
    codec: str | None
    width: int | None
    height: int | None
    fps: float | None
    checked_at: datetime | None
    last_frame_at: datetime | None
    offset_ms: int | None
    """Measured difference of the camera's clock."""
    retention_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthQuery:
    """Which cameras; None leaves a test out. `after_id` is the last one already read."""

    state: str | None = None
    text: str | None = None
    after_id: int = 0
    limit: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class CamerasHealth:
    """How many cameras are in which state, whatever state is asked for, and those that are."""

    counts: Mapping[str, int]
    items: list[CameraHealth]


def health(conn: Conn, reader: Reader, query: HealthQuery) -> CamerasHealth:
    """Return the state of the cameras in the reader's area.

    Raises:
        NotAllowedError: the role sees no cameras.
        InvalidInputError: a state that does not exist, a text that is too long, or `limit` outside 1..500.
    """
    if reader.role not in SEES_CAMERAS:
        raise NotAllowedError(f"{reader.role} may not see cameras")
    if query.state is not None and query.state not in STATES:
        raise InvalidInputError(f"state={query.state[:20]!r}: one of {', '.join(STATES)}")
    if not 1 <= query.limit <= MAX_ROWS:
        raise InvalidInputError(f"limit={query.limit}: 1 to {MAX_ROWS}")
    params = {"scope": reader.scope, "like": _like(query.text), "state": query.state, "after_id": query.after_id, "limit": query.limit}
    counts = dict(conn.execute(COUNTS, params).fetchall())
    with conn.cursor(row_factory=class_row(CameraHealth)) as cursor:
        return CamerasHealth(counts=counts, items=cursor.execute(ROWS, params).fetchall())


def _like(text: str | None) -> str | None:
    if not text or not text.strip():
        return None
    if len(text) > LONGEST_TEXT or "\0" in text:
        raise InvalidInputError(f"q: at most {LONGEST_TEXT} characters")
    escaped = text.strip().replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    return f"%{escaped}%"
