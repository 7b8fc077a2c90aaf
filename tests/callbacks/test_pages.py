"""Sign-in page, documents, administration."""

import re

from services.rights import Role
from tests.callbacks.conftest import Desk

SCRIPT = re.compile(r"_dash-component-suites/([a-z_]+)/")


def test_the_sign_in_page_says_what_was_wrong_and_keeps_the_place(desk: Desk) -> None:
    client = desk.app.client()
    page = client.get("/login?refused=locked&until=2026-11-23T02:30:00%2B00:00&next=/%23z=15").get_data(as_text=True)
    assert "账号已锁定至 10:30" in page
    assert 'value="/#z=15"' in page
    assert "演示账号" in page
    assert "用户名或密码不正确" in client.get("/login?refused=wrong").get_data(as_text=True)
    assert "登录已过期" in client.get("/login?expired=1").get_data(as_text=True)


def test_a_foreign_address_is_no_place_to_go_on_to(desk: Desk) -> None:
    assert 'value="/"' in desk.app.client().get("/login?next=//evil.example/x").get_data(as_text=True)
    assert "<script>alert" not in desk.app.client().get("/login?next=/%22><script>alert(1)</script>").get_data(as_text=True)


def test_a_language_chosen_at_the_sign_in_stays(desk: Desk) -> None:
    answer = desk.app.client().get("/login?lang=en")
    assert "Sign in" in answer.get_data(as_text=True)
    assert "hall_lang=en" in answer.headers["Set-Cookie"]


def test_the_streets_behind_the_form_are_a_drawing(desk: Desk) -> None:
    answer = desk.app.client().get("/login/ground.svg")
    assert answer.mimetype == "image/svg+xml"
    assert "<path" in answer.get_data(as_text=True)


def test_a_document_carries_language_theme_and_only_its_own_libraries(desk: Desk) -> None:
    client = desk.app.client("dispatcher")
    client.set_cookie("hall_theme", "light")
    page = client.get("/").get_data(as_text=True)
    assert '<html lang="zh-CN" data-theme="light">' in page
    assert set(SCRIPT.findall(page)) == {"dash", "dash_leaflet"}
    office = desk.app.client("system_admin").get("/admin/").get_data(as_text=True)
    assert set(SCRIPT.findall(office)) == {"dash", "dash_ag_grid"}
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "https://" not in page


def act(desk: Desk, who: str, name: str, account_id: int, **given: str) -> str:
    """What the administration says to an act."""
    state = {"admin-grid.selectedRows": [{"id": str(account_id)}] if account_id else None, "admin-rows.data": 0}
    answer = desk.call(who, "admin-result.children", {"admin-act.data": {"act": name, "given": given, "n": 1}}, state, path="/admin/")
    said: str = answer["response"]["admin-result"]["children"]["props"]["children"][1]
    return said


def rows(desk: Desk, username: str) -> dict[str, dict[str, str]]:
    answer = desk.call(username, "admin-grid.rowData", {"admin-rows.data": 0}, path="/admin/")
    return {row["username"]: row for row in answer["response"]["admin-grid"]["rowData"]}


def test_one_administrator_creates_and_another_gives_rights(desk: Desk) -> None:
    assert act(desk, "system_admin", "create", 0, username="new_worker", display_name="新人", password="Short1") == (
        "密码至少 10 位，含大写、小写、数字、其他中的三类，且不含用户名。"
    )
    assert act(desk, "system_admin", "create", 0, username="new_worker", display_name="新人", password="Long-Enough-1") == "账号已创建。"
    assert (
        act(desk, "system_admin", "create", 0, username="new_worker", display_name="新人", password="Long-Enough-1")
        == "这个用户名已被使用。"
    )
    account = rows(desk, "security_admin")["new_worker"]
    assert account["role"] == "公众"
    account_id = int(account["id"])
    assert "不允许" in act(desk, "system_admin", "rights", account_id, role="worker", scope="990000001")
    assert act(desk, "security_admin", "rights", account_id, role="worker", scope="990000001") == "角色与范围已更新。"
    assert rows(desk, "security_admin")["new_worker"]["scope"] == "街道1 990000001"
    assert act(desk, "security_admin", "rights", account_id, role="worker", scope="123456") == "范围必须是已有区划的编码；管理员不设范围。"
    assert act(desk, "system_admin", "stop", account_id) == "账号已停用。"
    assert rows(desk, "system_admin")["new_worker"]["state"] == "已停用"


def test_the_trail_is_for_the_audit_administrator(desk: Desk) -> None:
    query = {"audit-query.data": {"action": "account_create", "days": "7"}}
    lines = desk.call("audit_admin", "admin-grid.rowData", query, {"audit-last.data": None}, path="/admin/")["response"]["admin-grid"][
        "rowData"
    ]
    assert {line["action"] for line in lines} <= {"新建账号"}
    for role in (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.DISPATCHER):
        answer = desk.call(role.value, "admin-grid.rowData", query, {"audit-last.data": None}, path="/admin/")
        assert "admin-grid" not in answer.get("response", {})
