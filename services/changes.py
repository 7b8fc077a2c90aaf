"""What has changed since: rows of hall.change, and each of them as a reader may see it."""

import logging
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from psycopg.rows import class_row

from geodata.db import Conn, Pool, writing
from geodata.errors import SourceUnavailableError
from services import features
from services.element import POINT, Element, visible
from services.features import DEGREE_DIGITS, Row
from services.rights import Reader, Role, in_scope

log = logging.getLogger(__name__)

KEPT = timedelta(days=1)
"""For so long a reader that was away can go on where it stopped."""
MAX_CHANGES = 5_000
"""More than this at a time are not told one by one: whoever missed them reads the lists anew."""

PRUNED_EVERY_S = 600.0

# the last row stays when all others are pruned: its id is where everybody goes on
SPAN = "SELECT coalesce(min(id), 0) AS first, coalesce(max(id), 0) AS last FROM hall.change"
SINCE = """
    SELECT id, at, layer, row_id, kind, grid_code, was_grid_code, alarm FROM hall.change WHERE id > %(since)s ORDER BY id LIMIT %(limit)s
"""
ROWS_SINCE = "SELECT DISTINCT row_id FROM hall.change WHERE layer = %(layer)s AND at >= %(since)s LIMIT %(limit)s"
PRUNE = "DELETE FROM hall.change WHERE at < %(before)s AND id < (SELECT max(id) FROM hall.change)"


TOLD: Mapping[str, str] = {"open_events": "open_events", "events": "open_events"}
"""Layers whose changes are noted row by row, and under which name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A row of a layer was written."""

    id: int
    at: datetime
    layer: str
    row_id: int
    kind: str
    """insert or update"""
    grid_code: str
    was_grid_code: str | None
    """Area where the row was before, when it has moved."""
    alarm: bool
    """A case became Ⅰ or Ⅱ with this change."""


@dataclass(frozen=True, slots=True)
class Span:
    """Ids of the changes that are kept; both 0 before the first."""

    first: int
    last: int

    def reaches(self, since: int) -> bool:
        """Whether everything after `since` is still known."""
        return self.first - 1 <= since <= self.last


@dataclass(frozen=True, slots=True)
class View:
    """All that tells readers apart where rows are read: what one of them sees, the others with the same view see as well."""

    role: Role
    scope: str

    @classmethod
    def of(cls, reader: Reader) -> "View":
        """Return the view that a reader shares with others."""
        return cls(reader.role, reader.scope)

    def reader(self) -> Reader:
        """Return somebody who sees just this."""
        return Reader(0, "", "", self.role, self.scope)


@dataclass(frozen=True, slots=True)
class Told:
    """A change as a reader may know it; without a row when it is not, or no longer, in the reader's view."""

    change: Change
    row: Row | None


def span(conn: Conn) -> Span:
    """Return which changes are kept."""
    with conn.cursor(row_factory=class_row(Span)) as cursor:
        found = cursor.execute(SPAN).fetchone()
    assert found is not None
    return found


def since(conn: Conn, last: int, *, limit: int = MAX_CHANGES) -> list[Change]:
    """Return the changes after an id, the oldest first."""
    with conn.cursor(row_factory=class_row(Change)) as cursor:
        return cursor.execute(SINCE, {"since": last, "limit": limit}).fetchall()


def rows_since(conn: Conn, layer: str, at: datetime, *, limit: int = MAX_CHANGES) -> list[int]:
    """Return the ids of rows that were written at an instant or later; none of a layer whose changes are not noted."""
    if layer not in TOLD:
        return []
    return [int(row[0]) for row in conn.execute(ROWS_SINCE, {"layer": TOLD[layer], "since": at, "limit": limit})]


def told(conn: Conn, reader: Reader, elements: Iterable[Element], changes: Sequence[Change]) -> list[Told]:
    """Return what the reader may know of these changes, with the rows as they are now.

    Rights are those of the lists: layers of the role, rows of the scope, personal values masked. A change of a row that was never in the
    reader's scope is left out altogether.
    """
    known = {element.key: element for element in visible(elements, reader)}
    own = [change for change in changes if change.layer in known and _concerns(reader, change)]
    ids: dict[str, list[int]] = {}
    for change in own:
        ids.setdefault(change.layer, []).append(change.row_id)
    wanted = [(known[key], list(dict.fromkeys(numbers))) for key, numbers in ids.items()]
    read = features.by_ids_of_all(conn, reader, wanted) if wanted else {}
    rows = {(key, row.id): _placed(known[key], row) for key, found in read.items() for row in found}
    return [Told(change, rows.get((change.layer, change.row_id))) for change in own]


def prune(conn: Conn, now: datetime) -> int:
    """Forget changes of which nobody needs to hear any more; return how many."""
    return conn.execute(PRUNE, {"before": now - KEPT}).rowcount


def prune_forever(stop: threading.Event, pool: Pool) -> None:
    """Prune now and then until `stop` is set."""
    while not stop.wait(PRUNED_EVERY_S):
        try:
            with writing(pool) as conn:
                prune(conn, datetime.now(UTC))
        except SourceUnavailableError as error:
            log.warning("old changes stay: %s", error)


def _concerns(reader: Reader, change: Change) -> bool:
    return in_scope(reader, change.grid_code) or (change.was_grid_code is not None and in_scope(reader, change.was_grid_code))


def _placed(element: Element, row: Row) -> Row:
    if element.geometry != POINT:
        return row
    lon, lat = round(row.lon, DEGREE_DIGITS), round(row.lat, DEGREE_DIGITS)
    return replace(row, geometry=f'{{"type":"Point","coordinates":[{lon!r},{lat!r}]}}')
