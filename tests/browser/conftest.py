"""A dispatcher's browser: headless Chromium without a GPU, signed in, looking at the command map."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Request, ViewportSize, expect, sync_playwright

from tests.browser.street import Field
from tests.conftest import City
from tests.serving import Served

CHROMIUM = "/usr/bin/chromium"
SOFTWARE_GL = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"]
SIZE: ViewportSize = {"width": 1100, "height": 640}
WAIT_MS = 30_000
expect.set_options(timeout=30_000)  # a busy machine draws late
DATA = re.compile(r"/(tiles|api)/")


def within_a_pixel(place: list[float], zoom: float) -> Any:
    """Equal to `place` in degrees as far as a screen can tell: Leaflet reads its centre from whole pixels once its box has changed size."""
    return pytest.approx(place, abs=360 / (256 * 2**zoom))


@dataclass
class Desk:
    """The page of one dispatcher, and what it has asked for."""

    page: Page
    url: str
    requests: list[Request] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def load(self, hash_text: str = "") -> "Desk":
        """Load the page at an address and wait until it has drawn everything."""
        self.page.goto(f"{self.url}/#{hash_text}" if hash_text else f"{self.url}/")
        self.page.wait_for_function("window.hall && window.hall.map", timeout=WAIT_MS)
        self.idle()
        return self

    def open(self, hash_text: str) -> "Desk":
        """Bring the page to an address; it is loaded only once for many tests."""
        if self.run("() => !(window.hall && window.hall.map && window.hall.map.view())"):
            return self.load(hash_text)
        self.run(CLEAR)
        self.run("(hash) => hall.url.open(hash)", f"#{hash_text}")
        self.idle()
        self.run("() => { window.written = {}; }")
        return self

    def run(self, script: str, argument: object = None) -> Any:
        return self.page.evaluate(script, argument)

    def idle(self) -> None:
        rested = self.page.evaluate(
            "(limit) => Promise.race([hall.idle().then(() => true), new Promise((give) => setTimeout(give, limit))])", WAIT_MS
        )
        assert rested, f"the map does not come to rest: {self.run(RESTLESS)}"

    def at(self, lon: float, lat: float) -> tuple[float, float]:
        """Page coordinates of a position on the map."""
        x, y = self.run(
            "([lon, lat]) => { const map = hall.map.leaflet(); const box = map.getContainer().getBoundingClientRect();"
            " const point = map.latLngToContainerPoint([lat, lon]); return [box.x + point.x, box.y + point.y]; }",
            [lon, lat],
        )
        return x, y

    def click(self, lon: float, lat: float) -> None:
        self.page.mouse.click(*self.at(lon, lat))

    def asked(self, pattern: re.Pattern[str] = DATA) -> list[str]:
        """Addresses asked for since `forget()`."""
        return [request.url for request in self.requests if pattern.search(request.url)]

    def forget(self) -> None:
        self.requests.clear()

    def store(self, name: str) -> Any:
        """What the scripts last wrote into a store of the page."""
        return self.run("(name) => (window.written || {})[name]", name)

    def state(self) -> Any:
        return self.run("() => hall.map.view()")


RESTLESS = """
() => {
  const gl = hall.map.gl();
  return gl && {loaded: gl.loaded(), moving: gl.isMoving(), tiles: gl.areTilesLoaded(), style: gl.isStyleLoaded(), connection: hall.connection.state()};
}
"""
# notes every value that the scripts write into a store, so that tests need no callback of their own
LISTEN = """
window.written = {};
if (location.protocol === 'http:') document.addEventListener('DOMContentLoaded', () => {
  if (!window.hall) return;
  const store = hall.store;
  hall.store = (name, value) => { window.written[name] = value; store(name, value); };
});
if (location.protocol === 'http:') localStorage.setItem('hall.software-drawing-known', '1');
"""
# what one test has left on the map is no concern of the next
CLEAR = """
async () => {
  do { // a panel that the last test asked for may still be on its way
    hall.desk.close();
    await new Promise((resolve) => setTimeout(resolve, 300));
  } while (hall.desk.shown());
  hall.tools.stop();
  hall.measure.drop();
  hall.chooser.close();
  hall.shape.show(null, true);
  hall.map.showResults([]);
  hall.map.highlight([]);
  for (const { name } of hall.views.list()) hall.views.remove(name);
  if (document.activeElement) document.activeElement.blur();
  const box = document.getElementById('search-box');
  if (box) box.value = '';
}
"""


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=SOFTWARE_GL)
        yield browser
        browser.close()


def signed_in(chromium: Browser, server: Served, city: City) -> Iterator[Desk]:
    context = chromium.new_context(
        viewport=SIZE,
        permissions=["clipboard-read", "clipboard-write", "geolocation"],
        geolocation={"longitude": 113.5439, "latitude": 22.1950, "accuracy": 20},
    )
    context.set_default_timeout(WAIT_MS)
    account = city.accounts["dispatcher"]
    answer = context.request.post(f"{server.url}/api/v1/session", data={"username": account["username"], "password": account["password"]})
    assert answer.ok, answer.text()
    page = context.new_page()
    page.add_init_script(LISTEN)
    desk = Desk(page, server.url)
    page.on("request", lambda request: desk.requests.append(request))  # noqa: PLW0108 - playwright marks what it is given; a bound method takes no mark
    page.on("pageerror", lambda error: desk.faults.append(str(error)))
    yield desk
    context.close()


@pytest.fixture(scope="session")
def open_desk(chromium: Browser, server: Served, city: City) -> Iterator[Desk]:
    yield from signed_in(chromium, server, city)


@pytest.fixture
def desk(open_desk: Desk) -> Iterator[Desk]:
    """A signed-in dispatcher at a page that stays open from test to test; any script error fails the test."""
    open_desk.faults.clear()
    yield open_desk
    assert open_desk.faults == []


@pytest.fixture
def new_desk(chromium: Browser, server: Served, city: City) -> Iterator[Desk]:
    """The same with a page of its own, for what happens while it loads."""
    for made in signed_in(chromium, server, city):
        yield made
        assert made.faults == []


@pytest.fixture
def outside(chromium: Browser, server: Served, city: City) -> Iterator[Field]:
    """The worker, on duty."""
    made = Field(server, city, chromium, {})
    made.worker = made.ask("worker", "PUT", "/api/v1/me/worker", {"on_duty": True})["worker"]
    yield made
    for context in made.contexts:
        context.close()
