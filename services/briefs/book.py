"""The way of a brief: asked for, made, approved, sent, read. Who may do what, and which issues a reader sees at all."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import msgspec
from psycopg.rows import class_row, dict_row
from psycopg.types.json import Jsonb

from geodata.db import Conn
from geodata.errors import ConflictError, InvalidInputError, NotAllowedError, NotFoundError
from services import audit
from services.audit import Act, Caller
from services.briefs import catalogue, compose, periods
from services.briefs.catalogue import BriefType, CaseFilter
from services.briefs.document import Document
from services.briefs.periods import SCHEDULED, Cycle, Period
from services.rights import Reader, Role, in_scope
from services.worktime import LOCAL

MAY_READ = frozenset({Role.LEADER, Role.SHIFT_LEADER, Role.DISPATCHER, Role.ACCEPTOR, Role.DEPARTMENT})
MAY_DRAFT = frozenset({Role.LEADER, Role.SHIFT_LEADER, Role.DISPATCHER})
"""See drafts and ask for briefs; all others see what was sent to them."""
MAY_APPROVE = frozenset({Role.LEADER, Role.SHIFT_LEADER})
"""Approve, take back, send."""
STATES = ("making", "draft", "approved", "sent")
ACTIONS = ("approve", "withdraw", "send", "read", "again")
MAX_ROWS = 200
MOST_REMARK = 500
DISTRICT_DIGITS = 6

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
LOCK = "SELECT id, state, version, type_code, area_code FROM hall.brief WHERE id = %s FOR UPDATE"
RECEIPTS = """
    SELECT a.id AS account_id, a.display_name AS name, a.role, r.sent_at, r.read_at
    FROM hall.brief_receipt AS r JOIN hall.account AS a ON a.id = r.account_id WHERE r.brief_id = %s ORDER BY r.read_at NULLS FIRST, a.id LIMIT 2000
"""
RECEIVERS = """
    SELECT a.id FROM hall.account AS a LEFT JOIN hall.department AS d ON d.id = a.department_id
    WHERE a.active AND starts_with(%(area)s, a.scope)
      AND (a.role = ANY(%(roles)s) OR (a.role = 'department' AND d.code = ANY(%(departments)s))) ORDER BY a.id LIMIT 2000
"""
APPROVE = """
    UPDATE hall.brief SET state = 'approved', approved_by = %(account)s, approved_name = %(name)s, approved_at = %(now)s, remark = %(remark)s,
                          rendered_at = NULL, retry_at = NULL, version = version + 1 WHERE id = %(id)s
"""
WITHDRAW = """
    UPDATE hall.brief SET state = 'draft', approved_by = NULL, approved_name = NULL, approved_at = NULL, remark = NULL, rendered_at = NULL,
                          retry_at = NULL, version = version + 1 WHERE id = %(id)s
"""
SEND = "UPDATE hall.brief SET state = 'sent', sent_by = %(account)s, sent_name = %(name)s, sent_at = %(now)s, version = version + 1 WHERE id = %(id)s"
DELIVER = "INSERT INTO hall.brief_receipt (brief_id, account_id, sent_at) SELECT %(id)s, unnest(%(accounts)s::bigint[]), %(now)s ON CONFLICT DO NOTHING"
READ = "UPDATE hall.brief_receipt SET read_at = %(now)s WHERE brief_id = %(id)s AND account_id = %(account)s AND read_at IS NULL"
UNREAD = """
    SELECT count(*) FROM hall.brief_receipt AS r JOIN hall.brief AS b ON b.id = r.brief_id
    WHERE r.account_id = %(account)s AND r.read_at IS NULL AND b.state = 'sent' AND starts_with(b.area_code, %(scope)s)
"""
AGAIN = (
    "UPDATE hall.brief SET state = 'making', asked_at = %(now)s, failure = NULL, retry_at = NULL, version = version + 1 WHERE id = %(id)s"
)
EXISTING = "SELECT id FROM hall.brief WHERE type_code = %(type)s AND area_code = %(area)s AND period_key = %(key)s"
NUMBERED = "SELECT pg_advisory_xact_lock(hashtextextended(%(type)s || '/' || %(area)s, 31))"
INSERT = """
    INSERT INTO hall.brief (type_code, area_code, period_key, period_start, period_end, year, issue, title, label, event_id, parameters, asked_by, asked_at)
    SELECT %(type)s, %(area)s, %(key)s, %(start)s, %(end)s, %(year)s,
           1 + coalesce(max(issue), 0), %(title)s, %(label)s, %(event_id)s, %(parameters)s, %(account)s, %(now)s
    FROM hall.brief WHERE type_code = %(type)s AND area_code = %(area)s AND year = %(year)s
    RETURNING id
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
REPORTED = "SELECT reported_at FROM hall.event WHERE id = %s AND starts_with(grid_code, %s)"
ENABLE = "UPDATE hall.brief_type SET enabled = %(enabled)s WHERE code = %(code)s"
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A brief that somebody asks for: `day` for kinds with a schedule, `start` and `end` for special ones, `event_id` for those about a case."""

    type: str
    area: str
    day: date | None = None
    start: datetime | None = None
    end: datetime | None = None
    event_id: int | None = None
    filter: CaseFilter | None = None


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


def possible(reader: Reader, brief: Brief) -> list[str]:
    """Return what the reader may do with an issue now."""
    found = []
    if brief.state == "draft" and reader.role in MAY_APPROVE:
        found.append("approve")
    if brief.state == "approved" and reader.role in MAY_APPROVE:
        found += ["send", "withdraw"]
    if brief.state == "draft" and reader.role in MAY_DRAFT:
        found.append("again")
    if brief.unread:
        found.append("read")
    return found


def act(conn: Conn, caller: Caller, brief_id: int, action: str, *, version: int | None = None, remark: str = "") -> Brief:
    """Approve, withdraw, send, mark as read, or make again. Returns the issue as it stands then.

    Raises:
        InvalidInputError: an unknown action, or a remark that is too long.
        NotAllowedError: the role does not do this.
        NotFoundError: no such issue for this reader.
        ConflictError: its state does not allow it, or somebody else was first.
    """
    reader = caller.reader
    if action not in ACTIONS:
        raise InvalidInputError(f"action={action[:40]!r}: one of {', '.join(ACTIONS)}")
    if len(remark) > MOST_REMARK:
        raise InvalidInputError(f"remark: at most {MOST_REMARK} characters")
    brief = one(conn, reader, brief_id)
    if action in {"approve", "withdraw", "send"} and reader.role not in MAY_APPROVE:
        raise NotAllowedError(f"{reader.role} does not {action} briefs")
    if action == "again" and reader.role not in MAY_DRAFT:
        raise NotAllowedError(f"{reader.role} does not ask for briefs")
    if action == "read":
        conn.execute(READ, {"id": brief_id, "account": reader.account_id, "now": caller.now})
        return one(conn, reader, brief_id)
    conn.execute(LOCK, [brief_id])
    brief = one(conn, reader, brief_id)
    if version is not None and version != brief.version:
        raise ConflictError(f"brief {brief_id} was changed meanwhile", version=brief.version)
    if action not in possible(reader, brief):
        raise ConflictError(f"brief {brief_id} is {brief.state}: {action} is not possible then", version=brief.version)
    values = {
        "id": brief_id,
        "account": reader.account_id or None,
        "name": reader.display_name or reader.username,
        "now": caller.now,
        "remark": remark or None,
    }
    match action:
        case "approve":
            conn.execute(APPROVE, values)
        case "withdraw":
            conn.execute(WITHDRAW, values)
        case "again":
            conn.execute(AGAIN, values)
        case "send":
            _send(conn, brief, values)
    audit.record(
        conn, caller, Act(action=f"brief_{action}", object=f"briefs/{brief_id}", detail={"title": brief.title, "issue": brief.issue})
    )
    return one(conn, reader, brief_id)


def _send(conn: Conn, brief: Brief, values: Mapping[str, Any]) -> None:
    kinds = catalogue.stored(conn)
    kind = kinds[brief.type_code][0] if brief.type_code in kinds else None
    accounts = receivers(conn, kind, brief.area_code) if kind else []
    if not accounts:
        raise ConflictError(f"brief {brief.id}: nobody receives {brief.type_code} for {brief.area_code}", version=brief.version)
    conn.execute(DELIVER, {"id": brief.id, "accounts": accounts, "now": values["now"]})
    conn.execute(SEND, values)


def receivers(conn: Conn, kind: BriefType, area: str) -> list[int]:
    """Return the accounts that a kind goes to: of its roles and departments, whose scope holds all of the area."""
    values = {"area": area, "roles": [role.value for role in kind.roles], "departments": kind.departments}
    return [row[0] for row in conn.execute(RECEIVERS, values)]


def ask(conn: Conn, caller: Caller, wish: Wish) -> tuple[int, bool]:
    """Ask for an issue; the worker makes it. Returns its id, and whether it is new: the same wish twice is one issue.

    Raises:
        NotAllowedError: the role asks for no briefs.
        InvalidInputError: a field is missing or does not fit the kind.
        NotFoundError: no such kind, area or case for this reader.
    """
    reader = caller.reader
    if reader.role not in MAY_DRAFT:
        raise NotAllowedError(f"{reader.role} does not ask for briefs")
    kinds = catalogue.stored(conn)
    if wish.type not in kinds:
        raise NotFoundError(f"no brief type {wish.type[:40]!r}")
    kind = kinds[wish.type][0]
    if not in_scope(reader, wish.area):
        raise NotFoundError(f"no area {wish.area[:15]!r}")
    place = compose.area(conn, wish.area)
    if place.level not in kind.levels and kind.cycle is not Cycle.SPECIAL:
        raise InvalidInputError(f"area: {kind.code} is made for {', '.join(kind.levels)}")
    if wish.filter is not None and kind.cycle is not Cycle.SPECIAL:
        raise InvalidInputError("filter: only for briefs over a span of one's choice")
    period = _period(conn, kind, wish, caller.now)
    parameters = {"filter": msgspec.to_builtins(wish.filter)} if wish.filter else {}
    found = register(
        conn, kind, place, period, caller.now, account_id=reader.account_id or None, event_id=wish.event_id, parameters=parameters
    )
    audit.record(
        conn,
        caller,
        Act(action="brief_ask", object=f"briefs/{found[0]}", detail={"type": kind.code, "area": wish.area, "period": period.key}),
    )
    return found


def _period(conn: Conn, kind: BriefType, wish: Wish, now: datetime) -> Period:
    if kind.cycle in SCHEDULED:
        if wish.day is None:
            raise InvalidInputError("day: a day of the period is needed")
        if not date(2000, 1, 1) <= wish.day <= now.astimezone(LOCAL).date():
            raise InvalidInputError(f"day={wish.day}: between 2000 and today")
        period = periods.of_day(kind.cycle, wish.day)
        if period.window.start >= now:
            raise InvalidInputError(f"day={wish.day}: the period has not begun")
        return period
    if kind.cycle is Cycle.SPECIAL:
        if wish.start is None or wish.end is None:
            raise InvalidInputError("start, end: are missing")
        if wish.start >= now:
            raise InvalidInputError("start: lies ahead")
        period = periods.span(wish.start, wish.end)
        if wish.filter is None:
            return period
        digest = hashlib.sha256(msgspec.json.encode(wish.filter)).hexdigest()[:8]
        return replace(period, key=f"{period.key}#{digest}")
    if wish.event_id is None or kind.occasion == "mode_changed":
        raise InvalidInputError("event_id: is missing" if kind.occasion != "mode_changed" else "type: is made by the change of mode alone")
    row = conn.execute(REPORTED, [wish.event_id, wish.area]).fetchone()
    if row is None:
        raise NotFoundError(f"no case {wish.event_id} in {wish.area}")
    return periods.happening(f"event:{wish.event_id}", row[0], now)


def register(
    conn: Conn,
    kind: BriefType,
    place: compose.Area,
    period: Period,
    now: datetime,
    *,
    account_id: int | None = None,
    event_id: int | None = None,
    parameters: Mapping[str, Any] | None = None,
) -> tuple[int, bool]:
    """Enter an issue to be made, with the next number of its year. Returns its id, and whether it is new."""
    values = {
        "type": kind.code,
        "area": place.code,
        "key": period.key,
        "start": period.window.start,
        "end": period.window.end,
        "year": period.year,
        "title": f"{place.name}{kind.name}",
        "label": period.label,
        "event_id": event_id,
        "parameters": Jsonb(dict(parameters or {})),
        "account": account_id,
        "now": now,
    }
    conn.execute(NUMBERED, values)
    row = conn.execute(EXISTING, values).fetchone()
    if row is not None:
        return int(row[0]), False
    made = conn.execute(INSERT, values).fetchone()
    return (int(made[0]) if made else 0), True


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


def enable(conn: Conn, caller: Caller, code: str, *, enabled: bool) -> None:
    """Have a kind written on its schedule, or no longer; briefs of it can still be asked for.

    Raises:
        NotAllowedError: the role approves no briefs, or has not all of the city.
        NotFoundError: no such kind.
    """
    if not may_switch(caller.reader):
        raise NotAllowedError(f"{caller.reader.role} of {caller.reader.scope or 'everywhere'} does not change which briefs are written")
    if not conn.execute(ENABLE, {"code": code, "enabled": enabled}).rowcount:
        raise NotFoundError(f"no brief type {code[:40]!r}")
    audit.record(conn, caller, Act(action="brief_type", object=f"brief-types/{code}", detail={"enabled": enabled}))


def may_switch(reader: Reader) -> bool:
    """Whether a reader decides which kinds are written: who approves, for a whole district at least."""
    return reader.role in MAY_APPROVE and len(reader.scope) <= DISTRICT_DIGITS


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
