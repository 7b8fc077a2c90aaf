"""The worker's phone by itself: reports, positions by consent, signing in, big targets, English."""

import re
from typing import Any

import psycopg
import pytest
from axe_core_python.sync_playwright import Axe
from playwright.sync_api import expect

from geodata.city.accounts import ACCOUNTS
from tests.browser.street import SIZE, Field, choose_class, newest, photo, press, sent
from tests.browser.test_desk_access import RULES

pytestmark = pytest.mark.browser
SMALLEST_PX = 44


def test_report_by_search_photo_and_position(outside: Field) -> None:
    page = outside.phone()
    page.locator("[data-tab=report]").click()
    submit = page.locator(".actions .primary")
    expect(submit).to_be_disabled()
    expect(page.locator(".hint")).to_have_text("拍一张现场照片可提交")
    page.set_input_files("input[data-kind=near]", {"name": "x.jpg", "mimeType": "image/jpeg", "buffer": b"no photo"})
    expect(page.locator("#toast")).to_contain_text("这不是照片")
    page.set_input_files("input[data-kind=near]", photo())
    name = outside.classes()[5]["name"]
    choose_class(page, name)
    page.get_by_label("地点说明").fill("菜市场后门")
    page.get_by_label("情况").fill("堆了两天。")
    page.context.set_offline(True)
    submit.click()
    expect(page.locator(".entry.waiting")).to_have_count(1)
    page.context.set_offline(False)
    sent(page)
    case = newest(outside, "grid_patrol")
    assert (case["class_name"], case["description"], case["state"]) == (name, "堆了两天。", "reported")
    assert abs(case["lon"] - outside.worker["grid_lon"]) < 1e-6
    assert [file["kind"] for file in case["attachments"]] == ["near"]
    page.locator("[data-tab=messages]").click()
    expect(page.locator(".messages")).to_contain_text(case["case_no"])


def test_what_was_solved_on_the_spot_is_closed_at_once(outside: Field) -> None:
    page = outside.phone()
    page.locator("[data-tab=report]").click()
    press(page, "自办自结")
    page.set_input_files("input[data-kind=before]", photo())
    page.set_input_files("input[data-kind=after]", photo())
    choose_class(page, outside.classes()[9]["name"])
    page.get_by_label("处置情况").fill("已劝离并清扫。")
    page.locator(".actions .primary").click()
    page.locator(".segments").wait_for()
    sent(page)
    page.locator("[data-tab=messages]").click()
    expect(page.locator(".messages")).to_contain_text("自办自结")
    case = newest(outside, "grid_self")
    assert (case["state"], case["self_handled"]) == ("closed", True)
    assert {file["kind"] for file in case["attachments"]} == {"before", "after"}


def test_outside_the_own_grid_it_is_reported_and_explained(outside: Field) -> None:
    page = outside.phone()
    with psycopg.connect(outside.city.url) as conn:
        far = conn.execute(
            "SELECT ST_X(point), ST_Y(point) FROM hall.area, ST_PointOnSurface(geom) AS point"
            " WHERE level = 'base_grid' AND starts_with(code, '990000001') AND code <> %s ORDER BY code DESC LIMIT 1",
            [outside.worker["grid_code"]],
        ).fetchone()
    assert far
    page.context.set_geolocation({"longitude": far[0], "latitude": far[1], "accuracy": 8})
    page.locator("[data-tab=report]").click()
    press(page, "自办自结")
    page.set_input_files("input[data-kind=before]", photo())
    page.set_input_files("input[data-kind=after]", photo())
    choose_class(page, outside.classes()[9]["name"])
    page.get_by_label("处置情况").fill("已清扫。")
    page.locator(".actions .primary").click()
    page.locator("a.condition.alarm:visible").click()
    page.locator(".entry.stopped").click()
    expect(page.locator(".sheet")).to_contain_text("只限本网格")
    case = newest(outside, "grid_self")
    assert case["state"] == "reported"
    expect(page.locator(".sheet")).to_contain_text(case["case_no"])
    page.get_by_text("知道了").click()


def test_positions_are_shared_by_consent_only(outside: Field) -> None:
    page = outside.phone()
    page.locator("[data-tab=me]").click()
    switch = page.get_by_role("switch", name="共享位置")
    expect(switch).to_have_attribute("aria-checked", "false")
    switch.click()
    expect(page.locator(".sheet")).to_contain_text("随时关闭")
    page.get_by_text("同意共享").click()
    expect(page.get_by_role("switch", name="共享位置")).to_have_attribute("aria-checked", "true")
    with psycopg.connect(outside.city.url, autocommit=True) as conn:
        since = conn.execute("SELECT now()").fetchone()
        for _ in range(60):
            page.wait_for_timeout(1_000)
            row = conn.execute(
                "SELECT ST_X(geom), accuracy_m FROM hall.worker_position WHERE worker_id = %s AND accuracy_m IS NOT NULL",
                [outside.worker["id"]],
            ).fetchone()
            if row:
                break
        assert row, since
        assert row[0] == pytest.approx(outside.worker["grid_lon"])
    page.get_by_role("switch", name="共享位置").click()
    expect(page.get_by_role("switch", name="共享位置")).to_have_attribute("aria-checked", "false")
    sent(page)
    assert outside.ask("worker", "GET", "/api/v1/me/worker")["worker"]["sharing_since"] is None


def test_signing_in_on_the_phone_and_an_account_without_a_worker(outside: Field) -> None:
    page = outside.phone("")
    page.get_by_label("用户名").fill("dispatcher")
    page.get_by_label("密码").fill("wrong-password")
    page.get_by_role("button", name="登录").click()
    expect(page.locator(".form-message")).to_have_text("用户名或密码不正确。")
    page.get_by_label("密码").fill(outside.city.accounts["dispatcher"]["password"])
    page.get_by_role("button", name="登录").click()
    expect(page.locator(".empty")).to_contain_text("没有对应的网格员")
    page.get_by_text("退出登录").click()
    expect(page.locator(".sign-in")).to_be_visible()
    page.get_by_role("button", name="EN").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    assert {account.role for account in ACCOUNTS} >= {"worker", "dispatcher"}


TOO_SMALL = """
(least) => Array.from(document.querySelectorAll('button, a, input:not([type=file]), textarea'))
  .filter((node) => node.offsetParent && !node.closest('.maplibregl-control-container'))
  .map((node) => [node.outerHTML.slice(0, 80), node.getBoundingClientRect()])
  .filter(([, box]) => box.height < least || box.width < least).map(([html, box]) => `${html} ${Math.round(box.width)}x${Math.round(box.height)}`)
"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_big_targets_no_sideways_scrolling_no_fault(outside: Field, theme: str) -> None:
    event_id = outside.report()
    task_id = outside.send(event_id)
    context = outside.context()
    context.add_cookies([{"name": "hall_theme", "value": theme, "url": outside.server.url}])
    page = context.new_page()
    for name in ("tasks", f"task/{task_id}", f"task/{task_id}/result", "report", "messages", "me"):
        page.goto(f"{outside.server.url}/m/#/{name}")
        page.wait_for_selector(".page .top")
        page.wait_for_timeout(1_000)
        assert page.evaluate("document.documentElement.scrollWidth") <= SIZE["width"], name
        assert page.evaluate(TOO_SMALL, SMALLEST_PX) == [], name
        found: dict[str, Any] = Axe().run(page, options=RULES)
        assert [f"{rule['id']}: {node['html'][:120]}" for rule in found["violations"] for node in rule["nodes"]] == [], name


def test_the_whole_page_in_english(outside: Field) -> None:
    page = outside.phone()
    page.locator("[data-tab=me]").click()
    page.get_by_text("语言").click()
    for name in ("me", "report", "messages", "tasks"):
        page.locator(f"[data-tab={name}]").click()
        words = page.evaluate(
            "Array.from(document.querySelectorAll('h1, h2, button, .tabs, .hint, label, .setting b')).map((node) => node.textContent).join(' ')"
        )
        assert not re.search("[\u4e00-\u9fff]", words.replace("中文", "")), words
