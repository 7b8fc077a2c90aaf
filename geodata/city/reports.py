"""What the sources sent of the last month's cases: kept as it came, with what each reporter is owed. Cases that repeat another stand merged into it."""

import datetime as dt

from geodata.db import Conn

DAYS = 30
# Working days as calendar days: five of seven. The draws hang on the case's id, so that the same city comes out again.
INSERT = """
    WITH sent AS (
        SELECT e.*, coalesce(e.dup_of, e.id) AS master_id, hashtext(e.case_no)::bigint & 1023 AS chance,
               coalesce(m.closed_at, e.closed_at) AS done_at,
               CASE i.reply_unit WHEN 'work_day' THEN i.reply_value * 1.4 ELSE i.reply_value END * interval '1 day' AS within
        FROM hall.event e LEFT JOIN hall.event m ON m.id = e.dup_of JOIN hall.intake_channel i ON i.source = e.source
        WHERE e.reported_at >= %(since)s
    ), owed AS (
        SELECT *, done_at + (20 + chance) * interval '1 minute' AS answered_at FROM sent
    )
    INSERT INTO hall.source_record (event_id, first_event_id, source, external_no, raw, report, reporter, reporter_phone, grid_code, received_at,
                                    reply_due_at, replied_at, replied_by, reply)
    SELECT master_id, id, source, 'S' || case_no,
           jsonb_build_object('synthetic', true, 'title', title, 'content', description, 'address', place_text, 'reported_at', reported_at),
           jsonb_build_object('title', title, 'description', description, 'place_text', place_text, 'class_code', class_code, 'reported_at', reported_at),
           reporter, reporter_phone, grid_code, reported_at, reported_at + within,
           CASE WHEN within IS NOT NULL AND answered_at < %(now)s THEN answered_at END,
           CASE WHEN within IS NOT NULL AND answered_at < %(now)s THEN '受理员' END,
           CASE WHEN within IS NOT NULL AND answered_at < %(now)s THEN '您反映的“' || title || '”已处理完毕，感谢您的监督。' END
    FROM owed ORDER BY reported_at, id
"""


def write(conn: Conn, now: dt.datetime) -> int:
    """Write the records of the cases of the last `DAYS` days before `now`; return how many."""
    return conn.execute(INSERT, {"since": now - dt.timedelta(days=DAYS), "now": now}).rowcount
