"""Dictionary, duties and working time over HTTP: everybody who is signed in reads, the system administrator writes."""

from collections.abc import Iterator

import pytest

from geodata.dictionary.load import load
from tests import district
from tests.api.conftest import App

TABLES = ("duty_rule", "department", "case_standard", "work_day")
CALENDAR = "/api/v1/calendar?start=2026-09-30T00:00:00%2B08:00&end=2026-10-11T00:00:00%2B08:00"


@pytest.fixture(scope="module")
def known(app: App) -> Iterator[App]:
    """The application over the district with the dictionary in it; afterwards as before."""
    with app.pool.connection() as conn:
        load(conn)
    yield app
    with app.pool.connection() as conn:
        for table in TABLES:
            conn.execute(f"DELETE FROM hall.{table}")
        conn.execute("DELETE FROM hall.event_class WHERE sub_code IS NOT NULL")
        conn.execute("DELETE FROM hall.event_sub_class")
        conn.execute("DELETE FROM hall.fact WHERE key IN ('dictionary', 'working_time')")


@pytest.mark.parametrize("username", ["dispatcher", "worker", "wall", "citizen", "audit_admin"])
def test_every_account_reads_the_tree_and_the_calendar(known: App, username: str) -> None:
    counts = known.client(username).get("/api/v1/dictionary").get_json()["counts"]
    # the district brought a class of its own under the code 0101, which stays outside the tree
    assert (counts["majors"], counts["sub_classes"], counts["classes"]) == (7, 61, 234)
    for path in (CALENDAR, "/api/v1/departments", "/api/v1/duty-rules?subject=C01"):
        assert known.client(username).get(path).status_code == 200


@pytest.mark.parametrize(
    "path", ["/api/v1/dictionary", "/api/v1/dictionary/0102", "/api/v1/departments", "/api/v1/duty-rules", "/api/v1/calendar"]
)
def test_nobody_reads_without_signing_in(known: App, path: str) -> None:
    assert known.client().get(path).status_code == 401


def test_a_class_tells_its_conditions_and_who_answers_at_a_place(known: App) -> None:
    found = known.client("dispatcher").get(f"/api/v1/dictionary/P102?grid_code={district.GRIDS[0]}").get_json()
    first = found["standards"][0]
    assert (found["sub_name"], first["limit_value"], first["limit_unit"]) == ("照明与井盖", 2.0, "urgent_hour")
    assert found["responsible"]["lead"]["code"] == "municipal"
    assert [item["name"] for item in found["responsible"]["helpers"]] == ["街道1办事处"]
    assert known.client("dispatcher").get("/api/v1/dictionary/0102").get_json()["responsible"] is None
    assert known.client("dispatcher").get("/api/v1/dictionary/none").status_code == 404


def test_working_intervals_leave_out_the_national_holiday(known: App) -> None:
    found = known.client("dispatcher").get(CALENDAR).get_json()
    assert found["intervals"] == [
        [f"2026-{day}T{start}:00:00Z", f"2026-{day}T{end}:00:00Z"]
        for day in ("09-30", "10-08", "10-09", "10-10")
        for start, end in (("00", "04"), ("06", "10"))
    ]
    days = {day["day"]: (day["working"], day["reason"]) for day in found["days"]}
    assert (days["2026-10-01"], days["2026-10-10"]) == ((False, "holiday"), (True, "make_up"))
    assert all(day["covered"] for day in found["days"])


def test_a_limit_ends_where_the_calendar_says_and_says_when_it_does_not_know(known: App) -> None:
    ask = "/api/v1/calendar/due?limit_value=1&limit_unit=work_day&filed_at="
    answer = known.client("worker").get(ask + "2026-09-30T16:00:00%2B08:00").get_json()
    assert (answer["due_at"], answer["covered"]) == ("2026-10-08T08:00:00Z", True)
    assert known.client("worker").get(ask + "2045-03-03T16:00:00%2B08:00").get_json()["covered"] is False


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/calendar?start=2026-01-01T00:00:00Z&end=2029-01-01T00:00:00Z",
        "/api/v1/calendar?start=2026-01-02T00:00:00Z&end=2026-01-01T00:00:00Z",
        "/api/v1/calendar?start=2026-01-02T00:00:00",
        "/api/v1/calendar/due?limit_value=1&limit_unit=week",
        "/api/v1/calendar/due?limit_unit=work_day",
    ],
)
def test_what_cannot_be_answered_is_refused(known: App, path: str) -> None:
    assert known.client("dispatcher").get(path).status_code == 400


def test_the_system_administrator_edits_a_class_and_others_are_refused(known: App) -> None:
    path = "/api/v1/dictionary/0104"
    standard = {"condition": "路面油污", "limit_value": 1.5, "limit_unit": "work_hour", "closing": "清洗干净"}
    entry = {"name": "道路不洁", "sub_code": "C01", "kind_group": "garbage", "standards": [standard]}
    assert known.client("dispatcher").put(path, json=entry).status_code == 403
    assert known.client("system_admin").put(path, json=entry).get_json()["standards"] == 1
    limits = [(item["limit_value"], item["enabled"]) for item in known.client("worker").get(path).get_json()["standards"]]
    assert limits == [(2.0, False), (1.5, True)]
    assert [(name, success) for name, success, _ in known.audit("dictionary_change")][-2:] == [
        ("dispatcher", False),
        ("system_admin", True),
    ]
    assert known.client("system_admin").put(path, json=entry | {"standards": []}).status_code == 400
    assert known.client("system_admin").put(path, json=entry | {"colour": "red"}).status_code == 400
    assert known.client("system_admin").put("/api/v1/dictionary/none", json=entry).status_code == 404


def test_a_class_is_added_once(known: App) -> None:
    standard = {"condition": "有", "limit_value": 3, "limit_unit": "natural_day", "closing": "完"}
    new = {"code": "C199", "name": "新的事", "sub_code": "C01", "standards": [standard]}
    assert known.client("security_admin").post("/api/v1/dictionary", json=new).status_code == 403
    assert known.client("system_admin").post("/api/v1/dictionary", json=new).status_code == 201
    assert known.client("system_admin").post("/api/v1/dictionary", json=new).status_code == 400


def test_departments_and_duties_are_edited_by_the_system_administrator_only(known: App) -> None:
    new = {"code": "parks", "name": "公园管理处", "kind": "bureau"}
    assert known.client("shift_leader").post("/api/v1/departments", json=new).status_code == 403
    made = known.client("system_admin").post("/api/v1/departments", json=new).get_json()["items"][0]["id"]
    assert known.client("system_admin").put(f"/api/v1/departments/{made}", json={"name": "公园处", "kind": "bureau"}).status_code == 204
    rule = {"subject": "P04", "lead": made}
    assert known.client("department").put("/api/v1/duty-rules", json=rule).status_code == 403
    assert known.client("system_admin").put("/api/v1/duty-rules", json=rule).get_json()["items"][0]["lead_department"] == made
    assert known.client("department").delete("/api/v1/duty-rules?subject=P04").status_code == 403
    assert known.client("system_admin").delete("/api/v1/duty-rules?subject=P04").status_code == 204
    assert known.client("system_admin").delete("/api/v1/duty-rules?subject=P04").status_code == 404


def test_days_and_hours_are_decided_by_the_system_administrator_only(known: App) -> None:
    day = "/api/v1/calendar/days/2026-10-09"
    assert known.client("leader").put(day, json={"working": False}).status_code == 403
    assert known.client("system_admin").put(day, json={"working": False, "note": "停电检修"}).get_json()["reason"] == "own"
    assert len(known.client("worker").get(CALENDAR).get_json()["intervals"]) == 6
    assert known.client("system_admin").delete(day).status_code == 204
    assert known.client("system_admin").put("/api/v1/calendar/days/2026-13-01", json={"working": True}).status_code == 400
    hours = {"hours": [["09:00", "17:00"]]}
    assert known.client("leader").put("/api/v1/calendar/hours", json=hours).status_code == 403
    assert known.client("system_admin").put("/api/v1/calendar/hours", json={"hours": [["17:00", "09:00"]]}).status_code == 400
    assert known.client("system_admin").put("/api/v1/calendar/hours", json=hours).status_code == 204
    assert known.client("worker").get(CALENDAR).get_json()["hours"] == [["09:00", "17:00"]]


def test_a_sub_class_is_added_once_and_renamed_by_the_system_administrator(known: App) -> None:
    path, new = "/api/v1/dictionary/sub-classes", {"code": "C97", "name": "夜间经济", "major": "city"}
    assert known.client("dispatcher").post(path, json=new).status_code == 403
    answer = known.client("system_admin").post(path, json=new)
    assert (answer.status_code, answer.get_json()) == (201, new)
    assert known.client("system_admin").post(path, json=new).status_code == 400
    assert known.client("system_admin").post(path, json=new | {"code": "C96", "major": "nowhere"}).status_code == 400
    assert known.client("dispatcher").put(f"{path}/C97", json={"name": "夜市"}).status_code == 403
    assert known.client("system_admin").put(f"{path}/C97", json={"name": "夜市"}).get_json() == new | {"name": "夜市"}
    assert known.client("system_admin").put(f"{path}/C97", json={"name": ""}).status_code == 400
    assert known.client("system_admin").put(f"{path}/C00", json={"name": "夜市"}).status_code == 404
    major = next(item for item in known.client("worker").get("/api/v1/dictionary").get_json()["majors"] if item["code"] == "city")
    assert ("C97", "夜市") in {(sub["code"], sub["name"]) for sub in major["sub_classes"]}
