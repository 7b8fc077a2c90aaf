"""Bring an older sample city to the present: clocks of open cases, cases of today, days that went by, last reports."""

import datetime as dt
from dataclasses import dataclass

from psycopg.types.json import Jsonb

from geodata.city.codes import DIVISION
from geodata.city.event_rows import IDS_FROM
from geodata.city.sample import LOCAL_HOURS
from geodata.db import Conn

LOCAL = dt.timezone(dt.timedelta(hours=LOCAL_HOURS))

KNOWN = """
    SELECT (made.value->>'now')::timestamptz, (made.value->>'events')::bigint,
           coalesce((SELECT (value->>'now')::timestamptz FROM hall.fact WHERE key = 'sample_clock'), (made.value->>'now')::timestamptz)
    FROM hall.fact AS made WHERE made.key = 'sample'
"""
# None of this is news for anybody: the layers' revisions tell it.
QUIET = "SET LOCAL hall.quiet = 'on'"
# Open cases on which nobody has acted keep their distance to now, and with them what their sources sent. What was closed today is closed today again, at the same part of the day.
# Rows are taken first cases, then workers, as acts do it: the two never wait for each other.
LOCK_CASES = """
    SELECT FROM hall.event WHERE id > %(ids_from)s AND id <= %(last_id)s AND version = 0 AND closed_at IS NULL ORDER BY id FOR UPDATE
"""
MOVE_CASES = """
    WITH moved AS (
        SELECT id, CASE WHEN closed_at IS NULL THEN %(by)s ELSE %(midnight)s - closed_at + (closed_at - %(old_midnight)s) * %(stretch)s END AS by
        FROM hall.event
        WHERE id > %(ids_from)s AND id <= %(last_id)s AND version = 0
            AND (closed_at IS NULL OR (reported_at > %(old_midnight)s - interval '30 days' AND closed_at >= %(old_midnight)s AND %(days)s > 0))
    ), told AS (
        UPDATE hall.source_record AS s
        SET received_at = received_at + by, reply_due_at = reply_due_at + by, replied_at = least(replied_at + by, %(now)s)
        FROM moved WHERE moved.id = s.first_event_id
    )
    UPDATE hall.event AS e
    SET reported_at = reported_at + by, step_started_at = step_started_at + by, deadline_at = deadline_at + by, closed_at = closed_at + by,
        accepted_at = accepted_at + by, verify_sent_at = verify_sent_at + by, verified_at = verified_at + by, filed_at = filed_at + by,
        dispatched_at = dispatched_at + by, handled_at = handled_at + by, check_sent_at = check_sent_at + by, checked_at = checked_at + by,
        file_due_at = file_due_at + by, dispatch_due_at = dispatch_due_at + by, handle_due_at = handle_due_at + by,
        check_due_at = check_due_at + by
    FROM moved WHERE moved.id = e.id
"""
# Days without cases get those of the same weekday in the last week before the sample was made; ids up to %(ids_from)s are kept for them.
FILL_DAYS = """
    INSERT INTO hall.event (id, case_no, title, description, class_code, major, level, source, state, reported_at, deadline_at, step_started_at,
                            closed_at, reporter, reporter_phone, place_text, building_id, worker_id, grid_code, geom,
                            lead_department, handling_level, self_handled, reworks, returns, extensions, accepted_at, verify_sent_at, verified_at,
                            filed_at, dispatched_at, handled_at, check_sent_at, checked_at, file_due_at, dispatch_due_at, handle_due_at, check_due_at)
    SELECT (SELECT coalesce(max(id), 0) FROM hall.event WHERE id <= %(ids_from)s) + row_number() OVER (ORDER BY start, e.id),
           'copy ' || row_number() OVER (ORDER BY start, e.id), title, description, class_code, major, level, source, state, reported_at + by,
           deadline_at + by, least(step_started_at + by, %(now)s), least(closed_at + by, %(now)s), reporter, reporter_phone, place_text,
           building_id, worker_id, grid_code, geom, lead_department, handling_level, self_handled, reworks, returns, extensions,
           least(accepted_at + by, %(now)s), least(verify_sent_at + by, %(now)s), least(verified_at + by, %(now)s), least(filed_at + by, %(now)s),
           least(dispatched_at + by, %(now)s), least(handled_at + by, %(now)s), least(check_sent_at + by, %(now)s),
           least(checked_at + by, %(now)s), file_due_at + by, dispatch_due_at + by, handle_due_at + by, check_due_at + by
    FROM (SELECT %(old_midnight)s + make_interval(days => n) AS start,
                 make_interval(days => 7 * (1 + (%(first_day)s + n) / 7)) AS by
          FROM generate_series(0, %(days)s - 1) AS n) AS day
    JOIN hall.event AS e ON e.reported_at >= start - by AND e.reported_at < start - by + interval '1 day'
    WHERE e.id > %(ids_from)s AND e.id <= %(last_id)s AND e.closed_at IS NOT NULL AND e.version = 0
"""
# A case number tells the local day of the report: cases that moved and copies are numbered after those of their day.
NUMBER_CASES = """
    WITH today AS (
        SELECT id, case_no, reported_at, %(division)s || to_char((reported_at AT TIME ZONE 'UTC') + %(to_local)s, 'YYYYMMDD') AS day
        FROM hall.event
        WHERE id <= %(ids_from)s OR (id <= %(last_id)s AND (closed_at IS NULL OR reported_at >= %(midnight)s - interval '30 days'))
    ), renamed AS (
        SELECT id, today.day || to_char(greatest(used.number, counter.last, 0)
                                        + row_number() OVER (PARTITION BY today.day ORDER BY reported_at, id), 'FM00000') AS case_no
        FROM today
        LEFT JOIN LATERAL (SELECT max(right(other.case_no, 5))::integer AS number FROM hall.event AS other
                           WHERE other.case_no >= today.day || '0' AND other.case_no < today.day || ':') AS used ON true
        LEFT JOIN hall.case_counter AS counter ON counter.day = to_date(right(today.day, 8), 'YYYYMMDD')
        WHERE left(case_no, length(today.day)) <> today.day
    )
    UPDATE hall.event AS e SET case_no = renamed.case_no FROM renamed WHERE renamed.id = e.id
"""
# Who takes the next number of such a day begins behind these.
LOCK_COUNTERS = "SELECT FROM hall.case_counter WHERE day >= %(first)s ORDER BY day FOR UPDATE"
RAISE_COUNTERS = """
    UPDATE hall.case_counter AS c
    SET last = greatest(c.last, (SELECT max(right(e.case_no, 5))::integer FROM hall.event AS e
                                 WHERE e.case_no >= %(division)s || to_char(c.day, 'YYYYMMDD') || '0'
                                   AND e.case_no < %(division)s || to_char(c.day, 'YYYYMMDD') || ':'))
    WHERE c.day >= %(first)s
"""
LOUD = "SET LOCAL hall.quiet = 'off'"
REPORTS = (
    "UPDATE hall.worker_position SET reported_at = least(reported_at + %(by)s, %(now)s)",
    "UPDATE hall.vehicle SET reported_at = least(reported_at + %(by)s, %(now)s)",
    "UPDATE hall.sensor SET reported_at = least(reported_at + %(by)s, %(now)s)",
)
REMEMBER = """
    INSERT INTO hall.fact (key, value) VALUES ('sample_clock', %s)
    ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value, changed_at = now()
"""


@dataclass(frozen=True, slots=True)
class _Known:
    """When the sample was made, how many events it had, and up to when it was brought."""

    made: dt.datetime
    events: int
    clock: dt.datetime


def refresh(conn: Conn, now: dt.datetime) -> bool:
    """Move the sample city to `now` (aware); False when there is none or it is there already.

    Open cases keep their remaining time, cases closed today stay as many, the days since then get cases of their own, and everything that
    reports has reported as long ago as before. Cases that users entered or acted on stay where they are. Works in the caller's transaction.
    """
    row = conn.execute(KNOWN).fetchone()
    if row is None or _Known(*row).clock >= now:
        return False
    known = _Known(*row)
    midnight, old_midnight, made_midnight = (_midnight(instant) for instant in (now, known.clock, known.made))
    passed = known.clock - old_midnight
    values: dict[str, object] = {
        "now": now,
        "by": now - known.clock,
        "midnight": midnight,
        "old_midnight": old_midnight,
        "stretch": (now - midnight) / passed if passed else 0.0,
        "days": (midnight - old_midnight).days,
        "first_day": (old_midnight - made_midnight).days,
        "ids_from": IDS_FROM,
        "last_id": IDS_FROM + known.events,
        "division": str(DIVISION),
        "to_local": LOCAL.utcoffset(None),
    }
    conn.execute(QUIET)
    conn.execute(LOCK_CASES, values)
    for command in REPORTS:
        conn.execute(command, values)
    conn.execute(MOVE_CASES, values)
    if midnight > old_midnight:
        conn.execute(FILL_DAYS, values)
    values["first"] = (old_midnight - dt.timedelta(days=30)).date()
    conn.execute(LOCK_COUNTERS, values)
    conn.execute(NUMBER_CASES, values)
    conn.execute(RAISE_COUNTERS, values)
    conn.execute(LOUD)
    conn.execute(REMEMBER, (Jsonb({"now": now.astimezone(dt.UTC).isoformat()}),))
    return True


def _midnight(instant: dt.datetime) -> dt.datetime:
    return instant.astimezone(LOCAL).replace(hour=0, minute=0, second=0, microsecond=0)
