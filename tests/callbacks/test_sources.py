"""The page of sources and replies: what waits is completed by hand, who is owed a reply gets it once."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from geodata import credentials
from services.intake import Received, receive
from services.report import Report
from services.rights import Reader, Role
from tests import quarter
from tests.callbacks.conftest import Desk, opened
from tests.town import database

PATH = "/sources/"
ACCEPTOR = Reader(1, "acceptor", "受理员", Role.ACCEPTOR, "")


@pytest.fixture(scope="module")
def page(worker_name: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    for url in database(f"hall_test_{worker_name}_sources", quarter.fill):
        made = {}
        with psycopg.connect(url) as conn:
            for role in (Role.ACCEPTOR, Role.LEADER, Role.WORKER):
                made[role.value], digest = credentials.new_token()
                conn.execute(
                    """WITH account AS (INSERT INTO hall.account (username, display_name, role, scope) VALUES (%s, '甲', %s, '') RETURNING id)
                       INSERT INTO hall.token (digest, account_id, note) SELECT %s, id, 'test' FROM account""",
                    [role.value, role.value, digest],
                )
        yield from opened(url, tmp_path_factory.mktemp("sources"), made)


def take(page: Desk, number: str, **given: Any) -> Received:
    values = {"source": "hotline12345", "external_no": number, "class_code": "T201", "place_text": "长街9号", "description": "路灯不亮"}
    with page.app.pool.connection() as conn:
        return receive(conn, Report(**(values | given)), datetime.now(UTC), reader=ACCEPTOR)


def listed(page: Desk, who: str = "acceptor", **asked: object) -> list[dict[str, str]]:
    inputs = {"sources-query.data": asked or None, "sources-rows.data": 0, "tick.n_intervals": 0}
    rows: list[dict[str, str]] = page.call(who, "sources-grid.rowData", inputs, path=PATH)["response"]["sources-grid"]["rowData"]
    return rows


def panel(page: Desk, record_id: int, who: str = "acceptor") -> str:
    inputs = {"sources-grid.selectedRows": [{"id": str(record_id)}], "sources-rows.data": 0}
    return json.dumps(page.call(who, "sources-panel.children", inputs, path=PATH), ensure_ascii=False)


def act(page: Desk, name: str, record_id: int, **given: str) -> str:
    inputs = {"sources-act.data": {"act": name, "record": record_id, "given": given, "n": 1}}
    answer = page.call("acceptor", "sources-result.children", inputs, {"sources-rows.data": 0}, path=PATH)
    return json.dumps(answer, ensure_ascii=False)


def test_what_waits_is_completed_by_hand(page: Desk) -> None:
    kept = take(page, "W1", class_code=None, place_text="说不清", description="请来看看", reporter="赵一二")
    row = next(row for row in listed(page, state="waiting") if row["external_no"] == "W1")
    assert (row["state"], row["source"]) == ("待补全", "12345")
    shown = panel(page, kept.record_id)
    assert "位置不明确" in shown
    assert "类别不明确" in shown
    assert "赵一二" not in shown
    assert "和平楼" in act(page, "find", kept.record_id, place_text="和平楼")
    assert "仍缺位置" in act(page, "complete", kept.record_id, class_code="T201")
    assert "坐标写作" in act(page, "complete", kept.record_id, class_code="T201", position="这里")
    assert "已成案" in act(page, "complete", kept.record_id, class_code="T201", position="113.5430, 22.1930", precision="building")
    assert "已经成案" in act(page, "complete", kept.record_id, class_code="T201")
    assert listed(page, state="waiting") == []


def test_each_source_is_answered_once(page: Desk) -> None:
    taken = take(page, "R1")
    assert "发送回复" in panel(page, taken.record_id)
    assert "发送回复" not in panel(page, taken.record_id, "leader")
    assert "1 至 2000 字" in act(page, "reply", taken.record_id, reply=" ")
    assert "已回复" in act(page, "reply", taken.record_id, reply="已修复")
    assert "已回复过" in act(page, "reply", taken.record_id, reply="再说一次")
    assert "已修复" in panel(page, taken.record_id)
    assert [row["external_no"] for row in listed(page, state="answered")] == ["R1"]


def test_the_page_is_for_the_hall_and_speaks_both_languages(page: Desk) -> None:
    assert "无权" in page.app.client("worker").get(f"{PATH}_dash-layout").get_data(as_text=True)
    client = page.app.client("leader")
    client.set_cookie("hall_lang", "en")
    layout = client.get(f"{PATH}_dash-layout").get_data(as_text=True)
    assert "Sources and replies" in layout
    assert not [letter for letter in layout if "\u4e00" <= letter <= "\u9fff" and letter not in "中文一张图甲"]
