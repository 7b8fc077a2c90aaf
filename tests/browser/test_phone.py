"""The worker's phone and the desk side by side: a case from the report to the evaluation, with and without a connection. Nothing is lost, nothing counts twice."""

import io
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import psycopg
import pytest
from axe_core_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Geolocation, Page, Route, ViewportSize, expect

from geodata.city.accounts import ACCOUNTS
from tests.browser.test_desk_access import RULES
from tests.conftest import City
from tests.serving import Served

pytestmark = pytest.mark.browser
SIZE: ViewportSize = {"width": 390, "height": 844}
WAIT_MS = 30_000
SMALLEST_PX = 44
expect.set_options(timeout=WAIT_MS)
COLOURS = itertools.count(10, 7)
VIBRATES = "window.shaken = []; navigator.vibrate = (pattern) => { window.shaken.push(pattern); return true; };"


@dataclass
class Field:
    """The desk's interface and one phone. The worker's home is the middle of the own grid."""

    server: Served
    city: City
    browser: Browser
    worker: dict[str, Any]
    contexts: list[BrowserContext] = field(default_factory=list)

    def ask(self, who: str, method: str, path: str, body: object = None) -> Any:
        answer = httpx.request(method, self.server.url + path, json=body, headers=self.city.token(who), timeout=60)
        assert answer.is_success, f"{who} {method} {path}: {answer.status_code} {answer.text[:300]}"
        return answer.json()

    def act(self, who: str, event_id: int, action: str, **more: object) -> Any:
        version = self.ask(who, "GET", f"/api/v1/events/{event_id}")["version"]
        return self.ask(who, "POST", f"/api/v1/events/{event_id}/actions", {"action": action, "version": version, **more})

    def case(self, event_id: int) -> Any:
        return self.ask("shift_leader", "GET", f"/api/v1/events/{event_id}")

    def actions(self, event_id: int) -> list[str]:
        return [line["action"] for line in self.case(event_id)["log"]]

    def report(self) -> int:
        """A case that a citizen reported by telephone, filed under its class."""
        code = self.classes()[0]["code"]
        place = {"lon": self.worker["grid_lon"], "lat": self.worker["grid_lat"], "crs_checked": True}
        told = {
            "source": "hotline12345",
            "class_code": code,
            "description": "路面塌陷约 2 平方米。",
            "place_text": "菜市场后门",
            "level": 3,
        }
        event_id = self.ask("acceptor", "POST", "/api/v1/events", told | place)["id"]
        standard = self.ask("dispatcher", "GET", f"/api/v1/dictionary/{code}")["standards"][0]["id"]
        self.act("dispatcher", event_id, "file", standard_id=standard)
        return int(event_id)

    def send(self, event_id: int) -> int:
        """Send the worker; return the task."""
        sent = self.act("dispatcher", event_id, "dispatch", workers=[self.worker["id"]], order_text="先围挡，再报市政。")
        return int(sent["tasks"][-1]["id"])

    def classes(self) -> list[dict[str, Any]]:
        tree = self.ask("dispatcher", "GET", "/api/v1/dictionary")
        return [one for major in tree["majors"] for sub in major["sub_classes"] for one in sub["classes"]]

    def context(self, who: str = "worker", **options: Any) -> BrowserContext:
        """A phone's browser, signed in."""
        place: Geolocation = {"longitude": self.worker["grid_lon"], "latitude": self.worker["grid_lat"], "accuracy": 8}
        made = self.browser.new_context(
            viewport=SIZE, device_scale_factor=2, is_mobile=True, has_touch=True, permissions=["geolocation"], geolocation=place, **options
        )
        made.set_default_timeout(WAIT_MS)
        made.add_init_script(VIBRATES)
        self.contexts.append(made)
        if who:
            account = self.city.accounts[who]
            assert made.request.post(f"{self.server.url}/api/v1/session", data={key: account[key] for key in ("username", "password")}).ok
        return made

    def phone(self, who: str = "worker", **options: Any) -> Page:
        page = self.context(who, **options).new_page()
        page.goto(f"{self.server.url}/m/")
        page.wait_for_selector(".card.duty, .empty, .sign-in")
        return page

    def offline_phone(self) -> Page:
        """A phone whose service worker has everything that the page needs."""
        page = self.phone()
        page.wait_for_function("navigator.serviceWorker.controller || navigator.serviceWorker.ready.then(() => false)")
        page.wait_for_function("navigator.serviceWorker.controller")
        return page


@pytest.fixture
def outside(chromium: Browser, server: Served, city: City) -> Iterator[Field]:
    made = Field(server, city, chromium, {})
    made.worker = made.ask("worker", "PUT", "/api/v1/me/worker", {"on_duty": True})["worker"]
    yield made
    for context in made.contexts:
        context.close()


def photo() -> Any:
    """A photo as a camera makes it, each of its own colour."""
    out = io.BytesIO()
    Image.new("RGB", (2400, 1800), (next(COLOURS) % 256, 120, 160)).save(out, "JPEG")
    return {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


def press(page: Page, words: str) -> None:
    page.locator(".actions").get_by_text(words, exact=True).click()


def open_task(page: Page, task_id: int) -> None:
    page.locator(f"[data-task='{task_id}']").click()


def fill_result(page: Page, words: str) -> None:
    press(page, "提交处置结果")
    page.set_input_files("input[data-kind=before]", photo())
    page.set_input_files("input[data-kind=after]", photo())
    page.get_by_role("button", name="临时围挡").click()
    page.get_by_label("说明").fill(words)
    expect(page.locator("figure.slot")).to_have_count(2)


def sent(page: Page) -> None:
    """Wait until nothing waits."""
    expect(page.locator(".entry.waiting")).to_have_count(0)


def test_a_case_from_the_report_to_the_evaluation(outside: Field) -> None:
    desk_context = outside.browser.new_context(viewport={"width": 1366, "height": 768})
    outside.contexts.append(desk_context)
    account = outside.city.accounts["dispatcher"]
    desk_context.request.post(f"{outside.server.url}/api/v1/session", data={key: account[key] for key in ("username", "password")})
    desk = desk_context.new_page()
    desk.goto(outside.server.url)
    desk.wait_for_function("window.hall && hall.live && hall.live.state() === 'open'", timeout=60_000)
    desk.evaluate(
        "() => { window.heard = []; hall.on('live', (change) => heard.push([change.row_id, change.feature && change.feature.properties.state])); }"
    )
    page = outside.phone()
    page.wait_for_function("document.querySelector('.mark.good')")

    event_id = outside.report()
    task_id = outside.send(event_id)
    expect(page.locator(".banner")).to_contain_text("新任务")
    assert page.evaluate("window.shaken.length") > 0
    page.locator(".banner a").click()
    expect(page.locator(".facts")).to_contain_text("菜市场后门")
    expect(page.locator(".facts")).to_contain_text("先围挡，再报市政。")
    press(page, "接单")
    expect(page.locator(".steps .now")).to_have_text("到场")
    desk.wait_for_function("([id]) => heard.some(([row]) => row === id)", arg=[event_id])
    expect(page.locator(".eta")).to_be_visible()
    press(page, "到场")
    press_after = page.locator(".actions a.primary")
    expect(press_after).to_be_visible()
    fill_result(page, "已围挡并放置警示灯。")
    page.reload()
    expect(page.locator("figure.slot")).to_have_count(2)
    press(page, "提交核查")
    expect(page.locator(".segments")).to_be_visible()
    sent(page)
    desk.wait_for_function("([id]) => heard.some(([row, state]) => row === id && state === 'checking')", arg=[event_id])

    case = outside.case(event_id)
    assert case["state"] == "checking"
    assert {file["kind"] for file in case["attachments"]} == {"before", "after"}
    assert all(file["taken_at"] and abs(file["lon"] - outside.worker["grid_lon"]) < 1e-4 for file in case["attachments"])
    task = next(one for one in case["tasks"] if one["id"] == task_id)
    assert task["delivered_at"] <= task["accepted_at"] <= task["arrived_at"] <= task["finished_at"]
    assert task["result"] == "临时围挡：已围挡并放置警示灯。"
    outside.act("acceptor", event_id, "check", opinion="照片属实")
    outside.act("shift_leader", event_id, "close")
    outside.act("acceptor", event_id, "callback", opinion="来电人满意", satisfied=5)
    outside.act("shift_leader", event_id, "evaluate", score=95)
    case = outside.case(event_id)
    assert case["state"] == "evaluated"
    wanted = ["report", "file", "dispatch", "receive", "handle", "feedback", "check", "close", "callback", "evaluate"]
    assert [action for action in outside.actions(event_id) if action in wanted] == wanted
    assert case["people"]["solved"]
    assert case["people"]["checked"]
    page.get_by_role("tab", name="已完成").click()
    open_task(page, task_id)
    expect(page.locator(".steps .done")).to_have_count(5)


def test_entered_without_a_connection_it_is_sent_once_and_in_order(outside: Field) -> None:
    page = outside.offline_phone()
    event_id = outside.report()
    task_id = outside.send(event_id)
    page.locator(f"[data-task='{task_id}']").wait_for()
    page.context.set_offline(True)
    open_task(page, task_id)
    press(page, "接单")
    press(page, "到场")
    fill_result(page, "断网时处置完毕。")
    press(page, "提交核查")
    expect(page.locator(".entry.waiting")).to_have_count(3)
    expect(page.locator(".condition-line:visible")).to_contain_text("3 项待上传")
    page.reload()
    expect(page.locator(".entry.waiting")).to_have_count(3)
    assert "receive" not in outside.actions(event_id)
    page.context.set_offline(False)
    sent(page)
    actions = outside.actions(event_id)
    assert [action for action in actions if action in {"receive", "handle", "feedback"}] == ["receive", "handle", "feedback"]
    assert len(outside.case(event_id)["attachments"]) == 2


def test_an_answer_that_got_lost_counts_once(outside: Field) -> None:
    page = outside.phone(service_workers="block")
    event_id = outside.report()
    task_id = outside.send(event_id)
    lost: list[int] = []

    def lose(route: Route) -> None:
        if len(lost) < 2 and "accept" in (route.request.post_data or ""):
            lost.append(route.fetch().status)
            route.abort()
        else:
            route.continue_()

    page.route("**/api/v1/tasks/*/actions", lose)
    open_task(page, task_id)
    press(page, "接单")
    expect(page.locator(".steps .now")).to_have_text("到场")
    page.get_by_label("返回").click()
    sent(page)
    assert lost
    assert set(lost) == {200}
    assert outside.actions(event_id).count("receive") == 1
    expect(page.locator(f"[data-task='{task_id}']")).to_contain_text("已接单")


def test_a_case_that_ended_meanwhile_is_explained_until_it_was_read(outside: Field) -> None:
    page = outside.offline_phone()
    event_id = outside.report()
    task_id = outside.send(event_id)
    page.locator(f"[data-task='{task_id}']").wait_for()
    page.context.set_offline(True)
    open_task(page, task_id)
    press(page, "接单")
    outside.act("shift_leader", event_id, "force_close", opinion="已由市政处置")
    page.context.set_offline(False)
    page.locator(".banner button").click()
    page.locator("a.condition.alarm:visible").click()
    page.locator(".entry.stopped").click()
    expect(page.locator(".sheet")).to_contain_text("不用再去")
    page.keyboard.press("Escape")
    page.reload()
    page.locator(".entry.stopped").click()
    page.get_by_text("知道了").click()
    expect(page.locator(".entry.stopped")).to_have_count(0)
    expect(page.locator(".messages")).to_contain_text("任务已撤回")
    assert "receive" not in outside.actions(event_id)


def choose_class(page: Page, name: str) -> None:
    page.locator("#class").click()
    page.get_by_role("searchbox").fill(name)
    page.locator(".item").filter(has_text=name).first.click()


def newest(outside: Field, source: str) -> Any:
    with psycopg.connect(outside.city.url) as conn:
        row = conn.execute("SELECT max(id) FROM hall.event WHERE source = %s", [source]).fetchone()
    assert row
    return outside.case(row[0])


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


def test_a_session_that_is_over_loses_nothing(outside: Field) -> None:
    page = outside.phone()
    event_id = outside.report()
    task_id = outside.send(event_id)
    open_task(page, task_id)
    page.context.clear_cookies()
    press(page, "接单")
    expect(page.locator(".condition-line:visible")).to_contain_text("登录已过期")
    page.locator(".condition-line:visible").get_by_text("登录", exact=True).click()
    page.get_by_label("密码").fill(outside.city.accounts["worker"]["password"])
    page.locator(".sheet .primary").click()
    page.locator(".segments").wait_for()
    sent(page)
    expect(page.locator(f"[data-task='{task_id}']")).to_contain_text("已接单")
    assert outside.actions(event_id).count("receive") == 1


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
