"""Who watched what: one row for each stream, replay, download, snapshot and turn of a camera, refused tries included; searched by auditors."""

from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from geodata.db import Conn, Pool, reading, writing
from geodata.errors import InvalidInputError, NotAllowedError, NotFoundError
from services import video_rights
from services.audit import Caller
from services.rights import Reader, Role, in_scope
from services.video_rights import MAX_ID, Camera, Mode
from services.worktime import LOCAL

PURPOSES = ("duty", "event", "patrol", "inspection", "evidence")
"""Those with a name; anything else stands as the watcher's own words."""
LONGEST_PURPOSE = 200
MAX_ROWS = 1_000
MAY_SEARCH = frozenset({Role.AUDIT_ADMIN, Role.SHIFT_LEADER})

INSERT = """
    INSERT INTO hall.camera_access (at, account_id, username, camera_id, mode, allowed, from_at, to_at, purpose, event_id, address)
    VALUES (%(at)s, %(account_id)s, %(username)s, %(camera_id)s, %(mode)s, %(allowed)s, %(from_at)s, %(to_at)s, %(purpose)s, %(event_id)s,
            %(address)s)
    RETURNING id
"""
ENDED = "UPDATE hall.camera_access SET ended_at = greatest(at, %s) WHERE id = %s AND ended_at IS NULL"
SEEN = "UPDATE hall.camera_access SET ended_at = greatest(at, ended_at, %s) WHERE id = %s"
EVENT = "SELECT grid_code FROM hall.event WHERE id = %s"
SEARCH = """
    SELECT a.id, a.at, a.ended_at, a.account_id, a.username, a.camera_id, c.name AS camera_name, c.owner, a.mode, a.allowed, a.from_at, a.to_at,
           a.purpose, a.event_id, a.address
    FROM hall.camera_access AS a LEFT JOIN hall.camera AS c ON c.id = a.camera_id
    WHERE (%(before_id)s::bigint IS NULL OR a.id < %(before_id)s)
      AND (%(camera_id)s::bigint IS NULL OR a.camera_id = %(camera_id)s)
      AND (%(username)s::text IS NULL OR a.username = %(username)s)
      AND (%(event_id)s::bigint IS NULL OR a.event_id = %(event_id)s)
      AND (%(mode)s::text IS NULL OR a.mode = %(mode)s)
      AND (%(allowed)s::boolean IS NULL OR a.allowed = %(allowed)s)
      AND (%(start)s::timestamptz IS NULL OR a.at >= %(start)s)
      AND (%(end)s::timestamptz IS NULL OR a.at < %(end)s)
      AND (%(scope)s = '' OR starts_with(c.grid_code, %(scope)s))
    ORDER BY a.id DESC
    LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What somebody wants of a camera and why. `purpose` is one of PURPOSES or own words; start and end: the recorded window."""

    mode: Mode
    purpose: str
    event_id: int | None = None
    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """A camera that may be used as asked, and the row of hall.camera_access that says so (the token's `x`)."""

    camera: Camera
    access_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRow:
    """One line of the record."""

    id: int
    at: datetime
    ended_at: datetime | None
    account_id: int
    username: str
    camera_id: int
    camera_name: str | None
    owner: str | None
    mode: str
    allowed: bool
    from_at: datetime | None
    to_at: datetime | None
    purpose: str
    event_id: int | None
    address: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessQuery:
    """Which lines; None leaves a test out. `start` is inclusive, `end` is not; `before_id` is the last line already read."""

    camera_id: int | None = None
    username: str | None = None
    event_id: int | None = None
    mode: str | None = None
    allowed: bool | None = None
    start: datetime | None = None
    end: datetime | None = None
    before_id: int | None = None
    limit: int = 100


def admit(pool: Pool, caller: Caller, camera_id: int, ask: Ask) -> Admitted:
    """Check that the caller may do this with the camera, and keep the record of it: of a refusal as well, in a transaction of its own.

    Raises:
        NotAllowedError: the role lacks the right, which the message names.
        NotFoundError: no such camera, or outside of the reader's area.
        InvalidInputError: the purpose is empty or too long, or there is no such event in the reader's area.
    """
    try:
        with writing(pool) as conn:
            purpose = _purpose(conn, caller.reader, ask)
            camera = video_rights.check(conn, caller.reader, camera_id, ask.mode)
            return Admitted(camera=camera, access_id=note(conn, caller, camera_id, ask, allowed=True, purpose=purpose))
    except (NotAllowedError, NotFoundError):
        if 0 < camera_id <= MAX_ID:
            with writing(pool) as conn:
                note(conn, caller, camera_id, ask, allowed=False)
        raise


def require(pool: Pool, caller: Caller, camera_id: int, mode: Mode) -> Camera:
    """Check a right for something that shows no picture, as a timeline: only a refusal is put on record.

    Raises:
        NotAllowedError: the role lacks the right, which the message names.
        NotFoundError: no such camera, or outside of the reader's area.
    """
    try:
        with reading(pool) as conn:
            return video_rights.check(conn, caller.reader, camera_id, mode)
    except (NotAllowedError, NotFoundError):
        if 0 < camera_id <= MAX_ID:
            with writing(pool) as conn:
                note(conn, caller, camera_id, Ask(mode=mode, purpose=PURPOSES[0]), allowed=False)
        raise


def watermark(caller: Caller) -> str:
    """Return what stands over every picture: who looks, and on which day."""
    reader = caller.reader
    return f"{reader.display_name} {reader.username} {caller.now.astimezone(LOCAL):%Y-%m-%d}"


def note(conn: Conn, caller: Caller, camera_id: int, ask: Ask, *, allowed: bool, purpose: str | None = None) -> int:
    """Add one row and return its id. `admit` is the usual way; call this where the right was checked for many cameras at once."""
    row = conn.execute(
        INSERT,
        {
            "at": caller.now,
            "account_id": caller.reader.account_id,
            "username": caller.reader.username,
            "camera_id": camera_id,
            "mode": ask.mode.value,
            "allowed": allowed,
            "from_at": ask.start,
            "to_at": ask.end,
            "purpose": ask.purpose.strip() if purpose is None else purpose,
            "event_id": ask.event_id,
            "address": caller.address,
        },
    ).fetchone()
    return int(row[0]) if row else 0


def ended(conn: Conn, access_id: int, at: datetime) -> None:
    """Write when a stream ended; said again, the first time stands."""
    conn.execute(ENDED, [at, access_id])


def seen(conn: Conn, access_id: int, at: datetime) -> None:
    """Move the end of a replay forward: it has none of its own but the last piece that was fetched."""
    conn.execute(SEEN, [at, access_id])


def search(conn: Conn, reader: Reader, query: AccessQuery) -> list[AccessRow]:
    """Return lines of the record, newest first. A shift leader with an area reads those of the cameras in it.

    Raises:
        NotAllowedError: the reader is neither the audit administrator nor a shift leader.
        InvalidInputError: a mode that does not exist, or `limit` is not in 1..1000.
    """
    if reader.role not in MAY_SEARCH:
        raise NotAllowedError("only the audit administrator and shift leaders read who watched what")
    if not 1 <= query.limit <= MAX_ROWS:
        raise InvalidInputError(f"limit={query.limit}: 1 to {MAX_ROWS}")
    if query.mode is not None and query.mode not in set(Mode):
        raise InvalidInputError(f"mode={query.mode[:20]!r}: one of {', '.join(Mode)}")
    params = {name: getattr(query, name) for name in AccessQuery.__slots__} | {"scope": reader.scope}
    with conn.cursor(row_factory=class_row(AccessRow)) as cursor:
        return cursor.execute(SEARCH, params).fetchall()


def _purpose(conn: Conn, reader: Reader, ask: Ask) -> str:
    purpose = ask.purpose.strip()
    if not 1 <= len(purpose) <= LONGEST_PURPOSE or "\0" in purpose:
        raise InvalidInputError(f"purpose: one of {', '.join(PURPOSES)}, or up to {LONGEST_PURPOSE} characters of your own")
    if ask.event_id is not None:
        row = conn.execute(EVENT, [ask.event_id]).fetchone() if 0 < ask.event_id <= MAX_ID else None
        if row is None or not in_scope(reader, row[0]):
            raise InvalidInputError(f"event_id={ask.event_id}: no such event")
    return purpose
