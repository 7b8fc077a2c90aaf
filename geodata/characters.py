"""Which characters the product writes: in its interface, on the map, in the data. Fonts are cut to them."""

import string
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from psycopg import sql

from geodata.db import Conn
from geodata.settings import ROOT

Set = frozenset[str]

INTERFACE_FILES = ("assets/i18n/*.json", "assets/i18n/views/*.json", "layers/*.py")
"""Where the texts stand that the command map shows from the first moment."""
PART_FILES = ("assets/i18n/*/*.json", "geodata/indicators/*.toml", "geodata/briefs/*.toml")
"""Texts of the other parts of the product, names and sentences of indicators and briefs."""
ALWAYS = frozenset(string.printable.strip() + " \u00a0·—–…‘’“”、。《》「」【】（），：；？！～￥×÷±°²³㎡‰≤≥→←↑↓●○■▲▼✓ⅠⅡⅢⅣ①②③④⑤⑥⑦⑧⑨")
ALWAYS_ON_MAP = frozenset(string.digits + string.ascii_letters + " -.,·()/")
NAME_COLUMNS = (
    "name",
    "name_raw",
    "address",
    "title",
    "description",
    "place_text",
    "reporter",
    "hukou_address",
    "property_company",
    "legal_rep",
    "contact",
    "driver",
    "team",
    "occupation",
    "manage_dept",
    "owner_dept",
    "maintain_dept",
    "industry",
    "plate",
    "note",
    "text",
    "actor",
    "condition",
    "closing",
)
"""Text columns of the hall schema that people read as words."""
CASE_COLUMNS = (("event", "title"), ("event_class", "name"))
PLACES = ("city", "island", "suburb", "quarter")
"""Kinds of names that the map writes in the medium weight."""

TEXT_COLUMNS = """
    SELECT table_name, column_name FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
    WHERE table_schema = 'hall' AND table_type = 'BASE TABLE' AND data_type = 'text' AND column_name = ANY(%s)
"""
LABELS = """
    SELECT name FROM base.label UNION SELECT name FROM base.road_label UNION SELECT number FROM base.house
"""
# Strung together in some pieces: row by row, reading them would take as long as making the city.
TEXTS = "SELECT string_agg({column}, '') FROM {table} GROUP BY hashtext({column}) & 63"
PLACE_LABELS = "SELECT name FROM base.label WHERE k = ANY(%s)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Characters:
    """Sets of single characters."""

    interface: Set
    label: Set
    """In names on the base map."""
    place: Set
    """In those of them that the medium weight writes."""
    names: Set
    """In the data: names, addresses, titles."""
    parts: Set = frozenset()
    """In the texts of other parts than the command map."""
    cases: Set = frozenset()
    """Of the names, the ones in titles of cases, which stand on every desk from the first moment."""


def read_characters(conn: Conn, root: Path = ROOT) -> Characters:
    """Collect the characters of the product's own texts below `root`, of the base map's names and of all names in the data."""
    columns = conn.execute(TEXT_COLUMNS, (list(NAME_COLUMNS),)).fetchall()
    names: set[str] = set()
    cases: set[str] = set()
    for table, column in columns:
        query = sql.SQL(TEXTS).format(column=sql.Identifier(column), table=sql.Identifier("hall", table))
        found = characters_of(row[0] for row in conn.execute(query))
        names |= found
        if (table, column) in CASE_COLUMNS:
            cases |= found
    return replace(read_fixed_characters(conn, root), names=frozenset(names), cases=frozenset(cases))


def read_fixed_characters(conn: Conn, root: Path = ROOT) -> Characters:
    """Collect only the characters of the product's own texts and of the base map: they are known before there is any data."""
    return Characters(
        interface=_written(root, INTERFACE_FILES) | ALWAYS,
        label=characters_of(row[0] for row in conn.execute(LABELS)) | ALWAYS_ON_MAP,
        place=characters_of(row[0] for row in conn.execute(PLACE_LABELS, (list(PLACES),))) | ALWAYS_ON_MAP,
        names=frozenset(),
        parts=_written(root, PART_FILES),
    )


def _written(root: Path, globs: Iterable[str]) -> Set:
    return characters_of(file.read_text(encoding="utf-8") for glob in globs for file in root.glob(glob))


def characters_of(texts: Iterable[str | None]) -> Set:
    """Every visible character of the texts, and the space."""
    found: set[str] = set()
    for text in texts:
        found.update(text or "")
    return frozenset(character for character in found if character.isprintable())


def unicode_ranges(characters: Iterable[str]) -> list[str]:
    """The characters as CSS writes them: `U+4E00-4E03`, neighbours joined, in order."""
    ranges: list[list[int]] = []
    for code in sorted(map(ord, characters)):
        if ranges and code == ranges[-1][1] + 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return [f"U+{low:X}" if low == high else f"U+{low:X}-{high:X}" for low, high in ranges]
