"""The page of indicators as a shift leader uses it: abnormal first, one in full, a warning handled, figures handed in."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Page, expect

from geodata.db import open_pool
from services.indicators import schedule
from tests.conftest import City
from tests.serving import Served

CSV = "code,area,period,value\nEC-12,,2026-06,31.5\nEC-12,,2026-07,keine\n"


@pytest.fixture(scope="module")
def page(chromium: Browser, server: Served, city: City) -> Iterator[Page]:
    pool = open_pool(city.url)
    schedule.step(pool, datetime.now(UTC))
    pool.close()
    context = chromium.new_context(viewport={"width": 1600, "height": 900}, extra_http_headers=city.token("shift_leader"))
    opened = context.new_page()
    opened.set_default_timeout(20_000)
    yield opened
    context.close()


def test_nine_cells_the_abnormal_first_and_one_in_full(page: Page, server: Served) -> None:
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(f"{server.url}/indicators/")
    expect(page.locator(".in-cell")).to_have_count(9)
    expect(page.locator(".in-line")).to_have_count(197)
    expect(page.locator(".in-line.none .in-nothing").filter(has_text="暂无数据").first).to_be_attached()
    first = page.locator(".in-why-row").first
    why = first.locator(".in-why-text").inner_text()
    first.click()
    expect(page.locator(".in-head .in-why")).to_have_text(why)
    expect(page.locator(".in-meaning")).to_contain_text("公式")
    assert "code=" in page.url
    page.locator(".in-line[data-code='CM-03']").click()
    expect(page.locator(".in-head h2")).to_have_text("城市管理按期结案率")
    expect(page.locator(".in-part svg.chart-lines .ch-threshold")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator(".in-side-title").first).to_have_text("异常指标")
    assert faults == []


def test_a_warning_is_acknowledged_and_handled(page: Page, server: Served) -> None:
    page.goto(f"{server.url}/indicators/")
    page.locator(".in-why-row").first.click()
    page.get_by_role("button", name="签收", exact=True).click()
    expect(page.locator(".in-warning-head b")).to_have_text("已签收，处置中")
    page.get_by_role("button", name="登记处置", exact=True).click()
    expect(page.locator(".in-form .in-told")).to_contain_text("请填写处置说明")
    page.locator(".in-form textarea").fill("已通知责任部门")
    page.get_by_role("button", name="登记处置", exact=True).click()
    expect(page.locator(".in-warning-head b")).to_have_text("已处置，待恢复")
    expect(page.locator(".in-steps")).to_contain_text("已通知责任部门")


def test_figures_are_handed_in_by_file(page: Page, server: Served) -> None:
    page.goto(f"{server.url}/indicators/?view=intake")
    page.locator(".in-side input[type=file]").set_input_files({"name": "values.csv", "mimeType": "text/csv", "buffer": CSV.encode()})
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.locator(".in-sums")).to_contain_text("新增 1")
    expect(page.locator(".in-refused")).to_contain_text("数值不是数字")
    page.locator(".in-line[data-code='EC-12']").click()
    expect(page.locator(".in-big")).to_have_text("31.5亿元")
