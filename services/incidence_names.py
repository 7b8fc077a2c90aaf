"""What the keys of a ranking are called: classes, areas, buildings, departments. Hours, weekdays, sources and levels have texts of their own."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final, LiteralString

from geodata.db import Conn
from services.history import History

SUBS = "SELECT code, name FROM hall.event_sub_class WHERE code = ANY(%s)"
AREAS = "SELECT code, name FROM hall.area WHERE code = ANY(%s)"
BUILDINGS = "SELECT id::text, coalesce(nullif(name, ''), nullif(address, ''), code) FROM hall.building WHERE id = ANY(%s::bigint[])"
DEPARTMENTS = "SELECT id::text, name FROM hall.department WHERE id = ANY(%s::bigint[])"
QUERIES: Final[Mapping[str, LiteralString]] = MappingProxyType(
    {"sub": SUBS, "street": AREAS, "community": AREAS, "grid": AREAS, "building": BUILDINGS, "department": DEPARTMENTS}
)

LONGEST_ID: Final = 18
"""Digits of an id."""


def names(conn: Conn, history: History, by: str, keys: Sequence[str]) -> dict[str, str]:
    """Return the names of keys; a class, area or building that is gone keeps the name that the history knew, or is absent."""
    if by == "class":
        known = {row.code: row.name for row in history.class_rows}
        return {key: known[key] for key in keys if key in known}
    if by == "road":
        return {key: key for key in keys}
    query = QUERIES.get(by)
    if by in {"building", "department"}:
        keys = [key for key in keys if key.isascii() and key.isdigit() and len(key) < LONGEST_ID]
    if query is None or not keys:
        return {}
    return dict(conn.execute(query, [list(keys)]).fetchall())
