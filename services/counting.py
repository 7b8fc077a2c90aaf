"""Counting people: which cameras are looked at and how (hall.analysis_plan), what was counted (hall.camera_count), which alarms are open."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg.rows import class_row

from geodata.db import Conn

ANALYSER = "people_counter"
KIND = "crowd"
KEPT = timedelta(days=30)
MOST_CAMERAS = 1_000

PLAN = """
    SELECT p.camera_id, c.name, p.every_s, p.threshold, p.alarm_at, least(p.clear_at, p.alarm_at) AS clear_at, p.hold_n, p.zone
    FROM hall.analysis_plan p JOIN hall.camera c ON c.id = p.camera_id JOIN hall.video_source s ON s.id = c.video_source_id
    WHERE p.kind = 'crowd' AND p.enabled AND s.enabled AND c.stream_ref IS NOT NULL
    ORDER BY p.every_s, p.camera_id LIMIT %s
"""
COUNTED = """
    INSERT INTO hall.camera_count (camera_id, at, people) VALUES (%(camera_id)s, %(at)s, %(people)s)
    ON CONFLICT (camera_id, at) DO UPDATE SET people = excluded.people
"""
OPEN = """
    SELECT DISTINCT camera_id FROM hall.detection WHERE analyser = %(analyser)s AND kind = %(kind)s AND cleared_at IS NULL LIMIT %(most)s
"""
FORGET = "DELETE FROM hall.camera_count WHERE at < %s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One camera of the rota. `zone`: x1, y1, x2, y2, … as shares of the picture; None is all of it."""

    camera_id: int
    name: str
    every_s: int
    threshold: float
    alarm_at: int
    clear_at: int
    hold_n: int
    zone: Sequence[float] | None


def rota(conn: Conn) -> list[Plan]:
    """Return the cameras that are counted now and have a picture."""
    with conn.cursor(row_factory=class_row(Plan)) as cursor:
        return cursor.execute(PLAN, [MOST_CAMERAS]).fetchall()


def counted(conn: Conn, camera_id: int, at: datetime, people: int) -> None:
    """Keep a count."""
    conn.execute(COUNTED, {"camera_id": camera_id, "at": at, "people": people})


def alarmed(conn: Conn) -> frozenset[int]:
    """Return the cameras whose crowd has not dispersed since it was told."""
    rows = conn.execute(OPEN, {"analyser": ANALYSER, "kind": KIND, "most": MOST_CAMERAS})
    return frozenset(int(row[0]) for row in rows)


def forget(conn: Conn, now: datetime) -> int:
    """Delete counts that are older than they are kept; return how many."""
    return conn.execute(FORGET, [now - KEPT]).rowcount
