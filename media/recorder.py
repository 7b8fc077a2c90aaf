"""Our own recordings: MPEG-TS segments of four seconds, cut at the clock, of the cameras in hall.recording_plan.

ffmpeg stamps what comes by this machine's clock and tells when a segment closes; then the file goes to its place and a row into the index. What it
is still writing lies apart under `part`, so that no half segment is ever taken for a whole one. The first segment of each start has no time and is
dropped: at most four seconds.
"""

import asyncio
import contextlib
import logging
import shutil
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from geodata.db import Pool, reading, writing
from geodata.errors import HallError
from media import ffmpeg
from media.sources.base import Pull, SourceError
from services import recordings, retention
from services.recordings import OWN, Segment

log = logging.getLogger(__name__)

SEGMENT_S = 4
LOOK_S = 3.0
SILENT_S = 20.0
RETRY_S = (1.0, 2.0, 4.0, 8.0, 15.0)
OPEN_S = 10.0
ROOM_BYTES = 256 * 2**20
"""Freed at once when the disk is full."""
LEAST_FREE_BYTES = 64 * 2**20
EPOCH_FROM_S = 1e9
"""An earlier time is none: the first row of each run says zero."""
PART = "part"
TS_PACKET, PAT_PID = 188, 0
CODECS = {0x1B: "h264", 0x24: "hevc", 0x02: "mpeg2video", 0x10: "mpeg4"}

PullOf = Callable[[int], Awaitable[Pull]]


class Recorder:
    """Follows the plan of what is to be recorded, up to a cap."""

    def __init__(self, pool: Pool, data_dir: Path, pull_of: PullOf, most: int) -> None:
        self._pool, self._data_dir, self._pull_of, self._most = pool, data_dir, pull_of, most
        self._root = data_dir / retention.MEDIA / retention.RECORDED
        self._running: dict[int, asyncio.Task[None]] = {}
        self._following: asyncio.Task[None] | None = None
        self._room = asyncio.Lock()
        self.segments = self.bytes = self.failures = 0

    @property
    def cameras(self) -> int:
        """How many cameras are recorded."""
        return len(self._running)

    def start(self) -> None:
        """Begin to follow the plan."""
        shutil.rmtree(self._parts(), ignore_errors=True)  # what a killed process was writing
        self._following = asyncio.create_task(self._follow(), name="recorder")

    async def stop(self) -> None:
        """End everything; segments that are not closed are lost."""
        tasks = [*self._running.values(), *([self._following] if self._following else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._running.clear()

    def _parts(self) -> Path:
        return self._data_dir / retention.MEDIA / PART

    async def _follow(self) -> None:
        while True:
            try:
                wanted = await asyncio.to_thread(self._planned)
            except (HallError, psycopg.Error) as error:
                log.warning("the plan of recordings cannot be read, what runs goes on: %s", error)
            else:
                for camera_id in [camera_id for camera_id, task in self._running.items() if task.done()]:
                    log.error("camera %d: the recorder ended: %r", camera_id, self._running.pop(camera_id))
                for camera_id in self._running.keys() - wanted:
                    self._running.pop(camera_id).cancel()
                for camera_id in wanted - self._running.keys():
                    self._running[camera_id] = asyncio.create_task(self._record(camera_id), name=f"record {camera_id}")
            await asyncio.sleep(LOOK_S)

    def _planned(self) -> set[int]:
        with reading(self._pool) as conn:
            return {one.camera_id for one in recordings.planned(conn, datetime.now(UTC), self._most)}

    async def _record(self, camera_id: int) -> None:
        failures = 0
        while True:
            before = self.segments
            try:
                reason = await self._attempt(camera_id)
            except SourceError as error:
                reason = error.reason
            except OSError as error:
                reason = "full" if error.errno in {28, 122} else f"disk: {error.strerror}"
            except (HallError, psycopg.Error, TimeoutError) as error:
                reason = type(error).__name__
            self.failures += 1
            if reason == "full":
                await self._make_room()
            failures = 1 if self.segments > before else failures + 1
            wait_s = RETRY_S[min(failures, len(RETRY_S)) - 1]
            log.warning("camera %d is not recorded (%s), again in %.0f s", camera_id, reason, wait_s)
            await asyncio.sleep(wait_s)

    async def _make_room(self) -> None:
        async with self._room:
            if shutil.disk_usage(self._root).free >= LEAST_FREE_BYTES:
                return  # another camera's recorder did it meanwhile
            with contextlib.suppress(HallError, psycopg.Error, OSError):
                await asyncio.to_thread(retention.make_room, self._pool, self._data_dir, ROOM_BYTES, now=datetime.now(UTC))

    async def _attempt(self, camera_id: int) -> str:
        """Record until it ends; return why it did."""
        async with asyncio.timeout(OPEN_S):
            pull = await self._pull_of(camera_id)
        silent = await ffmpeg.answers(pull)
        if silent:
            return silent
        self._root.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(self._root).free < LEAST_FREE_BYTES:
            return "full"
        part = self._parts() / str(camera_id)
        part.mkdir(parents=True, exist_ok=True)
        arguments = ["-use_wallclock_as_timestamps", "1", *ffmpeg.input_of(pull), "-map", "0:v:0", "-an", "-c", "copy", "-copyts"]
        arguments += ["-f", "segment", "-segment_time", str(SEGMENT_S), "-segment_atclocktime", "1", "-segment_format", "mpegts"]
        arguments += ["-segment_list", "pipe:1", "-segment_list_type", "csv", str(part / "%d.ts")]
        running = await ffmpeg.start(arguments)
        reason = ""
        try:
            reason = await self._index(camera_id, part, running)
        finally:
            words = await asyncio.shield(running.stop())
            shutil.rmtree(part, ignore_errors=True)
        return reason or ("full" if "No space left" in words else ffmpeg.failure(words))

    async def _index(self, camera_id: int, part: Path, running: ffmpeg.Running) -> str:
        while True:
            try:
                async with asyncio.timeout(SILENT_S):
                    line = await running.out.readline()
            except TimeoutError:
                return "timeout"
            if not line:
                return ""
            name, start, end = line.decode("ascii", "replace").strip().split(",")
            if float(start) < EPOCH_FROM_S or float(end) <= float(start):
                (part / Path(name).name).unlink(missing_ok=True)
                continue
            await asyncio.to_thread(self._keep, camera_id, part / Path(name).name, float(start), float(end))

    def _keep(self, camera_id: int, path: Path, start_s: float, end_s: float) -> None:
        start = datetime.fromtimestamp(start_s, UTC)
        place = self._root / str(camera_id) / f"{start:%Y%m%d}" / f"{start:%H}" / f"{start:%Y%m%dT%H%M%S}.ts"
        place.parent.mkdir(parents=True, exist_ok=True)
        size, codec = path.stat().st_size, codec_of(path)
        path.replace(place)
        segment = Segment(
            camera_id=camera_id,
            start_at=start,
            end_at=datetime.fromtimestamp(end_s, UTC),
            source=OWN,
            uri=str(place.relative_to(self._data_dir / retention.MEDIA)),
            bytes=size,
            codec=codec,
        )
        try:
            self._store(segment)
        except (HallError, psycopg.Error) as error:
            place.unlink(missing_ok=True)  # no file without its row
            log.warning("a segment of camera %d is lost: %s", camera_id, error)
            return
        self.segments += 1
        self.bytes += size

    def _store(self, segment: Segment) -> None:
        try:
            with writing(self._pool) as conn:
                recordings.store(conn, [segment])
        except psycopg.errors.DuplicateTable:  # another one made the day's partition in the same moment
            with writing(self._pool) as conn:
                recordings.store(conn, [segment])


def codec_of(path: Path) -> str | None:
    """Return the codec of a transport stream's picture, read from its tables."""
    with path.open("rb") as file:
        head = file.read(TS_PACKET * 40)
    tables: int | None = None
    for at in range(0, len(head) - TS_PACKET + 1, TS_PACKET):
        packet = head[at : at + TS_PACKET]
        pid = int.from_bytes(packet[1:3], "big") & 0x1FFF
        if packet[0] != 0x47 or not packet[1] & 0x40:
            continue
        payload = packet[5 + packet[4] :] if packet[3] & 0x20 else packet[4:]
        section = payload[1 + payload[0] :] if payload else b""
        if pid == PAT_PID and len(section) > 12:
            tables = int.from_bytes(section[10:12], "big") & 0x1FFF
        elif pid == tables and len(section) > 17:
            first = 12 + (int.from_bytes(section[10:12], "big") & 0xFFF)
            return CODECS.get(section[first]) if first < len(section) else None
    return None
