"""Reading a layer's view into a mirror: one query that answers whole columns, Morton order by numpy."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from psycopg import sql

from geodata.db import Conn
from geodata.source import Kind
from services import morton, scope
from services.cover import Points
from services.element import LINE, POINT, POLYGON, Element
from services.mirror import Coded, Mirror
from services.mirror_text import Text
from services.morton import Ints
from services.outlines import Outlines
from services.revisions import Revision

# All rows in one answer row: every column is one long value, which spares a round through the driver for each row. The aggregates
# see the rows in one and the same order. PostgreSQL bounds the answer at 1 GB, some five million rows.
QUERY = "SELECT {columns} FROM hall.{view} AS source WHERE NOT ST_IsEmpty(geom)"
NUMBERS = sql.SQL("string_agg({send}({value}), '')")
WORDS = sql.SQL("string_agg(coalesce({value}::text, ''), {separator})")
SHAPES = sql.SQL("string_agg(ST_AsBinary(geom), ''), string_agg(int8send(length(ST_AsBinary(geom))), '')")
SEPARATOR = "\x01"
# a position that always lies inside: of an area a point on its surface, of a line its middle
POSITION = {
    POINT: sql.SQL("geom"),
    LINE: sql.SQL("ST_LineInterpolatePoint(geom, 0.5)"),
    POLYGON: sql.SQL("ST_PointOnSurface(geom)"),
}
_CODED = frozenset({Kind.CODE, Kind.TEXT, Kind.BOOL})
_TIMES = frozenset({Kind.TIME, Kind.DATE})


def build(conn: Conn, element: Element, revision: Revision) -> Mirror:
    """Read all rows of a layer.

    `revision` should have been read in the same transaction, before.

    Raises:
        psycopg.OperationalError: the database went away, inside `geodata.db.reading` a SourceUnavailableError.
    """
    kinds = {name: element.source.column(name).kind for name in mirrored(element)}
    row = _answer(conn, element, kinds)
    ids = _numbers(row, ">i8")
    lon, lat = _numbers(row, ">f8"), _numbers(row, ">f8")
    codes = morton.codes(lon, lat)
    order = np.lexsort((ids, codes))
    areas = _coded(_words(row), order)
    return Mirror(
        key=element.key,
        revision=revision,
        cells_to=element.cells_to,
        tile_fields=element.tile,
        kinds=kinds,
        ids=ids[order],
        points=Points(codes[order], lon[order], lat[order]),
        grid=np.array([*map(scope.number, areas.values), -1])[areas.codes],
        coded={name: _coded(_words(row), order) for name, kind in kinds.items() if kind in _CODED},
        numbers={name: _numbers(row, ">f8")[order] for name, kind in kinds.items() if kind not in _CODED},
        texts={name: Text.of(_in_order(_words(row), order)) for name in element.search},
        outlines=_outlines(row, order) if element.geometry != POINT else None,
    )


def mirrored(element: Element) -> tuple[str, ...]:
    """Name the columns that tiles, filters and breakdowns need, each once."""
    names = (*element.tile, *element.filters, *([element.breakdown] if element.breakdown else []))
    return tuple(dict.fromkeys(names))


class _Answer:
    """The values of the one answer row, taken one after the other in the order in which they were asked for."""

    def __init__(self, values: Sequence[Any]) -> None:
        self._values = iter(values)

    def take(self) -> Any:
        return next(self._values)


def _answer(conn: Conn, element: Element, kinds: Mapping[str, Kind]) -> _Answer:
    position = POSITION[element.geometry]
    columns: list[sql.Composable] = [NUMBERS.format(send=sql.SQL("int8send"), value=sql.SQL("id::bigint"))]
    columns += [
        NUMBERS.format(send=sql.SQL("float8send"), value=sql.SQL("{}({})").format(sql.SQL(axis), position)) for axis in ("ST_X", "ST_Y")
    ]
    words = ["grid_code", *(name for name, kind in kinds.items() if kind in _CODED)]
    columns += [_words_of(name) for name in words]
    columns += [_numbers_of(name, kind) for name, kind in kinds.items() if kind not in _CODED]
    columns += [_words_of(name) for name in element.search]
    if element.geometry != POINT:
        columns.append(SHAPES)
    query = sql.SQL(QUERY).format(columns=sql.SQL(", ").join(columns), view=sql.Identifier(element.source.view))
    with conn.cursor(binary=True) as cursor:
        found = cursor.execute(query).fetchone()
    assert found is not None
    return _Answer(found)


def _words_of(name: str) -> sql.Composed:
    return WORDS.format(value=sql.Identifier("source", name), separator=sql.Literal(SEPARATOR))


def _numbers_of(name: str, kind: Kind) -> sql.Composed:
    column = sql.Identifier("source", name)
    value = sql.SQL("date_part('epoch', {})" if kind in _TIMES else "{}::float8").format(column)
    return NUMBERS.format(send=sql.SQL("float8send"), value=sql.SQL("coalesce({}, 'NaN')").format(value))


def _numbers(row: _Answer, kind: str) -> Any:
    return np.frombuffer(row.take() or b"", kind).astype(kind[1:])


def _words(row: _Answer) -> list[str]:
    text: str | None = row.take()
    return [] if text is None else text.replace("\n", " ").replace("\r", " ").split(SEPARATOR)


def _in_order(words: Sequence[str], order: Ints) -> list[str]:
    return [words[row] for row in order.tolist()]


def _coded(words: Sequence[str], order: Ints) -> Coded:
    values = tuple(sorted(set(words) - {""}))
    place = {value: number for number, value in enumerate(values)} | {"": len(values)}
    codes = np.fromiter(map(place.__getitem__, words), np.min_scalar_type(len(values)), len(words))
    return Coded(codes[order], values)


def _outlines(row: _Answer, order: Ints) -> Outlines:
    blob: bytes = row.take() or b""
    stops = np.cumsum(_numbers(row, ">i8"))
    pieces = [blob[start:stop] for start, stop in zip([0, *stops[:-1].tolist()], stops.tolist(), strict=True)] if len(stops) else []
    chosen = [pieces[place] for place in order.tolist()]
    starts = np.concatenate(([0], np.cumsum([len(piece) for piece in chosen], dtype=np.int64)))
    return Outlines(np.frombuffer(b"".join(chosen), np.uint8), starts)
