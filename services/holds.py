"""Evidence holds (证据留存): what an event needs of recordings stays, whatever retention and quota would do, until somebody releases it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg.rows import class_row

from geodata.db import Conn
from geodata.errors import ConflictError, InvalidInputError, NotAllowedError, NotFoundError
from services import recordings, video_rights
from services.audit import Act, Caller, record
from services.retention import HOLD_LOCK
from services.rights import Reader, Role, in_scope
from services.video_rights import MAX_ID, SEES_CAMERAS, Mode

MAY_HOLD = frozenset({Role.DISPATCHER, Role.SHIFT_LEADER, Role.LEADER})
LEAST_REASON, MOST_REASON = 4, 200
MAX_CAMERAS = 64
MAX_HOLDS = 1_000
LONGEST_HOLD = timedelta(hours=24)
FARTHEST_AHEAD = timedelta(hours=12)
RECORD_RANK = -30
"""Before everything else: somebody said so."""

TOGETHER = "SELECT pg_advisory_xact_lock_shared(%s)"
EVENT = "SELECT grid_code FROM hall.event WHERE id = %s"
INSERT = """
    INSERT INTO hall.recording_hold (event_id, camera_id, start_at, end_at, reason, account_id, held_at)
    VALUES (%(event_id)s, %(camera_id)s, %(start)s, %(end)s, %(reason)s, %(account_id)s, %(now)s)
    ON CONFLICT (event_id, camera_id, start_at, end_at) DO UPDATE
    SET reason = excluded.reason, account_id = excluded.account_id, held_at = excluded.held_at, released_at = NULL, released_by = NULL
    WHERE recording_hold.released_at IS NOT NULL
"""
READ = """
    SELECT h.id, h.event_id, h.camera_id, c.name AS camera_name, h.start_at AS start, h.end_at AS end, h.reason, a.username AS held_by, h.held_at,
           h.released_at, b.username AS released_by, kept.bytes, kept.segments
    FROM hall.recording_hold AS h
    LEFT JOIN hall.camera AS c ON c.id = h.camera_id
    LEFT JOIN hall.account AS a ON a.id = h.account_id
    LEFT JOIN hall.account AS b ON b.id = h.released_by
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(r.bytes), 0)::bigint AS bytes, count(*) AS segments FROM hall.recording AS r
        WHERE r.camera_id = h.camera_id AND r.start_at < h.end_at AND r.start_at > h.start_at - interval '2 hours' AND r.end_at > h.start_at
          AND r.source = 'own' AND r.state = 'kept') AS kept
    WHERE (%(event_id)s::bigint IS NULL OR h.event_id = %(event_id)s) AND (%(id)s::bigint IS NULL OR h.id = %(id)s)
      AND starts_with(c.grid_code, %(scope)s)
    ORDER BY h.released_at IS NOT NULL, h.start_at, h.camera_id, h.id LIMIT %(limit)s
"""
HELD = """
    SELECT greatest(start_at, %(start)s) AS start, least(end_at, %(end)s) AS end, event_id FROM hall.recording_hold
    WHERE camera_id = %(camera_id)s AND released_at IS NULL AND start_at < %(end)s AND end_at > %(start)s ORDER BY 1, 2, 3 LIMIT 1000
"""
OWNED = "SELECT account_id, released_at, camera_id, event_id FROM hall.recording_hold WHERE id = %s FOR UPDATE"
RELEASE = "UPDATE hall.recording_hold SET released_at = %s, released_by = %s WHERE id = %s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """What an event holds of one camera. `segments` and `bytes`: what of it lies in our own store now."""

    id: int
    event_id: int
    camera_id: int
    camera_name: str | None
    start: datetime
    end: datetime
    reason: str
    held_by: str | None
    held_at: datetime
    released_at: datetime | None
    released_by: str | None
    segments: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Held:
    """A held part of a camera's timeline."""

    start: datetime
    end: datetime
    event_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldForm:
    """What to hold. The end may lie ahead: the cameras are then recorded until it is reached."""

    camera_ids: Sequence[int]
    start: datetime
    end: datetime
    reason: str


def hold(conn: Conn, caller: Caller, event_id: int, form: HoldForm) -> list[Hold]:
    """Hold recordings for an event; held once is held. Call it inside `services.audit.attempt`.

    Raises:
        NotAllowedError: the role holds no evidence, or may not replay one of the cameras.
        NotFoundError: no such event or camera in the reader's area.
        InvalidInputError: no or too many cameras, a window of more than a day or too far ahead, no reason.
    """
    _check(caller, form)
    _require_event(conn, caller.reader, event_id)
    cameras = [video_rights.check(conn, caller.reader, camera_id, Mode.REPLAY) for camera_id in dict.fromkeys(form.camera_ids)]
    conn.execute(TOGETHER, [HOLD_LOCK])
    for camera in cameras:
        conn.execute(
            INSERT,
            {
                "event_id": event_id,
                "camera_id": camera.id,
                "start": form.start,
                "end": form.end,
                "reason": form.reason.strip(),
                "account_id": caller.reader.account_id,
                "now": caller.now,
            },
        )
    ids = [camera.id for camera in cameras]
    if form.end > caller.now:
        recordings.plan(conn, ids, "event", event_id=event_id, until=form.end, rank=RECORD_RANK)
    detail = {"cameras": ids, "start": form.start.isoformat(), "end": form.end.isoformat()}
    record(conn, caller, Act(action="recording_hold", object=f"events/{event_id}", reason=form.reason.strip(), detail=detail))
    found = _read(conn, caller.reader, event_id=event_id)
    return [one for one in found if one.camera_id in set(ids) and (one.start, one.end) == (form.start, form.end)]


def holds(conn: Conn, reader: Reader, event_id: int) -> list[Hold]:
    """Return what an event holds and held, standing holds first.

    Raises:
        NotAllowedError: the role sees no cameras.
        NotFoundError: no such event in the reader's area.
    """
    if reader.role not in SEES_CAMERAS:
        raise NotAllowedError(f"{reader.role} may not see cameras")
    _require_event(conn, reader, event_id)
    return _read(conn, reader, event_id=event_id)


def held(conn: Conn, camera_id: int, start: datetime, end: datetime) -> list[Held]:
    """Return the held parts of a window of a camera."""
    with conn.cursor(row_factory=class_row(Held)) as cursor:
        return cursor.execute(HELD, {"camera_id": camera_id, "start": start, "end": end}).fetchall()


def release(conn: Conn, caller: Caller, hold_id: int, reason: str) -> None:
    """Let retention have again what a hold kept. A shift leader may release every hold, others their own.

    Raises:
        NotFoundError: no such hold in the reader's area.
        NotAllowedError: somebody else's hold.
        ConflictError: it is released already.
        InvalidInputError: no reason.
    """
    reason = _reason(reason)
    if caller.reader.role not in MAY_HOLD:
        raise NotAllowedError(f"{caller.reader.role} releases no evidence")
    row = conn.execute(OWNED, [hold_id]).fetchone() if 0 < hold_id <= MAX_ID else None
    if row is None or not _read(conn, caller.reader, hold_id=hold_id):
        raise NotFoundError(f"holds/{hold_id}")
    account_id, released_at, camera_id, event_id = row
    if caller.reader.role is not Role.SHIFT_LEADER and account_id != caller.reader.account_id:
        raise NotAllowedError("somebody else's hold: a shift leader releases it")
    if released_at is not None:
        raise ConflictError("released already")
    conn.execute(RELEASE, [caller.now, caller.reader.account_id, hold_id])
    detail = {"camera": camera_id, "event": event_id}
    record(conn, caller, Act(action="recording_release", object=f"holds/{hold_id}", reason=reason, detail=detail))


def _check(caller: Caller, form: HoldForm) -> None:
    if caller.reader.role not in MAY_HOLD:
        raise NotAllowedError(f"{caller.reader.role} holds no evidence")
    _reason(form.reason)
    if not 1 <= len(form.camera_ids) <= MAX_CAMERAS:
        raise InvalidInputError(f"camera_ids: 1 to {MAX_CAMERAS}")
    if not timedelta(0) < form.end - form.start <= LONGEST_HOLD:
        raise InvalidInputError("start and end: a window of up to 24 hours, end after start")
    if form.end > caller.now + FARTHEST_AHEAD:
        raise InvalidInputError("end: at most 12 hours ahead")


def _reason(reason: str) -> str:
    reason = reason.strip()
    if not LEAST_REASON <= len(reason) <= MOST_REASON or "\0" in reason:
        raise InvalidInputError(f"reason: {LEAST_REASON} to {MOST_REASON} characters that say what it is needed for")
    return reason


def _require_event(conn: Conn, reader: Reader, event_id: int) -> None:
    row = conn.execute(EVENT, [event_id]).fetchone() if 0 < event_id <= MAX_ID else None
    if row is None or not in_scope(reader, row[0]):
        raise NotFoundError(f"events/{event_id}")


def _read(conn: Conn, reader: Reader, *, event_id: int | None = None, hold_id: int | None = None) -> list[Hold]:
    params = {"event_id": event_id, "id": hold_id, "scope": reader.scope, "limit": MAX_HOLDS}
    with conn.cursor(row_factory=class_row(Hold)) as cursor:
        return cursor.execute(READ, params).fetchall()
