"""What ZLMediaKit asks and tells us while it works: may this be played, who has this stream, nobody reads it any more, a file was recorded.

Set in its configuration as `http://127.0.0.1:8051/hooks/zlm/<key>/on_play?secret=<HALL_VIDEO_KEY_SECRET>` and so on. A call without the
source's secret is refused; answers never fail, so that the server goes on working.
"""

import asyncio
import hmac
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from aiohttp import web

from geodata.db import Pool, reading, writing
from geodata.errors import HallError, NotFoundError
from media.sources import SourceRow, secret
from media.sources.base import Source, SourceError
from media.sources.zlmediakit import RECORDED, ZlMediaKitSource, may_play, parts_of
from services import recordings, video_sources
from services.recordings import Segment

log = logging.getLogger(__name__)

LONGEST_FILE_S = 7_000
NEAR = timedelta(days=40)
"""A file that claims to be farther from now is not taken into the index."""
Opener = Callable[[int], Awaitable[Source]]


class ZlmHooks:
    """The endpoints of one process."""

    def __init__(self, pool: Pool, environ: Mapping[str, str], opener: Opener, clock: Callable[[], float] = time.time) -> None:
        self._pool, self._environ, self._opener, self._clock = pool, environ, opener, clock

    def routes(self) -> list[web.RouteDef]:
        """Return what the process serves."""
        return [web.post("/hooks/zlm/{key}/{hook}", self.hook)]

    async def hook(self, request: web.Request) -> web.Response:
        """Answer one call."""
        row = await asyncio.to_thread(self._source, request.match_info["key"])
        known = secret(row, self._environ, "SECRET") if row else ""
        if row is None or not known or not hmac.compare_digest(request.query.get("secret", "").encode(), known.encode()):
            return web.json_response({"code": -1, "msg": "refused"}, status=403)
        try:
            told = await request.json()
        except ValueError:
            told = None
        if not isinstance(told, dict):
            return web.json_response({"code": -1, "msg": "no JSON object"}, status=400)
        app, stream = str(told.get("app", ""))[:200], str(told.get("stream", ""))[:200]
        match request.match_info["hook"]:
            case "on_play":
                good = may_play(known, app, stream, str(told.get("params", "")), self._clock())
                return web.json_response({"code": 0, "msg": "success"} if good else {"code": -1, "msg": "refused"})
            case "on_stream_not_found":
                await self._not_found(row, app, stream)
                return web.json_response({"code": 0, "msg": "success"})
            case "on_stream_none_reader":
                return web.json_response({"code": 0, "close": True})
            case "on_record_mp4":
                await self._recorded(row, f"{app}/{stream}", told)
                return web.json_response({"code": 0, "msg": "success"})
        return web.json_response({"code": -1, "msg": "unknown hook"}, status=404)

    def _source(self, key: str) -> SourceRow | None:
        try:
            with reading(self._pool) as conn:
                source_id, kind, base_url = video_sources.by_key(conn, key)
        except NotFoundError:
            return None
        return SourceRow(id=source_id, key=key, kind=kind, base_url=base_url) if kind == "zlmediakit" else None

    async def _not_found(self, row: SourceRow, app: str, stream: str) -> None:
        """Have the stream pulled if it is a camera's whose origin we know."""
        if app == RECORDED:
            return
        refs = (await asyncio.to_thread(self._camera, row.id, f"{app}/{stream}"))[1:]
        try:
            for ref in refs:
                if ref and parts_of(ref)[:2] == (app, stream) and parts_of(ref)[2]:
                    source = await self._opener(row.id)
                    if isinstance(source, ZlMediaKitSource):
                        await source.pull(app, stream, parts_of(ref)[2])
                    return
        except SourceError as error:
            log.warning("a stream of source %s is not pulled: %s", row.key, error)

    async def _recorded(self, row: SourceRow, ref: str, told: Mapping[str, Any]) -> None:
        """Put a recorded file into the index; what is told twice stands once."""
        camera_id = (await asyncio.to_thread(self._camera, row.id, ref))[0]
        try:
            start, seconds = datetime.fromtimestamp(float(told["start_time"]), UTC), float(told["time_len"])
            size, path = int(told.get("file_size") or 0), str(told["file_path"])[:1000]
        except (KeyError, TypeError, ValueError, OverflowError, OSError):
            log.warning("source %s tells of a recorded file that cannot be understood", row.key)
            return
        far = abs(datetime.fromtimestamp(self._clock(), UTC) - start) > NEAR
        if camera_id is None or far or not 0 < seconds <= LONGEST_FILE_S or "\0" in path:
            return
        segment = Segment(
            camera_id=camera_id, start_at=start, end_at=start + timedelta(seconds=seconds), source="zlmediakit", uri=path, bytes=size
        )
        try:
            await asyncio.to_thread(self._store, segment)
        except (HallError, psycopg.Error) as error:
            log.warning("a recorded file of source %s is not in the index: %s", row.key, error)

    def _camera(self, source_id: int, ref: str) -> tuple[int | None, str | None, str | None]:
        with reading(self._pool) as conn:
            return video_sources.by_stream(conn, source_id, ref)

    def _store(self, segment: Segment) -> None:
        with writing(self._pool) as conn:
            recordings.store(conn, [segment])
