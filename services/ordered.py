"""Rows of a layer in the order of a column, page by page, for tables."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg import sql

from geodata.db import Conn
from geodata.errors import InvalidInputError
from geodata.source import Condition, Sensitivity
from services import features
from services.element import Element
from services.features import Row
from services.rights import Reader
from services.where import MAX_TEXT, where

MAX_ROWS = 500
IDS = "SELECT source.id FROM hall.{view} AS source WHERE {conditions} ORDER BY {order} LIMIT %(limit)s OFFSET %(offset)s"
COUNT = "SELECT count(*) FROM hall.{view} AS source WHERE {conditions}"
UP, DOWN = "source.{column} ASC NULLS LAST, source.id ASC", "source.{column} DESC NULLS LAST, source.id DESC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which rows, and how they are ordered."""

    conditions: Sequence[Condition] = ()
    text: str = ""
    """Part of any column that the layer is searched by."""
    by: str = "id"
    descending: bool = True
    limit: int = 100
    offset: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A stretch of the ordered rows, and how many there are in all."""

    rows: tuple[Row, ...]
    total: int
    as_of: datetime


def page(conn: Conn, reader: Reader, element: Element, wanted: Wanted, now: datetime) -> Page:
    """Return a stretch of a layer's rows, in the reader's rights.

    Raises:
        NotAllowedError: the reader's role may not see this layer.
        InvalidInputError: limit is not in 1..500, offset not in 0..1,000,000, the text too long, or the order is by a personal column.
    """
    if not 1 <= wanted.limit <= MAX_ROWS or not 0 <= wanted.offset <= features.MAX_SKIPPED or len(wanted.text) > MAX_TEXT:
        raise InvalidInputError(f"limit={wanted.limit} is 1..{MAX_ROWS}, offset={wanted.offset}, text at most {MAX_TEXT} characters")
    tests = where(reader, element, wanted.conditions, text=wanted.text)
    view = sql.Identifier(element.source.view)
    order = sql.SQL(DOWN if wanted.descending else UP).format(column=_column(element, wanted.by))
    query = sql.SQL(IDS).format(view=view, conditions=tests.expression, order=order)
    ids = [row[0] for row in conn.execute(query, {**tests.values, "limit": wanted.limit, "offset": wanted.offset})]
    counted = conn.execute(sql.SQL(COUNT).format(view=view, conditions=tests.expression), tests.values).fetchone()
    return Page(rows=tuple(features.by_ids(conn, reader, element, ids)), total=int(counted[0]) if counted else 0, as_of=now)


def _column(element: Element, name: str) -> sql.Identifier:
    if name != "id" and element.source.column(name).sensitivity > Sensitivity.INTERNAL:
        raise InvalidInputError(f"{element.key} is not ordered by {name}")
    return sql.Identifier(name)
