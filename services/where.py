"""Conditions on a layer's view as SQL: identifiers from the `Source`, values always bound."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import LiteralString

from psycopg import sql

from geodata.errors import InvalidInputError, NotAllowedError
from geodata.grid import BBox
from geodata.source import Column, Condition, Kind, Sensitivity, Source
from services.element import Element
from services.rights import Reader
from services.shapes import Circle, Region, Shape, flattened

MAX_TEXT = 80
_TIMES = frozenset({Kind.TIME, Kind.DATE})
_NUMBERS = frozenset({Kind.INT, Kind.FLOAT})
_INSTANTS = (-62_135_596_800.0, 253_402_300_799.0)
"""Seconds since 1970 of the years 1 to 9999, which can be written as a date."""
_WORD: LiteralString = "{}::text = ANY({})"
_NUMBER: LiteralString = "{}::float8 = ANY({}::float8[])"
_INSTANT: LiteralString = "date_part('epoch', {}) = ANY({}::float8[])"
# an INT is compared as it is, so that an index on it serves
_EQUALS: Mapping[Kind, LiteralString] = {
    Kind.TEXT: _WORD,
    Kind.CODE: _WORD,
    Kind.BOOL: _WORD,
    Kind.INT: "{} = ANY({}::bigint[])",
    Kind.FLOAT: _NUMBER,
    Kind.TIME: _INSTANT,
    Kind.DATE: _INSTANT,
}


@dataclass(frozen=True, slots=True)
class Where:
    """A boolean expression over the relation named `source`, and the values of its placeholders."""

    expression: sql.Composable
    values: Mapping[str, object]

    def and_(self, expression: sql.Composable, **values: object) -> "Where":
        """Add a test; placeholders must have names of their own."""
        return Where(sql.SQL("{} AND {}").format(self.expression, expression), {**self.values, **values})


def where(
    reader: Reader,
    element: Element,
    conditions: Sequence[Condition] = (),
    *,
    text: str = "",
    bbox: BBox | None = None,
    shape: Shape | None = None,
) -> Where:
    """Return what the rows must fulfil that `reader` asks for, the reader's own area among it; `text` is part of a column that is searched.

    Raises:
        NotAllowedError: the reader's role may not see this layer.
        InvalidInputError: a condition on a column that is unknown or personal, or with values that do not fit the column.
    """
    if reader.role not in element.roles:
        raise NotAllowedError(f"{reader.role} may not see {element.key}")
    found = _with_text(of_conditions(element.source, conditions, reader.scope), element, text.strip())
    if bbox:
        found = found.and_(sql.SQL("source.geom && ST_MakeEnvelope(%(west)s, %(south)s, %(east)s, %(north)s, 4326)"), **_box(bbox))
    return _in_shape(found, flattened(shape)) if shape else found


def of_conditions(source: Source, conditions: Sequence[Condition], area: str) -> Where:
    """Return the tests of `conditions` and of the area code prefix `area` (empty: everywhere). Errors as `where`."""
    found = Where(sql.SQL("true"), {})
    if area:
        found = found.and_(sql.SQL("source.grid_code LIKE %(area)s"), area=f"{area}%")
    for number, condition in enumerate(conditions):
        column = source.column(condition.column)
        if column.sensitivity > Sensitivity.INTERNAL:
            raise InvalidInputError(f"{source.view}.{column.name} is personal: nobody may filter by it")
        found = _with(found, column, condition, number)
    return found


def _with_text(found: Where, element: Element, text: str) -> Where:
    if not text:
        return found
    if len(text) > MAX_TEXT:
        raise InvalidInputError(f"text of {len(text)} characters: at most {MAX_TEXT}")
    joined = sql.SQL(" || ' ' || ").join(sql.SQL("coalesce(source.{}, '')").format(sql.Identifier(name)) for name in element.search)
    return found.and_(sql.SQL("strpos(lower({}), lower(%(text)s)) > 0").format(joined), text=text)


def _with(found: Where, column: Column, condition: Condition, number: int) -> Where:
    name = sql.Identifier("source", column.name)
    is_range = condition.low is not None or condition.high is not None
    if is_range and column.kind not in _TIMES | _NUMBERS:
        raise InvalidInputError(f"{column.name} is filtered by values, not by a range")
    if condition.values or not is_range:
        key = f"values_{number}"
        found = found.and_(sql.SQL(_EQUALS[column.kind]).format(name, sql.Placeholder(key)), **{key: _values(column, condition)})
    for sign, edge, bound in (("{} >= {}", "low", condition.low), ("{} <= {}", "high", condition.high)):
        if bound is not None:
            key = f"{edge}_{number}"
            found = found.and_(sql.SQL(sign).format(name, sql.Placeholder(key)), **{key: _bound(column, bound)})
    return found


def _values(column: Column, condition: Condition) -> list[int] | list[float] | list[str]:
    if column.kind not in _NUMBERS | _TIMES:
        return list(condition.values)
    try:
        return [int(value) for value in condition.values] if column.kind is Kind.INT else [float(value) for value in condition.values]
    except ValueError:
        raise InvalidInputError(f"{column.name} takes numbers, not {', '.join(condition.values)}") from None


def _bound(column: Column, bound: float) -> float | datetime:
    if column.kind not in _TIMES:
        return bound
    first, last = _INSTANTS
    if not first <= bound <= last:
        raise InvalidInputError(f"{column.name}={bound:g} is no instant of the years 1 to 9999")
    return datetime.fromtimestamp(bound, UTC)


def _box(bbox: BBox) -> dict[str, object]:
    return {"west": bbox.west, "south": bbox.south, "east": bbox.east, "north": bbox.north}


def _in_shape(found: Where, shape: Circle | Region) -> Where:
    box = sql.SQL("source.geom && ST_MakeEnvelope(%(left)s, %(bottom)s, %(right)s, %(top)s, 4326)")
    bounds = shape.bounds()
    found = found.and_(box, left=bounds.west, bottom=bounds.south, right=bounds.east, top=bounds.north)
    if isinstance(shape, Region):
        return found.and_(sql.SQL("ST_Intersects(source.geom, ST_GeomFromWKB(%(region)s, 4326))"), region=shape.polygon.wkb)
    near = sql.SQL("ST_DWithin(source.geom::geography, ST_MakePoint(%(lon)s, %(lat)s)::geography, %(radius_m)s)")
    return found.and_(near, lon=shape.lon, lat=shape.lat, radius_m=shape.radius_m)
