"""The video gateway: `/media/…` over HTTP and WebSocket. It trusts signed tokens and nothing else, and shows no address of any source."""

import asyncio
import contextlib
import json
import logging
import socket as socket_options
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import psycopg
from aiohttp import WSCloseCode, WSMsgType, web
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from geodata.db import Pool, asking, reading, writing
from geodata.errors import HallError, NotAllowedError, NotFoundError, SourceUnavailableError
from geodata.settings import Settings
from media import ffmpeg, live, turn, vod
from media.archive import Archive
from media.checks import Checks
from media.hooks import ZlmHooks
from media.live import Channel, Channels, Key
from media.recorder import Recorder
from media.sources import SourceRow, open_source
from media.sources.base import Pull, Source, SourceError
from media.sync import sync_forever
from services import camera_access, video_feed
from services.video_rights import Mode
from services.video_tokens import Grant, Signer
from tiles.errors import HIDDEN, STATUS

log = logging.getLogger(__name__)

TOKEN, WITHDRAWN, NO_PICTURE, AWAY = 4401, 4403, 4404, 4503
MOST_WAITING, KERNEL_BYTES = 2**20, 256 * 2**10
"""Bytes that one viewer's connection may hold back before frames are left out for it: here, and in the system."""
STUCK_S = 30.0
RECHECK_S = 20.0
HLS_IDLE_S = 12.0
HLS_LONGEST_S = 12 * 3600.0
HLS_START_S = 12.0
SNAPSHOT_S = 8.0
PLAYLIST_SEGMENTS = 6
PROBLEM = "application/problem+json"
NO_STORE = {"Cache-Control": "no-store"}


class Watcher:
    """A viewer over WebSocket."""

    def __init__(self, transport: asyncio.Transport, grant: Grant, figures: live.Figures) -> None:
        self._transport, self.grant, self._figures = transport, grant, figures
        self._skipping = False
        self.full_since: float | None = None

    def abort(self) -> None:
        """Cut the connection: a farewell would wait as well."""
        self._transport.abort()

    def tell(self, frame: bytes) -> None:
        """Send it whatever waits; it is small or comes seldom."""
        if not self._transport.is_closing():
            self._transport.write(frame)

    def show(self, frame: bytes, *, key: bool) -> None:
        """Send a frame, unless the connection is full: then nothing until a key frame finds room."""
        if self._transport.is_closing():
            return
        full = self._transport.get_write_buffer_size() > MOST_WAITING
        if full and self.full_since is None:
            self.full_since = time.monotonic()
        elif not full:
            self.full_since = None
        self._skipping = full or (self._skipping and not key)
        if self._skipping:
            self._figures.skipped += 1
        else:
            self._transport.write(frame)


@dataclass(slots=True)
class HlsSession:
    """Somebody who plays by HLS; the token opened it, and it lasts while it is asked for."""

    grant: Grant
    channel: Channel
    began_s: float
    asked_s: float
    leaving: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)


class Feeds:
    """Where pictures come from, read from the database and kept for some seconds; one adapter a source."""

    def __init__(self, pool: Pool, environ: Mapping[str, str]) -> None:
        self._pool, self._environ = pool, environ
        self._sources: dict[int, tuple[SourceRow, Source]] = {}

    async def find(self, camera_id: int) -> video_feed.Feed:
        """Return where a camera's picture comes from.

        Raises:
            NotFoundError: it has none.
            SourceUnavailableError: the database does not answer.
        """
        return await asyncio.to_thread(self._find, camera_id)

    def _find(self, camera_id: int) -> video_feed.Feed:
        with reading(self._pool) as conn:
            return video_feed.feed(conn, camera_id)

    def source(self, feed: video_feed.Feed) -> Source:
        """Return the adapter of the camera's source."""
        return self._open(_row(feed))

    async def by_id(self, source_id: int) -> Source:
        """Return the adapter of a source.

        Raises:
            SourceError: there is no such source, or it is switched off.
            SourceUnavailableError: the database does not answer.
        """

        def read() -> video_feed.Origin | None:
            with reading(self._pool) as conn:
                return video_feed.origin(conn, source_id)

        origin = await asyncio.to_thread(read)
        if origin is None:
            raise SourceError("not_found", "there is no such source")
        return self._open(_row(origin))

    def _open(self, row: SourceRow) -> Source:
        known = self._sources.get(row.id)
        if known is None or known[0] != row:
            known = self._sources[row.id] = (row, open_source(row, self._environ))
        return known[1]

    async def pull(self, camera_id: int, profile: str) -> Pull:
        """Return where a picture is fetched.

        Raises:
            SourceError: the source cannot give it, or it is not known where it is.
        """
        try:
            feed = await self.find(camera_id)
        except NotFoundError:
            raise SourceError("not_found") from None
        except SourceUnavailableError:
            raise SourceError("unreachable", "the database does not answer") from None
        return await self.source(feed).live(feed.ref(profile), "main" if profile == "main" else "sub")

    async def close(self) -> None:
        """Give back the adapters' connections."""
        for _, source in self._sources.values():
            await source.close()


class Gateway:
    """The part of the process that viewers talk to."""

    def __init__(self, settings: Settings, pool: Pool, signer: Signer, environ: Mapping[str, str]) -> None:
        self._settings, self._pool, self._signer = settings, pool, signer
        self.feeds = Feeds(pool, environ)
        self.channels = Channels(self._opener, settings.transcode_most)
        self.recorder = Recorder(pool, settings.data_dir, self._recorded, settings.record_cameras)
        self.checks = Checks(pool, self.channels, settings.video_check_s)
        self.hooks = ZlmHooks(pool, environ, self.feeds.by_id)
        self._sockets: dict[Watcher, web.WebSocketResponse] = {}
        self._sessions: dict[str, HlsSession] = {}
        self._tending: asyncio.Task[None] | None = None
        self._syncing: asyncio.Task[None] | None = None
        self._registry = CollectorRegistry()
        self._registry.register(_Figures(self))

    def _opener(self, key: Key) -> live.Opener:
        async def opened() -> Pull:
            return await self.feeds.pull(key.camera_id, key.profile)

        return opened

    async def _recorded(self, camera_id: int) -> Pull:
        return await self.feeds.pull(camera_id, "sub" if (await self.feeds.find(camera_id)).kind == "sample" else "main")

    def application(self) -> web.Application:
        """Return what aiohttp serves."""
        app = web.Application(middlewares=[_problems])
        app.add_routes(
            [
                web.get("/healthz", self.health),
                web.get("/metrics", self.metrics),
                web.get("/media/live/{token}", self.live),
                web.get("/media/hls/{token}/index.m3u8", self.playlist),
                web.get("/media/hls/{token}/init{number:\\d+}.mp4", self.hls_init),
                web.get("/media/hls/{token}/s{number:\\d+}.m4s", self.hls_segment),
                web.get("/media/snapshot/{token}.jpg", self.snapshot),
                *self.hooks.routes(),
                *turn.routes(self._signer, self.feeds),
                *vod.routes(
                    self._pool, self._settings.data_dir, self._signer, Archive(self._pool, self._settings.data_dir, self.feeds.by_id)
                ),
            ]
        )
        app.on_startup.append(self._start)
        app.on_shutdown.append(self._stop)
        return app

    async def _start(self, _app: web.Application) -> None:
        self.channels.start()
        self.recorder.start()
        self.checks.start()
        self._tending = asyncio.create_task(self._tend(), name="tend")
        self._syncing = asyncio.create_task(sync_forever(self._pool, self.feeds.by_id), name="sync")

    async def _stop(self, _app: web.Application) -> None:
        for task in (self._tending, self._syncing):
            if task:
                task.cancel()
        await asyncio.gather(
            *(socket.close(code=WSCloseCode.GOING_AWAY) for socket in list(self._sockets.values())), return_exceptions=True
        )
        for session in self._sessions.values():
            session.leaving.close()
        await asyncio.gather(self.checks.stop(), self.recorder.stop())
        await self.channels.stop()
        await self.feeds.close()

    # ---- live over WebSocket ------------------------------------------------------------------------------------

    async def live(self, request: web.Request) -> web.StreamResponse:
        """Show a running picture."""
        if request.headers.get("Upgrade", "").lower() != "websocket":
            return _problem(426, "upgrade-required", "Upgrade Required", "pictures come over a WebSocket")
        socket = web.WebSocketResponse(heartbeat=20.0, compress=False, max_msg_size=1_000)
        await socket.prepare(request)
        try:
            grant = self._signer.open(request.match_info["token"], datetime.now(UTC), Mode.LIVE)
            await self.feeds.find(grant.camera_id)
        except NotAllowedError as error:
            await socket.close(code=TOKEN, message=str(error).encode())
            return socket
        except NotFoundError:
            await socket.close(code=NO_PICTURE, message=b"no picture")
            return socket
        except SourceUnavailableError:
            await socket.close(code=AWAY, message=b"the database does not answer")
            return socket
        transport = request.transport
        if transport is None:
            return socket
        raw = transport.get_extra_info("socket")
        if raw is not None:
            raw.setsockopt(socket_options.SOL_SOCKET, socket_options.SO_SNDBUF, KERNEL_BYTES)
        watcher = Watcher(transport, grant, self.channels.figures)
        channel = self.channels.get(Key(grant.camera_id, grant.profile, grant.transcode))
        self._sockets[watcher] = socket
        channel.join(watcher)
        try:
            async for message in socket:
                if message.type is WSMsgType.ERROR:
                    break
        finally:
            channel.leave(watcher)
            self._sockets.pop(watcher, None)
            await self._ended(grant)
        return socket

    async def _ended(self, grant: Grant) -> None:
        def write() -> None:
            with writing(self._pool) as conn:
                camera_access.ended(conn, grant.access_id, datetime.now(UTC))

        with contextlib.suppress(SourceUnavailableError, psycopg.Error):
            await asyncio.to_thread(write)

    async def _tend(self) -> None:
        """End what nobody asks for any more, what is stuck, and what somebody may no longer watch."""
        checked = time.monotonic()
        while True:
            await asyncio.sleep(1.0)
            now = time.monotonic()
            for token, session in tuple(self._sessions.items()):
                if now - session.asked_s > HLS_IDLE_S or now - session.began_s > HLS_LONGEST_S:
                    self._sessions.pop(token, None)
                    session.leaving.close()
                    await self._ended(session.grant)
            for watcher in tuple(self._sockets):
                if watcher.full_since and now - watcher.full_since > STUCK_S:
                    watcher.abort()
            if now - checked > RECHECK_S:
                checked = now
                await self._recheck()

    async def _recheck(self) -> None:
        grants = {watcher.grant for watcher in self._sockets} | {session.grant for session in self._sessions.values()}
        try:
            withdrawn = await asyncio.to_thread(self._withdrawn, grants)
        except (SourceUnavailableError, psycopg.Error):
            return  # what runs goes on while the database is away
        for watcher, socket in tuple(self._sockets.items()):
            if watcher.grant in withdrawn:
                await socket.close(code=WITHDRAWN, message=b"the right was withdrawn")
        for token, session in tuple(self._sessions.items()):
            if session.grant in withdrawn:
                self._sessions.pop(token, None)
                session.leaving.close()

    def _withdrawn(self, grants: set[Grant]) -> set[Grant]:
        if not grants:
            return set()
        with asking(self._pool) as conn:
            return {grant for grant in grants if not video_feed.may_go_on(conn, grant.account_id, grant.camera_id, grant.mode)}

    # ---- HLS ----------------------------------------------------------------------------------------------------

    async def playlist(self, request: web.Request) -> web.Response:
        """Tell the newest segments; the first call opens the session."""
        session = await self._session(request, opens=True)
        channel = session.channel
        if not await channel.shown(HLS_START_S, segments=2):
            return _problem(503, "no-picture", "No picture", channel.state.reason or channel.state.state)
        kept = list(channel.segments)[-PLAYLIST_SEGMENTS:]
        longest = max(segment.seconds for segment in kept)
        lines = [
            "#EXTM3U",
            "#EXT-X-VERSION:7",
            f"#EXT-X-TARGETDURATION:{max(1, round(longest))}",
            f"#EXT-X-MEDIA-SEQUENCE:{kept[0].number}",
        ]
        lines.append("#EXT-X-INDEPENDENT-SEGMENTS")
        before = 0
        for segment in kept:
            if segment.init_number != before:
                lines += ["#EXT-X-DISCONTINUITY"] if before else []
                lines.append(f'#EXT-X-MAP:URI="init{segment.init_number}.mp4"')
                before = segment.init_number
            lines.append(f"#EXT-X-PROGRAM-DATE-TIME:{segment.began_at.isoformat(timespec='milliseconds').replace('+00:00', 'Z')}")
            lines += [f"#EXTINF:{segment.seconds:.3f},", f"s{segment.number}.m4s"]
        return web.Response(text="\n".join([*lines, ""]), content_type="application/vnd.apple.mpegurl", headers=NO_STORE)

    async def hls_init(self, request: web.Request) -> web.Response:
        """Give what stands before the segments."""
        data = (await self._session(request)).channel.inits.get(int(request.match_info["number"]))
        if data is None:
            raise NotFoundError("this beginning is gone")
        return web.Response(body=data, content_type="video/mp4", headers=NO_STORE)

    async def hls_segment(self, request: web.Request) -> web.Response:
        """Give a segment."""
        number = int(request.match_info["number"])
        channel = (await self._session(request)).channel
        segment = next((one for one in channel.segments if one.number == number), None)
        if segment is None:
            raise NotFoundError("this segment is gone")
        return web.Response(body=b"".join(segment.frames), content_type="video/mp4", headers=NO_STORE)

    async def _session(self, request: web.Request, *, opens: bool = False) -> HlsSession:
        token, now_s = request.match_info["token"], time.monotonic()
        session = self._sessions.get(token)
        if session is None:
            grant = self._signer.open(token, datetime.now(UTC), Mode.LIVE)
            if not opens:
                raise NotAllowedError("begin with the playlist")
            await self.feeds.find(grant.camera_id)
            session = self._sessions.get(token)
            if session is None:
                channel = self.channels.get(Key(grant.camera_id, grant.profile, grant.transcode))
                session = self._sessions[token] = HlsSession(grant, channel, now_s, now_s)
                session.leaving.enter_context(channel.held())
        session.asked_s = now_s
        return session

    # ---- pictures -----------------------------------------------------------------------------------------------

    async def snapshot(self, request: web.Request) -> web.Response:
        """Give the newest key frame as JPEG."""
        grant = self._signer.open(request.match_info["token"], datetime.now(UTC), Mode.LIVE, Mode.SNAPSHOT)
        await self.feeds.find(grant.camera_id)
        channel = self.channels.get(Key(grant.camera_id, grant.profile, grant.transcode))
        with channel.held():
            if not await channel.shown(SNAPSHOT_S) or channel.init is None:
                return _problem(503, "no-picture", "No picture", channel.state.reason or channel.state.state)
            picture = await ffmpeg.one_picture(channel.init.data + channel.key_frame, ffmpeg.JPEG, SNAPSHOT_S)
        if not picture:
            return _problem(503, "no-picture", "No picture", "no_video")
        return web.Response(body=picture, content_type="image/jpeg", headers=NO_STORE)

    # ---- about itself -------------------------------------------------------------------------------------------

    async def health(self, _request: web.Request) -> web.Response:
        """Tell whether viewers can be served."""

        def ask() -> None:
            with asking(self._pool) as conn:
                conn.execute("SELECT 1")

        try:
            await asyncio.to_thread(ask)
        except SourceUnavailableError:
            return _problem(503, "source-unavailable", "The data source does not answer")
        viewers = len(self._sockets) + len(self._sessions)
        return web.json_response(
            {"status": "ok", "channels": len(self.channels.open), "viewers": viewers, "recorded": self.recorder.cameras}, headers=NO_STORE
        )

    async def metrics(self, _request: web.Request) -> web.Response:
        """Tell the figures to Prometheus."""
        return web.Response(body=generate_latest(self._registry), headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})

    @property
    def viewers(self) -> int:
        """Open sockets and HLS sessions."""
        return len(self._sockets) + len(self._sessions)


class _Figures(Collector):
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def collect(self) -> list[Metric]:
        """Read the numbers at the moment of asking."""
        channels, figures, recorder = self._gateway.channels.open, self._gateway.channels.figures, self._gateway.recorder
        states = GaugeMetricFamily("hall_media_channels", "Running pictures by state", labels=["state"])
        for state in ("starting", "playing", "stalled", "reconnecting", "offline", "unsupported"):
            states.add_metric([state], sum(1 for channel in channels.values() if channel.state.state == state))
        failures = CounterMetricFamily("hall_media_failures", "Attempts that ended, by reason", labels=["reason"])
        for reason, count in figures.failures.items():
            failures.add_metric([reason], count)
        return [
            states,
            failures,
            GaugeMetricFamily("hall_media_recorded_cameras", "Cameras that are recorded", recorder.cameras),
            CounterMetricFamily("hall_media_segments", "Segments recorded", recorder.segments),
            CounterMetricFamily("hall_media_recorded_bytes", "Bytes recorded", recorder.bytes),
            CounterMetricFamily("hall_media_recorder_failures", "Recordings that ended by themselves", recorder.failures),
            CounterMetricFamily("hall_media_looks", "Looks at cameras that were written down", self._gateway.checks.looks),
            GaugeMetricFamily("hall_media_viewers", "Who watches, over WebSocket and HLS", self._gateway.viewers),
            CounterMetricFamily("hall_media_starts", "Starts of ffmpeg for live pictures", figures.starts),
            CounterMetricFamily("hall_media_frames", "Frames taken in", figures.frames),
            CounterMetricFamily("hall_media_bytes", "Bytes taken in", figures.bytes),
            CounterMetricFamily("hall_media_skipped", "Frames left out for slow viewers", figures.skipped),
        ]


def _row(origin: video_feed.Origin) -> SourceRow:
    return SourceRow(
        id=origin.source_id,
        key=origin.key,
        kind=origin.kind,
        base_url=origin.base_url,
        crs=origin.crs,
        timezone=origin.timezone,
        options=origin.options,
    )


@web.middleware
async def _problems(request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> web.StreamResponse:
    try:
        return await handler(request)
    except HallError as error:
        status, slug, title = next(row for kind, row in STATUS.items() if isinstance(error, kind))
        if status in HIDDEN:
            log.warning("%s: %s", slug, error)
        return _problem(status, slug, title, "" if status in HIDDEN else str(error))
    except web.HTTPException as error:
        return _problem(error.status, error.reason.lower().replace(" ", "-"), error.reason)


def _problem(status: int, slug: str, title: str, detail: str = "") -> web.Response:
    document: dict[str, object] = {"type": f"urn:hallmap:problem:{slug}", "title": title, "status": status}
    if detail:
        document["detail"] = detail
    return web.Response(body=json.dumps(document, ensure_ascii=False).encode(), status=status, content_type=PROBLEM, headers=NO_STORE)
