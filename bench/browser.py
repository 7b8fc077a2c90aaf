"""The command map in a browser without a GPU, served as `make run` serves it at scale 1.0: weight, waiting times, memory."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any
from urllib.parse import urlsplit

import psycopg
from playwright.sync_api import Browser, CDPSession, Page, ViewportSize, sync_playwright

from bench.figures import Figure
from bench.serving import load
from bench.serving.city import city
from bench.serving.signed import demo_account, signed_in
from geodata.settings import Settings
from tests.browser.conftest import CHROMIUM, SOFTWARE_GL
from tests.serving import Served, serve

ROUNDS = 3
SIZE: ViewportSize = {"width": 1366, "height": 768}
FIVE_LAYERS = "z=16&c=113.5446,22.1945&l=open_events,workers,cameras,base_grids,parts"
TILE = re.compile(r"/tiles/.*\.(mvt|webp|png)")
DATA = re.compile(r"/(tiles|api)/")
WITHOUT_DRAWING = ["--no-sandbox", "--disable-gpu", "--disable-3d-apis"]
"""A browser that draws no map: what is left is the product's own work, which a GPU would not make faster."""
CASES = 12
LOOKED_AT_MS = 1_500
"""A case is looked at before the next one is chosen: what its panel fetches afterwards is not part of the next one's time."""
OWN_PANEL = """(id) => {
  const shown = document.querySelector('#panel [data-case]');
  return shown && shown.dataset.case === String(id) && !document.querySelector('#panel.busy') && performance.now() - window.chosen;
}"""
PANEL = "document.querySelector('#panel h1') && !document.querySelector('#panel.busy')"
KILO, MEGA = 1_000, 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What one visit with an empty cache took."""

    loaded_kb: float
    """On the wire, without tiles."""
    foreign: int
    """Requests to another origin."""
    drawn_s: float
    toggled: int
    """Data requests caused by switching a layer off and on."""
    panel_ms: float
    heap_mb: float


def run() -> list[Figure]:
    """Measure."""
    settings = city()
    environ = {"DATABASE_URL": settings.database_url, "DATA_DIR": str(settings.data_dir), "SCALE": "1", "DEMO": "1"}
    with serve(environ) as served, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=SOFTWARE_GL)
        visits = [_visit(browser, served, settings) for _ in range(ROUNDS)]
        browser.close()
        plain = playwright.chromium.launch(executable_path=CHROMIUM, args=WITHOUT_DRAWING)
        own_ms = _own_panel_ms(plain, served, settings)
        plain.close()
        web, database = load.memory_mb(load.tree(served.pid)), _database_mb(settings)

    def middle(of: Callable[[Visit], float]) -> float:
        return median(of(visit) for visit in visits)

    how = f"{ROUNDS} visits with an empty cache, software drawing"
    return [
        Figure(name="first load without tiles", value=middle(lambda one: one.loaded_kb), unit="kB", target=1_300, note=how),
        Figure(name="requests to another origin", value=max(one.foreign for one in visits), unit="", target=0, note=how),
        Figure(name="map with 5 layers drawn", value=middle(lambda one: one.drawn_s), unit="s", target=4, note="from the address to rest"),
        Figure(
            name="data requests of a layer switch", value=max(one.toggled for one in visits), unit="", target=0, note="off and on again"
        ),
        Figure(
            name="click to panel", value=middle(lambda one: one.panel_ms), unit="ms", target=300, note="a case on the map, software drawing"
        ),
        Figure(
            name="choice to panel", value=own_ms, unit="ms", target=300, note=f"median of {CASES} cases, without drawing: our own share"
        ),
        Figure(name="heap of the page", value=middle(lambda one: one.heap_mb), unit="MB", target=100, note="after garbage collection"),
        Figure(name="memory of the web process", value=web, unit="MB", note="proportional, after the visits"),
        Figure(name="memory of the database", value=database, unit="MB", note="proportional, all its processes"),
    ]


def _visit(browser: Browser, served: Served, settings: Settings) -> Visit:
    context = signed_in(browser, served, demo_account(settings, "dispatcher"), SIZE)
    page = context.new_page()
    devtools = context.new_cdp_session(page)
    sizes, addresses = _listened(devtools)
    started = time.perf_counter()
    page.goto(f"{served.url}/#{FIVE_LAYERS}")
    page.wait_for_function("window.hall && hall.map && hall.idle")
    page.evaluate("() => hall.idle()")
    drawn_s = time.perf_counter() - started
    loaded = sum(size for key, size in sizes.items() if not TILE.search(addresses.get(key, "")))
    foreign = sum(urlsplit(url).scheme in {"http", "https"} and not url.startswith(served.url) for url in addresses.values())
    toggled = _toggled(page)
    panel_ms = _panel_ms(page)
    devtools.send("HeapProfiler.collectGarbage")
    heap = page.evaluate("() => performance.memory.usedJSHeapSize")
    context.close()
    return Visit(loaded_kb=loaded / KILO, foreign=foreign, drawn_s=drawn_s, toggled=toggled, panel_ms=panel_ms, heap_mb=heap / MEGA)


def _own_panel_ms(browser: Browser, served: Served, settings: Settings) -> float:
    """Choose cases one after the other as from a list, and wait for the panel of each."""
    context = signed_in(browser, served, demo_account(settings, "dispatcher"), SIZE)
    cases = context.request.get(f"{served.url}/api/v1/layers/open_events", params={"limit": CASES}).json()["features"]
    page = context.new_page()
    page.goto(served.url)
    page.wait_for_function("window.hall && hall.map && hall.desk")
    page.wait_for_load_state("networkidle")
    taken = []
    for case in cases:
        page.evaluate("(id) => { window.chosen = performance.now(); hall.desk.pick(`open_events/${id}`); }", case["id"])
        taken.append(float(page.wait_for_function(OWN_PANEL, arg=case["id"], polling=5).json_value()))
        page.wait_for_timeout(LOOKED_AT_MS)
    context.close()
    return median(taken)


def _listened(devtools: CDPSession) -> tuple[dict[str, float], dict[str, str]]:
    """Note bytes on the wire and addresses by request."""
    sizes: dict[str, float] = {}
    addresses: dict[str, str] = {}

    def sent(event: dict[str, Any]) -> None:
        addresses[event["requestId"]] = event["request"]["url"]

    def finished(event: dict[str, Any]) -> None:
        sizes[event["requestId"]] = event["encodedDataLength"]

    devtools.send("Network.enable")
    devtools.on("Network.requestWillBeSent", sent)
    devtools.on("Network.loadingFinished", finished)
    return sizes, addresses


def _toggled(page: Page) -> int:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for visible in (False, True):
        page.evaluate("(visible) => hall.map.setLayer('parts', {visible})", visible)
        page.evaluate("() => hall.idle()")
    return sum("/parts/" in url or "/counts" in url for url in asked if DATA.search(url))


def _panel_ms(page: Page) -> float:
    """Click a case on the map, and wait for its panel."""
    for other in ("workers", "cameras", "base_grids", "parts"):
        page.evaluate("(key) => hall.map.setLayer(key, {visible: false})", other)
    page.evaluate("() => hall.idle()")
    x, y = page.evaluate(
        "() => { const map = hall.map.leaflet(); const box = map.getContainer().getBoundingClientRect();"
        " const middle = map.getCenter(); const far = (f) => map.distance(middle, [f.geometry.coordinates[1], f.geometry.coordinates[0]]);"
        " const [one] = hall.map.gl().querySourceFeatures('open_events', {sourceLayer: 'open_events'}).sort((a, b) => far(a) - far(b));"
        " const [lon, lat] = one.geometry.coordinates; const at = map.latLngToContainerPoint([lat, lon]); return [box.x + at.x, box.y + at.y]; }"
    )
    page.evaluate(
        "() => { window.clicked = 0; document.addEventListener('pointerdown', () => (window.clicked = performance.now()), {capture: true, once: true}); }"
    )
    page.mouse.click(x, y)
    page.wait_for_function(f"{PANEL} || document.querySelector('.hall-chooser')", polling=10)
    if page.locator(".hall-chooser").count():
        page.evaluate("() => (window.clicked = performance.now())")
        page.locator(".hall-chooser [role=option]").first.dispatch_event("click")
    return float(page.wait_for_function(f"({PANEL}) && performance.now() - window.clicked", polling=10).json_value())


def _database_mb(settings: Settings) -> float:
    """Proportional memory of all processes of the server, which runs on this machine."""
    with psycopg.connect(settings.database_url) as conn:
        row = conn.execute("SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)::int").fetchone()
        return load.memory_mb(load.tree(row[0] if row else 0))
