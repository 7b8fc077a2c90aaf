"""The city tilted and from the street, in a browser without a GPU over the sample city: how long from the button to the whole picture."""

import json
import time
from statistics import median

from playwright.sync_api import BrowserContext, Page, sync_playwright

from bench.browser import SIZE
from bench.figures import Figure
from bench.serving.city import city
from geodata.city import accounts
from tests.browser.conftest import CHROMIUM, SOFTWARE_GL
from tests.serving import serve

ROUNDS = 3
MOST_MS = 120_000
PLACE = "z=16&c=113.5446,22.1945&l=open_events,cameras"
REACHED = "hall.map.gl().getPitch() > 10 && performance.getEntriesByName('hall.scene').length"
BACK = "!document.querySelector('.hall-scene')"


def run() -> list[Figure]:
    """Measure."""
    settings = city()
    environ = {"DATABASE_URL": settings.database_url, "DATA_DIR": str(settings.data_dir), "SCALE": "1", "DEMO": "1"}
    account = json.loads((settings.data_dir / accounts.FILE).read_text(encoding="utf-8"))["dispatcher"]
    with serve(environ) as served, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=SOFTWARE_GL)
        context = browser.new_context(viewport=SIZE)
        context.request.post(f"{served.url}/api/v1/session", data={"username": account["username"], "password": account["password"]})
        figures = measure(context, served.url)
        browser.close()
    return figures


def measure(context: BrowserContext, url: str) -> list[Figure]:
    """Measure with a browser context that is signed in."""
    page = context.new_page()
    page.set_default_timeout(MOST_MS)
    page.goto(f"{url}/#{PLACE}")
    page.wait_for_function("window.hall && hall.map && hall.idle")
    page.evaluate("() => hall.idle()")
    tilted, first, back = [], [], []
    for _ in range(ROUNDS):
        page.evaluate("() => performance.clearMeasures('hall.scene')")
        first.append(_taken(page, "3d", "hall.map.gl().getPitch() > 10"))
        page.wait_for_function(REACHED)
        tilted.append(page.evaluate("() => performance.getEntriesByName('hall.scene')[0].duration") / 1000)
        back.append(_taken(page, "plan", BACK))
        page.evaluate("() => hall.idle()")
    how = f"median of {ROUNDS}, software drawing, {SIZE['width']} x {SIZE['height']}"
    return [
        Figure(name="button to the tilted canvas", value=median(first), unit="s", note=how),
        Figure(name="3D with all tiles and names", value=median(tilted), unit="s", target=3, note=how),
        Figure(name="back to the plan", value=median(back), unit="s", note=how),
        Figure(name="button to the panorama", value=_street(page), unit="s", note="viewer and picture not yet loaded"),
    ]


def _taken(page: Page, view: str, done: str) -> float:
    started = time.perf_counter()
    page.click(f"[data-view='{view}']")
    page.wait_for_function(done)
    return time.perf_counter() - started


def _street(page: Page) -> float:
    started = time.perf_counter()
    page.evaluate("() => { hall.views.street(1) }")
    page.wait_for_selector(".street.ready")
    return time.perf_counter() - started
