"""Saved choices of cameras: groups (常用分组), patrol plans (轮巡) and layouts of the video page; one's own, or shared with everybody."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from geodata.db import Conn
from geodata.errors import InvalidInputError, NotAllowedError, NotFoundError
from services.audit import Act, Caller, record
from services.rights import Reader, Role
from services.video_rights import MAX_ID, SEES_CAMERAS

KINDS = ("group", "patrol", "layout")
TILES = (1, 4, 9, 16)
LONGEST_NAME = 40
MOST_CAMERAS = 400
MOST_OWN = 100
MAX_SETS = 500
MAY_SAVE = SEES_CAMERAS - {Role.WALL}
MAY_SHARE = frozenset({Role.LEADER, Role.DISPATCHER, Role.SHIFT_LEADER})

READ = """
    SELECT s.id, s.kind, s.name, s.tiles, s.dwell_s, seen.ids AS camera_ids, s.shared, s.account_id = %(account_id)s AS own, a.username, s.changed_at
    FROM hall.camera_set AS s LEFT JOIN hall.account AS a ON a.id = s.account_id
    CROSS JOIN LATERAL (
        SELECT coalesce(array_agg(c.id ORDER BY w.place), '{}') AS ids FROM unnest(s.camera_ids) WITH ORDINALITY AS w (id, place)
        JOIN hall.camera AS c ON c.id = w.id WHERE starts_with(c.grid_code, %(scope)s)) AS seen
    WHERE (s.shared OR s.account_id = %(account_id)s) AND (%(kind)s::text IS NULL OR s.kind = %(kind)s) AND (%(id)s::bigint IS NULL OR s.id = %(id)s)
    ORDER BY s.kind, s.name, s.id LIMIT %(limit)s
"""
WRITE = """
    INSERT INTO hall.camera_set (account_id, kind, name, tiles, dwell_s, camera_ids, shared, changed_at)
    VALUES (%(account_id)s, %(kind)s, %(name)s, %(tiles)s, %(dwell_s)s, %(camera_ids)s, %(shared)s, %(now)s)
    ON CONFLICT (account_id, kind, name) DO UPDATE
    SET tiles = excluded.tiles, dwell_s = excluded.dwell_s, camera_ids = excluded.camera_ids, shared = excluded.shared, changed_at = excluded.changed_at
    RETURNING id
"""
KNOWN = "SELECT count(*) FROM hall.camera WHERE id = ANY(%s) AND starts_with(grid_code, %s)"
OWN = "SELECT count(*) FROM hall.camera_set WHERE account_id = %s"
DELETE = "DELETE FROM hall.camera_set WHERE id = %s AND (account_id = %s OR (shared AND %s)) RETURNING kind, name"


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraSet:
    """A saved choice, with those of its cameras that lie in the reader's area. Patrols show `tiles` at a time, each for `dwell_s`."""

    id: int
    kind: str
    name: str
    tiles: int
    dwell_s: int
    camera_ids: Sequence[int]
    shared: bool
    own: bool
    username: str | None
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SetForm:
    """What to save; the same name of the same kind is written over."""

    kind: str
    name: str
    camera_ids: Sequence[int]
    tiles: int = 4
    dwell_s: int = 20
    shared: bool = False


def sets(conn: Conn, reader: Reader, kind: str | None = None) -> list[CameraSet]:
    """Return the reader's own and all shared sets.

    Raises:
        NotAllowedError: the role sees no cameras.
        InvalidInputError: a kind that does not exist.
    """
    if reader.role not in SEES_CAMERAS:
        raise NotAllowedError(f"{reader.role} may not see cameras")
    if kind is not None and kind not in KINDS:
        raise InvalidInputError(f"kind={kind[:20]!r}: one of {', '.join(KINDS)}")
    return _read(conn, reader, kind=kind)


def one(conn: Conn, reader: Reader, set_id: int) -> CameraSet:
    """Return one of them.

    Raises:
        NotAllowedError: the role sees no cameras.
        NotFoundError: there is none that is the reader's own or shared.
    """
    if reader.role not in SEES_CAMERAS:
        raise NotAllowedError(f"{reader.role} may not see cameras")
    found = _read(conn, reader, set_id=set_id) if 0 < set_id <= MAX_ID else []
    if not found:
        raise NotFoundError(f"camera-sets/{set_id}")
    return found[0]


def save(conn: Conn, caller: Caller, form: SetForm) -> CameraSet:
    """Save a set under its name.

    Raises:
        NotAllowedError: the role saves none, or shares none.
        InvalidInputError: a value out of range, a camera outside of the reader's area, or 100 sets already.
    """
    reader = caller.reader
    if reader.role not in MAY_SAVE or (form.shared and reader.role not in MAY_SHARE):
        raise NotAllowedError(f"{reader.role} {'shares' if form.shared else 'saves'} no choice of cameras")
    name, ids = form.name.strip(), list(dict.fromkeys(form.camera_ids))
    _check(form, name, ids)
    row = conn.execute(KNOWN, [ids, reader.scope]).fetchone()
    if row is None or row[0] != len(ids):
        raise InvalidInputError("camera_ids: some are no cameras, or lie outside of your area")
    row = conn.execute(OWN, [reader.account_id]).fetchone()
    if row and row[0] >= MOST_OWN:
        raise InvalidInputError(f"you have {MOST_OWN} saved choices: delete one first")
    written = conn.execute(
        WRITE,
        {
            "account_id": reader.account_id,
            "kind": form.kind,
            "name": name,
            "tiles": form.tiles,
            "dwell_s": form.dwell_s,
            "camera_ids": ids,
            "shared": form.shared,
            "now": caller.now,
        },
    ).fetchone()
    return one(conn, reader, written[0] if written else 0)


def delete(conn: Conn, caller: Caller, set_id: int) -> None:
    """Delete one's own set; a shift leader also deletes shared ones.

    Raises:
        NotFoundError: there is none that the caller may delete.
    """
    reader = caller.reader
    leads = reader.role is Role.SHIFT_LEADER
    row = conn.execute(DELETE, [set_id, reader.account_id, leads]).fetchone() if 0 < set_id <= MAX_ID else None
    if row is None:
        raise NotFoundError(f"camera-sets/{set_id}")
    record(conn, caller, Act(action="camera_set_delete", object=f"camera-sets/{set_id}", detail={"kind": row[0], "name": row[1]}))


def _check(form: SetForm, name: str, ids: Sequence[int]) -> None:
    if form.kind not in KINDS:
        raise InvalidInputError(f"kind={form.kind[:20]!r}: one of {', '.join(KINDS)}")
    if not 1 <= len(name) <= LONGEST_NAME or "\0" in name:
        raise InvalidInputError(f"name: 1 to {LONGEST_NAME} characters")
    if form.tiles not in TILES:
        raise InvalidInputError(f"tiles={form.tiles}: one of {', '.join(map(str, TILES))}")
    if not 5 <= form.dwell_s <= 600:
        raise InvalidInputError(f"dwell_s={form.dwell_s}: 5 to 600")
    if not 1 <= len(ids) <= MOST_CAMERAS or not all(0 < number <= MAX_ID for number in ids):
        raise InvalidInputError(f"camera_ids: 1 to {MOST_CAMERAS} cameras")


def _read(conn: Conn, reader: Reader, *, kind: str | None = None, set_id: int | None = None) -> list[CameraSet]:
    params = {"account_id": reader.account_id, "scope": reader.scope, "kind": kind, "id": set_id, "limit": MAX_SETS}
    with conn.cursor(row_factory=class_row(CameraSet)) as cursor:
        return cursor.execute(READ, params).fetchall()
