"""Reports become cases: whatever comes is kept, the same order is one case, and what is missing is asked for."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest
from openpyxl import Workbook
from psycopg.conninfo import make_conninfo

from geodata.crs import from_wgs84
from geodata.db import WAIT_S, Conn, Pool, open_pool
from geodata.errors import InvalidInputError, NotAllowedError, SourceUnavailableError
from services import intake_file
from services.classify import classes, strong
from services.inbound import orders, read
from services.intake import Received, complete, keep_failed, receive, receive_all
from services.intake_queue import IntakeQueue
from services.report import MAX_TEXT, SOURCES, Report
from services.rights import Reader, Role
from tests import district, quarter
from tests.town import database

NOW = datetime(2026, 11, 23, 2, 30, tzinfo=UTC)
ACCEPTOR = Reader(1, "acceptor", "受理员", Role.ACCEPTOR, "")
WORKER = Reader(2, "worker", "网格员", Role.WORKER, district.STREETS[0])
CITIZEN = Reader(3, "citizen", "市民", Role.CITIZEN, "")


@pytest.fixture(scope="module")
def quarter_url(worker_name: str) -> Iterator[str]:
    yield from database(f"hall_test_{worker_name}_intake", quarter.fill)


@pytest.fixture(scope="module")
def pool(quarter_url: str) -> Iterator[Pool]:
    with open_pool(quarter_url) as opened:
        yield opened


@pytest.fixture
def conn(quarter_url: str) -> Iterator[Conn]:
    with psycopg.connect(quarter_url) as connection:
        yield connection
        connection.rollback()


@contextmanager
def counted(conn: Conn) -> Iterator[list[str]]:
    """Collect what is sent over a connection."""
    sent: list[str] = []

    class Counting(psycopg.Cursor[Any]):
        def execute(self, query: Any, *arguments: Any, **named: Any) -> "Counting":
            sent.append(str(query))
            return super().execute(query, *arguments, **named)

    factory, conn.cursor_factory = conn.cursor_factory, Counting
    try:
        yield sent
    finally:
        conn.cursor_factory = factory


def take(conn: Conn, reader: Reader = ACCEPTOR, **given: object) -> Received:
    values: dict[str, object] = {"source": "hotline12345", "class_code": "T201", "place_text": "长街9号", "description": "路灯不亮"}
    return receive(conn, Report(**(values | given)), NOW, reader=reader)  # type: ignore[arg-type]


def test_a_report_becomes_a_case_with_number_place_department_and_log(conn: Conn) -> None:
    received = take(conn, external_no="A1")
    assert received.created
    assert received.case_no == "9900002026112300003", "the quarter has two cases of that day"
    row = conn.execute(
        """SELECT state, version, precision, building_id, grid_code, title, level, lead_department, deadline_at, place_text
           FROM hall.event WHERE id = %s""",
        [received.event_id],
    ).fetchone()
    assert row == ("reported", 1, "building", 709, district.GRIDS[0], "长街9号 路灯不亮", 0, 5001, NOW + timedelta(minutes=30), "长街9号")
    log = conn.execute("SELECT seq, action, to_state, actor FROM hall.case_log WHERE event_id = %s", [received.event_id]).fetchall()
    assert log == [(1, "report", "reported", "受理员")]
    record = conn.execute(
        "SELECT event_id, first_event_id, trouble, reply_due_at FROM hall.source_record WHERE external_no = 'A1'"
    ).fetchone()
    assert record is not None
    assert record[:3] == (received.event_id, received.event_id, None)
    assert record[3] > NOW + timedelta(days=5), "five working days"


def test_the_level_comes_from_the_class_unless_it_is_given(conn: Conn) -> None:
    levels = [take(conn, class_code="T301").event_id, take(conn, class_code="T301", level=1).event_id]
    assert [conn.execute("SELECT level FROM hall.event WHERE id = %s", [each]).fetchone() for each in levels] == [(2,), (1,)]


def test_the_same_order_twice_is_one_case(conn: Conn) -> None:
    first, again = take(conn, external_no="A2"), take(conn, external_no="A2", description="改了")
    assert (first.event_id, first.case_no) == (again.event_id, again.case_no)
    assert (first.created, again.created, again.known) == (True, False, True)
    other = take(conn, external_no="A2", source="city_dcm")
    assert other.created
    both = receive_all(conn, [(Report(source="sensor", external_no="S", class_code="T201", place_text="长街9号"), ACCEPTOR)] * 2, NOW)
    assert [item.created for item in both] == [True, False]
    assert both[0].event_id == both[1].event_id


def test_the_same_order_from_many_sides_at_once_is_one_case(pool: Pool) -> None:
    queues = [IntakeQueue(pool) for _ in range(2)]
    out: list[Received] = []

    def send(place: int) -> None:
        for number in range(5):
            report = Report(source="city_dcm", external_no=f"C{number}", class_code="T201", place_text="长街9号")
            out.append(queues[place % 2].receive(report, NOW, reader=ACCEPTOR))

    threads = [threading.Thread(target=send, args=(place,)) for place in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(out) == 40
    assert len({received.event_id for received in out}) == 5
    assert sum(received.created for received in out) == 5
    assert len({received.case_no for received in out}) == 5


def test_a_set_of_reports_takes_no_more_statements_than_one_report(conn: Conn) -> None:
    def statements(count: int) -> int:
        with counted(conn) as sent:
            reports = [(Report(source="sensor", class_code="T201", place_text=f"长街{2 * n + 1}号"), ACCEPTOR) for n in range(count)]
            assert all(received.created for received in receive_all(conn, reports, NOW))
        return len(sent)

    statements(1)
    assert statements(30) == statements(1) <= 5


def test_an_explicit_level_survives_the_waiting_for_a_place(conn: Conn) -> None:
    waits = take(conn, class_code="T301", level=0, place_text="说不清在哪")
    done = complete(conn, waits.record_id, NOW, reader=ACCEPTOR, changes={"place_text": "长街9号"})
    assert done is not None
    assert conn.execute("SELECT level FROM hall.event WHERE id = %s", [done.event_id]).fetchone() == (0,)


def test_a_changed_dictionary_or_channel_counts_from_the_next_report(conn: Conn) -> None:
    take(conn)
    conn.execute("UPDATE hall.event_class SET default_level = 3 WHERE code = 'T201'")
    conn.execute("UPDATE hall.intake_channel SET reply_value = 1, reply_unit = 'natural_day' WHERE source = 'hotline12345'")
    conn.execute("""
        INSERT INTO hall.fact (key, value) VALUES ('case_steps', '{"limits": {"reported": [2, "urgent_hour"]}}')
        ON CONFLICT (key) DO UPDATE SET value = excluded.value
    """)
    received = take(conn)
    row = conn.execute(
        "SELECT e.level, e.deadline_at, r.reply_due_at FROM hall.event e JOIN hall.source_record r ON r.event_id = e.id WHERE e.id = %s",
        [received.event_id],
    ).fetchone()
    assert row == (3, NOW + timedelta(hours=2), NOW + timedelta(days=1))
    conn.execute("UPDATE hall.event_class SET enabled = false WHERE code = 'T201'")
    assert take(conn).needs == "class"


def test_a_report_that_the_database_refuses_is_kept_for_a_person_and_a_known_one_stays_as_it_is(conn: Conn) -> None:
    known = take(conn, external_no="K1")
    again = Report(source="hotline12345", external_no="K1")
    assert keep_failed(conn, again, NOW, reader=ACCEPTOR).event_id == known.event_id
    failed = keep_failed(conn, Report(source="hotline12345", external_no="K2"), NOW, reader=ACCEPTOR)
    row = conn.execute("SELECT event_id, trouble FROM hall.source_record WHERE id = %s", [failed.record_id]).fetchone()
    assert row == (None, "failed")


def test_while_the_database_is_away_everybody_is_told_at_once(quarter_url: str) -> None:
    with open_pool(make_conninfo(quarter_url, port=1)) as away:
        queue = IntakeQueue(away)
        started = time.monotonic()
        answers = [queue.submit(Report(source="sensor", class_code="T201", place_text="长街9号"), NOW, reader=ACCEPTOR) for _ in range(20)]
        for answer in answers:
            with pytest.raises(SourceUnavailableError):
                answer.result(30)
    assert time.monotonic() - started < 3 * WAIT_S


def test_one_bad_report_spoils_no_other(pool: Pool) -> None:
    queue = IntakeQueue(pool)
    good = Report(source="sensor", external_no="G1", class_code="T201", place_text="长街9号")
    bad = Report(source="sensor", external_no="G2", class_code="T201", lon=500.0, lat=22.0)
    answers = queue.receive_all([good, bad, Report(source="nobody")], NOW, reader=ACCEPTOR)
    assert isinstance(answers[0], Received)
    assert all(isinstance(answer, InvalidInputError) for answer in answers[1:])
    with pytest.raises(InvalidInputError):
        queue.receive(bad, NOW, reader=ACCEPTOR)


@pytest.mark.parametrize(
    ("given", "needs", "trouble"),
    [
        ({"place_text": "广州市天河区体育西路"}, "place", "place"),
        ({"place_text": "说不清在哪", "description": "坏了"}, "place", "place"),
        ({"class_code": None, "description": "请来处理一下"}, "class", "class"),
        ({"class_code": "nothing"}, "class", "class"),
        ({"place_text": None, "class_code": None, "description": "喂"}, "place", "place,class"),
        ({"lon": 120.0, "lat": 30.0}, "place", "place"),
    ],
)
def test_what_cannot_become_a_case_waits_for_a_person(conn: Conn, given: dict[str, object], needs: str, trouble: str) -> None:
    received = take(conn, **given)
    assert (received.event_id, received.created, received.needs) == (None, False, needs)
    row = conn.execute("SELECT event_id, trouble, raw ->> 'source' FROM hall.source_record WHERE id = %s", [received.record_id]).fetchone()
    assert row == (None, trouble, "hotline12345")


def test_a_class_from_the_text_is_marked_and_confirmed_later(conn: Conn) -> None:
    received = take(conn, class_code=None, description="我家门口路灯不亮，走路很危险")
    assert (received.created, received.needs, received.suggestions[0].class_code) == (True, "class", "T201")
    assert conn.execute("SELECT class_code, flags FROM hall.event WHERE id = %s", [received.event_id]).fetchone() == (
        "T201",
        ["class_suggested"],
    )


def test_a_shifted_position_is_asked_for_and_then_taken(conn: Conn) -> None:
    x, y = from_wgs84(*(np.array([value]) for value in quarter.house(9)), "gcj02")
    given: dict[str, object] = {"external_no": "D1", "lon": float(x[0]), "lat": float(y[0])}
    received = take(conn, **given)
    assert (received.event_id, received.needs) == (None, "datum")
    assert received.doubt is not None
    assert received.doubt.crs == "GCJ-02"
    again = take(conn, **given, crs="gcj02")
    assert (again.created, again.record_id) == (True, received.record_id)
    place = conn.execute("SELECT ST_X(geom) FROM hall.event WHERE id = %s", [again.event_id]).fetchone()
    assert place is not None
    assert place[0] == pytest.approx(quarter.house(9)[0], abs=1e-5)
    raw = conn.execute("SELECT raw -> 'again' -> 0 ->> 'crs' FROM hall.source_record WHERE id = %s", [received.record_id]).fetchone()
    assert raw == ("gcj02",)
    insists = take(conn, external_no="D2", lon=113.5472, lat=22.1927, place_text="长街1号", crs_checked=True)
    assert insists.created


def test_a_person_completes_what_waits(conn: Conn) -> None:
    received = take(conn, class_code=None, place_text="不知道", description="请处理")
    done = complete(conn, received.record_id, NOW, reader=ACCEPTOR, changes={"class_code": "T201", "lon": 113.5430, "lat": 22.1930})
    assert done is not None
    assert done.created
    assert complete(conn, received.record_id, NOW, reader=ACCEPTOR, changes={}) is None
    row = conn.execute("SELECT event_id, trouble FROM hall.source_record WHERE id = %s", [received.record_id]).fetchone()
    assert row == (done.event_id, None)


def test_a_citizen_completes_the_own_report_only(conn: Conn) -> None:
    waiting = {"source": "citizen_app", "external_no": "Z1", "place_text": "不知道"}
    kept = take(conn, CITIZEN, **waiting)
    other = take(conn, Reader(4, "other", "市民", Role.CITIZEN, ""), **(waiting | {"place_text": "长街9号"}))
    assert (other.event_id, other.known, other.record_id) == (None, True, kept.record_id)
    assert take(conn, CITIZEN, **(waiting | {"place_text": "长街9号"})).created


@pytest.mark.parametrize("at", [NOW + timedelta(hours=3), NOW - timedelta(days=800), datetime(1970, 1, 1, tzinfo=UTC)])
def test_a_clock_that_jumps_does_not_move_the_case(conn: Conn, at: datetime) -> None:
    received = take(conn, reported_at=at)
    assert conn.execute("SELECT reported_at, flags FROM hall.event WHERE id = %s", [received.event_id]).fetchone() == (NOW, ["clock"])


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"source": "mars"}, "source"),
        ({"description": "x" * (MAX_TEXT + 1)}, "at most 5000"),
        ({"title": "x" * 121}, "at most 120"),
        ({"place_text": "x" * 201}, "at most 200"),
        ({"description": "a\0b"}, "description"),
        ({"lon": 113.0}, "both or none"),
        ({"lon": float("nan"), "lat": 22.0}, "lon"),
        ({"lon": 113.0, "lat": 122.0}, "lon, lat"),
        ({"level": 5}, "level"),
        ({"crs": "mars", "lon": 113.0, "lat": 22.0}, "coordinate system"),
        ({"reported_at": datetime(2026, 1, 1)}, "offset"),  # noqa: DTZ001 - that is the point
        ({"raw": {"x": "y" * 300_000}}, "256 KiB"),
        ({"raw": {"x": "a\0b"}}, "no text"),
        ({"attachments": tuple(range(21))}, "attachments"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_reason(conn: Conn, given: dict[str, object], why: str) -> None:
    with pytest.raises(InvalidInputError, match=why):
        take(conn, **given)


@pytest.mark.parametrize(
    ("role", "source", "allowed"),
    [
        *((Role.ACCEPTOR, source, True) for source in SOURCES),
        (Role.WORKER, "grid_patrol", True),
        (Role.WORKER, "hotline12345", False),
        (Role.CITIZEN, "citizen_app", True),
        (Role.CITIZEN, "leader", False),
        (Role.LEADER, "leader", True),
        (Role.DEPARTMENT, "dept_transfer", True),
        (Role.WALL, "sensor", False),
        (Role.SYSTEM_ADMIN, "other", False),
        (Role.AUDIT_ADMIN, "other", False),
    ],
)
def test_who_may_report_what(conn: Conn, role: Role, source: str, allowed: bool) -> None:
    reader = Reader(1, "x", "x", role, "")
    if allowed:
        assert take(conn, reader, source=source).created
    else:
        with pytest.raises(NotAllowedError):
            take(conn, reader, source=source)


def test_candidates_are_told_within_the_area_and_to_no_citizen(conn: Conn) -> None:
    take(conn, place_text="东门公园", external_no="E1")
    assert take(conn, place_text="东门公园").candidates
    assert take(conn, WORKER, place_text="东门公园", source="grid_patrol").candidates == ()
    assert take(conn, CITIZEN, place_text="东门公园", source="citizen_app").candidates == ()


def test_an_order_of_the_hotline_is_read_by_its_own_names(conn: Conn) -> None:
    order = {
        "工单编号": "GD20261123001",
        "诉求内容": "路灯不亮",
        "诉求类别": "路灯不亮",
        "事发地址": "长街9号",
        "诉求人": "张三",
        "联系电话": "11000000009",
        "是否保密": "是",
        "来电时间": "2026-11-23 09:30:00",
        "紧急程度": "一般",
        "满意度": "5",
    }
    report = read("hotline12345", order, classes(conn))
    assert (report.external_no, report.class_code, report.secret, report.level) == ("GD20261123001", "T201", True, 0)
    assert report.reported_at == datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
    received = receive(conn, report, NOW, reader=ACCEPTOR)
    assert conn.execute("SELECT raw ->> '满意度' FROM hall.source_record WHERE id = %s", [received.record_id]).fetchone() == ("5",)


@pytest.mark.parametrize(
    "order",
    [{}, {"工单编号": ""}, {"工单编号": "1", "经度": "x"}, {"工单编号": "1", "来电时间": "gestern"}, {"工单编号": "1", "是否保密": "?"}],
)
def test_an_order_that_cannot_be_read_is_refused(conn: Conn, order: dict[str, object]) -> None:
    with pytest.raises(InvalidInputError):
        read("hotline12345", order, classes(conn))


def test_orders_come_alone_or_in_a_list() -> None:
    assert orders("hotline12345", {"工单编号": "1"}) == [{"工单编号": "1"}]
    assert len(orders("hotline12345", {"orders": [{}, {}]})) == 2
    for message in ([], [1], "x", 5, None, [{}] * 501):
        with pytest.raises(InvalidInputError):
            orders("city_dcm", message)


def test_a_file_is_taken_in_once_and_its_bad_rows_are_named(pool: Pool, tmp_path: Path) -> None:
    rows = [
        {"工单编号": "F1", "诉求内容": "路灯不亮", "小类代码": "T201", "事发地址": "长街9号"},
        {"工单编号": "", "诉求内容": "没有编号", "小类代码": "T201", "事发地址": "长街9号"},
        {"工单编号": "F3", "诉求内容": "在外地", "小类代码": "T201", "事发地址": "广州市天河区"},
    ]
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(list(rows[0]))
    for row in rows:
        sheet.append(list(row.values()))
    book.save(tmp_path / "orders.xlsx")
    (tmp_path / "orders.json").write_text(json.dumps({"orders": rows}, ensure_ascii=False))
    text = "\n".join([",".join(rows[0]), *(",".join(row.values()) for row in rows)])
    (tmp_path / "orders.csv").write_bytes(text.encode("gb18030"))
    created = 0
    for name in ("orders.xlsx", "orders.json", "orders.csv"):
        summary = intake_file.take_in(pool, tmp_path / name, "hotline12345", ACCEPTOR, NOW)
        assert [number for number, _ in summary.bad] == [2]
        assert summary.rows == 3
        created += summary.created
    assert created == 1
    with pytest.raises(InvalidInputError, match="CSV"):
        intake_file.take_in(pool, tmp_path / "orders.exe", "hotline12345", ACCEPTOR, NOW)


def test_a_suggestion_is_strong_only_when_nothing_comes_near(conn: Conn) -> None:
    known = classes(conn)
    assert strong(known.suggest("暴露垃圾")) is not None
    assert strong(known.suggest("请尽快处理")) is None
    assert known.suggest("", None) == ()
