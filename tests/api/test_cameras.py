"""Cameras over the interface, in the district of two streets: who gets what."""

from datetime import UTC, datetime

import pytest

from services import camera_coverage, camera_views
from tests.api.conftest import App
from tests.district import GRIDS, LAT, LONS

PLACE = f"lon={LONS[0]}&lat={LAT}"
POLYGON = {"type": "Polygon", "coordinates": [[[113.54, 22.19], [113.55, 22.19], [113.55, 22.195], [113.54, 22.195], [113.54, 22.19]]]}


@pytest.fixture(autouse=True)
def views(app: App) -> None:
    camera_views.renew(app.pool)
    camera_coverage.renew(app.pool, datetime.now(UTC))


def ids(answer: object) -> list[int]:
    assert isinstance(answer, dict)
    return [item["id"] for item in answer["items"]]


def test_a_circle_a_polygon_and_a_route_choose_cameras(app: App) -> None:
    client = app.client("dispatcher")
    assert ids(client.get(f"/api/v1/cameras?{PLACE}&radius_m=1000").get_json()) == [61, 62]
    assert sorted(ids(client.post("/api/v1/cameras/select", json={"geometry": POLYGON}).get_json())) == [61, 62]
    point = {"type": "Point", "coordinates": [LONS[1], LAT]}
    assert ids(client.post("/api/v1/cameras/select", json={"geometry": point, "radius_m": 100}).get_json()) == [62]
    route = [[113.55, LAT + 0.0002], [113.54, LAT + 0.0002]]
    assert ids(client.post("/api/v1/cameras/select", json={"route": route, "buffer_m": 30}).get_json()) == [62, 61]
    assert ids(client.post("/api/v1/cameras/select", json={"ids": [62, 61]}).get_json()) == [62, 61]


def test_only_cameras_that_see_the_place_are_told_when_asked(app: App) -> None:
    seen = f"/api/v1/cameras?lon={LONS[0]}&lat={LAT + 0.0003}&sees=1"
    answer = app.client("dispatcher").get(seen).get_json()
    assert [(item["id"], item["sees"], item["modes"]) for item in answer["items"]] == [(61, True, ["download", "live", "replay"])]
    assert ids(app.client("dispatcher").get(f"/api/v1/cameras?{PLACE}&sees=1").get_json()) == []


def test_an_answer_tells_nothing_of_the_platform(app: App) -> None:
    text = app.client("dispatcher").get(f"/api/v1/cameras?{PLACE}&radius_m=1000").get_data(as_text=True)
    assert "stream_ref" not in text
    assert "sub_ref" not in text


def test_a_worker_gets_his_street_and_administrators_get_nothing(app: App) -> None:
    worker = app.client("worker")
    assert ids(worker.get(f"/api/v1/cameras?{PLACE}&radius_m=5000").get_json()) == [61]
    assert ids(worker.post("/api/v1/cameras/select", json={"geometry": POLYGON, "sees": True}).get_json()) == [61]
    assert ids(worker.get("/api/v1/cameras?ids=62").get_json()) == []
    assert {node["area"] for node in worker.get("/api/v1/camera-tree").get_json()["nodes"]} == {None, GRIDS[0][:9]}
    assert [grid["code"] for grid in worker.get("/api/v1/camera-coverage").get_json()["worst"]] == [GRIDS[0]]
    assert worker.get("/api/v1/cameras/61/view").get_json()["area_m2"] > 0
    for path in ("/api/v1/cameras/62/view", f"/api/v1/camera-coverage/{GRIDS[1]}"):
        assert worker.get(path).status_code == 404
    paths = (
        "/api/v1/cameras",
        "/api/v1/camera-tree",
        "/api/v1/camera-coverage",
        "/api/v1/cameras/61/view",
        f"/api/v1/camera-coverage/{GRIDS[0]}",
    )
    for role in ("system_admin", "security_admin", "audit_admin", "citizen"):
        assert {app.client(role).get(path).status_code for path in paths} == {403}, role
    assert {app.client().get(path).status_code for path in paths} == {401}


def test_the_tree_of_everything_counts_both(app: App) -> None:
    answer = app.client("leader").get("/api/v1/camera-tree").get_json()
    assert (answer["count"], answer["online"]) == (2, 2)
    assert [node["key"] for node in answer["nodes"]][:3] == ["owner:police", "owner:police/990000001", "owner:police/990000002"]


def test_coverage_and_blind_ground_are_told(app: App) -> None:
    client = app.client("dispatcher")
    answer = client.get("/api/v1/camera-coverage?limit=1").get_json()
    assert (answer["grids"], len(answer["worst"])) == (2, 1)
    assert 0 < answer["percent"] < 5
    assert client.get(f"/api/v1/camera-coverage/{GRIDS[0]}").get_json()["geometry"]["type"] == "MultiPolygon"
    assert client.get("/api/v1/camera-coverage/nowhere").status_code == 404


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("lon=113.5", "belong together"),
        (PLACE, "radius_m"),
        ("sees=1", "needs a position"),
        ("ids=1,x", "ids"),
        (f"{PLACE}&radius_m=1000&limit=501", "limit"),
        (f"{PLACE}&radius_m=100&group_id=1", "name one of"),
        ("set_id=0", "set_id"),
        ("shape=1", "unknown parameter"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_a_reason(app: App, query: str, says: str) -> None:
    answer = app.client("dispatcher").get(f"/api/v1/cameras?{query}")
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")
    assert says in answer.get_json()["detail"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"geometry": {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}},
        {"route": [[113.5, 22.1]]},
        {"route": {"type": "Point", "coordinates": [1, 2]}},
        {"geometry": POLYGON, "route": [[1, 2], [2, 3]]},
        {"geometry": {"type": "Point", "coordinates": [1, 2]}},
        {"nonsense": 1},
        {"limit": -1},
    ],
)
def test_a_shape_that_cannot_be_used_is_refused(app: App, wrong: dict[str, object]) -> None:
    assert app.client("dispatcher").post("/api/v1/cameras/select", json=wrong).status_code == 400


def test_only_the_system_administrator_moves_a_camera(app: App) -> None:
    wanted = {"azimuth_deg": 90, "clock_offset_ms": 0}
    assert app.client("shift_leader").patch("/api/v1/cameras/61", json=wanted).status_code == 403
    assert app.client("system_admin").patch("/api/v1/cameras/999", json=wanted).status_code == 404
    assert app.client("system_admin").patch("/api/v1/cameras/61", json={"azimuth_deg": 361}).status_code == 400
    answer = app.client("system_admin").patch("/api/v1/cameras/61", json=wanted)
    assert (answer.status_code, answer.get_json()["azimuth_deg"], answer.get_json()["geom_source"]) == (200, 90, "platform")
    assert app.audit("place_camera")[-1][:2] == ("system_admin", True)
