"""Changes of departments and of who answers for what: by the system administrator, each with a line in the audit trail."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from geodata.db import Conn
from geodata.errors import InvalidInputError, NotFoundError
from services import duty
from services.accounts import require
from services.audit import Act, Caller, record
from services.dictionary import MAJORS
from services.dictionary_edit import checked_name, checked_text, is_known
from services.rights import Role

DEPARTMENT_CODE = re.compile(r"[a-z][a-z0-9_]{1,39}")
AREA = re.compile(r"(?:\d{6}(?:\d{3}){0,3})?", re.ASCII)
DEPARTMENT_KINDS = ("bureau", "street", "community", "company")

NEW_DEPARTMENT = """
    INSERT INTO hall.department (code, name, kind, scope, phone, enabled)
    VALUES (%(code)s, %(name)s, %(kind)s, %(scope)s, nullif(%(phone)s, ''), %(enabled)s) ON CONFLICT (code) DO NOTHING RETURNING id
"""
CHANGE_DEPARTMENT = """
    UPDATE hall.department SET name = %(name)s, kind = %(kind)s, scope = %(scope)s, phone = nullif(%(phone)s, ''), enabled = %(enabled)s
    WHERE id = %(id)s
"""
KNOWN_DEPARTMENTS = "SELECT count(*) FROM hall.department WHERE id = ANY(%s)"
PUT_RULE = """
    INSERT INTO hall.duty_rule (subject, area, lead_department, co_departments) VALUES (%(subject)s, %(area)s, %(lead)s, %(helpers)s)
    ON CONFLICT (subject, area) DO UPDATE SET lead_department = excluded.lead_department, co_departments = excluded.co_departments
"""
DELETE_RULE = "DELETE FROM hall.duty_rule WHERE subject = %s AND area = %s RETURNING id"


@dataclass(frozen=True, slots=True, kw_only=True)
class DepartmentEntry:
    """A department as it shall be."""

    name: str
    kind: str
    scope: str = ""
    phone: str = ""
    enabled: bool = True


def create_department(conn: Conn, caller: Caller, code: str, entry: DepartmentEntry) -> int:
    """Add a department; return its id.

    Raises:
        NotAllowedError: the caller is not the system administrator.
        InvalidInputError: the code is taken or malformed, or a value cannot be used.
    """
    require(caller, Role.SYSTEM_ADMIN)
    if not DEPARTMENT_CODE.fullmatch(code):
        raise InvalidInputError("code: 2 to 40 lower-case letters, digits or _, beginning with a letter")
    row = conn.execute(NEW_DEPARTMENT, {"code": code, **_department_values(entry)}).fetchone()
    if row is None:
        raise InvalidInputError(f"code: {code} is taken")
    record(conn, caller, Act(action="department_change", object=f"department/{code}", detail={"created": asdict(entry)}))
    return int(row[0])


def change_department(conn: Conn, caller: Caller, department_id: int, entry: DepartmentEntry) -> None:
    """Replace what is known of a department; its code stays.

    Raises:
        NotAllowedError: the caller is not the system administrator.
        NotFoundError: there is no such department.
        InvalidInputError: a value cannot be used.
    """
    require(caller, Role.SYSTEM_ADMIN)
    before = next((item for item in duty.departments(conn) if item.id == department_id), None)
    if before is None:
        raise NotFoundError(f"no department {department_id}")
    conn.execute(CHANGE_DEPARTMENT, {"id": department_id, **_department_values(entry)})
    detail = {"before": asdict(before), "after": asdict(entry)}
    record(conn, caller, Act(action="department_change", object=f"department/{before.code}", detail=detail))


def put_rule(conn: Conn, caller: Caller, *, subject: str, area: str, lead: int, helpers: Sequence[int]) -> None:
    """Say who answers for a subject (class, sub class or major) within an area, empty for everywhere.

    Raises:
        NotAllowedError: the caller is not the system administrator.
        InvalidInputError: no such subject or department, or the area is no code.
    """
    require(caller, Role.SYSTEM_ADMIN)
    if subject not in MAJORS and not is_known(conn, subject):
        raise InvalidInputError("subject: the code of a class or sub class, or a major class")
    if not AREA.fullmatch(area):
        raise InvalidInputError("area: a code of 6, 9, 12 or 15 digits, or empty for everywhere")
    named = {lead, *helpers}
    row = conn.execute(KNOWN_DEPARTMENTS, [list(named)]).fetchone()
    if row is None or row[0] != len(named):
        raise InvalidInputError("lead: no such department")
    helping = [item for item in dict.fromkeys(helpers) if item != lead]
    conn.execute(PUT_RULE, {"subject": subject, "area": area, "lead": lead, "helpers": helping})
    record(conn, caller, Act(action="duty_change", object=f"duty/{subject}@{area}", detail={"lead": lead, "helpers": helping}))


def delete_rule(conn: Conn, caller: Caller, *, subject: str, area: str) -> None:
    """Take a rule away: a wider one counts again.

    Raises:
        NotAllowedError: the caller is not the system administrator.
        NotFoundError: there is no such rule.
    """
    require(caller, Role.SYSTEM_ADMIN)
    if conn.execute(DELETE_RULE, [subject, area]).fetchone() is None:
        raise NotFoundError(f"no duty rule {subject[:20]}@{area[:20]}")
    record(conn, caller, Act(action="duty_change", object=f"duty/{subject}@{area}", detail={"deleted": True}))


def _department_values(entry: DepartmentEntry) -> dict[str, object]:
    if entry.kind not in DEPARTMENT_KINDS:
        raise InvalidInputError(f"kind: one of {', '.join(DEPARTMENT_KINDS)}")
    if not AREA.fullmatch(entry.scope):
        raise InvalidInputError("scope: an area code of 6, 9, 12 or 15 digits, or empty")
    phone = checked_text("phone", entry.phone, empty=True)
    return {**asdict(entry), "name": checked_name(entry.name), "phone": phone}
