"""Rows of any layer, with the reader's rights applied to every column."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from psycopg import Cursor, sql

from geodata.db import Conn
from geodata.errors import InvalidInputError, NotFoundError
from geodata.grid import BBox
from geodata.source import Column, Condition
from services.element import Element
from services.mirror_build import POSITION
from services.rights import Reader, Treatment, masked, treatment
from services.shapes import Shape
from services.where import Where, where

Value = str | int | float | bool | date | datetime | None
MAX_ROWS = 10_000
MAX_SKIPPED = 1_000_000
BLOCK = 1_000
"""Rows that an export takes from the server at a time."""

ROWS = """
SELECT source.id, ST_X({position}), ST_Y({position}), {geometry}{columns}
FROM hall.{view} AS source WHERE {conditions} ORDER BY source.id LIMIT %(limit)s OFFSET %(offset)s
"""
IDS = "SELECT source.id FROM hall.{view} AS source WHERE {conditions} ORDER BY source.id"
COUNT = "SELECT count(*) FROM hall.{view} AS source WHERE {conditions}"
GEOMETRY = "ST_AsGeoJSON(ST_Transform(source.geom, %(srid)s::integer), %(digits)s::integer, 0)"
DEGREE_DIGITS, METRE_DIGITS = 7, 3
"""Decimals written: a centimetre in degrees, a millimetre in metres."""
IN_DEGREES = frozenset({4326, 4490})


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row as the reader may see it: masked values are masked, hidden ones are absent."""

    id: int
    lon: float
    lat: float
    """A position on the row: of a point itself, of a line its middle, of an area one inside it."""
    fields: Mapping[str, Value]
    geometry: str | None = None
    """GeoJSON text, when asked for."""


Read = Callable[[Sequence[Any]], Row]


@dataclass(frozen=True, slots=True)
class Page:
    """Rows in the order of id, and whether more follow (ask for those `after` the last id)."""

    rows: tuple[Row, ...]
    more: bool


def rows(
    conn: Conn,
    reader: Reader,
    element: Element,
    conditions: Sequence[Condition] = (),
    *,
    bbox: BBox | None = None,
    limit: int = 100,
    offset: int = 0,
    after: int | None = None,
    geometry: bool = True,
    srid: int = 4326,
) -> Page:
    """Return a page of rows in the reader's scope, ordered by id.

    `geometry` asks for GeoJSON in `srid` (axis order x, y). `after` continues behind an id and is faster than `offset`.

    Raises:
        NotAllowedError: the reader's role may not see this layer.
        InvalidInputError: a condition on a column that is unknown or personal; limit not in 1..10,000, offset not in 0..1,000,000.
    """
    if not 1 <= limit <= MAX_ROWS or not 0 <= offset <= MAX_SKIPPED:
        raise InvalidInputError(f"limit={limit}, offset={offset}: limit is 1..{MAX_ROWS}, offset is 0..{MAX_SKIPPED}")
    wanted = where(reader, element, conditions, bbox=bbox)
    if after is not None:
        wanted = wanted.and_(sql.SQL("source.id > %(after)s"), after=after)
    query, read = _query(reader, element, wanted, geometry=geometry)
    values = {**wanted.values, **_transform(srid), "limit": limit + 1, "offset": offset}
    found = [read(record) for record in conn.execute(query, values)]
    return Page(tuple(found[:limit]), len(found) > limit)


def count(
    conn: Conn, reader: Reader, element: Element, conditions: Sequence[Condition] = (), *, text: str = "", bbox: BBox | None = None
) -> int:
    """Count the rows that `rows` would page through, or `iterate` with a text. Same errors."""
    wanted = where(reader, element, conditions, text=text, bbox=bbox)
    query = sql.SQL(COUNT).format(view=sql.Identifier(element.source.view), conditions=wanted.expression)
    found = conn.execute(query, wanted.values).fetchone()
    assert found is not None
    return int(found[0])


def matching(
    conn: Conn, reader: Reader, element: Element, ids: Sequence[int], conditions: Sequence[Condition] = (), *, bbox: BBox | None = None
) -> list[int]:
    """Return those of the ids that `rows` would page through, in order. Same errors."""
    wanted = where(reader, element, conditions, bbox=bbox).and_(sql.SQL("source.id = ANY(%(ids)s)"))
    query = sql.SQL(IDS).format(view=sql.Identifier(element.source.view), conditions=wanted.expression)
    return [int(row[0]) for row in conn.execute(query, {**wanted.values, "ids": list(ids)})]


def one(conn: Conn, reader: Reader, element: Element, row_id: int, *, srid: int = 4326) -> Row:
    """Return one row with its geometry.

    Raises:
        NotAllowedError: the reader's role may not see this layer.
        NotFoundError: no such row, or outside the reader's scope.
    """
    wanted = where(reader, element).and_(sql.SQL("source.id = %(id)s"), id=row_id)
    query, read = _query(reader, element, wanted, geometry=True)
    record = conn.execute(query, {**wanted.values, **_transform(srid), "limit": 1, "offset": 0}).fetchone()
    if record is None:
        raise NotFoundError(f"{element.key} has no row {row_id}")
    return read(record)


def by_ids(conn: Conn, reader: Reader, element: Element, ids: Sequence[int]) -> list[Row]:
    """Return these rows without geometry, in the order of `ids`; rows outside the reader's scope are left out.

    Raises:
        NotAllowedError: the reader's role may not see this layer.
        InvalidInputError: more than 10,000 ids.
    """
    return by_ids_of_all(conn, reader, [(element, ids)])[element.key]


def by_ids_of_all(conn: Conn, reader: Reader, wanted: Sequence[tuple[Element, Sequence[int]]]) -> dict[str, list[Row]]:
    """Do what `by_ids` does for many layers in one round trip; the answers stand under the layers' keys."""
    asked: list[tuple[Element, Sequence[int], Read, Cursor[Any]]] = []
    with conn.pipeline():
        for element, ids in wanted:
            if len(ids) > MAX_ROWS:
                raise InvalidInputError(f"{len(ids)} rows are too many: at most {MAX_ROWS}")
            query, values, read = _by_ids_query(reader, element)
            if ids:
                asked.append((element, ids, read, conn.execute(query, {**values, "ids": list(ids), "limit": len(ids)})))
    found: dict[str, list[Row]] = {element.key: [] for element, _ in wanted}
    for element, ids, read, cursor in asked:
        known = {row.id: row for row in map(read, cursor)}
        found[element.key] = [known[row_id] for row_id in ids if row_id in known]
    return found


def iterate(
    conn: Conn,
    reader: Reader,
    element: Element,
    conditions: Sequence[Condition] = (),
    *,
    text: str = "",
    bbox: BBox | None = None,
    shape: Shape | None = None,
    srid: int = 4326,
    limit: int | None = None,
) -> Iterator[Row]:
    """Stream rows with geometry from a server-side cursor, for exports. Same errors as `rows`."""
    wanted = where(reader, element, conditions, text=text, bbox=bbox, shape=shape)
    query, read = _query(reader, element, wanted, geometry=True)
    with conn.cursor(name="export") as cursor:
        cursor.itersize = BLOCK
        cursor.execute(query, {**wanted.values, **_transform(srid), "limit": limit, "offset": 0})
        for record in cursor:
            yield read(record)


def visible_columns(reader: Reader, element: Element) -> list[tuple[Column, Treatment]]:
    """Return the columns that the reader gets, and how."""
    treated = [(column, treatment(reader, column)) for column in element.source.columns]
    return [(column, how) for column, how in treated if how is not Treatment.HIDDEN]


def _transform(srid: int) -> dict[str, object]:
    return {"srid": srid, "digits": DEGREE_DIGITS if srid in IN_DEGREES else METRE_DIGITS}


@lru_cache(maxsize=1_024)
def _by_ids_query(reader: Reader, element: Element) -> tuple[bytes, Mapping[str, object], Read]:
    """Return the query for rows by %(ids)s, its other values, and the function that reads one of its records."""
    wanted = where(reader, element).and_(sql.SQL("source.id = ANY(%(ids)s)"))
    query, read = _query(reader, element, wanted, geometry=False)
    return query.as_bytes(), {**wanted.values, "offset": 0}, read


def _query(reader: Reader, element: Element, wanted: Where, *, geometry: bool) -> tuple[sql.Composed, Read]:
    """Return the query for rows that the reader may see, and the function that reads one of its records."""
    columns = visible_columns(reader, element)
    query = sql.SQL(ROWS).format(
        position=POSITION[element.geometry],
        geometry=sql.SQL(GEOMETRY if geometry else "NULL"),
        columns=sql.SQL("").join(sql.SQL(", {}").format(sql.Identifier("source", column.name)) for column, _ in columns),
        view=sql.Identifier(element.source.view),
        conditions=wanted.expression,
    )

    def read(record: Sequence[Any]) -> Row:
        row_id, lon, lat, shape, *values = record
        fields = {
            column.name: masked(value, column.mask) if how is Treatment.MASKED and column.mask else value
            for (column, how), value in zip(columns, values, strict=True)
        }
        return Row(id=row_id, lon=lon, lat=lat, fields=fields, geometry=shape)

    return query, read
