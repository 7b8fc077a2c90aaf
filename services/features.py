"""Rows of any layer, with the reader's rights applied to every column."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from geodata.db import Conn
from geodata.grid import BBox
from geodata.source import Condition
from services.element import Element
from services.rights import Reader
from services.shapes import Shape

Value = str | int | float | bool | date | datetime | None
MAX_ROWS = 10_000


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


@dataclass(frozen=True, slots=True)
class Page:
    """Rows in the order of id, and whether more follow (ask for those `after` the last id)."""

    rows: tuple[Row, ...]
    more: bool


def rows(
    conn: Conn, reader: Reader, element: Element, conditions: Sequence[Condition] = (), *, bbox: BBox | None = None,
    limit: int = 100, offset: int = 0, after: int | None = None, geometry: bool = True, srid: int = 4326,
) -> Page:
    """Return a page of rows in the reader's scope, ordered by id.

    `geometry` asks for GeoJSON in `srid` (axis order x, y). `after` continues behind an id and is faster than `offset`.

    Raises:
        NotAllowedError: the reader's role may not see this layer.
        InvalidInputError: a condition on a column that is unknown or personal; limit not in 1..10,000.
    """
    raise NotImplementedError


def count(conn: Conn, reader: Reader, element: Element, conditions: Sequence[Condition] = (), *, bbox: BBox | None = None) -> int:
    """Count the rows that `rows` would page through. Same errors."""
    raise NotImplementedError


def one(conn: Conn, reader: Reader, element: Element, row_id: int, *, srid: int = 4326) -> Row:
    """Return one row with its geometry.

    Raises:
        NotAllowedError: the reader's role may not see this layer.
        NotFoundError: no such row, or outside the reader's scope.
    """
    raise NotImplementedError


def by_ids(conn: Conn, reader: Reader, element: Element, ids: Sequence[int]) -> list[Row]:
    """Return these rows without geometry, in the order of `ids`; rows outside the reader's scope are left out."""
    raise NotImplementedError


def iterate(
    conn: Conn, reader: Reader, element: Element, conditions: Sequence[Condition] = (), *, bbox: BBox | None = None,
    shape: Shape | None = None, srid: int = 4326, limit: int | None = None,
) -> Iterator[Row]:
    """Stream rows with geometry from a server-side cursor, for exports. Same errors as `rows`."""
    raise NotImplementedError
