"""Rankings, presets and performance over HTTP: who may ask, whose numbers, what is refused, and files."""

import io
from urllib.parse import quote

import pytest
from openpyxl import load_workbook

from services import history_build
from services.history import HistoryStore
from services.incidence import DIMENSIONS, MAY_READ
from services.performance_formulas import OBJECTS
from services.rights import MAY_EXPORT, Role
from tests.api.conftest import App
from tests.district import NAMES, PHONES, STREETS

INCIDENCE, PERFORMANCE = "/api/v1/incidence", "/api/v1/performance"
PERIOD = f"start={quote('2026-11-01T00:00:00+08:00')}&end={quote('2026-12-01T00:00:00+08:00')}"
PATHS = (
    f"{INCIDENCE}?{PERIOD}",
    f"{INCIDENCE}/matrix?{PERIOD}",
    f"{INCIDENCE}/trend?step=week",
    f"{INCIDENCE}/cases?{PERIOD}",
    f"{INCIDENCE}/presets",
    f"{INCIDENCE}/presets/road_damage?budget=1000",
    f"{INCIDENCE}/presets/garbage_bins?sites=5",
    f"{PERFORMANCE}?object=street&{PERIOD}",
    f"{PERFORMANCE}/cases?object=street&key={STREETS[0]}&term=reported&{PERIOD}",
    f"{PERFORMANCE}/formulas",
)


@pytest.fixture(scope="module", autouse=True)
def history(app: App) -> HistoryStore:
    history_build.make(app.pool, app.interfaces.history._folder.parent)
    app.interfaces.history._due_at = 0.0
    return app.interfaces.history


@pytest.mark.parametrize("path", PATHS)
def test_only_those_who_run_the_hall_read_the_analysis(app: App, path: str) -> None:
    assert app.client().get(path).status_code == 401
    for role in Role:
        expected = 200 if role in MAY_READ else 403
        assert app.client(role.value).get(path).status_code == expected, role


@pytest.mark.parametrize("by", DIMENSIONS)
def test_every_dimension_is_ranked_and_narrows_to_its_rows(app: App, by: str) -> None:
    found = app.client("leader").get(f"{INCIDENCE}?by={by}&{PERIOD}").get_json()
    assert found["total"] == 2
    for row in found["rows"]:
        narrowed = app.client("leader").get(f"{INCIDENCE}/cases?{row['parameter']}={quote(row['key'])}&{PERIOD}").get_json()
        assert narrowed["total"] == row["count"]


def test_areas_have_their_names(app: App) -> None:
    rows = app.client("leader").get(f"{INCIDENCE}?by=street&{PERIOD}").get_json()["rows"]
    assert [(row["key"], row["name"], row["count"], row["overdue"]) for row in rows] == [
        (STREETS[0], "街道1", 1, rows[0]["overdue"]),
        (STREETS[1], "街道2", 1, rows[1]["overdue"]),
    ]


def test_a_street_sees_its_own_numbers_in_every_answer(app: App) -> None:
    with app.pool.connection() as conn:
        conn.execute("UPDATE hall.account SET scope = %s WHERE username = 'department'", [STREETS[1]])
    app.book.refresh()
    try:
        client = app.client("department")
        assert client.get(f"{INCIDENCE}?by=street&{PERIOD}").get_json()["total"] == 1
        assert sum(map(sum, client.get(f"{INCIDENCE}/matrix?{PERIOD}").get_json()["rows"])) == 1
        assert client.get(f"{INCIDENCE}/cases?area={STREETS[0]}").get_json() == {"total": 0, "cases": []}
        assert [one["key"] for one in client.get(f"{PERFORMANCE}?object=street&{PERIOD}").get_json()["evaluations"]] == [STREETS[1]]
        assert client.get(PATHS[8]).get_json()["total"] == 0
        csv = client.get(f"{INCIDENCE}/cases?format=csv").get_data(as_text=True)
        assert STREETS[0] not in csv
    finally:
        with app.pool.connection() as conn:
            conn.execute("UPDATE hall.account SET scope = '' WHERE username = 'department'")
        app.book.refresh()


def test_no_answer_and_no_file_tells_who_reported(app: App) -> None:
    client = app.client("leader")
    for path in (*PATHS, f"{INCIDENCE}/cases?format=csv"):
        text = client.get(path).get_data(as_text=True)
        assert not any(secret in text for secret in (*NAMES, *PHONES)), path


@pytest.mark.parametrize(
    ("path", "named"),
    [
        (f"{INCIDENCE}?by=moon", "by"),
        (f"{INCIDENCE}?hours=25", "hours"),
        (f"{INCIDENCE}?area=99%25", "area"),
        (f"{INCIDENCE}?start=yesterday", "start"),
        (f"{INCIDENCE}?moon=1", "moon"),
        (f"{INCIDENCE}?preset=moon", "preset"),
        (f"{INCIDENCE}/trend?step=day", "step"),
        (f"{INCIDENCE}/presets/road_damage?budget=-1", "budget"),
        (f"{INCIDENCE}/presets/garbage_bins?radius_m=1", "radius_m"),
        (f"{INCIDENCE}/presets/garbage_bins?sites=1000", "sites"),
        (f"{PERFORMANCE}?object=street", "start and end"),
        (f"{PERFORMANCE}?object=mayor&{PERIOD}", "object"),
        (f"{PERFORMANCE}/cases?object=street&term=reported&{PERIOD}", "key"),
        (f"{PERFORMANCE}/cases?object=street&key=1&term=moon&{PERIOD}", "term"),
    ],
)
def test_what_cannot_be_read_is_named(app: App, path: str, named: str) -> None:
    answer = app.client("leader").get(path)
    assert answer.status_code == 400
    assert answer.mimetype == "application/problem+json"
    assert named in answer.get_json()["detail"]


def test_classes_that_were_deleted_and_empty_windows_are_answers(app: App) -> None:
    for query in ("class=gone", f"start={quote('2020-01-01T00:00:00+08:00')}&end={quote('2020-01-02T00:00:00+08:00')}"):
        for path in (INCIDENCE, f"{INCIDENCE}/matrix", f"{INCIDENCE}/trend", f"{INCIDENCE}/cases", f"{INCIDENCE}/presets/road_damage"):
            assert app.client("leader").get(f"{path}?{query}").get_json().get("total", 0) == 0


def test_files_have_the_table_and_the_cases(app: App) -> None:
    client = app.client("leader")
    book = load_workbook(io.BytesIO(client.get(f"{INCIDENCE}?by=street&{PERIOD}&format=xlsx").data))
    assert book.sheetnames == ["incidence_street", "cases"]
    assert [row[3].value for row in book["incidence_street"].iter_rows(min_row=2)] == [1, 1]
    assert book["cases"].max_row == 3
    csv = client.get(f"{INCIDENCE}?by=street&{PERIOD}&format=csv&lang=en")
    assert csv.mimetype == "text/csv"
    assert csv.data.decode("utf-8-sig").splitlines()[0].startswith("Rank,Code,Name,Cases")
    for kind in OBJECTS:
        assert client.get(f"{PERFORMANCE}?object={kind}&{PERIOD}&format=xlsx").status_code == 200
    for path in ("trend?", "presets/road_damage?", "presets/garbage_bins?"):
        assert client.get(f"{INCIDENCE}/{path}format=csv").status_code == 200


def test_only_those_who_may_export_get_files(app: App) -> None:
    for role in MAY_READ:
        expected = 200 if role in MAY_EXPORT else 403
        for path in (f"{INCIDENCE}?format=csv", f"{INCIDENCE}/cases?format=xlsx", f"{PERFORMANCE}?{PERIOD}&format=csv"):
            assert app.client(role.value).get(path).status_code == expected, (role, path)


def test_weights_are_set_by_those_who_lead_and_stand_in_the_trail(app: App) -> None:
    wanted = {"weights": {"dispatcher": {"dispatch_on_time_rate": 50, "dispatch_accuracy": 50}}, "verify_send_minutes": 20}
    for role in Role:
        if role not in {Role.LEADER, Role.SHIFT_LEADER}:
            assert app.client(role.value).put(f"{PERFORMANCE}/formulas", json=wanted).status_code == 403
    before = len(app.audit("performance_weights"))
    answer = app.client("shift_leader").put(f"{PERFORMANCE}/formulas", json=wanted)
    assert answer.status_code == 200
    assert answer.get_json()["weights"]["dispatcher"] == {"dispatch_on_time_rate": 50, "dispatch_accuracy": 50}
    assert answer.get_json()["weights"]["department"]["filed"] == 10
    assert app.client("leader").get(f"{PERFORMANCE}/formulas").get_json()["verify_send_minutes"] == 20
    assert len(app.audit("performance_weights")) == before + 1
    known = app.client("leader").get(f"{PERFORMANCE}/formulas").get_json()
    assert known["changed_by"] == app.client("shift_leader").get("/api/v1/me").get_json()["display_name"]
    assert known["changed_at"]
    with app.pool.connection() as conn:
        [trail] = conn.execute(
            "SELECT detail FROM hall.audit WHERE action = 'performance_weights' ORDER BY id DESC LIMIT 1"
        ).fetchone() or ({},)
    assert trail["before"]["dispatcher"]["dispatched"] == 20
    assert trail["after"] == {**wanted["weights"], "verify_send_minutes": 20, "check_send_minutes": 60}
    for wrong in ({"weights": {"dispatcher": {"dispatch_on_time_rate": 70}}}, {"verify_send_minutes": 0}, {"check_send_minutes": 1441}):
        assert app.client("leader").put(f"{PERFORMANCE}/formulas", json=wrong).status_code == 400, wrong
    assert app.client("leader").get(f"{PERFORMANCE}/formulas").get_json() == known
    with app.pool.connection() as conn:
        conn.execute("DELETE FROM hall.fact WHERE key = 'performance'")
