"""A case at the desk without a browser: what its panel shows, who can be sent, what acts come to, and what others get to see of it."""

import json
import re
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask_caching import Cache

import pages.index
from api.create import create
from callbacks.context import Context
from geodata.credentials import new_token
from geodata.db import Conn, open_pool
from geodata.settings import Settings
from layers.registry import LAYERS
from services import acts
from services.account_book import AccountBook
from services.mirror_store import MirrorStore
from tests import district, loop
from tests.api.conftest import App
from tests.callbacks.conftest import Desk
from tests.loop import EVENT, LEAD, NEIGHBOUR, SECOND_WORKER, STANDARD, WORKER

PRIMARY = re.compile(r'"className": "button primary"[^{}]*"data-act": "(?P<act>\w+)"')
SECRETS = (*district.NAMES, *district.PHONES, "孙伍陆", "11000000003", "李柒捌")
PLACE = {"lon": district.LONS[0] + 0.0001, "lat": district.LAT}
FRESH = "UPDATE hall.worker_position SET reported_at = now()"
ON_TIME = "UPDATE hall.event SET reported_at = now(), step_started_at = now(), deadline_at = now() + interval '1 hour'"


@pytest.fixture
def stage_desk(stage_url: str, tmp_path: Path) -> Iterator[Desk]:
    """The pages over the stage of tests/loop.py, everybody's position fresh."""
    tokens: dict[str, str] = {}
    with psycopg.connect(stage_url) as conn:
        conn.execute(FRESH)
        conn.execute(ON_TIME)
        conn.execute("ALTER TABLE hall.source_record ALTER id RESTART WITH 1000")  # the stage names its own
        for name, reader in loop.READERS.items():
            tokens[name], digest = new_token()
            conn.execute("INSERT INTO hall.token (digest, account_id, note) VALUES (%s, %s, 'test')", [digest, reader.account_id])
    settings = Settings.from_env({"DATABASE_URL": stage_url, "DATA_DIR": str(tmp_path)})
    pool = open_pool(stage_url)
    store, book = MirrorStore(pool, LAYERS, settings.data_dir, grace_s=0.0), AccountBook(pool)
    server = Flask("hallmap")
    interfaces = create(server, pool, store, book, settings)
    cache = Cache(server, config={"CACHE_TYPE": "SimpleCache"})
    pages.index.install(
        server,
        Context(settings=settings, pool=pool, store=store, book=book, cache=cache, roads=interfaces.roads, history=interfaces.history),
    )
    store.refresh()
    book.refresh()
    yield Desk(App(server, interfaces, pool, store, book, tokens))
    pool.close()


def text(answer: object) -> str:
    return json.dumps(answer, ensure_ascii=False)


def version(desk: Desk, event_id: int = EVENT) -> int:
    with desk.app.pool.connection() as conn:
        row = conn.execute("SELECT version FROM hall.event WHERE id = %s", [event_id]).fetchone()
        assert row
        return int(row[0])


def act(desk: Desk, username: str, action: str, given: Mapping[str, object] | None = None, **more: Any) -> str:
    """Do what the bar does, and return the panel that comes of it."""
    asked = {"event": EVENT, "version": version(desk), "action": action, "given": given or {}, "n": 1, **more}
    return text(desk.call(username, "panel-body.children", {"case-act.data": asked}))


def pair(desk: Desk, username: str, decision: str, event_id: int, other: int) -> Any:
    asked = {"event": event_id, "version": version(desk, event_id), "other": other, "decision": decision, "n": 1}
    return desk.call(username, "panel-body.children", {"case-pair.data": asked})


def listed(desk: Desk, username: str, **more: object) -> str:
    asked = {"event": EVENT, **PLACE, **more}
    return text(desk.call(username, "candidates-body.children", {"case-shown.data": asked}))


def order(worker_id: int, rank: int = 1) -> dict[str, object]:
    return {"kind": "worker", "id": worker_id, "rank": rank, "engine": "scipy", "distance_m": 120.0, "raw_s": 90.0, "predicted_s": 100.0}


def test_the_panel_offers_exactly_what_can_be_done_next(stage_desk: Desk) -> None:
    shown = stage_desk.panel("dispatcher", "open_events", EVENT)
    assert f'"data-case": "{EVENT}"' in shown
    assert '"data-act": "file"' in shown
    assert '"data-act": "dispatch"' not in shown
    assert "占道" in shown
    assert "4 工作时" in shown
    assert "进行中" in shown
    filed = act(stage_desk, "dispatcher", "file", {"standard_id": str(STANDARD)})
    assert "已完成：立案" in filed
    assert '"data-act": "dispatch"' in filed
    assert '"data-act-form": "return"' in filed
    assert "退回原因" in filed


def test_nobody_reads_a_personal_value_in_it(stage_desk: Desk) -> None:
    act(stage_desk, "dispatcher", "file", {"standard_id": STANDARD})
    act(stage_desk, "dispatcher", "dispatch", {"orders": [order(WORKER), order(SECOND_WORKER, 2)]})
    for username in ("dispatcher", "leader", "wall", "worker"):
        shown = stage_desk.panel(username, "open_events", EVENT)
        assert not [secret for secret in SECRETS if secret in shown], username
    assert not [secret for secret in SECRETS if secret in listed(stage_desk, "dispatcher")]


def test_who_looks_on_is_told_who_has_it(stage_desk: Desk) -> None:
    act(stage_desk, "dispatcher", "file", {"standard_id": STANDARD})
    act(stage_desk, "dispatcher", "dispatch", {"department_id": LEAD})
    shown = stage_desk.panel("leader", "open_events", EVENT)
    assert '"data-act"' not in shown
    assert "现在由 城市管理局 办理" in shown


def test_those_who_can_be_sent_come_with_minutes_and_reasons(stage_desk: Desk) -> None:
    act(stage_desk, "dispatcher", "file", {"standard_id": STANDARD})
    shown = listed(stage_desk, "dispatcher")
    assert f'"data-candidate": "worker:{WORKER}"' in shown
    assert '"data-rank": "1"' in shown
    assert '"data-route"' in shown
    assert "负载 0" in shown
    assert '"data-candidate-kind": "vehicle"' in shown
    later = listed(stage_desk, "dispatcher", later=True)
    assert "data-candidate" not in later


def test_a_list_belongs_to_the_readers_area(stage_desk: Desk) -> None:
    shown = listed(stage_desk, "street_dispatcher")
    assert "data-candidate=" not in shown
    assert f"worker:{WORKER}" not in shown


def test_sending_shows_the_tasks_with_their_receipts(stage_desk: Desk) -> None:
    act(stage_desk, "dispatcher", "file", {"standard_id": STANDARD})
    shown = act(stage_desk, "dispatcher", "dispatch", {"orders": [order(WORKER), order(SECOND_WORKER, 2)]})
    assert "已完成：派遣" in shown
    assert "派出 2" in shown
    assert shown.count('"receipt') >= 10
    assert "牵头" in shown
    assert "协助" in shown
    assert '"data-candidates-open"' in shown
    with stage_desk.app.pool.connection() as conn:
        rows = conn.execute("SELECT worker_id, lead, rank, predicted_s FROM hall.task WHERE event_id = %s ORDER BY id", [EVENT]).fetchall()
    assert rows == [(WORKER, True, 1, 100.0), (SECOND_WORKER, False, 2, 100.0)]


def test_more_people_are_offered_only_where_somebody_was_sent(stage_desk: Desk) -> None:
    act(stage_desk, "dispatcher", "file", {"standard_id": STANDARD})
    unsent = act(stage_desk, "dispatcher", "dispatch", {"department_id": LEAD})
    assert '"data-candidates-open"' in unsent
    assert "增派人员" not in unsent
    sent = act(stage_desk, "dispatcher", "assign", {"orders": [order(WORKER)]})
    assert "派出 1" in sent
    assert "增派人员" in sent


def test_who_handled_a_case_is_told_that_others_check_it(stage_desk: Desk) -> None:
    act(stage_desk, "dispatcher", "file", {"standard_id": STANDARD})
    act(stage_desk, "dispatcher", "dispatch", {"department_id": LEAD})
    act(stage_desk, "dispatcher", "handle")
    shown = act(stage_desk, "dispatcher", "feedback", {"opinion": "已清运"})
    assert "已完成：反馈办结" in shown
    assert "待核查：须由未参与处置的人核查" in shown
    # nothing is the next thing to do here, so nothing looks like it
    assert not PRIMARY.search(shown)
    other = stage_desk.panel("acceptor", "open_events", EVENT)
    assert "须由未参与处置的人核查" not in other
    assert [found["act"] for found in PRIMARY.finditer(other)] == ["check"]


def test_a_limit_that_has_passed_is_not_said_to_have_nothing_left(stage_desk: Desk) -> None:
    with stage_desk.app.pool.connection() as conn:
        conn.execute(
            "UPDATE hall.event SET deadline_at = now() - interval '20 seconds', reported_at = now() - interval '40 days' WHERE id = %s",
            [EVENT],
        )
    shown = stage_desk.panel("dispatcher", "open_events", EVENT)
    assert "已到期" in shown
    assert "剩 0" not in shown
    assert "超 0" not in shown
    # of another day a step tells the day, the whole instant where it is pointed at
    with stage_desk.app.pool.connection() as conn:
        row = conn.execute("SELECT reported_at AT TIME ZONE 'Asia/Shanghai' FROM hall.event WHERE id = %s", [EVENT]).fetchone()
    assert row is not None
    assert f'"children": "{row[0]:%m-%d}", "title": "{row[0]:%Y-%m-%d %H:%M:%S}"' in shown


def test_somebody_else_than_the_first_takes_a_reason(stage_desk: Desk) -> None:
    act(stage_desk, "dispatcher", "file", {"standard_id": STANDARD})
    refused = act(stage_desk, "dispatcher", "dispatch", {"orders": [order(SECOND_WORKER, 2)]})
    assert "还缺：原因" in refused
    sent = act(stage_desk, "dispatcher", "dispatch", {"orders": [order(SECOND_WORKER, 2)], "override_reason": "离得近，熟悉现场"})
    assert "越过排名：离得近，熟悉现场" in sent


def test_what_is_missing_is_named(stage_desk: Desk) -> None:
    assert "还缺：立案条件" in act(stage_desk, "dispatcher", "file")


def test_the_second_of_two_is_told_who_was_faster(stage_desk: Desk) -> None:
    seen = version(stage_desk)
    act(stage_desk, "dispatcher", "file", {"standard_id": STANDARD})
    late = act(stage_desk, "acceptor", "reject", {"opinion": "重复来电"}, version=seen)
    assert "抢先做了“立案”" in late
    assert f'"data-version": "{seen + 1}"' in late
    assert '"said-bar alarm"' in late


def test_merging_keeps_the_first_case_and_can_be_undone(stage_desk: Desk) -> None:
    answer = pair(stage_desk, "dispatcher", "merge", NEIGHBOUR, EVENT)["response"]
    assert answer["map-command"]["data"] == [["desk.pick", f"open_events/{EVENT}"]]
    master = stage_desk.panel("dispatcher", "open_events", EVENT)
    assert "已合并 1" in master
    assert f'"data-pair": "{NEIGHBOUR}"' in master
    gone = stage_desk.panel("dispatcher", "open_events", NEIGHBOUR)
    assert "本案已并入" in gone
    undone = text(pair(stage_desk, "dispatcher", "unmerge", EVENT, NEIGHBOUR))
    assert "已完成：撤销合并" in undone
    assert "已合并" not in undone.replace("已完成：撤销合并", "")
    assert '"data-act": "file"' in stage_desk.panel("dispatcher", "open_events", NEIGHBOUR)


def test_the_inbox_narrows_and_counts(stage_desk: Desk) -> None:
    def inbox(username: str, **query: object) -> str:
        inputs = {"inbox-query.data": {**query, "n": 1}, "tick.n_intervals": 0, "drawn.data": None}
        return text(stage_desk.call(username, "inbox.children", inputs))

    assert inbox("dispatcher").count('"data-case-row"') == 2
    assert inbox("street_dispatcher").count('"data-case-row"') == 1
    assert inbox("dispatcher", step="to_dispatch").count('"data-case-row"') == 0
    assert inbox("dispatcher", levels=[1]).count('"data-case-row"') == 0
    assert inbox("dispatcher", overdue=True).count('"data-case-row"') == 0
    assert inbox("dispatcher", mine=True).count('"data-case-row"') == 0
    act(stage_desk, "dispatcher", "file", {"standard_id": STANDARD})
    assert inbox("dispatcher", mine=True).count('"data-case-row"') == 1
    assert '"data-board": "report"' in inbox("dispatcher")
    assert '"data-board"' not in inbox("wall")
    assert "无权查看" in inbox("citizen")


def test_a_report_is_filed_once_and_opens(stage_desk: Desk) -> None:
    form = text(stage_desk.call("dispatcher", "panel-body.children", {"board.data": {"name": "report", "n": 1}}))
    assert '"data-field": "place_text"' in form
    known = {"lon": PLACE["lon"], "lat": PLACE["lat"], "class_code": "0101", "text": "占道经营 新街1号", "place": "", "search": "", "n": 1}
    help_ = text(stage_desk.call("dispatcher", "report-help.children", {"report-ask.data": known}))
    assert "网格1" in help_
    assert f'"data-open": "open_events/{EVENT}"' in help_
    report = {**PLACE, "class_code": "0101", "title": "店外占道", "place_text": "新街1号", "source": "hotline12345", "n": "7-1"}
    answer = stage_desk.call("dispatcher", "notice.data", {"report-file.data": report})["response"]
    assert answer["map-command"]["data"][0][0] == "desk.pick"
    again = stage_desk.call("dispatcher", "notice.data", {"report-file.data": report})["response"]
    assert "已有案件" in again["notice"]["data"]["text"]
    with stage_desk.app.pool.connection() as conn:
        row = conn.execute("SELECT count(*) FROM hall.event WHERE title = '店外占道'").fetchone()
    assert row == (1,)


def test_boards_are_for_those_who_may(stage_desk: Desk) -> None:
    act(stage_desk, "dispatcher", "file", {"standard_id": STANDARD})
    shown = text(stage_desk.call("dispatcher", "panel-body.children", {"board.data": {"name": "backlog", "n": 1}}))
    assert "全部建议" in shown
    for username in ("leader", "wall", "worker"):
        refused = text(stage_desk.call(username, "panel-body.children", {"board.data": {"name": "backlog", "n": 1}}))
        assert "无权查看" in refused, username
    around = {"name": "nearby", **PLACE, "radius_m": 500, "n": 1}
    near = text(stage_desk.call("dispatcher", "panel-body.children", {"board.data": around}))
    assert '"data-open": "workers/71"' in near
    assert "受影响人口" in near
    assert not [secret for secret in SECRETS if secret in near]


def test_the_suggestion_is_sent_as_it_was_ticked(stage_desk: Desk) -> None:
    act(stage_desk, "dispatcher", "file", {"standard_id": STANDARD})
    shown = text(stage_desk.call("dispatcher", "panel-body.children", {"board.data": {"name": "backlog", "n": 1}}))
    ticked = [part.split('"')[0] for part in shown.split('"data-value": "')[1:]]
    assert any(name.startswith(f"{EVENT}:worker:") for name in ticked)
    wanted = [name for name in ticked if name.startswith(f"{EVENT}:")]
    done = text(stage_desk.call("dispatcher", "panel-body.children", {"backlog-apply.data": {"kind": "worker", "pairs": wanted, "n": 1}}))
    assert "已派出 1 件" in done
    assert "派出 1" in stage_desk.panel("dispatcher", "open_events", EVENT)


def test_the_list_pages_in_the_readers_area(stage_desk: Desk) -> None:
    def rows(username: str, **query: str) -> Any:
        asked = {"startRow": 0, "endRow": 100, "sortModel": [{"colId": "title", "sort": "asc"}]}
        answer = stage_desk.call(
            username, "event-grid.getRowsResponse", {"event-grid.getRowsRequest": asked}, {"event-query.data": query}, path="/events/"
        )
        return answer["response"]["event-grid"]["getRowsResponse"]

    assert [row["title"] for row in rows("dispatcher")["rowData"]] == ["占道经营1", "占道经营2"]
    assert rows("street_dispatcher")["rowCount"] == 1
    assert rows("dispatcher", text="经营2")["rowCount"] == 1
    assert rows("dispatcher", state="closed")["rowCount"] == 0
    assert rows("dispatcher", open="true")["rowCount"] == 2
    assert rows("dispatcher", overdue="true")["rowCount"] == 0


def test_the_page_of_a_case_shows_all_of_it(stage_desk: Desk) -> None:
    def page(username: str, event_id: int) -> str:
        return text(stage_desk.call(username, "event-body.children", {"event-where.pathname": f"/events/{event_id}"}, path="/events/"))

    act(stage_desk, "dispatcher", "file", {"standard_id": STANDARD})
    shown = page("dispatcher", EVENT)
    for part in ("立案标准", "办理经过", "占道经营1", "清理完毕", "data-print"):
        assert part in shown
    assert not [secret for secret in SECRETS if secret in shown]
    assert "找不到这条记录" in page("street_dispatcher", EVENT)
    assert "无权查看" in page("citizen", EVENT)


def test_one_of_two_sources_gets_a_case_of_its_own(stage_desk: Desk) -> None:
    pair(stage_desk, "dispatcher", "merge", NEIGHBOUR, EVENT)
    shown = stage_desk.panel("dispatcher", "open_events", EVENT)
    assert '"data-act": "split"' in shown
    assert "来源 2" in shown
    split = act(stage_desk, "dispatcher", "split", {"source_record_id": "2", "opinion": "是另一件事"})
    assert "已完成：拆分" in split
    assert "来源 1" in split


def test_an_act_that_met_another_one_halfway_is_done_again_by_itself(stage_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    met: list[int] = []
    real = acts.act

    def halfway(conn: Conn, *given: Any) -> object:
        done = real(conn, *given)
        if not met:
            met.append(1)
            raise psycopg.errors.DeadlockDetected("two waited for each other")
        return done

    monkeypatch.setattr(acts, "act", halfway)
    before = version(stage_desk)
    act(stage_desk, "acceptor", "accept")
    assert (met, version(stage_desk)) == ([1], before + 1)


def test_a_suspension_that_is_over_shows_as_an_alarm(stage_desk: Desk) -> None:
    soon = (datetime.now(UTC) + timedelta(seconds=2)).isoformat()
    act(stage_desk, "dispatcher", "file", {"standard_id": STANDARD})
    act(stage_desk, "dispatcher", "suspend", {"opinion": "等配件", "until": soon})
    assert "挂账至" in stage_desk.panel("leader", "open_events", EVENT)
    time.sleep(2.1)
    shown = stage_desk.panel("leader", "open_events", EVENT)
    assert "挂账已于" in shown
    assert "said-bar alarm" in shown
