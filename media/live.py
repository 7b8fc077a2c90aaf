"""Running pictures: one ffmpeg a watched camera, however many watch it. It begins with the first viewer and ends some seconds after the last.

Each frame is framed for the WebSocket once and written to everybody's connection as it is. A viewer whose connection is full is left out until
the next key frame that finds room: it loses whole groups of pictures, and the server keeps no more of them than the connection's own buffer.
"""

import asyncio
import contextlib
import json
import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, Protocol

from geodata.errors import HallError
from media import ffmpeg
from media.fmp4 import Fragment, Init, NotVideoError, changed, fragments
from media.sources.base import Pull, SourceError

log = logging.getLogger(__name__)

LINGER_S = 8.0
"""A channel goes on for so long after its last viewer: whoever turns a page comes back to a running picture."""
OPEN_S = 10.0
BEGINNING_S = 5.0
"""A camera that has not said by then what its picture is has lost the call: it is called again."""
FIRST_FRAME_S = 15.0
"""Some cameras send a key frame only every twelve seconds."""
STALLED_S = 2.0
GIVE_UP_S = 6.0
RETRY_S = (0.3, 0.7, 1.5, 2.5)
"""Waits between attempts; the last one goes on. Then a source that came back shows its picture within five seconds."""
FAILING_RETRY_S = 10.0
"""For a source that answers, but has refused this camera for a while."""
MANY_FAILURES = 20
STEADY_S = 5.0
MOST_GOP_BYTES = 24 * 2**20
SEGMENT_S = 0.96
SEGMENTS_KEPT = 10
BINARY, TEXT = 2, 1
NOTHING: Literal[False] = False

Opener = Callable[[], Awaitable[Pull]]


@dataclass(frozen=True, slots=True)
class Key:
    """What viewers share."""

    camera_id: int
    profile: str
    transcode: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What a viewer is told when it changes. state: starting | playing | stalled | reconnecting | offline | unsupported."""

    state: str
    reason: str = ""
    retry_s: float | None = None

    def text(self) -> str:
        """Return the message."""
        return json.dumps({"type": "state", "state": self.state, "reason": self.reason or None, "retry_s": self.retry_s})


@dataclass(frozen=True, slots=True)
class Segment:
    """About a second of the picture for HLS, beginning with a key frame."""

    number: int
    frames: tuple[bytes, ...] = field(repr=False)
    seconds: float
    began_at: datetime
    init_number: int


class Viewer(Protocol):
    """Somebody who watches. Both return at once."""

    def tell(self, frame: bytes) -> None:
        """Take a message that must not be lost."""
        ...

    def show(self, frame: bytes, *, key: bool) -> None:
        """Take a frame, or leave it out."""
        ...


def framed(payload: bytes, opcode: int) -> bytes:
    """Return a whole WebSocket message as a server sends it (RFC 6455, 5.2)."""
    length = len(payload)
    if length < 126:
        return bytes((0x80 | opcode, length)) + payload
    if length < 65_536:
        return bytes((0x80 | opcode, 126)) + length.to_bytes(2, "big") + payload
    return bytes((0x80 | opcode, 127)) + length.to_bytes(8, "big") + payload


def framed_text(text: str) -> bytes:
    """Return a whole text message."""
    return framed(text.encode(), TEXT)


@dataclass(slots=True)
class Figures:
    """What all channels did, for /metrics."""

    starts: int = 0
    failures: dict[str, int] = field(default_factory=dict)
    frames: int = 0
    bytes: int = 0
    skipped: int = 0
    """Frames that slow viewers did not get."""


class Channel:
    """One camera's running picture in one profile."""

    def __init__(self, key: Key, opener: Opener, figures: Figures, may_transcode: Callable[[Key], bool] = lambda _: True) -> None:
        self.key = key
        self._opener, self._figures, self._may_transcode = opener, figures, may_transcode
        self.viewers: set[Viewer] = set()
        self.holds = 0
        """Of those who want it to run without watching frame by frame: HLS, pictures, checks."""
        self.state = State(state="starting")
        self.seen: Init | None = None
        """What came last, whether browsers can play it or not."""
        self.init: Init | None = None
        self.init_number = 0
        self.gop: list[bytes] = []
        """Framed messages since the newest key frame."""
        self.key_frame = b""
        """The newest key frame, unframed."""
        self.segments: deque[Segment] = deque(maxlen=SEGMENTS_KEPT)
        self.inits: dict[int, bytes] = {}
        self.last_frame_at: datetime | None = None
        self.fps = 0.0
        self.pid: int | None = None
        self.left_s = time.monotonic()
        self.moved = asyncio.Event()
        """Set for a moment whenever a key frame came or the state changed."""
        self._pending: list[bytes] = []
        self._pending_from: tuple[int, datetime] | None = None
        self._numbered = 0
        self._gop_bytes = 0
        self._came = False
        self._times: deque[float] = deque(maxlen=100)
        self._task: asyncio.Task[None] | None = None

    # ---- who watches --------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to fetch."""
        self._task = asyncio.create_task(self._run(), name=f"live {self.key.camera_id}/{self.key.profile}")

    async def stop(self) -> None:
        """End ffmpeg and wait for it."""
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    @property
    def wanted(self) -> bool:
        """Whether anybody wants it."""
        return bool(self.viewers) or self.holds > 0

    def join(self, viewer: Viewer) -> None:
        """Show somebody the picture from its newest key frame on."""
        self.viewers.add(viewer)
        if self.init:
            viewer.tell(self._hello(self.init))
            viewer.tell(framed(self.init.data, BINARY))
        viewer.tell(framed_text(self.state.text()))
        for number, frame in enumerate(self.gop):
            viewer.show(frame, key=number == 0)

    def leave(self, viewer: Viewer) -> None:
        """Show it no more."""
        self.viewers.discard(viewer)
        self.left_s = time.monotonic()

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Keep it running for the block."""
        self.holds += 1
        try:
            yield
        finally:
            self.holds -= 1
            self.left_s = time.monotonic()

    async def shown(self, timeout_s: float, *, segments: int = 0) -> bool:
        """Wait for a key frame (and so many HLS segments); False when none came in time or the camera cannot be played."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while not (self.key_frame and len(self.segments) >= segments):
                    if self.state.state in {"offline", "unsupported"}:
                        return False
                    await self.moved.wait()
                return True
        return False

    # ---- what comes ---------------------------------------------------------------------------------------------

    async def _run(self) -> None:
        failures = 0
        while True:
            began = time.monotonic()
            try:
                reason = await self._attempt()
            except (HallError, OSError, ValueError) as error:
                log.warning("camera %d: %r", self.key.camera_id, type(error).__name__)
                reason = "unreachable"
            self._figures.failures[reason] = self._figures.failures.get(reason, 0) + 1
            played = self.last_frame_at is not None
            failures = 1 if played and time.monotonic() - began > STEADY_S else failures + 1
            if reason in {"hevc", "codec", "transcoders_busy"}:
                self._set(State(state="unsupported", reason=reason, retry_s=FAILING_RETRY_S))
                await asyncio.sleep(FAILING_RETRY_S)
                continue
            wait_s = RETRY_S[min(failures, len(RETRY_S)) - 1]
            if failures > MANY_FAILURES and reason not in {"refused", "unreachable"}:
                wait_s = FAILING_RETRY_S
            lost = played and failures < MANY_FAILURES
            self._again(State(state="reconnecting" if lost else "offline", reason=reason, retry_s=wait_s))
            await asyncio.sleep(wait_s)

    async def _attempt(self) -> str:
        """Play until it ends; return why it did."""
        if self.key.transcode and not self._may_transcode(self.key):
            return "transcoders_busy"
        try:
            async with asyncio.timeout(OPEN_S):
                pull = await self._opener()
        except SourceError as error:
            return error.reason
        except TimeoutError:
            return "timeout"
        silent = await ffmpeg.answers(pull)
        if silent:
            return silent
        how = ffmpeg.TRANSCODE if self.key.transcode else ffmpeg.COPY
        running = await ffmpeg.start([*ffmpeg.input_of(pull), "-map", "0:v:0", "-an", *how, *ffmpeg.FMP4])
        self.pid = running.process.pid
        self._figures.starts += 1
        self._came, began = False, time.monotonic()
        reason = ""
        try:
            reason = await self._read(running)
        except NotVideoError:
            reason = "no_video"
        finally:
            self.pid = None
            words = await asyncio.shield(running.stop())
            self._forget()
        if not reason and not self._came and time.monotonic() - began >= ffmpeg.CONNECT_S - 0.5:
            return "timeout"  # ffmpeg calls silence invalid data
        return reason or ffmpeg.failure(words)

    async def _read(self, running: ffmpeg.Running) -> str:
        announced: Init | None = None
        stream = fragments(running.out)
        patience = BEGINNING_S
        while True:
            item = await self._next(stream, patience)
            if item is None:
                return "timeout"
            if item is False:
                return ""
            patience, self._came = FIRST_FRAME_S if isinstance(item, Init) else GIVE_UP_S, True
            if isinstance(item, Init):
                self.seen = announced = item
                if item.codec != "h264":
                    return "hevc" if item.codec == "hevc" else "codec"
            elif isinstance(item, Fragment) and announced:
                if item.key:
                    announced = self._agree(announced, item)
                self._take(item)

    def _agree(self, announced: Init, item: Fragment) -> Init:
        """Begin with the first key frame, and anew where the picture is another one than what was announced last."""
        fresh = announced
        if item.parameters and item.parameters != announced.parameters:
            fresh = self.seen = changed(announced, item.parameters, item.picture_parameters)
        if fresh is not announced or self.init is None or self.init.data != announced.data or not self.key_frame:
            self._begin(fresh)
        return fresh

    async def _next(self, stream: AsyncIterator[Init | Fragment], patience: float) -> Init | Fragment | Literal[False] | None:
        """Return the next item; False at the end of the stream, None when nothing came for so long."""
        coming: asyncio.Future[Init | Fragment | Literal[False]] = asyncio.ensure_future(anext(stream, NOTHING))
        try:
            done, _ = await asyncio.wait({coming}, timeout=min(STALLED_S, patience) if self.key_frame else patience)
            if not done and self.key_frame and self.state.state == "playing":
                self._set(State(state="stalled", reason="timeout"))
                done, _ = await asyncio.wait({coming}, timeout=patience - STALLED_S)
            return coming.result() if done else None
        finally:
            if not coming.done():
                coming.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await coming

    def _begin(self, init: Init) -> None:
        self.init = init
        self._pending, self._pending_from = [], None
        self.init_number += 1
        self.inits[self.init_number] = init.data
        self.inits.pop(self.init_number - 4, None)
        self._tell(self._hello(init))
        self._tell(framed(init.data, BINARY))

    def _take(self, item: Fragment) -> None:
        now = datetime.now(UTC)
        self._times.append(time.monotonic())
        if item.key:
            self._cut(item, now)
            self.gop, self._gop_bytes, self.key_frame = [], 0, item.data
        elif not self.key_frame:
            return
        self._pending.append(item.data)
        frame = framed(item.data, BINARY)
        self._gop_bytes += len(frame)
        if self._gop_bytes <= MOST_GOP_BYTES and (item.key or self.gop):
            self.gop.append(frame)
        else:
            self.gop = []  # a camera without key frames: who comes waits for the next one
        self.last_frame_at = now
        self._figures.frames += 1
        self._figures.bytes += len(frame)
        for viewer in tuple(self.viewers):
            viewer.show(frame, key=item.key)
        if self.state.state != "playing":
            self._set(State(state="playing"))
        if item.key:
            self._wake()

    def _cut(self, item: Fragment, now: datetime) -> None:
        """Close a segment of HLS at a key frame, once it is long enough."""
        assert self.init is not None
        if self._pending_from is None:
            self._pending, self._pending_from = [], (item.time, now)
            return
        began, began_at = self._pending_from
        seconds = (item.time - began) / self.init.timescale
        if seconds >= SEGMENT_S or sum(map(len, self._pending)) > MOST_GOP_BYTES:
            self.segments.append(Segment(self._numbered, tuple(self._pending), max(seconds, 0.04), began_at, self.init_number))
            self._numbered += 1
            self._pending, self._pending_from = [], (item.time, now)
            spread = self._times[-1] - self._times[0]
            self.fps = (len(self._times) - 1) / spread if spread > 0 else 0.0

    def _forget(self) -> None:
        """Nothing of a stream that ended can be shown with what the next one brings."""
        self.init = None
        self.gop, self.key_frame, self._gop_bytes = [], b"", 0
        self._pending, self._pending_from = [], None
        self._times.clear()

    def _tell(self, frame: bytes) -> None:
        for viewer in tuple(self.viewers):
            viewer.tell(frame)

    def _hello(self, init: Init) -> bytes:
        hello = {"type": "init", "mime": f'video/mp4; codecs="{init.mime_codec}"', "width": init.width, "height": init.height}
        return framed_text(json.dumps(hello | {"profile": self.key.profile, "codec": init.codec}))

    def _set(self, state: State) -> None:
        if state != self.state:
            self.state = state
            self._tell(framed_text(state.text()))
            self._wake()

    def _again(self, state: State) -> None:
        """Tell a state also when it is the one before: each attempt is a sign that somebody tries."""
        if state == self.state:
            self._tell(framed_text(state.text()))
        self._set(state)

    def _wake(self) -> None:
        self.moved.set()
        self.moved.clear()


class Channels:
    """All running pictures of this process."""

    def __init__(self, opener: Callable[[Key], Opener], transcode_most: int, *, linger_s: float = LINGER_S) -> None:
        self._opener, self._transcode_most, self._linger_s = opener, transcode_most, linger_s
        self.figures = Figures()
        self.open: dict[Key, Channel] = {}
        self._sweeping: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look after channels that nobody watches."""
        self._sweeping = asyncio.create_task(self._sweep(), name="sweep")

    async def stop(self) -> None:
        """End everything."""
        if self._sweeping:
            self._sweeping.cancel()
        await asyncio.gather(*(channel.stop() for channel in self.open.values()))
        self.open.clear()

    def get(self, key: Key) -> Channel:
        """Return the channel, which is started if it does not run."""
        channel = self.open.get(key)
        if channel is None:
            channel = self.open[key] = Channel(key, self._opener(key), self.figures, self._may_transcode)
            channel.start()
        channel.left_s = time.monotonic()
        return channel

    def _may_transcode(self, key: Key) -> bool:
        busy = sum(1 for other in self.open.values() if other.key.transcode and other.pid is not None and other.key != key)
        return busy < self._transcode_most

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(0.5)
            now = time.monotonic()
            for key, channel in tuple(self.open.items()):
                if not channel.wanted and now - channel.left_s > self._linger_s:
                    del self.open[key]
                    await channel.stop()
