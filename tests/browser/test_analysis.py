"""The page of analysis as a leader uses it: look into a problem, change the period, see where bins are missing, follow a formula to its cases."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.conftest import City
from tests.serving import Served


@pytest.fixture(scope="module")
def page(chromium: Browser, server: Served, city: City) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1600, "height": 1000}, extra_http_headers=city.token("leader"))
    opened = context.new_page()
    opened.set_default_timeout(30_000)
    yield opened
    context.close()


def test_a_problem_is_looked_into_down_to_its_cases(page: Page, server: Served) -> None:
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(f"{server.url}/analysis/?days=365")
    page.locator(".an-table .an-name").first.click()
    expect(page.locator(".an-chip")).to_have_count(1)
    page.locator(".an-table .an-name").first.click()
    expect(page.locator(".an-view.here")).to_have_text("高发区域")
    expect(page.locator(".an-chip")).to_have_count(2)
    number = page.locator(".an-table .an-bar a").first
    count = number.inner_text()
    number.click()
    expect(page.locator(".an-said")).to_have_text(f"{count} 件")
    page.locator(".an-chip").first.click()
    expect(page.locator(".an-chip")).to_have_count(2)
    page.locator("[data-field=days] select, select[data-field=days]").first.select_option("7")
    page.wait_for_url("**days=7**")
    assert faults == []


def test_the_hours_of_the_week_are_drawn_and_stand_as_a_table(page: Page, server: Served) -> None:
    page.goto(f"{server.url}/analysis/?view=hours&days=365")
    expect(page.locator("svg.chart-matrix .ch-cell")).to_have_count(7 * 24)
    page.locator(".an-more summary").click()
    expect(page.locator(".an-more tbody tr")).to_have_count(24)
    page.goto(f"{server.url}/analysis/?view=trend")
    expect(page.locator("svg.chart-lines")).to_have_count(2)


def test_new_bins_stand_on_the_map(page: Page, server: Served) -> None:
    page.goto(f"{server.url}/analysis/?view=garbage_bins&days=365&sites=10")
    expect(page.locator("svg.chart-bars")).to_be_visible()
    expect(page.locator(".an-map .an-pin").first).to_be_visible(timeout=60_000)
    sites = page.locator(".an-map .an-pin").count()
    box = page.locator(".an-map .an-pin").first.bounding_box()
    outer = page.locator(".an-map").bounding_box()
    assert 1 <= sites <= 10
    assert box
    assert outer
    assert outer["x"] < box["x"] < outer["x"] + outer["width"]
    assert outer["y"] < box["y"] < outer["y"] + outer["height"]


def test_a_formula_leads_to_its_cases(page: Page, server: Served) -> None:
    page.goto(f"{server.url}/analysis/?view=performance&object=street&days=365")
    number = page.locator(".an-object[open] .an-rate a").first
    count = number.inner_text()
    number.click()
    expect(page.locator(".an-said")).to_have_text(f"{count} 件")
