"""Platforms that really play what they recorded: a film in which every second has its own grey, cut as each platform would play it."""

import asyncio
import base64
import subprocess
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
from aiohttp import web

from media.sources.zlmediakit import may_play
from tests.media.fakes.platforms import Answer, Fake, FakeMediaMtx, FakeWvp, FakeZlm, well

ZONE = ZoneInfo("Asia/Shanghai")
PLAIN = "%Y-%m-%d %H:%M:%S"
RATE, SECONDS = 10, 24
DARKEST, STEP = 20, 8
SIDE = 40


@dataclass(frozen=True)
class Film:
    """What the camera saw from `start` on."""

    path: Path
    start: datetime

    @property
    def end(self) -> datetime:
        return self.start + timedelta(seconds=SECONDS)

    async def cut(self, start: datetime, lasting_s: float) -> web.Response:
        """A part of it as a fragmented MP4."""
        at_s = max(0.0, (start - self.start).total_seconds())
        command = (
            f"ffmpeg -v error -nostdin -ss {at_s:.3f} -i {self.path} -t {lasting_s:.3f} -c copy -f mp4 -movflags frag_keyframe+empty_moov -"
        )
        process = await asyncio.create_subprocess_exec(*command.split(), stdout=asyncio.subprocess.PIPE)
        content, _ = await process.communicate()
        return web.Response(body=content, content_type="video/mp4")


def shoot(path: Path, start: datetime) -> Film:
    """Make the film: every picture can be cut at."""
    picture = f"color=black:size=160x120:rate={RATE}:duration={SECONDS},format=yuv420p,geq=lum='{DARKEST}+{STEP}*floor(T)':cb=128:cr=128"
    command = ["ffmpeg", "-v", "error", "-nostdin", "-y", "-f", "lavfi", "-i", picture]
    command += ["-c:v", "libx264", "-preset", "ultrafast", "-g", "1", "-qp", "8", str(path)]
    subprocess.run(command, check=True, timeout=60)
    return Film(path, start)


def seconds_of(film: Path | str) -> list[int]:
    """Read from every picture of a file or playlist which second of the film it shows."""
    command = [
        "ffmpeg",
        "-v",
        "error",
        "-nostdin",
        "-i",
        str(film),
        "-vf",
        f"crop={SIDE}:{SIDE},extractplanes=y",
        "-fps_mode",
        "passthrough",
    ]
    read = subprocess.run([*command, "-f", "rawvideo", "-"], capture_output=True, check=True, timeout=60).stdout
    pictures = np.frombuffer(read, np.uint8).reshape(-1, SIDE * SIDE)
    return [round((float(np.median(picture)) - DARKEST) / STEP) for picture in pictures]


@dataclass
class Archive(Fake):
    """What the three have in common: a film, and how many playbacks were begun and are still open."""

    film: Film | None = None
    begun: int = 0
    playing: dict[str, tuple[datetime, float]] = field(default_factory=dict)
    mute: bool = False
    """It begins playbacks and gives no address that can be read, or nothing comes."""

    async def play_out(self, name: str) -> web.Response:
        if self.film is None or name not in self.playing:
            return web.Response(status=404)
        return await self.film.cut(*self.playing[name])


@dataclass
class ArchiveWvp(Archive, FakeWvp):
    """WVP-GB28181-pro: a device's records by channel, played by a media server under a stream of its own."""

    def routes(self) -> dict[str, Answer]:
        base = "/api/common/channel/playback"
        return super().routes() | {
            base: self.guard(self.begin),
            f"{base}/stop": self.guard(self.end),
            "/rtp/{stream}.live.mp4": self.picture,
        }

    async def query(self, _request: web.Request) -> web.Response:
        if self.film is None:
            return well([])
        start, end = (at.astimezone(ZONE).strftime(PLAIN) for at in (self.film.start, self.film.end))
        return well([{"name": "Camera", "startTime": start, "endTime": end, "secrecy": 0, "type": "time"}])

    async def begin(self, request: web.Request) -> web.Response:
        start, end = (datetime.strptime(request.query[name], PLAIN).replace(tzinfo=ZONE) for name in ("startTime", "endTime"))
        self.begun += 1
        stream = f"{request.query['channelId']}_{self.begun}"
        self.playing[stream] = (start, (end - start).total_seconds())
        address = None if self.mute else f"{self.url}/rtp/{stream}.live.mp4"
        return well({"app": "rtp", "stream": stream, "rtsp": None, "fmp4": address, "ws_fmp4": f"ws://127.0.0.1:9/rtp/{stream}.live.mp4"})

    async def end(self, request: web.Request) -> web.Response:
        self.playing.pop(request.query["stream"], None)
        return well()

    async def picture(self, request: web.Request) -> web.Response:
        return await self.play_out(request.match_info["stream"])


@dataclass
class ArchiveZlm(Archive, FakeZlm):
    """ZLMediaKit: files of eight seconds and the rest. A playback ends with its file; who reads it needs our signature."""

    first_s: int = 8

    def starts(self) -> list[datetime]:
        return [self.film.start, self.film.start + timedelta(seconds=self.first_s)] if self.film else []

    def routes(self) -> dict[str, Answer]:
        return super().routes() | {"/{app}/{stream}.live.mp4": self.picture}

    async def answer(self, request: web.Request) -> web.Response:
        asked, call = request.query, request.path.rpartition("/")[2]
        self.files = {}
        for at in self.starts():
            local = at.astimezone(ZONE)
            self.files.setdefault(f"{local:%Y-%m-%d}", []).append(f"{local:%H-%M-%S}-0.mp4")
        if call == "loadMP4File" and asked.get("secret") == "035c" and self.film:
            at = next(one for one in self.starts() if f"{one.astimezone(ZONE):%H-%M-%S}" in asked["file_path"])
            until = next((one for one in self.starts() if one > at), self.film.end)
            begin = at + timedelta(milliseconds=int(asked["seek_ms"]))
            self.begun += 1
            self.playing[asked["stream"]] = (begin, max(0.0, (until - begin).total_seconds()))
        elif call == "close_streams":
            self.playing.pop(asked["stream"], None)
            self.online.discard(f"{asked['app']}/{asked['stream']}")
        return await super().answer(request)

    async def picture(self, request: web.Request) -> web.Response:
        app, stream = request.match_info["app"], request.match_info["stream"]
        allowed = may_play("035c", app, stream, request.query_string, datetime.now(ZONE).timestamp())
        return await self.play_out(stream) if allowed and not self.mute else web.Response(status=401)


@dataclass
class ArchiveMediaMtx(Archive, FakeMediaMtx):
    """MediaMTX: windows by HTTP, for whoever signs in."""

    signed: str = f"Basic {base64.b64encode(b'hall:secret').decode()}"

    def routes(self) -> dict[str, Answer]:
        return super().routes() | {"/get": self.picture}

    async def recordings(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != self.signed:
            return web.json_response({"error": "authentication error"}, status=401)
        self.recorded = [{"start": self.film.start.isoformat(), "duration": SECONDS, "url": "x"}] if self.film else []
        return await super().recordings(request)

    async def picture(self, request: web.Request) -> web.Response:
        asked = request.query
        if request.headers.get("Authorization") != self.signed or asked["format"] != "fmp4" or self.film is None or self.mute:
            return web.Response(status=401)
        self.begun += 1
        return await self.film.cut(datetime.fromisoformat(asked["start"]), float(asked["duration"]))
