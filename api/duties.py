"""Departments and who answers for what, for programs. Every account reads them; the system administrator writes."""

from dataclasses import dataclass

from flask import request
from msgspec import Struct

from api import parameters
from api.context import Context
from api.identity import current_caller
from api.routes import Route, body
from geodata.db import reading
from services import audit, duty, duty_edit
from services.duty_edit import DepartmentEntry

SUBJECT = parameters.text("subject", 20, "Only of this class, sub class or major class.")
AREA = parameters.text("area", 15, "Area code prefix; absent for everywhere.")


class DepartmentBody(Struct, forbid_unknown_fields=True):
    """A department as it shall be."""

    name: str
    kind: str
    scope: str = ""
    phone: str = ""
    enabled: bool = True

    def entry(self) -> DepartmentEntry:
        """Return it for the service."""
        return DepartmentEntry(name=self.name, kind=self.kind, scope=self.scope, phone=self.phone, enabled=self.enabled)


class NewDepartment(DepartmentBody, kw_only=True, forbid_unknown_fields=True):
    """A department to add: 2 to 40 lower-case letters, digits or _."""

    code: str


class RuleBody(Struct, forbid_unknown_fields=True):
    """Who answers for a class, sub class or major class within an area; `lead` and `helpers` are ids of departments."""

    subject: str
    lead: int
    area: str = ""
    helpers: list[int] = []


@dataclass(frozen=True, slots=True)
class DepartmentList:
    """All departments."""

    items: list[duty.Department]


@dataclass(frozen=True, slots=True)
class RuleList:
    """Duty rules by subject and area."""

    items: list[duty.DutyRule]


class DutyViews:
    """Views over departments and duty rules."""

    def __init__(self, context: Context) -> None:
        self._pool = context.pool

    def departments(self) -> DepartmentList:
        """All departments."""
        with reading(self._pool) as conn:
            return DepartmentList(duty.departments(conn))

    def create_department(self) -> DepartmentList:
        """Add a department."""
        new, caller = body(NewDepartment), current_caller()
        with audit.attempt(self._pool, caller, "department_change", f"department/{new.code[:40]}") as conn:
            made = duty_edit.create_department(conn, caller, new.code, new.entry())
            return DepartmentList([item for item in duty.departments(conn) if item.id == made])

    def change_department(self, id: int) -> None:  # noqa: A002 - as the path names it
        """Replace what is known of a department."""
        wanted, caller = body(DepartmentBody), current_caller()
        with audit.attempt(self._pool, caller, "department_change", f"department/{id}") as conn:
            duty_edit.change_department(conn, caller, id, wanted.entry())

    def rules(self) -> RuleList:
        """Duty rules."""
        subject = SUBJECT.optional(request.args)
        with reading(self._pool) as conn:
            return RuleList(duty.rules(conn, [subject] if subject else None))

    def put_rule(self) -> RuleList:
        """Say who answers for a subject."""
        wanted, caller = body(RuleBody), current_caller()
        with audit.attempt(self._pool, caller, "duty_change", f"duty/{wanted.subject[:20]}@{wanted.area[:15]}") as conn:
            duty_edit.put_rule(conn, caller, subject=wanted.subject, area=wanted.area, lead=wanted.lead, helpers=wanted.helpers)
            return RuleList(duty.rules(conn, [wanted.subject]))

    def delete_rule(self) -> None:
        """Take a rule away."""
        caller, subject, area = current_caller(), SUBJECT.read(request.args), AREA.optional(request.args) or ""
        with audit.attempt(self._pool, caller, "duty_change", f"duty/{subject}@{area}") as conn:
            duty_edit.delete_rule(conn, caller, subject=subject, area=area)

    def routes(self) -> tuple[Route, ...]:
        """All operations."""
        rules, departments = "/api/v1/duty-rules", "/api/v1/departments"
        return (
            Route(method="GET", path=departments, view=self.departments, answer=DepartmentList, summary="Departments"),
            Route(
                method="POST",
                path=departments,
                view=self.create_department,
                body=NewDepartment,
                answer=DepartmentList,
                status=201,
                summary="Add a department (system administrator)",
            ),
            Route(
                method="PUT",
                path=departments + "/{id}",
                view=self.change_department,
                body=DepartmentBody,
                summary="Replace what is known of a department (system administrator)",
            ),
            Route(
                method="GET", path=rules, view=self.rules, answer=RuleList, parameters=(SUBJECT,), summary="Who answers for what, and where"
            ),
            Route(
                method="PUT",
                path=rules,
                view=self.put_rule,
                body=RuleBody,
                answer=RuleList,
                summary="Say who answers for a class, sub class or major class within an area (system administrator)",
            ),
            Route(
                method="DELETE",
                path=rules,
                view=self.delete_rule,
                parameters=(SUBJECT, AREA),
                summary="Take a duty rule away (system administrator)",
            ),
        )
