"""Rows as GeoJSON, one row with all that hangs on it, and personal values for a reason."""

import pytest

from tests import district
from tests.api.conftest import App

REASON = "走失老人核实身份"


def test_rows_come_in_pages_whose_next_link_goes_on_by_key(app: App) -> None:
    client = app.client("dispatcher")
    first = client.get("/api/v1/layers/cameras?limit=1").get_json()
    assert ([feature["id"] for feature in first["features"]], first["numberReturned"], first["numberMatched"]) == ([61], 1, 2)
    assert first["links"] == [{"rel": "next", "href": "/api/v1/layers/cameras?limit=1&after=61"}]
    last = client.get(first["links"][0]["href"]).get_json()
    assert ([feature["id"] for feature in last["features"]], last["links"]) == ([62], [])


def test_rows_are_geojson_with_the_fields_of_the_layer(app: App) -> None:
    (feature, _) = app.client("dispatcher").get("/api/v1/layers/cameras").get_json()["features"]
    assert feature["type"] == "Feature"
    assert feature["geometry"] == {"type": "Point", "coordinates": [113.5425, 22.1927]}
    assert feature["properties"]["gb_id"] == "99000001001320000001"
    assert feature["properties"]["online"] is True


def test_box_and_filter_narrow_and_are_counted(app: App) -> None:
    client = app.client("dispatcher")
    boxed = client.get("/api/v1/layers/buildings?bbox=113.542,22.192,113.543,22.193").get_json()
    assert ([feature["id"] for feature in boxed["features"]], boxed["numberMatched"]) == ([11], 1)
    none = client.get("/api/v1/layers/buildings?floors=3..").get_json()
    assert (none["features"], none["numberMatched"]) == ([], 0)
    both = client.get("/api/v1/layers/buildings?floors=1..2&use_type=residential,office").get_json()
    assert both["numberMatched"] == 2


def test_times_are_rfc_3339(app: App) -> None:
    (event, _) = app.client("dispatcher").get("/api/v1/events").get_json()["features"]
    assert event["properties"]["reported_at"] == "2026-11-22T00:00:00Z"


def test_open_cases_are_asked_for_by_a_parameter(app: App) -> None:
    client = app.client("dispatcher")
    assert client.get("/api/v1/events?open=true&state=filed").get_json()["numberReturned"] == 2
    assert client.get("/api/v1/events?state=closed").get_json()["numberReturned"] == 0


def test_a_building_shows_areas_rooms_residents_organizations_events_and_sensors(app: App) -> None:
    building = app.client("dispatcher").get("/api/v1/layers/buildings/11").get_json()
    assert [area["code"] for area in building["areas"]] == ["990000", "990000001", "990000001001", "990000001001001"]
    assert [(room["room_no"], room["state"], room["people"], room["organization"]) for room in building["rooms"]] == [
        ("201", "own", 1, None),
        ("202", "vacant", 0, None),
        ("101", "shop", 0, "商铺1"),
        ("102", "shop", 0, None),
    ]
    related = {
        name: (relation["layer"], relation["total"], [item["id"] for item in relation["items"]])
        for name, relation in building["relations"].items()
    }
    assert related == {
        "residents": ("people", 1, [21]),
        "organizations": ("organizations", 1, [31]),
        "events": ("events", 1, [101]),
        "sensors": ("sensors", 1, [51]),
    }


def test_a_grid_shows_its_worker_people_buildings_and_open_cases(app: App) -> None:
    grid = app.client("dispatcher").get("/api/v1/layers/base_grids/401").get_json()
    related = {name: [item["id"] for item in relation["items"]] for name, relation in grid["relations"].items()}
    assert related == {
        "worker": [71],
        "open_events": [101],
        "workers": [71],
        "buildings": [11],
        "residents": [21],
        "organizations": [31],
    }
    assert grid["relations"]["worker"]["items"][0]["properties"]["name"] == "赵**"


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("people/21", {"building", "household", "room_mates"}),
        ("organizations/31", {"building"}),
        ("sensors/51", {"part", "building"}),
        ("parts/41", {"sensors"}),
        ("workers/71", {"open_events"}),
        ("events/101", {"building", "worker", "duplicates"}),
        ("streets/201", {"communities", "open_events", "workers"}),
        ("communities/301", {"grids", "open_events", "workers"}),
        ("district/1", {"streets", "open_events", "workers"}),
        ("city_management_grids/501", {"open_events"}),
        ("cameras/61", set()),
    ],
)
def test_each_class_has_its_relations(app: App, path: str, names: set[str]) -> None:
    row = app.client("dispatcher").get(f"/api/v1/layers/{path}").get_json()
    assert set(row["relations"]) == names


def test_the_rows_of_a_relation_can_be_left_out_but_not_their_number(app: App) -> None:
    building = app.client("dispatcher").get("/api/v1/layers/buildings/11?related=0").get_json()
    assert building["relations"]["residents"] == {"layer": "people", "total": 1, "items": []}


def test_a_city_grid_finds_its_cases_by_place(app: App) -> None:
    grid = app.client("dispatcher").get("/api/v1/layers/city_management_grids/502").get_json()
    assert [item["id"] for item in grid["relations"]["open_events"]["items"]] == [102]


def test_a_room_shows_its_persons_and_a_shop_its_organization(app: App) -> None:
    client = app.client("dispatcher")
    flat, shop = client.get("/api/v1/rooms/121").get_json(), client.get("/api/v1/rooms/111").get_json()
    assert (flat["building_id"], flat["households"], [item["id"] for item in flat["people"]]) == (11, 1, [21])
    assert [item["properties"]["name"] for item in shop["organizations"]] == ["商铺1"]


def test_a_department_sees_no_people_behind_a_building_or_a_room(app: App) -> None:
    client = app.client("department")
    assert "residents" not in client.get("/api/v1/layers/buildings/11").get_json()["relations"]
    assert client.get("/api/v1/rooms/121").get_json()["people"] == []


def test_a_reason_shows_the_values_and_leaves_a_row(app: App) -> None:
    answer = app.client("dispatcher").post(
        "/api/v1/unmask",
        json={"layer": "people", "id": 21, "fields": ["name", "phone"], "reason": REASON},
    )
    assert answer.get_json() == {"layer": "people", "id": 21, "values": {"name": district.NAMES[0], "phone": district.PHONES[0]}}
    assert app.audit("unmask")[-1] == ("dispatcher", True, REASON)


@pytest.mark.parametrize("username", ["wall", "department", "audit_admin", "citizen"])
def test_who_may_not_unmask_is_refused(app: App, username: str) -> None:
    body = {"layer": "people", "id": 21, "fields": ["name"], "reason": REASON}
    assert app.client(username).post("/api/v1/unmask", json=body).status_code == 403


def test_refusals_are_recorded_too(app: App) -> None:
    body = {"layer": "people", "id": 22, "fields": ["name"], "reason": REASON}
    assert app.client("worker").post("/api/v1/unmask", json=body).status_code == 404
    assert app.audit("unmask")[-1][:2] == ("worker", False)
    assert app.client("wall").post("/api/v1/unmask", json=body).status_code == 403
    assert app.audit("unmask")[-1][:2] == ("wall", False)


@pytest.mark.parametrize("change", [{"reason": "abc"}, {"fields": []}, {"fields": ["care"]}, {"id": "21"}, {"extra": 1}])
def test_an_unmask_request_is_checked(app: App, change: dict[str, object]) -> None:
    body = {"layer": "people", "id": 21, "fields": ["name"], "reason": REASON} | change
    assert app.client("dispatcher").post("/api/v1/unmask", json=body).status_code == 400
