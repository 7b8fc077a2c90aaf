"""The worker's phone and the desk side by side: a case from the report to the evaluation, with and without a connection. Nothing is lost, nothing counts twice."""

import pytest
from playwright.sync_api import Route, expect

from tests.browser.street import Field, fill_result, open_task, press, sent

pytestmark = pytest.mark.browser


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
