"""Changes of the event dictionary: by the system administrator, each with a line in the audit trail."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal

from geodata.db import Conn
from geodata.errors import InvalidInputError, NotFoundError
from services import dictionary
from services.accounts import require
from services.audit import Act, Caller, record
from services.dictionary import MAJORS, MinorClass
from services.rights import Role
from services.worktime import Unit

CODE = re.compile(r"[A-Z0-9]{3,8}")
GROUP = re.compile(r"[a-z][a-z0-9_]{0,39}")
KINDS = ("event", "part")
LONGEST_NAME, LONGEST_TEXT, MOST_STANDARDS = 40, 300, 20
LEVELS = range(5)
LARGEST_LIMIT = Decimal(1000)

NEW_CLASS = """
    INSERT INTO hall.event_class (code, name, major, sub_code, kind, kind_group, default_level, enabled)
    VALUES (%(code)s, %(name)s, %(major)s, %(sub_code)s, %(kind)s, %(kind_group)s, %(default_level)s, %(enabled)s)
    ON CONFLICT (code) DO NOTHING RETURNING code
"""
CHANGE_CLASS = """
    UPDATE hall.event_class
    SET name = %(name)s, sub_code = %(sub_code)s, kind = %(kind)s, kind_group = %(kind_group)s, default_level = %(default_level)s, enabled = %(enabled)s
    WHERE code = %(code)s
"""
# Cases of the history show the name of their class.
RENAMED = """
    UPDATE hall.layer_revision SET revision = revision + 1, changed_at = now()
    WHERE layer IN ('events', 'open_events') RETURNING pg_notify('layer_changed', layer)
"""
NEW_STANDARD = """
    INSERT INTO hall.case_standard (class_code, position, condition, limit_value, limit_unit, closing, enabled)
    VALUES (%(class_code)s, (SELECT coalesce(max(position), 0) + 1 FROM hall.case_standard WHERE class_code = %(class_code)s),
            %(condition)s, %(limit_value)s, %(limit_unit)s, %(closing)s, %(enabled)s)
"""
CHANGE_STANDARD = """
    UPDATE hall.case_standard
    SET condition = %(condition)s, limit_value = %(limit_value)s, limit_unit = %(limit_unit)s, closing = %(closing)s, enabled = %(enabled)s
    WHERE id = %(id)s AND class_code = %(class_code)s
"""
NEW_SUB_CLASS = "INSERT INTO hall.event_sub_class (code, name, major) VALUES (%s, %s, %s) ON CONFLICT (code) DO NOTHING RETURNING code"
CODE_TAKEN = (
    "SELECT EXISTS (SELECT FROM hall.event_class WHERE code = %(code)s UNION ALL SELECT FROM hall.event_sub_class WHERE code = %(code)s)"
)
RENAME_SUB_CLASS = "UPDATE hall.event_sub_class SET name = %s WHERE code = %s"


@dataclass(frozen=True, slots=True, kw_only=True)
class StandardEntry:
    """A condition as it shall be; without `id` it is new. Those of the class that are not named go out of force: cases refer to them."""

    condition: str
    limit_value: Decimal
    limit_unit: str
    closing: str
    enabled: bool = True
    id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassEntry:
    """A class as it shall be."""

    name: str
    sub_code: str
    standards: Sequence[StandardEntry]
    kind: str = "event"
    kind_group: str = ""
    default_level: int = 0
    enabled: bool = True


def create_class(conn: Conn, caller: Caller, code: str, entry: ClassEntry) -> MinorClass:
    """Add a class with its conditions.

    Raises:
        NotAllowedError: the caller is not the system administrator.
        InvalidInputError: the code is taken or malformed, or a value cannot be used; the message begins with its name.
    """
    require(caller, Role.SYSTEM_ADMIN)
    if not CODE.fullmatch(code):
        raise InvalidInputError("code: 3 to 8 capitals and digits")
    values = _class_values(conn, code, entry)
    if is_known(conn, code) or conn.execute(NEW_CLASS, values).fetchone() is None:
        raise InvalidInputError(f"code: {code} is taken")
    _put_standards(conn, code, entry.standards)
    record(conn, caller, Act(action="dictionary_change", object=f"dictionary/{code}", detail={"created": _plain(entry)}))
    return dictionary.minor_class(conn, code)


def change_class(conn: Conn, caller: Caller, code: str, entry: ClassEntry) -> MinorClass:
    """Replace a class and its conditions; it stays in its major class, which its cases carry.

    Raises:
        NotAllowedError: the caller is not the system administrator.
        NotFoundError: there is no such class.
        InvalidInputError: a value cannot be used; the message begins with its name.
    """
    require(caller, Role.SYSTEM_ADMIN)
    before = dictionary.minor_class(conn, code)
    old = dictionary.standards_of(conn, code, all_of_them=True)
    values = _class_values(conn, code, entry)
    if values["major"] != before.major:
        raise InvalidInputError("sub_code: a class stays in its major class; disable it and create another one")
    conn.execute(CHANGE_CLASS, values)
    _put_standards(conn, code, entry.standards)
    if before.name != values["name"]:
        conn.execute(RENAMED)
    was = {**asdict(before), "standards": [_readable(asdict(item)) for item in old]}
    record(conn, caller, Act(action="dictionary_change", object=f"dictionary/{code}", detail={"before": was, "after": _plain(entry)}))
    return dictionary.minor_class(conn, code)


def create_sub_class(conn: Conn, caller: Caller, code: str, name: str, major: str) -> None:
    """Add a sub class.

    Raises:
        NotAllowedError: the caller is not the system administrator.
        InvalidInputError: the code is taken or malformed, the name is empty, or there is no such major class.
    """
    require(caller, Role.SYSTEM_ADMIN)
    if not CODE.fullmatch(code):
        raise InvalidInputError("code: 3 to 8 capitals and digits")
    if major not in MAJORS:
        raise InvalidInputError(f"major: one of {', '.join(MAJORS)}")
    if is_known(conn, code) or conn.execute(NEW_SUB_CLASS, [code, checked_name(name), major]).fetchone() is None:
        raise InvalidInputError(f"code: {code} is taken")
    record(conn, caller, Act(action="dictionary_change", object=f"dictionary/{code}", detail={"created": {"name": name, "major": major}}))


def rename_sub_class(conn: Conn, caller: Caller, code: str, name: str) -> None:
    """Give a sub class another name.

    Raises:
        NotAllowedError: the caller is not the system administrator.
        NotFoundError: there is no such sub class.
        InvalidInputError: the name is empty or too long.
    """
    require(caller, Role.SYSTEM_ADMIN)
    before = dictionary.sub_class(conn, code)
    conn.execute(RENAME_SUB_CLASS, [checked_name(name), code])
    record(conn, caller, Act(action="dictionary_change", object=f"dictionary/{code}", detail={"before": before.name, "after": name}))


def is_known(conn: Conn, code: str) -> bool:
    """Tell whether a class or sub class has this code."""
    row = conn.execute(CODE_TAKEN, {"code": code}).fetchone()
    return bool(row and row[0])


def _class_values(conn: Conn, code: str, entry: ClassEntry) -> dict[str, object]:
    try:
        sub = dictionary.sub_class(conn, entry.sub_code)
    except NotFoundError:
        raise InvalidInputError("sub_code: no such sub class") from None
    if entry.kind not in KINDS:
        raise InvalidInputError(f"kind: one of {', '.join(KINDS)}")
    if entry.kind_group and not GROUP.fullmatch(entry.kind_group):
        raise InvalidInputError("kind_group: lower-case letters, digits or _, beginning with a letter")
    if entry.default_level not in LEVELS:
        raise InvalidInputError("default_level: 0 to 4")
    if len(entry.standards) > MOST_STANDARDS:
        raise InvalidInputError(f"standards: at most {MOST_STANDARDS}")
    if entry.enabled and not any(item.enabled for item in entry.standards):
        raise InvalidInputError("standards: a class in use needs a condition in force")
    return {
        "code": code,
        "name": checked_name(entry.name),
        "major": sub.major,
        "sub_code": sub.code,
        "kind": entry.kind,
        "kind_group": entry.kind_group,
        "default_level": entry.default_level,
        "enabled": entry.enabled,
    }


def _put_standards(conn: Conn, code: str, entries: Sequence[StandardEntry]) -> None:
    known = {item.id for item in dictionary.standards_of(conn, code, all_of_them=True)}
    named = [item.id for item in entries if item.id is not None]
    if len(named) != len(set(named)) or not known.issuperset(named):
        raise InvalidInputError("standards: an id that is not of this class, or twice the same")
    for gone in known.difference(named):
        conn.execute("UPDATE hall.case_standard SET enabled = false WHERE id = %s", [gone])
    for item in entries:
        values = {
            "id": item.id,
            "class_code": code,
            "condition": checked_text("condition", item.condition),
            "limit_value": _limit(item),
            "limit_unit": item.limit_unit,
            "closing": checked_text("closing", item.closing),
            "enabled": item.enabled,
        }
        conn.execute(NEW_STANDARD if item.id is None else CHANGE_STANDARD, values)


def _limit(item: StandardEntry) -> Decimal:
    if item.limit_unit not in set(Unit):
        raise InvalidInputError(f"limit_unit: one of {', '.join(Unit)}")
    if not item.limit_value.is_finite() or not 0 < item.limit_value <= LARGEST_LIMIT:
        raise InvalidInputError(f"limit_value: more than 0 and at most {LARGEST_LIMIT}")
    return item.limit_value


def checked_name(text: str) -> str:
    """Return a name without blanks around it.

    Raises:
        InvalidInputError: it is empty or too long.
    """
    name = text.strip()
    if not 1 <= len(name) <= LONGEST_NAME:
        raise InvalidInputError(f"name: 1 to {LONGEST_NAME} characters")
    return name


def checked_text(field: str, text: str, *, empty: bool = False) -> str:
    """Return a text without blanks around it.

    Raises:
        InvalidInputError: it is too long, or empty although it must not be; the message begins with `field`.
    """
    value = text.strip()
    if len(value) > LONGEST_TEXT or not (value or empty):
        raise InvalidInputError(f"{field}: {'at most' if empty else '1 to'} {LONGEST_TEXT} characters")
    return value


def _plain(entry: ClassEntry) -> dict[str, object]:
    return {**asdict(entry), "standards": [_readable(asdict(item)) for item in entry.standards]}


def _readable(values: dict[str, object]) -> dict[str, object]:
    return {key: f"{value:f}" if isinstance(value, Decimal) else value for key, value in values.items()}
