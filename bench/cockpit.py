"""The leaders' cockpit at scale 1.0: what a first visit weighs, when it paints, when its figures stand, and how long the server takes for each tile."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

import httpx
from playwright.sync_api import Browser, CDPSession, ViewportSize, sync_playwright

from bench.figures import Figure
from bench.serving.city import city
from bench.serving.signed import demo_account, signed_in
from geodata.settings import Settings
from services.cockpit import TILES
from tests.browser.conftest import CHROMIUM, SOFTWARE_GL
from tests.serving import Served, serve

ROUNDS, ASKED = 3, 15
SIZE: ViewportSize = {"width": 1440, "height": 900}
PAINTED = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
READY = "() => document.body.dataset.ckReady"
MAP = "() => document.querySelector('[data-ck-map-ready]') && performance.now()"
KILO = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One visit with an empty cache."""

    loaded_kb: float
    """On the wire: page, styles, scripts, fonts, data, map library; without map tiles and pictures."""
    foreign: int
    painted_s: float
    figures_s: float
    map_s: float


def run() -> list[Figure]:
    """Measure on the city of the bench."""
    settings = city()
    environ = {"DATABASE_URL": settings.database_url, "DATA_DIR": str(settings.data_dir), "SCALE": "1", "DEMO": "1"}
    with serve(environ) as served:
        return figures(served, settings)


def figures(served: Served, settings: Settings) -> list[Figure]:
    """Measure a server that runs."""
    leader = demo_account(settings, "leader")
    times = _tiles_ms(served, leader)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=SOFTWARE_GL)
        visits = [_visit(browser, served, leader) for _ in range(ROUNDS)]
        browser.close()
    how = f"median of {ROUNDS} visits with an empty cache at {SIZE['width']} x {SIZE['height']}, software drawing"
    slowest = max((name for name in times if name != "all"), key=lambda name: times[name])
    each = ", ".join(f"{name} {value:.0f}" for name, value in sorted(times.items(), key=lambda pair: -pair[1]))
    return [
        Figure(name="first load without tiles", value=median(one.loaded_kb for one in visits), unit="kB", target=1_300, note=how),
        Figure(name="requests to another origin", value=max(one.foreign for one in visits), unit="", target=0, note=how),
        Figure(name="first paint", value=median(one.painted_s for one in visits), unit="s", target=1.5, note=how),
        Figure(name="all figures stand", value=median(one.figures_s for one in visits), unit="s", note=how),
        Figure(name="map stands", value=median(one.map_s for one in visits), unit="s", note=how),
        Figure(name="all tiles", value=times["all"], unit="ms", note=f"one request, median of {ASKED}, at the interface"),
        Figure(name="slowest tile", value=times[slowest], unit="ms", note=f"{slowest}; in ms: {each}"),
    ]


def _tiles_ms(served: Served, leader: Mapping[str, str]) -> dict[str, float]:
    found = {}
    with httpx.Client(base_url=served.url, headers={"Authorization": f"Bearer {leader['token']}"}, timeout=60) as client:
        for name in ("all", *TILES):
            taken = []
            for _ in range(ASKED + 1):
                started = time.perf_counter()
                client.get("/api/v1/cockpit", params={} if name == "all" else {"tiles": name}).raise_for_status()
                taken.append(1000 * (time.perf_counter() - started))
            found[name] = median(taken[1:])
    return found


def _visit(browser: Browser, served: Served, leader: Mapping[str, str]) -> Visit:
    context = signed_in(browser, served, leader, SIZE)
    page = context.new_page()
    devtools: CDPSession = context.new_cdp_session(page)
    sizes: dict[str, float] = {}
    addresses: dict[str, str] = {}
    devtools.send("Network.enable")
    devtools.on("Network.requestWillBeSent", lambda event: addresses.update({event["requestId"]: event["request"]["url"]}))
    devtools.on("Network.loadingFinished", lambda event: sizes.update({event["requestId"]: event["encodedDataLength"]}))
    page.goto(f"{served.url}/cockpit")
    figures_ms = float(page.wait_for_function(READY, polling=20).json_value())
    map_ms = float(page.wait_for_function(MAP, polling=20).json_value())
    painted_ms = float(page.evaluate(PAINTED))
    page.wait_for_timeout(2_000)
    own = (f"{served.url}/", "blob:", "data:")
    visit = Visit(
        loaded_kb=sum(size for key, size in sizes.items() if not any(part in addresses.get(key, "") for part in ("/tiles/", "/media/")))
        / KILO,
        foreign=sum(not url.startswith(own) for url in addresses.values()),
        painted_s=painted_ms / 1000,
        figures_s=figures_ms / 1000,
        map_s=map_ms / 1000,
    )
    context.close()
    return visit
