"""A leader at the cockpit: one screen, abnormal first, each tile opens what is behind it, a source that fails takes its own tile, one page of paper."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from axe_core_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route

from tests.browser.conftest import WAIT_MS
from tests.conftest import City
from tests.serving import Served

READY = "document.body.dataset.ckReady"
SIZES = ((1440, 900), (1366, 768), (1920, 1080), (2560, 1440))
TABLETS = ((1180, 820), (820, 1180))
CLIPPED = """() => [...document.querySelectorAll('.ck-tile .ck-in')].filter((box) => box.scrollHeight > box.clientHeight + 4)
  .map((box) => box.closest('[data-tile]').dataset.tile).filter((tile) => tile !== 'places')"""
WHOLE_ROWS = "[...document.querySelectorAll('.ck-event')].every((row) => row.scrollHeight <= row.clientHeight + 1)"


@pytest.fixture
def page(chromium: Browser, server: Served, city: City) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, base_url=server.url)
    context.set_default_timeout(WAIT_MS)
    account = city.accounts["leader"]
    assert context.request.post("/api/v1/session", data={"username": account["username"], "password": account["password"]}).ok
    made = context.new_page()
    faults: list[str] = []
    made.on("pageerror", lambda error: faults.append(str(error)))
    yield made
    context.close()
    assert faults == []


def opened(page: Page) -> Page:
    page.goto("/cockpit")
    page.wait_for_function(READY)
    page.wait_for_selector("[data-ck-map-ready]")
    return page


def test_one_screen_without_scrolling_and_with_the_numbers_of_the_lists(page: Page) -> None:
    opened(page)
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(300)
        assert page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]") == [width, height]
        assert page.evaluate(CLIPPED) == []
        page.wait_for_function(WHOLE_ROWS)
    for width, height in TABLETS:
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(300)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    day = page.request.get("/api/v1/today").json()
    shown = page.evaluate("() => { const all = hall.cockpit.all(); return [all.figures.accepted, all.figures.overdue, all.events.total]; }")
    major = page.request.get("/api/v1/layers/open_events", params={"level": "1,2", "limit": 1}).json()
    assert shown == [day["accepted"], day["overdue"], major["numberMatched"]]


def test_a_source_that_fails_takes_its_own_tile_and_keeps_the_last_picture(page: Page) -> None:
    opened(page)
    before = page.inner_text("[data-tile=figures] .ck-large")

    def without_figures(route: Route) -> None:
        answer = route.fetch()
        found: Any = answer.json()
        for name in ("figures", "briefs"):
            if name in found["tiles"]:
                found["tiles"][name] = {"at": found["at"], "error": "unavailable", "data": None}
        route.fulfill(response=answer, json=found)

    page.route("**/api/v1/cockpit?*", without_figures)
    page.evaluate("hall.cockpit.look()")
    page.wait_for_selector("[data-tile=figures] .ck-age.gone, [data-tile=streets] .ck-age.gone", state="attached")
    assert page.inner_text("[data-tile=figures] .ck-large") == before
    assert page.locator("[data-tile=events] .ck-age.gone").count() == 0
    page.unroute("**/api/v1/cockpit?*")
    page.route("**/api/v1/cockpit?*", lambda route: route.abort())
    page.evaluate("hall.cockpit.look()")
    page.wait_for_selector("[data-tile=events] .ck-age.gone", state="attached")
    assert page.inner_text("[data-tile=figures] .ck-large") == before
    page.unroute("**/api/v1/cockpit?*")
    page.evaluate("hall.cockpit.look()")
    page.wait_for_function("!document.querySelector('.ck-age.gone')")


def test_key_places_are_searched_beside_their_map(page: Page) -> None:
    opened(page)
    page.click("[data-tile=places] header .ck-link")
    page.wait_for_selector(".ck-sheet .ck-rows a")
    total = page.evaluate("hall.cockpit.all().places.total")
    assert str(total) in page.inner_text(".ck-sheet > header small").replace(",", "")
    page.click(".ck-sheet .ck-kind:has-text('消防站')")
    page.wait_for_function("() => [...document.querySelectorAll('.ck-sheet .ck-rows a span')].every((one) => one.textContent === '消防站')")
    page.fill(".ck-sheet input[type=search]", "没有这个地方")
    page.wait_for_selector(".ck-sheet .ck-said")
    page.click(".ck-sheet > header .icon-button")
    assert not page.evaluate("document.querySelector('.ck-sheet').open")


def test_it_prints_on_one_page_in_the_light_theme(page: Page) -> None:
    opened(page)
    page.evaluate("hall.cockpit.paper()")
    content = page.pdf(prefer_css_page_size=True, print_background=True)
    assert len(re.findall(rb"/Type\s*/Page\b", content)) == 1
    boxes = re.findall(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", content)
    assert {(round(float(width)), round(float(height))) for width, height in boxes} == {(842, 595)}


def test_nobody_is_shut_out(page: Page) -> None:
    opened(page)
    for theme in ("dark", "light"):
        page.evaluate("(theme) => { document.documentElement.dataset.theme = theme; }", theme)
        page.wait_for_timeout(300)
        found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa"]})
        assert [(one["id"], [node["html"][:160] for node in one["nodes"]][:3]) for one in found["violations"]] == []
