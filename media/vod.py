"""Replay: a playlist stitched per request from the index, and its segments. A token says which camera and window; a client names no path.

Our own segments are files. What only a platform has is cut into short pieces, which are fetched from it when they are asked for.
"""

import asyncio
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiohttp import web

from geodata.db import Pool, reading, writing
from geodata.errors import NotAllowedError, NotFoundError
from media.archive import Archive
from services import camera_access, recordings, retention
from services.recordings import HOLE, OWN
from services.video_rights import Mode
from services.video_tokens import Grant, Signer

PLAYLIST_TYPE = "application/vnd.apple.mpegurl"
SEGMENT_TYPE = "video/mp2t"
PIECE = timedelta(seconds=10)
"""So long are the pieces that are fetched from a platform."""
SEEN_EVERY_S = 15.0


@dataclass(frozen=True, slots=True)
class Part:
    """One line of a playlist. `name` is what the client asks for: o or p (our own, a platform's), and milliseconds since 1970."""

    start: datetime
    end: datetime
    name: str
    own: bool
    codec: str | None = None
    anew: bool = False
    """The time stamps inside begin anew."""


class Replay:
    """Serves /media/vod/ and /media/archive/."""

    def __init__(self, pool: Pool, data_dir: Path, signer: Signer, archive: Archive) -> None:
        self._pool, self._data_dir, self._signer, self._archive = pool, data_dir, signer, archive
        self._seen: dict[int, float] = {}

    def routes(self) -> list[web.RouteDef]:
        """Return what is served."""
        return [
            web.get("/media/vod/{token}/index.m3u8", self.playlist),
            web.get(r"/media/vod/{token}/{name:[op]\d{1,15}(-\d{1,5})?}.ts", self.segment),
            web.post("/media/archive/{token}", self.ask_archive),
        ]

    async def playlist(self, request: web.Request) -> web.StreamResponse:
        """Answer the playlist of the token's window."""
        grant, start, end = self._open(request)
        parts = await asyncio.to_thread(self._parts, grant, start, end)
        if not parts:
            raise NotFoundError("nothing is recorded of this time")
        await self._note(grant)
        return web.Response(text=write_playlist(parts), content_type=PLAYLIST_TYPE, headers={"Cache-Control": "private, no-store"})

    async def segment(self, request: web.Request) -> web.StreamResponse:
        """Answer one segment, or the bytes of it that are asked for."""
        grant, start, end = self._open(request)
        name = request.match_info["name"]
        path = await self._piece(grant, name, start, end) if name[0] == "p" else await asyncio.to_thread(self._own, grant, name, start, end)
        await self._note(grant)
        headers = {"Cache-Control": "private, max-age=3600", "Content-Type": SEGMENT_TYPE}
        return web.FileResponse(path, headers=headers)

    async def ask_archive(self, request: web.Request) -> web.StreamResponse:
        """Ask the camera's platform what it has recorded of the window and bring the index up to date; answer how many pieces it told."""
        grant, start, end = self._open(request)
        told = await self._archive.ask(grant.camera_id, start, end)
        return web.json_response({"told": told})

    def _open(self, request: web.Request) -> tuple[Grant, datetime, datetime]:
        grant = self._signer.open(request.match_info["token"], datetime.now(UTC), Mode.REPLAY)
        if grant.start is None or grant.end is None or not grant.start < grant.end:
            raise NotAllowedError("the token names no window")
        return grant, grant.start, grant.end

    def _parts(self, grant: Grant, start: datetime, end: datetime) -> list[Part]:
        with reading(self._pool) as conn:
            offset_ms = recordings.offset_ms(conn, grant.camera_id)
            own = recordings.segments(conn, grant.camera_id, start, end)
            lying = recordings.intervals(conn, grant.camera_id, start, end, offset_ms=offset_ms)
        parts = [Part(one.start_at, one.end_at, f"o{_ms(one.start_at)}", True, one.codec, one.copied) for one in own]
        for one in lying:
            if one.source != OWN:
                parts += _cut(one.start, one.end)
        return _apart(sorted(parts, key=lambda part: (part.start, not part.own)))

    def _own(self, grant: Grant, name: str, start: datetime, end: datetime) -> Path:
        with reading(self._pool) as conn:
            found = recordings.segment_at(conn, grant.camera_id, int(name[1:].partition("-")[0]))
        path = retention.path_of(self._data_dir, found.uri) if found and found.start_at < end and found.end_at > start else None
        if path is None or not path.is_file():
            raise NotFoundError("no such segment in the token's window")
        return path

    async def _piece(self, grant: Grant, name: str, start: datetime, end: datetime) -> Path:
        first_ms, _, lasting_ms = name[1:].partition("-")
        first, lasting = _instant(int(first_ms)), timedelta(milliseconds=int(lasting_ms or 0))
        if not timedelta(0) < lasting <= PIECE or first < start - HOLE or first + lasting > end + HOLE:
            raise NotFoundError("no such segment in the token's window")
        return await self._archive.piece(grant.camera_id, first, first + lasting)

    async def _note(self, grant: Grant) -> None:
        """Move the end of this replay in the record of who watched what, not more than every few seconds."""
        now_s = time.monotonic()
        if now_s - self._seen.get(grant.access_id, -SEEN_EVERY_S) < SEEN_EVERY_S:
            return
        if len(self._seen) > 10_000:
            self._seen.clear()
        self._seen[grant.access_id] = now_s

        def write() -> None:
            with writing(self._pool) as conn:
                camera_access.seen(conn, grant.access_id, datetime.now(UTC))

        await asyncio.to_thread(write)


def routes(pool: Pool, data_dir: Path, signer: Signer, archive: Archive) -> list[web.RouteDef]:
    """Return the routes of replay for the media process's application, which answers errors of ours as problem documents."""
    return Replay(pool, data_dir, signer, archive).routes()


def write_playlist(parts: Sequence[Part]) -> str:
    """Write a finished HLS playlist: the true time on every part, a discontinuity at every hole and at every change of who recorded or how."""
    longest_s = max((part.end - part.start).total_seconds() for part in parts)
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:6",
        f"#EXT-X-TARGETDURATION:{math.ceil(longest_s)}",
        "#EXT-X-MEDIA-SEQUENCE:0",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        "#EXT-X-INDEPENDENT-SEGMENTS",
    ]
    before: Part | None = None
    for part in parts:
        if before is not None and _breaks(before, part):
            lines.append("#EXT-X-DISCONTINUITY")
        at = part.start.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        lines += [f"#EXT-X-PROGRAM-DATE-TIME:{at}", f"#EXTINF:{(part.end - part.start).total_seconds():.3f},", f"{part.name}.ts"]
        before = part
    return "\n".join([*lines, "#EXT-X-ENDLIST", ""])


def _breaks(before: Part, part: Part) -> bool:
    """Tell whether the time stamps inside do not go on: pieces of a platform begin anew each time."""
    return abs(part.start - before.end) > HOLE or before.anew or part.anew or before.codec != part.codec


def _apart(parts: Sequence[Part]) -> list[Part]:
    """Leave out what an earlier part covers altogether, as two recorders that ran at once leave it."""
    kept: list[Part] = []
    for part in parts:
        if not kept or part.end > kept[-1].end:
            kept.append(part)
    return kept


def _cut(start: datetime, end: datetime) -> list[Part]:
    parts = []
    while end - start > HOLE:
        until = min(end, start + PIECE)
        parts.append(Part(start, until, f"p{_ms(start)}-{round((until - start) / timedelta(milliseconds=1))}", own=False, anew=True))
        start = until
    return parts


def _ms(at: datetime) -> int:
    return (at - _instant(0)) // timedelta(milliseconds=1)


def _instant(ms: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)
