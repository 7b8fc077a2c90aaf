"""The cases behind a figure of the case history, as rows of the database: the newest first, without personal fields."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from psycopg.rows import class_row

from geodata.db import Conn
from geodata.errors import InvalidInputError
from services.history import Filters, History
from services.rights import Reader

MAX_PAGE: Final = 500
MAX_EXPORT: Final = 50_000
CASES = """
    SELECT e.id, e.case_no, e.title, e.class_code, c.name AS class_name, e.source, e.level, e.state, e.grid_code, e.place_text, e.reported_at,
           e.deadline_at, e.filed_at, e.dispatched_at, e.handled_at, e.checked_at, e.closed_at, d.name AS department, e.reworks,
           ST_X(e.geom) AS lon, ST_Y(e.geom) AS lat
    FROM unnest(%(ids)s::bigint[]) WITH ORDINALITY AS wanted (id, place)
    JOIN hall.event AS e ON e.id = wanted.id AND starts_with(e.grid_code, %(scope)s)
    JOIN hall.event_class AS c ON c.code = e.class_code
    LEFT JOIN hall.department AS d ON d.id = e.lead_department
    ORDER BY wanted.place
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedCase:
    """One case."""

    id: int
    case_no: str
    title: str
    class_code: str
    class_name: str
    source: str
    level: int
    state: str
    grid_code: str
    place_text: str
    reported_at: datetime
    deadline_at: datetime
    filed_at: datetime | None
    dispatched_at: datetime | None
    handled_at: datetime | None
    checked_at: datetime | None
    closed_at: datetime | None
    department: str | None
    reworks: int
    lon: float
    lat: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedCases:
    """A page of the cases of a filter. `total` is what the history counts; a case that was changed since may look different in the list."""

    total: int
    cases: list[ListedCase]


def page(conn: Conn, history: History, reader: Reader, filters: Filters, *, limit: int = 100, offset: int = 0) -> ListedCases:
    """Return a page of the cases that a filter lets through, the newest first."""
    rows = history.newest_first(history.rows(filters, reader))
    low = max(0, offset)
    return ListedCases(total=len(rows), cases=read(conn, reader, history.id[rows[low : low + max(1, min(limit, MAX_PAGE))]].tolist()))


def all_of(conn: Conn, history: History, reader: Reader, filters: Filters) -> list[ListedCase]:
    """Return all of them, for a file.

    Raises:
        InvalidInputError: there are more than MAX_EXPORT.
    """
    rows = history.newest_first(history.rows(filters, reader))
    if len(rows) > MAX_EXPORT:
        raise InvalidInputError(f"{len(rows)} cases are more than {MAX_EXPORT}: choose a shorter period or a smaller area")
    return read(conn, reader, history.id[rows].tolist())


def read(conn: Conn, reader: Reader, ids: Sequence[int]) -> list[ListedCase]:
    """Read cases in the order of their ids given; those outside of the reader's scope are left out."""
    if not ids:
        return []
    with conn.cursor(row_factory=class_row(ListedCase)) as cursor:
        return cursor.execute(CASES, {"ids": list(ids), "scope": reader.scope}).fetchall()
