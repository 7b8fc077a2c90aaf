"""From an event to its four pictures: the desk at scale 1.0 with the sample city's cameras, from the choice of a case to four tiles that play."""

import contextlib
import os
import time
from collections.abc import Iterator
from statistics import median

import httpx
from playwright.sync_api import Browser, sync_playwright

from bench.figures import Figure
from bench.serving.city import city
from bench.serving.signed import demo_account, signed_in
from geodata.settings import Settings
from tests.browser.conftest import CHROMIUM
from tests.serving import Served, free_port, running, serve

TILES = 4
ROUNDS = 3
"""No more: so many simulated cameras run at the same time."""
BROWSER = ["--no-sandbox", "--disable-gpu", "--disable-3d-apis", "--autoplay-policy=no-user-gesture-required"]
"""A browser that draws no map: drawing it without a GPU would take the cores that decode the pictures."""
CHOSEN = "(id) => { window.chosen = performance.now(); hall.desk.pick(`open_events/${id}`); }"
LIVE = """(id) => {
  const own = document.querySelector('#panel [data-case]');
  const buttons = document.querySelectorAll('#panel-body [data-video-event]');
  if (!own || own.dataset.case !== String(id) || buttons.length < 2) return 0;
  window.asked = performance.now();
  buttons[1].click();
  return window.asked - window.chosen;
}"""
PLAYING = """(tiles) => {
  const shown = Array.from(document.querySelectorAll('.vt')).filter(({tile, dataset}) =>
    dataset.state === 'playing' && tile.video.getVideoPlaybackQuality().totalVideoFrames > 0);
  return shown.length >= tiles && performance.now() - window.asked;
}"""
CLOSED = "async () => { const {close} = await hall.video.load('dock'); close(); hall.desk.close(); }"


def run() -> list[Figure]:
    """Measure."""
    settings = city()
    environ = os.environ | {
        "DATABASE_URL": settings.database_url, "DATA_DIR": str(settings.data_dir), "SCALE": "1", "DEMO": "1",
        "MEDIA_PORT": str(free_port()), "SAMPLE_RTSP_PORT": str(free_port()), "VIDEO_CHECK_S": "0",
    }  # fmt: skip
    with running("media.sample_city", environ), running("media", environ), serve(environ) as served, sync_playwright() as playwright:
        _answered(environ["MEDIA_PORT"])
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=BROWSER)
        taken = _taken(browser, served, settings)
        browser.close()
    note = f"median of {len(taken)} cases, the first {taken[0][0] + taken[0][1]:,.0f} ms; cold cameras, without drawing the map"
    return [
        Figure(name="event chosen to 4 playing tiles", value=median(sum(one) for one in taken), unit="ms", target=3_000, note=note),
        Figure(
            name="click on its video to 4 playing tiles",
            value=median(one[1] for one in taken),
            unit="ms",
            note="of that, after the second click",
        ),
    ]


def _taken(browser: Browser, served: Served, settings: Settings) -> list[tuple[float, float]]:
    """For each case the milliseconds from its choice to its panel, and from the click there to the fourth picture."""
    account = demo_account(settings, "dispatcher")
    context = signed_in(browser, served, account, {"width": 1366, "height": 768})
    page = context.new_page()
    page.goto(served.url)
    page.wait_for_function("window.hall && hall.map && hall.desk && hall.video")
    page.wait_for_load_state("networkidle")
    taken = []
    for case in _filmed(
        context.request.get(f"{served.url}/api/v1/layers/open_events", params={"limit": 200}).json()["features"], served, account
    ):
        page.evaluate(CHOSEN, case)
        panel_ms = float(page.wait_for_function(LIVE, arg=case, polling=5).json_value())
        taken.append((panel_ms, float(page.wait_for_function(PLAYING, arg=TILES, polling=5).json_value())))
        page.evaluate(CLOSED)
        page.wait_for_load_state("networkidle")
    context.close()
    return taken


def _filmed(cases: list[dict[str, int]], served: Served, account: dict[str, str]) -> Iterator[int]:
    """Cases whose four cameras can be looked at, no camera twice."""
    seen: set[int] = set()
    found = 0
    with httpx.Client(base_url=f"{served.url}/api/v1/", headers={"Authorization": f"Bearer {account['token']}"}, timeout=30) as client:
        for case in cases:
            cameras = client.get(f"events/{case['id']}/video", params={"limit": TILES * 2}).json()["cameras"]
            ready = {camera["id"] for camera in cameras[:TILES] if camera["playable"] and camera["online"]}
            if found < ROUNDS and len(ready) == TILES and not ready & seen:
                seen |= ready
                found += 1
                yield int(case["id"])


def _answered(port: str) -> None:
    for _ in range(300):
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=2).is_success:
                return
        time.sleep(0.1)
    raise RuntimeError("the video gateway does not answer")
