"""A reader's part in a case: whether it is theirs, and which conditions of the workflow hold. Rights of acts and of case pages rest on it."""

from dataclasses import dataclass
from typing import Any

from psycopg.rows import class_row

from geodata.db import Conn
from geodata.errors import NotAllowedError, NotFoundError
from services.case_store import CaseRow
from services.rights import Reader, Role, in_scope
from services.workflow import Standing

READERS = frozenset({Role.LEADER, Role.DISPATCHER, Role.ACCEPTOR, Role.SHIFT_LEADER, Role.DEPARTMENT, Role.WORKER, Role.WALL})
"""Who may open a case at all."""
LEVELS = ("grid", "community", "street", "district")

# Whom the account stands for, and what was done to the case. `entered` is the last act that brought the case into its state.
FACTS = """
    SELECT account.worker_id, account.department_id,
           EXISTS (SELECT FROM hall.worker w WHERE w.id = account.worker_id AND w.grid_code = %(grid_code)s) AS home,
           EXISTS (SELECT FROM hall.case_log l WHERE l.event_id = %(id)s AND l.account_id = account.id) AS acted,
           EXISTS (SELECT FROM hall.task t WHERE t.event_id = %(id)s AND t.worker_id = account.worker_id) AS sent,
           EXISTS (SELECT FROM hall.task t WHERE t.event_id = %(id)s AND t.worker_id = account.worker_id AND t.finished_at IS NULL) AS on_it,
           EXISTS (SELECT FROM hall.task t WHERE t.event_id = %(id)s AND t.worker_id = account.worker_id AND t.lead AND t.purpose = 'handle'
                   AND t.finished_at IS NULL) AS leads_task,
           EXISTS (SELECT FROM hall.task t WHERE t.event_id = %(id)s AND t.worker_id = account.worker_id AND NOT t.lead AND t.purpose = 'handle'
                   AND t.finished_at IS NULL) AS helps_task,
           EXISTS (SELECT FROM hall.task t WHERE t.event_id = %(id)s AND t.worker_id = account.worker_id AND t.purpose = 'handle'
                   AND t.state = 'done') AS did_task,
           EXISTS (SELECT FROM hall.task t WHERE t.event_id = %(id)s AND t.purpose = 'handle') AS tasks,
           EXISTS (SELECT FROM hall.task t WHERE t.event_id = %(id)s AND t.purpose = 'handle' AND t.finished_at IS NULL
                   AND t.worker_id IS DISTINCT FROM account.worker_id) AS others,
           EXISTS (SELECT FROM hall.case_department d WHERE d.event_id = %(id)s AND d.department_id = account.department_id) AS involved,
           EXISTS (SELECT FROM hall.case_department d WHERE d.event_id = %(id)s AND d.department_id = account.department_id
                   AND NOT d.lead AND d.finished_at IS NULL) AS helps,
           (SELECT count(*) FROM hall.case_department d WHERE d.event_id = %(id)s AND NOT d.lead AND d.finished_at IS NULL)
             + (SELECT count(*) FROM hall.task t WHERE t.event_id = %(id)s AND NOT t.lead AND t.purpose = 'handle' AND t.finished_at IS NULL)
             AS waiting,
           EXISTS (SELECT FROM hall.case_log l WHERE l.event_id = %(id)s AND l.action = 'accept') AS accepted,
           EXISTS (SELECT FROM hall.case_log l WHERE l.event_id = %(id)s AND l.action = 'receive' AND l.account_id = account.id
                   AND l.seq > entered.dispatched) AS received,
           EXISTS (SELECT FROM hall.case_log l WHERE l.event_id = %(id)s AND l.action = 'check' AND l.seq > entered.checking) AS checked,
           EXISTS (SELECT FROM hall.case_log l WHERE l.event_id = %(id)s AND l.action IN ('feedback', 'result', 'self_close')
                   AND l.account_id = account.id) AS solved,
           EXISTS (SELECT FROM hall.case_log l WHERE l.event_id = %(id)s AND l.action IN ('sample_pass', 'sample_fail')) AS sampled,
           (SELECT count(*) FROM hall.source_record s WHERE s.event_id = %(id)s) AS sources
    FROM (SELECT %(account_id)s::bigint AS id) AS asked
    LEFT JOIN hall.account AS account ON account.id = asked.id,
         LATERAL (SELECT coalesce(max(seq) FILTER (WHERE to_state = 'dispatched' AND action IN ('dispatch', 'reassign')), 0) AS dispatched,
                         coalesce(max(seq) FILTER (WHERE to_state = 'checking' AND from_state IS DISTINCT FROM 'checking'), 0) AS checking
                  FROM hall.case_log WHERE event_id = %(id)s) AS entered
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Facts:
    worker_id: int | None
    department_id: int | None
    home: bool
    acted: bool
    sent: bool
    on_it: bool
    leads_task: bool
    helps_task: bool
    did_task: bool
    tasks: bool
    others: bool
    involved: bool
    helps: bool
    waiting: int
    accepted: bool
    received: bool
    checked: bool
    solved: bool
    sampled: bool
    sources: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The reader's part in a case."""

    worker_id: int | None
    """Of hall.worker, whom the account stands for."""
    department_id: int | None
    visible: bool
    checked: bool
    standing: Standing


def part(conn: Conn, reader: Reader, row: CaseRow) -> Part:
    """Return the reader's part in a case that was read or locked."""
    values: dict[str, Any] = {"id": row.id, "grid_code": row.grid_code, "account_id": reader.account_id}
    with conn.cursor(row_factory=class_row(_Facts)) as cursor:
        facts = cursor.execute(FACTS, values).fetchone()
    if facts is None:
        raise NotFoundError(f"event/{row.id}")
    handler = facts.worker_id is not None and row.worker_id == facts.worker_id
    mine = facts.worker_id is not None and (
        facts.on_it or (handler and not facts.did_task) or (facts.home and row.state in {"reported", "checking"})
    )
    theirs = _theirs(row, facts)
    return Part(
        worker_id=facts.worker_id,
        department_id=facts.department_id,
        visible=_visible(reader, row, facts, handler=handler),
        checked=facts.checked,
        standing=Standing(
            state=row.state,
            before=_before(row),
            own=mine if reader.role is Role.WORKER else theirs,
            facts=_true(reader, row, facts, handler=handler),
            needs={"feedback:override_reason"} if facts.waiting else frozenset(),
        ),
    )


def require_visible(reader: Reader, row: CaseRow, own: Part) -> None:
    """See that the reader may know the case.

    Raises:
        NotAllowedError: the role opens no cases.
        NotFoundError: the case lies outside the reader's scope, or is another department's or worker's.
    """
    if reader.role not in READERS:
        raise NotAllowedError(f"{reader.role} opens no cases")
    if not in_scope(reader, row.grid_code) or not own.visible:
        raise NotFoundError(f"event/{row.id}")


def _visible(reader: Reader, row: CaseRow, facts: _Facts, *, handler: bool) -> bool:
    if reader.role is Role.DEPARTMENT:
        return _theirs(row, facts) or facts.acted
    if reader.role is Role.WORKER:
        return facts.acted or (facts.worker_id is not None and (facts.sent or handler or facts.home))
    return True


def _theirs(row: CaseRow, facts: _Facts) -> bool:
    """A department has the cases that were sent to it; one that is only proposed before the dispatch is not its own yet."""
    leads = row.lead_department == facts.department_id and row.state not in {"reported", "filed", "not_filed"}
    return facts.department_id is not None and (facts.involved or leads)


def _true(reader: Reader, row: CaseRow, facts: _Facts, *, handler: bool) -> frozenset[str]:
    leads_case = facts.department_id is not None and row.lead_department == facts.department_id
    leading = {Role.DEPARTMENT: leads_case, Role.WORKER: facts.leads_task or (handler and not facts.tasks)}
    helping = {Role.DEPARTMENT: facts.helps, Role.WORKER: facts.helps_task}
    level = LEVELS.index(row.handling_level)
    conditions = {
        "unaccepted": not facts.accepted,
        "unreceived": not facts.received,
        "leading": leading.get(reader.role, True),
        "helping": helping.get(reader.role, facts.waiting > 0),
        "replaceable": facts.on_it and (facts.others or row.lead_department is not None or row.state in {"reported", "checking"}),
        "checked": facts.checked,
        "unchecked": not facts.checked,
        "independent": not (facts.solved or facts.did_task),
        "sampled": row.sampled and not facts.sampled,
        "supervised": row.supervised,
        "unsupervised": not row.supervised,
        "above_grid": level > 0,
        "below_district": level < len(LEVELS) - 1,
        "several_sources": facts.sources > 1,
    }
    return frozenset(name for name, true in conditions.items() if true)


def _before(row: CaseRow) -> str | None:
    if row.state == "suspended":
        return row.resume_state or ("handling" if row.worker_id or row.lead_department else "filed")
    return row.resume_state if row.state == "merged" else None
