"""Clips to take away: asked for with a reason, made by the worker with a watermark burnt in, downloaded on record, gone after a week."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from psycopg.rows import class_row

from geodata.db import Conn
from geodata.errors import ConflictError, InvalidInputError, NotAllowedError, NotFoundError
from services import retention, video_rights
from services.audit import Act, Caller, record
from services.rights import Reader, Role
from services.video_rights import MAX_ID, SEES_CAMERAS, Camera, Mode

LONGEST = timedelta(minutes=30)
LEAST_REASON, MOST_REASON = 4, 200
MOST_WAITING = 10
KEPT = timedelta(days=7)
FOLDER = "clips"
SEES_ALL = frozenset({Role.SHIFT_LEADER})

WAITING = "SELECT count(*) FROM hall.video_clip WHERE account_id = %s AND state IN ('waiting', 'making')"
INSERT = """
    INSERT INTO hall.video_clip (camera_id, start_at, end_at, account_id, username, reason, event_id, asked_at)
    VALUES (%(camera_id)s, %(start)s, %(end)s, %(account_id)s, %(username)s, %(reason)s, %(event_id)s, %(now)s) RETURNING id
"""
READ = """
    SELECT v.id, v.camera_id, c.name AS camera_name, v.start_at AS start, v.end_at AS end, v.username, v.reason, v.event_id, v.asked_at, v.state,
           v.failure, v.bytes, v.ready_at
    FROM hall.video_clip AS v LEFT JOIN hall.camera AS c ON c.id = v.camera_id
    WHERE (v.account_id = %(account_id)s OR (%(all)s AND starts_with(c.grid_code, %(scope)s)))
      AND (%(id)s::bigint IS NULL OR v.id = %(id)s) AND (%(before_id)s::bigint IS NULL OR v.id < %(before_id)s)
      AND (%(event_id)s::bigint IS NULL OR v.event_id = %(event_id)s)
    ORDER BY v.id DESC LIMIT %(limit)s
"""
FILE = "SELECT file FROM hall.video_clip WHERE id = %s AND state = 'ready'"
CLAIM = """
    UPDATE hall.video_clip SET state = 'making' WHERE id = (
        SELECT id FROM hall.video_clip WHERE state = 'waiting' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING id, camera_id, start_at AS start, end_at AS end, account_id, username, asked_at
"""
AGAIN = "UPDATE hall.video_clip SET state = 'waiting' WHERE state = 'making'"
READY = "UPDATE hall.video_clip SET state = 'ready', file = %s, bytes = %s, ready_at = %s, failure = NULL WHERE id = %s"
FAILED = "UPDATE hall.video_clip SET state = 'failed', failure = %s, file = NULL WHERE id = %s"
OVER = "SELECT id, file FROM hall.video_clip WHERE state = 'ready' AND ready_at < %s ORDER BY id LIMIT 1000"
EXPIRED = "UPDATE hall.video_clip SET state = 'expired', file = NULL WHERE id = ANY(%s)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """A clip without its file. `state`: waiting, making, ready, failed (see `failure`), expired."""

    id: int
    camera_id: int
    camera_name: str | None
    start: datetime
    end: datetime
    username: str
    reason: str
    event_id: int | None
    asked_at: datetime
    state: str
    failure: str | None
    """no_recording, file_missing, platform (it does not play), no_room, timeout or encoder."""
    bytes: int | None
    ready_at: datetime | None

    @property
    def expires_at(self) -> datetime | None:
        """When its file goes."""
        return self.ready_at + KEPT if self.ready_at else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A clip that is to be made."""

    id: int
    camera_id: int
    start: datetime
    end: datetime
    account_id: int
    username: str
    asked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipForm:
    """Which part of a camera's recordings, and what for."""

    start: datetime
    end: datetime
    reason: str
    event_id: int | None = None


def check(form: ClipForm, now: datetime) -> None:
    """Refuse what cannot be made.

    Raises:
        InvalidInputError: an empty window, one of more than half an hour or in the future, or no reason.
    """
    if not timedelta(0) < form.end - form.start <= LONGEST or form.end > now:
        raise InvalidInputError("start and end: up to 30 minutes that have passed, end after start")
    if not LEAST_REASON <= len(form.reason.strip()) <= MOST_REASON or "\0" in form.reason:
        raise InvalidInputError(f"reason: {LEAST_REASON} to {MOST_REASON} characters that say what it is needed for")


def ask(conn: Conn, caller: Caller, camera: Camera, form: ClipForm) -> Clip:
    """Put a clip on the worker's list; the caller was admitted to download from this camera.

    Raises:
        InvalidInputError: as in `check`.
        ConflictError: ten of the caller's clips are not made yet.
    """
    check(form, caller.now)
    row = conn.execute(WAITING, [caller.reader.account_id]).fetchone()
    if row and row[0] >= MOST_WAITING:
        raise ConflictError(f"{MOST_WAITING} of your clips are waiting: let them be made first")
    written = conn.execute(
        INSERT,
        {
            "camera_id": camera.id,
            "start": form.start,
            "end": form.end,
            "account_id": caller.reader.account_id,
            "username": caller.reader.username,
            "reason": form.reason.strip(),
            "event_id": form.event_id,
            "now": caller.now,
        },
    ).fetchone()
    clip_id = written[0] if written else 0
    detail = {"clip": clip_id, "start": form.start.isoformat(), "end": form.end.isoformat()}
    record(conn, caller, Act(action="clip_ask", object=f"cameras/{camera.id}", reason=form.reason.strip(), detail=detail))
    return clip(conn, caller.reader, clip_id)


def clips(conn: Conn, reader: Reader, *, event_id: int | None = None, before_id: int | None = None, limit: int = 100) -> list[Clip]:
    """Return the reader's clips, a shift leader's those of everybody in the area, the latest first.

    Raises:
        NotAllowedError: the role sees no cameras.
    """
    if reader.role not in SEES_CAMERAS:
        raise NotAllowedError(f"{reader.role} may not see cameras")
    return _read(conn, reader, event_id=event_id, before_id=before_id, limit=limit)


def clip(conn: Conn, reader: Reader, clip_id: int) -> Clip:
    """Return one of them.

    Raises:
        NotAllowedError: the role sees no cameras.
        NotFoundError: none of the reader's.
    """
    if reader.role not in SEES_CAMERAS:
        raise NotAllowedError(f"{reader.role} may not see cameras")
    found = _read(conn, reader, clip_id=clip_id) if 0 < clip_id <= MAX_ID else []
    if not found:
        raise NotFoundError(f"clips/{clip_id}")
    return found[0]


def file_of(conn: Conn, data_dir: Path, reader: Reader, clip_id: int) -> tuple[Clip, Path]:
    """Return a clip that may be downloaded now, and its file; `services.camera_access.admit` keeps the record.

    Raises:
        NotAllowedError: the right to download from this camera was taken back.
        NotFoundError: none of the reader's, or its camera has left the reader's area.
        ConflictError: it is not ready, or expired.
    """
    found = clip(conn, reader, clip_id)
    video_rights.check(conn, reader, found.camera_id, Mode.DOWNLOAD)
    row = conn.execute(FILE, [clip_id]).fetchone()
    path = retention.path_of(data_dir, row[0]) if row and row[0] else None
    if path is None or not path.is_file():
        raise ConflictError(f"the clip is {found.state if found.state != 'ready' else 'gone'}")
    return found, path


def claim(conn: Conn) -> Order | None:
    """Take the next clip that waits; None when there is none."""
    with conn.cursor(row_factory=class_row(Order)) as cursor:
        return cursor.execute(CLAIM).fetchone()


def again(conn: Conn) -> int:
    """Put back what a worker that died was making; return how many."""
    return conn.execute(AGAIN).rowcount


def ready(conn: Conn, order: Order, file: str, size: int, now: datetime) -> None:
    """Write that a clip is made; `file` is a path below DATA_DIR/media."""
    conn.execute(READY, [file, size, now, order.id])


def failed(conn: Conn, order: Order, failure: str) -> None:
    """Write why a clip was not made."""
    conn.execute(FAILED, [failure, order.id])


def expire(conn: Conn, data_dir: Path, now: datetime) -> int:
    """Remove the files of clips that were ready a week ago; return how many."""
    over = conn.execute(OVER, [now - KEPT]).fetchall()
    gone = [clip_id for clip_id, file in over if not file or retention.unlink(data_dir, file)]
    if gone:
        conn.execute(EXPIRED, [gone])
    return len(gone)


def _read(
    conn: Conn, reader: Reader, *, clip_id: int | None = None, event_id: int | None = None, before_id: int | None = None, limit: int = 1
) -> list[Clip]:
    params = {
        "account_id": reader.account_id,
        "all": reader.role in SEES_ALL,
        "scope": reader.scope,
        "id": clip_id,
        "before_id": before_id,
        "event_id": event_id,
        "limit": limit,
    }
    with conn.cursor(row_factory=class_row(Clip)) as cursor:
        return cursor.execute(READ, params).fetchall()
