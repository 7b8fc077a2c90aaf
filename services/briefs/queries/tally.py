"""What came and went in a window, and what was open at an instant: the figures that all queries over cases agree on.

A case counts when it is neither void nor merged into another one. A case is overdue when its step should have ended and it is not suspended.
按期结案率 = closed on time / (closed in the period + overdue at its end), as GB/T 30428.4 has it with 应结案 as what is divided by.
"""

from dataclasses import dataclass

from psycopg.rows import class_row

from geodata.db import Conn
from geodata.errors import InvalidInputError
from services.briefs.periods import Window
from services.briefs.queries.base import Ask

TOTALS = """
    SELECT count(*) FILTER (WHERE came) AS accepted,
           count(*) FILTER (WHERE came AND (self_handled OR source = 'grid_self')) AS self_closed,
           count(*) FILTER (WHERE came AND level IN (1, 2)) AS major,
           count(*) FILTER (WHERE came AND source = 'hotline12345') AS hotline,
           count(*) FILTER (WHERE came AND state = 'not_filed') AS rejected,
           count(*) FILTER (WHERE ended) AS closed,
           count(*) FILTER (WHERE ended AND closed_at <= deadline_at) AS on_time,
           count(*) FILTER (WHERE ended AND closed_at > deadline_at) AS late,
           count(*) FILTER (WHERE came AND supervised) AS supervised,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM closed_at - reported_at) / 3600) FILTER (WHERE ended) AS median_h
    FROM (SELECT *, reported_at >= %(start)s AND reported_at < %(end)s AS came,
                 closed_at >= %(start)s AND closed_at < %(end)s AND state <> 'not_filed' AS ended
          FROM hall.brief_cases(%(area)s, %(majors)s, %(subs)s, %(groups)s, %(classes)s, %(sources)s, %(levels)s)
          WHERE (reported_at >= %(start)s AND reported_at < %(end)s) OR (closed_at >= %(start)s AND closed_at < %(end)s)) AS e
"""
STANDING = """
    SELECT count(*) AS open, count(*) FILTER (WHERE deadline_at < %(end)s AND state <> 'suspended') AS overdue,
           count(*) FILTER (WHERE state = 'suspended') AS suspended, count(*) FILTER (WHERE supervised) AS supervised
    FROM hall.brief_cases(%(area)s, %(majors)s, %(subs)s, %(groups)s, %(classes)s, %(sources)s, %(levels)s)
    WHERE reported_at < %(end)s AND (closed_at IS NULL OR closed_at >= %(end)s)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What came and went in a window; `median_h` is the hours from report to closing."""

    accepted: int
    self_closed: int
    major: int
    hotline: int
    rejected: int
    closed: int
    on_time: int
    late: int
    supervised: int
    median_h: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What was open at an instant."""

    open: int
    overdue: int
    suspended: int
    supervised: int


def totals(conn: Conn, ask: Ask, window: Window) -> Totals:
    """Count a window."""
    with conn.cursor(row_factory=class_row(Totals)) as cursor:
        row = cursor.execute(TOTALS, ask.values(window)).fetchone()
    if row is None:
        raise InvalidInputError("no answer from a count")
    return row


def standing(conn: Conn, ask: Ask, window: Window) -> Standing:
    """Count what was open at the end of a window."""
    with conn.cursor(row_factory=class_row(Standing)) as cursor:
        row = cursor.execute(STANDING, ask.values(window)).fetchone()
    if row is None:
        raise InvalidInputError("no answer from a count")
    return row
