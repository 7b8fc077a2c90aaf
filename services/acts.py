"""Acts on a case: one at a time, checked against the table of transitions, with its line in the log, all in one transaction.

Of two people who act on the same version one wins, and the other is told who was faster. The same act sent twice with one `client_id` is
done once.
"""

from geodata.db import Conn
from geodata.errors import ConflictError, InvalidInputError, NotAllowedError
from services import act_effects, audit, case_clock, case_standing, case_store, cases, merging, orders, replies, workflow
from services.act_effects import EFFECTS, KEEPS_CLOCK, Work
from services.act_form import Act, require_fields, require_sizes
from services.audit import Caller
from services.case_standing import Part
from services.case_store import CaseRow, Entry
from services.cases import Case
from services.workflow import CLOSED, Transition

__all__ = ["Act", "act", "apply", "offered"]

ATTACH = """
    UPDATE hall.attachment SET event_id = %(event)s
    WHERE id = ANY(%(ids)s) AND (event_id = %(event)s OR (event_id IS NULL AND account_id = %(account)s)) RETURNING id
"""
DONE = "SELECT action FROM hall.case_log WHERE event_id = %(event)s AND account_id = %(account)s AND detail ->> 'client_id' = %(client_id)s"

RESULT = """
    SELECT opinion FROM hall.case_log WHERE event_id = %s AND action IN ('feedback', 'self_close') AND opinion IS NOT NULL ORDER BY seq DESC LIMIT 1
"""
PAIRS = frozenset({"merge", "not_same"})
"""Acts that name another case."""
REPLIED = frozenset({"closed", "not_filed", "void"})
"""States in which the sources are told how it ended."""


def act(conn: Conn, caller: Caller, event_id: int, wanted: Act) -> Case:
    """Do it and return the case as it is then. Call it in `services.audit.attempt`, which records a refusal.

    Raises:
        NotFoundError: no such case, or not for this reader.
        NotAllowedError: the role does not do this, or not in this case.
        ConflictError: the case is at another version, or in a state that does not allow it.
        InvalidInputError: an unknown action, a field is missing, or a value cannot be used.
    """
    if wanted.version is None:
        raise InvalidInputError("missing: version")
    apply(conn, caller, event_id, wanted)
    return cases.shown(conn, caller.reader, event_id, caller.now)


def apply(conn: Conn, caller: Caller, event_id: int, wanted: Act) -> CaseRow:
    """Do it in the caller's transaction, under the same conditions, without reading the whole case again. The case stays locked."""
    require_sizes(wanted)
    rows = merging.locked(conn, event_id, wanted.master_id if wanted.action in PAIRS else None)
    row = rows[event_id]
    part = case_standing.part(conn, caller.reader, row)
    if _done(conn, caller, row, wanted):
        return row
    case_standing.require_visible(caller.reader, row, part)
    transition = _transition(conn, caller, row, part, wanted)
    require_fields(conn, wanted, row.id, caller.reader.account_id, workflow.required(transition, part.standing))
    other = next((item for item in rows.values() if item is not row), None)
    _change(conn, caller, row, other, transition, part, wanted)
    audit.record(conn, caller, audit.Act(action=f"case_{wanted.action}", object=f"events/{row.id}", detail={"version": row.version}))
    return row


def offered(conn: Conn, caller: Caller, row: CaseRow, action: str) -> bool:
    """Whether the caller could do this with a locked case now."""
    part = case_standing.part(conn, caller.reader, row)
    found = workflow.possible(workflow.table(conn, row.state), caller.reader, part.standing)
    return any(item.action == action for item in found)


def _done(conn: Conn, caller: Caller, row: CaseRow, wanted: Act) -> bool:
    """Whether this very act was done before.

    Raises:
        InvalidInputError: its mark belongs to another act.
    """
    if wanted.client_id is None:
        return False
    values = {"event": row.id, "account": caller.reader.account_id, "client_id": wanted.client_id}
    found = conn.execute(DONE, values).fetchone()
    if found and found[0] != wanted.action:
        raise InvalidInputError(f"client_id: was used for {found[0]}")
    return found is not None


def _transition(conn: Conn, caller: Caller, row: CaseRow, part: Part, wanted: Act) -> Transition:
    """Return the row of the table that allows the act."""
    reader, action = caller.reader, wanted.action
    from_here = workflow.table(conn, row.state)
    found = next((item for item in from_here if item.action == action), None)
    if found is None and not workflow.known(conn, action):
        raise InvalidInputError(f"action={action[:40]!r}: possible are {', '.join(item.action for item in from_here) or 'none'}")
    if found is not None and not workflow.allowed(found, reader, part.standing):
        raise NotAllowedError(f"{reader.role} does not {action} this case")
    if found is None and not _ever(conn, caller, action):
        raise NotAllowedError(f"{reader.role} does not {action} cases")
    if wanted.version is not None:
        case_store.require_version(conn, row, wanted.version)
    if found is None:
        raise ConflictError(f"case {row.case_no} is {row.state}: {action} is not possible then", version=row.version)
    if not workflow.holds(found, part.standing):
        unmet = sorted(set(found.conditions) - part.standing.facts)
        raise ConflictError(f"case {row.case_no}: {action} needs {', '.join(unmet)}", version=row.version)
    return found


def _ever(conn: Conn, caller: Caller, action: str) -> bool:
    return any(item.action == action and caller.reader.role.value in item.roles for item in workflow.table(conn))


def _change(  # noqa: PLR0917 - what an act is made of
    conn: Conn, caller: Caller, row: CaseRow, other: CaseRow | None, transition: Transition, part: Part, wanted: Act
) -> None:
    before, action = row.state, wanted.action
    work = Work(
        conn=conn,
        caller=caller,
        wanted=wanted,
        row=row,
        master=other,
        before=before,
        worker_id=part.worker_id,
        department_id=part.department_id,
        clock=case_clock.load(conn),
    )
    row.state = workflow.target(transition, part.standing)
    detail = {**wanted.detail, **act_effects.classify(work)}
    if row.state != before and action not in KEEPS_CLOCK and row.state not in CLOSED:
        work.clock.start(conn, row, caller.now)
    detail |= EFFECTS[action](work) if action in EFFECTS else {}
    detail |= _ended(work)
    detail |= _attached(work)
    if wanted.client_id is not None:
        detail["client_id"] = wanted.client_id
    opinion = (wanted.opinion or "").strip() or None
    opinion = (wanted.opinion or "").strip() or None
    case_store.save(conn, caller, row, Entry(action=action, from_state=before, opinion=opinion, detail=detail))
    if row.state in REPLIED and before not in CLOSED:
        replies.on_close(conn, caller, row.id, opinion or _result(conn, row.id))


def _result(conn: Conn, event_id: int) -> str:
    found = conn.execute(RESULT, [event_id]).fetchone()
    return str(found[0]) if found else ""


def _ended(work: Work) -> dict[str, object]:
    """A case that ends calls everybody back; one that starts again is open."""
    row = work.row
    if row.state not in CLOSED:
        row.closed_at = None
        return {}
    if work.before in CLOSED:
        return {}
    row.closed_at = work.now
    if row.state == "merged":
        return {}
    row.paused_at = row.resume_state = None
    called_back = orders.cancel(work.conn, row, work.now, concluded=True)
    return {"called_back": called_back} if called_back else {}


def _attached(work: Work) -> dict[str, object]:
    """Bind the sender's new files to the case."""
    ids = sorted(set(work.wanted.attachments))
    if not ids:
        return {}
    values = {"event": work.row.id, "ids": ids, "account": work.caller.reader.account_id}
    found = {row[0] for row in work.conn.execute(ATTACH, values)}
    strange = sorted(set(ids) - found)
    if strange:
        raise InvalidInputError(f"attachments: {', '.join(map(str, strange))} are not yours to attach")
    return {"attachments": ids}
