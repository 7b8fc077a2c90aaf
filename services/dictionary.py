"""The event dictionary (事件分类, 立案标准): the tree of classes, what a case of a class is filed under, and who answers for it."""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from psycopg.rows import class_row

from geodata.db import Conn
from geodata.errors import NotFoundError
from services.duty import Department, Responsible, departments, responsible

__all__ = ["Department", "Responsible", "departments", "responsible"]

MAX_ROWS = 5_000
MAJORS = ("governance", "city", "safety", "environment", "dispute", "service", "emergency")
"""The seven major classes (KF-26), in their order."""
SUB_CLASSES = "SELECT code, name, major FROM hall.event_sub_class ORDER BY code LIMIT %s"
# Classes without a sub class came with data and are no part of the tree.
CLASSES = """
    SELECT c.code, c.name, c.major, c.sub_code, c.kind, c.kind_group, c.default_level, c.enabled,
           count(s.id) FILTER (WHERE s.enabled)::int AS standards
    FROM hall.event_class AS c LEFT JOIN hall.case_standard AS s ON s.class_code = c.code
    WHERE c.sub_code IS NOT NULL
    GROUP BY c.code ORDER BY c.sub_code, c.code LIMIT %s
"""
CLASS = """
    SELECT c.code, c.name, c.major, c.sub_code, c.kind, c.kind_group, c.default_level, c.enabled,
           (SELECT count(*) FILTER (WHERE s.enabled) FROM hall.case_standard AS s WHERE s.class_code = c.code)::int AS standards
    FROM hall.event_class AS c WHERE c.code = %s
"""
SUB_CLASS = "SELECT code, name, major FROM hall.event_sub_class WHERE code = %s"
STANDARDS = """
    SELECT id, class_code, position, condition, limit_value, limit_unit, closing, enabled
    FROM hall.case_standard WHERE class_code = %(class_code)s AND (enabled OR %(all)s)
    ORDER BY position LIMIT 100
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class MinorClass:
    """细类: what a case is. Two classes of one `kind_group` may be the same thing seen by two reporters."""

    code: str
    name: str
    major: str
    sub_code: str | None
    kind: str
    kind_group: str
    default_level: int
    enabled: bool
    standards: int
    """Conditions in force that a case can be filed under."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubClass:
    """小类."""

    code: str
    name: str
    major: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standard:
    """A filing condition, its limit, and when a case under it is done."""

    id: int
    class_code: str
    position: int
    condition: str
    limit_value: Decimal
    limit_unit: str
    closing: str
    enabled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """A sub class with its minor classes."""

    code: str
    name: str
    classes: list[MinorClass]


@dataclass(frozen=True, slots=True, kw_only=True)
class Major:
    """A major class with its sub classes."""

    code: str
    sub_classes: list[Branch]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What the tree holds now."""

    majors: int
    sub_classes: int
    classes: int
    standards: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """The whole dictionary, without the text of its standards."""

    counts: Counts
    majors: list[Major]


def tree(conn: Conn) -> Tree:
    """Return majors in their order, sub classes and classes by code."""
    with conn.cursor(row_factory=class_row(SubClass)) as cursor:
        subs = cursor.execute(SUB_CLASSES, [MAX_ROWS]).fetchall()
    with conn.cursor(row_factory=class_row(MinorClass)) as cursor:
        classes = cursor.execute(CLASSES, [MAX_ROWS]).fetchall()
    inside: defaultdict[str | None, list[MinorClass]] = defaultdict(list)
    for item in classes:
        inside[item.sub_code].append(item)
    branches: defaultdict[str, list[Branch]] = defaultdict(list)
    for sub in subs:
        branches[sub.major].append(Branch(code=sub.code, name=sub.name, classes=inside[sub.code]))
    majors = [Major(code=major, sub_classes=branches[major]) for major in MAJORS if branches[major]]
    counts = Counts(majors=len(majors), sub_classes=len(subs), classes=len(classes), standards=sum(item.standards for item in classes))
    return Tree(counts=counts, majors=majors)


def minor_class(conn: Conn, code: str) -> MinorClass:
    """Return one class.

    Raises:
        NotFoundError: there is none of this code.
    """
    with conn.cursor(row_factory=class_row(MinorClass)) as cursor:
        found = cursor.execute(CLASS, [code]).fetchone()
    if found is None:
        raise NotFoundError(f"no class {code[:20]}")
    return found


def sub_class(conn: Conn, code: str) -> SubClass:
    """Return one sub class.

    Raises:
        NotFoundError: there is none of this code.
    """
    with conn.cursor(row_factory=class_row(SubClass)) as cursor:
        found = cursor.execute(SUB_CLASS, [code]).fetchone()
    if found is None:
        raise NotFoundError(f"no sub class {code[:20]}")
    return found


def standards_of(conn: Conn, class_code: str, *, all_of_them: bool = False) -> list[Standard]:
    """Return the conditions in force that a case of the class is filed under, in their order; with `all_of_them` also those out of force."""
    with conn.cursor(row_factory=class_row(Standard)) as cursor:
        return cursor.execute(STANDARDS, {"class_code": class_code, "all": all_of_them}).fetchall()
