"""Selections, cameras and search over HTTP."""

from tests import district
from tests.api.conftest import App

PLACE = "lon=113.5425&lat=22.1925"


def test_a_circle_counts_every_class_that_the_reader_may_see(app: App) -> None:
    found = app.client("dispatcher").get(f"/api/v1/select?{PLACE}&radius_m=100").get_json()
    counts = {key: part["count"] for key, part in found["classes"].items()}
    assert counts == {
        "district": 1,
        "streets": 1,
        "communities": 1,
        "city_management_grids": 1,
        "base_grids": 1,
        "buildings": 1,
        "roads": 1,
        "places": 1,
        "people": 1,
        "organizations": 1,
        "parts": 1,
        "events": 1,
        "resources": 1,
        "sensors": 1,
        "cameras": 1,
        "panoramas": 1,
        "camera_coverage": 1,
        "vehicles": 1,
        "workers": 1,
        "open_events": 1,
    }
    assert found["rooms"] == {"own": 1, "shop": 2, "vacant": 1}
    assert found["classes"]["buildings"]["breakdown"] == {"residential": 1}


def test_a_polygon_a_line_and_a_feature_select_alike(app: App) -> None:
    client = app.client("dispatcher")
    ring = [[113.542, 22.192], [113.543, 22.192], [113.543, 22.193], [113.542, 22.193], [113.542, 22.192]]
    polygon = {"type": "Polygon", "coordinates": [ring]}
    line = {"type": "LineString", "coordinates": [[113.542, 22.1925], [113.543, 22.1925]], "radius_m": 30}
    bodies = [
        polygon,
        {"geometry": polygon},
        {"type": "Feature", "geometry": polygon, "properties": {}},
        line,
        {"type": "Feature", "geometry": {"type": "Point", "coordinates": [113.5425, 22.1925]}, "properties": {"radius_m": 30}},
    ]
    for body in bodies:
        classes = client.post("/api/v1/select", json=body).get_json()["classes"]
        assert (classes["buildings"]["count"], classes["buildings"]["items"][0]["id"]) == (1, 11)


def test_layers_filters_and_limit_narrow_a_selection(app: App) -> None:
    client = app.client("dispatcher")
    point = {"type": "Point", "coordinates": [113.5425, 22.1925], "radius_m": 100, "layers": ["buildings", "cameras"], "limit": 0}
    classes = client.post("/api/v1/select", json=point | {"filters": {"buildings": {"use_type": "office"}}}).get_json()["classes"]
    assert {key: (part["count"], part["items"]) for key, part in classes.items()} == {"buildings": (0, []), "cameras": (1, [])}
    assert set(client.get(f"/api/v1/select?{PLACE}&radius_m=100&layers=people").get_json()["classes"]) == {"people"}


def test_a_worker_selects_in_his_street_only(app: App) -> None:
    found = app.client("worker").get(f"/api/v1/select?{PLACE}&radius_m=2000&layers=people,buildings").get_json()["classes"]
    assert {key: [item["id"] for item in part["items"]] for key, part in found.items()} == {"people": [21], "buildings": [11]}


def test_cameras_around_a_place_come_nearest_first(app: App) -> None:
    found = app.client("dispatcher").get(f"/api/v1/cameras?{PLACE}&radius_m=1000").get_json()
    assert (found["count"], [item["id"] for item in found["items"]]) == (2, [61, 62])
    # 0.0002 degrees of latitude
    assert 22.0 < found["items"][0]["distance_m"] < 22.3


def test_search_finds_names_and_addresses(app: App) -> None:
    found = app.client("dispatcher").get("/api/v1/search?q=新街1").get_json()["classes"]
    assert {part["layer"]: [hit["id"] for hit in part["hits"]] for part in found} == {
        "organizations": [31],
        "panoramas": [131],
        "roads": [121],
        "buildings": [11],
    }


def test_a_whole_phone_number_is_found_and_the_question_is_recorded(app: App) -> None:
    before = len(app.audit("lookup"))
    found = app.client("dispatcher").get(f"/api/v1/search?q={district.PHONES[0]}").get_json()["classes"]
    assert 21 in [hit["id"] for part in found for hit in part["hits"] if part["layer"] == "people"]
    assert len(app.audit("lookup")) == before + 1
    assert app.client("dispatcher").get(f"/api/v1/search?q={district.PHONES[0][:9]}").get_json()["classes"] == []


def test_half_a_position_is_refused(app: App) -> None:
    assert app.client("dispatcher").get("/api/v1/search?q=x1&lon=113").status_code == 400
