"""What the values of a layer's fields add up to: for legends, warnings and filter panels. From memory, without the database."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from geodata.db import Conn
from geodata.errors import InvalidInputError, SourceUnavailableError
from geodata.grid import LonLat
from geodata.source import Condition
from services import features
from services.element import Element, visible
from services.mirror import Mirror
from services.mirror_store import MirrorStore
from services.morton import Ints
from services.rights import Reader

MAX_FIRST = 200
MAX_NAMES = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Facets:
    """Rows of one layer in the reader's scope, by the values of its fields."""

    total: int
    matching: int
    values: Mapping[str, Mapping[str, int]]
    """Coded field → value → rows that match every condition but the one on this field. Values that no condition would leave stand with 0;
    those that are the most frequent without conditions come first."""
    ranges: Mapping[str, tuple[float, float]]
    """Number or instant (seconds since 1970) → smallest and largest value of all rows; absent when there is none."""


class Order(StrEnum):
    """What comes first in a list."""

    NEAREST = "nearest"
    SMALLEST = "smallest"
    LARGEST = "largest"


def facets(store: MirrorStore, reader: Reader, element: Element, conditions: Sequence[Condition] = ()) -> Facets:
    """Count the rows of a layer under a filter.

    Raises:
        SourceUnavailableError: the layer is still being prepared.
        InvalidInputError: a condition on a column that the layer does not filter by.
    """
    mirror = store.mirror(element.key)
    scoped = mirror.chosen(mirror.all(), (), reader.scope)
    matching = mirror.chosen(scoped, conditions)
    values, ranges = {}, {}
    for name in element.filters:
        if name in mirror.coded:
            others = [condition for condition in conditions if condition.column != name]
            rows = mirror.chosen(scoped, others) if len(others) < len(conditions) else matching
            numbers = mirror.breakdown(name, rows)
            values[name] = {value: numbers.get(value, 0) for value in mirror.breakdown(name, scoped)} if conditions else numbers
        elif name in mirror.numbers:
            known = mirror.numbers[name][scoped]
            known = known[np.isfinite(known)]
            if len(known):
                ranges[name] = (float(known.min()), float(known.max()))
    return Facets(total=_length(scoped), matching=_length(matching), values=values, ranges=ranges)


def tallies(store: MirrorStore, reader: Reader, elements: Iterable[Element], column_of: Mapping[str, str]) -> dict[str, dict[str, int]]:
    """Count the rows of several layers by one field each, as `column_of` names it by layer key; layers being prepared are absent."""
    found = {}
    for element in visible(elements, reader):
        column = column_of.get(element.key)
        if column is None:
            continue
        try:
            mirror = store.mirror(element.key)
        except SourceUnavailableError:
            continue
        if column in mirror.coded:
            found[element.key] = mirror.breakdown(column, mirror.chosen(mirror.all(), (), reader.scope))
    return found


def first(
    store: MirrorStore,
    reader: Reader,
    element: Element,
    conditions: Sequence[Condition],
    *,
    order: Order,
    column: str = "",
    near: LonLat | None = None,
    limit: int = 12,
) -> list[int]:
    """Return the ids of the first rows that match: nearest to `near`, or by a number in `column`; rows without the number come last.

    Raises:
        SourceUnavailableError: the layer is still being prepared.
        InvalidInputError: `limit` is not in 1..200, the order lacks what it goes by, or a condition is not on a filter of the layer.
    """
    if not 1 <= limit <= MAX_FIRST:
        raise InvalidInputError(f"limit={limit}: 1 to {MAX_FIRST}")
    mirror = store.mirror(element.key)
    chosen = mirror.chosen(mirror.all(), conditions, reader.scope)
    rows = np.arange(chosen.start, chosen.stop) if isinstance(chosen, slice) else chosen
    if order is Order.NEAREST:
        if near is None:
            raise InvalidInputError("the nearest to what?")
        rows, _ = mirror.nearest(rows, near, limit)
        return [int(row_id) for row_id in mirror.ids[rows]]
    return [int(row_id) for row_id in mirror.ids[_by_number(mirror, rows, column, limit, falling=order is Order.LARGEST)]]


def names(store: MirrorStore, conn: Conn, reader: Reader, element: Element, *, column: str, named_by: str) -> dict[str, str]:
    """Return the name that rows give in `named_by` to each value of a coded column, read from one row a value.

    Raises:
        SourceUnavailableError: the layer is still being prepared.
    """
    mirror = store.mirror(element.key)
    codes, rows = np.unique(mirror.coded[column].codes, return_index=True)
    values = mirror.coded[column].values
    ids = {int(mirror.ids[row]): values[code] for code, row in zip(codes.tolist(), rows.tolist(), strict=True) if code < len(values)}
    found = features.by_ids(conn, replace(reader, scope=""), element, list(ids)[:MAX_NAMES])
    return {ids[row.id]: str(row.fields[named_by]) for row in found if row.fields.get(named_by)}


def _by_number(mirror: Mirror, rows: Ints, column: str, limit: int, *, falling: bool) -> Ints:
    if column not in mirror.numbers:
        raise InvalidInputError(f"{mirror.key} is not ordered by {column!r}")
    numbers = mirror.numbers[column][rows]
    place = np.lexsort((mirror.ids[rows], np.nan_to_num(-numbers if falling else numbers, nan=np.inf)))
    return rows[place[:limit]]


def _length(rows: slice | Ints) -> int:
    return rows.stop - rows.start if isinstance(rows, slice) else len(rows)
