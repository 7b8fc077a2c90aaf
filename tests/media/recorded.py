"""Recordings of two cameras, with holes, and a platform outside that a third one hangs on, behind the gateway's own routes."""

import asyncio
import subprocess
import threading
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

from aiohttp import web

from geodata.db import reading, writing
from geodata.settings import Settings
from media import gateway, turn, vod
from media.archive import Archive
from media.sources.base import Interval, Profile, Pull, Session, SourceError, Turn, Verb
from services import video_feed
from services.catalogue_entry import Entry
from services.video_rights import Mode
from services.video_tokens import Grant, Signer
from tests.footage import empty_store, film
from tests.town import Town

START = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
SIGNER = Signer("a secret of the tests")
CAMERA, OTHER, AWAY = 1, 2, 3


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


@dataclass
class Platform:
    """A platform outside: it tells what it has and plays it over HTTP, as its own clock has it."""

    url: str = ""
    has: list[Interval] = field(default_factory=list)
    asked: list[tuple[str, datetime, datetime]] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)
    turned: list[tuple[str, str, int]] = field(default_factory=list)
    trouble: str = ""

    async def recordings(self, ref: str, start: datetime, end: datetime) -> list[Interval]:
        if self.trouble == "hangs":
            await asyncio.sleep(60)
        if self.trouble:
            raise SourceError("unreachable", "no answer")
        return [one for one in self.has if one.start < end and one.end > start]

    async def playback(self, ref: str, start: datetime, end: datetime) -> Session:
        self.asked.append((ref, start, end))
        return Session(pull=Pull(url=f"{self.url}/{'nonsense' if self.trouble else 'play'}", kind="http_fmp4"), id=f"s{len(self.asked)}")

    async def control(self, session: Session, verb: Verb, value: float | None = None) -> None:
        self.stopped.append(f"{session.id} {verb}")

    async def live(self, ref: str, profile: Profile) -> Pull:
        raise SourceError("unsupported")

    async def snapshot(self, ref: str) -> bytes:
        raise SourceError("unsupported")

    async def ptz(self, ref: str, action: Turn, speed: int) -> None:
        if self.trouble:
            raise SourceError("unsupported" if self.trouble == "fixed" else "timeout")
        self.turned.append((ref, action, speed))

    async def close(self) -> None: ...

    async def catalogue(self, since: datetime | None) -> AsyncIterator[Entry]:
        nothing: tuple[Entry, ...] = ()
        for item in nothing:
            yield item


@dataclass(frozen=True)
class Served:
    """The video gateway on a free port, and the platform that one camera hangs on."""

    url: str
    town: Town
    folder: Path
    platform: Platform

    def get(self, path: str, **headers: str) -> tuple[int, bytes, dict[str, str]]:
        return self.ask(urllib.request.Request(f"{self.url}{path}", headers=headers))

    def ask(self, request: urllib.request.Request) -> tuple[int, bytes, dict[str, str]]:
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.read(), dict(answer.headers)
        except HTTPError as error:
            return error.code, error.read(), dict(error.headers)

    def playlist(self, grant: Grant) -> list[str]:
        status, body, headers = self.get(f"/media/vod/{SIGNER.sign(grant)}/index.m3u8")
        assert (status, headers["Content-Type"].split(";")[0]) == (200, "application/vnd.apple.mpegurl")
        return body.decode().splitlines()


@contextmanager
def recorded(town: Town, folder: Path) -> Iterator[Served]:
    """The gateway over two runs of one camera, 8 s and 6 s with 3.2 s between them, and one run of another camera."""
    values = {"DATABASE_URL": town.url, "DATA_DIR": str(folder), "RECORD_CAMERAS": "0", "VIDEO_CHECK_S": "0"}
    platform = Platform()
    with empty_store(town.pool):
        film(town.pool, folder, CAMERA, START, 8)
        film(town.pool, folder, CAMERA, after(11.2), 6)
        film(town.pool, folder, OTHER, START, 4)
        with writing(town.pool) as conn:
            conn.execute(
                "INSERT INTO hall.video_source (id, key, kind, name, base_url) VALUES (901, 'away', 'wvp', 'x', 'http://127.0.0.1:9')"
            )
            conn.execute(
                "UPDATE hall.camera SET video_source_id = 901, stream_ref = 'dev/ch', clock_offset_ms = 120000 WHERE id = %s", [AWAY]
            )
        with running(application(Settings.from_env(values), town, folder, platform, film_as_mp4(folder))) as port:
            platform.url = f"http://127.0.0.1:{port}"
            yield Served(platform.url, town, folder, platform)
        with writing(town.pool) as conn:
            conn.execute("UPDATE hall.camera SET video_source_id = NULL, stream_ref = NULL, clock_offset_ms = 0 WHERE id = %s", [AWAY])
            conn.execute("DELETE FROM hall.video_source WHERE id = 901")


def film_as_mp4(folder: Path) -> Path:
    path = folder / "platform.mp4"
    command = "ffmpeg -v error -nostdin -y -f lavfi -i testsrc=size=320x240:rate=10:duration=10 -c:v libx264 -preset ultrafast -g 10"
    subprocess.run([*command.split(), "-movflags", "frag_keyframe+empty_moov", str(path)], check=True, timeout=60)
    return path


def application(settings: Settings, town: Town, folder: Path, platform: Platform, film_of_platform: Path) -> web.Application:
    async def source_of(_: int) -> Platform:
        return platform

    async def play(_: web.Request) -> web.StreamResponse:
        return web.FileResponse(film_of_platform)

    async def nonsense(_: web.Request) -> web.Response:
        return web.Response(text="<html>login</html>")

    app = web.Application(middlewares=gateway.Gateway(settings, town.pool, SIGNER, {}).application().middlewares)
    app.add_routes(vod.routes(town.pool, folder, SIGNER, Archive(town.pool, folder, source_of)))
    app.add_routes(turn.routes(SIGNER, Feeds(town, platform)))
    app.add_routes([web.get("/play", play), web.get("/nonsense", nonsense)])
    return app


@dataclass
class Feeds:
    """The gateway's way to a camera's source, with the platform of these tests at its end."""

    town: Town
    platform: Platform

    async def find(self, camera_id: int) -> video_feed.Feed:
        with reading(self.town.pool) as conn:
            return video_feed.feed(conn, camera_id)

    def source(self, feed: video_feed.Feed) -> Platform:
        return self.platform


class running:  # noqa: N801 - reads as `with running(app)`
    """Serve an application from a thread of its own."""

    def __init__(self, app: web.Application) -> None:
        self._app, self._ready, self._loop = app, threading.Event(), asyncio.new_event_loop()
        self._port = 0
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),))

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        runner = web.AppRunner(self._app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self._port = runner.addresses[0][1]
        self._ready.set()
        await self._stop.wait()
        await runner.cleanup()

    def __enter__(self) -> int:
        self._thread.start()
        assert self._ready.wait(10)
        return self._port

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self._loop.close()


def grant(camera_id: int = CAMERA, start_s: float = -10, end_s: float = 60, **changed: Any) -> Grant:
    made = Grant(
        camera_id=camera_id,
        account_id=7,
        username="dispatcher",
        mode=Mode.REPLAY,
        access_id=0,
        issued_at=datetime.now(UTC),
        start=after(start_s),
        end=after(end_s),
    )
    return replace(made, **changed)
