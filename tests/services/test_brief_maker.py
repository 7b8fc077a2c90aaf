"""What the worker does: enters each issue once, numbers it, makes it from what happened, draws its files; and the way to its readers."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import docx
import pytest
from psycopg.types.json import Jsonb

from geodata.db import Pool, open_pool, writing
from geodata.errors import ConflictError, InvalidInputError, NotAllowedError, NotFoundError
from geodata.settings import ROOT
from services.audit import Caller
from services.briefs import acts, book, catalogue, compose, files, maker, periods, wishes
from services.briefs.book import Query
from services.briefs.maker import Making
from services.briefs.periods import Cycle
from services.briefs.queries import QUERIES
from services.rights import Reader, Role
from tests import issues
from tests.district import DISTRICT, STREETS
from tests.town import database

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
KINDS = catalogue.delivered()
DAILY = KINDS.types["daily_operation"]


@pytest.fixture(scope="module")
def url(worker_name: str) -> Iterator[str]:
    yield from database(f"hall_test_{worker_name}_maker", issues.fill)


@pytest.fixture(scope="module")
def opened(url: str) -> Iterator[Pool]:
    pool = open_pool(url, most=4)
    yield pool
    pool.close()


@pytest.fixture(scope="module")
def ids(opened: Pool) -> dict[str, int]:
    with writing(opened) as conn:
        catalogue.store(conn, KINDS, NOW)
        return issues.accounts(conn)


@pytest.fixture
def pool(opened: Pool, ids: dict[str, int]) -> Iterator[Pool]:
    """The district without any issue."""
    assert ids
    yield opened
    with writing(opened) as conn:
        conn.execute("DELETE FROM hall.brief")
        conn.execute("DELETE FROM hall.hall_mode")


def reader(ids: dict[str, int], username: str) -> Reader:
    role = {"street_leader": Role.LEADER, "street_dispatcher": Role.DISPATCHER}.get(username) or Role(username)
    scope = (
        STREETS[0]
        if username.startswith("street") or username == "worker"
        else DISTRICT
        if username in {"shift_leader", "dispatcher"}
        else ""
    )
    return Reader(ids[username], username, f"某{username}", role, scope)


def caller(ids: dict[str, int], username: str, at: datetime = NOW) -> Caller:
    return Caller(reader=reader(ids, username), address=None, now=at)


def make_all(pool: Pool, now: datetime = NOW) -> int:
    made = 0
    while maker.make_one(Making(pool=pool, data_dir=Path(), queries=QUERIES), now):
        made += 1
    return made


def register(pool: Pool, code: str, area: str, day: date) -> int:
    kind = KINDS.types[code]
    with writing(pool) as conn:
        return wishes.register(conn, kind, compose.area(conn, area), periods.of_day(kind.cycle, day), NOW)[0]


def rows(pool: Pool, query: str, *values: Any) -> list[Any]:
    with writing(pool) as conn:
        return conn.execute(query.encode(), values).fetchall()


def test_what_is_due_is_entered_once_for_every_area(pool: Pool) -> None:
    with writing(pool) as conn:
        new = maker.enter_due(conn, NOW)
        assert maker.enter_due(conn, NOW) == 0
    streets = sum(1 for kind in KINDS.types.values() if kind.cycle in periods.SCHEDULED and kind.levels == ("street",))
    scheduled = sum(1 for kind in KINDS.types.values() if kind.cycle in periods.SCHEDULED)
    assert new == scheduled + streets  # two streets
    assert rows(pool, "SELECT area_code, period_key, issue FROM hall.brief WHERE type_code = 'daily_street' ORDER BY 1") == [
        (STREETS[0], "2026-11-22", 1),
        (STREETS[1], "2026-11-22", 1),
    ]


def test_what_was_missed_is_made_up_for(pool: Pool) -> None:
    register(pool, "daily_operation", DISTRICT, date(2026, 11, 19))
    with writing(pool) as conn:
        maker.enter_due(conn, NOW)
    assert rows(pool, "SELECT period_key, issue FROM hall.brief WHERE type_code = 'daily_operation' ORDER BY id") == [
        ("2026-11-19", 1),
        ("2026-11-20", 2),
        ("2026-11-21", 3),
        ("2026-11-22", 4),
    ]


def test_issues_are_numbered_within_a_year_of_china(pool: Pool) -> None:
    for day in (date(2026, 12, 30), date(2026, 12, 31), date(2027, 1, 1)):
        register(pool, "daily_operation", DISTRICT, day)
        register(pool, "daily_street", STREETS[0], day)
    assert rows(pool, "SELECT year, issue FROM hall.brief WHERE type_code = 'daily_operation' ORDER BY id") == [
        (2026, 1),
        (2026, 2),
        (2027, 1),
    ]


def test_a_large_case_starts_a_first_and_a_final_report(pool: Pool) -> None:
    with writing(pool) as conn:
        assert maker.enter_happenings(conn, NOW) == 1
        assert maker.enter_happenings(conn, NOW) == 0
    assert make_all(pool) == 1
    assert rows(pool, "SELECT type_code, area_code, period_key, title FROM hall.brief") == [
        ("event_first", STREETS[1], "event:207", "街道2突发事件首报")
    ]
    try:
        rows(pool, "UPDATE hall.event SET state = 'closed', closed_at = %s WHERE id = 207 RETURNING id", NOW)
        with writing(pool) as conn:
            assert maker.enter_happenings(conn, NOW + timedelta(minutes=1)) == 1
        make_all(pool, NOW + timedelta(minutes=1))
        (content,) = rows(pool, "SELECT content::text FROM hall.brief WHERE type_code = 'event_final'")[0]
        assert "历时21.0小时" in content
    finally:
        rows(pool, "UPDATE hall.event SET state = 'handling', closed_at = NULL WHERE id = 207 RETURNING id")


def test_an_old_large_case_starts_nothing(pool: Pool) -> None:
    with writing(pool) as conn:
        assert maker.enter_happenings(conn, NOW + timedelta(days=3)) == 0


def test_a_change_of_mode_is_told_at_both_ends(pool: Pool) -> None:
    rows(
        pool,
        "INSERT INTO hall.hall_mode (event_id, reason, started_at, started_by) VALUES (207, '火情升级', %s, '甲') RETURNING id",
        NOW - timedelta(hours=1),
    )
    with writing(pool) as conn:
        maker.enter_happenings(conn, NOW)
    rows(pool, "UPDATE hall.hall_mode SET ended_at = %s, ended_by = '甲' RETURNING id", NOW + timedelta(hours=1))
    with writing(pool) as conn:
        maker.enter_happenings(conn, NOW + timedelta(hours=1))
    make_all(pool, NOW + timedelta(hours=1))
    told = [text for (text,) in rows(pool, "SELECT content::text FROM hall.brief WHERE type_code = 'mode_change' ORDER BY id")]
    assert len(told) == 2
    assert "原因：火情升级。" in told[0]
    assert "恢复平时状态" not in told[0]
    assert "战时历时2.0小时" in told[1]
    assert not [text for text in told if "甲" in text]


def test_an_issue_that_cannot_be_made_waits_and_the_others_are_made(pool: Pool) -> None:
    bad = register(pool, "daily_operation", DISTRICT, date(2026, 11, 22))
    good = register(pool, "daily_hotline", DISTRICT, date(2026, 11, 22))
    rows(pool, "UPDATE hall.brief SET area_code = '990009' WHERE id = %s RETURNING id", bad)
    assert make_all(pool) == 2
    states = dict(rows(pool, "SELECT id, state FROM hall.brief"))
    assert states == {bad: "making", good: "draft"}
    assert "990009" in rows(pool, "SELECT failure FROM hall.brief WHERE id = %s", bad)[0][0]
    assert make_all(pool) == 0
    assert make_all(pool, NOW + timedelta(minutes=11)) == 1


def test_the_way_of_a_brief(pool: Pool, ids: dict[str, int]) -> None:
    brief_id = register(pool, "daily_operation", DISTRICT, date(2026, 11, 22))
    make_all(pool)
    with writing(pool) as conn:
        chief = caller(ids, "shift_leader")
        assert not book.unread(conn, reader(ids, "leader"))
        with pytest.raises(NotAllowedError):
            acts.act(conn, caller(ids, "dispatcher"), brief_id, "approve")
        with pytest.raises(NotFoundError):
            acts.act(conn, caller(ids, "street_leader"), brief_id, "approve")
        with pytest.raises(InvalidInputError):
            acts.act(conn, chief, brief_id, "delete")
        approved = acts.act(conn, chief, brief_id, "approve", remark="阅")
        assert (approved.approved_name, approved.approved_at, approved.remark) == ("某shift_leader", NOW, "阅")
        with pytest.raises(ConflictError):
            acts.act(conn, chief, brief_id, "again")
        acts.act(conn, chief, brief_id, "withdraw")
        acts.act(conn, chief, brief_id, "approve")
        sent = acts.act(conn, caller(ids, "leader", NOW + timedelta(minutes=5)), brief_id, "send")
        assert (sent.sent_name, sent.receivers, sent.readers) == ("某leader", 3, 0)
        assert [one.id for one in book.unread(conn, reader(ids, "leader"))] == [brief_id]
        assert not book.listed(conn, reader(ids, "acceptor"), Query())
        assert not book.listed(conn, reader(ids, "street_leader"), Query())
        with pytest.raises(NotAllowedError):
            book.unread(conn, reader(ids, "worker"))
        acts.act(conn, caller(ids, "leader", NOW + timedelta(minutes=9)), brief_id, "read")
        assert book.count_unread(conn, reader(ids, "leader")) == 0
        receipts = {one.role: one.read_at for one in book.receipts(conn, reader(ids, "dispatcher"), brief_id)}
        assert receipts == {"leader": NOW + timedelta(minutes=9), "shift_leader": None, "dispatcher": None}


def test_a_streets_issue_goes_to_those_who_see_the_street(pool: Pool, ids: dict[str, int]) -> None:
    with writing(pool) as conn:
        kind = KINDS.types["daily_street"]
        named = {number: name for name, number in ids.items()}
        here = {named[number] for number in acts.receivers(conn, kind, STREETS[0])}
        there = {named[number] for number in acts.receivers(conn, kind, STREETS[1])}
    assert here - there == {"street_leader", "street_dispatcher"}
    assert there == {"leader", "shift_leader", "dispatcher"}


def test_departments_get_what_names_them(pool: Pool, ids: dict[str, int]) -> None:
    assert ids
    with writing(pool) as conn:
        conn.execute("INSERT INTO hall.department (code, name, kind) VALUES ('sanitation', '环卫', 'bureau')")
        (account,) = conn.execute(
            """INSERT INTO hall.account (username, display_name, role, scope, department_id)
               SELECT 'clean', '环卫', 'department', '', id FROM hall.department WHERE code = 'sanitation' RETURNING id"""
        ).fetchall()
        assert account[0] in acts.receivers(conn, KINDS.types["daily_sanitation"], DISTRICT)
        assert account[0] not in acts.receivers(conn, KINDS.types["monthly_building"], DISTRICT)
        conn.rollback()


def test_files_are_drawn_and_say_the_same(pool: Pool, tmp_path: Path) -> None:
    brief_id = register(pool, "daily_operation", DISTRICT, date(2026, 11, 22))
    make_all(pool)
    assert maker.draw_one(pool, tmp_path, NOW)
    assert rows(pool, "SELECT rendered_at, failure FROM hall.brief") == [(NOW, None)]
    folder = files.folder(tmp_path, brief_id)
    assert (folder / files.PDF).read_bytes().startswith(b"%PDF-")
    book_ = docx.Document(str(folder / files.DOCX))
    told = "\n".join(line.text for line in book_.paragraphs)
    assert "共受理案件6件" in told
    assert "2026年第1期" in told
    street = next(table for table in book_.tables if table.rows[0].cells[0].text == "街道")
    assert [cell.text for cell in street.rows[-1].cells][:2] == ["合计", "6"]
    assert len(book_.inline_shapes) == len(list(folder.glob("*.png"))) >= 3
    assert not maker.draw_one(pool, tmp_path, NOW)


def test_a_document_that_cannot_be_drawn_holds_nobody_up(pool: Pool, tmp_path: Path) -> None:
    bad = register(pool, "daily_operation", DISTRICT, date(2026, 11, 22))
    make_all(pool)
    chart = {
        "kind": "chart",
        "form": "bars",
        "title": "x",
        "labels": ["a"],
        "series": [{"name": "n", "values": [1.0, 2.0]}],
        "unit": "",
        "marked": None,
    }
    rows(
        pool,
        "UPDATE hall.brief SET content = jsonb_set(content, '{sections}', %s) WHERE id = %s RETURNING id",
        Jsonb([{"title": "t", "blocks": [chart], "trouble": None}]),
        bad,
    )
    assert maker.draw_one(pool, tmp_path, NOW)
    failure, rendered = rows(pool, "SELECT failure, rendered_at FROM hall.brief WHERE id = %s", bad)[0]
    assert failure
    assert rendered is None
    assert not maker.draw_one(pool, tmp_path, NOW)


def test_kinds_that_are_gone_keep_their_issues(pool: Pool) -> None:
    with writing(pool) as conn:
        assert catalogue.store(conn, KINDS, NOW) == 0
        assert set(catalogue.stored(conn)) == set(KINDS.types)
        conn.execute("INSERT INTO hall.brief_type (code, definition, loaded_at) VALUES ('older', '{\"code\": \"older\"}', %s)", [NOW])
        assert "older" not in catalogue.stored(conn)
        conn.rollback()


def test_cycles_all_have_a_word() -> None:
    for language in ("zh", "en"):
        words = json.loads((ROOT / "assets" / "i18n" / "briefs" / f"{language}.json").read_text(encoding="utf-8"))
        assert {f"briefs.cycle_{cycle}" for cycle in Cycle} <= set(words)
