"""What hangs on a case: its log, sources, departments, tasks, files, decisions, and what was merged into it. Personal values come masked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import class_row, dict_row

from geodata.db import Conn
from geodata.source import Mask
from services.rights import masked

MAX_LINES = 500
WORKER = "worker"

LOG = """
    SELECT seq, action, from_state, to_state, actor, role, at, opinion, detail FROM hall.case_log
    WHERE event_id = %(id)s ORDER BY seq LIMIT %(limit)s
"""
SOURCES = """
    SELECT s.id, s.source, s.external_no, s.reporter, s.reporter_phone, s.secret, s.received_at, s.reply_due_at, s.replied_at, s.reply,
           s.first_event_id, first.case_no AS first_case_no
    FROM hall.source_record s LEFT JOIN hall.event first ON first.id = s.first_event_id
    WHERE s.event_id = %(id)s ORDER BY s.received_at, s.id LIMIT %(limit)s
"""
DEPARTMENTS = """
    SELECT d.id, d.code, d.name, c.lead, c.result, c.finished_at
    FROM hall.case_department c JOIN hall.department d ON d.id = c.department_id
    WHERE c.event_id = %(id)s ORDER BY c.lead DESC, d.name LIMIT %(limit)s
"""
TASKS = """
    SELECT t.id, t.event_id, t.kind, t.worker_id, t.vehicle_id, coalesce(w.name, v.plate) AS name, coalesce(w.team, v.team) AS team, t.lead,
           t.purpose, t.order_text, t.state, t.sent_at, t.delivered_at, t.accepted_at, t.arrived_at, t.finished_at, t.result, t.passed, t.rank,
           t.override_reason, t.engine, t.distance_m, t.predicted_s
    FROM hall.task t LEFT JOIN hall.worker w ON w.id = t.worker_id LEFT JOIN hall.vehicle v ON v.id = t.vehicle_id
    WHERE t.event_id = %(id)s ORDER BY t.sent_at, t.lead DESC, t.id LIMIT %(limit)s
"""
FILES = """
    SELECT id, kind, media_type, bytes, width, height, taken_at, added_at, ST_X(geom) AS lon, ST_Y(geom) AS lat
    FROM hall.attachment WHERE event_id = %(id)s ORDER BY added_at, id LIMIT %(limit)s
"""
DECISIONS = """
    SELECT d.event_id, e.case_no, d.master_id, m.case_no AS master_no, d.decision, d.score, d.reasons, d.actor, d.at
    FROM hall.duplicate_decision d JOIN hall.event e ON e.id = d.event_id JOIN hall.event m ON m.id = d.master_id
    WHERE d.event_id = %(id)s OR d.master_id = %(id)s ORDER BY d.at, d.id LIMIT %(limit)s
"""
MERGED = """
    WITH RECURSIVE down AS (
        SELECT id, case_no, title, source, reported_at, state, 1 AS depth FROM hall.event WHERE dup_of = %(id)s AND state = 'merged'
        UNION ALL
        SELECT e.id, e.case_no, e.title, e.source, e.reported_at, e.state, depth + 1
        FROM down JOIN hall.event e ON e.dup_of = down.id WHERE e.state = 'merged' AND depth < 50
    )
    SELECT id, case_no, title, source, reported_at FROM down ORDER BY reported_at, id LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """An act as it was done."""

    seq: int
    action: str
    from_state: str | None
    to_state: str | None
    actor: str
    """A worker's name is masked."""
    role: str
    at: datetime
    opinion: str | None
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseSource:
    """Who reported it, and whether they had their reply."""

    id: int
    source: str
    external_no: str
    reporter: str | None
    """Masked; absent when secrecy was asked for."""
    reporter_phone: str | None
    secret: bool
    received_at: datetime
    reply_due_at: datetime | None
    replied_at: datetime | None
    reply: str | None
    first_event_id: int | None
    first_case_no: str | None
    """The case it came in with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseDepartment:
    """A department that handles the case, and its own result."""

    id: int
    code: str
    name: str
    lead: bool
    result: str | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseTask:
    """Somebody who was sent."""

    id: int
    event_id: int
    kind: str
    worker_id: int | None
    vehicle_id: int | None
    name: str | None
    """Masked."""
    team: str | None
    lead: bool
    purpose: str
    order_text: str
    state: str
    sent_at: datetime
    delivered_at: datetime | None
    accepted_at: datetime | None
    arrived_at: datetime | None
    finished_at: datetime | None
    result: str | None
    passed: bool | None
    rank: int | None
    override_reason: str | None
    engine: str | None
    distance_m: float | None
    predicted_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile:
    """A file of the case; its content is at `/api/v1/attachments/{id}`."""

    id: int
    kind: str
    media_type: str
    bytes: int
    width: int | None
    height: int | None
    taken_at: datetime | None
    added_at: datetime
    lon: float | None
    lat: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseDecision:
    """What a person decided about this case and another one."""

    event_id: int
    case_no: str
    master_id: int
    master_no: str
    decision: str
    score: float | None
    reasons: Any
    actor: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedCase:
    """A case that was merged into this one."""

    id: int
    case_no: str
    title: str
    source: str
    reported_at: datetime


def log(conn: Conn, event_id: int) -> tuple[LogLine, ...]:
    """Return the acts, the first one first."""
    with conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(LOG, {"id": event_id, "limit": MAX_LINES}).fetchall()
    return tuple(LogLine(**{**row, "actor": shown(row["actor"], row["role"]), "detail": _public(row["detail"])}) for row in rows)


def shown(actor: str, role: str) -> str:
    """Name who acted: desks by their account's name, workers masked as everywhere."""
    return masked(actor, Mask.NAME) or "" if role == WORKER else actor


def sources(conn: Conn, event_id: int) -> tuple[CaseSource, ...]:
    """Return the source records, the first one first."""
    with conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(SOURCES, {"id": event_id, "limit": MAX_LINES}).fetchall()
    return tuple(
        CaseSource(
            **{
                **row,
                "reporter": None if row["secret"] else masked(row["reporter"], Mask.NAME),
                "reporter_phone": None if row["secret"] else masked(row["reporter_phone"], Mask.PHONE),
            }
        )
        for row in rows
    )


def departments(conn: Conn, event_id: int) -> tuple[CaseDepartment, ...]:
    """Return who is responsible, the lead first."""
    with conn.cursor(row_factory=class_row(CaseDepartment)) as cursor:
        return tuple(cursor.execute(DEPARTMENTS, {"id": event_id, "limit": MAX_LINES}).fetchall())


def tasks(conn: Conn, event_id: int) -> tuple[CaseTask, ...]:
    """Return who was sent, in the order of time."""
    with conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(TASKS, {"id": event_id, "limit": MAX_LINES}).fetchall()
    return tuple(CaseTask(**{**row, "name": receiver(row["kind"], row["name"])}) for row in rows)


def receiver(kind: str, name: str | None) -> str | None:
    """Mask a worker's name or a vehicle's plate."""
    return masked(name, Mask.NAME if kind == WORKER else Mask.PLATE)


def files(conn: Conn, event_id: int) -> tuple[CaseFile, ...]:
    """Return the files, the first one first."""
    with conn.cursor(row_factory=class_row(CaseFile)) as cursor:
        return tuple(cursor.execute(FILES, {"id": event_id, "limit": MAX_LINES}).fetchall())


def decisions(conn: Conn, event_id: int) -> tuple[CaseDecision, ...]:
    """Return what was decided about repetitions, in the order of time."""
    with conn.cursor(row_factory=class_row(CaseDecision)) as cursor:
        return tuple(cursor.execute(DECISIONS, {"id": event_id, "limit": MAX_LINES}).fetchall())


def merged(conn: Conn, event_id: int) -> tuple[MergedCase, ...]:
    """Return the cases that stand behind this one."""
    with conn.cursor(row_factory=class_row(MergedCase)) as cursor:
        return tuple(cursor.execute(MERGED, {"id": event_id, "limit": MAX_LINES}).fetchall())


def _public(detail: Mapping[str, Any]) -> Mapping[str, Any]:
    return {key: value for key, value in detail.items() if key != "client_id"}
