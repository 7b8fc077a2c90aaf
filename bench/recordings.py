"""The index of recordings with a million rows, in a database of its own: a window, a day's timeline, and how fast recordings go."""

import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from bench.figures import Better, Figure
from geodata.cluster import Cluster
from geodata.db import Pool, asking, open_pool, reading, writing
from geodata.migrate import migrate
from services import recordings, retention
from services.retention import Limits

DATABASE = "hall_bench_recordings"
CAMERAS = 24
ROWS = 1_000_000
SEGMENT_S = 4
CALLS = 300
FILES = 10_000
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

# segment by segment and camera by camera, as recorders write them: pages hold neighbours in time
FILL = """
    INSERT INTO hall.recording (camera_id, start_at, end_at, source, uri, bytes, codec)
    SELECT camera, at, at + interval '4 s' - CASE WHEN n %% 500 = 0 THEN interval '1 s' ELSE interval '0' END, 'own',
           'rec/' || camera || '/' || n || '.ts', 500000, 'h264'
    FROM generate_series(0, %(segments)s - 1) AS n, generate_series(1, %(cameras)s) AS camera, LATERAL (SELECT %(first)s + n * interval '4 s' AS at) AS t
"""
OLD = """
    INSERT INTO hall.recording (camera_id, start_at, end_at, source, uri, bytes, codec)
    SELECT 1, at, at + interval '4 s', 'own', 'rec/1/old/' || n || '.ts', 1000, 'h264'
    FROM generate_series(0, %(files)s - 1) AS n, LATERAL (SELECT %(first)s + n * interval '4 s' AS at) AS t
"""


def run() -> list[Figure]:
    """Measure."""
    segments = ROWS // CAMERAS
    first = NOW - timedelta(seconds=segments * SEGMENT_S)
    with scratch() as pool, tempfile.TemporaryDirectory(prefix="hall-bench-") as folder:
        with writing(pool) as conn:
            recordings.ensure_days(conn, first.date(), NOW.date())
            conn.execute("SET LOCAL statement_timeout = 0")
            conn.execute(FILL, {"segments": segments, "cameras": CAMERAS, "first": first})
        with asking(pool) as conn:
            conn.execute("VACUUM ANALYZE hall.recording")
        chance = random.Random(5)

        def window(hours: float, longest: timedelta, read: Callable[..., Sequence[object]]) -> Callable[[], None]:
            def ask() -> None:
                start = first + timedelta(hours=chance.uniform(0, segments * SEGMENT_S / 3600 - hours))
                with reading(pool) as conn:
                    assert read(conn, chance.randint(1, CAMERAS), start, start + longest)

            return ask

        ten = timedelta(minutes=10)
        played = _times_ms(window(1, ten, recordings.segments), CALLS)
        shown = _times_ms(window(1, ten, recordings.intervals), CALLS)
        day = _times_ms(window(24, timedelta(hours=24), recordings.intervals), 20)
        rate, dropped_s, freed_s = _retention(pool, Path(folder))
        note = f"{ROWS / 1e6:.0f} M rows of {CAMERAS} cameras, {SEGMENT_S} s each"
        return [
            Figure(name="segments of a 10-minute window", value=played, unit="ms", target=5, note=f"{note}, {CALLS} windows"),
            Figure(name="intervals of a 10-minute window", value=shown, unit="ms", target=10, note="own and told, merged"),
            Figure(name="intervals of a day", value=day, unit="ms", target=250, note="21,600 segments"),
            Figure(
                name="segments that go by age",
                value=rate,
                unit="segments/s",
                target=500,
                better=Better.MORE,
                note=f"{FILES} files, both steps, holds looked at",
            ),
            Figure(name="whole days dropped", value=dropped_s, unit="s", target=5, note="all but the last day of the million rows"),
            Figure(
                name="the quota's oldest 1,000 segments", value=freed_s, unit="s", target=5, note="marked and unlinked, holds looked at"
            ),
        ]


def _retention(pool: Pool, data_dir: Path) -> tuple[float, float, float]:
    """Return segments a second by age, seconds for a day's drop, and seconds to free a thousand segments."""
    old = NOW - timedelta(days=40)
    for number in range(FILES):
        path = data_dir / "media" / "rec" / "1" / "old" / f"{number}.ts"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"G" * 1_000)
    with writing(pool) as conn:
        recordings.ensure_days(conn, old.date(), old.date())
        conn.execute(OLD, {"files": FILES, "first": old})
    started = time.perf_counter()
    gone = retention.expire(pool, data_dir, NOW)
    rate = gone / (time.perf_counter() - started)
    started = time.perf_counter()
    retention.make_room(pool, data_dir, 1_000 * 500_000, now=NOW)
    freed_s = time.perf_counter() - started
    later = NOW + timedelta(days=retention.RULE_DAYS + 1)
    started = time.perf_counter()
    assert retention.drop_days(pool, data_dir, later)
    dropped_s = time.perf_counter() - started
    with reading(pool) as conn:
        assert retention.storage(conn, data_dir, Limits()).segments < ROWS
    return rate, dropped_s, freed_s


@contextmanager
def scratch() -> Iterator[Pool]:
    """Lend a pool of a migrated database without rows, and drop it in the end."""
    with Cluster.from_env(os.environ) as url:
        name = sql.Identifier(DATABASE)
        with psycopg.connect(url, autocommit=True) as conn:
            conn.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
            conn.execute(sql.SQL("CREATE DATABASE {}").format(name))
        own = make_conninfo(url, dbname=DATABASE)
        try:
            migrate(own)
            pool = open_pool(own)
            try:
                yield pool
            finally:
                pool.close()
        finally:
            with psycopg.connect(url, autocommit=True) as conn:
                conn.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))


def _times_ms(call: Callable[[], None], calls: int) -> float:
    for _ in range(5):
        call()
    times = []
    for _ in range(calls):
        started = time.perf_counter()
        call()
        times.append((time.perf_counter() - started) * 1000)
    return median(times)
