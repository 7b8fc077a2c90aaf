"""The wall of the hall in a browser: its token, its sheets, its scenes, a network that drops, and the way into an emergency and out of it."""

import json
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, ViewportSize

from tests.conftest import City
from tests.serving import Served

SIZE: ViewportSize = {"width": 960, "height": 540}
WAIT_MS = 60_000
SHEETS = """
async () => {
  const { arrange } = await import(document.querySelector('script[type=importmap]').textContent.match(/"(\\/assets\\/wall\\/layout.js[^"]*\\?v=[^"]*)"/)[1]);
  const at = (width, height, screen) => arrange({ width, height }, null, screen);
  return [[1920, 1080], [3840, 2160], [5760, 1080], [7680, 2160], [2560, 1440], [3440, 1440], [1366, 768], [1080, 1920], [11520, 2160]].map(([width, height]) => {
    const one = at(width, height);
    return [one.name, Math.round(one.width * one.scale), Math.round(one.height * one.scale)];
  });
}
"""


@pytest.fixture
def wall(chromium: Browser, server: Served, city: City) -> Iterator[Page]:
    """The wall as a kiosk opens it, drawn; nobody waits for a gravest case to be acknowledged."""
    desk = city.token("dispatcher")
    for major in httpx.get(f"{server.url}/api/v1/wall/events", headers=desk).json()["majors"]:
        httpx.post(f"{server.url}/api/v1/wall/events/{major['id']}/acknowledge", headers=desk)
    page = chromium.new_context(viewport=SIZE).new_page()
    page.set_default_timeout(WAIT_MS)
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(f"{server.url}/wall?token={city.accounts['wall']['token']}&screen=test&size=1920x1080&speed=5")
    page.wait_for_function("window.wall && document.querySelector('.figure .number').textContent !== '–'")
    yield page
    page.context.close()
    assert faults == [], faults


def test_a_kiosk_sees_figures_at_once_and_scenes_turn_without_moving_the_panels(wall: Page, server: Served, city: City) -> None:
    assert wall.url == f"{server.url}/wall?screen=test&size=1920x1080&speed=5"
    figures = httpx.get(f"{server.url}/api/v1/today", headers=city.token("wall")).json()
    assert wall.locator(".figure-accepted .number").inner_text() == f"{figures['accepted']:,}"
    assert wall.locator(".flow-row").count() >= 6
    assert wall.locator("[data-panel] .age").count() >= 6
    wall.wait_for_selector(".map-gl.drawn")
    before = wall.locator(".panel-flow").bounding_box()
    wall.wait_for_function("wall.scene.turns > 0")
    assert wall.locator(".panel-flow").bounding_box() == before
    assert wall.evaluate("() => [...document.querySelectorAll('.tab.on')].map((tab) => tab.dataset.tab)") == [
        wall.evaluate("wall.scene.now")
    ]


def test_every_size_has_a_sheet_that_fills_it(wall: Page) -> None:
    found = wall.evaluate(SHEETS)
    assert [name for name, _, _ in found] == ["hd", "uhd", "wide", "double", "hd", "hd", "hd", "tall", "double"]
    sizes = [(1920, 1080), (3840, 2160), (5760, 1080), (7680, 2160), (2560, 1440), (3440, 1440), (1366, 768), (1080, 1920), (11520, 2160)]
    for (_, width, height), (wanted_width, wanted_height) in zip(found, sizes, strict=True):
        assert abs(width - wanted_width) <= 2
        assert abs(height - wanted_height) <= 2


def test_a_network_that_drops_keeps_the_picture_and_comes_back_by_itself(wall: Page) -> None:
    shown = wall.locator(".figure-accepted .number").inner_text()
    born = wall.evaluate("() => performance.timeOrigin")
    wall.context.set_offline(offline=True)
    wall.wait_for_selector(".bar .link:not([hidden])")
    # an hour later, as far as the page can tell
    wall.evaluate("() => { const real = Date.now; Date.now = () => real() + 3600000; }")
    wall.wait_for_selector(".panel-figures[data-state=old]", state="attached")
    assert "截至" in wall.locator(".figure-accepted .age").inner_text()
    assert wall.locator(".figure-accepted .number").inner_text() == shown
    wall.context.set_offline(offline=False)
    wall.wait_for_selector(".panel-figures[data-state=ok]", state="attached")
    wall.wait_for_selector(".bar .link", state="hidden")
    assert wall.evaluate("() => performance.timeOrigin") == born


def test_an_emergency_takes_its_zone_and_leaves_no_trace(wall: Page, server: Served, city: City) -> None:
    leader = city.token("leader")
    events = httpx.get(f"{server.url}/api/v1/wall/events", headers=leader).json()["points"]
    wanted = {"mode": "emergency", "event_id": events[-1]["id"], "reason": "演练"}
    assert httpx.post(f"{server.url}/api/v1/mode", headers=leader, json=wanted).status_code == 200
    try:
        wall.wait_for_selector(".stage.in-emergency .event-head h1")
        assert wall.locator(".panel-city .number").first.inner_text() != "–"
        wall.wait_for_selector(".panel-people .people-top")
    finally:
        httpx.post(f"{server.url}/api/v1/mode", headers=leader, json={"mode": "peace", "reason": "演练结束"})
    wall.wait_for_selector(".stage:not(.in-emergency)")
    assert wall.locator(".event-zone > *").count() == 0
    report = httpx.get(f"{server.url}/api/v1/mode/history", headers=leader).json()["items"][0]
    assert json.dumps(report["report"]["note"], ensure_ascii=False) == '"演练结束"'


def test_the_controller_enters_a_screen_and_pins_a_scene_on_it(wall: Page, chromium: Browser, server: Served, city: City) -> None:
    context = chromium.new_context(viewport={"width": 1366, "height": 768})
    context.set_default_timeout(WAIT_MS)
    account = city.accounts["shift_leader"]
    context.request.post(f"{server.url}/api/v1/session", data={"username": account["username"], "password": account["password"]})
    page = context.new_page()
    page.goto(f"{server.url}/screens/")
    page.get_by_role("button", name="登记", exact=True).click()
    card = page.locator("[data-screen=test]")
    card.get_by_role("button", name="网格").click()
    wall.wait_for_function("wall.scene.now === 'grids'")
    assert wall.locator(".tab").count() == 1
    card.locator(".chip.good").wait_for()
    card.get_by_role("button", name="移除").click()
    page.get_by_role("button", name="再按一次移除").click()
    page.locator(".hs-card.unknown").wait_for()
    context.close()
