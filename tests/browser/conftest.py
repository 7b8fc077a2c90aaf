"""A dispatcher's browser: headless Chromium without a GPU, signed in, looking at the command map."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, sync_playwright

from tests.conftest import City
from tests.serving import Served

CHROMIUM = "/usr/bin/chromium"
SOFTWARE_GL = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"]
SIZE = {"width": 1100, "height": 640}
WAIT_MS = 60_000
DATA = re.compile(r"/(tiles|api)/")


@dataclass
class Desk:
    """The page of one dispatcher, and what it has asked for."""

    page: Page
    url: str
    requests: list[Request] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def open(self, hash_text: str = "") -> "Desk":
        """Open the map at an address and wait until it has drawn everything."""
        self.page.goto(f"{self.url}/#{hash_text}" if hash_text else f"{self.url}/")
        self.page.wait_for_function("window.hall && window.hall.map", timeout=WAIT_MS)
        self.idle()
        return self

    def run(self, script: str, argument: object = None) -> Any:  # noqa: ANN401 - whatever the script gives
        return self.page.evaluate(script, argument)

    def idle(self) -> None:
        self.page.evaluate("() => hall.idle()")

    def at(self, lon: float, lat: float) -> tuple[float, float]:
        """Page coordinates of a position on the map."""
        x, y = self.run(
            "([lon, lat]) => { const map = hall.map.leaflet(); const box = map.getContainer().getBoundingClientRect();"
            " const point = map.latLngToContainerPoint([lat, lon]); return [box.x + point.x, box.y + point.y]; }", [lon, lat],
        )
        return x, y

    def click(self, lon: float, lat: float) -> None:
        self.page.mouse.click(*self.at(lon, lat))

    def asked(self, pattern: re.Pattern[str] = DATA) -> list[str]:
        """Addresses asked for since `forget()`."""
        return [request.url for request in self.requests if pattern.search(request.url)]

    def forget(self) -> None:
        self.requests.clear()

    def store(self, name: str) -> Any:  # noqa: ANN401
        """What the scripts last wrote into a store of the page."""
        return self.run("(name) => (window.written || {})[name]", name)

    def state(self) -> Any:  # noqa: ANN401
        return self.run("() => hall.map.view()")


# notes every value that the scripts write into a store, so that tests need no callback of their own
LISTEN = """
window.written = {};
document.addEventListener('DOMContentLoaded', () => {
  const store = hall.store;
  hall.store = (name, value) => { window.written[name] = value; store(name, value); };
});
localStorage.setItem('hall.software-drawing-known', '1');
"""


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=SOFTWARE_GL)
        yield browser
        browser.close()


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    opened = chromium.new_context(viewport=SIZE, permissions=["clipboard-read", "clipboard-write", "geolocation"],
                                  geolocation={"longitude": 113.5439, "latitude": 22.1950, "accuracy": 20})
    opened.set_default_timeout(WAIT_MS)
    yield opened
    opened.close()


@pytest.fixture
def desk(context: BrowserContext, server: Served, city: City) -> Iterator[Desk]:
    """A signed-in dispatcher; any script error fails the test."""
    account = city.accounts["dispatcher"]
    answer = context.request.post(f"{server.url}/api/v1/session", data={"username": account["username"], "password": account["password"]})
    assert answer.ok, answer.text()
    page = context.new_page()
    page.add_init_script(LISTEN)
    made = Desk(page, server.url)
    page.on("request", lambda request: made.requests.append(request))  # noqa: PLW0108 - playwright marks what it is given, a bound method of list takes no mark
    page.on("pageerror", lambda error: made.faults.append(str(error)))
    yield made
    assert made.faults == []


@pytest.fixture
def wait_for(desk: Desk) -> Callable[[str], None]:
    """Wait until an expression of the page is true."""
    def wait(expression: str) -> None:
        desk.page.wait_for_function(expression, timeout=WAIT_MS)
    return wait
