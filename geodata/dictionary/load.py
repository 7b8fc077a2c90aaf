"""Bring the delivered dictionary into the database. What was delivered once belongs to the administrator: it is neither changed nor brought back."""

from dataclasses import dataclass, field

from psycopg.types.json import Jsonb

from geodata.db import Conn
from geodata.dictionary import files

DELIVERED = "SELECT value FROM hall.fact WHERE key = 'dictionary' FOR UPDATE"
REMEMBER = """
    INSERT INTO hall.fact (key, value) VALUES ('dictionary', %s)
    ON CONFLICT (key) DO UPDATE SET value = excluded.value, changed_at = now()
"""
SUB_CLASS = "INSERT INTO hall.event_sub_class (code, name, major) VALUES (%s, %s, %s) ON CONFLICT (code) DO NOTHING"
# A class of the same code and name that is in no sub class yet came with data and joins the dictionary; another one keeps its code.
CLASS = """
    INSERT INTO hall.event_class AS c (code, name, major, sub_code, kind, kind_group, default_level)
    VALUES (%(code)s, %(name)s, %(major)s, %(sub_code)s, %(kind)s, %(kind_group)s, %(default_level)s)
    ON CONFLICT (code) DO UPDATE
    SET sub_code = excluded.sub_code, kind = excluded.kind, kind_group = excluded.kind_group, default_level = excluded.default_level
    WHERE c.sub_code IS NULL AND c.name = excluded.name AND c.major = excluded.major
    RETURNING code
"""
STANDARD = """
    INSERT INTO hall.case_standard (class_code, position, condition, limit_value, limit_unit, closing)
    VALUES (%(class_code)s, %(position)s, %(condition)s, %(limit_value)s::numeric, %(limit_unit)s, %(closing)s)
    ON CONFLICT (class_code, position) DO NOTHING
"""
STREETS = "SELECT code, name FROM hall.area WHERE level = 'street' ORDER BY code LIMIT 1000"
DEPARTMENT = "INSERT INTO hall.department (code, name, kind, scope) VALUES (%s, %s, %s, %s) ON CONFLICT (code) DO NOTHING"
RENAME = "UPDATE hall.department SET name = %s WHERE code = %s AND name = %s"
RULE = """
    INSERT INTO hall.duty_rule (subject, area, lead_department, co_departments)
    SELECT %(subject)s, %(area)s, lead.id,
           coalesce((SELECT array_agg(d.id ORDER BY array_position(%(helpers)s, d.code)) FROM hall.department AS d WHERE d.code = ANY(%(helpers)s)),
                    '{}')
    FROM hall.department AS lead WHERE lead.code = %(lead)s
    ON CONFLICT (subject, area) DO NOTHING
"""


@dataclass(slots=True)
class _Delivered:
    """Codes that this database was given before."""

    sub_classes: list[str] = field(default_factory=list)
    classes: list[str] = field(default_factory=list)
    departments: dict[str, str] = field(default_factory=dict)
    rules: list[str] = field(default_factory=list)

    def plain(self) -> dict[str, object]:
        return {"sub_classes": self.sub_classes, "classes": self.classes, "departments": self.departments, "rules": self.rules}


def load(conn: Conn) -> bool:
    """Add what the database has not been given yet; return whether anything was. The caller commits."""
    row = conn.execute(DELIVERED).fetchone()
    known = _Delivered(**row[0]) if row else _Delivered()
    before = repr(known)
    _classes(conn, known)
    streets = _departments(conn, known)
    _rules(conn, known, streets)
    if repr(known) == before:
        return False
    conn.execute(REMEMBER, [Jsonb(known.plain())])
    return True


def street_department(code: str) -> str:
    """Code of the department of a street."""
    return f"street_{code}"


def _classes(conn: Conn, known: _Delivered) -> None:
    subs = set(known.sub_classes)
    for sub in files.sub_classes():
        if sub.code not in subs:
            conn.execute(SUB_CLASS, [sub.code, sub.name, sub.major])
            known.sub_classes.append(sub.code)
    old, new = set(known.classes), set()
    for item in files.classes():
        if item.code in old:
            continue
        values = {name: getattr(item, name) for name in ("code", "name", "major", "sub_code", "kind", "kind_group", "default_level")}
        if conn.execute(CLASS, values).fetchone():
            new.add(item.code)
        known.classes.append(item.code)
    for standard in files.standards():
        if standard.class_code in new:
            values = {
                name: getattr(standard, name) for name in ("class_code", "position", "condition", "limit_value", "limit_unit", "closing")
            }
            conn.execute(STANDARD, values)


def _departments(conn: Conn, known: _Delivered) -> list[str]:
    """Bureaus, companies and one department for each street; a street that is called otherwise now renames its own."""
    for item in files.departments():
        if item.code not in known.departments:
            conn.execute(DEPARTMENT, [item.code, item.name, item.kind, ""])
            known.departments[item.code] = item.name
    streets = conn.execute(STREETS).fetchall()
    for area, street in streets:
        code, name = street_department(area), f"{street}办事处"
        delivered = known.departments.get(code)
        if delivered is None:
            conn.execute(DEPARTMENT, [code, name, "street", area])
        elif delivered != name:
            conn.execute(RENAME, [name, code, delivered])
        known.departments[code] = name
    return [area for area, _ in streets]


def _rules(conn: Conn, known: _Delivered, streets: list[str]) -> None:
    old = set(known.rules)
    for duty in files.duties():
        rules = [("", duty.department, list(duty.helpers))]
        if duty.order == "territory":
            rules += [(area, street_department(area), [duty.department, *duty.helpers]) for area in streets]
        for area, lead, helpers in rules:
            key = f"{duty.subject}@{area}"
            if key not in old:
                conn.execute(RULE, {"subject": duty.subject, "area": area, "lead": lead, "helpers": helpers})
                known.rules.append(key)
