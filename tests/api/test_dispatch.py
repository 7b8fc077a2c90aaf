"""Candidates, ways, closures, surroundings and the backlog over HTTP: for whom, within which area, and what is refused."""

from collections.abc import Iterator

import jsonschema  # type: ignore[import-untyped] # there are no stubs here
import pytest

from layers.base import STAFF
from services.closures import MAY_CLOSE
from tests import district
from tests.api.conftest import App
from tests.district import ACCOUNTS

PLACE = "lon=113.5425&lat=22.1925"
WAY = "from=113.5425,22.1925&to=113.5435,22.1925"
CASE = 101
"""In the first street; the worker 71 stands 22 m south of the corner, the case 10 m east of it."""
STAFF_ONLY = (f"/api/v1/events/{CASE}/candidates", "/api/v1/assignment", "/api/v1/eta")


@pytest.fixture
def fresh(app: App) -> Iterator[App]:
    """Everybody has just reported."""
    with app.pool.connection() as conn:
        conn.execute("UPDATE hall.worker_position SET reported_at = now()")
        conn.execute("UPDATE hall.vehicle SET reported_at = now()")
    yield app
    with app.pool.connection() as conn:
        conn.execute("UPDATE hall.worker_position SET reported_at = '2026-11-23T00:00:00Z'")
        conn.execute("UPDATE hall.vehicle SET reported_at = '2026-11-23T00:00:00Z'")
        conn.execute("DELETE FROM hall.road_closure")
        conn.execute("DELETE FROM hall.task WHERE worker_id IN (71, 72)")


def test_candidates_are_told_with_every_term(fresh: App) -> None:
    found = fresh.client("dispatcher").get(f"/api/v1/events/{CASE}/candidates").get_json()
    first, second = found["candidates"]
    assert (first["id"], first["rank"], first["engine"], first["mode"]) == (71, 1, "scipy", "walk")
    # 0.0001 degrees along the road, at 5 km/h
    assert first["road_distance_m"] == pytest.approx(10.3, abs=0.1)
    assert first["raw_travel_time_s"] == pytest.approx(7.4, abs=0.2)
    assert first["straight_distance_m"] == pytest.approx(24.4, abs=0.2)
    assert {"travel", "own_grid"} <= first["terms"].keys()
    assert {"key": "own_grid", "value": district.GRIDS[0], "verdict": "good"} in first["reasons"]
    # the roads of the two streets are not joined
    assert (second["id"], second["trouble"], second["travel_time_s"]) == (72, "unreachable", None)
    assert (found["considered"], found["usable"], found["network"]["engine"]) == (2, 1, "scipy")


def test_a_position_of_yesterday_is_listed_last_and_said(app: App) -> None:
    found = app.client("dispatcher").get(f"/api/v1/events/{CASE}/candidates").get_json()
    assert {one["trouble"] for one in found["candidates"]} == {"stale"}


@pytest.mark.parametrize("path", STAFF_ONLY)
@pytest.mark.parametrize("username", ACCOUNTS)
def test_who_may_ask(fresh: App, username: str, path: str) -> None:
    with fresh.client(username).get(path) as answer:
        assert answer.status_code == (200 if ACCOUNTS[username][0] in STAFF else 403)
        assert not any(secret in answer.get_data(as_text=True) for secret in (*district.NAMES, *district.PHONES))


def test_nobody_may_ask_without_signing_in(app: App) -> None:
    for path in (*STAFF_ONLY, f"/api/v1/route?{WAY}", f"/api/v1/reach?{PLACE}", "/api/v1/closures", f"/api/v1/nearby?{PLACE}&radius_m=100"):
        assert app.client().get(path).status_code == 401


def test_a_worker_sees_the_cases_and_people_of_his_street_only(fresh: App) -> None:
    client = fresh.client("worker")
    found = client.get(f"/api/v1/events/{CASE}/candidates").get_json()
    assert [one["id"] for one in found["candidates"]] == [71]
    assert client.get("/api/v1/events/102/candidates").status_code == 404
    assert {pair["event_id"] for pair in client.get("/api/v1/assignment").get_json()["pairs"]} == {101}
    around = client.get(f"/api/v1/nearby?{PLACE}&radius_m=3000").get_json()
    for group in around["groups"]:
        assert all(item["properties"]["grid_code"].startswith(district.STREETS[0]) for item in group["items"])
    assert around["affected"]["people"] == 1


def test_a_way_is_a_line_with_times(fresh: App) -> None:
    found = fresh.client("dispatcher").get(f"/api/v1/route?{WAY}").get_json()
    assert found["reachable"]
    # the declared length of the road, at 30 km/h
    assert found["distance_m"] == pytest.approx(103, abs=0.5)
    assert found["travel_time_s"] == pytest.approx(12.4, abs=0.1)
    assert found["eta_low_s"] < found["travel_time_s"] < found["eta_high_s"]
    assert found["geometry"] == {"type": "LineString", "coordinates": [[113.5425, 22.1925], [113.5435, 22.1925]]}
    assert [road["name"] for road in found["roads"]] == ["新街1"]
    none = fresh.client("dispatcher").get("/api/v1/route?from=113.5425,22.1925&to=113.5475,22.1925&mode=walk").get_json()
    assert (none["reachable"], none["geometry"], none["mode"]) == (False, None, "walk")


def test_reach_is_geojson_by_minutes(app: App) -> None:
    answer = app.client("dispatcher").get(f"/api/v1/reach?{PLACE}&minutes=10,5&mode=walk&direction=in")
    found = answer.get_json(force=True)
    assert answer.mimetype == "application/geo+json"
    assert [feature["properties"]["minutes"] for feature in found["features"]] == [5, 10]
    assert {feature["geometry"]["type"] for feature in found["features"]} == {"MultiPolygon"}


def test_a_closure_acts_at_once_and_is_recorded(fresh: App) -> None:
    client = fresh.client("dispatcher")
    made = client.post("/api/v1/closures", json={"lon": 113.543, "lat": 22.1925, "reason": "路面塌陷"})
    assert made.status_code == 201
    (closure,) = made.get_json()["closures"]
    assert (closure["name"], closure["geometry"]["type"]) == ("新街1", "LineString")
    way = client.get(f"/api/v1/route?{WAY}").get_json()
    assert (way["closed"], way["network"]["closures"]) == (1, 1)
    assert [one["id"] for one in client.get("/api/v1/closures").get_json()["closures"]] == [closure["id"]]
    assert client.delete(f"/api/v1/closures/{closure['id']}").status_code == 204
    assert client.get(f"/api/v1/route?{WAY}").get_json()["closed"] == 0
    assert client.delete(f"/api/v1/closures/{closure['id']}").status_code == 404
    assert fresh.audit("road_close")[-1] == ("dispatcher", True, "路面塌陷")
    assert [success for _, success, _ in fresh.audit("road_open")[-2:]] == [True, False]


@pytest.mark.parametrize("username", ACCOUNTS)
def test_who_may_close(fresh: App, username: str) -> None:
    client, role = fresh.client(username), ACCOUNTS[username][0]
    body = {"edge_ids": [121], "reason": "演练"}
    assert client.post("/api/v1/closures", json=body).status_code == (201 if role in MAY_CLOSE else 403)
    assert client.get("/api/v1/closures").status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {"reason": "塌"},
        {"reason": "路面塌陷"},
        {"reason": "路面塌陷", "lon": 113.5},
        {"reason": "路面塌陷", "edge_ids": [121], "lon": 113.5, "lat": 22.1},
        {"reason": "路面塌陷", "edge_ids": ["121"]},
        {"reason": "路面塌陷", "edge_ids": [121], "ends_at": "2026-11-23T00:00:00"},
        {"reason": "路面塌陷", "edge_ids": [121], "ends_at": "2020-01-01T00:00:00Z"},
        {"reason": "路面塌陷", "line": [[113.5, 95], [113.6, 22]]},
        {"reason": "路面塌陷", "edge_ids": [121], "surprise": 1},
        {"reason": "长" * 201, "edge_ids": [121]},
    ],
)
def test_what_cannot_be_closed_is_refused(app: App, body: dict[str, object]) -> None:
    assert app.client("dispatcher").post("/api/v1/closures", json=body).status_code == 400


def test_nearby_lists_and_counts(fresh: App) -> None:
    found = fresh.client("dispatcher").get(f"/api/v1/nearby?{PLACE}&radius_m=100").get_json()
    groups = {group["key"]: group for group in found["groups"]}
    assert {key: group["count"] for key, group in groups.items() if group["count"]} == {
        "workers": 1,
        "vehicles": 1,
        "cameras": 1,
        "shelters": 1,
        "open_events": 1,
    }
    (worker,) = groups["workers"]["items"]
    assert (worker["layer"], worker["id"], worker["href"]) == ("workers", 71, "/api/v1/layers/workers/71")
    assert worker["travel_time_s"] is not None
    assert found["affected"] == {
        "buildings": 1,
        "people": 1,
        "by_building": True,
        "categories": {"pop_type": {"registered": 1}, "age_group": {"80+": 1}},
    }
    leader = fresh.client("leader").get(f"/api/v1/nearby?{PLACE}&radius_m=100").get_json()
    assert leader["affected"]["categories"]["care"] == {"elder_alone": 1}


@pytest.mark.parametrize(
    "path",
    [
        f"/api/v1/nearby?{PLACE}",
        f"/api/v1/nearby?{PLACE}&radius_m=100&minutes=5",
        f"/api/v1/nearby?{PLACE}&radius_m=9999",
        f"/api/v1/nearby?{PLACE}&radius_m=100&classes=dragons",
        f"/api/v1/reach?{PLACE}&minutes=0",
        f"/api/v1/reach?{PLACE}&minutes=1,2,3,4,5,6,7",
        f"/api/v1/reach?{PLACE}&minutes=soon",
        f"/api/v1/reach?{PLACE}&mode=fly",
        "/api/v1/route?from=113.5425,22.1925",
        "/api/v1/route?from=113.5425&to=113.5435,22.1925",
        "/api/v1/route?from=22.1925,113.5425&to=113.5435,22.1925",
        "/api/v1/route?from=nan,nan&to=113.5435,22.1925",
        f"/api/v1/events/{CASE}/candidates?kind=drone",
        f"/api/v1/events/{CASE}/candidates?limit=0",
        "/api/v1/assignment?kind=team",
        "/api/v1/eta?days=0",
    ],
)
def test_what_cannot_be_asked_is_refused(app: App, path: str) -> None:
    with app.client("dispatcher").get(path) as answer:
        assert answer.status_code == 400
        assert answer.mimetype == "application/problem+json"


def test_answers_fit_their_description(fresh: App) -> None:
    client = fresh.client("dispatcher")
    document = client.get("/api/openapi.json").get_json()
    for path, schema in (
        (f"/api/v1/events/{CASE}/candidates", "Ranking"),
        (f"/api/v1/events/{CASE}/candidates?kind=team", "Ranking"),
        (f"/api/v1/events/{CASE}/candidates?kind=vehicle", "Ranking"),
        ("/api/v1/assignment", "Assignment"),
        ("/api/v1/eta", "EtaReport"),
        (f"/api/v1/route?{WAY}", "JourneyView"),
        (f"/api/v1/reach?{PLACE}", "ReachView"),
        ("/api/v1/closures", "ClosuresView"),
        (f"/api/v1/nearby?{PLACE}&radius_m=100", "NearbyView"),
    ):
        whole = {"$ref": f"#/components/schemas/{schema}", "components": document["components"]}
        jsonschema.Draft202012Validator(whole).validate(client.get(path).get_json(force=True))
