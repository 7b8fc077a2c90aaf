"""Tasks of those who were sent: the receipts of each receiver, from delivery to the result. What a receipt means for the case is an act on it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from psycopg.rows import class_row, dict_row

from geodata.db import Conn
from geodata.errors import ConflictError, InvalidInputError, NotAllowedError, NotFoundError
from services import acts, audit, case_clock, case_parts, case_standing, case_store, deadlines
from services.act_form import MAX_CLIENT_ID, MAX_TEXT, Act
from services.audit import Caller
from services.case_store import CaseRow
from services.orders import Order, cancel, recount, send
from services.rights import Reader, Role

__all__ = ["Task", "TaskAct", "TaskQuery", "act", "cancel", "recount", "send", "task", "tasks"]

MAX_TASKS: Final = 500
ACTIONS: Final = ("deliver", "accept", "arrive", "finish", "decline")
DESKS: Final = frozenset({Role.DISPATCHER, Role.SHIFT_LEADER})
"""They note by telephone or radio what a receiver reports."""
READERS: Final = frozenset({Role.LEADER, Role.DISPATCHER, Role.ACCEPTOR, Role.SHIFT_LEADER, Role.DEPARTMENT, Role.WORKER})

LIST = """
    SELECT t.id, t.event_id, t.kind, t.worker_id, t.vehicle_id, coalesce(w.name, v.plate) AS name, coalesce(w.team, v.team) AS team, t.lead,
           t.purpose, t.order_text, t.state, t.sent_at, t.delivered_at, t.accepted_at, t.arrived_at, t.finished_at, t.result, t.passed, t.rank,
           t.override_reason, t.engine, t.distance_m, t.predicted_s,
           e.case_no, e.title, e.description, e.level, e.major, c.name AS class_name, e.state AS case_state, e.version, e.place_text,
           ST_X(e.geom) AS lon, ST_Y(e.geom) AS lat, e.step_started_at, e.deadline_at, e.paused_at, e.standard_id, e.resume_state
    FROM hall.task t JOIN hall.event e ON e.id = t.event_id JOIN hall.event_class c ON c.code = e.class_code
    LEFT JOIN hall.worker w ON w.id = t.worker_id LEFT JOIN hall.vehicle v ON v.id = t.vehicle_id
    LEFT JOIN hall.account a ON a.id = %(account_id)s
    WHERE starts_with(e.grid_code, %(scope)s)
      AND (%(id)s::bigint IS NULL OR t.id = %(id)s)
      AND (%(event_id)s::bigint IS NULL OR t.event_id = %(event_id)s)
      AND (NOT %(mine)s OR t.worker_id = a.worker_id)
      AND (NOT %(department)s OR EXISTS (SELECT FROM hall.case_department d WHERE d.event_id = t.event_id AND d.department_id = a.department_id))
      AND (%(open)s::boolean IS NULL OR (t.finished_at IS NULL) = %(open)s)
    ORDER BY t.finished_at DESC NULLS FIRST, e.deadline_at, t.id LIMIT %(limit)s OFFSET %(offset)s
"""
LOCK = """
    SELECT id, event_id, kind, worker_id, vehicle_id, lead, purpose, state, sent_at, finished_at FROM hall.task WHERE id = %s FOR UPDATE
"""
EVENT_OF = "SELECT event_id FROM hall.task WHERE id = %s"
RECEIPT = "SELECT action FROM hall.task_receipt WHERE task_id = %s AND client_id = %s"
ADD_RECEIPT = "INSERT INTO hall.task_receipt (task_id, client_id, action, at) VALUES (%s, %s, %s, %s)"
DELIVERED = "UPDATE hall.task SET delivered_at = coalesce(delivered_at, %(at)s) WHERE id = %(id)s"
ACCEPTED = """
    UPDATE hall.task SET state = 'accepted', delivered_at = coalesce(delivered_at, %(at)s), accepted_at = %(at)s WHERE id = %(id)s
"""
ARRIVED = """
    UPDATE hall.task
    SET state = 'on_site', delivered_at = coalesce(delivered_at, %(at)s), accepted_at = coalesce(accepted_at, %(at)s), arrived_at = %(at)s
    WHERE id = %(id)s
"""
FINISHED = """
    UPDATE hall.task
    SET state = 'done', delivered_at = coalesce(delivered_at, %(at)s), accepted_at = coalesce(accepted_at, %(at)s),
        finished_at = coalesce(finished_at, %(now)s), result = %(result)s, passed = CASE purpose WHEN 'handle' THEN NULL ELSE %(passed)s END
    WHERE id = %(id)s
"""
DECLINED = "UPDATE hall.task SET state = 'declined', finished_at = %(now)s, result = %(result)s WHERE id = %(id)s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task(case_parts.CaseTask):
    """A task with what its receiver needs to know of the case. Nothing of a reporter is in it."""

    case_no: str
    title: str
    description: str | None
    level: int
    major: str
    class_name: str
    case_state: str
    version: int
    place_text: str
    lon: float
    lat: float
    step_started_at: datetime
    deadline_at: datetime
    paused_at: datetime | None
    remaining_s: float
    """Of the step's clock; negative when overdue."""
    unit: str
    lamp: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskQuery:
    """Which tasks; None leaves a test out. A worker gets own tasks whatever is asked."""

    mine: bool = False
    open: bool | None = True
    event_id: int | None = None
    limit: int = 100
    offset: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskAct:
    """What a receiver reports."""

    action: str
    client_id: str | None = None
    """Made by the phone; the same one again is the same receipt again."""
    at: datetime | None = None
    """When it happened, by the phone's clock; what cannot be true counts as now."""
    opinion: str | None = None
    """Result, or the reason for declining."""
    passed: bool = True
    """Of a verification or check: whether it is as reported, or done."""
    override_reason: str | None = None
    attachments: Sequence[int] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Locked:
    id: int
    event_id: int
    kind: str
    worker_id: int | None
    vehicle_id: int | None
    lead: bool
    purpose: str
    state: str
    sent_at: datetime
    finished_at: datetime | None


def tasks(conn: Conn, reader: Reader, query: TaskQuery, now: datetime) -> list[Task]:
    """Return tasks of the reader's scope: a worker's own, those of a department's cases, all for the desk; open ones by deadline first.

    Raises:
        NotAllowedError: the role sees no tasks.
        InvalidInputError: `limit` is not in 1..500, or `offset` negative.
    """
    if reader.role not in READERS:
        raise NotAllowedError(f"{reader.role} sees no tasks")
    if not 1 <= query.limit <= MAX_TASKS or query.offset < 0:
        raise InvalidInputError(f"limit={query.limit}, offset={query.offset}: limit is 1 to {MAX_TASKS}, offset not negative")
    return _read(conn, reader, query, now)


def task(conn: Conn, reader: Reader, task_id: int, now: datetime) -> Task:
    """Return one task.

    Raises:
        NotAllowedError: the role sees no tasks.
        NotFoundError: no such task, or not for this reader.
    """
    if reader.role not in READERS:
        raise NotAllowedError(f"{reader.role} sees no tasks")
    found = _read(conn, reader, TaskQuery(open=None, limit=1), now, task_id)
    if not found:
        raise NotFoundError(f"task/{task_id}")
    return found[0]


def act(conn: Conn, caller: Caller, task_id: int, wanted: TaskAct) -> Task:
    """Note a receipt and do with the case what follows from it, in one transaction; return the task as it is then.

    Raises:
        NotFoundError: no such task, or not for this reader.
        NotAllowedError: the role answers no tasks, or the case does not allow what follows.
        ConflictError: the task is over, or the case is in a state that does not allow what follows.
        InvalidInputError: an unknown action, or something is missing.
    """
    _require_valid(wanted)
    locked, row = _lock(conn, caller, task_id)
    if not _answered(conn, locked, wanted):
        _do(conn, _Receipt(caller, row, locked, wanted))
        if wanted.client_id is not None:
            conn.execute(ADD_RECEIPT, [task_id, wanted.client_id, wanted.action, caller.now])
        audit.record(conn, caller, audit.Act(action=f"task_{wanted.action}", object=f"tasks/{task_id}", detail={"event_id": row.id}))
    return task(conn, caller.reader, task_id, caller.now)


def _require_valid(wanted: TaskAct) -> None:
    if wanted.action not in ACTIONS:
        raise InvalidInputError(f"action={wanted.action[:40]!r}: one of {', '.join(ACTIONS)}")
    if wanted.client_id is not None and not 1 <= len(wanted.client_id) <= MAX_CLIENT_ID:
        raise InvalidInputError(f"client_id: 1 to {MAX_CLIENT_ID} characters")
    if len(wanted.opinion or "") > MAX_TEXT:
        raise InvalidInputError(f"opinion: at most {MAX_TEXT} characters")
    if wanted.at is not None and wanted.at.tzinfo is None:
        raise InvalidInputError("at: must carry an offset, as in 2026-11-23T08:00:00Z")
    if wanted.action in {"finish", "decline"} and not (wanted.opinion or "").strip():
        raise InvalidInputError("missing: opinion")


def _lock(conn: Conn, caller: Caller, task_id: int) -> tuple[_Locked, CaseRow]:
    """Lock the case, then the task, as every act does, and see that the caller may answer it."""
    if caller.reader.role not in DESKS | {Role.WORKER, Role.DEPARTMENT}:
        raise NotAllowedError(f"{caller.reader.role} answers no tasks")
    event = conn.execute(EVENT_OF, [task_id]).fetchone()
    if event is None:
        raise NotFoundError(f"task/{task_id}")
    row = case_store.lock(conn, [event[0]])[event[0]]
    with conn.cursor(row_factory=class_row(_Locked)) as cursor:
        locked = cursor.execute(LOCK, [task_id]).fetchone()
    part = case_standing.part(conn, caller.reader, row)
    own = caller.reader.role in DESKS or part.standing.own
    if caller.reader.role is Role.WORKER:
        own = locked is not None and part.worker_id is not None and locked.worker_id == part.worker_id
    if locked is None or not own or not row.grid_code.startswith(caller.reader.scope):
        raise NotFoundError(f"task/{task_id}")
    return locked, row


def _answered(conn: Conn, locked: _Locked, wanted: TaskAct) -> bool:
    """Whether this very receipt came in before.

    Raises:
        InvalidInputError: its mark belongs to another one.
        ConflictError: the task is over.
    """
    if wanted.client_id is not None:
        known = conn.execute(RECEIPT, [locked.id, wanted.client_id]).fetchone()
        if known and known[0] != wanted.action:
            raise InvalidInputError(f"client_id: was used for {known[0]}")
        if known:
            return True
    if locked.finished_at is not None:
        raise ConflictError(f"task {locked.id} is {locked.state}")
    return False


@dataclass(frozen=True, slots=True)
class _Receipt:
    """A receipt under way; case and task are locked."""

    caller: Caller
    row: CaseRow
    locked: _Locked
    wanted: TaskAct


def _do(conn: Conn, receipt: _Receipt) -> None:
    wanted, locked, now = receipt.wanted, receipt.locked, receipt.caller.now
    at = min(max(wanted.at or now, locked.sent_at), now)
    values: dict[str, Any] = {"id": locked.id, "at": at, "now": now, "result": wanted.opinion, "passed": wanted.passed}
    match wanted.action:
        case "deliver":
            conn.execute(DELIVERED, values)
        case "accept" if locked.state == "sent":
            conn.execute(ACCEPTED, values)
            _follow(conn, receipt, "receive")
        case "arrive" if locked.state != "on_site":
            conn.execute(ARRIVED, values)
            if receipt.row.state == "dispatched":
                _follow(conn, receipt, "handle")
        case "finish":
            _finish(conn, receipt)
            conn.execute(FINISHED, values)
        case "decline":
            _decline(conn, receipt)
            conn.execute(DECLINED, values)
    if wanted.action in {"finish", "decline"}:
        recount(conn, [Order(kind="worker", id=locked.worker_id) if locked.worker_id else Order(kind="vehicle", id=locked.vehicle_id or 0)])


def _follow(conn: Conn, receipt: _Receipt, action: str) -> None:
    """Do with the case what the receipt means, where the case offers it."""
    if acts.offered(conn, receipt.caller, receipt.row, action):
        _apply(conn, receipt, action)


def _apply(conn: Conn, receipt: _Receipt, action: str) -> None:
    wanted = receipt.wanted
    form = Act(
        action=action,
        opinion=wanted.opinion,
        override_reason=wanted.override_reason,
        attachments=wanted.attachments,
        detail={"task": receipt.locked.id},
    )
    acts.apply(conn, receipt.caller, receipt.row.id, form)


def _finish(conn: Conn, receipt: _Receipt) -> None:
    locked, wanted = receipt.locked, receipt.wanted
    if locked.purpose == "verify":
        _follow(conn, receipt, "verify")
    elif locked.purpose == "check":
        _apply(conn, receipt, "check" if wanted.passed else "rework")
    elif locked.lead:
        if receipt.row.state == "dispatched":
            _apply(conn, replace(receipt, wanted=TaskAct(action="arrive")), "handle")
        _apply(conn, receipt, "feedback")
    else:
        _follow(conn, receipt, "result")


def _decline(conn: Conn, receipt: _Receipt) -> None:
    """When nobody else is on it, the case goes back to be sent anew; otherwise the others go on."""
    if acts.offered(conn, receipt.caller, receipt.row, "decline"):
        _apply(conn, receipt, "decline")
    elif receipt.locked.purpose == "handle" and acts.offered(conn, receipt.caller, receipt.row, "return"):
        _apply(conn, receipt, "return")


def _read(conn: Conn, reader: Reader, query: TaskQuery, now: datetime, task_id: int | None = None) -> list[Task]:
    values = {
        "account_id": reader.account_id,
        "scope": reader.scope,
        "id": task_id,
        "event_id": query.event_id,
        "mine": query.mine or reader.role is Role.WORKER,
        "department": reader.role is Role.DEPARTMENT,
        "open": query.open,
        "limit": query.limit,
        "offset": query.offset,
    }
    with conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(LIST, values).fetchall()
    clock = case_clock.load(conn) if rows else None
    return [_task(conn, clock, row, now) for row in rows] if clock else []


def _task(conn: Conn, clock: case_clock.Clock, row: dict[str, Any], now: datetime) -> Task:
    limit = clock.limit(conn, row.pop("resume_state") or row["case_state"], row.pop("standard_id"))
    at = row["paused_at"] or now
    start, deadline = row["step_started_at"], row["deadline_at"]
    return Task(
        **{**row, "name": case_parts.receiver(row["kind"], row["name"])},
        remaining_s=deadlines.remaining_s(clock.calendar, deadline, at, limit.unit),
        unit=limit.unit,
        lamp=deadlines.lamp(clock.calendar, start, deadline, at, limit.unit),
    )
