"""What the desk's frame says of today: how many cases wait, what happened last, how the day went so far."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from geodata.db import Conn
from geodata.errors import InvalidInputError
from services.rights import Reader

MAX_NEWS = 50
SLOT_S = 1_800
"""Length of a slot of the day's chart, in seconds."""

OPEN = """
    SELECT state, count(*) AS number, count(*) FILTER (WHERE deadline_at < %(now)s AND state <> 'suspended') AS overdue
    FROM hall.event WHERE closed_at IS NULL AND starts_with(grid_code, %(scope)s) GROUP BY state LIMIT 20
"""
# A case is news for two weeks at most, so the index on reported_at bounds the search for closed ones, too.
NEWS = """
    SELECT id, title, level, state, reported_at, closed_at, greatest(reported_at, closed_at) AS at
    FROM hall.event
    WHERE reported_at > %(now)s - interval '14 days' AND reported_at <= %(now)s AND starts_with(grid_code, %(scope)s)
      AND coalesce(closed_at, reported_at) <= %(now)s
    ORDER BY greatest(reported_at, closed_at) DESC, id LIMIT %(limit)s
"""
SLOTS = """
    SELECT floor(extract(epoch FROM reported_at - %(start)s::timestamptz) / %(slot_s)s)::integer AS slot, count(*) AS number
    FROM hall.event
    WHERE reported_at >= %(start)s AND reported_at <= %(now)s AND starts_with(grid_code, %(scope)s)
    GROUP BY slot ORDER BY slot LIMIT 100
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """A case that was reported or closed."""

    id: int
    title: str
    level: int
    state: str
    reported_at: datetime
    closed_at: datetime | None
    at: datetime
    """When it was closed, or else reported."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulletin:
    """Figures of the reader's scope at one instant."""

    open: Mapping[str, int]
    """Open cases by state."""
    overdue: int
    """Of those, the ones whose step should have ended; suspended ones have no deadline."""
    news: tuple[News, ...]
    """The newest first."""
    slots: Mapping[int, int]
    """Cases reported since `start`, by half hour; empty ones are absent."""


def bulletin(conn: Conn, reader: Reader, *, start: datetime, now: datetime, limit: int = 12) -> Bulletin:
    """Return what happened in the reader's scope; `start` is the beginning of the local day.

    Raises:
        InvalidInputError: limit is not in 1..50.
    """
    if not 1 <= limit <= MAX_NEWS:
        raise InvalidInputError(f"limit={limit}: 1 to {MAX_NEWS}")
    params = {"scope": reader.scope, "now": now, "start": start, "slot_s": SLOT_S, "limit": limit}
    waiting = conn.execute(OPEN, params).fetchall()
    with conn.cursor(row_factory=class_row(News)) as cursor:
        news = tuple(cursor.execute(NEWS, params))
    slots = dict(conn.execute(SLOTS, params).fetchall())
    return Bulletin(
        open={state: number for state, number, _ in waiting},
        overdue=sum(overdue for _, _, overdue in waiting),
        news=news,
        slots=slots,
    )
