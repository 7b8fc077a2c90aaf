"""Nobody is shut out: axe finds no fault of WCAG 2 A or AA on any page, in either theme."""

from collections.abc import Iterator
from typing import Any

import pytest
from axe_core_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.browser.conftest import CHROMIUM
from tests.conftest import City
from tests.serving import Served

pytestmark = pytest.mark.browser
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
WAIT_MS = 60_000


def faults(page: Page) -> list[str]:
    found: dict[str, Any] = Axe().run(page, options=RULES)
    return [f"{rule['id']}: {node['html'][:120]}" for rule in found["violations"] for node in rule["nodes"]]


@pytest.fixture(scope="module")
def plain(chromium: Browser) -> Iterator[Browser]:
    """A browser that draws no map: axe cannot judge a canvas, and waits for none."""
    browser = chromium.browser_type.launch(
        executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-software-rasterizer"]
    )
    yield browser
    browser.close()


def opened(plain: Browser, server: Served, city: City, who: str, theme: str) -> Page:
    context = plain.new_context(viewport={"width": 1600, "height": 900})
    context.set_default_timeout(WAIT_MS)
    context.add_cookies([{"name": "hall_theme", "value": theme, "url": server.url}])
    if who:
        account = city.accounts[who]
        assert context.request.post(
            f"{server.url}/api/v1/session", data={"username": account["username"], "password": account["password"]}
        ).ok
    page = context.new_page()
    page.goto(f"{server.url}/" if who else f"{server.url}/login?refused=wrong")
    return page


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_sign_in_page(plain: Browser, server: Served, city: City, theme: str) -> None:
    assert faults(opened(plain, server, city, "", theme)) == []


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_command_map_with_every_kind_of_panel(plain: Browser, server: Served, city: City, theme: str) -> None:
    page = opened(plain, server, city, "dispatcher", theme)
    page.wait_for_function("window.hall && hall.map && hall.map.view()")
    page.wait_for_selector(".counter")
    assert faults(page) == []
    for layer in ("open_events", "buildings", "base_grids", "people", "cameras", "sensors", "workers"):
        page.evaluate(
            "async (layer) => { const {features} = await hall.connection.json(`/api/v1/layers/${layer}?limit=1`); hall.desk.pick(`${layer}/${features[0].id}`); }",
            layer,
        )
        page.wait_for_function(
            "(layer) => location.hash.includes(`s=${layer}:`) && document.querySelector('.panel-foot') && !document.querySelector('#panel.busy')",
            arg=layer,
        )
        assert faults(page) == [], layer
    page.evaluate("() => { hall.store('unfold', 'people'); hall.draw.circleAround(L.latLng(22.1945, 113.5446), 300); }")
    page.wait_for_selector(".class-body")
    assert faults(page) == []
    page.evaluate("() => hall.desk.filter('open_events')")
    page.wait_for_selector(".filter-chip")
    assert faults(page) == []
    page.keyboard.press("/")
    page.keyboard.type("街")
    page.wait_for_selector(".search-hit")
    assert faults(page) == []


@pytest.mark.parametrize("who", ["system_admin", "audit_admin"])
def test_the_administration(plain: Browser, server: Served, city: City, who: str) -> None:
    page = opened(plain, server, city, who, "dark")
    page.wait_for_selector(".ag-row")
    assert faults(page) == []
