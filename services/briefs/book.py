"""The book of briefs: which issues there are, which of them a reader sees, and what stands in one."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from psycopg.rows import class_row, dict_row

from geodata.db import Conn
from geodata.errors import InvalidInputError, NotAllowedError, NotFoundError
from services.briefs import catalogue, compose, periods
from services.briefs.catalogue import BriefType
from services.briefs.document import Document
from services.briefs.periods import SCHEDULED
from services.rights import Reader, Role

MAY_READ = frozenset({Role.LEADER, Role.SHIFT_LEADER, Role.DISPATCHER, Role.ACCEPTOR, Role.DEPARTMENT})
MAY_DRAFT = frozenset({Role.LEADER, Role.SHIFT_LEADER, Role.DISPATCHER})
"""See drafts and ask for briefs; all others see what was sent to them."""
STATES = ("making", "draft", "approved", "sent")
MAX_ROWS = 200

ROW = """
    SELECT b.id, b.type_code, t.definition ->> 'name' AS name_zh, t.definition ->> 'name_en' AS name_en, t.definition ->> 'cycle' AS cycle,
           b.area_code, a.name AS area_name, b.period_key, b.label, b.period_start, b.period_end, b.year, b.issue, b.title, b.state, b.asked_at,
           b.data_at, jsonb_array_length(b.troubles) AS troubles, b.failure, b.rendered_at IS NOT NULL AS rendered, b.approved_name, b.approved_at,
           b.remark, b.sent_name, b.sent_at, b.event_id, b.version, r.read_at, r.account_id IS NOT NULL AS received,
           (SELECT count(*) FROM hall.brief_receipt AS n WHERE n.brief_id = b.id) AS receivers,
           (SELECT count(n.read_at) FROM hall.brief_receipt AS n WHERE n.brief_id = b.id) AS readers
    FROM hall.brief AS b
    JOIN hall.brief_type AS t ON t.code = b.type_code
    LEFT JOIN hall.area AS a ON a.code = b.area_code
    LEFT JOIN hall.brief_receipt AS r ON r.brief_id = b.id AND r.account_id = %(account_id)s
    WHERE starts_with(b.area_code, %(scope)s) AND (%(drafts)s OR (b.state = 'sent' AND r.account_id IS NOT NULL))
"""
LIST = (
    ROW
    + """
      AND (%(state)s::text IS NULL OR b.state = %(state)s)
      AND (NOT %(unread)s OR (b.state = 'sent' AND r.account_id IS NOT NULL AND r.read_at IS NULL))
      AND (%(type)s::text IS NULL OR b.type_code = %(type)s)
      AND (%(cycle)s::text IS NULL OR t.definition ->> 'cycle' = %(cycle)s)
      AND (%(area)s::text IS NULL OR b.area_code = %(area)s)
      AND (%(before)s::bigint IS NULL OR b.id < %(before)s)
    ORDER BY b.id DESC LIMIT %(limit)s
"""
)
ONE = ROW + " AND b.id = %(id)s"
CONTENT = "SELECT content FROM hall.brief WHERE id = %s"
RECEIPTS = """
    SELECT a.id AS account_id, a.display_name AS name, a.role, r.sent_at, r.read_at
    FROM hall.brief_receipt AS r JOIN hall.account AS a ON a.id = r.account_id WHERE r.brief_id = %s ORDER BY r.read_at NULLS FIRST, a.id LIMIT 2000
"""
UNREAD = """
    SELECT count(*) FROM hall.brief_receipt AS r JOIN hall.brief AS b ON b.id = r.brief_id
    WHERE r.account_id = %(account)s AND r.read_at IS NULL AND b.state = 'sent' AND starts_with(b.area_code, %(scope)s)
"""
TYPES = """
    SELECT t.code, t.enabled, last.id AS last_id, last.issue AS last_issue, last.year AS last_year, last.label AS last_label, last.state AS last_state
    FROM hall.brief_type AS t
    LEFT JOIN LATERAL (SELECT b.id, b.issue, b.year, b.label, b.state FROM hall.brief AS b LEFT JOIN hall.brief_receipt AS r
                       ON r.brief_id = b.id AND r.account_id = %(account_id)s
                       WHERE b.type_code = t.code AND starts_with(b.area_code, %(scope)s)
                         AND (%(drafts)s OR (b.state = 'sent' AND r.account_id IS NOT NULL))
                       ORDER BY b.period_end DESC, b.id DESC LIMIT 1) AS last ON true
"""
AREAS = """
    SELECT code, name, level FROM hall.area WHERE level IN ('district', 'street') AND starts_with(code, %(scope)s) ORDER BY length(code), code LIMIT 1000
"""
FAILING = "SELECT name, failed_since FROM hall.brief_query WHERE failed_since IS NOT NULL ORDER BY failed_since LIMIT 100"


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """An issue without its content. `read_at` and `received` are the reader's own."""

    id: int
    type_code: str
    name_zh: str
    name_en: str
    cycle: str
    area_code: str
    area_name: str | None
    period_key: str
    label: str
    period_start: datetime
    period_end: datetime
    year: int
    issue: int
    title: str
    state: str
    asked_at: datetime
    data_at: datetime | None
    troubles: int
    """So many sections have no figures."""
    failure: str | None
    rendered: bool
    """Pictures and files are there."""
    approved_name: str | None
    approved_at: datetime | None
    remark: str | None
    sent_name: str | None
    sent_at: datetime | None
    event_id: int | None
    version: int
    read_at: datetime | None
    received: bool
    receivers: int
    readers: int

    @property
    def unread(self) -> bool:
        """Sent to this reader and not yet read."""
        return self.received and self.read_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """One receiver."""

    account_id: int
    name: str
    role: str
    sent_at: datetime
    read_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeStanding:
    """A kind of brief and its last issue as far as the reader may see it."""

    type: BriefType
    enabled: bool
    next_due: datetime | None
    last_id: int | None
    last_issue: int | None
    last_year: int | None
    last_label: str | None
    last_state: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Which issues to list; None leaves a test out."""

    state: str | None = None
    unread: bool = False
    type: str | None = None
    cycle: str | None = None
    area: str | None = None
    before: int | None = None
    limit: int = 50


def listed(conn: Conn, reader: Reader, query: Query) -> list[Brief]:
    """Return the issues that a reader may see, the newest first.

    Raises:
        NotAllowedError: the role reads no briefs.
        InvalidInputError: `limit` is out of range.
    """
    _require_reader(reader)
    if not 1 <= query.limit <= MAX_ROWS:
        raise InvalidInputError(f"limit={query.limit}: 1 to {MAX_ROWS}")
    values = {
        **_whom(reader),
        "state": query.state,
        "unread": query.unread,
        "type": query.type,
        "cycle": query.cycle,
        "area": query.area,
        "before": query.before,
        "limit": query.limit,
    }
    with conn.cursor(row_factory=class_row(Brief)) as cursor:
        return cursor.execute(LIST.encode(), values).fetchall()


def unread(conn: Conn, reader: Reader, limit: int = 10) -> list[Brief]:
    """Return the issues that were sent to a reader and wait to be read, the newest first. Same errors as `listed`."""
    return listed(conn, reader, Query(unread=True, limit=limit))


def count_unread(conn: Conn, reader: Reader) -> int:
    """Count what waits to be read. Same errors as `listed`."""
    _require_reader(reader)
    row = conn.execute(UNREAD, {"account": reader.account_id, "scope": reader.scope}).fetchone()
    return int(row[0]) if row else 0


def one(conn: Conn, reader: Reader, brief_id: int) -> Brief:
    """Return one issue.

    Raises:
        NotAllowedError: the role reads no briefs.
        NotFoundError: there is none, or none for this reader.
    """
    _require_reader(reader)
    with conn.cursor(row_factory=class_row(Brief)) as cursor:
        row = cursor.execute(ONE.encode(), {**_whom(reader), "id": brief_id}).fetchone()
    if row is None:
        raise NotFoundError(f"no brief {brief_id}")
    return row


def content(conn: Conn, reader: Reader, brief_id: int) -> Document | None:
    """Return what an issue says; None while it is being made. Same errors as `one`."""
    one(conn, reader, brief_id)
    row = conn.execute(CONTENT, [brief_id]).fetchone()
    return msgspec.convert(row[0], Document) if row and row[0] else None


def receipts(conn: Conn, reader: Reader, brief_id: int) -> list[Receipt]:
    """Return who was sent an issue and when it was read, for those who see drafts. Same errors as `one`."""
    one(conn, reader, brief_id)
    if reader.role not in MAY_DRAFT:
        return []
    with conn.cursor(row_factory=class_row(Receipt)) as cursor:
        return cursor.execute(RECEIPTS, [brief_id]).fetchall()


def types(conn: Conn, reader: Reader, now: datetime) -> list[TypeStanding]:
    """Return the kinds with their last issue. Same errors as `listed`."""
    _require_reader(reader)
    with conn.cursor(row_factory=dict_row) as cursor:
        rows = {row["code"]: row for row in cursor.execute(TYPES, _whom(reader))}
    return [
        TypeStanding(
            type=kind,
            enabled=enabled,
            next_due=periods.next_due(kind.cycle, now, kind.time) if enabled and kind.cycle in SCHEDULED else None,
            **{name: rows[code][name] for name in ("last_id", "last_issue", "last_year", "last_label", "last_state")},
        )
        for code, (kind, enabled) in catalogue.stored(conn).items()
    ]


def areas(conn: Conn, reader: Reader) -> list[compose.Area]:
    """Return the districts and streets that a reader may ask for briefs of. Same errors as `listed`."""
    _require_reader(reader)
    with conn.cursor(row_factory=class_row(compose.Area)) as cursor:
        return cursor.execute(AREAS, _whom(reader)).fetchall()


def failing(conn: Conn, reader: Reader) -> dict[str, datetime]:
    """Return the queries that fail and since when, for those who see drafts."""
    _require_reader(reader)
    return dict(conn.execute(FAILING).fetchall()) if reader.role in MAY_DRAFT else {}


def _require_reader(reader: Reader) -> None:
    if reader.role not in MAY_READ:
        raise NotAllowedError(f"{reader.role} reads no briefs")


def _whom(reader: Reader) -> dict[str, Any]:
    return {"account_id": reader.account_id, "scope": reader.scope, "drafts": reader.role in MAY_DRAFT}
