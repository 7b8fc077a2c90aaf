"""Pages of rows in the order of id. Which rows of a point layer they are is looked up in memory, so no list scans a table.

Rows that were written since their mirror was made are looked up in the database, so that whoever writes a case finds it in the next list.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from geodata import crs
from geodata.db import Conn
from geodata.errors import InvalidInputError, NotAllowedError, SourceUnavailableError
from geodata.grid import BBox
from geodata.source import Condition
from services import changes, features
from services.cover import Covering
from services.element import POINT, Element
from services.features import DEGREE_DIGITS, IN_DEGREES, METRE_DIGITS, Row
from services.mirror import Mirror
from services.mirror_store import MirrorStore
from services.rights import Reader

MOST_LATELY = 2_000
"""So many rows written since the mirror was made are looked up one by one; with more the database lists everything."""
SKIPPED_BY_KEY = 10_000
"""Rows that the database passes over without pain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which page: rows that fulfil all conditions and touch the box, behind the id `after`, less `offset`, at most `limit` (1 to 10,000)."""

    conditions: Sequence[Condition] = ()
    bbox: BBox | None = None
    limit: int = 100
    offset: int = 0
    after: int | None = None
    geometry: bool = True
    srid: int = 4326
    """Of the geometry; axis order x, y."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A page of rows, whether more follow, and how many there are in all; None when counting would cost more than it tells."""

    rows: tuple[Row, ...]
    more: bool
    matched: int | None


def listing(store: MirrorStore, conn: Conn, reader: Reader, element: Element, wanted: Wanted) -> Listing:
    """Return a page of the rows in the reader's scope.

    Raises:
        NotAllowedError: the reader's role may not see this layer.
        InvalidInputError: a condition on a column that the layer does not filter by, or a limit or offset out of range.
    """
    if reader.role not in element.roles:
        raise NotAllowedError(f"{reader.role} may not see {element.key}")
    try:
        mirror = store.mirror(element.key)
    except SourceUnavailableError:
        return _from_view(conn, reader, element, wanted, None)
    lately = changes.rows_since(conn, element.key, mirror.revision.changed_at, limit=MOST_LATELY + 1)
    if len(lately) > MOST_LATELY:
        return _from_view(conn, reader, element, wanted, None)
    matched: int | None
    everything = not wanted.conditions and not wanted.bbox and not reader.scope
    if everything and wanted.offset <= SKIPPED_BY_KEY:
        matched = len(mirror) - int(np.isin(mirror.ids, lately).sum()) + len(_matching(conn, reader, element, wanted, lately))
        return _from_view(conn, reader, element, wanted, matched)
    if element.geometry != POINT:
        # in memory an area counts by one position, but it is listed wherever it touches the box
        matched = None if wanted.bbox else mirror.count(wanted.conditions, reader.scope)
        return _from_view(conn, reader, element, wanted, matched)
    return _from_memory(conn, reader, element, wanted, mirror, lately)


def count(store: MirrorStore, conn: Conn, reader: Reader, element: Element, wanted: Wanted) -> int:
    """Count the rows that `listing` would page through. Same errors."""
    if element.geometry == POINT or not wanted.bbox:
        known = listing(store, conn, reader, element, replace(wanted, limit=1, offset=0, after=None, geometry=False)).matched
        if known is not None:
            return known
    return features.count(conn, reader, element, wanted.conditions, bbox=wanted.bbox)


def _from_view(conn: Conn, reader: Reader, element: Element, wanted: Wanted, matched: int | None) -> Listing:
    page = features.rows(
        conn,
        reader,
        element,
        wanted.conditions,
        bbox=wanted.bbox,
        limit=wanted.limit,
        offset=wanted.offset,
        after=wanted.after,
        geometry=wanted.geometry,
        srid=wanted.srid,
    )
    return Listing(rows=page.rows, more=page.more, matched=matched)


def _from_memory(  # noqa: PLR0917 - what a page is made of
    conn: Conn, reader: Reader, element: Element, wanted: Wanted, mirror: Mirror, lately: Sequence[int]
) -> Listing:
    if not 1 <= wanted.limit <= features.MAX_ROWS or not 0 <= wanted.offset <= features.MAX_SKIPPED:
        raise InvalidInputError(f"limit={wanted.limit}, offset={wanted.offset}: out of range")
    if wanted.bbox:
        chosen = mirror.within(Covering(wanted.bbox), wanted.conditions, reader.scope)
        ids = np.sort(mirror.ids[chosen])
    else:
        ids = np.sort(mirror.ids[mirror.chosen(mirror.all(), wanted.conditions, reader.scope)])
    if lately:
        ids = np.union1d(np.setdiff1d(ids, lately), np.array(_matching(conn, reader, element, wanted, lately), np.int64))
    first = wanted.offset + (int(np.searchsorted(ids, wanted.after, side="right")) if wanted.after is not None else 0)
    rows = features.by_ids(conn, reader, element, ids[first : first + wanted.limit].tolist())
    if wanted.geometry:
        rows = _placed(rows, wanted.srid)
    return Listing(rows=tuple(rows), more=first + wanted.limit < len(ids), matched=len(ids))


def _matching(conn: Conn, reader: Reader, element: Element, wanted: Wanted, lately: Sequence[int]) -> list[int]:
    return features.matching(conn, reader, element, lately, wanted.conditions, bbox=wanted.bbox) if lately else []


def _placed(rows: Sequence[Row], srid: int) -> list[Row]:
    x, y = np.array([row.lon for row in rows]), np.array([row.lat for row in rows])
    if srid != 4326 and rows:
        x, y = crs.from_wgs84(x, y, str(srid))
    digits = DEGREE_DIGITS if srid in IN_DEGREES else METRE_DIGITS
    places = zip(rows, np.round(x, digits).tolist(), np.round(y, digits).tolist(), strict=True)
    return [replace(row, geometry=f'{{"type":"Point","coordinates":[{east!r},{north!r}]}}') for row, east, north in places]
