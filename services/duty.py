"""Departments, the rules that say who answers for what, and who answers for one kind of case at one place."""

from dataclasses import dataclass

from psycopg.rows import class_row

from geodata.db import Conn
from geodata.errors import NotFoundError

MAX_ROWS = 5_000
DEPARTMENTS = "SELECT id, code, name, kind, scope, coalesce(phone, '') AS phone, enabled FROM hall.department ORDER BY id LIMIT %s"
BY_IDS = """
    SELECT id, code, name, kind, scope, coalesce(phone, '') AS phone, enabled
    FROM hall.department WHERE id = ANY(%(ids)s) ORDER BY array_position(%(ids)s, id)
"""
RULES = """
    SELECT r.id, r.subject, r.area, r.lead_department, r.co_departments
    FROM hall.duty_rule AS r
    WHERE %(subjects)s::text[] IS NULL OR r.subject = ANY(%(subjects)s)
    ORDER BY r.subject, r.area LIMIT %(limit)s
"""
# Class before sub class before major, then the longest area; a department that is switched off answers for nothing.
RULE_FOR = """
    SELECT r.id, r.subject, r.area, r.lead_department, r.co_departments
    FROM hall.event_class AS c
    JOIN hall.duty_rule AS r ON r.subject IN (c.code, c.sub_code, c.major) AND starts_with(%(grid_code)s, r.area)
    JOIN hall.department AS lead ON lead.id = r.lead_department AND lead.enabled
    WHERE c.code = %(class_code)s
    ORDER BY (r.subject = c.code) DESC, (r.subject = c.sub_code) DESC, length(r.area) DESC
    LIMIT 1
"""
TERRITORY = """
    SELECT id, code, name, kind, scope, coalesce(phone, '') AS phone, enabled
    FROM hall.department WHERE enabled AND kind IN ('street', 'community') AND scope <> '' AND starts_with(%s, scope)
    ORDER BY length(scope) DESC, id LIMIT 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Department:
    """Who can be made responsible: a bureau, a street, a community or a company. `scope` is the area code prefix it answers for."""

    id: int
    code: str
    name: str
    kind: str
    scope: str
    phone: str
    enabled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyRule:
    """Who answers for a subject (class, sub class or major) within an area; an empty area is everywhere."""

    id: int
    subject: str
    area: str
    lead_department: int
    co_departments: list[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Responsible:
    """Who leads and who helps, the helpers in their order. `rule` says why."""

    lead: Department
    helpers: tuple[Department, ...]
    rule: DutyRule | None


def departments(conn: Conn) -> list[Department]:
    """Return every department: bureaus, companies, streets, then those added later."""
    with conn.cursor(row_factory=class_row(Department)) as cursor:
        return cursor.execute(DEPARTMENTS, [MAX_ROWS]).fetchall()


def rules(conn: Conn, subjects: list[str] | None = None) -> list[DutyRule]:
    """Return the rules of some subjects, or all, by subject and area."""
    with conn.cursor(row_factory=class_row(DutyRule)) as cursor:
        return cursor.execute(RULES, {"subjects": subjects, "limit": MAX_ROWS}).fetchall()


def responsible(conn: Conn, class_code: str, grid_code: str) -> Responsible:
    """Return who answers for a class at a place, by the most specific rule; where none fits, the department of the territory.

    The territory helps wherever it does not lead (先属主后属地).

    Raises:
        NotFoundError: no rule and no department of the territory.
    """
    values = {"class_code": class_code, "grid_code": grid_code}
    with conn.cursor(row_factory=class_row(DutyRule)) as cursor:
        rule = cursor.execute(RULE_FOR, values).fetchone()
    with conn.cursor(row_factory=class_row(Department)) as cursor:
        territory = cursor.execute(TERRITORY, [grid_code]).fetchone()
        if rule is None:
            if territory is None:
                raise NotFoundError(f"nobody answers for {class_code} at {grid_code}")
            return Responsible(lead=territory, helpers=(), rule=None)
        named = cursor.execute(BY_IDS, {"ids": [rule.lead_department, *rule.co_departments]}).fetchall()
    lead = next(item for item in named if item.id == rule.lead_department)
    helpers = [item for item in named if item.id != lead.id and item.enabled]
    if territory is not None and all(item.id != territory.id for item in (lead, *helpers)):
        helpers.append(territory)
    return Responsible(lead=lead, helpers=tuple(helpers), rule=rule)
