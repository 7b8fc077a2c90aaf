"""The sample city's pictures: every camera has a simulated stream (media/sample_cameras.py), and some are recorded always."""

from datetime import datetime

from geodata.db import Conn

KEY = "sample"
RECORDED = 6
"""Cameras that are recorded from the start: four at one place, so that a place can be played back together, and two others."""
TOGETHER = 4
COUNTED_S = 15
"""People are counted so often at the cameras that are recorded."""

SOURCE = """
    INSERT INTO hall.video_source (key, kind, name) VALUES (%(key)s, 'sample', '模拟视频源')
    ON CONFLICT (key) DO UPDATE SET kind = 'sample' RETURNING id
"""
CONNECT = """
    UPDATE hall.camera SET video_source_id = %(source)s, stream_ref = id::text
    WHERE video_source_id IS NULL AND stream_ref IS NULL AND source_id IS NULL
"""
# Where most is open around a key camera: the cameras there, and the next key cameras elsewhere.
PLAN = """
    WITH busy AS (
        SELECT c.id, c.geom, row_number() OVER (ORDER BY count(e.id) DESC, c.id) AS place
        FROM hall.camera AS c
        LEFT JOIN hall.event AS e ON e.closed_at IS NULL AND ST_DWithin(e.geom, c.geom, 0.003)
        WHERE c.is_key AND c.online AND c.video_source_id = %(source)s
        GROUP BY c.id
    ), around AS (
        SELECT c.id, row_number() OVER (ORDER BY c.geom <-> b.geom, c.id) AS place
        FROM busy AS b, hall.camera AS c
        WHERE b.place = 1 AND c.online AND c.video_source_id = %(source)s
    ), chosen AS (
        SELECT id, 1 AS part, place FROM around WHERE place <= %(together)s
        UNION SELECT id, 2, place FROM busy WHERE id NOT IN (SELECT id FROM around WHERE place <= %(together)s)
        ORDER BY part, place LIMIT %(recorded)s
    )
    INSERT INTO hall.recording_plan (camera_id, reason, rank) SELECT id, 'key', 0 FROM chosen
    ON CONFLICT (camera_id, reason, event_id) DO NOTHING
"""

# Where pictures run anyway, so that counting takes next to nothing.
COUNT = """
    INSERT INTO hall.analysis_plan (camera_id, every_s) SELECT camera_id, %(every_s)s FROM hall.recording_plan WHERE reason = 'key'
    ON CONFLICT DO NOTHING
"""

# What a hall would have saved: all key points, a patrol of them, and the pictures that the duty desk begins its day with.
CHOICES = """
    WITH key AS (SELECT id FROM hall.camera WHERE is_key AND video_source_id IS NOT NULL ORDER BY id LIMIT 400),
         recorded AS (SELECT camera_id AS id FROM hall.recording_plan WHERE reason = 'key' ORDER BY rank, camera_id LIMIT 4),
         choice (kind, name, dwell_s, ids) AS (VALUES
             ('group', '重点视频点', 20, (SELECT array_agg(id) FROM key)),
             ('patrol', '重点点位轮巡', 20, (SELECT array_agg(id) FROM (SELECT id FROM key LIMIT 32) AS leading_ones)),
             ('layout', '值班四画面', 20, (SELECT array_agg(id) FROM recorded)))
    INSERT INTO hall.camera_set (account_id, kind, name, tiles, dwell_s, camera_ids, shared, changed_at)
    SELECT a.id, c.kind, c.name, 4, c.dwell_s, c.ids, true, %(now)s FROM choice AS c, hall.account AS a
    WHERE a.username = 'shift_leader' AND c.ids IS NOT NULL AND NOT EXISTS (SELECT FROM hall.camera_set AS s WHERE s.account_id = a.id)
"""


def source(conn: Conn) -> int:
    """Return the source of the simulated streams, which is made when there is none."""
    row = conn.execute(SOURCE, {"key": KEY}).fetchone()
    assert row is not None
    return int(row[0])


def plan(conn: Conn, source_id: int) -> None:
    """Choose the cameras that are recorded from the start, and count people there."""
    conn.execute(PLAN, {"source": source_id, "together": TOGETHER, "recorded": RECORDED})
    conn.execute(COUNT, {"every_s": COUNTED_S})


def write(conn: Conn) -> int:
    """Give the cameras of a city that was made without pictures their streams, once; return how many got one."""
    source_id = source(conn)
    connected = conn.execute(CONNECT, {"source": source_id}).rowcount
    if connected:
        plan(conn, source_id)
    return connected


def choose(conn: Conn, now: datetime) -> None:
    """Save and share choices of cameras for the demo accounts, unless their owner has some."""
    conn.execute(CHOICES, {"now": now})
