"""Major events that run: level Ⅰ and Ⅱ, not closed, with their state, their clock and who has them. Names of persons are not in it."""

from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from geodata.db import Conn
from services.rights import Reader

MAJOR = (1, 2)
"""Levels: particularly serious, serious."""
MAX_EVENTS = 50

RUNNING = """
    SELECT e.id, e.case_no, e.title, e.level, e.major, e.state, e.source, e.place_text AS place, e.reported_at, e.deadline_at,
           e.deadline_at < %(now)s AND e.state <> 'suspended' AS overdue, e.supervised, street.name AS street, d.name AS department,
           t.sent, t.under_way, t.on_site, t.done, t.next_at, ST_X(e.geom) AS lon, ST_Y(e.geom) AS lat, count(*) OVER ()::int AS total
    FROM hall.event AS e
        LEFT JOIN hall.department AS d ON d.id = e.lead_department
        LEFT JOIN hall.area AS street ON street.level = 'street' AND street.code = left(e.grid_code, 9)
        CROSS JOIN LATERAL (
            SELECT count(*) FILTER (WHERE state <> 'cancelled' AND state <> 'declined')::int AS sent,
                   count(*) FILTER (WHERE state IN ('sent', 'accepted'))::int AS under_way, count(*) FILTER (WHERE state = 'on_site')::int AS on_site,
                   count(*) FILTER (WHERE state = 'done')::int AS done,
                   min(sent_at + make_interval(secs => predicted_s)) FILTER (WHERE state IN ('sent', 'accepted') AND predicted_s IS NOT NULL) AS next_at
            FROM hall.task WHERE event_id = e.id AND purpose = 'handle') AS t
    WHERE e.closed_at IS NULL AND e.level = ANY(%(levels)s) AND e.reported_at <= %(now)s AND starts_with(e.grid_code, %(scope)s)
    ORDER BY e.level, e.reported_at DESC, e.id LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class MajorEvent:
    """One of them."""

    id: int
    case_no: str
    title: str
    level: int
    major: str
    state: str
    source: str
    place: str
    reported_at: datetime
    deadline_at: datetime
    overdue: bool
    supervised: bool
    street: str | None
    department: str | None
    """Who has it; None: nobody yet."""
    sent: int
    """Crews and vehicles sent, neither declined nor called back."""
    under_way: int
    on_site: int
    done: int
    next_at: datetime | None
    """When the first of those under way should arrive."""
    lon: float
    lat: float
    total: int
    """How many run, whatever the limit."""


def running(conn: Conn, reader: Reader, now: datetime, *, limit: int = 20) -> list[MajorEvent]:
    """Return the major events of the reader's area: the highest level first, then the newest."""
    values = {"now": now, "levels": list(MAJOR), "scope": reader.scope, "limit": min(max(limit, 1), MAX_EVENTS)}
    with conn.cursor(row_factory=class_row(MajorEvent)) as cursor:
        return cursor.execute(RUNNING, values).fetchall()
