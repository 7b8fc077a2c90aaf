"""Evidence that lies on a platform is copied into our own store while an event holds it: a platform's retention knows nothing of our holds."""

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg

from geodata.db import Pool, reading, writing
from geodata.errors import SourceUnavailableError
from services import recordings
from services.media_client import PLATFORMS, MediaClient, pieces
from services.recordings import COPIED, OWN, Interval, Segment
from services.retention import MEDIA, RECORDED

log = logging.getLogger(__name__)

PAUSE_S = 15.0
AGAIN_S = 300.0
"""A hold is looked at so often: a platform may tell later what it had, and what lies ahead becomes the past."""
SETTLED = timedelta(seconds=30)
"""So long after the fact a platform has closed its files."""
MOST_HOLDS = 200

HOLDS = """
    SELECT h.id, h.camera_id, h.start_at, least(h.end_at, %(settled)s), c.clock_offset_ms
    FROM hall.recording_hold AS h JOIN hall.camera AS c ON c.id = h.camera_id JOIN hall.video_source AS s ON s.id = c.video_source_id
    WHERE h.released_at IS NULL AND s.enabled AND s.kind = ANY(%(kinds)s) AND h.start_at < %(settled)s
    ORDER BY h.held_at LIMIT %(limit)s
"""


@dataclass(slots=True)
class Copier:
    """Copies what is held. One of it runs, in the worker."""

    pool: Pool
    data_dir: Path
    client: MediaClient
    _looked: dict[int, float] = field(default_factory=dict)

    def run(self, now: datetime, stop: threading.Event | None = None) -> int:
        """Look at the holds whose turn it is; return how many pieces were copied. A platform that is away is tried again later."""
        stop = stop or threading.Event()
        with reading(self.pool) as conn:
            params = {"settled": now - SETTLED, "kinds": list(PLATFORMS), "limit": MOST_HOLDS}
            held = conn.execute(HOLDS, params).fetchall()
        self._looked = {hold_id: at_s for hold_id, at_s in self._looked.items() if hold_id in {row[0] for row in held}}
        copied = 0
        for hold_id, camera_id, start, end, offset_ms in held:
            if stop.is_set() or time.monotonic() - self._looked.get(hold_id, -AGAIN_S) < AGAIN_S:
                continue
            self._looked[hold_id] = time.monotonic()
            try:
                for interval in self._lying(camera_id, start, end, offset_ms):
                    copied += self._copy(camera_id, interval, stop)
            except (SourceUnavailableError, OSError) as error:
                log.warning("evidence of hold %d stays on the platform for now: %s", hold_id, error)
        return copied

    def _lying(self, camera_id: int, start: datetime, end: datetime, offset_ms: int) -> Sequence[Interval]:
        """Return what of a window is on the platform and not with us."""
        self.client.ask_archive(camera_id, start, end)
        with reading(self.pool) as conn:
            return [one for one in recordings.intervals(conn, camera_id, start, end, offset_ms=offset_ms) if one.source != OWN]

    def _copy(self, camera_id: int, interval: Interval, stop: threading.Event) -> int:
        copied = 0
        for start, end in pieces(interval.start, interval.end):
            if stop.is_set():
                break
            at = start.astimezone(UTC)
            uri = f"{RECORDED}/{camera_id}/{at:%Y%m%d}/{at:%H}/{at:%Y%m%dT%H%M%S}-{at.microsecond // 1000:03d}{COPIED}"
            path = self.data_dir / MEDIA / uri
            path.parent.mkdir(parents=True, exist_ok=True)
            self.client.fetch(camera_id, start, end, path)
            piece = Segment(camera_id=camera_id, start_at=start, end_at=end, source=OWN, uri=uri, bytes=path.stat().st_size)
            with writing(self.pool) as conn:
                recordings.store(conn, [piece])
            copied += 1
        return copied


def run_forever(stop: threading.Event, pool: Pool, data_dir: Path, client: MediaClient) -> None:
    """Copy until `stop`; while the database is away, wait for it."""
    copier = Copier(pool, data_dir, client)
    while not stop.wait(PAUSE_S):
        try:
            copied = copier.run(datetime.now(UTC), stop)
            if copied:
                log.info("%d pieces of evidence were copied from platforms", copied)
        except (SourceUnavailableError, psycopg.Error) as error:
            log.warning("evidence is not copied: %s", error)
