"""Catalogues that rows refer to: those of the standards, until a district brings its own."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from psycopg import sql

from geodata.city.part_classes import PART_CLASSES
from geodata.db import Conn
from geodata.dictionary import files as dictionary
from geodata.imports.fields import ImportClass

Entry = tuple[str, str, str]
MOST_CODES: Final = 5_000
CODES = sql.SQL("SELECT code, name FROM {} ORDER BY code LIMIT %s")
FILL = sql.SQL("INSERT INTO {} (code, name, major) VALUES (%s, %s, %s)")


def load_catalogues(conn: Conn, importing: ImportClass) -> dict[str, dict[str, str]]:
    """Names by code, for each catalogue that the class's fields name; an empty one is filled with the standard's first."""
    loaded = {}
    for name in sorted({item.catalogue for item in importing.fields if item.catalogue}):
        table = sql.Identifier("hall", name)
        rows = conn.execute(CODES.format(table), [MOST_CODES]).fetchall()
        if not rows:
            entries = STANDARD[name]()
            with conn.cursor() as cursor:
                cursor.executemany(FILL.format(table), entries)
            rows = [entry[:2] for entry in entries]
        loaded[name] = {str(code): str(title) for code, title in rows}
    return loaded


def _part_classes() -> list[Entry]:
    return [(code, name, code[:2]) for code, name in PART_CLASSES.items()]


def _event_classes() -> list[Entry]:
    return [(item.code, item.name, item.major) for item in dictionary.classes()]


STANDARD: Mapping[str, Callable[[], list[Entry]]] = MappingProxyType({"part_class": _part_classes, "event_class": _event_classes})
