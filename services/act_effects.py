"""What an act does beside changing the state: one small function an action."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from geodata.db import Conn
from geodata.errors import InvalidInputError, NotFoundError
from services import merging, orders, outbox
from services.act_form import Act
from services.audit import Caller
from services.case_clock import Clock
from services.case_standing import LEVELS
from services.case_store import CaseRow
from services.orders import Order
from services.rights import Role

LONGEST: Final = timedelta(days=400)
Detail = Mapping[str, Any]

DEPARTMENTS = "SELECT id, name, phone FROM hall.department WHERE id = ANY(%s) AND enabled"
FORGET_DEPARTMENTS = "DELETE FROM hall.case_department WHERE event_id = %s"
ADD_DEPARTMENT = "INSERT INTO hall.case_department (event_id, department_id, lead) VALUES (%s, %s, %s)"
DEPARTMENT_DONE = """
    UPDATE hall.case_department SET result = %(result)s, finished_at = %(now)s
    WHERE event_id = %(event)s AND finished_at IS NULL AND department_id = %(department)s
"""
LEAD_AGAIN = "UPDATE hall.case_department SET finished_at = NULL WHERE event_id = %s AND lead"
TASK_DONE = """
    UPDATE hall.task
    SET state = 'done', finished_at = %(now)s, arrived_at = coalesce(arrived_at, CASE WHEN state = 'on_site' THEN %(now)s END),
        result = %(result)s, passed = %(passed)s
    WHERE event_id = %(event)s AND worker_id = %(worker)s AND finished_at IS NULL AND purpose = %(purpose)s
    RETURNING id
"""
DECLINE = """
    UPDATE hall.task SET state = 'declined', finished_at = %(now)s, result = %(result)s
    WHERE event_id = %(event)s AND worker_id = %(worker)s AND finished_at IS NULL RETURNING id
"""
PROMOTE = """
    UPDATE hall.task SET lead = true
    WHERE id = (SELECT id FROM hall.task WHERE event_id = %s AND purpose = 'handle' AND finished_at IS NULL ORDER BY kind DESC, rank, id LIMIT 1)
      AND NOT EXISTS (SELECT FROM hall.task WHERE event_id = %s AND purpose = 'handle' AND finished_at IS NULL AND lead)
    RETURNING worker_id
"""
STANDARD = "SELECT id FROM hall.case_standard WHERE id = %s AND class_code = %s AND enabled"
CLASS = "SELECT code FROM hall.event_class WHERE code = %s AND enabled"
FIRST_STANDARD = "SELECT id FROM hall.case_standard WHERE class_code = %s AND enabled ORDER BY position LIMIT 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """An act under way. The row is locked and in its new state already; `before` is the state it came from."""

    conn: Conn
    caller: Caller
    wanted: Act
    row: CaseRow
    master: CaseRow | None
    """The other locked case: the named one, or the one that this case is merged into."""
    before: str
    worker_id: int | None
    department_id: int | None
    clock: Clock

    @property
    def now(self) -> datetime:
        """When it happens."""
        return self.caller.now

    def other(self) -> CaseRow:
        """Return the other case.

        Raises:
            InvalidInputError: there is none.
        """
        if self.master is None:
            raise InvalidInputError("master_id: another case than this one")
        return self.master


def classify(work: Work) -> Detail:
    """Give the case another class, level or standard before its clock starts; a standard belongs to the class."""
    row, wanted = work.row, work.wanted
    detail: dict[str, object] = {}
    if wanted.class_code is not None and wanted.class_code != row.class_code:
        if not work.conn.execute(CLASS, [wanted.class_code]).fetchone():
            raise InvalidInputError(f"class_code={wanted.class_code}: there is no such class")
        detail["class_code"] = [row.class_code, wanted.class_code]
        row.class_code, row.standard_id = wanted.class_code, None
    if wanted.level is not None and wanted.level != row.level:
        detail["level"] = [row.level, wanted.level]
        row.level = wanted.level
    if wanted.standard_id is not None:
        if not work.conn.execute(STANDARD, [wanted.standard_id, row.class_code]).fetchone():
            raise InvalidInputError(f"standard_id={wanted.standard_id}: not a standard of class {row.class_code}")
        row.standard_id = detail["standard_id"] = wanted.standard_id
    if row.standard_id is None and row.state in {"dispatched", "handling"}:
        first = work.conn.execute(FIRST_STANDARD, [row.class_code]).fetchone()
        row.standard_id = first[0] if first else None
    return detail


def dispatch(work: Work) -> Detail:
    """Name the departments and send the people."""
    called_back = orders.cancel(work.conn, work.row, work.now) if work.before in {"dispatched", "handling"} else {}
    sent = _departments(work)
    work.row.worker_id = None
    return sent | _people(work) | ({"called_back": called_back} if called_back else {})


def assign(work: Work) -> Detail:
    """Send more people."""
    return _people(work)


def feedback(work: Work) -> Detail:
    """Note the lead's result; who was on the way is called back, who was on site has done the work."""
    _own_task(work, "handle")
    if work.row.lead_department is not None:
        values = {"event": work.row.id, "department": work.row.lead_department, "result": work.wanted.opinion, "now": work.now}
        work.conn.execute(DEPARTMENT_DONE, values)
    orders.cancel(work.conn, work.row, work.now, "handle", concluded=True)
    return {"override_reason": work.wanted.override_reason} if work.wanted.override_reason else {}


def result(work: Work) -> Detail:
    """Note a helper's own result; the desk does so for a department that it names."""
    role = work.caller.reader.role
    if role is Role.WORKER:
        _own_task(work, "handle")
        return {}
    department_id = work.department_id if role is Role.DEPARTMENT else work.wanted.department_id
    values = {"event": work.row.id, "department": department_id, "result": work.wanted.opinion, "now": work.now}
    if department_id is None or (department_id == work.row.lead_department and role is not Role.DEPARTMENT):
        return {}
    if not work.conn.execute(DEPARTMENT_DONE, values).rowcount:
        raise InvalidInputError(f"department_id={department_id}: does not help in this case, or has finished")
    return {"department_id": department_id}


def decline(work: Work) -> Detail:
    """Somebody who was sent cannot come; of those who stay, the first one leads."""
    values = {"event": work.row.id, "worker": work.worker_id, "now": work.now, "result": work.wanted.opinion}
    declined = [row[0] for row in work.conn.execute(DECLINE, values)]
    promoted = work.conn.execute(PROMOTE, [work.row.id, work.row.id]).fetchone()
    if work.row.worker_id == work.worker_id:
        work.row.worker_id = promoted[0] if promoted else None
    orders.recount(work.conn, [Order(kind="worker", id=work.worker_id or 0)])
    return {"tasks": declined}


def verify(work: Work) -> Detail:
    """A worker's look at the place before filing."""
    _own_task(work, "verify")
    return {}


def check(work: Work) -> Detail:
    """A look at the result."""
    _own_task(work, "check")
    return {}


def rework(work: Work) -> Detail:
    """Send the same people again."""
    _own_task(work, "check", passed=False)
    orders.cancel(work.conn, work.row, work.now, "check")
    work.row.reworked = 1
    work.conn.execute(LEAD_AGAIN, [work.row.id])
    return {"tasks": orders.send_again(work.conn, work.caller, work.row, work.wanted.opinion or "")}


def give_back(work: Work) -> Detail:
    """The step before has to do its work again; nobody stays on the way."""
    work.row.returned = 1
    work.row.worker_id = None
    return {"called_back": orders.cancel(work.conn, work.row, work.now)}


def open_again(work: Work) -> Detail:
    """A closed case starts over."""
    work.row.worker_id = None
    work.row.self_handled = False
    return {}


def self_close(work: Work) -> Detail:
    """自办自结: the finder has solved it; a share of such cases, the same ones whenever it is drawn, is checked."""
    row = work.row
    row.self_handled, row.handling_level, row.worker_id = True, "grid", work.worker_id
    row.sampled = drawn(row.case_no, work.clock.sample_share)
    return {"sampled": row.sampled}


def drawn(case_no: str, share: float) -> bool:
    """Whether a case belongs to the share of self-handled cases that are checked; nobody can foresee or choose it at will."""
    return int.from_bytes(hashlib.sha256(case_no.encode()).digest()[:8], "big") < share * 2**64


def extend(work: Work) -> Detail:
    """Move the deadline."""
    until, row = work.wanted.until, work.row
    if until is None or not row.deadline_at < until <= work.now + LONGEST:
        raise InvalidInputError(f"until: after {row.deadline_at.isoformat(timespec='seconds')}, within {LONGEST.days} days")
    before, row.deadline_at, row.extended = row.deadline_at, until, 1
    return {"deadline": [before.isoformat(), until.isoformat()]}


def ask_extension(work: Work) -> Detail:
    """The wish is in the log; a shift leader or dispatcher decides."""
    until = work.wanted.until
    if until is None or not work.row.deadline_at < until <= work.now + LONGEST:
        raise InvalidInputError(f"until: after {work.row.deadline_at.isoformat(timespec='seconds')}, within {LONGEST.days} days")
    return {"until": until.isoformat()}


def suspend(work: Work) -> Detail:
    """Stop the clock."""
    until, row = work.wanted.until, work.row
    if until is None or not work.now < until <= work.now + LONGEST:
        raise InvalidInputError(f"until: in the future, within {LONGEST.days} days")
    row.paused_at, row.resume_state = work.now, work.before
    return {"until": until.isoformat()}


def resume(work: Work) -> Detail:
    """Let the clock go on with the working time that was left."""
    since = work.row.paused_at
    work.clock.resume(work.conn, work.row, work.row.state, work.now)
    work.row.resume_state = None
    return {"paused_at": since.isoformat() if since else None}


def supervise(work: Work) -> Detail:
    """督办: the lead department is told at once."""
    work.row.supervised = True
    for _, _, phone in work.conn.execute(DEPARTMENTS, [[work.row.lead_department or 0]]):
        _tell(work, "supervised", phone, work.row.lead_department or 0, work.wanted.opinion or "")
    return {}


def release(work: Work) -> Detail:
    """The supervision ends."""
    work.row.supervised = False
    return {}


def raise_level(work: Work) -> Detail:
    """Hand it up: grid, community, street, district; the number stays."""
    return _level(work, 1)


def lower_level(work: Work) -> Detail:
    """Hand it down."""
    return _level(work, -1)


def callback(work: Work) -> Detail:
    """回访: what the reporter says of it."""
    return {"satisfied": work.wanted.satisfied}


def evaluate(work: Work) -> Detail:
    """考评."""
    work.row.score = work.wanted.score
    return {"score": work.wanted.score}


def merge(work: Work) -> Detail:
    """Put the case under another one."""
    work.row.state = work.before
    return merging.merge(work.conn, work.caller, work.row, work.other())


def not_same(work: Work) -> Detail:
    """Two cases are two."""
    return merging.not_same(work.conn, work.caller, work.row, work.other())


def unmerge(work: Work) -> Detail:
    """Take a merge back."""
    return merging.unmerge(work.conn, work.caller, work.row, work.other(), work.clock)


def split(work: Work) -> Detail:
    """One record becomes a case of its own."""
    return merging.split(work.conn, work.caller, work.row, work.wanted.source_record_id or 0, work.clock)


EFFECTS: Final[Mapping[str, Callable[[Work], Detail]]] = {
    "dispatch": dispatch,
    "reassign": dispatch,
    "assign": assign,
    "feedback": feedback,
    "result": result,
    "decline": decline,
    "verify": verify,
    "check": check,
    "rework": rework,
    "return": give_back,
    "reopen": open_again,
    "sample_fail": open_again,
    "self_close": self_close,
    "extend": extend,
    "ask_extension": ask_extension,
    "suspend": suspend,
    "resume": resume,
    "supervise": supervise,
    "release": release,
    "raise_level": raise_level,
    "lower_level": lower_level,
    "callback": callback,
    "evaluate": evaluate,
    "merge": merge,
    "not_same": not_same,
    "unmerge": unmerge,
    "split": split,
}
KEEPS_CLOCK: Final = frozenset({"reassign", "handle", "resume", "merge", "unmerge", "suspend", "evaluate"})
"""Actions that change the state without starting the clock of a new step."""


def _departments(work: Work) -> dict[str, Any]:
    """Write who is responsible; a case that is sent to people alone has no department."""
    lead, helpers = work.wanted.department_id, list(dict.fromkeys(work.wanted.co_departments))
    if lead is None and helpers:
        raise InvalidInputError("missing: department_id")
    work.conn.execute(FORGET_DEPARTMENTS, [work.row.id])
    work.row.lead_department = lead
    if lead is None:
        return {}
    helpers = [number for number in helpers if number != lead]
    phones = {number: phone for number, _, phone in work.conn.execute(DEPARTMENTS, [[lead, *helpers]])}
    strange = [f"department/{number}" for number in (lead, *helpers) if number not in phones]
    if strange:
        raise NotFoundError(", ".join(strange))
    for number in (lead, *helpers):
        work.conn.execute(ADD_DEPARTMENT, [work.row.id, number, number == lead])
        _tell(work, "case", phones[number], number, work.wanted.order_text)
    return {"department_id": lead, "co_departments": helpers}


def _people(work: Work) -> dict[str, Any]:
    if not work.wanted.orders:
        return {}
    sent = orders.send(work.conn, work.caller, work.row, work.wanted.orders, work.wanted.order_text)
    handling = orders.PURPOSES.get(work.row.state) is None
    if handling and work.row.worker_id is None:
        work.row.worker_id = _leading_worker(work.wanted.orders)
    return {"tasks": sent}


def _leading_worker(sent: tuple[Order, ...] | Any) -> int | None:
    workers = [order for order in sent if order.kind == "worker"]
    return next((order.id for order in workers if order.lead), workers[0].id if workers else None)


def _own_task(work: Work, purpose: str, *, passed: bool | None = None) -> None:
    """What a worker reports ends the worker's task."""
    if work.worker_id is None or work.caller.reader.role is not Role.WORKER:
        return
    values = {
        "event": work.row.id,
        "worker": work.worker_id,
        "purpose": purpose,
        "now": work.now,
        "result": work.wanted.opinion,
        "passed": None if purpose == "handle" else passed is not False,
    }
    if work.conn.execute(TASK_DONE, values).fetchall():
        orders.recount(work.conn, [Order(kind="worker", id=work.worker_id)])


def _level(work: Work, step: int) -> Detail:
    before = work.row.handling_level
    work.row.handling_level = LEVELS[LEVELS.index(before) + step]
    return {"handling_level": [before, work.row.handling_level]}


def _tell(work: Work, template: str, phone: str | None, department_id: int, order_text: str) -> None:
    row = work.row
    body = {
        "template": template,
        "case_no": row.case_no,
        "title": row.title,
        "place": row.place_text,
        "order": order_text,
        "due": row.deadline_at.isoformat(timespec="minutes"),
    }
    channel, recipient = ("sms", phone) if phone else ("webhook", f"department/{department_id}")
    outbox.put(work.conn, channel, recipient, body, work.now, event_id=row.id)
