"""Indicators over HTTP: who sees which figures, who hands figures in, and nothing that a stranger sends breaks it."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from openpyxl import load_workbook

from geodata import credentials
from geodata.db import writing
from services.indicators import compute, template, warnings
from services.rights import Role
from tests import district
from tests.api.conftest import App

PATH = "/api/v1/indicators"
MAY_READ = {"leader", "dispatcher", "acceptor", "shift_leader", "department", "wall"}
CODES = ("CM-05", "CM-06", "DB-19", "SS-17", "CM-24")


@pytest.fixture(scope="module", autouse=True)
def computed(app: App) -> Iterator[None]:
    """The figures of the two open cases of the district, and accounts that are bound to the second street."""
    now = datetime.now(UTC)
    with writing(app.pool) as conn:
        for group in compute.groups(CODES):
            compute.calculate(conn, group, now)
        conn.execute(
            """INSERT INTO hall.resource (id, kind, name, capacity, available, grid_code, geom)
               SELECT 9001, 'hydrant', '消火栓', 100, 50, %s, geom FROM hall.resource WHERE id = 91 ON CONFLICT DO NOTHING""",
            [district.GRIDS[0]],
        )
        compute.calculate(conn, next(compute.groups(["SS-17"])), now)
        warnings.evaluate(conn, now)
        for role in (Role.DISPATCHER, Role.SHIFT_LEADER):
            name = f"{role}_two"
            app.tokens[name], digest = credentials.new_token()
            conn.execute(
                """WITH one AS (INSERT INTO hall.account (username, display_name, role, scope) VALUES (%s, %s, %s, %s) RETURNING id)
                   INSERT INTO hall.token (digest, account_id, note) SELECT %s, id, 'test' FROM one""",
                [name, name, role.value, district.STREETS[1], digest],
            )
    app.book.refresh()
    yield
    with writing(app.pool) as conn:
        conn.execute("DELETE FROM hall.indicator_warning")
        conn.execute("DELETE FROM hall.resource WHERE id = 9001")


def get(app: App, who: str, path: str = "") -> Any:
    return app.client(who).get(f"{PATH}{path}")


@pytest.mark.parametrize("role", [role.value for role in Role])
@pytest.mark.parametrize("path", ["", "/abnormal", "/areas", "/CM-05", "/warnings", "/CM-05/cases"])
def test_roles(app: App, role: str, path: str) -> None:
    allowed = role in MAY_READ and not (role == "wall" and path == "/CM-05/cases")
    answer = get(app, role, path)
    assert answer.status_code == (200 if allowed else 403)
    assert answer.mimetype == ("application/json" if allowed else "application/problem+json")


def test_without_a_token_nothing_is_told(app: App) -> None:
    for path in ("", "/abnormal", "/CM-05", "/warnings", "/template.xlsx"):
        assert app.client().get(f"{PATH}{path}").status_code == 401
    for path in ("/values", "/file", "/warnings/1/handle"):
        assert app.client().post(f"{PATH}{path}", json={}).status_code == 401


def test_figures_follow_the_scope(app: App) -> None:
    def backlog(who: str, query: str = "") -> Any:
        return next(one for one in get(app, who, query).get_json()["items"] if one["code"] == "CM-05")

    assert (backlog("leader")["value"], backlog("dispatcher_two")["value"]) == (2, 1)
    assert backlog("leader", f"?area={district.STREETS[0]}")["value"] == 1
    assert backlog("dispatcher_two")["area"] == district.STREETS[1]
    for area in (district.DISTRICT, district.STREETS[0], "99", "x"):
        assert get(app, "dispatcher_two", f"?area={area}").status_code == 404
        assert get(app, "dispatcher_two", f"/CM-05?area={area}").status_code == 404
        assert get(app, "dispatcher_two", f"/CM-05/cases?area={area}").status_code == 404
    assert [one["code"] for one in get(app, "dispatcher_two", "/areas").get_json()["items"]] == [district.STREETS[1]]
    assert [one["area"] for one in get(app, "dispatcher_two", "/CM-05").get_json()["streets"]] == [district.STREETS[1]]
    assert all(one["area"] == district.STREETS[1] for one in get(app, "dispatcher_two", "/warnings").get_json()["items"])


def test_all_of_one_indicator(app: App) -> None:
    told = get(app, "leader", "/CM-06").get_json()
    assert told["definition"]["tables"] == ["hall.event", "hall.event_class"]
    assert told["definition"]["cases"] == f"{PATH}/CM-06/cases"
    assert told["series"][-1]["value"] == told["figure"]["value"]
    assert [one["area"] for one in told["streets"]] == list(district.STREETS)
    found = get(app, "leader", "/CM-05/cases").get_json()
    assert (found["total"], {one["id"] for one in found["items"]}) == (2, {101, 102})
    assert not set(district.NAMES + district.PHONES) & set(json.dumps(found, ensure_ascii=False).replace('"', " ").split())


def test_external_ones_have_no_figure_until_one_is_handed_in(app: App) -> None:
    items = {one["code"]: one for one in get(app, "leader").get_json()["items"]}
    assert len(items) == 197
    assert (items["EC-09"]["value"], items["EC-09"]["quality"], items["EC-09"]["state"]) == (None, "none", "none")
    rows = [
        {"code": "EC-09", "period": "2026-Q2", "value": 5.6},
        {"code": "EC-09", "period": "2026-Q2", "value": 5.7},
        {"code": "EC-10", "period": "2026-06", "value": "viel"},
        {"code": "EC-99", "period": "2026-06", "value": 1},
        {},
    ]
    first = app.client("shift_leader").post(f"{PATH}/values", json={"values": rows})
    assert first.status_code == 200
    assert [row["error"] for row in first.get_json()["rows"]] == [None, "repeated", "bad_value", "unknown_indicator", "unknown_indicator"]
    again = app.client("shift_leader").post(f"{PATH}/values", json={"values": rows[:1]}).get_json()
    assert (again["created"], again["unchanged"]) == (0, 1)
    assert get(app, "leader", "/EC-09").get_json()["figure"]["value"] == 5.6
    assert app.audit("indicator_values")[-1][:2] == ("shift_leader", True)


@pytest.mark.parametrize("role", sorted(role.value for role in Role if role not in {Role.SHIFT_LEADER, Role.DEPARTMENT}))
def test_others_hand_nothing_in(app: App, role: str) -> None:
    answer = app.client(role).post(f"{PATH}/values", json={"values": [{"code": "EC-09", "period": "2026-Q2", "value": 1}]})
    assert (answer.status_code, answer.mimetype) == (403, "application/problem+json")


def test_a_street_hands_in_its_own_street(app: App) -> None:
    rows = [
        {"code": "SG-25", "area": area, "period": "2026-06", "value": 3}
        for area in (district.STREETS[1], district.STREETS[0], district.DISTRICT)
    ]
    told = app.client("shift_leader_two").post(f"{PATH}/values", json={"values": rows}).get_json()
    assert [row["error"] for row in told["rows"]] == [None, "unknown_area", "unknown_area"]


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b'{"values": 3}', b'{"values": []}', b'{"values": [3]}', b'{"values": [{}], "more": 1}', b"\x00\xff"]
)
def test_bodies_that_are_none(app: App, body: bytes) -> None:
    answer = app.client("shift_leader").post(f"{PATH}/values", data=body, content_type="application/json")
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")


def test_the_template_goes_out_and_comes_back(app: App, tmp_path: Any) -> None:
    client = app.client("shift_leader")
    file = tmp_path / "indicators.xlsx"
    file.write_bytes(client.get(f"{PATH}/template.xlsx").get_data())
    book = load_workbook(file)
    sheet = book.worksheets[0]
    column = [cell.value for cell in sheet[1]].index(template.TITLES["value"]) + 1
    sheet.cell(2, column).value = 4.2
    sheet.cell(3, column).value = "无"
    book.save(file)
    told = client.post(f"{PATH}/file", data=file.read_bytes(), content_type="application/octet-stream").get_json()
    assert (told["created"], told["refused"], told["rows"][1]["error"]) == (1, 1, "bad_value")
    assert client.get(f"{PATH}/template.csv").get_data().startswith(b"\xef\xbb\xbf")
    for data in (b"", b"PK\x03\x04", b"\x00\x01"):
        assert client.post(f"{PATH}/file", data=data, content_type="application/octet-stream").status_code == 400


@pytest.mark.parametrize("path", ["/XX-01", "/cm-05", "/CM-05'--", "/warnings/999999", "/CM-05/cases?area=1"])
def test_what_is_not_there(app: App, path: str) -> None:
    assert get(app, "leader", path).status_code == 404


@pytest.mark.parametrize(
    "query",
    ["?domain=war", "?state=blue", "?area=1&area=2", "?nope=1", "/CM-05?points=0", "/CM-05?start=yesterday", "/CM-05/cases?limit=501"],
)
def test_parameters_that_cannot_be(app: App, query: str) -> None:
    assert get(app, "leader", query).status_code == 400


def test_a_warning_is_handled_over_http(app: App) -> None:
    items = get(app, "shift_leader", "/warnings?code=SS-17").get_json()["items"]
    number = items[0]["id"]
    told = get(app, "shift_leader", f"/warnings/{number}").get_json()
    assert (told["may_act"], told["figure"]["state"], told["steps"][0]["action"]) == (True, "red", "raise")
    assert get(app, "dispatcher", f"/warnings/{number}").get_json()["may_act"] is False
    assert get(app, "dispatcher_two", f"/warnings/{number}").status_code == 404
    post = f"{PATH}/warnings/{number}"
    assert app.client("dispatcher").post(f"{post}/acknowledge").status_code == 403
    assert app.client("shift_leader").post(f"{post}/handle", json={"note": "x"}).status_code == 400
    assert app.client("shift_leader").post(f"{post}/acknowledge").get_json()["state"] == "acknowledged"
    assert app.client("shift_leader").post(f"{post}/handle", json={"note": "已通知维修"}).get_json()["state"] == "handled"
    assert ("shift_leader", True, "已通知维修") in app.audit("indicator_handle")
    assert app.audit("indicator_acknowledge")[0][:2] == ("dispatcher", False)


def test_the_abnormal_ones_say_why(app: App) -> None:
    items = get(app, "leader", "/abnormal").get_json()["items"]
    assert "SS-17" in {one["code"] for one in items}
    assert all(one["why"] and one["why_en"] and one["receiver"] for one in items)
    assert [one["state"] for one in items] == sorted((one["state"] for one in items), key=["red", "yellow"].index)
    old = datetime.now(UTC) - timedelta(hours=3)
    assert get(app, "leader", f"/CM-05?start={old:%Y-%m-%dT%H:%M:%SZ}").status_code == 200
