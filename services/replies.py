"""Who waits for a reply: every source record keeps its own obligation, however many of them stand for one case, and is answered once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import class_row, dict_row

from geodata.db import Conn
from geodata.errors import ConflictError, InvalidInputError, NotAllowedError, NotFoundError
from geodata.source import Mask
from services import outbox
from services.audit import Act, Caller, record
from services.rights import Reader, Role, masked

MAY_READ = frozenset({Role.LEADER, Role.DISPATCHER, Role.ACCEPTOR, Role.SHIFT_LEADER})
MAY_ANSWER = frozenset({Role.DISPATCHER, Role.ACCEPTOR, Role.SHIFT_LEADER})
MAX_REPLY = 2_000
MAX_ROWS = 500
HIDDEN = "***"
STATES = ("waiting", "open", "to_answer", "overdue", "answered", "closed")

# waiting: for a person who completes it; to_answer: the case is closed and somebody is owed the reply; overdue: past its time, whatever the case does
_STATE = """
    CASE WHEN r.event_id IS NULL THEN 'waiting'
         WHEN r.replied_at IS NOT NULL THEN 'answered'
         WHEN r.reply_due_at IS NOT NULL AND r.reply_due_at < %(now)s THEN 'overdue'
         WHEN e.closed_at IS NULL THEN 'open'
         WHEN r.reply_due_at IS NOT NULL THEN 'to_answer'
         ELSE 'closed' END
"""
_COLUMNS = f"""
    r.id, r.source, r.external_no, r.event_id, r.first_event_id, r.trouble, r.reporter, r.reporter_phone, r.secret, r.received_at,
    r.reply_due_at, r.replied_at, r.replied_by, r.reply, r.report, e.case_no, e.title, e.state AS event_state, e.level, e.class_code,
    c.name AS class_name, e.place_text, ST_X(e.geom) AS lon, ST_Y(e.geom) AS lat, {_STATE} AS state,
    (r.event_id IS DISTINCT FROM r.first_event_id) AS merged
"""
_FROM = """
    FROM hall.source_record r LEFT JOIN hall.event e ON e.id = r.event_id LEFT JOIN hall.event_class c ON c.code = e.class_code
"""
# A record whose area is not known yet belongs to those who have the whole district.
_SCOPE = "(coalesce(e.grid_code, nullif(r.grid_code, ''), left(%(scope)s, 6)) LIKE %(scope)s)"
LIST = f"""
    SELECT * FROM (
        SELECT {_COLUMNS} {_FROM}
        WHERE {_SCOPE} AND (%(source)s::text IS NULL OR r.source = %(source)s) AND (%(before)s::bigint IS NULL OR r.id < %(before)s)
          AND (%(event)s::bigint IS NULL OR r.event_id = %(event)s)
          AND (%(since)s::timestamptz IS NULL OR r.received_at >= %(since)s)
        ORDER BY r.id DESC LIMIT %(most)s
    ) AS found
    WHERE (%(state)s::text IS NULL OR state = %(state)s) LIMIT %(limit)s
"""
ONE = f"SELECT {_COLUMNS}, r.raw {_FROM} WHERE r.id = %(id)s AND {_SCOPE}"
COUNTS = f"""
    SELECT r.source, count(*) AS total, count(*) FILTER (WHERE r.event_id IS NULL) AS waiting,
           count(*) FILTER (WHERE r.event_id IS NOT NULL AND r.event_id IS DISTINCT FROM r.first_event_id) AS merged,
           count(*) FILTER (WHERE r.replied_at IS NOT NULL) AS answered,
           count(*) FILTER (WHERE r.replied_at IS NULL AND r.reply_due_at IS NOT NULL AND r.event_id IS NOT NULL AND e.closed_at IS NOT NULL) AS to_answer,
           count(*) FILTER (WHERE r.replied_at IS NULL AND r.reply_due_at < %(now)s) AS overdue
    FROM hall.source_record r LEFT JOIN hall.event e ON e.id = r.event_id
    WHERE {_SCOPE} AND r.received_at >= %(since)s GROUP BY r.source ORDER BY total DESC, r.source LIMIT 100
"""
LOCK = f"SELECT r.id, r.source, r.external_no, r.event_id, r.replied_at, r.secret, i.webhook {_FROM} LEFT JOIN hall.intake_channel i ON i.source = r.source WHERE r.id = %(id)s AND {_SCOPE} FOR UPDATE OF r"
ANSWER = "UPDATE hall.source_record SET replied_at = %(now)s, reply = %(reply)s, replied_by = %(by)s WHERE id = %(id)s"
ON_CLOSE = """
    UPDATE hall.source_record r SET replied_at = %(now)s, reply = %(reply)s, replied_by = %(by)s
    FROM hall.intake_channel i
    WHERE i.source = r.source AND r.event_id = %(event)s AND r.replied_at IS NULL AND r.reply_due_at IS NOT NULL
      AND (i.webhook IS NOT NULL OR %(all)s)
    RETURNING r.id, r.source, r.external_no, i.webhook
"""
CASE = "SELECT case_no, state FROM hall.event WHERE id = %s"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRecord:
    """What one source sent, and how far it got. Personal values are masked; those of a secret reporter are hidden."""

    id: int
    source: str
    external_no: str
    event_id: int | None
    first_event_id: int | None
    trouble: str | None
    reporter: str | None
    reporter_phone: str | None
    secret: bool
    received_at: datetime
    reply_due_at: datetime | None
    replied_at: datetime | None
    replied_by: str | None
    reply: str | None
    report: Mapping[str, Any]
    case_no: str | None
    title: str | None
    event_state: str | None
    level: int | None
    class_code: str | None
    class_name: str | None
    place_text: str | None
    lon: float | None
    lat: float | None
    state: str
    """waiting, open, to_answer, overdue, answered, or closed (nobody waits for a reply)."""
    merged: bool
    """It stands for a case that it did not open itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceCount:
    """Records of one source."""

    source: str
    total: int
    waiting: int
    merged: int
    answered: int
    to_answer: int
    overdue: int


def records(
    conn: Conn,
    reader: Reader,
    now: datetime,
    *,
    source: str | None = None,
    state: str | None = None,
    event_id: int | None = None,
    before: int | None = None,
    since: datetime | None = None,
    limit: int = 100,
) -> list[SourceRecord]:
    """Return records of the reader's area, the newest first; of a state among the newest 5,000.

    Raises:
        NotAllowedError: the reader's role reads no records.
        InvalidInputError: no such state, or `limit` is not in 1..500.
    """
    _require(reader)
    if not 1 <= limit <= MAX_ROWS or (state is not None and state not in STATES):
        raise InvalidInputError(f"state: one of {', '.join(STATES)}; limit: 1 to {MAX_ROWS}")
    params = {
        "scope": f"{reader.scope}%",
        "now": now,
        "source": source,
        "state": state,
        "event": event_id,
        "before": before,
        "since": since,
        "most": limit if state is None else 10 * MAX_ROWS,
        "limit": limit,
    }
    with conn.cursor(row_factory=dict_row) as cursor:
        return [_seen(row) for row in cursor.execute(LIST, params).fetchall()]


def one(conn: Conn, reader: Reader, record_id: int, now: datetime) -> tuple[SourceRecord, Mapping[str, Any]]:
    """Return a record and what was sent, word for word but for personal values.

    Raises:
        NotAllowedError: the reader's role reads no records.
        NotFoundError: there is none in the reader's area.
    """
    _require(reader)
    with conn.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(ONE, {"id": record_id, "scope": f"{reader.scope}%", "now": now}).fetchone()
    if row is None:
        raise NotFoundError(f"source record {record_id}")
    raw = row.pop("raw")
    hidden = {str(row[name]): _hidden(row, name) for name in ("reporter", "reporter_phone") if row[name]}
    return _seen(row), _without(raw, hidden)


def counts(conn: Conn, reader: Reader, now: datetime, since: datetime) -> list[SourceCount]:
    """Count the records of each source that arrived since then.

    Raises:
        NotAllowedError: the reader's role reads no records.
    """
    _require(reader)
    with conn.cursor(row_factory=class_row(SourceCount)) as cursor:
        return cursor.execute(COUNTS, {"scope": f"{reader.scope}%", "now": now, "since": since}).fetchall()


def answer(conn: Conn, caller: Caller, record_id: int, text: str) -> SourceRecord:
    """Answer one source; where it has a webhook, the reply is put into the outbox in this transaction.

    Raises:
        NotAllowedError: the reader's role answers nobody.
        NotFoundError: there is no such record in the reader's area.
        InvalidInputError: the text is empty or longer than 2,000 characters, or there is no case yet.
        ConflictError: it was answered already.
    """
    if caller.reader.role not in MAY_ANSWER:
        raise NotAllowedError(f"{caller.reader.role} answers no source")
    reply = text.strip()
    if not 1 <= len(reply) <= MAX_REPLY:
        raise InvalidInputError(f"reply: 1 to {MAX_REPLY} characters")
    with conn.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(LOCK, {"id": record_id, "scope": f"{caller.reader.scope}%"}).fetchone()
    if row is None:
        raise NotFoundError(f"source record {record_id}")
    if row["event_id"] is None:
        raise InvalidInputError("the record waits for a case: complete it first")
    if row["replied_at"] is not None:
        raise ConflictError("this source was answered already")
    by = caller.reader.display_name or caller.reader.username
    conn.execute(ANSWER, {"id": record_id, "now": caller.now, "reply": reply, "by": by})
    _send(conn, row, row["event_id"], reply, caller.now)
    record(
        conn, caller, Act(action="reply", object=f"source_record/{record_id}", detail={"event": row["event_id"], "source": row["source"]})
    )
    return one(conn, caller.reader, record_id, caller.now)[0]


def on_close(conn: Conn, caller: Caller, event_id: int, result: str, *, told_all: bool = False) -> int:
    """Answer, in the transaction that closes a case, each of its sources that can be reached by a webhook; return how many.

    `told_all` marks the others as answered as well: somebody called them back. Sources that were answered before are left alone.
    """
    by = caller.reader.display_name or caller.reader.username
    params = {"event": event_id, "now": caller.now, "reply": result[:MAX_REPLY], "by": by, "all": told_all}
    with conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(ON_CLOSE, params).fetchall()
    for row in rows:
        _send(conn, row, event_id, result[:MAX_REPLY], caller.now)
    return len(rows)


def _send(conn: Conn, row: Mapping[str, Any], event_id: int, reply: str, now: datetime) -> None:
    if not row["webhook"]:
        return
    case = conn.execute(CASE, [event_id]).fetchone()
    body = {
        "type": "reply",
        "source": row["source"],
        "external_no": row["external_no"],
        "case_no": case[0] if case else None,
        "state": case[1] if case else None,
        "reply": reply,
        "replied_at": now.isoformat(),
    }
    outbox.put(conn, "webhook", row["webhook"], body, now, event_id=event_id)


def _require(reader: Reader) -> None:
    if reader.role not in MAY_READ:
        raise NotAllowedError(f"{reader.role} reads no source records")


def _hidden(row: Mapping[str, Any], name: str) -> str | None:
    if row["secret"] and row[name]:
        return HIDDEN
    return masked(row[name], Mask.NAME if name == "reporter" else Mask.PHONE)


def _seen(row: Mapping[str, Any]) -> SourceRecord:
    hidden = {str(row[name]): _hidden(row, name) for name in ("reporter", "reporter_phone") if row[name]}
    values = {**row, "reporter": _hidden(row, "reporter"), "reporter_phone": _hidden(row, "reporter_phone")}
    return SourceRecord(**{**values, "report": _without(row["report"], hidden)})


def _without(value: Any, hidden: Mapping[str, str | None]) -> Any:
    """Put masked values wherever the clear ones stand in what was sent."""
    if isinstance(value, Mapping):
        return {key: _without(item, hidden) for key, item in value.items()}
    if isinstance(value, list):
        return [_without(item, hidden) for item in value]
    if isinstance(value, str):
        for clear, shown in hidden.items():
            value = value.replace(clear, shown or HIDDEN)
        return value
    return hidden.get(str(value), value) if isinstance(value, int) and str(value) in hidden else value
