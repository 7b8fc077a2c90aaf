"""Cases that are one: merging, taking a merge back, and giving one source record a case of its own. Nothing is lost on the way.

The master keeps one dispatch and one closing. Source records move to it and keep the case they came in with, so that taking back restores
both sides whole.
"""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from psycopg.types.json import Jsonb

from geodata.db import Conn
from geodata.errors import ConflictError, NotFoundError
from services import case_numbers, case_store, duplicates, orders
from services.audit import Caller
from services.case_clock import Clock
from services.case_store import CaseRow, Entry
from services.rights import in_scope
from services.workflow import CLOSED

MAX_DEPTH = 50
MAX_TEXT = 5_000
Likeness = tuple[float | None, Sequence[dict[str, Any]]]
"""Score and reasons of the search for duplicates."""
UNKNOWN: Likeness = (None, ())

ROOT = """
    WITH RECURSIVE up AS (
        SELECT id, dup_of, state, 0 AS depth FROM hall.event WHERE id = %(id)s
        UNION ALL
        SELECT e.id, e.dup_of, e.state, depth + 1 FROM up JOIN hall.event e ON e.id = up.dup_of WHERE up.state = 'merged' AND depth < %(deepest)s
    )
    SELECT id FROM up ORDER BY depth DESC LIMIT 1
"""
MEMBERS = """
    WITH RECURSIVE down AS (
        SELECT id, 0 AS depth FROM hall.event WHERE id = %(id)s
        UNION ALL
        SELECT e.id, depth + 1 FROM down JOIN hall.event e ON e.dup_of = down.id WHERE e.state = 'merged' AND depth < %(deepest)s
    )
    SELECT id FROM down LIMIT 10000
"""
MOVE_ALL = """
    UPDATE hall.source_record SET first_event_id = coalesce(first_event_id, event_id), event_id = %(master)s
    WHERE event_id = %(event)s RETURNING id
"""
MOVE_BACK = """
    UPDATE hall.source_record SET event_id = %(event)s WHERE event_id = %(master)s AND first_event_id = ANY(%(members)s) RETURNING id
"""
MOVE_ONE = """
    UPDATE hall.source_record SET event_id = %(event)s, first_event_id = %(event)s WHERE id = %(record)s RETURNING id
"""
RECORD = """
    SELECT source, external_no, report, reporter, reporter_phone, secret, received_at FROM hall.source_record WHERE id = %s AND event_id = %s FOR UPDATE
"""
DECIDE = """
    INSERT INTO hall.duplicate_decision (event_id, master_id, decision, score, reasons, account_id, actor, at)
    VALUES (%(event)s, %(master)s, %(decision)s, %(score)s, %(reasons)s, %(account_id)s, %(actor)s, %(now)s)
"""
MERGED_ENTRY = """
    SELECT from_state, detail FROM hall.case_log WHERE event_id = %s AND action = 'merge' ORDER BY seq DESC LIMIT 1
"""
COPY = """
    INSERT INTO hall.event (case_no, title, description, class_code, major, level, source, state, reported_at, deadline_at, step_started_at,
                            reporter, reporter_phone, place_text, building_id, grid_code, geom, precision, handling_level, version)
    SELECT %(case_no)s, coalesce(nullif(%(title)s, ''), title), coalesce(nullif(%(description)s, ''), description), class_code, major, level,
           %(source)s, 'reported', %(reported_at)s, %(now)s, %(now)s, %(reporter)s, %(reporter_phone)s, place_text, building_id, grid_code, geom,
           precision, handling_level, 0
    FROM hall.event WHERE id = %(id)s
    RETURNING id
"""


def locked(conn: Conn, event_id: int, master_id: int | None) -> dict[int, CaseRow]:
    """Lock a case with the case that its act will change as well: the named master, or the one it is merged into.

    Raises:
        NotFoundError: one of them does not exist.
        ConflictError: the case was merged or taken back at this moment.
    """
    wanted = {event_id, master_id or root(conn, event_id)}
    rows = case_store.lock(conn, sorted(wanted))
    missing = sorted(wanted - rows.keys())
    if missing:
        raise NotFoundError(", ".join(f"event/{number}" for number in missing))
    if master_id is None and root(conn, event_id) not in rows:
        raise ConflictError(f"case {rows[event_id].case_no} is being merged", version=rows[event_id].version)
    return rows


def root(conn: Conn, event_id: int) -> int:
    """Return the case that a merged case is handled in, or the case itself."""
    row = conn.execute(ROOT, {"id": event_id, "deepest": MAX_DEPTH}).fetchone()
    return int(row[0]) if row else event_id


def members(conn: Conn, event_id: int) -> list[int]:
    """Return the case and all that was merged into it."""
    return [row[0] for row in conn.execute(MEMBERS, {"id": event_id, "deepest": MAX_DEPTH})]


def merge(conn: Conn, caller: Caller, row: CaseRow, master: CaseRow) -> dict[str, Any]:
    """Put a locked case under a locked master; return what its log keeps.

    Raises:
        NotFoundError: the master lies outside the caller's area.
        ConflictError: the master is closed or merged itself.
    """
    _require_in_scope(caller, master)
    if master.state in CLOSED:
        raise ConflictError(f"case {master.case_no} is {master.state}: nothing can be merged into it", version=row.version)
    likeness = _likeness(conn, caller, row, master)
    moved = [found[0] for found in conn.execute(MOVE_ALL, {"event": row.id, "master": master.id})]
    called_back = orders.cancel(conn, row, caller.now)
    row.resume_state, row.paused_at = row.state, caller.now
    row.state, row.closed_at, row.dup_of = "merged", caller.now, master.id
    _decide(conn, caller, "merged", (row, master), likeness)
    case_store.save(
        conn, caller, master, Entry(action="absorb", from_state=master.state, detail={"event_id": row.id, "case_no": row.case_no})
    )
    return {"master_id": master.id, "master_no": master.case_no, "records": moved, "tasks": called_back}


def not_same(conn: Conn, caller: Caller, row: CaseRow, master: CaseRow) -> dict[str, Any]:
    """Note that a person found two cases to be two.

    Raises:
        NotFoundError: the other one lies outside the caller's area.
    """
    _require_in_scope(caller, master)
    _decide(conn, caller, "not_same", (row, master), _likeness(conn, caller, row, master))
    return {"master_id": master.id, "master_no": master.case_no}


def unmerge(conn: Conn, caller: Caller, row: CaseRow, master: CaseRow, clock: Clock) -> dict[str, Any]:
    """Give a merged case back its state, its people, its records and its remaining time; return what its log keeps."""
    values = {"event": row.id, "master": master.id, "members": members(conn, row.id)}
    moved = [found[0] for found in conn.execute(MOVE_BACK, values)]
    entry = conn.execute(MERGED_ENTRY, [row.id]).fetchone()
    row.state, row.closed_at, row.dup_of = row.resume_state or "reported", None, None
    clock.resume(conn, row, row.state, caller.now)
    row.resume_state = None
    if entry:
        orders.restore(conn, row, {int(task): str(state) for task, state in (entry[1].get("tasks") or {}).items()})
    _decide(conn, caller, "unmerged", (row, master))
    case_store.save(
        conn, caller, master, Entry(action="give_back", from_state=master.state, detail={"event_id": row.id, "case_no": row.case_no})
    )
    return {"master_id": master.id, "master_no": master.case_no, "records": moved}


def split(conn: Conn, caller: Caller, row: CaseRow, record_id: int, clock: Clock) -> dict[str, Any]:
    """Give one source record of a locked case a case of its own, at the same place and reported when the record came in.

    Raises:
        NotFoundError: the case has no such record.
    """
    found = conn.execute(RECORD, [record_id, row.id]).fetchone()
    if found is None:
        raise NotFoundError(f"source_record/{record_id}")
    source, external_no, report, reporter, phone, _, received_at = found
    values: dict[str, Any] = {
        "id": row.id,
        "case_no": case_numbers.take(conn, caller.now),
        "title": _text(report, "title"),
        "description": _text(report, "description"),
        "source": source,
        "reporter": reporter,
        "reporter_phone": phone,
        "reported_at": received_at,
        "now": caller.now,
    }
    added = conn.execute(COPY, values).fetchone()
    if added is None:
        raise NotFoundError(f"event/{row.id}")
    own = case_store.lock(conn, [added[0]])[added[0]]
    conn.execute(MOVE_ONE, {"event": own.id, "record": record_id})
    clock.start(conn, own, caller.now)
    _decide(conn, caller, "split", (own, row))
    detail = {"from_id": row.id, "from_no": row.case_no, "record": record_id, "external_no": external_no}
    case_store.save(conn, caller, own, Entry(action="split_off", from_state="reported", detail=detail))
    return {"event_id": own.id, "case_no": own.case_no, "record": record_id}


def _require_in_scope(caller: Caller, master: CaseRow) -> None:
    if not in_scope(caller.reader, master.grid_code):
        raise NotFoundError(f"event/{master.id}")


def _likeness(conn: Conn, caller: Caller, row: CaseRow, master: CaseRow) -> Likeness:
    """What the search for duplicates says of the two; nothing when they are nothing alike."""
    for candidate in duplicates.candidates(conn, row.id, caller.now, duplicates.MAX_CANDIDATES, reader=caller.reader):
        if candidate.event_id == master.id:
            return candidate.score, [asdict(reason) for reason in candidate.reasons]
    return None, []


def _decide(conn: Conn, caller: Caller, decision: str, pair: tuple[CaseRow, CaseRow], likeness: Likeness = UNKNOWN) -> None:
    values = {
        "event": pair[0].id,
        "master": pair[1].id,
        "decision": decision,
        "score": likeness[0],
        "reasons": Jsonb(list(likeness[1])),
        "account_id": caller.reader.account_id,
        "actor": caller.reader.display_name,
        "now": caller.now,
    }
    conn.execute(DECIDE, values)


def _text(report: object, name: str) -> str:
    value = report.get(name) if isinstance(report, dict) else None
    return str(value)[:MAX_TEXT] if isinstance(value, str) else ""
