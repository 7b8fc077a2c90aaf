"""How long recordings stay: each camera's days, never less than the rule of 30; what an event holds stays; the disk's quota takes the oldest.

A segment goes in two steps: marked, then unlinked, and its row last. Whatever a crash leaves between the steps is finished by the next run. Holds
and marks exclude each other by an advisory lock, so that nothing is marked that has just been held.
"""

import logging
import shutil
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.rows import class_row

from geodata.db import Conn, Pool, reading, writing
from geodata.errors import SourceUnavailableError
from services import recordings
from services.audit import Act, record_stranger

log = logging.getLogger(__name__)

RULE_DAYS = 30
"""No camera keeps less, whatever its row says."""
MEDIA = "media"
RECORDED = "rec"
HOLD_LOCK = 7_420_024
"""Advisory lock: shared by who holds, alone for who marks."""
BATCH = 2_000
EVERY_S = 60.0
RESERVE_BYTES = 1 << 30
LOCK_WAIT = "SET LOCAL lock_timeout = '2s'"
MARGIN = timedelta(hours=2)
WRITER = "retention"

UNHELD = """
    NOT EXISTS (SELECT FROM hall.recording_hold AS h
                WHERE h.camera_id = r.camera_id AND h.released_at IS NULL AND h.start_at < r.end_at AND h.end_at > r.start_at)
"""
# Days before the rule's are the only ones with anything to find; a camera that is gone keeps by the rule.
EXPIRED = """
    UPDATE hall.recording AS m SET state = 'deleting'
    FROM (SELECT r.camera_id, r.start_at, r.source FROM hall.recording AS r LEFT JOIN hall.camera AS c ON c.id = r.camera_id
          WHERE r.start_at < %(now)s - %(rule)s * interval '1 day' AND r.state = 'kept'
            AND r.end_at < %(now)s - greatest(c.retention_days, %(rule)s) * interval '1 day' AND {unheld}
          LIMIT %(limit)s) AS gone
    WHERE m.camera_id = gone.camera_id AND m.start_at = gone.start_at AND m.source = gone.source
      AND m.start_at < %(now)s - %(rule)s * interval '1 day'
    RETURNING m.camera_id, m.start_at, m.source, m.uri, coalesce(m.bytes, 0) AS bytes
"""
OLDEST = """
    UPDATE hall.recording AS m SET state = 'deleting'
    FROM (SELECT camera_id, start_at FROM (
              SELECT r.camera_id, r.start_at, sum(r.bytes) OVER (ORDER BY r.start_at, r.camera_id) - r.bytes AS before FROM hall.recording AS r
              WHERE r.start_at >= %(first)s AND r.start_at < %(last)s AND r.source = 'own' AND r.state = 'kept' AND r.bytes > 0 AND {unheld}
          ) AS ordered
          WHERE before < %(wanted)s ORDER BY before LIMIT %(limit)s) AS gone
    WHERE m.camera_id = gone.camera_id AND m.start_at = gone.start_at AND m.source = 'own' AND m.start_at >= %(first)s AND m.start_at < %(last)s
    RETURNING m.camera_id, m.start_at, m.source, m.uri, coalesce(m.bytes, 0) AS bytes
"""
MARKED = "SELECT camera_id, start_at, source, uri, coalesce(bytes, 0) AS bytes FROM hall.recording WHERE state = 'deleting' LIMIT %s"
GONE = """
    DELETE FROM hall.recording AS r USING unnest(%(cameras)s::bigint[], %(starts)s::timestamptz[], %(sources)s::text[]) AS g (camera_id, start_at, source)
    WHERE r.camera_id = g.camera_id AND r.start_at = g.start_at AND r.source = g.source AND r.state = 'deleting'
      AND r.start_at BETWEEN %(first)s AND %(last)s
"""
ALONE = "SELECT pg_advisory_xact_lock(%s)"
LONGEST_KEPT = "SELECT greatest(max(retention_days), %s) FROM hall.camera"
HELD_IN = "SELECT EXISTS (SELECT FROM hall.recording_hold WHERE released_at IS NULL AND start_at < %s AND end_at > %s)"
DROP = "DROP TABLE {table}"
USED = "SELECT coalesce(sum(bytes), 0)::bigint, min(start_at), count(*) FROM hall.recording WHERE source = 'own'"
HELD = """
    SELECT coalesce(sum(r.bytes), 0)::bigint FROM hall.recording AS r
    WHERE r.source = 'own' AND EXISTS (
        SELECT FROM hall.recording_hold AS h
        WHERE h.camera_id = r.camera_id AND h.released_at IS NULL AND h.start_at < r.end_at AND h.end_at > r.start_at)
"""
LAST_SHORT = """
    SELECT at, (detail ->> 'bytes')::bigint FROM hall.audit WHERE action = 'recording_room' ORDER BY id DESC LIMIT 1
"""
KNOWN = "SELECT uri FROM hall.recording WHERE camera_id = %s AND start_at >= %s AND start_at < %s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much our own recordings may take: all that lies under DATA_DIR/media/rec, and how much of the disk stays free."""

    quota_bytes: int | None = None
    reserve_bytes: int = RESERVE_BYTES

    @classmethod
    def of(cls, gigabytes: float) -> "Limits":
        """Return the limits of a quota as the settings have it."""
        return cls(quota_bytes=round(gigabytes * 1e9))


@dataclass(frozen=True, slots=True, kw_only=True)
class Storage:
    """How the store of recordings stands."""

    used_bytes: int
    held_bytes: int
    free_bytes: int
    quota_bytes: int | None
    reserve_bytes: int
    segments: int
    oldest: datetime | None
    rule_days: int
    short_at: datetime | None
    """When recordings younger than the rule last had to go for room: an alarm for who runs the store."""
    short_bytes: int | None


@dataclass(frozen=True, slots=True)
class _Marked:
    camera_id: int
    start_at: datetime
    source: str
    uri: str
    bytes: int


def run(pool: Pool, data_dir: Path, limits: Limits, now: datetime) -> int:
    """Do one round: finish what was begun, make coming days, let go what is over, keep the quota. Return how many segments went."""
    gone = repair(pool, data_dir)
    with writing(pool) as conn:
        today = now.astimezone(UTC).date()
        recordings.ensure_days(conn, today - timedelta(days=1), today + timedelta(days=recordings.AHEAD_DAYS))
        recordings.forget_plans(conn, now)
    drop_days(pool, data_dir, now)
    gone += expire(pool, data_dir, now)
    gone += keep_quota(pool, data_dir, limits, now)
    return gone


def expire(pool: Pool, data_dir: Path, now: datetime) -> int:
    """Let go every segment that is older than its camera keeps them and that no event holds; return how many."""
    query = sql.SQL(EXPIRED).format(unheld=sql.SQL(UNHELD))
    params = {"now": now, "rule": RULE_DAYS, "limit": BATCH}
    gone = 0
    while marked := _mark(pool, query, params):
        _finish(pool, data_dir, marked)
        gone += len(marked)
    return gone


def make_room(pool: Pool, data_dir: Path, bytes_wanted: int, *, now: datetime) -> int:
    """Let go the oldest segments of our own that no event holds until so many bytes are free; return how many bytes were freed.

    What is younger than the rule goes as well: the disk is full. That is written into the audit trail and shown as an alarm.
    """
    finished = repair(pool, data_dir)
    if finished:
        log.info("finished deleting %d segments", finished)
    query = sql.SQL(OLDEST).format(unheld=sql.SQL(UNHELD))
    freed, short = 0, 0
    with reading(pool) as conn:
        known = recordings.days(conn)
    for day in known:
        first = _midnight(day)
        params = {"first": first, "last": first + timedelta(days=1), "limit": BATCH}
        while freed < bytes_wanted and (marked := _mark(pool, query, params | {"wanted": bytes_wanted - freed})):
            _finish(pool, data_dir, marked)
            freed += sum(one.bytes for one in marked)
            short += sum(one.bytes for one in marked if one.start_at > now - timedelta(days=RULE_DAYS))
        if freed >= bytes_wanted:
            break
    if short or freed < bytes_wanted:
        log.error(
            "the store of recordings is full: %d of %d bytes freed, %d of them younger than %d days", freed, bytes_wanted, short, RULE_DAYS
        )
        detail = {"bytes": short, "freed": freed, "wanted": bytes_wanted}
        with writing(pool) as conn:
            act = Act(action="recording_room", object="recordings", success=freed >= bytes_wanted, detail=detail)
            record_stranger(conn, WRITER, None, now, act)
    return freed


def keep_quota(pool: Pool, data_dir: Path, limits: Limits, now: datetime) -> int:
    """Make room when our recordings take more than their quota, or the disk has less free than it should; return the bytes freed."""
    with reading(pool) as conn:
        used = _used(conn)[0]
    over = max(used - limits.quota_bytes if limits.quota_bytes is not None else 0, limits.reserve_bytes - _free(data_dir))
    return make_room(pool, data_dir, over, now=now) if over > 0 and used else 0


def repair(pool: Pool, data_dir: Path) -> int:
    """Finish deleting what is marked; return how many segments."""
    gone = 0
    while True:
        with reading(pool) as conn, conn.cursor(row_factory=class_row(_Marked)) as cursor:
            marked = cursor.execute(MARKED, [BATCH]).fetchall()
        if not marked or not _finish(pool, data_dir, marked):
            return gone
        gone += len(marked)


def drop_days(pool: Pool, data_dir: Path, now: datetime) -> list[date]:
    """Drop whole days that no camera keeps any longer and of which nothing is held, and the files of days that are not in the index."""
    dropped = []
    with reading(pool) as conn:
        row = conn.execute(LONGEST_KEPT, [RULE_DAYS]).fetchone()
        oldest_kept = (now - timedelta(days=row[0] if row and row[0] else RULE_DAYS)).astimezone(UTC).date()
        over = [day for day in recordings.days(conn) if day + timedelta(days=1) < oldest_kept]
    for day in over:
        try:
            with writing(pool) as conn:
                if _drop_day(conn, day):
                    dropped.append(day)
        except (SourceUnavailableError, psycopg.errors.LockNotAvailable) as error:
            log.info("day %s stays until the next round: %s", day, error)
    sweep(pool, data_dir, oldest_kept)
    return dropped


def sweep(pool: Pool, data_dir: Path, before: date) -> int:
    """Remove files of days before `before` that have no partition: what a dropped day leaves, even when the process died in between."""
    removed = 0
    with reading(pool) as conn:
        known = set(recordings.days(conn))
    for folder in (data_dir / MEDIA / RECORDED).glob("*/*"):
        day = _day_of(folder)
        if day is None or day >= before or day in known:
            continue
        kept = _uris_after(pool, folder.parent.name, day)
        for file in [path for path in folder.rglob("*") if path.is_file()]:
            if str(file.relative_to(data_dir / MEDIA)) not in kept:
                file.unlink(missing_ok=True)
                removed += 1
        if not kept:
            shutil.rmtree(folder, ignore_errors=True)
    return removed


def storage(conn: Conn, data_dir: Path, limits: Limits) -> Storage:
    """Tell how the store stands."""
    used, oldest, count = _used(conn)
    held = conn.execute(HELD).fetchone()
    short = conn.execute(LAST_SHORT).fetchone()
    return Storage(
        used_bytes=used,
        held_bytes=held[0] if held else 0,
        free_bytes=_free(data_dir),
        quota_bytes=limits.quota_bytes,
        reserve_bytes=limits.reserve_bytes,
        segments=count,
        oldest=oldest,
        rule_days=RULE_DAYS,
        short_at=short[0] if short else None,
        short_bytes=short[1] if short else None,
    )


def run_forever(stop: threading.Event, pool: Pool, data_dir: Path, limits: Limits) -> None:
    """Keep the store in order until `stop`; while the database or the disk is away, wait for it."""
    while True:
        try:
            gone = run(pool, data_dir, limits, datetime.now(UTC))
            if gone:
                log.info("%d segments of recordings went", gone)
        except (SourceUnavailableError, psycopg.Error, OSError) as error:
            log.warning("recordings stay as they are: %s", error)
        if stop.wait(EVERY_S):
            return


def _mark(pool: Pool, query: sql.Composed, params: dict[str, object]) -> list[_Marked]:
    with writing(pool) as conn:
        conn.execute(ALONE, [HOLD_LOCK])
        with conn.cursor(row_factory=class_row(_Marked)) as cursor:
            return cursor.execute(query, params).fetchall()


def _finish(pool: Pool, data_dir: Path, marked: Sequence[_Marked]) -> bool:
    """Unlink the files and then remove the rows; rows whose file could not be unlinked stay marked. Tell whether any row went."""
    done = [one for one in marked if one.source != recordings.OWN or unlink(data_dir, one.uri)]
    if not done:
        return False
    params = {
        "cameras": [one.camera_id for one in done],
        "starts": [one.start_at for one in done],
        "sources": [one.source for one in done],
        "first": min(one.start_at for one in done),
        "last": max(one.start_at for one in done),
    }
    with writing(pool) as conn:
        conn.execute(GONE, params)
    return True


def path_of(data_dir: Path, uri: str) -> Path | None:
    """Return the file that a row names; None when it would lie outside of the store."""
    root = (data_dir / MEDIA).resolve()
    path = (root / uri).resolve()
    return path if path.is_relative_to(root) and path != root else None


def unlink(data_dir: Path, uri: str) -> bool:
    """Remove a file of the store, if it is there; tell whether it is gone."""
    path = path_of(data_dir, uri)
    if path is None:
        log.error("not a file of the store: %r", uri)
        return True
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        log.warning("%s stays: %s", path, error)
        return False
    _remove_empty(path.parent, root=data_dir / MEDIA / RECORDED)
    return True


def _remove_empty(folder: Path, root: Path) -> None:
    while folder != root and folder.is_relative_to(root):
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent


def _drop_day(conn: Conn, day: date) -> bool:
    conn.execute(LOCK_WAIT)
    conn.execute(ALONE, [HOLD_LOCK])
    row = conn.execute(HELD_IN, [_midnight(day + timedelta(days=1)) + MARGIN, _midnight(day) - MARGIN]).fetchone()
    if row and row[0]:
        return False
    conn.execute(sql.SQL(DROP).format(table=recordings.partition(day)))
    return True


def _used(conn: Conn) -> tuple[int, datetime | None, int]:
    row = conn.execute(USED).fetchone()
    return (row[0], row[1], row[2]) if row else (0, None, 0)


def _free(data_dir: Path) -> int:
    data_dir.mkdir(parents=True, exist_ok=True)
    return shutil.disk_usage(data_dir).free


def _uris_after(pool: Pool, camera: str, day: date) -> Iterable[str]:
    """Return what the index says of files in a day's folder although they begin the day after: a name may be a moment older than its segment."""
    if not camera.isdecimal() or len(camera) > 18:
        return frozenset()
    first = _midnight(day + timedelta(days=1))
    with reading(pool) as conn:
        rows = conn.execute(KNOWN, [int(camera), first, first + MARGIN]).fetchall()
    return frozenset(uri for (uri,) in rows if uri.startswith(f"{RECORDED}/{camera}/{day:%Y%m%d}/"))


def _day_of(folder: Path) -> date | None:
    try:
        return datetime.strptime(folder.name, "%Y%m%d").replace(tzinfo=UTC).date()
    except ValueError:
        return None


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
