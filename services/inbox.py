"""The open cases that wait for somebody: who looks at them sees the most urgent first."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from geodata.db import Conn
from geodata.errors import InvalidInputError, NotAllowedError
from services.element import Element
from services.rights import Reader

MAX_ENTRIES = 500
MAX_TEXT = 80

# Major cases that nobody has taken on come first, then what is overdue or soon will be; a suspended case has no deadline.
OPEN = """
    FROM hall.event e JOIN hall.event_class c ON c.code = e.class_code
    WHERE e.closed_at IS NULL AND starts_with(e.grid_code, %(scope)s)
      AND (%(levels)s::smallint[] IS NULL OR e.level = ANY(%(levels)s))
      AND (NOT %(overdue)s OR e.deadline_at < %(now)s AND e.paused_at IS NULL AND e.state <> 'suspended')
      AND (%(text)s = '' OR strpos(lower(e.title || ' ' || e.case_no || ' ' || e.place_text || ' ' || c.name), lower(%(text)s)) > 0)
      AND (NOT %(mine)s
           OR EXISTS (SELECT FROM hall.case_log l WHERE l.event_id = e.id AND l.account_id = %(account_id)s)
           OR EXISTS (SELECT FROM hall.account a JOIN hall.case_department d ON d.department_id = a.department_id
                      WHERE a.id = %(account_id)s AND d.event_id = e.id)
           OR EXISTS (SELECT FROM hall.account a JOIN hall.task t ON t.worker_id = a.worker_id
                      WHERE a.id = %(account_id)s AND t.event_id = e.id AND t.state IN ('sent', 'accepted', 'on_site')))
"""
ENTRIES = f"""
    SELECT e.id, e.case_no, e.title, e.level, e.major, c.name AS class_name, e.state, e.reported_at, e.step_started_at, e.deadline_at,
           e.paused_at, e.supervised, e.place_text, ST_X(e.geom) AS lon, ST_Y(e.geom) AS lat
    {OPEN} AND (%(states)s::text[] IS NULL OR e.state = ANY(%(states)s))
    ORDER BY (e.level IN (1, 2) AND e.state IN ('reported', 'filed')) DESC, (e.paused_at IS NOT NULL OR e.state = 'suspended'),
             e.deadline_at, e.id
    LIMIT %(limit)s
"""
NUMBERS = f"SELECT e.state, count(*) {OPEN} GROUP BY e.state LIMIT 50"


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Which open cases; empty fields leave a test out."""

    states: tuple[str, ...] = ()
    levels: tuple[int, ...] = ()
    overdue: bool = False
    mine: bool = False
    """Acted on by this account, given to its department, or to its worker."""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An open case in the list; nothing of it is personal."""

    id: int
    case_no: str
    title: str
    level: int
    major: str
    class_name: str
    state: str
    reported_at: datetime
    step_started_at: datetime
    deadline_at: datetime
    paused_at: datetime | None
    supervised: bool
    place_text: str
    lon: float
    lat: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox:
    """The most urgent cases, and how many wait in each state under the same query without its states."""

    entries: tuple[Entry, ...]
    numbers: Mapping[str, int]


def inbox(conn: Conn, reader: Reader, element: Element, query: Query, now: datetime, *, limit: int = 200) -> Inbox:
    """Return open cases in the reader's scope, the most urgent first; `element` is the class of open cases.

    Raises:
        NotAllowedError: the reader's role may not see cases.
        InvalidInputError: limit is not in 1..500, or the text is longer than 80 characters.
    """
    if reader.role not in element.roles:
        raise NotAllowedError(f"{reader.role} may not see {element.key}")
    if not 1 <= limit <= MAX_ENTRIES or len(query.text) > MAX_TEXT:
        raise InvalidInputError(f"limit={limit}: 1 to {MAX_ENTRIES}; text of {len(query.text)}: at most {MAX_TEXT}")
    values = {
        "scope": reader.scope,
        "account_id": reader.account_id,
        "now": now,
        "levels": list(query.levels) or None,
        "states": list(query.states) or None,
        "overdue": query.overdue,
        "mine": query.mine,
        "text": query.text.strip(),
        "limit": limit,
    }
    with conn.cursor(row_factory=class_row(Entry)) as cursor:
        entries = tuple(cursor.execute(ENTRIES, values).fetchall())
    return Inbox(entries=entries, numbers=dict(conn.execute(NUMBERS, values).fetchall()))
