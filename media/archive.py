"""Recordings that lie on a platform: what it says it has goes into the index, and short pieces of it are fetched when they are played."""

import asyncio
import contextlib
import logging
import os
import shutil
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from geodata.db import Pool, reading, writing
from geodata.errors import NotFoundError, SourceUnavailableError
from media.sources.base import Pull, Session, Source, SourceError
from services import recordings, video_feed
from services.media_client import PLATFORMS
from services.recordings import Segment
from services.retention import MEDIA

log = logging.getLogger(__name__)

ASK_TIMEOUT_S = 8.0
ASKED_FOR_S = 60.0
"""What a platform said of a window counts for so long."""
OPEN_TIMEOUT_S = 10.0
PATIENCE = 1.5
"""A platform that plays in real time gets so many times a piece's length."""
AT_ONCE = 4
CACHE = "cache"
CACHED_FOR_S = 1_800.0
CLEAN_EVERY_S = 600.0
LEAST_BYTES = 188 * 4
LEAST_LEFT = timedelta(milliseconds=200)
"""What is shorter at the end of a piece is not asked for once more."""

SourceOf = Callable[[int], Awaitable[Source]]
"""Row of hall.video_source → its adapter, kept by the process."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a camera's archive is."""

    ref: str
    offset: timedelta
    source_id: int
    kind: str


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of a recording, by the camera's own clock, and the file that it grows in."""

    start: datetime
    end: datetime
    path: Path


@dataclass(slots=True)
class Archive:
    """The platforms' recordings, for one process."""

    pool: Pool
    data_dir: Path
    source_of: SourceOf
    _asked: dict[tuple[int, datetime, datetime], tuple[float, int]] = field(default_factory=dict)
    _pieces: dict[str, asyncio.Lock] = field(default_factory=dict)
    _cleaned_s: float = float("-inf")
    _limit: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def ask(self, camera_id: int, start: datetime, end: datetime) -> int:
        """Ask the camera's platform what it has of a window (true time) and write that into the index; return how many pieces it told.

        Cameras without such a platform have none. Asked again within a minute the platform is left alone.

        Raises:
            SourceUnavailableError: the platform is down, slow or answers nothing that can be read.
        """
        place = await asyncio.to_thread(self._place, camera_id)
        if place is None or place.kind not in PLATFORMS:
            return 0
        key = (camera_id, start, end)
        known = self._asked.get(key)
        if known and time.monotonic() - known[0] < ASKED_FOR_S:
            return known[1]
        window = (start + place.offset, end + place.offset)
        try:
            source = await self.source_of(place.source_id)
            found = await asyncio.wait_for(source.recordings(place.ref, *window), ASK_TIMEOUT_S)
        except (SourceError, TimeoutError) as error:
            raise SourceUnavailableError(f"the platform does not tell what it recorded: {_reason(error)}") from None
        told = [
            Segment(camera_id=camera_id, start_at=one.start, end_at=one.end, source=place.kind, uri=one.handle or place.ref)
            for one in found
            if one.end > one.start
        ]
        await asyncio.to_thread(self._write, camera_id, place.kind, window, told)
        if len(self._asked) > 10_000:
            self._asked.clear()
        self._asked[key] = (time.monotonic(), len(told))
        return len(told)

    async def piece(self, camera_id: int, start: datetime, end: datetime) -> Path:
        """Return a file with this piece (true time, some seconds) of the platform's recording; it is fetched once and kept for a while.

        Raises:
            NotFoundError: the camera has no platform with recordings.
            SourceUnavailableError: the platform does not play it.
        """
        place = await asyncio.to_thread(self._place, camera_id)
        if place is None or place.kind not in PLATFORMS:
            raise NotFoundError(f"cameras/{camera_id} has no archive on a platform")
        path = self._cache() / f"{camera_id}-{start.timestamp():.3f}-{end.timestamp():.3f}.ts"
        lock = self._pieces.setdefault(path.name, asyncio.Lock())
        try:
            async with lock:
                if not path.is_file():
                    async with self._limit:
                        await self._fetch(place, start + place.offset, end + place.offset, path)
        finally:
            if not lock.locked():
                self._pieces.pop(path.name, None)
        return path

    def clean(self) -> int:
        """Remove pieces that were fetched long ago; return how many."""
        oldest = time.time() - CACHED_FOR_S
        old = [path for path in self._cache().iterdir() if path.is_file() and path.stat().st_mtime < oldest]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)

    async def _fetch(self, place: _Place, start: datetime, end: datetime, path: Path) -> None:
        if time.monotonic() - self._cleaned_s > CLEAN_EVERY_S:
            self._cleaned_s = time.monotonic()
            await asyncio.to_thread(self.clean)
        part = path.with_suffix(f".{os.getpid()}.part")
        try:
            source = await self.source_of(place.source_id)
            piece, at = _Piece(start, end, part), start
            while end - at > LEAST_LEFT:
                at = await _play(source, place.ref, piece, at)
            await asyncio.to_thread(_keep, part, path)
        except (SourceError, TimeoutError, OSError) as error:
            raise SourceUnavailableError(f"the platform does not play this: {_reason(error)}") from None
        finally:
            part.unlink(missing_ok=True)

    def _place(self, camera_id: int) -> _Place | None:
        with reading(self.pool) as conn:
            try:
                feed = video_feed.feed(conn, camera_id)
            except NotFoundError:
                return None
            offset = timedelta(milliseconds=recordings.offset_ms(conn, camera_id))
        return _Place(feed.stream_ref, offset, feed.source_id, feed.kind)

    def _write(self, camera_id: int, kind: str, window: tuple[datetime, datetime], told: list[Segment]) -> None:
        with writing(self.pool) as conn:
            recordings.store_told(conn, camera_id, kind, window, told)

    def _cache(self) -> Path:
        folder = self.data_dir / MEDIA / CACHE
        folder.mkdir(parents=True, exist_ok=True)
        return folder


async def _play(source: Source, ref: str, piece: _Piece, at: datetime) -> datetime:
    """Append what one playback gives of a piece, from `at` on; return how far it came.

    Raises:
        SourceError: what the source says, or that it plays nothing.
    """
    more = piece.path.with_suffix(".more")
    session: Session | None = None
    try:
        session = await asyncio.wait_for(source.playback(ref, at, piece.end), OPEN_TIMEOUT_S)
        until = min(piece.end, session.until or piece.end)
        if until <= at:
            raise SourceError("no_video", "the platform played nothing")
        await _copy(session.pull, (until - at).total_seconds(), more, after_s=(at - piece.start).total_seconds())
        await asyncio.to_thread(_append, more, piece.path)
        return until
    finally:
        more.unlink(missing_ok=True)
        if session is not None:
            with contextlib.suppress(SourceError, TimeoutError):
                await asyncio.wait_for(source.control(session, "stop"), OPEN_TIMEOUT_S)


async def _copy(pull: Pull, lasting_s: float, path: Path, *, after_s: float = 0.0) -> None:
    """Write what the platform plays into a transport stream of at most this length, its time stamps as they follow on so many seconds.

    Raises:
        SourceError: unsupported, timeout or no_video.
    """
    if pull.kind == "ws_fmp4":
        raise SourceError("unsupported", "a recording over a WebSocket")
    opening = ["-rtsp_transport", "tcp"] if pull.kind == "rtsp" else ["-rw_timeout", "8000000"]
    headers = ["-headers", "".join(f"{name}: {value}\r\n" for name, value in pull.headers.items())] if pull.headers else []
    command = ["ffmpeg", "-hide_banner", "-v", "error", "-nostdin", *opening, *headers, "-i", pull.url]
    command += ["-t", f"{lasting_s:.3f}", "-an", "-c", "copy", "-output_ts_offset", f"{after_s:.3f}", "-f", "mpegts", "-y", str(path)]
    process = await asyncio.create_subprocess_exec(
        "setpriv", "--pdeathsig", "KILL", *command, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    try:
        _, errors = await asyncio.wait_for(process.communicate(), OPEN_TIMEOUT_S + lasting_s * PATIENCE)
    except (TimeoutError, asyncio.CancelledError) as error:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        if isinstance(error, asyncio.CancelledError):
            raise
        raise SourceError("timeout", "the platform plays too slowly") from None
    if process.returncode:
        # what ffmpeg writes may hold the address
        log.info("a piece of a platform's recording could not be copied: code %d, %d characters of errors", process.returncode, len(errors))
        raise SourceError("no_video", "what the platform plays cannot be read")


def _append(more: Path, part: Path) -> None:
    if not more.is_file() or more.stat().st_size < LEAST_BYTES:
        raise SourceError("no_video", "the platform played nothing")
    with more.open("rb") as source, part.open("ab") as target:
        shutil.copyfileobj(source, target)


def _keep(part: Path, path: Path) -> None:
    if not part.is_file():
        raise SourceError("no_video", "the platform played nothing")
    part.replace(path)


def _reason(error: Exception) -> str:
    if isinstance(error, SourceError):
        return error.reason
    return "timeout" if isinstance(error, TimeoutError) else "no room" if isinstance(error, OSError) else "error"
