"""Running pictures in a browser: how soon they start, how far behind they are, and what they cost. Delays are read off a clock in the picture."""

import asyncio
import contextlib
import os
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import psycopg
import websockets
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright
from psycopg import sql
from psycopg.conninfo import make_conninfo

from bench.figures import Better, Figure
from geodata.migrate import migrate
from tests.browser.conftest import CHROMIUM
from tests.media.studio import Studio, alive, build, children, wait_for
from tests.serving import Served

DATABASE = "hall_bench_video"
WATCH_S = 10.0
CHANNELS = 10
COST_S = 12.0
BROWSER = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]
"""Headless, pictures decoded and drawn by the processor."""
SIZE: ViewportSize = {"width": 1280, "height": 720}
# A wall of tiles made of the product's own player. The strip of each picture's lower edge tells when it was made (media/sample_cameras.py).
WALL = """
async ([cameras, token, columns, overHls]) => {
  window.hall = { connection: { now: () => Date.now() } };
  const { LivePlayer } = await import('/assets/video/player.js');
  document.body.innerHTML = '';
  document.body.style.cssText = `margin:0;display:grid;grid-template-columns:repeat(${columns},1fr);width:1280px;height:720px;gap:2px;background:#000`;
  const canvas = new OffscreenCanvas(448, 8);
  const pen = canvas.getContext('2d', { willReadFrequently: true });
  const made = (video) => {
    const scale = video.videoWidth / 640;
    pen.drawImage(video, 184 * scale, 352 * scale, 448 * scale, 8 * scale, 0, 0, 448, 8);
    const { data } = pen.getImageData(0, 4, 448, 1);
    const bit = (k) => (data[(k * 8 + 4) * 4 + 1] > 125 ? 1 : 0);
    let ms = 0, sum = 0, check = 0;
    for (let byte = 0; byte < 6; byte += 1) {
      let value = 0;
      for (let k = 0; k < 8; k += 1) value = value * 2 + bit(byte * 8 + k);
      ms = ms * 256 + value;
      sum = (sum + value) & 255;
    }
    for (let k = 48; k < 56; k += 1) check = check * 2 + bit(k);
    return check === sum ? ms : null;
  };
  window.wall = cameras.map((id) => {
    const video = document.createElement('video');
    video.muted = true;
    video.style.cssText = 'width:100%;height:100%;object-fit:contain;min-height:0';
    document.body.append(video);
    const tile = { id, frames: 0, delays: [], unread: 0, firstMs: null, states: [], lastMs: 0 };
    const begun = performance.now();
    const player = new LivePlayer(video, {
      grant: async () => {
        const answer = await fetch(`/api/v1/cameras/${id}/live`, {
          method: 'POST', headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` }, body: JSON.stringify({ profile: 'sub' }) });
        if (!answer.ok) throw Object.assign(new Error(), { status: answer.status });
        return answer.json();
      },
      onState: (state) => tile.states.push(state.state),
    });
    if (overHls) player.unopened = 99;
    const frame = () => {
      tile.frames += 1;
      tile.lastMs = performance.now();
      if (tile.firstMs === null) tile.firstMs = performance.now() - begun;
      if (tile.frames % 4 === 0) {
        const ms = made(video);
        if (ms === null) tile.unread += 1; else tile.delays.push(Date.now() - ms);
      }
      video.requestVideoFrameCallback(frame);
    };
    video.requestVideoFrameCallback(frame);
    player.start();
    tile.player = player;
    return tile;
  });
}
"""
STARTED = "window.wall.every((tile) => tile.frames > 0)"
# What the browser has shown is its own count of pictures decoded less those dropped: the callback of a frame comes at most once a drawing of
# the page, 30 times a second where the processor draws, and misses every third of 25 pictures.
RESET = """() => {
  window.shown = (video) => { const q = video.getVideoPlaybackQuality(); return q.totalVideoFrames - q.droppedVideoFrames; };
  for (const tile of window.wall) Object.assign(tile, { frames: 0, delays: [], unread: 0, from: window.shown(tile.player.video) });
}"""
TOLD = """() => window.wall.map(({ player, from, delays, unread, firstMs, states }) => (
  { frames: window.shown(player.video) - from, delays, unread, firstMs, states }))"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wall:
    """What a wall of tiles did."""

    start_ms: float
    """The slowest tile's."""
    delay_ms: float
    """Median over all tiles."""
    delay_p95_ms: float
    fps: float
    """Of the slowest tile."""
    read: int
    unread: int


def run() -> list[Figure]:
    """Measure."""
    with _studio() as studio, studio.cameras(), studio.web() as served:
        with studio.gateway() as gateway, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=BROWSER)
            _wall(browser, studio, served, 1)  # what is compiled and opened once
            four, nine = _wall(browser, studio, served, 4), _wall(browser, studio, served, 9)
            hls = _wall(browser, studio, served, 4, over_hls=True)
            cost, own = _transmux(studio, served, gateway.pid)
            again_s = _reconnect(browser, studio, served)
            browser.close()
        with studio.cameras():
            orphans = _orphans(studio, served)
    return [
        Figure(
            name="live, first picture, 4 tiles", value=four.start_ms, unit="ms", target=2_000, note="slowest tile, from the click, cold"
        ),
        Figure(name="glass to glass, p50, 4 tiles", value=four.delay_ms, unit="ms", target=500, note=_read(four)),
        Figure(name="glass to glass, p95, 4 tiles", value=four.delay_p95_ms, unit="ms", note=_read(four)),
        Figure(name="pictures, 4 tiles", value=four.fps, unit="fps", target=24, better=Better.MORE, note="slowest tile, 25 are sent"),
        Figure(name="glass to glass, p50, 9 tiles", value=nine.delay_ms, unit="ms", note=_read(nine)),
        Figure(
            name="pictures, 9 tiles",
            value=nine.fps,
            unit="fps",
            target=18,
            better=Better.MORE,
            note="slowest tile; the cameras' encoders share the cores",
        ),
        Figure(name="glass to glass by HLS, p50, 4 tiles", value=hls.delay_ms, unit="ms", target=2_500, note=_read(hls)),
        Figure(
            name="picture again after a source's restart", value=again_s, unit="s", target=5, note="from the moment that it answers again"
        ),
        Figure(
            name="transmux of a sub-stream",
            value=cost,
            unit="% of a core",
            target=0.6,
            note=f"ffmpeg's own time, {CHANNELS} channels, {COST_S:.0f} s",
        ),
        Figure(name="fan-out of a sub-stream", value=own, unit="% of a core", note="the gateway's own time a channel with one viewer"),
        Figure(name="processes left after kill -9", value=orphans, unit="", target=0, note="ffmpeg of 4 live pictures"),
    ]


def _read(wall: Wall) -> str:
    return f"clock read off the canvas, {wall.read} readings, {wall.unread} unreadable"


@contextlib.contextmanager
def _studio() -> Iterator[Studio]:
    server = os.environ["DATABASE_URL"]
    with psycopg.connect(server, autocommit=True) as conn:
        name = sql.Identifier(DATABASE)
        conn.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
        conn.execute(sql.SQL("CREATE DATABASE {}").format(name))
    url = make_conninfo(server, dbname=DATABASE)
    try:
        migrate(url)
        with tempfile.TemporaryDirectory(prefix="hallmap-bench-video-") as folder:
            yield build(url, Path(folder))
    finally:
        with psycopg.connect(server, autocommit=True) as conn:
            conn.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(DATABASE)))


def _page(browser: Browser, served: Served) -> Page:
    page = browser.new_page(viewport=SIZE)
    page.goto(f"{served.url}/api/openapi.json")
    return page


def _show(page: Page, studio: Studio, tiles: int, *, over_hls: bool = False) -> None:
    page.evaluate(WALL, [list(range(1, tiles + 1)), studio.tokens["dispatcher"], round(tiles**0.5), over_hls])
    page.wait_for_function(STARTED, timeout=30_000)


def _wall(browser: Browser, studio: Studio, served: Served, tiles: int, *, over_hls: bool = False) -> Wall:
    _cold(studio)
    page = _page(browser, served)
    try:
        _show(page, studio, tiles, over_hls=over_hls)
        time.sleep(4.0)
        page.evaluate(RESET)
        began = time.perf_counter()
        time.sleep(WATCH_S)
        told: list[dict[str, Any]] = page.evaluate(TOLD)
        seconds = time.perf_counter() - began
    finally:
        page.close()
    delays = sorted(delay for tile in told for delay in tile["delays"])
    return Wall(
        start_ms=max(tile["firstMs"] for tile in told),
        delay_ms=median(delays),
        delay_p95_ms=delays[int(len(delays) * 0.95)],
        fps=min(tile["frames"] for tile in told) / seconds,
        read=len(delays),
        unread=sum(tile["unread"] for tile in told),
    )


def _cold(studio: Studio) -> None:
    """Wait until nothing runs: the next start is a whole one."""
    wait_for(lambda: studio.health()["channels"] == 0, 40)


def _reconnect(browser: Browser, studio: Studio, served: Served) -> float:
    """Kill the source, start it again, and see when the picture moves; the page stays as it is."""
    page = _page(browser, served)
    try:
        _show(page, studio, 1)
        rtsp = next(pid for pid in children("python3") if str(studio.rtsp_port) in Path(f"/proc/{pid}/cmdline").read_text())
        os.kill(rtsp, signal.SIGKILL)
        time.sleep(6.0)
        with studio.cameras():
            began = time.perf_counter()
            page.evaluate(RESET)
            page.wait_for_function("window.wall[0].frames > 3", timeout=30_000)
            return time.perf_counter() - began
    finally:
        page.close()


@contextlib.contextmanager
def _viewers(studio: Studio, served: Served, count: int) -> Iterator[None]:
    """Watch so many cameras without looking at what comes."""
    addresses = [studio.media.replace("http", "ws") + studio.ask(served, number).json()["ws"] for number in range(1, count + 1)]
    over = threading.Event()

    async def drain(address: str) -> None:
        with contextlib.suppress(websockets.ConnectionClosed, OSError):
            async with websockets.connect(address, max_size=None, compression=None) as socket:
                while not over.is_set():
                    await socket.recv()

    async def drain_all() -> None:
        await asyncio.gather(*map(drain, addresses))

    thread = threading.Thread(target=lambda: asyncio.run(drain_all()), daemon=True)
    thread.start()
    try:
        wait_for(lambda: studio.health()["channels"] == count)
        time.sleep(3.0)
        yield
    finally:
        over.set()
        thread.join(10)


def _transmux(studio: Studio, served: Served, gateway: int) -> tuple[float, float]:
    """Return the share of a core that ffmpeg takes for one channel, and the gateway's own, in percent."""
    _cold(studio)
    with _viewers(studio, served, CHANNELS):
        before, own = {pid: _cpu_s(pid) for pid in children("ffmpeg", gateway)}, _cpu_s(gateway)
        time.sleep(COST_S)
        pids = alive(list(before))
        spent, own = sum(_cpu_s(pid) - before[pid] for pid in pids), _cpu_s(gateway) - own
    return spent / COST_S / len(pids) * 100, own / COST_S / len(pids) * 100


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _orphans(studio: Studio, served: Served) -> int:
    """Kill the gateway while it plays; return how many of its processes are left."""
    with studio.gateway() as gateway, _viewers(studio, served, 4):
        pids = children("ffmpeg", gateway.pid)
        gateway.kill()
        gateway.wait()
        time.sleep(1.0)
        return len(alive(pids))
