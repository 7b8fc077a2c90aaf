"""The index of recordings: one row for each closed segment, in day partitions (UTC) that are made ahead; and what recorded time they cover.

Rows of our own recorder carry true time. Rows that a platform told carry the platform's time, stamped by the camera where it says so: they are
put right by camera.clock_offset_ms when they are read, so that a corrected offset needs no rewriting.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from psycopg import sql
from psycopg.rows import class_row

from geodata.db import Conn
from geodata.errors import InvalidInputError

OWN = "own"
COPIED = "p.ts"
"""End of the names of what was copied from a platform: each file's time stamps begin anew."""
HOLE = timedelta(milliseconds=500)
"""Longer ones are gaps: drawn, and a discontinuity in playlists."""
LONGEST_SEGMENT = timedelta(hours=2)
LONGEST_OWN = timedelta(minutes=5)
"""Of our own segments: so far before a window the first one that touches it may begin."""
LONGEST_WINDOW = timedelta(days=7)
LONGEST_REPLAY = timedelta(hours=24)
MAX_INTERVALS = 5_000
MAX_SEGMENTS = 25_000
AHEAD_DAYS = 3
PARTITION_LOCK = 7_420_023
"""Advisory lock of whoever makes or drops a day."""

# by rows of the catalogue, not by name: a name may be answered from before the lock was waited for
EXISTS = """
    SELECT EXISTS (SELECT FROM pg_inherits AS i JOIN pg_class AS child ON child.oid = i.inhrelid
                   WHERE i.inhparent = 'hall.recording'::regclass AND child.relname = %s)
"""
LOCK = "SELECT pg_advisory_xact_lock(%s)"
DAYS = """
    SELECT substr(child.relname, 11) FROM pg_inherits AS i JOIN pg_class AS child ON child.oid = i.inhrelid
    WHERE i.inhparent = 'hall.recording'::regclass ORDER BY 1
"""
MAKE = "CREATE TABLE {table} (LIKE hall.recording INCLUDING DEFAULTS INCLUDING CONSTRAINTS)"
ATTACH = "ALTER TABLE hall.recording ATTACH PARTITION {table} FOR VALUES FROM ({first}) TO ({last})"

STORE = """
    INSERT INTO hall.recording (camera_id, start_at, end_at, source, uri, bytes, codec)
    VALUES (%(camera_id)s, %(start_at)s, %(end_at)s, %(source)s, %(uri)s, %(bytes)s, %(codec)s)
    ON CONFLICT (camera_id, start_at, source) DO UPDATE
    SET end_at = excluded.end_at, uri = excluded.uri, bytes = excluded.bytes, codec = excluded.codec
    WHERE recording.state = 'kept' AND (recording.end_at, recording.uri) IS DISTINCT FROM (excluded.end_at, excluded.uri)
"""
FORGET_TOLD = """
    DELETE FROM hall.recording
    WHERE camera_id = %(camera_id)s AND source = %(source)s AND start_at < %(end)s AND start_at > %(start)s - interval '2 hours'
      AND end_at > %(start)s AND NOT start_at = ANY(%(told)s)
"""
# The lower bound on start_at, a longest segment before the window, makes it a range of the primary key and leaves only a day or two to look at.
SEGMENTS = """
    SELECT camera_id, start_at, end_at, source, uri, bytes, codec FROM hall.recording
    WHERE camera_id = %(camera_id)s AND start_at < %(end)s AND start_at > %(begin)s AND end_at > %(start)s
      AND (source = 'own') = %(own)s AND state = 'kept'
    ORDER BY start_at, source LIMIT %(limit)s
"""
OFFSET = "SELECT clock_offset_ms FROM hall.camera WHERE id = %s"
ONE = """
    SELECT camera_id, start_at, end_at, source, uri, bytes, codec FROM hall.recording
    WHERE camera_id = %s AND start_at >= %s AND start_at < %s AND source = 'own' AND state = 'kept' ORDER BY start_at LIMIT 1
"""
INTERVALS = """
    WITH part AS (
        SELECT source, start_at, end_at, max(end_at) OVER earlier AS covered FROM hall.recording
        WHERE camera_id = %(camera_id)s AND start_at < %(end)s AND start_at > %(begin)s AND end_at > %(start)s
          AND (source = 'own') = %(own)s AND state = 'kept'
        WINDOW earlier AS (PARTITION BY source ORDER BY start_at, end_at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
    ), island AS (
        SELECT source, start_at, end_at,
               count(*) FILTER (WHERE covered IS NULL OR start_at > covered + %(hole)s) OVER (PARTITION BY source ORDER BY start_at, end_at) AS number
        FROM part
    )
    SELECT min(start_at) AS start, max(end_at) AS end, source FROM island GROUP BY source, number ORDER BY 1, 3 LIMIT %(limit)s
"""
PLAN = """
    INSERT INTO hall.recording_plan (camera_id, reason, event_id, rank, until)
    SELECT id, %(reason)s, %(event_id)s, %(rank)s, %(until)s FROM hall.camera WHERE id = ANY(%(camera_ids)s)
    ON CONFLICT (camera_id, reason, event_id) DO UPDATE
    SET rank = least(recording_plan.rank, excluded.rank),
        until = CASE WHEN recording_plan.until IS NULL OR excluded.until IS NULL THEN NULL ELSE greatest(recording_plan.until, excluded.until) END
"""
UNPLAN = "DELETE FROM hall.recording_plan WHERE camera_id = ANY(%s) AND reason = %s AND event_id IS NOT DISTINCT FROM %s"
UNPLAN_OVER = "DELETE FROM hall.recording_plan WHERE until < %s"
PLANNED = """
    SELECT p.camera_id, min(p.rank) AS rank, CASE WHEN bool_or(p.until IS NULL) THEN NULL ELSE max(p.until) END AS until
    FROM hall.recording_plan AS p JOIN hall.camera AS c ON c.id = p.camera_id JOIN hall.video_source AS s ON s.id = c.video_source_id
    WHERE (p.until IS NULL OR p.until > %(now)s) AND s.enabled AND c.stream_ref IS NOT NULL
    GROUP BY p.camera_id ORDER BY 2, 3 NULLS LAST, 1 LIMIT %(most)s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A closed segment. `uri` is a path below DATA_DIR/media for our own, a platform's own handle else."""

    camera_id: int
    start_at: datetime
    end_at: datetime
    source: str
    uri: str
    bytes: int | None = None
    codec: str | None = None

    @property
    def copied(self) -> bool:
        """Whether it was copied from a platform rather than recorded by ourselves."""
        return self.uri.endswith(COPIED)


@dataclass(frozen=True, slots=True)
class Interval:
    """Recorded time without a hole of more than half a second, and where it lies: own, or the kind of platform."""

    start: datetime
    end: datetime
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A camera that our recorder should record now; the lowest rank first."""

    camera_id: int
    rank: int
    until: datetime | None


def ensure_days(conn: Conn, first: date, last: date) -> list[date]:
    """Make the partitions of these days (UTC) that are not there yet; return which were made. Two processes may do so at once."""
    missing = [day for day in _days(first, last) if not _exists(conn, day)]
    if missing:
        conn.execute(LOCK, [PARTITION_LOCK])
        missing = [day for day in missing if not _exists(conn, day)]
    for day in missing:
        table = partition(day)
        conn.execute(sql.SQL(MAKE).format(table=table))
        bounds = {"first": sql.Literal(_midnight(day)), "last": sql.Literal(_midnight(day + timedelta(days=1)))}
        conn.execute(sql.SQL(ATTACH).format(table=table, **bounds))
    return missing


def days(conn: Conn) -> list[date]:
    """Return the days that have a partition, oldest first."""
    return [datetime.strptime(name, "%Y%m%d").replace(tzinfo=UTC).date() for (name,) in conn.execute(DAYS)]


def partition(day: date) -> sql.Identifier:
    """Return the table of a day."""
    return sql.Identifier("hall", f"recording_{day:%Y%m%d}")


def store(conn: Conn, segments: Sequence[Segment]) -> int:
    """Add closed segments; one that is known already is only brought up to date. Return how many rows were written.

    Raises:
        InvalidInputError: a segment ends before it starts, or is longer than two hours, or five minutes when it is our own.
    """
    for segment in segments:
        if not timedelta(0) < segment.end_at - segment.start_at <= _longest(own=segment.source == OWN):
            raise InvalidInputError(f"segment of camera {segment.camera_id}: {segment.start_at} to {segment.end_at}")
    for day in sorted({segment.start_at.astimezone(UTC).date() for segment in segments}):
        ensure_days(conn, day, day)
    written = 0
    for segment in segments:
        written += conn.execute(STORE, {name: getattr(segment, name) for name in Segment.__slots__}).rowcount
    return written


def store_told(conn: Conn, camera_id: int, source: str, window: tuple[datetime, datetime], told: Iterable[Segment]) -> int:
    """Replace what a platform's archive holds in a window (in its own time) by what it tells now; long pieces are cut to two hours."""
    pieces = [piece for segment in told for piece in _pieces(segment)]
    conn.execute(
        FORGET_TOLD,
        {
            "camera_id": camera_id,
            "source": source,
            "start": window[0],
            "end": window[1],
            "told": [piece.start_at for piece in pieces],
        },
    )
    return store(conn, pieces)


def segments(conn: Conn, camera_id: int, start: datetime, end: datetime, *, own: bool = True, offset_ms: int = 0) -> list[Segment]:
    """Return the segments that touch a window, in order, in true time: our own ones, or those that platforms told.

    Raises:
        InvalidInputError: the window is empty or longer than a week.
    """
    _check(start, end, LONGEST_WINDOW)
    shift = timedelta(0) if own else timedelta(milliseconds=offset_ms)
    params = _window(camera_id, start + shift, end + shift, own=own) | {"limit": MAX_SEGMENTS}
    with conn.cursor(row_factory=class_row(Segment)) as cursor:
        found = cursor.execute(SEGMENTS, params).fetchall()
    return [_moved(segment, shift) for segment in found] if shift else found


def segment_at(conn: Conn, camera_id: int, start_ms: int) -> Segment | None:
    """Return our own segment that starts in this millisecond since 1970; None when there is none, or it is being deleted."""
    first = datetime.fromtimestamp(start_ms / 1_000, UTC)
    with conn.cursor(row_factory=class_row(Segment)) as cursor:
        return cursor.execute(ONE, [camera_id, first, first + timedelta(milliseconds=1)]).fetchone()


def intervals(conn: Conn, camera_id: int, start: datetime, end: datetime, *, offset_ms: int = 0) -> list[Interval]:
    """Return the recorded time of a window, cut to it, without overlaps: what we recorded ourselves, and what platforms have besides.

    Raises:
        InvalidInputError: the window is empty or longer than a week.
    """
    _check(start, end, LONGEST_WINDOW)
    shift = timedelta(milliseconds=offset_ms)
    covered = _cut(_islands(conn, camera_id, start, end, own=True), start, end)
    told = _islands(conn, camera_id, start + shift, end + shift, own=False)
    for source in sorted({one.source for one in told}):
        moved = _cut([Interval(one.start - shift, one.end - shift, source) for one in told if one.source == source], start, end)
        covered = sorted(covered + _besides(moved, covered), key=lambda one: one.start)
    return covered


def offset_ms(conn: Conn, camera_id: int) -> int:
    """Return by how much the camera's own clock is ahead, 0 when there is no such camera."""
    row = conn.execute(OFFSET, [camera_id]).fetchone()
    return row[0] if row else 0


def plan(
    conn: Conn, camera_ids: Sequence[int], reason: str, *, event_id: int | None = None, until: datetime | None = None, rank: int = 0
) -> int:
    """Have cameras recorded by ourselves: `reason` key, event or hand; until None = always. A longer plan stands. Return how many rows."""
    params = {"camera_ids": list(camera_ids), "reason": reason, "event_id": event_id, "until": until, "rank": rank}
    return conn.execute(PLAN, params).rowcount


def unplan(conn: Conn, camera_ids: Sequence[int], reason: str, *, event_id: int | None = None) -> int:
    """Take a plan back; others of the same cameras stand."""
    return conn.execute(UNPLAN, [list(camera_ids), reason, event_id]).rowcount


def forget_plans(conn: Conn, now: datetime) -> int:
    """Remove plans that are over."""
    return conn.execute(UNPLAN_OVER, [now]).rowcount


def planned(conn: Conn, now: datetime, most: int) -> list[Planned]:
    """Return which cameras to record now: those with a picture, the lowest rank first, at most `most`."""
    with conn.cursor(row_factory=class_row(Planned)) as cursor:
        return cursor.execute(PLANNED, {"now": now, "most": most}).fetchall()


def check_window(start: datetime, end: datetime) -> None:
    """Refuse windows that cannot be replayed.

    Raises:
        InvalidInputError: the window is empty or longer than a day.
    """
    _check(start, end, LONGEST_REPLAY)


def _check(start: datetime, end: datetime, longest: timedelta) -> None:
    if not timedelta(0) < end - start <= longest:
        raise InvalidInputError(f"start and end: a window of up to {longest.total_seconds() / 3600:.0f} hours, end after start")


def _islands(conn: Conn, camera_id: int, start: datetime, end: datetime, *, own: bool) -> list[Interval]:
    params = _window(camera_id, start, end, own=own) | {"hole": HOLE, "limit": MAX_INTERVALS}
    with conn.cursor(row_factory=class_row(Interval)) as cursor:
        return cursor.execute(INTERVALS, params).fetchall()


def _longest(*, own: bool) -> timedelta:
    return LONGEST_OWN if own else LONGEST_SEGMENT


def _window(camera_id: int, start: datetime, end: datetime, *, own: bool) -> dict[str, object]:
    return {"camera_id": camera_id, "start": start, "end": end, "begin": start - _longest(own=own), "own": own}


def _cut(found: Iterable[Interval], start: datetime, end: datetime) -> list[Interval]:
    cut = (Interval(max(one.start, start), min(one.end, end), one.source) for one in found)
    return [one for one in cut if one.end > one.start]


def _besides(found: Iterable[Interval], covered: Sequence[Interval]) -> list[Interval]:
    """Return what of `found` none of `covered` (in order, apart from each other) covers; slivers of less than a hole are left out."""
    ends = [other.end for other in covered]
    left = []
    for one in found:
        at = one.start
        for other in covered[bisect_right(ends, at) :]:
            if other.start >= one.end:
                break
            left.append(Interval(at, other.start, one.source))
            at = max(at, other.end)
        left.append(Interval(at, one.end, one.source))
    return [one for one in left if one.end - one.start > HOLE]


def _pieces(segment: Segment) -> Iterable[Segment]:
    start = segment.start_at
    while start < segment.end_at:
        end = min(segment.end_at, start + LONGEST_SEGMENT)
        yield Segment(camera_id=segment.camera_id, start_at=start, end_at=end, source=segment.source, uri=segment.uri, codec=segment.codec)
        start = end


def _moved(segment: Segment, shift: timedelta) -> Segment:
    return Segment(
        camera_id=segment.camera_id,
        start_at=segment.start_at - shift,
        end_at=segment.end_at - shift,
        source=segment.source,
        uri=segment.uri,
        bytes=segment.bytes,
        codec=segment.codec,
    )


def _exists(conn: Conn, day: date) -> bool:
    row = conn.execute(EXISTS, [f"recording_{day:%Y%m%d}"]).fetchone()
    return bool(row and row[0])


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
