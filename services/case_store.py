"""The row of a case under lock, its log, and the clock of its step: what every act reads and writes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from geodata.db import Conn
from geodata.errors import ConflictError, NotFoundError
from services.audit import Caller

LOCK = """
    SELECT id, case_no, title, class_code, level, source, state, version, reported_at, deadline_at, step_started_at, closed_at, paused_at,
           resume_state, standard_id, lead_department, handling_level, supervised, self_handled, sampled, worker_id, dup_of, grid_code, place_text
    FROM hall.event WHERE id = ANY(%s) ORDER BY id FOR UPDATE
"""
READ = """
    SELECT id, case_no, title, class_code, level, source, state, version, reported_at, deadline_at, step_started_at, closed_at, paused_at,
           resume_state, standard_id, lead_department, handling_level, supervised, self_handled, sampled, worker_id, dup_of, grid_code, place_text
    FROM hall.event WHERE id = %s
"""
# On the right of each assignment stands the row as it was: a step that is left leaves behind when that was and when it had to be; a step that is
# taken back is empty again.
SAVE = """
    UPDATE hall.event
    SET state = %(state)s, version = version + 1, class_code = %(class_code)s, major = (SELECT major FROM hall.event_class WHERE code = %(class_code)s),
        level = %(level)s, deadline_at = %(deadline_at)s, step_started_at = %(step_started_at)s, closed_at = %(closed_at)s,
        paused_at = %(paused_at)s, resume_state = %(resume_state)s, standard_id = %(standard_id)s, lead_department = %(lead_department)s,
        handling_level = %(handling_level)s, supervised = %(supervised)s, self_handled = %(self_handled)s, sampled = %(sampled)s,
        worker_id = %(worker_id)s, dup_of = %(dup_of)s, score = coalesce(%(score)s, score), extensions = extensions + %(extended)s,
        returns = returns + %(returned)s, reworks = reworks + %(reworked)s,
        accepted_at = CASE WHEN %(action)s IN ('accept', 'file') THEN coalesce(accepted_at, %(now)s) ELSE accepted_at END,
        verify_sent_at = CASE WHEN %(action)s = 'assign' AND state = 'reported' THEN coalesce(verify_sent_at, %(now)s) ELSE verify_sent_at END,
        verified_at = CASE WHEN %(action)s = 'verify' THEN %(now)s ELSE verified_at END,
        filed_at = CASE WHEN %(action)s = 'file' THEN %(now)s WHEN %(state)s = 'reported' THEN NULL ELSE filed_at END,
        dispatched_at = CASE WHEN %(action)s = 'dispatch' THEN %(now)s WHEN %(state)s IN ('reported', 'filed') THEN NULL ELSE dispatched_at END,
        handled_at = CASE WHEN %(action)s IN ('feedback', 'self_close') THEN %(now)s
                          WHEN %(state)s IN ('reported', 'filed', 'dispatched', 'handling') THEN NULL ELSE handled_at END,
        check_sent_at = CASE WHEN %(action)s = 'assign' AND state = 'checking' THEN coalesce(check_sent_at, %(now)s)
                             WHEN %(state)s IN ('reported', 'filed', 'dispatched', 'handling') THEN NULL ELSE check_sent_at END,
        checked_at = CASE WHEN %(action)s = 'check' THEN %(now)s
                          WHEN %(state)s IN ('reported', 'filed', 'dispatched', 'handling') THEN NULL ELSE checked_at END,
        file_due_at = CASE WHEN state = 'reported' THEN deadline_at ELSE file_due_at END,
        dispatch_due_at = CASE WHEN state = 'filed' THEN deadline_at ELSE dispatch_due_at END,
        handle_due_at = CASE WHEN state IN ('dispatched', 'handling') THEN deadline_at ELSE handle_due_at END,
        check_due_at = CASE WHEN state = 'checking' THEN deadline_at ELSE check_due_at END
    WHERE id = %(id)s
    RETURNING version
"""
LOG = """
    INSERT INTO hall.case_log (event_id, seq, action, from_state, to_state, account_id, actor, role, at, opinion, detail)
    VALUES (%(event_id)s, %(seq)s, %(action)s, %(from_state)s, %(to_state)s, %(account_id)s, %(actor)s, %(role)s, %(at)s, %(opinion)s, %(detail)s)
"""
LAST = "SELECT action, actor, role, at FROM hall.case_log WHERE event_id = %s ORDER BY seq DESC LIMIT 1"


@dataclass(slots=True, kw_only=True)
class CaseRow:
    """A case as acts change it; `save` writes it back."""

    id: int
    case_no: str
    title: str
    class_code: str
    level: int
    source: str
    state: str
    version: int
    reported_at: datetime
    deadline_at: datetime
    step_started_at: datetime
    closed_at: datetime | None
    paused_at: datetime | None
    resume_state: str | None
    standard_id: int | None
    lead_department: int | None
    handling_level: str
    supervised: bool
    self_handled: bool
    sampled: bool
    worker_id: int | None
    dup_of: int | None
    grid_code: str
    place_text: str
    score: int | None = None
    extended: int = 0
    returned: int = 0
    reworked: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What the log says of an act."""

    action: str
    from_state: str
    opinion: str | None = None
    detail: Mapping[str, Any] | None = None


def lock(conn: Conn, ids: Sequence[int]) -> dict[int, CaseRow]:
    """Lock cases in the order of their ids, so that two acts never wait for each other, and return them by id; strangers are absent."""
    with conn.cursor(row_factory=class_row(CaseRow)) as cursor:
        return {row.id: row for row in cursor.execute(LOCK, [sorted(set(ids))])}


def read(conn: Conn, event_id: int) -> CaseRow:
    """Return a case without locking it.

    Raises:
        NotFoundError: there is none.
    """
    with conn.cursor(row_factory=class_row(CaseRow)) as cursor:
        row = cursor.execute(READ, [event_id]).fetchone()
    if row is None:
        raise NotFoundError(f"event/{event_id}")
    return row


def save(conn: Conn, caller: Caller, row: CaseRow, entry: Entry) -> int:
    """Write a locked case back with the next version and its line in the log; return the version."""
    values = {name: getattr(row, name) for name in CaseRow.__slots__} | {"action": entry.action, "now": caller.now}
    saved = conn.execute(SAVE, values).fetchone()
    if saved is None:
        raise NotFoundError(f"event/{row.id}")
    row.version = int(saved[0])
    row.extended = row.returned = row.reworked = 0
    conn.execute(
        LOG,
        {
            "event_id": row.id,
            "seq": row.version,
            "action": entry.action,
            "from_state": entry.from_state,
            "to_state": row.state,
            "account_id": caller.reader.account_id,
            "actor": caller.reader.display_name,
            "role": caller.reader.role.value,
            "at": caller.now,
            "opinion": entry.opinion,
            "detail": Jsonb(dict(entry.detail or {})),
        },
    )
    return row.version


def require_version(conn: Conn, row: CaseRow, version: int) -> None:
    """See that the caller has seen the present state of the case.

    Raises:
        ConflictError: somebody was faster; the message says who did what and when.
    """
    if version == row.version:
        return
    last = conn.execute(LAST, [row.id]).fetchone()
    said = f"{last[0]} by {_shown(last[1], last[2])} at {last[3].isoformat(timespec='seconds')}" if last else "changed"
    raise ConflictError(f"case {row.case_no} is at version {row.version}, not {version}: {said}", version=row.version)


def _shown(actor: str, role: str) -> str:
    return role if role == "worker" else actor
