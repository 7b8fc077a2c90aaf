"""The dictionary page without a browser: staff reads, the system administrator changes, nobody else sees it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from geodata.dictionary.load import load
from tests.callbacks.conftest import Desk

PATH = "/dictionary/"
TABLES = ("duty_rule", "department", "case_standard", "work_day")


@pytest.fixture(scope="module")
def book(desk: Desk) -> Iterator[Desk]:
    """The pages over the district with the dictionary in it; afterwards as before."""
    with desk.app.pool.connection() as conn:
        load(conn)
    yield desk
    with desk.app.pool.connection() as conn:
        for table in TABLES:
            conn.execute(f"DELETE FROM hall.{table}")
        conn.execute("DELETE FROM hall.event_class WHERE sub_code IS NOT NULL")
        conn.execute("DELETE FROM hall.event_sub_class")
        conn.execute("DELETE FROM hall.fact WHERE key IN ('dictionary', 'working_time')")


def text(answer: Any) -> str:
    return json.dumps(answer, ensure_ascii=False)


def act(desk: Desk, who: str, name: str, key: str = "", **more: object) -> tuple[str, bool]:
    """What the page says to an act, and whether it says that something has changed."""
    asked = {"act": name, "key": key, "given": {}, "standards": [], "n": 7, **more}
    response = desk.call(who, "dict-result.children", {"dict-act.data": asked}, path=PATH)["response"]
    return str(response["dict-result"]["children"]["props"]["children"][1]), "dict-sheet-rows" in response


def sheet(desk: Desk, who: str, code: str) -> str:
    return text(desk.call(who, "dict-editor.children", {"dict-pick.data": {"code": code}, "dict-sheet-rows.data": 0}, path=PATH))


@pytest.mark.parametrize(
    ("who", "seen"), [("dispatcher", True), ("worker", True), ("system_admin", True), ("audit_admin", False), ("citizen", False)]
)
def test_staff_and_the_system_administrator_see_the_page(book: Desk, who: str, *, seen: bool) -> None:
    layout = book.app.client(who).get(f"{PATH}_dash-layout").get_data(as_text=True)
    assert ("dict-tree" in layout) == seen
    answer = book.call(who, "dict-tree-drawn.data", {"dict-rows.data": None}, path=PATH)
    assert ("暴露垃圾" in text(answer)) == seen


def test_the_tree_shows_its_live_counts(book: Desk) -> None:
    answer = text(book.call("dispatcher", "dict-counts.children", {"dict-rows.data": None}, path=PATH))
    # the district brought a class of its own under the code 0101
    assert all(f'"children": "{number}"' in answer for number in (7, 61, 234))


def test_only_the_system_administrator_gets_fields(book: Desk) -> None:
    read, edit = sheet(book, "dispatcher", "P102"), sheet(book, "system_admin", "P102")
    assert "缺失、移位、破裂有危险" in read
    assert "data-standard" not in read
    assert "data-standard" in edit
    assert "change_class" in edit


def test_a_class_is_saved_and_another_role_is_refused(book: Desk) -> None:
    given = {"name": "道路不洁", "sub_code": "C01", "kind": "event", "kind_group": "garbage", "default_level": "0", "enabled": "true"}
    row = {"id": "", "condition": "路面油污", "closing": "清洗干净", "limit_value": "1.5", "limit_unit": "work_hour"}
    blank = {"id": "", "condition": " ", "closing": "", "limit_value": "", "limit_unit": "work_day"}
    assert act(book, "dispatcher", "change_class", "0104", given=given, standards=[row])[1] is False
    assert act(book, "system_admin", "change_class", "0104", given=given, standards=[row, blank]) == ("已保存。", True)
    assert "路面油污" in sheet(book, "worker", "0104")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"limit_value": "0"}, "时限需大于 0，最多 1000。"),
        ({"limit_value": "two"}, "时限需大于 0，最多 1000。"),
        ({"condition": ""}, "立案条件需为 1–300 字。"),
        ({"closing": "长" * 301}, "结案条件需为 1–300 字。"),
    ],
)
def test_what_cannot_be_saved_is_said_in_words(book: Desk, changed: dict[str, str], said: str) -> None:
    given = {"name": "道路遗撒", "sub_code": "C01", "kind": "event", "kind_group": "", "default_level": "0", "enabled": "true"}
    row = {"id": "", "condition": "有", "closing": "完", "limit_value": "1", "limit_unit": "work_hour"} | changed
    assert act(book, "system_admin", "change_class", "0112", given=given, standards=[row]) == (said, False)


def test_the_calculator_says_when_a_case_filed_before_the_holiday_is_due(book: Desk) -> None:
    asked = {"dict-due-ask.data": {"code": "0110", "filed_at": "2026-09-30T16:00"}}
    said = text(book.call("dispatcher", "dict-due.children", asked, path=PATH))
    assert "2026年10月13日 周二 16:00 到期" in said  # two hours on 30 September, then 8, 9, 10, 12 and 13 October
    assert "跨休息日 8 天" in said
    one = {
        "dict-sum-ask.data": {"filed_at": "2026-09-30T16:00", "limit_value": "1", "limit_unit": "work_day"},
        "dict-calendar-rows.data": 0,
    }
    assert "2026年10月8日 周四 16:00 到期" in text(book.call("dispatcher", "dict-sum.children", one, path=PATH))
    late = {
        "dict-sum-ask.data": {"filed_at": "2045-03-03T16:00", "limit_value": "1", "limit_unit": "work_day"},
        "dict-calendar-rows.data": 0,
    }
    assert "2045 年节假日未收录，只按周末计算" in text(book.call("dispatcher", "dict-sum.children", late, path=PATH))
    wrong = {"dict-sum-ask.data": {"filed_at": "", "limit_value": "x", "limit_unit": "work_day"}, "dict-calendar-rows.data": 0}
    assert "无法计算" in text(book.call("dispatcher", "dict-sum.children", wrong, path=PATH))


def test_a_day_is_decided_and_given_back(book: Desk) -> None:
    year = {"dict-year.data": {"year": 2026, "day": "2026-10-01"}, "dict-calendar-rows.data": 0}
    shown = text(book.call("dispatcher", "dict-calendar-drawn.data", year, path=PATH))
    assert "2026-10-01 · 休息 · 节假日 · 国庆节" in shown
    assert "工作 248 天 · 休息 117 天" in shown
    assert act(book, "system_admin", "put_day", "2026-12-25", given={"working": "false", "note": "设备检修"}) == ("这一天已保存。", True)
    assert "2026-12-25 · 休息 · 本地规定 · 设备检修" in text(book.call("worker", "dict-calendar-drawn.data", year, path=PATH))
    assert act(book, "system_admin", "delete_day", "2026-12-25") == ("已恢复公共日历。", True)
    assert act(book, "system_admin", "put_hours", given={"spans": "17:00-09:00", "day_hours": "8"})[1] is False


def test_departments_and_rules_are_kept(book: Desk) -> None:
    shown = text(
        book.call("dispatcher", "dict-departments.children", {"dict-department.data": None, "dict-department-rows.data": 0}, path=PATH)
    )
    assert "街道1办事处" in shown
    given = {"code": "parks", "name": "公园管理处", "kind": "bureau", "scope": "", "phone": "", "enabled": "true"}
    assert act(book, "system_admin", "create_department", given=given) == ("部门已新增。", True)
    assert act(book, "system_admin", "create_department", given=given) == ("这个代码已被使用。", False)
    with book.app.pool.connection() as conn:
        lead = conn.execute("SELECT id FROM hall.department WHERE code = 'parks'").fetchone()[0]
    rule = {"subject": "P117", "area": "", "lead": str(lead), "helper_0": "", "helper_1": str(lead)}
    assert act(book, "system_admin", "put_rule", given=rule) == ("规则已保存。", True)
    picked = {"dict-pick.data": {"code": "P117"}, "dict-sheet-rows.data": 0}
    assert "公园管理处" in text(book.call("dispatcher", "dict-duty.children", picked, path=PATH))
    assert act(book, "system_admin", "delete_rule", rule="P117@") == ("规则已删除，改由更大范围的规则决定。", True)


def done(desk: Desk, name: str, key: str = "", **more: object) -> dict[str, Any]:
    """Which parts of the page an act draws anew."""
    asked = {"act": name, "key": key, "given": {}, "standards": [], "n": 9, **more}
    return dict(desk.call("system_admin", "dict-result.children", {"dict-act.data": asked}, path=PATH)["response"])


def drawn(desk: Desk) -> str:
    return text(desk.call("system_admin", "dict-tree-drawn.data", {"dict-rows.data": 1}, path=PATH)["response"]["dict-tree-drawn"])


def test_a_save_draws_nothing_anew_but_what_it_has_changed(book: Desk) -> None:
    given = {"name": "道路遗撒", "sub_code": "C01", "kind": "event", "kind_group": "", "default_level": "0", "enabled": "true"}
    row = {"id": "", "condition": "有", "closing": "完", "limit_value": "1", "limit_unit": "work_hour"}
    saved = done(book, "change_class", "0112", given=given, standards=[row])
    assert saved.keys() == {"dict-result", "dict-rows", "dict-sheet-rows"}
    day = done(book, "put_day", "2026-12-24", given={"working": "false", "note": "检修"})
    assert day.keys() == {"dict-result", "dict-sheet-rows", "dict-calendar-rows"}
    assert done(book, "delete_day", "2026-12-24").keys() == {"dict-result", "dict-sheet-rows", "dict-calendar-rows"}


def test_tree_and_calendar_come_as_plain_lists_that_dash_does_not_watch(book: Desk) -> None:
    assert "dash_html_components" not in drawn(book)
    assert '["button", {' in drawn(book)
    assert '"data-dict-class": "0104"' in drawn(book)


def test_a_sub_class_is_added_renamed_and_takes_its_place_in_the_tree(book: Desk) -> None:
    asked = {"dict-pick.data": {"new_sub": "city"}, "dict-sheet-rows.data": 0}
    form = text(book.call("system_admin", "dict-editor.children", asked, path=PATH))
    assert "create_sub_class" in form
    made = done(book, "create_sub_class", "city", given={"code": "c98", "name": "夜间经济"})
    assert made["dict-pick"]["data"]["edit_sub"] == "C98"
    assert "夜间经济" in drawn(book)
    assert "dict-rows" in done(book, "rename_sub_class", "C98", given={"name": "夜市"})
    assert "夜市" in drawn(book)
    assert "rename_sub_class" in text(
        book.call("system_admin", "dict-editor.children", {"dict-pick.data": {"edit_sub": "C98"}, "dict-sheet-rows.data": 0}, path=PATH)
    )
    assert "dict-rows" not in done(book, "create_sub_class", "city", given={"code": "C98", "name": "又一个"})
    assert "dict-rows" not in done(book, "create_sub_class", "nowhere", given={"code": "C97", "name": "又一个"})
