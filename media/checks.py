"""How cameras are: whether a picture comes, what it is, and whether it shows anything. One camera after the other, and whatever is watched anyway."""

import asyncio
import logging
from datetime import UTC, datetime

import numpy as np
import psycopg

from geodata.db import Pool, reading, writing
from geodata.errors import HallError
from media import ffmpeg
from media.live import Channel, Channels, Key
from services import video_feed
from services.video_feed import Look

log = logging.getLogger(__name__)

Picture = np.ndarray[tuple[int, int, int], np.dtype[np.uint8]]

WIDTH, HEIGHT = 320, 180
APART_S = 3.0
"""Between two pictures of which a frozen camera sends the same."""
LOOK_S = 10.0
WATCHED_EVERY_S = 30.0
DECODE_S = 6.0
EDGE = HEIGHT // 8
"""Clock and name stand in the upper and lower edge and move on while a picture is frozen."""
DARK_LEVEL, DARK_SPREAD = 28.0, 8.0
SHARP = 18.0
"""Variance of the second derivative below which nothing in the picture has an edge."""
CAST = 0.35
"""So much more or less of a colour than of grey, all over the picture."""
CHANGED_LEVELS, CHANGED_SHARE = 3, 0.0004
KNOWN_FAILURES = frozenset({"timeout", "refused", "not_found", "no_video", "unauthorized", "unreachable"})


def quality(first: Picture, second: Picture | None = None) -> str:
    """Judge a picture (rows, columns, RGB): good | black | frozen | blurred | cast. `second`: the same camera some seconds later."""
    picture = first[EDGE:-EDGE].astype(np.float32)
    luma = picture @ np.array([0.299, 0.587, 0.114], np.float32)
    if luma.mean() < DARK_LEVEL and luma.std() < DARK_SPREAD:
        return "black"
    if second is not None:
        changed = np.abs(second[EDGE:-EDGE].astype(np.int16) - first[EDGE:-EDGE].astype(np.int16)).max(axis=2) > CHANGED_LEVELS
        if changed.mean() < CHANGED_SHARE:
            return "frozen"
    means = picture.mean(axis=(0, 1))
    if np.abs(means / max(float(means.mean()), 1.0) - 1).max() > CAST:
        return "cast"
    edges = -4 * luma[1:-1, 1:-1] + luma[:-2, 1:-1] + luma[2:, 1:-1] + luma[1:-1, :-2] + luma[1:-1, 2:]
    return "blurred" if edges.var() < SHARP else "good"


class Checks:
    """Looks at cameras and writes down what it finds."""

    def __init__(self, pool: Pool, channels: Channels, every_s: float) -> None:
        self._pool, self._channels, self._every_s = pool, channels, every_s
        self._tasks: list[asyncio.Task[None]] = []
        self.looks = 0

    def start(self) -> None:
        """Begin the rounds."""
        self._tasks = [asyncio.create_task(self._note_watched(), name="watched")]
        if self._every_s:
            self._tasks.append(asyncio.create_task(self._rounds(), name="checks"))

    async def stop(self) -> None:
        """End them."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _rounds(self) -> None:
        while True:
            await asyncio.sleep(self._every_s)
            try:
                for camera_id in await asyncio.to_thread(self._next):
                    await self.look(camera_id)
            except (HallError, psycopg.Error) as error:
                log.warning("no look at cameras: %s", error)

    def _next(self) -> list[int]:
        with reading(self._pool) as conn:
            return list(video_feed.rota(conn, 1))

    async def _note_watched(self) -> None:
        """Write what channels that run know anyway."""
        while True:
            await asyncio.sleep(WATCHED_EVERY_S)
            try:
                for channel in tuple(self._channels.open.values()):
                    if not channel.key.transcode and channel.state.state == "playing":
                        await self._write(self._found(channel, True))
            except (HallError, psycopg.Error) as error:
                log.warning("no note of cameras: %s", error)

    async def look(self, camera_id: int) -> Look | None:
        """Look at one camera and write what was found; None when nothing can be said."""
        channel = self._channels.get(Key(camera_id, "sub"))
        alone = not channel.wanted
        with channel.held():
            shown = await channel.shown(LOOK_S)
            found = self._found(channel, shown, await self._quality(channel) if shown else None)
        if alone and not channel.wanted:
            channel.left_s = float("-inf")  # nobody comes back to it
        if found.failure is None or found.failure in KNOWN_FAILURES:
            await self._write(found)
            return found
        return None

    @staticmethod
    def _found(channel: Channel, shown: bool, quality: str | None = None) -> Look:
        reason = channel.state.reason
        known = channel.seen
        unplayable = reason in {"hevc", "codec"} and known is not None  # there is a picture, only not for browsers
        return Look(
            camera_id=channel.key.camera_id,
            at=datetime.now(UTC),
            online=shown or unplayable,
            failure=None if shown or unplayable else reason or "timeout",
            codec=known.codec if known else None,
            width=known.width if known else None,
            height=known.height if known else None,
            fps=round(channel.fps, 1) or None,
            last_frame_at=channel.last_frame_at,
            quality=quality,
        )

    async def _quality(self, channel: Channel) -> str | None:
        first = await _decoded(channel)
        await asyncio.sleep(APART_S)
        second = await _decoded(channel)
        return quality(first, second) if first is not None else None

    async def _write(self, found: Look) -> None:
        def write() -> None:
            with writing(self._pool) as conn:
                video_feed.note_look(conn, found)

        await asyncio.to_thread(write)
        self.looks += 1


async def _decoded(channel: Channel) -> Picture | None:
    if channel.init is None or not channel.key_frame:
        return None
    raw = ["-vf", f"scale={WIDTH}:{HEIGHT}", "-pix_fmt", "rgb24", "-f", "rawvideo"]
    data = await ffmpeg.one_picture(channel.init.data + channel.key_frame, raw, DECODE_S)
    return np.frombuffer(data, np.uint8).reshape(HEIGHT, WIDTH, 3) if len(data) == HEIGHT * WIDTH * 3 else None
