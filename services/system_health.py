"""How the subsystems are, from what they themselves left behind: signs of life, last reports, last pictures. What is not connected is not in it."""

import socket
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from geodata.db import Conn
from services.heartbeat import ALIVE_S
from services.mirror_store import LayerState
from services.rights import Reader

OK, SLOW, FAILING, QUIET = "ok", "slow", "failing", "quiet"
STATES = (FAILING, SLOW, QUIET, OK)
"""The worst first. `quiet`: nothing is wrong, and nothing has come for a long time."""
SLOW_MS = 250.0
QUIET_AFTER = timedelta(hours=24)
RECORDED_WITHIN = timedelta(minutes=5)
COUNTED_WITHIN = timedelta(minutes=15)
SENT_WITHIN = timedelta(minutes=10)
PROBE_S, PROBE_AGAIN_S = 0.4, 10.0
MAX_ROWS = 200
ONLINE_SHARE = 0.9
"""Of the cameras: below, the network of cameras counts as slow; below half of it, as failing."""

BEATS = "SELECT process, started_at, at FROM hall.heartbeat ORDER BY process LIMIT %(limit)s"
# A channel is connected when something came through it. Channels of people are not a system of somebody else's.
CHANNELS = """
    SELECT c.source, max(r.received_at) FROM hall.intake_channel AS c JOIN hall.source_record AS r ON r.source = c.source
    WHERE r.received_at > %(now)s - interval '30 days' AND r.received_at <= %(now)s GROUP BY c.source ORDER BY c.source LIMIT %(limit)s
"""
PLATFORMS = "SELECT name, synced_at, failed_at, failure, kind FROM hall.video_source WHERE enabled ORDER BY name LIMIT %(limit)s"
CAMERAS = """
    SELECT count(*)::int, count(*) FILTER (WHERE coalesce(h.online, c.online))::int, max(h.checked_at)
    FROM hall.camera AS c LEFT JOIN hall.camera_health AS h ON h.camera_id = c.id WHERE starts_with(c.grid_code, %(scope)s)
"""
RECORDINGS = """
    SELECT (SELECT count(*)::int FROM hall.recording_plan),
           (SELECT max(end_at) FROM hall.recording WHERE start_at > %(now)s::timestamptz - interval '1 day')
"""
COUNTS = """
    SELECT (SELECT count(*)::int FROM hall.analysis_plan),
           (SELECT max(at) FROM hall.camera_count WHERE at > %(now)s::timestamptz - interval '1 day')
"""
MESSAGES = """
    SELECT count(*)::int, min(created_at), count(*) FILTER (WHERE error IS NOT NULL)::int
    FROM hall.outbox WHERE sent_at IS NULL AND next_try_at > %(now)s::timestamptz - interval '30 days'
"""
EVER_SENT = "SELECT max(sent_at) FROM hall.outbox"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subsystem:
    """One part, and its last sign."""

    key: str
    """web, database, worker, media, tiles, cameras, recording, analysis, messages, or `channel:<source>`, `platform:<name>`."""
    state: str
    at: datetime | None
    """Of the last sign of it."""
    value: float | None = None
    total: float | None = None
    """What `value` is out of; None when it is a measure by itself (milliseconds of the database)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemHealth:
    """All connected parts, the worst first."""

    connected: int
    fine: int
    """Neither failing nor slow."""
    parts: tuple[Subsystem, ...]


class Gateway:
    """Whether the video gateway listens on the loopback interface; asked at most every ten seconds, for at most 0.4 s."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._lock = threading.Lock()
        self._asked: tuple[float, bool] = (float("-inf"), False)

    def listens(self) -> bool:
        """Tell it."""
        with self._lock:
            asked_at, answer = self._asked
            if time.monotonic() - asked_at < PROBE_AGAIN_S:
                return answer
            try:
                socket.create_connection(("127.0.0.1", self._port), PROBE_S).close()
                answer = True
            except OSError:
                answer = False
            self._asked = (time.monotonic(), answer)
            return answer


def own(layers: Iterable[LayerState], gateway: Gateway, now: datetime) -> list[Subsystem]:
    """Return what this process knows without the database."""
    states = list(layers)
    ready = sum(state.revision is not None or state.newest is None for state in states)
    return [
        Subsystem(key="web", state=OK, at=now),
        Subsystem(key="tiles", state=OK if ready == len(states) else SLOW, at=now, value=ready, total=len(states)),
        Subsystem(key="media", state=OK if gateway.listens() else FAILING, at=now),
    ]


def stored(conn: Conn, reader: Reader, now: datetime) -> list[Subsystem]:
    """Return what the database tells of the others, and of itself."""
    values = {"now": now, "limit": MAX_ROWS, "scope": reader.scope}
    began = time.perf_counter()
    beats = conn.execute(BEATS, values).fetchall()
    milliseconds = 1000 * (time.perf_counter() - began)
    parts = [Subsystem(key="database", state=OK if milliseconds < SLOW_MS else SLOW, at=now, value=round(milliseconds, 1))]
    seen = {process: at for process, _, at in beats} | ({} if any(row[0] == "worker" for row in beats) else {"worker": None})
    parts += [
        Subsystem(key=process, state=OK if _within(at, now, timedelta(seconds=ALIVE_S)) else FAILING, at=at) for process, at in seen.items()
    ]
    parts += _video(conn, values, now)
    parts += _messages(conn, values, now)
    for source, at in conn.execute(CHANNELS, values):
        parts.append(Subsystem(key=f"channel:{source}", state=OK if _within(at, now, QUIET_AFTER) else QUIET, at=at))
    for name, synced_at, failed_at, failure, kind in conn.execute(PLATFORMS, values):
        if kind != "sample" or failure:
            fails = failure is not None and (synced_at is None or (failed_at is not None and failed_at >= synced_at))
            parts.append(Subsystem(key=f"platform:{name}", state=FAILING if fails else OK if synced_at else QUIET, at=synced_at))
    return parts


def summed(parts: Iterable[Subsystem]) -> SystemHealth:
    """Put the worst first."""
    ordered = tuple(sorted(parts, key=lambda part: STATES.index(part.state)))
    return SystemHealth(connected=len(ordered), fine=sum(part.state in {OK, QUIET} for part in ordered), parts=ordered)


def database_away(now: datetime) -> Subsystem:
    """Return the database that does not answer."""
    return Subsystem(key="database", state=FAILING, at=now)


def _video(conn: Conn, values: dict[str, object], now: datetime) -> list[Subsystem]:
    parts = []
    total, online, checked_at = conn.execute(CAMERAS, values).fetchone() or (0, 0, None)
    if total:
        share = online / total
        state = OK if share >= ONLINE_SHARE else SLOW if share >= ONLINE_SHARE / 2 else FAILING
        parts.append(Subsystem(key="cameras", state=state, at=checked_at, value=online, total=total))
    planned, until = conn.execute(RECORDINGS, values).fetchone() or (0, None)
    if planned:
        parts.append(Subsystem(key="recording", state=OK if _within(until, now, RECORDED_WITHIN) else FAILING, at=until, value=planned))
    watched, counted_at = conn.execute(COUNTS, values).fetchone() or (0, None)
    if watched and counted_at:
        parts.append(
            Subsystem(key="analysis", state=OK if _within(counted_at, now, COUNTED_WITHIN) else FAILING, at=counted_at, value=watched)
        )
    return parts


def _messages(conn: Conn, values: dict[str, object], now: datetime) -> list[Subsystem]:
    waiting, oldest, failed = conn.execute(MESSAGES, values).fetchone() or (0, None, 0)
    sent_at = (conn.execute(EVER_SENT).fetchone() or (None,))[0]
    if not sent_at:
        return []
    late = waiting and not _within(oldest, now, SENT_WITHIN)
    return [Subsystem(key="messages", state=FAILING if late and failed else SLOW if late else OK, at=sent_at, value=waiting)]


def _within(at: datetime | None, now: datetime, span: timedelta) -> bool:
    return at is not None and now - at <= span
