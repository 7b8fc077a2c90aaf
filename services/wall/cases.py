"""The cases that a wall lists and shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from geodata.db import Conn
from geodata.errors import NotFoundError
from services.audit import Act, Caller, record
from services.rights import Reader
from services.screens import require_steer, require_watch

NEWS, POINTS, MAJOR = 40, 3_000, 12

NEWEST = """
    SELECT e.id, e.title, e.place_text, e.level, e.major, e.state, e.reported_at, e.closed_at, e.self_handled OR e.source = 'grid_self' AS own,
           e.closed_at IS NULL AND e.deadline_at < %(now)s AND e.state <> 'suspended' AS overdue, ST_X(e.geom) AS lon, ST_Y(e.geom) AS lat,
           e.level = 1 AND e.closed_at IS NULL AND e.state = 'reported' AND a.event_id IS NULL AS alarm
    FROM hall.event AS e LEFT JOIN hall.wall_acknowledgement AS a ON a.event_id = e.id
    WHERE e.reported_at > %(now)s::timestamptz - interval '1 day' AND e.reported_at <= %(now)s AND e.state NOT IN ('void', 'merged')
      AND starts_with(e.grid_code, %(scope)s)
    ORDER BY e.reported_at DESC, e.id DESC LIMIT %(limit)s
"""
MAJORS = """
    SELECT e.id, e.title, e.place_text, e.level, e.major, e.state, e.reported_at, e.closed_at, false AS own,
           e.deadline_at < %(now)s AND e.state <> 'suspended' AS overdue, ST_X(e.geom) AS lon, ST_Y(e.geom) AS lat,
           e.level = 1 AND e.state = 'reported' AND a.event_id IS NULL AS alarm
    FROM hall.event AS e LEFT JOIN hall.wall_acknowledgement AS a ON a.event_id = e.id
    WHERE e.closed_at IS NULL AND e.level IN (1, 2) AND e.reported_at <= %(now)s AND starts_with(e.grid_code, %(scope)s)
    ORDER BY e.level, e.reported_at DESC, e.id DESC LIMIT %(limit)s
"""
OPEN = """
    SELECT id, level, state, deadline_at < %(now)s AND state <> 'suspended' AS overdue, ST_X(geom) AS lon, ST_Y(geom) AS lat
    FROM hall.event WHERE closed_at IS NULL AND reported_at <= %(now)s AND starts_with(grid_code, %(scope)s)
    ORDER BY CASE level WHEN 0 THEN 5 ELSE level END DESC, reported_at, id LIMIT %(limit)s
"""
ACKNOWLEDGE = """
    INSERT INTO hall.wall_acknowledgement (event_id, at, by_name)
    SELECT id, %(now)s, %(by)s FROM hall.event WHERE id = %(id)s AND starts_with(grid_code, %(scope)s)
    ON CONFLICT (event_id) DO UPDATE SET by_name = hall.wall_acknowledgement.by_name
    RETURNING event_id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A case in the list."""

    id: int
    title: str
    place_text: str
    level: int
    major: str
    state: str
    reported_at: datetime
    closed_at: datetime | None
    own: bool
    """Solved by who found it, or meant to be."""
    overdue: bool
    lon: float
    lat: float
    alarm: bool
    """Ⅰ, and nobody has acknowledged it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """An open case on the map; graver ones come last, so that they are drawn on top."""

    id: int
    level: int
    state: str
    overdue: bool
    lon: float
    lat: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """Cases of the reader's area at one instant."""

    at: datetime
    news: Sequence[Item]
    """Reported within a day, the newest first."""
    majors: Sequence[Item]
    """Open Ⅰ and Ⅱ."""
    points: Sequence[Point]


def events(conn: Conn, reader: Reader, now: datetime) -> Events:
    """Return the cases that a wall lists and shows.

    Raises:
        NotAllowedError: the role opens no wall.
    """
    require_watch(reader)
    values = {"now": now, "scope": reader.scope, "limit": NEWS}
    with conn.cursor(row_factory=class_row(Item)) as cursor:
        news = cursor.execute(NEWEST, values).fetchall()
        majors = cursor.execute(MAJORS, values | {"limit": MAJOR}).fetchall()
    with conn.cursor(row_factory=class_row(Point)) as cursor:
        points = cursor.execute(OPEN, values | {"limit": POINTS}).fetchall()
    return Events(at=now, news=news, majors=majors, points=points)


def acknowledge(conn: Conn, caller: Caller, event_id: int) -> None:
    """Tell the walls that somebody has seen a Ⅰ case: they go on rotating. Call it in `services.audit.attempt`.

    Raises:
        NotAllowedError: the role steers no screens, or sees no cases.
        NotFoundError: no such case in the caller's area.
    """
    require_watch(caller.reader)
    require_steer(caller.reader)
    values = {"id": event_id, "scope": caller.reader.scope, "now": caller.now, "by": caller.reader.display_name}
    if conn.execute(ACKNOWLEDGE, values).fetchone() is None:
        raise NotFoundError(f"no case {event_id}")
    record(conn, caller, Act(action="wall_acknowledge", object=f"events/{event_id}"))
