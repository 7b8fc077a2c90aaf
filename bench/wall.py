"""The wall of the hall: how heavy its first load is and how soon it shows figures; and left alone, how heap, nodes and sockets grow.

`python -m bench wall` measures both for some minutes; `python -m bench.wall --url … --token … --minutes 1440` watches a running one. Rotation and reading can be made faster (`--speed 12`: ten minutes stand for two hours of scenes and answers). Ends with 1 when the page was loaded anew,
a script failed, or the heap grows by more than the limit.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np
from playwright.sync_api import Browser, CDPSession, Page, ViewportSize, sync_playwright

from bench.figures import Figure
from bench.serving.city import city
from geodata.city import accounts
from tests.browser.conftest import CHROMIUM, SOFTWARE_GL
from tests.serving import serve

SIZE: ViewportSize = {"width": 960, "height": 540}
SAMPLE_S = 10.0
WARM_SHARE = 0.25
"""Caches fill during this part of the time: slopes are those of the rest."""
MOST_MB_PER_HOUR = 1.0
READ = """
() => ({turns: wall.scene.turns, asked: wall.counts.asked, failed: wall.counts.failed, faults: wall.counts.faults, sockets: wall.link.sockets,
        scene: wall.scene.now, born: window.born})
"""


VISITS, MINUTES, SPEED = 3, 3.0, 20.0
TILE = "/tiles/"
PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A first visit: bytes on the wire without tiles, and when something stood there."""

    loaded_kb: float
    painted_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The page at a time, after garbage collection."""

    hours: float
    """Of scenes and answers, counted at their usual pace."""
    heap_mb: float
    nodes: int
    listeners: int
    sockets: int
    turns: int
    asked: int
    failed: int
    faults: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Soak:
    """A run and its slopes, an hour at the usual pace."""

    samples: Sequence[Sample]
    reloaded: bool

    def slope(self, of: Callable[[Sample], float]) -> float:
        """Least-squares growth per hour after the caches have filled."""
        kept = self.samples[int(len(self.samples) * WARM_SHARE) :]
        if len(kept) < 3:
            return 0.0
        return float(np.polyfit([one.hours for one in kept], [of(one) for one in kept], 1)[0])


def soak(page: Page, devtools: CDPSession, *, minutes: float, speed: float, say: Callable[[str], None] = print) -> Soak:
    """Watch a wall that is open already."""
    page.evaluate("() => { window.born = window.born || performance.timeOrigin; }")
    born = page.evaluate("() => window.born")
    samples: list[Sample] = []
    started = time.monotonic()
    devtools.send("HeapProfiler.enable")
    while time.monotonic() - started < 60 * minutes:
        page.wait_for_timeout(1000 * SAMPLE_S)
        devtools.send("HeapProfiler.collectGarbage")
        told, counters, heap = page.evaluate(READ), devtools.send("Memory.getDOMCounters"), devtools.send("Runtime.getHeapUsage")
        if told["born"] != born:
            return Soak(samples=samples, reloaded=True)
        samples.append(
            Sample(
                hours=(time.monotonic() - started) * speed / 3600,
                heap_mb=heap["usedSize"] / 1e6,
                nodes=counters["nodes"],
                listeners=counters["jsEventListeners"],
                sockets=told["sockets"],
                turns=told["turns"],
                asked=told["asked"],
                failed=told["failed"],
                faults=told["faults"],
            )
        )
        last = samples[-1]
        say(
            f"{last.hours:6.2f} h  heap {last.heap_mb:6.2f} MB  nodes {last.nodes:5d}  listeners {last.listeners:4d}  sockets {last.sockets}"
            f"  scenes {last.turns:4d}  answers {last.asked - last.failed:6d}  failed {last.failed}  faults {last.faults}"
        )
    return Soak(samples=samples, reloaded=False)


def run() -> list[Figure]:
    """Measure."""
    settings = city()
    environ = {"DATABASE_URL": settings.database_url, "DATA_DIR": str(settings.data_dir), "SCALE": "1", "DEMO": "1"}
    token = json.loads((settings.data_dir / accounts.FILE).read_text(encoding="utf-8"))["wall"]["token"]
    with serve(environ) as served, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*SOFTWARE_GL, "--enable-precise-memory-info"])
        visits = [visit(browser, f"{served.url}/wall?token={token}") for _ in range(VISITS)]
        page = browser.new_context(viewport=SIZE).new_page()
        page.goto(f"{served.url}/wall?token={token}&size=1920x1080&speed={SPEED:g}")
        page.wait_for_function("window.wall && wall.sheet()")
        found = soak(page, page.context.new_cdp_session(page), minutes=MINUTES, speed=SPEED, say=lambda _line: None)
        browser.close()
    last = found.samples[-1]
    how, left = (
        f"median of {VISITS} visits with an empty cache",
        f"{last.hours:.1f} h of scenes in {MINUTES:g} min, after garbage collection",
    )
    return [
        Figure(name="first load without tiles", value=median(one.loaded_kb for one in visits), unit="kB", target=1_300, note=how),
        Figure(
            name="first paint", value=median(one.painted_s for one in visits), unit="s", target=1.5, note=f"{how}: the five figures stand"
        ),
        Figure(name="heap", value=last.heap_mb, unit="MB", target=120, note=left),
        Figure(name="growth of the heap", value=found.slope(lambda one: one.heap_mb), unit="MB/h", target=MOST_MB_PER_HOUR, note=left),
        Figure(name="growth of the nodes", value=found.slope(lambda one: one.nodes), unit="1/h", note=left),
        Figure(name="sockets", value=last.sockets, unit="", target=1, note=left),
        Figure(name="script errors", value=last.faults, unit="", target=0, note=left),
    ]


def visit(browser: Browser, address: str) -> Visit:
    """Open a wall with an empty cache until its map is there."""
    page = browser.new_context(viewport={"width": 1920, "height": 1080}).new_page()
    page.set_default_timeout(120_000)
    devtools = page.context.new_cdp_session(page)
    sizes: dict[str, float] = {}
    tiles: set[str] = set()
    devtools.send("Network.enable")

    def sent(event: dict[str, Any]) -> None:
        if TILE in event["request"]["url"]:
            tiles.add(event["requestId"])

    devtools.on("Network.requestWillBeSent", sent)
    devtools.on("Network.loadingFinished", lambda event: sizes.update({event["requestId"]: event["encodedDataLength"]}))
    page.goto(address)
    page.wait_for_function("window.wall && document.querySelector('.figure .number').textContent !== '–'")
    page.wait_for_function(f"{PAINTED} !== undefined")
    painted = page.evaluate(f"() => {PAINTED}.startTime / 1000")
    page.wait_for_selector(".map-gl.drawn")
    page.context.close()
    return Visit(loaded_kb=sum(size for key, size in sizes.items() if key not in tiles) / 1_000, painted_s=float(painted))


def main(arguments: Sequence[str]) -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True, help="of the running product")
    parser.add_argument("--token", required=True, help="of a wall")
    parser.add_argument("--minutes", type=float, default=120.0)
    parser.add_argument("--speed", type=float, default=1.0)
    parser.add_argument("--size", default="1920x1080", help="arrangement")
    given = parser.parse_args(arguments)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*SOFTWARE_GL, "--enable-precise-memory-info"])
        page = browser.new_context(viewport=SIZE).new_page()
        page.set_default_timeout(120_000)
        page.goto(f"{given.url}/wall?token={given.token}&screen=soak&size={given.size}&speed={given.speed:g}")
        page.wait_for_function("window.wall && wall.sheet()")
        found = soak(
            page, page.context.new_cdp_session(page), minutes=given.minutes, speed=given.speed, say=lambda line: print(line, flush=True)
        )
        browser.close()
    if not found.samples:
        print("nothing was measured")
        return 1
    last, growth = found.samples[-1], found.slope(lambda one: one.heap_mb)
    told = {
        "hours": round(last.hours, 2),
        "heap_mb": round(last.heap_mb, 2),
        "heap_mb_per_hour": round(growth, 3),
        "nodes_per_hour": round(found.slope(lambda one: one.nodes), 2),
        "listeners_per_hour": round(found.slope(lambda one: one.listeners), 2),
        "sockets": last.sockets,
        "reloaded": found.reloaded,
    }
    print(json.dumps(told))
    failed = found.reloaded or last.faults > 0 or growth > MOST_MB_PER_HOUR
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
