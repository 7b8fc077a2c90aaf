"""Writing what came in: source records, the cases opened of them and the first lines of their logs, of many reports in one statement.

A record and its case are written together or not at all; the same order of the same source is written once, from however many sides it comes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from psycopg.rows import class_row, dict_row

from geodata.db import Conn
from services.report import Report
from services.rights import Reader
from services.understanding import Understood

EARLIER = """
    SELECT r.id, r.source, r.external_no, r.event_id, e.case_no, r.account_id
    FROM unnest(%(source)s::text[], %(external_no)s::text[]) AS asked (source, external_no)
    JOIN hall.source_record r USING (source, external_no) LEFT JOIN hall.event e ON e.id = r.event_id
"""
WAITING = "SELECT id, source, external_no, report FROM hall.source_record WHERE id = %(id)s AND event_id IS NULL FOR UPDATE"
AGAIN = """
    UPDATE hall.source_record SET raw = raw || jsonb_build_object('again', coalesce(raw -> 'again', '[]'::jsonb) || %(raw)s::jsonb),
           report = %(report)s::jsonb WHERE id = %(id)s
"""
# Records of the same numbers wait for each other, in one order everywhere; whichever comes second writes nothing and opens no case.
WRITE = """
WITH given AS MATERIALIZED (
    SELECT *, CASE WHEN case_no IS NOT NULL THEN nextval('hall.event_id') END AS event_id
    FROM jsonb_to_recordset(%(given)s::jsonb) AS given (
        record_id bigint, source text, external_no text, raw jsonb, report jsonb, reporter text, reporter_phone text, secret boolean,
        account_id bigint, trouble text, grid_code text, reply_due_at timestamptz, case_no text, title text, description text, class_code text,
        level smallint, reported_at timestamptz, place_text text, building_id bigint, precision text, flags text[], lon float8, lat float8,
        actor text, role text)
), fresh AS (
    INSERT INTO hall.source_record (source, external_no, raw, report, reporter, reporter_phone, secret, received_at, account_id, trouble,
                                    grid_code, reply_due_at, event_id, first_event_id)
    SELECT source, external_no, raw, report, reporter, reporter_phone, secret, %(now)s, account_id, trouble, grid_code, reply_due_at, event_id,
           event_id
    FROM given WHERE record_id IS NULL ORDER BY source, external_no
    ON CONFLICT (source, external_no) DO NOTHING
    RETURNING id, source, external_no
), completed AS (
    UPDATE hall.source_record r
    SET event_id = g.event_id, first_event_id = g.event_id, trouble = g.trouble, grid_code = g.grid_code, reply_due_at = g.reply_due_at
    FROM given g WHERE r.id = g.record_id
    RETURNING r.id, r.source, r.external_no
), written AS (
    SELECT given.*, kept.id FROM (TABLE fresh UNION ALL TABLE completed) AS kept JOIN given USING (source, external_no)
), opened AS (
    INSERT INTO hall.event (id, case_no, title, description, class_code, major, level, source, state, reported_at, deadline_at,
                            step_started_at, reporter, reporter_phone, place_text, building_id, grid_code, precision, flags, geom, version,
                            lead_department)
    SELECT w.event_id, w.case_no, w.title, w.description, w.class_code, c.major, coalesce(w.level, c.default_level), w.source, 'reported',
           w.reported_at, %(deadline)s, %(now)s, w.reporter, w.reporter_phone, w.place_text, w.building_id, w.grid_code, w.precision, w.flags,
           ST_SetSRID(ST_MakePoint(w.lon, w.lat), 4326), 1,
           (SELECT r.lead_department FROM hall.duty_rule r
            WHERE r.subject IN (w.class_code, c.sub_code, c.major) AND w.grid_code LIKE r.area || '%%'
            ORDER BY array_position(ARRAY[w.class_code, c.sub_code, c.major], r.subject), length(r.area) DESC LIMIT 1)
    FROM written w JOIN hall.event_class c ON c.code = w.class_code
    WHERE w.case_no IS NOT NULL ORDER BY w.case_no
), logged AS (
    INSERT INTO hall.case_log (event_id, seq, action, to_state, account_id, actor, role, at, detail)
    SELECT event_id, 1, 'report', 'reported', account_id, actor, role, %(now)s,
           jsonb_build_object('source', source, 'external_no', external_no)
    FROM written WHERE case_no IS NOT NULL
)
SELECT id, source, external_no, event_id, case_no FROM written
"""
ATTACH = """
    UPDATE hall.attachment a SET event_id = g.event_id
    FROM unnest(%(attachment)s::bigint[], %(event)s::bigint[], %(account)s::bigint[]) AS g (id, event_id, account_id)
    WHERE a.id = g.id AND a.event_id IS NULL AND a.account_id = g.account_id
"""
Key = tuple[str, str]
"""Source and its own number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One report to be written, with what was decided about it; without a case number the record waits for a person."""

    report: Report
    reader: Reader
    trouble: str | None
    record_id: int | None = None
    """The record that it completes."""
    understood: Understood | None = None
    case_no: str | None = None
    reply_due_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A record, and its case if it has one."""

    id: int
    source: str
    external_no: str
    event_id: int | None
    case_no: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier(Written):
    """A record that was there before, and who handed it in."""

    account_id: int | None


def earlier(conn: Conn, keys: Sequence[Key]) -> dict[Key, Earlier]:
    """Return the records of these numbers that are there already."""
    with conn.cursor(row_factory=class_row(Earlier)) as cursor:
        rows = cursor.execute(EARLIER, {"source": [key[0] for key in keys], "external_no": [key[1] for key in keys]}).fetchall()
    return {(row.source, row.external_no): row for row in rows}


def waiting(conn: Conn, record_id: int) -> Mapping[str, Any] | None:
    """Return, and lock, a record that waits for a person; None when it waits no longer."""
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(WAITING, {"id": record_id}).fetchone()


def told_again(conn: Conn, record_id: int, report: Report) -> None:
    """Add to a record that waits what its source told anew."""
    conn.execute(AGAIN, {"id": record_id, "raw": _json(report.word_for_word()), "report": _json(report.plain())})


def write(conn: Conn, entries: Sequence[Entry], now: datetime, deadline: datetime) -> dict[Key, Written]:
    """Write reports of different numbers; `deadline` is that of a new case. Those are missing that another transaction wrote at this moment."""
    if not entries:
        return {}
    params = {"given": _json([_row(entry) for entry in entries]), "now": now, "deadline": deadline}
    with conn.cursor(row_factory=class_row(Written)) as cursor:
        rows = {(row.source, row.external_no): row for row in cursor.execute(WRITE, params)}
    _attach(conn, entries, rows)
    return rows


def _row(entry: Entry) -> dict[str, object]:
    report, reader, known = entry.report, entry.reader, entry.understood
    row: dict[str, object] = {
        "record_id": entry.record_id,
        "source": report.source,
        "external_no": report.external_no,
        "raw": report.word_for_word(),
        "report": report.plain(),
        "reporter": report.reporter,
        "reporter_phone": report.reporter_phone,
        "secret": report.secret,
        "account_id": reader.account_id,
        "trouble": entry.trouble,
        "grid_code": "",
    }
    if known is None:
        return row
    spot = known.spot
    return row | {
        "grid_code": spot.grid_code or "",
        "reply_due_at": entry.reply_due_at,
        "case_no": entry.case_no,
        "title": known.title,
        "description": report.description,
        "class_code": known.class_code,
        "level": report.level,
        "reported_at": known.reported_at,
        "place_text": report.place_text or (known.places[0].matched if known.places else ""),
        "building_id": spot.building_id,
        "precision": spot.precision,
        "flags": known.flags,
        "lon": spot.lon,
        "lat": spot.lat,
        "actor": reader.display_name or reader.username,
        "role": reader.role.value,
    }


def _attach(conn: Conn, entries: Sequence[Entry], rows: Mapping[Key, Written]) -> None:
    photos = []
    for entry in entries:
        row = rows.get((entry.report.source, str(entry.report.external_no)))
        if row is not None and row.event_id is not None:
            photos += [(photo, row.event_id, entry.reader.account_id) for photo in entry.report.attachments]
    if photos:
        conn.execute(ATTACH, dict(zip(("attachment", "event", "account"), map(list, zip(*photos, strict=True)), strict=True)))


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
