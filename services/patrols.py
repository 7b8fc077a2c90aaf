"""How long workers were where: tracks become seconds by cell and day, so that they need not be kept for it."""

import logging
import threading
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import h3
import psycopg

from geodata.db import Conn, Pool, writing
from geodata.errors import SourceUnavailableError
from services.history import CHINA_S

log = logging.getLogger(__name__)

LAG = timedelta(minutes=10)
"""Positions come in so late; whatever comes later is not counted."""
MINUTE_S = 60
RESOLUTION = 10
PAUSE_S = 60.0
LOCK = 0x706174

STATE = "SELECT read_to FROM hall.patrol_read"
FIRST = "SELECT date_trunc('hour', min(reported_at)) FROM hall.track_point"
MINUTES = """
    SELECT DISTINCT ON (worker_id, minute) ST_X(geom), ST_Y(geom), minute
    FROM (SELECT worker_id, reported_at, geom, date_trunc('minute', reported_at) AS minute FROM hall.track_point
          WHERE reported_at >= %(start)s AND reported_at < %(end)s) AS track
    ORDER BY worker_id, minute, reported_at
"""
ADD = """
    INSERT INTO hall.patrol AS patrol (day, cell, seconds) SELECT * FROM unnest(%s::date[], %s::bigint[], %s::int[])
    ON CONFLICT (day, cell) DO UPDATE SET seconds = patrol.seconds + excluded.seconds
"""
DONE = """
    INSERT INTO hall.patrol_read (read_to) VALUES (%(at)s)
    ON CONFLICT (only_row) DO UPDATE SET read_to = excluded.read_to,
        changed_at = CASE WHEN %(news)s THEN now() ELSE hall.patrol_read.changed_at END
"""
TRY_LOCK = "SELECT pg_try_advisory_xact_lock(%s)"


def read_tracks(conn: Conn, now: datetime) -> int:
    """Count the tracks of all whole hours since the last time, and return how many worker minutes that were.

    A worker who reported within a minute spent that minute in the cell of its first position.
    """
    state, first = conn.execute(STATE).fetchone(), conn.execute(FIRST).fetchone()
    start = state[0] if state else (first[0] if first else None)
    end = (now - LAG).replace(minute=0, second=0, microsecond=0)
    if start is None or start >= end:
        return 0
    counted = 0
    for number in range(int((end - start) / timedelta(hours=1)) + 1):
        low = start + timedelta(hours=number)
        high = min(low + timedelta(hours=1), end)
        if low >= high:
            break
        spent: Counter[tuple[date, int]] = Counter()
        for lon, lat, minute in conn.execute(MINUTES, {"start": low, "end": high}):
            day = (minute.astimezone(UTC) + timedelta(seconds=CHINA_S)).date()
            spent[day, h3.api.basic_int.latlng_to_cell(lat, lon, RESOLUTION)] += MINUTE_S
        if spent:
            days, cells = zip(*spent, strict=True)
            conn.execute(ADD, [list(days), list(cells), list(spent.values())])
        counted += sum(spent.values()) // MINUTE_S
    conn.execute(DONE, {"at": end, "news": counted > 0})
    return counted


def run_forever(stop: threading.Event, pool: Pool) -> None:
    """Count tracks until `stop` is set."""
    while not stop.wait(PAUSE_S):
        try:
            with writing(pool) as conn:
                locked = conn.execute(TRY_LOCK, [LOCK]).fetchone()
                if locked and locked[0]:
                    read_tracks(conn, datetime.now(UTC))
        except (SourceUnavailableError, psycopg.Error) as error:
            log.warning("patrols are not counted: %s", error)
