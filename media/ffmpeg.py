"""Every call of ffmpeg: what it is told, how it ends with its parent, and why it failed, without a word of the address."""

import asyncio
import contextlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from media.sources.base import Pull

CONNECT_S = 6
PIPE_BYTES = 2**20
LAST_WORDS = 4_000
STOP_S = 2.0
PROTOCOLS = "rtsp,rtsps,rtp,srtp,udp,tcp,tls,http,https,httpproxy,crypto,hls"
"""Nothing that a stream says can make ffmpeg read a file of ours."""
FMP4 = ("-f", "mp4", "-movflags", "frag_every_frame+empty_moov+default_base_moof", "-flush_packets", "1", "pipe:1")
JPEG = ("-f", "mjpeg", "-q:v", "4")
COPY = ("-c:v", "copy")
SMALLER = ("-vf", "scale='min(1280,iw)':-2")
TRANSCODE = (
    *SMALLER,
    "-c:v",
    "libx264",
    "-preset",
    "ultrafast",
    "-tune",
    "zerolatency",
    "-g",
    "25",
    "-pix_fmt",
    "yuv420p",
    "-threads",
    "1",
)
FAILURES = (
    ("unauthorized", re.compile(r"401|403|nauthorized|orbidden")),
    ("not_found", re.compile(r"404|[Nn]ot [Ff]ound")),
    ("busy", re.compile(r"453|503|Service Unavailable|Not Enough Bandwidth")),
    ("refused", re.compile(r"Connection refused")),
    ("timeout", re.compile(r"timed out|Operation timed|I/O error|Input/output error")),
    ("unreachable", re.compile(r"No route|unreachable|resolve|Name or service|reset by peer|Broken pipe|End of file")),
    (
        "no_video",
        re.compile(r"matches no streams|Invalid data|Could not find codec|could not find codec|does not contain|unspecified size"),
    ),
)


def input_of(pull: Pull) -> list[str]:
    """Return ffmpeg's options up to the address: it begins with as little looking at the stream as will do, and loses nothing of that."""
    options = [
        "-protocol_whitelist",
        PROTOCOLS,
        "-flags",
        "low_delay",
        "-analyzeduration",
        "500000",
        "-probesize",
        "300000",
        "-fpsprobesize",
        "0",
    ]
    micros = str(CONNECT_S * 1_000_000)
    if pull.kind == "rtsp":
        options += ["-rtsp_transport", "tcp", "-timeout", micros]
    else:
        options += ["-rw_timeout", micros]
        if pull.headers:
            options += ["-headers", "".join(f"{name}: {value}\r\n" for name, value in pull.headers.items())]
    return [*options, "-i", pull.url]


def failure(words: str) -> str:
    """Return why ffmpeg ended, as hall.camera_health.failure has it."""
    return next((reason for reason, pattern in FAILURES if pattern.search(words)), "no_video" if words else "unreachable")


@dataclass(slots=True)
class Running:
    """One ffmpeg; leave by `stop`, whatever happened."""

    process: asyncio.subprocess.Process
    _words: list[str] = field(default_factory=list)
    _hearing: asyncio.Task[None] | None = None

    @property
    def out(self) -> asyncio.StreamReader:
        """What it writes."""
        assert self.process.stdout is not None
        return self.process.stdout

    async def stop(self) -> str:
        """End it and return what it said last."""
        with contextlib.suppress(ProcessLookupError):
            self.process.terminate()
        try:
            async with asyncio.timeout(STOP_S):
                await self._ended()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()
            await self._ended()
        return "".join(self._words)

    async def _ended(self) -> None:
        # what nobody reads any more would keep it from ending
        while await self.out.read(PIPE_BYTES):
            pass
        await self.process.wait()
        if self._hearing:
            await self._hearing

    async def hear(self) -> None:
        """Keep its last words."""
        assert self.process.stderr is not None
        while text := await self.process.stderr.read(1_000):
            self._words.append(text.decode("utf-8", "replace"))
            while len(self._words) > 1 and sum(map(len, self._words)) > LAST_WORDS:
                self._words.pop(0)

    def begin(self) -> None:
        """Listen beside everything else."""
        self._hearing = asyncio.create_task(self.hear())


async def start(arguments: Sequence[str], *, stdin: bool = False, environ: dict[str, str] | None = None) -> Running:
    """Start ffmpeg; it is killed when this process ends, however that happens."""
    command = ["setpriv", "--pdeathsig", "KILL", "ffmpeg", "-hide_banner", "-v", "error", *([] if stdin else ["-nostdin"]), *arguments]
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE if stdin else asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=PIPE_BYTES,
        env=environ,
    )
    running = Running(process)
    running.begin()
    return running


async def one_picture(data: bytes, arguments: Sequence[str], timeout_s: float) -> bytes:
    """Turn the first frame of fragmented MP4 into what the arguments say; empty when it cannot be decoded in time."""
    running = await start(["-f", "mp4", "-i", "pipe:0", "-frames:v", "1", *arguments, "pipe:1"], stdin=True)
    try:
        async with asyncio.timeout(timeout_s):
            assert running.process.stdin is not None
            with contextlib.suppress(ConnectionError):
                running.process.stdin.write(data)
                await running.process.stdin.drain()
                running.process.stdin.close()
            return await running.out.read(-1)
    except TimeoutError:
        return b""
    finally:
        await running.stop()


async def answers(pull: Pull, timeout_s: float = 2.0) -> str:
    """Return "" when something listens at the address, else why not: cheaper than to let ffmpeg find out."""
    parts = urlsplit(pull.url)
    port = parts.port or {"rtsp": 554, "rtsps": 322, "https": 443}.get(parts.scheme, 80)
    try:
        async with asyncio.timeout(timeout_s):
            _, writer = await asyncio.open_connection(parts.hostname, port)
    except TimeoutError:
        return "timeout"
    except ConnectionRefusedError:
        return "refused"
    except OSError:
        return "unreachable"
    writer.close()
    return ""
