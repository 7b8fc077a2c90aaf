"""Hot spots and the time machine in a browser without a GPU at scale 1.0: from a choice to its picture."""

import time
from datetime import UTC, datetime, timedelta
from statistics import median

import psycopg
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from bench.figures import Figure
from bench.serving.city import city
from bench.serving.signed import demo_account, signed_in
from geodata.settings import Settings
from services import time_machine
from services.rights import Reader, Role
from tests.browser.conftest import CHROMIUM, SOFTWARE_GL
from tests.serving import Served, serve

SIZE: ViewportSize = {"width": 1366, "height": 768}
MAJORS = ("city", "governance", "safety", "environment", "service", "dispute", "")
ADDRESS = "z=12.9&c=113.55,22.19&l=open_events&hs=days.365"
MODE = "import(hall.assets + 'hotspots/mode.js')"
CHANGE = f"""async (major) => {{
  const mode = await {MODE};
  const {{ takes }} = mode.current();
  mode.change({{ major, sub: '', class: '' }});
  while (mode.current().takes === takes) await new Promise((resolve) => setTimeout(resolve, 5));
  return mode.current().took;
}}"""
# the same without a canvas: what the product itself takes, which a GPU would not make faster
OWN = f"""async (major) => {{
  const mode = await {MODE};
  const began = performance.now();
  await mode.change({{ major, sub: '', class: '' }});
  return performance.now() - began;
}}"""
SEEK = """async (share) => {
  const { Past } = await import(hall.assets + 'replay/past.js');
  window.past = window.past || new Past(await hall.connection.json('/api/v1/replay?' + new URLSearchParams({start: new Date(Date.now() - 7 * 86400000).toISOString(), end: new Date().toISOString()})));
  const at = Date.now() / 1000 - 7 * 86400 * (1 - share);
  const began = performance.now();
  window.past.at(at, 600); window.past.counts(at); window.past.news(at, 12);
  return performance.now() - began;
}"""


def run() -> list[Figure]:
    """Measure."""
    settings = city()
    environ = {"DATABASE_URL": settings.database_url, "DATA_DIR": str(settings.data_dir), "SCALE": "1", "DEMO": "1"}
    with serve(environ) as served, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=SOFTWARE_GL)
        page = _page(browser, served, settings)
        painted = [float(page.evaluate(CHANGE, major)) for major in MAJORS * 2][2:]
        own = [float(page.evaluate(OWN, major)) for major in MAJORS * 2][2:]
        seeks = [float(page.evaluate(SEEK, share / 20)) for share in range(1, 20)]
        browser.close()
    return [
        Figure(
            name="another class to its picture",
            value=median(painted),
            unit="ms",
            target=400,
            note=f"median of {len(painted)} changes, software drawing",
        ),
        Figure(name="the same without drawing", value=median(own), unit="ms", note="answer and cells handed to the canvas: our own share"),
        Figure(
            name="an instant of the past",
            value=max(seeks),
            unit="ms",
            target=16,
            note="worst of 19 over a week: cases, counters, ticker; a frame has 16 ms",
        ),
        Figure(name="a day of the past, asked", value=_past_ms(settings), unit="ms", note="median of 5 days, in process: query and marks"),
    ]


def _page(browser: Browser, served: Served, settings: Settings) -> Page:
    page = signed_in(browser, served, demo_account(settings, "dispatcher"), SIZE).new_page()
    page.goto(f"{served.url}/#{ADDRESS}")
    page.wait_for_selector(".hs-told b", state="attached")
    page.evaluate("() => hall.idle()")
    return page


def _past_ms(settings: Settings) -> float:
    reader, taken = Reader(0, "", "", Role.DISPATCHER, ""), []
    end = datetime.now(UTC)
    with psycopg.connect(settings.database_url) as conn:
        for days in (1, 8, 30, 200, 400):
            began = time.perf_counter()
            time_machine.past(conn, reader, end - timedelta(days=days), end - timedelta(days=days - 1))
            taken.append((time.perf_counter() - began) * 1_000)
    return median(taken)
