"""Cameras that a list names an rtsp:// address for get a source that plays such addresses."""

from geodata.db import Conn

WAITING = "SELECT count(*) FROM hall.camera WHERE video_source_id IS NULL AND (starts_with(stream_ref, 'rtsp://') OR starts_with(stream_ref, 'rtsps://'))"
FIND = "SELECT id FROM hall.video_source WHERE kind = 'rtsp' AND base_url = '' ORDER BY id LIMIT 1"
MAKE = "INSERT INTO hall.video_source (key, kind, name) VALUES ('rtsp', 'rtsp', 'RTSP') ON CONFLICT (key) DO UPDATE SET name = excluded.name RETURNING id"
LINK = """
    UPDATE hall.camera SET video_source_id = %s
    WHERE video_source_id IS NULL AND (starts_with(stream_ref, 'rtsp://') OR starts_with(stream_ref, 'rtsps://'))
"""


def link_streams(conn: Conn) -> int:
    """Give the source of plain RTSP, made when there is none, to the cameras that wait for it; returns how many they are."""
    waiting = int((conn.execute(WAITING).fetchone() or [0])[0])
    if waiting:
        source = conn.execute(FIND).fetchone() or conn.execute(MAKE).fetchone()
        conn.execute(LINK, source)
    return waiting
