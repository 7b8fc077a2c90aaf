"""What is done with an issue: approved, taken back, sent, read, made again; and which kinds are written by themselves."""

from collections.abc import Mapping
from typing import Any

from geodata.db import Conn
from geodata.errors import ConflictError, InvalidInputError, NotAllowedError, NotFoundError
from services import audit
from services.audit import Act, Caller
from services.briefs import catalogue
from services.briefs.book import MAY_DRAFT, Brief, one
from services.briefs.catalogue import BriefType
from services.rights import Reader, Role

MAY_APPROVE = frozenset({Role.LEADER, Role.SHIFT_LEADER})
"""Approve, take back, send."""
ACTIONS = ("approve", "withdraw", "send", "read", "again")
MOST_REMARK = 500
DISTRICT_DIGITS = 6
LOCK = "SELECT id, state, version, type_code, area_code FROM hall.brief WHERE id = %s FOR UPDATE"
RECEIVERS = """
    SELECT a.id FROM hall.account AS a LEFT JOIN hall.department AS d ON d.id = a.department_id
    WHERE a.active AND starts_with(%(area)s, a.scope)
      AND (a.role = ANY(%(roles)s) OR (a.role = 'department' AND d.code = ANY(%(departments)s))) ORDER BY a.id LIMIT 2000
"""
APPROVE = """
    UPDATE hall.brief SET state = 'approved', approved_by = %(account)s, approved_name = %(name)s, approved_at = %(now)s, remark = %(remark)s,
                          rendered_at = NULL, retry_at = NULL, version = version + 1 WHERE id = %(id)s
"""
WITHDRAW = """
    UPDATE hall.brief SET state = 'draft', approved_by = NULL, approved_name = NULL, approved_at = NULL, remark = NULL, rendered_at = NULL,
                          retry_at = NULL, version = version + 1 WHERE id = %(id)s
"""
SEND = "UPDATE hall.brief SET state = 'sent', sent_by = %(account)s, sent_name = %(name)s, sent_at = %(now)s, version = version + 1 WHERE id = %(id)s"
DELIVER = "INSERT INTO hall.brief_receipt (brief_id, account_id, sent_at) SELECT %(id)s, unnest(%(accounts)s::bigint[]), %(now)s ON CONFLICT DO NOTHING"
READ = "UPDATE hall.brief_receipt SET read_at = %(now)s WHERE brief_id = %(id)s AND account_id = %(account)s AND read_at IS NULL"
AGAIN = (
    "UPDATE hall.brief SET state = 'making', asked_at = %(now)s, failure = NULL, retry_at = NULL, version = version + 1 WHERE id = %(id)s"
)
ENABLE = "UPDATE hall.brief_type SET enabled = %(enabled)s WHERE code = %(code)s"


def possible(reader: Reader, brief: Brief) -> list[str]:
    """Return what the reader may do with an issue now."""
    found = []
    if brief.state == "draft" and reader.role in MAY_APPROVE:
        found.append("approve")
    if brief.state == "approved" and reader.role in MAY_APPROVE:
        found += ["send", "withdraw"]
    if brief.state == "draft" and reader.role in MAY_DRAFT:
        found.append("again")
    if brief.unread:
        found.append("read")
    return found


def act(conn: Conn, caller: Caller, brief_id: int, action: str, *, version: int | None = None, remark: str = "") -> Brief:
    """Approve, withdraw, send, mark as read, or make again. Returns the issue as it stands then.

    Raises:
        InvalidInputError: an unknown action, or a remark that is too long.
        NotAllowedError: the role does not do this.
        NotFoundError: no such issue for this reader.
        ConflictError: its state does not allow it, or somebody else was first.
    """
    reader = caller.reader
    if action not in ACTIONS:
        raise InvalidInputError(f"action={action[:40]!r}: one of {', '.join(ACTIONS)}")
    if len(remark) > MOST_REMARK:
        raise InvalidInputError(f"remark: at most {MOST_REMARK} characters")
    brief = one(conn, reader, brief_id)
    if action in {"approve", "withdraw", "send"} and reader.role not in MAY_APPROVE:
        raise NotAllowedError(f"{reader.role} does not {action} briefs")
    if action == "again" and reader.role not in MAY_DRAFT:
        raise NotAllowedError(f"{reader.role} does not ask for briefs")
    if action == "read":
        conn.execute(READ, {"id": brief_id, "account": reader.account_id, "now": caller.now})
        return one(conn, reader, brief_id)
    conn.execute(LOCK, [brief_id])
    brief = one(conn, reader, brief_id)
    if version is not None and version != brief.version:
        raise ConflictError(f"brief {brief_id} was changed meanwhile", version=brief.version)
    if action not in possible(reader, brief):
        raise ConflictError(f"brief {brief_id} is {brief.state}: {action} is not possible then", version=brief.version)
    values = {
        "id": brief_id,
        "account": reader.account_id or None,
        "name": reader.display_name or reader.username,
        "now": caller.now,
        "remark": remark or None,
    }
    match action:
        case "approve":
            conn.execute(APPROVE, values)
        case "withdraw":
            conn.execute(WITHDRAW, values)
        case "again":
            conn.execute(AGAIN, values)
        case "send":
            _send(conn, brief, values)
    audit.record(
        conn, caller, Act(action=f"brief_{action}", object=f"briefs/{brief_id}", detail={"title": brief.title, "issue": brief.issue})
    )
    return one(conn, reader, brief_id)


def _send(conn: Conn, brief: Brief, values: Mapping[str, Any]) -> None:
    kinds = catalogue.stored(conn)
    kind = kinds[brief.type_code][0] if brief.type_code in kinds else None
    accounts = receivers(conn, kind, brief.area_code) if kind else []
    if not accounts:
        raise ConflictError(f"brief {brief.id}: nobody receives {brief.type_code} for {brief.area_code}", version=brief.version)
    conn.execute(DELIVER, {"id": brief.id, "accounts": accounts, "now": values["now"]})
    conn.execute(SEND, values)


def receivers(conn: Conn, kind: BriefType, area: str) -> list[int]:
    """Return the accounts that a kind goes to: of its roles and departments, whose scope holds all of the area."""
    values = {"area": area, "roles": [role.value for role in kind.roles], "departments": kind.departments}
    return [row[0] for row in conn.execute(RECEIVERS, values)]


def enable(conn: Conn, caller: Caller, code: str, *, enabled: bool) -> None:
    """Have a kind written on its schedule, or no longer; briefs of it can still be asked for.

    Raises:
        NotAllowedError: the role approves no briefs, or has not all of the city.
        NotFoundError: no such kind.
    """
    if not may_switch(caller.reader):
        raise NotAllowedError(f"{caller.reader.role} of {caller.reader.scope or 'everywhere'} does not change which briefs are written")
    if not conn.execute(ENABLE, {"code": code, "enabled": enabled}).rowcount:
        raise NotFoundError(f"no brief type {code[:40]!r}")
    audit.record(conn, caller, Act(action="brief_type", object=f"brief-types/{code}", detail={"enabled": enabled}))


def may_switch(reader: Reader) -> bool:
    """Whether a reader decides which kinds are written: who approves, for a whole district at least."""
    return reader.role in MAY_APPROVE and len(reader.scope) <= DISTRICT_DIGITS
