"""What the video gateway reads and writes: where a camera's picture comes from, whether somebody may go on watching, and what it found out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import class_row

from geodata.db import Conn
from geodata.errors import HallError, NotFoundError
from services import video_rights
from services.rights import Reader, Role
from services.video_rights import Mode

FEED = """
    SELECT c.id AS camera_id, c.stream_ref, c.sub_ref, s.id AS source_id, s.key, s.kind, s.base_url, s.crs, s.timezone,
           s.options
    FROM hall.camera AS c JOIN hall.video_source AS s ON s.id = c.video_source_id
    WHERE c.id = %s AND s.enabled AND c.stream_ref IS NOT NULL
"""
ORIGIN = "SELECT id AS source_id, key, kind, base_url, crs, timezone, options FROM hall.video_source WHERE id = %s AND enabled"
READER = "SELECT id, username, display_name, role, scope FROM hall.account WHERE id = %s AND active"
HEALTH = """
    INSERT INTO hall.camera_health AS h (camera_id, checked_at, online, failure, codec, width, height, fps, last_frame_at, quality)
    VALUES (%(camera_id)s, %(at)s, %(online)s, %(failure)s, %(codec)s, %(width)s, %(height)s, %(fps)s, %(last_frame_at)s, %(quality)s)
    ON CONFLICT (camera_id) DO UPDATE
    SET checked_at = excluded.checked_at, online = excluded.online, failure = excluded.failure,
        codec = coalesce(excluded.codec, h.codec), width = coalesce(excluded.width, h.width), height = coalesce(excluded.height, h.height),
        fps = coalesce(excluded.fps, h.fps), last_frame_at = coalesce(excluded.last_frame_at, h.last_frame_at),
        quality = CASE WHEN excluded.online THEN coalesce(excluded.quality, h.quality) END
"""
TURN = "UPDATE hall.camera SET online = %(online)s, changed_at = %(at)s WHERE id = %(camera_id)s AND online <> %(online)s"
ROTA = """
    SELECT c.id FROM hall.camera AS c JOIN hall.video_source AS s ON s.id = c.video_source_id LEFT JOIN hall.camera_health AS h ON h.camera_id = c.id
    WHERE s.enabled AND c.stream_ref IS NOT NULL
    ORDER BY h.checked_at NULLS FIRST, c.is_key DESC, c.id LIMIT %s
"""
SIMULATED = """
    SELECT c.id, c.name, c.place_type FROM hall.camera AS c JOIN hall.video_source AS s ON s.id = c.video_source_id
    WHERE s.kind = 'sample' AND c.online AND c.stream_ref = c.id::text ORDER BY c.id LIMIT 100000
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """A source that is switched on. Nothing of it may leave the server."""

    source_id: int
    key: str
    kind: str
    base_url: str
    crs: str
    timezone: str
    options: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed(Origin):
    """Where one camera's picture comes from."""

    camera_id: int
    stream_ref: str
    sub_ref: str | None

    def ref(self, profile: str) -> str:
        """Return how the source names the stream of this profile."""
        return self.sub_ref or self.stream_ref if profile == "sub" else self.stream_ref


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a look at a camera found."""

    camera_id: int
    at: datetime
    online: bool
    failure: str | None = None
    codec: str | None = None
    width: int | None = None
    height: int | None = None
    fps: float | None = None
    last_frame_at: datetime | None = None
    quality: str | None = None


def feed(conn: Conn, camera_id: int) -> Feed:
    """Return where the picture comes from.

    Raises:
        NotFoundError: no such camera, or none with a picture.
    """
    with conn.cursor(row_factory=class_row(Feed)) as cursor:
        found = cursor.execute(FEED, [camera_id]).fetchone()
    if found is None:
        raise NotFoundError(f"cameras/{camera_id} has no picture")
    return found


def origin(conn: Conn, source_id: int) -> Origin | None:
    """Return a source; None when there is none, or it is switched off."""
    with conn.cursor(row_factory=class_row(Origin)) as cursor:
        return cursor.execute(ORIGIN, [source_id]).fetchone()


def simulated(conn: Conn) -> dict[int, tuple[str, str]]:
    """Return name and kind of place of every camera that has a simulated picture."""
    return {camera_id: (name, place) for camera_id, name, place in conn.execute(SIMULATED)}


def may_go_on(conn: Conn, account_id: int, camera_id: int, mode: Mode) -> bool:
    """Tell whether the account still is there and has the right to what it watches."""
    row = conn.execute(READER, [account_id]).fetchone()
    if row is None:
        return False
    try:
        video_rights.check(conn, Reader(row[0], row[1], row[2], Role(row[3]), row[4]), camera_id, mode)
    except HallError:
        return False
    return True


def note_look(conn: Conn, look: Look) -> bool:
    """Write what was found; the camera on the map turns with it. Returns whether it turned."""
    conn.execute(HEALTH, {name: getattr(look, name) for name in Look.__slots__})
    return conn.execute(TURN, {"online": look.online, "at": look.at, "camera_id": look.camera_id}).rowcount > 0


def rota(conn: Conn, limit: int) -> Sequence[int]:
    """Return the cameras whose last look is longest ago, those never looked at first."""
    return [int(row[0]) for row in conn.execute(ROTA, [limit])]
