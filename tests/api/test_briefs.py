"""Briefs over the interface: who sees which issues, who approves and sends, what is refused and how."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import pytest
from flask.testing import FlaskClient

from api.briefs import PATH, TYPES_PATH
from geodata.credentials import new_token
from geodata.db import writing
from services.briefs import catalogue, compose, files, maker, periods, wishes
from services.briefs.queries import QUERIES
from tests.api.conftest import App
from tests.district import DISTRICT, STREETS

NOW = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
DAY = periods.of_day(periods.Cycle.DAILY, date(2026, 11, 22))
KINDS = catalogue.delivered()
OUTSIDERS = ("worker", "wall", "citizen", "system_admin", "security_admin", "audit_admin")
READERS = ("leader", "shift_leader", "dispatcher", "acceptor", "department")
DRAFTERS = ("leader", "shift_leader", "dispatcher")


@pytest.fixture(scope="module")
def desk(app: App) -> Iterator[App]:
    """The application with the kinds, and an account of the first street."""
    token, digest = new_token()
    with writing(app.pool) as conn:
        catalogue.store(conn, KINDS, NOW)
        conn.execute(
            """WITH account AS (INSERT INTO hall.account (username, display_name, role, scope) VALUES ('street_leader', '街道领导', 'leader', %s) RETURNING id)
               INSERT INTO hall.token (digest, account_id, note) SELECT %s, id, 'test' FROM account""",
            [STREETS[0], digest],
        )
    app.tokens["street_leader"] = token
    app.book.refresh()
    yield app
    del app.tokens["street_leader"]
    with writing(app.pool) as conn:
        conn.execute("DELETE FROM hall.brief")
        conn.execute("DELETE FROM hall.token WHERE digest = %s", [digest])
        conn.execute("DELETE FROM hall.account WHERE username = 'street_leader'")
    app.book.refresh()


@pytest.fixture
def issue(desk: App) -> Iterator[int]:
    """A draft of the daily brief of the district, without files."""
    yield made(desk, "daily_operation", DISTRICT)
    with writing(desk.pool) as conn:
        conn.execute("DELETE FROM hall.brief")


def made(app: App, code: str, area: str) -> int:
    with writing(app.pool) as conn:
        brief_id, _ = wishes.register(conn, KINDS.types[code], compose.area(conn, area), DAY, NOW)
    while maker.make_one(maker.Making(pool=app.pool, data_dir=Path(), queries=QUERIES), NOW):
        pass
    return brief_id


def act(client: FlaskClient, brief_id: int, action: str, **more: object) -> int:
    return client.post(f"{PATH}/{brief_id}/actions", json={"action": action, **more}).status_code


def titles(client: FlaskClient, query: str = "") -> list[str]:
    answer = client.get(f"{PATH}{query}")
    assert answer.status_code == 200, answer.text
    return [row["brief"]["title"] for row in answer.get_json()["briefs"]]


@pytest.mark.parametrize("role", OUTSIDERS)
def test_briefs_are_not_for_everybody(desk: App, issue: int, role: str) -> None:
    client = desk.client(role)
    for path in (PATH, f"{PATH}/{issue}", f"{PATH}/{issue}/file.pdf", f"{PATH}/{issue}/pictures/1.svg", TYPES_PATH):
        answer = client.get(path)
        assert answer.status_code == 403, path
        assert answer.mimetype == "application/problem+json"
    assert act(client, issue, "approve") == 403
    assert client.post(PATH, json={"type": "daily_operation", "area": DISTRICT, "day": "2026-11-22"}).status_code == 403


def test_strangers_are_asked_to_sign_in(desk: App, issue: int) -> None:
    for path in (PATH, f"{PATH}/{issue}", f"{PATH}/{issue}/file.docx", TYPES_PATH):
        assert desk.client().get(path).status_code == 401


@pytest.mark.parametrize("role", READERS)
def test_drafts_are_for_those_who_make_them(desk: App, issue: int, role: str) -> None:
    client = desk.client(role)
    drafter = role in DRAFTERS
    assert titles(client) == (["样例城区每日运行简报"] if drafter else [])
    assert client.get(f"{PATH}/{issue}").status_code == (200 if drafter else 404)


def test_pictures_stand_where_the_page_of_an_issue_says(desk: App, issue: int) -> None:
    with writing(desk.pool) as conn:
        conn.execute("UPDATE hall.brief SET rendered_at = now() WHERE id = %s", [issue])
    folder = files.folder(desk.store._data_dir, issue)
    client = desk.client("dispatcher")
    addresses = re.findall(r'src="([^"]+)"', client.get(f"{PATH}/{issue}").get_json()["html"])
    assert addresses
    folder.mkdir(parents=True, exist_ok=True)
    for address in addresses:
        (folder / address.rpartition("/")[2].partition("?")[0]).write_bytes(b"<svg/>")
        answer = client.get(address)
        assert answer.status_code == 200, answer.get_data(as_text=True)


def test_from_draft_to_receipt(desk: App, issue: int) -> None:
    chief, reader, other = desk.client("shift_leader"), desk.client("leader"), desk.client("acceptor")
    assert act(desk.client("dispatcher"), issue, "approve") == 403
    assert act(chief, issue, "send") == 409
    assert act(chief, issue, "approve", version=0) == 409
    assert act(chief, issue, "approve", remark="请各街道阅处。") == 200
    assert act(chief, issue, "approve") == 409
    view = chief.get(f"{PATH}/{issue}").get_json()
    assert view["brief"]["approved_name"] == "shift_leader"
    assert view["possible"] == ["send", "withdraw"]
    assert "请各街道阅处。" in view["html"]
    assert "草稿" not in view["html"]
    assert not reader.get(f"{PATH}?unread=1").get_json()["briefs"]
    assert act(chief, issue, "send") == 200
    assert act(chief, issue, "withdraw") == 409
    assert reader.get(f"{PATH}?unread=1").get_json()["unread"] == 1
    assert act(reader, issue, "read") == 200
    assert reader.get(f"{PATH}?unread=1").get_json()["unread"] == 0
    # not addressed to acceptors
    assert other.get(f"{PATH}/{issue}").status_code == 404
    receipts = {row["role"]: row["read_at"] for row in chief.get(f"{PATH}/{issue}").get_json()["receipts"]}
    assert set(receipts) == {"leader", "shift_leader", "dispatcher"}
    assert receipts["leader"]
    assert receipts["dispatcher"] is None
    assert ("shift_leader", True, None) in desk.audit("brief_send")


def test_read_once_is_read_then(desk: App, issue: int) -> None:
    chief = desk.client("shift_leader")
    act(chief, issue, "approve")
    act(chief, issue, "send")
    act(chief, issue, "read")
    first = chief.get(f"{PATH}/{issue}").get_json()["brief"]["read_at"]
    act(chief, issue, "read")
    assert chief.get(f"{PATH}/{issue}").get_json()["brief"]["read_at"] == first


def test_a_street_sees_its_own_issue_alone(desk: App, issue: int) -> None:
    own, foreign = made(desk, "daily_street", STREETS[0]), made(desk, "daily_street", STREETS[1])
    client = desk.client("street_leader")
    assert titles(client) == ["街道1街道每日简报"]
    assert client.get(f"{PATH}/{own}").status_code == 200
    for hidden in (issue, foreign):
        for path in (f"{PATH}/{hidden}", f"{PATH}/{hidden}/file.pdf", f"{PATH}/{hidden}/pictures/1.png"):
            assert client.get(path).status_code == 404
        assert act(client, hidden, "approve") == 404
    assert client.post(PATH, json={"type": "daily_operation", "area": DISTRICT, "day": "2026-11-22"}).status_code == 404
    assert client.patch(f"{TYPES_PATH}/daily_operation", json={"enabled": False}).status_code == 403
    chief = desk.client("shift_leader")
    act(chief, foreign, "approve")
    act(chief, foreign, "send")
    assert titles(client) == ["街道1街道每日简报"]


def test_asking_twice_is_one_issue(desk: App, issue: int) -> None:
    client = desk.client("dispatcher")
    wanted = {"type": "special_analysis", "area": STREETS[0], "start": "2026-11-01T00:00:00+08:00", "end": "2026-11-02T00:00:00+08:00"}
    first, second = client.post(PATH, json=wanted), client.post(PATH, json=wanted)
    assert [first.status_code, second.status_code] == [201, 200]
    assert first.get_json()["id"] == second.get_json()["id"]
    filtered = client.post(PATH, json={**wanted, "filter": {"majors": ["city"]}})
    assert filtered.status_code == 201
    there = client.post(PATH, json={"type": "daily_operation", "area": DISTRICT, "day": "2026-11-22"})
    assert there.get_json() == {"id": issue, "created": False}


@pytest.mark.parametrize(
    ("wanted", "status"),
    [
        ({"type": "nothing", "area": DISTRICT}, 404),
        ({"type": "daily_operation", "area": "990000009"}, 404),
        ({"type": "daily_operation", "area": DISTRICT}, 400),
        ({"type": "daily_operation", "area": DISTRICT, "day": "2999-01-01"}, 400),
        ({"type": "daily_operation", "area": STREETS[0], "day": "2026-11-22"}, 400),
        ({"type": "daily_operation", "area": DISTRICT, "day": "yesterday"}, 400),
        ({"type": "daily_operation", "area": DISTRICT, "day": "2026-11-22", "filter": {"majors": ["city"]}}, 400),
        ({"type": "special_analysis", "area": DISTRICT, "start": "2026-11-02T00:00:00Z", "end": "2026-11-01T00:00:00Z"}, 400),
        ({"type": "special_analysis", "area": DISTRICT, "start": "1990-01-01T00:00:00Z", "end": "2026-11-01T00:00:00Z"}, 400),
        ({"type": "event_first", "area": STREETS[1], "event_id": 101}, 404),
        ({"type": "event_first", "area": STREETS[0]}, 400),
        ({"type": "mode_change", "area": DISTRICT, "event_id": 101}, 400),
        ({"type": "daily_operation", "area": DISTRICT, "day": "2026-11-22", "sql": "x"}, 400),
    ],
)
def test_wishes_that_cannot_be_met(desk: App, wanted: dict[str, object], status: int) -> None:
    answer = desk.client("shift_leader").post(PATH, json=wanted)
    assert answer.status_code == status, answer.text
    assert answer.mimetype == "application/problem+json"


@pytest.mark.parametrize("query", ["?state=gone", "?unread=2", "?limit=0", "?limit=1000", "?cycle=hourly", "?what=1", "?before=x"])
def test_queries_that_nobody_knows(desk: App, query: str) -> None:
    assert desk.client("leader").get(f"{PATH}{query}").status_code == 400


def test_a_file_that_is_not_drawn_is_waited_for_and_then_given(desk: App, issue: int) -> None:
    client = desk.client("dispatcher")
    assert client.get(f"{PATH}/{issue}/file.pdf").status_code == 503
    folder = files.folder(desk.store._data_dir, issue)
    folder.mkdir(parents=True)
    (folder / files.PDF).write_bytes(b"%PDF-1.7 x")
    (folder / "1.png").write_bytes(b"\x89PNG")
    (folder.parent / "secret.txt").write_text("s")
    with writing(desk.pool) as conn:
        conn.execute("UPDATE hall.brief SET rendered_at = now() WHERE id = %s", [issue])
    answer = client.get(f"{PATH}/{issue}/file.pdf")
    assert answer.data.startswith(b"%PDF")
    assert "attachment" in answer.headers["Content-Disposition"]
    assert client.get(f"{PATH}/{issue}/pictures/1.png").status_code == 200
    for name in ("2.png", "..%2Fsecret.txt", "brief.pdf", "1.png.new"):
        assert client.get(f"{PATH}/{issue}/pictures/{name}").status_code == 404
    # the DOCX is gone: it is drawn again
    assert client.get(f"{PATH}/{issue}/file.docx").status_code == 503
    with writing(desk.pool) as conn:
        assert conn.execute("SELECT rendered_at FROM hall.brief WHERE id = %s", [issue]).fetchone() == (None,)
    assert [row[0] for row in desk.audit("export")][-1] == "dispatcher"


def test_the_kinds_with_their_last_issue(desk: App, issue: int) -> None:
    answer = desk.client("shift_leader").get(TYPES_PATH).get_json()
    rows = {row["code"]: row for row in answer["types"]}
    assert len(rows) >= 45
    assert (rows["daily_operation"]["last_id"], rows["daily_operation"]["last_issue"]) == (issue, 1)
    assert rows["weekly_operation"]["next_due"]
    assert [one["code"] for one in answer["areas"]] == [DISTRICT, *STREETS]
    assert [one["code"] for one in desk.client("street_leader").get(TYPES_PATH).get_json()["areas"]] == [STREETS[0]]
    assert answer["may_ask"]
    assert answer["may_switch"]
    seen = desk.client("acceptor").get(TYPES_PATH).get_json()
    assert {row["last_id"] for row in seen["types"]} == {None}
    assert not seen["may_ask"]
    client = desk.client("shift_leader")
    assert client.patch(f"{TYPES_PATH}/daily_video", json={"enabled": False}).status_code == 204
    with writing(desk.pool) as conn:
        maker.enter_due(conn, NOW)
        assert conn.execute("SELECT count(*) FROM hall.brief WHERE type_code = 'daily_video'").fetchone() == (0,)
        conn.rollback()
    client.patch(f"{TYPES_PATH}/daily_video", json={"enabled": True})
    assert client.patch(f"{TYPES_PATH}/nothing", json={"enabled": True}).status_code == 404


def test_the_list_goes_on(desk: App, issue: int) -> None:
    other = made(desk, "daily_hotline", DISTRICT)
    client = desk.client("leader")
    first = client.get(f"{PATH}?limit=1").get_json()
    assert [row["brief"]["id"] for row in first["briefs"]] == [other]
    further = client.get(first["links"][0]["href"]).get_json()
    assert [row["brief"]["id"] for row in further["briefs"]] == [issue]


def test_html_is_escaped_and_content_is_typed(desk: App, issue: int) -> None:
    view = desk.client("leader").get(f"{PATH}/{issue}").get_json()
    assert view["html"].startswith('<article class="paper"')
    assert "<script" not in view["html"]
    assert msgspec.convert(view["document"]["sections"][0]["title"], str) == "总体情况"
