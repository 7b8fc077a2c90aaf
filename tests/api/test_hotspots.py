"""Hot spots over the interface, in the district of two streets: who gets what, and what is said of wrong questions."""

import io
import json

import geopandas as gpd
import h3
import pytest

from services import ground, history_build
from services.rights import Role
from tests.api.conftest import App
from tests.district import LAT, LONS, NAMES, PHONES

WINDOW = "start=2026-11-20T00:00:00Z&end=2026-11-24T00:00:00Z"
PATHS = (
    f"/api/v1/hotspots?resolution=10&{WINDOW}",
    f"/api/v1/hotspots?resolution=7&rate=people&{WINDOW}",
    f"/api/v1/hotspots/compare?resolution=9&{WINDOW}",
    f"/api/v1/hotspots/frames?resolution=9&step=hour&{WINDOW}",
    f"/api/v1/history/cases?{WINDOW}",
)
CELLS = [h3.latlng_to_cell(LAT, lon + 0.0001, 10) for lon in LONS]


@pytest.fixture(autouse=True)
def made(app: App) -> None:
    data_dir = app.interfaces.history.data_dir
    history_build.make(app.pool, data_dir)
    ground.make(app.pool, data_dir)


def counts(app: App, username: str, path: str) -> object:
    answer = app.client(username).get(path)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_json()


def test_everybody_counts_his_own_street(app: App) -> None:
    path = f"/api/v1/hotspots?resolution=10&{WINDOW}"
    everything, mine = counts(app, "dispatcher", path), counts(app, "worker", path)
    assert isinstance(everything, dict)
    assert isinstance(mine, dict)
    assert {cell["h3"]: cell["count"] for cell in everything["cells"]} == dict.fromkeys(CELLS, 1)
    assert {cell["h3"]: cell["count"] for cell in mine["cells"]} == {CELLS[0]: 1}
    assert everything["expected_total"] == everything["total"] == 2
    assert mine["cells_in_area"] < everything["cells_in_area"]
    foreign = app.client("worker").get(f"/api/v1/hotspots/{CELLS[1]}?{WINDOW}").get_json()
    assert (foreign["total"], foreign["events"], foreign["cameras"]["total"], foreign["parts"]["total"]) == (0, [], 0, 0)
    assert app.client("worker").get(f"/api/v1/history/cases?{WINDOW}").get_json()["total"] == 1
    assert app.client("worker").get(f"/api/v1/hotspots?area=990000002&{WINDOW}").get_json()["total"] == 0


@pytest.mark.parametrize("role", list(Role))
def test_only_who_sees_cases_sees_hot_spots(app: App, role: Role) -> None:
    allowed = app.client(role).get("/api/v1/layers/events").status_code
    for path in (*PATHS, f"/api/v1/hotspots/{CELLS[0]}?{WINDOW}"):
        answer = app.client(role).get(path)
        assert answer.status_code == allowed, (path, answer.get_data(as_text=True))
        text = answer.get_data(as_text=True)
        assert not any(secret in text for secret in (*PHONES, *NAMES))


def test_nobody_without_a_session_is_told_anything(app: App) -> None:
    for path in (*PATHS, f"/api/v1/hotspots/{CELLS[0]}", "/api/v1/hotspots/backtest", "/api/v1/hotspots/export"):
        assert app.client().get(path).status_code == 401


def test_a_cell_tells_what_is_in_it(app: App) -> None:
    one = app.client("dispatcher").get(f"/api/v1/hotspots/{CELLS[0]}?{WINDOW}").get_json()
    assert [event["id"] for event in one["events"]] == [101]
    assert one["causes"] == [{"code": "0101", "name": "占道经营", "major": "city", "count": 1}]
    # midnight UTC of the 22nd, a Sunday, is 8 o'clock in China
    assert one["matrix"][6][8] == 1
    assert one["addresses"][0]["address"] == "新街1号"
    assert one["lon"] == pytest.approx(LONS[0], abs=0.002)


def test_files_hold_what_the_map_shows_and_leave_a_trace(app: App) -> None:
    path = f"/api/v1/hotspots/export?resolution=10&{WINDOW}"
    client = app.client("leader")
    shown = client.get(f"/api/v1/hotspots?resolution=10&{WINDOW}").get_json()["cells"]
    found = json.loads(client.get(f"{path}&format=geojson").get_data())
    assert [feature["id"] for feature in found["features"]] == [cell["h3"] for cell in shown]
    frame = gpd.read_parquet(io.BytesIO(client.get(f"{path}&format=geoparquet").get_data()))
    assert frame["h3"].tolist() == [cell["h3"] for cell in shown]
    assert frame.crs.to_epsg() == 4326
    assert app.audit("export")[-1][:2] == ("leader", True)
    assert app.client("worker").get(path).status_code == 403
    assert app.audit("export")[-1][:2] == ("worker", False)


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("resolution=11", "7 to 10"),
        ("rate=cars", "rate"),
        ("area=1;DROP TABLE hall.event", "area"),
        ("hours=7-24", "hours"),
        ("weekdays=0", "weekdays"),
        ("start=2026-11-20", "offset"),
        ("start=2026-11-20T00:00:00Z&end=2026-11-19T00:00:00Z", "start"),
        ("bbox=1,2,3", "bbox"),
        ("cell=nonsense", "cell"),
        ("class=" + "x" * 200, "class"),
        ("building=abc", "building"),
        ("colour=red", "unknown parameter"),
    ],
)
def test_wrong_questions_are_refused_by_name(app: App, query: str, reason: str) -> None:
    answer = app.client("dispatcher").get(f"/api/v1/hotspots?{query}")
    assert answer.status_code == 400
    assert answer.mimetype == "application/problem+json"
    assert reason in answer.get_json()["detail"]


@pytest.mark.parametrize(
    "query", ["class=gone", "area=1234", "start=2030-01-01T00:00:00Z&end=2030-01-02T00:00:00Z", "hours=22-2&weekdays=6-1"]
)
def test_nothing_found_is_an_answer(app: App, query: str) -> None:
    answer = app.client("dispatcher").get(f"/api/v1/hotspots?{query}")
    assert answer.status_code == 200
    assert answer.get_json()["total"] == 0


def test_too_short_a_past_for_a_back_test_is_said(app: App) -> None:
    answer = app.client("dispatcher").get("/api/v1/hotspots/backtest")
    assert answer.status_code == 400
    assert "at least 8" in answer.get_json()["detail"]
    assert app.client("dispatcher").get("/api/v1/hotspots/nonsense").status_code == 400
