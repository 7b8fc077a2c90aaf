"""Panels as readers of different roles and areas get them."""

import json
import re

from callbacks.panels.detail import AROUND
from layers.registry import LAYERS
from services.rights import Role
from tests import district
from tests.callbacks.conftest import Desk

IDS = {
    "district": 1,
    "streets": 201,
    "communities": 301,
    "base_grids": 401,
    "city_management_grids": 501,
    "buildings": 11,
    "roads": 121,
    "places": 111,
    "people": 21,
    "organizations": 31,
    "parts": 41,
    "events": 101,
    "resources": 91,
    "sensors": 51,
    "cameras": 61,
    "camera_coverage": 401,
    "panoramas": 131,
    "vehicles": 81,
    "workers": 71,
    "open_events": 101,
}
"""Rows of the first street."""
CIRCLE = {"type": "circle", "lon": district.LONS[0], "lat": district.LAT, "radius_m": 100, "n": 1}
SECRETS = (*district.NAMES, *district.PHONES, *district.ID_NUMBERS, *district.ADDRESSES)


def test_every_class_has_a_panel_with_its_name_and_area(desk: Desk) -> None:
    for layer in LAYERS:
        text = desk.panel("dispatcher", layer.key, IDS[layer.key])
        assert f'"{layer.title.zh}"' in text, layer.key
        assert '"panel-foot' in text, layer.key
        if layer.key not in {"district", "city_management_grids"}:
            assert "街道1" in text or "网格1" in text, layer.key


def test_no_panel_tells_a_personal_value(desk: Desk) -> None:
    for layer in LAYERS:
        for username in ("dispatcher", "leader", "wall"):
            text = desk.panel(username, layer.key, IDS[layer.key])
            assert not [secret for secret in SECRETS if secret in text], (layer.key, username)


def test_a_row_of_another_street_is_not_there_for_a_worker(desk: Desk) -> None:
    assert "找不到这条记录" in desk.panel("worker", "buildings", 12)
    assert "楼宇1" in desk.panel("worker", "buildings", 11)
    assert "楼宇2" not in json.dumps(
        desk.call("worker", "panel-body.children", {"shape.data": {**CIRCLE, "radius_m": 5_000}, "unfold.data": "buildings"}),
        ensure_ascii=False,
    )


def test_a_class_without_right_says_so(desk: Desk) -> None:
    assert "无权查看" in desk.panel("department", "people", 21)
    selection = json.dumps(desk.call("department", "panel-body.children", {"shape.data": CIRCLE, "unfold.data": ""}), ensure_ascii=False)
    assert "class-row locked" in selection


def test_a_class_that_does_not_exist_is_not_there(desk: Desk) -> None:
    assert "找不到这条记录" in desk.panel("dispatcher", "unicorns", 1)


def test_a_building_shows_its_rooms_and_a_room_its_people(desk: Desk) -> None:
    text = desk.panel("dispatcher", "buildings", 11)
    # 2 floors of 2 rooms: shops below, one lived in and one vacant above
    assert len(re.findall(r'"data-room": "\d+"', text)) == 4
    room = json.dumps(
        desk.call("dispatcher", "room-body.children", {"room.data": 121}, {"pick.data": {"layer": "buildings", "id": 11}}),
        ensure_ascii=False,
    )
    assert "赵**" in room
    assert "990000********0018" in room
    assert '"data-unmask": "people:21"' in room


def test_the_way_from_a_person_leads_to_the_room_in_the_board(desk: Desk) -> None:
    assert '"data-open": "buildings/11?room=121"' in desk.panel("dispatcher", "people", 21)
    text = desk.panel("dispatcher", "buildings", 11, room=121)
    assert '"aria-pressed": "true"' in text
    assert "990000********0018" in text


def test_the_map_marks_what_is_shown_and_moves_only_for_links(desk: Desk) -> None:
    picked = desk.call("dispatcher", "panel-body.children", {"pick.data": {"layer": "cameras", "id": 61, "n": 1}})["response"][
        "map-command"
    ]["data"]
    assert [call[0] for call in picked[0][3]] == ["select", "reveal"]
    linked = desk.call("dispatcher", "panel-body.children", {"pick.data": {"layer": "base_grids", "id": 401, "from": "link", "n": 1}})
    assert [call[0] for call in linked["response"]["map-command"]["data"][0][3]] == ["select", "fit"]


def test_a_selection_counts_every_class_and_lists_the_unfolded_one(desk: Desk) -> None:
    text = json.dumps(desk.call("dispatcher", "panel-body.children", {"shape.data": CIRCLE, "unfold.data": "people"}), ensure_ascii=False)
    assert "圈选结果" in text
    for layer in LAYERS:
        assert layer.title.zh in text
    assert "80 岁以上" in text
    assert '"data-open": "people/21"' in text


def test_a_shape_that_crosses_itself_is_explained(desk: Desk) -> None:
    bow = {"type": "Polygon", "coordinates": [[[113.54, 22.19], [113.55, 22.2], [113.55, 22.19], [113.54, 22.2], [113.54, 22.19]]]}
    shape = {"type": "region", "geometry": bow, "buffer_m": None, "n": 1}
    assert "这个范围无法统计" in json.dumps(
        desk.call("dispatcher", "panel-body.children", {"shape.data": shape, "unfold.data": ""}), ensure_ascii=False
    )


def test_a_filter_panel_counts_what_the_filter_leaves(desk: Desk) -> None:
    state = {"map-state.data": {"center": [113.5425, 22.1925]}}
    asked = {"layer": "cameras", "filter": {"online": "false"}, "dim": False, "n": 1}
    text = json.dumps(desk.call("dispatcher", "panel-body.children", {"filter.data": asked}, state), ensure_ascii=False)
    assert '"/ 2 条符合"' in text
    assert '"data-filter-value": "police"' in text
    refused = json.dumps(
        desk.call("department", "panel-body.children", {"filter.data": {**asked, "layer": "people", "filter": {}}}, state),
        ensure_ascii=False,
    )
    assert "无权查看" in refused


def test_search_groups_hits_and_numbers_them_on_the_map(desk: Desk) -> None:
    found = desk.call("dispatcher", "search-list.children", {"search-text.data": {"text": "新街1", "lon": 113.5425, "lat": 22.1925}})[
        "response"
    ]
    text = json.dumps(found, ensure_ascii=False)
    assert '"data-hit": "roads/121"' in text
    assert '"Mark"' in text
    pins = found["search-hits"]["data"]
    assert [pin["n"] for pin in pins] == list(range(1, len(pins) + 1))
    assert "没有找到" in json.dumps(
        desk.call("dispatcher", "search-list.children", {"search-text.data": {"text": "没有这个"}}), ensure_ascii=False
    )


def test_the_wall_and_exports_have_no_buttons_that_do_nothing(desk: Desk) -> None:
    assert "data-unmask" not in desk.panel("wall", "people", 21)
    shown = json.dumps(desk.call("worker", "panel-body.children", {"shape.data": CIRCLE, "unfold.data": ""}), ensure_ascii=False)
    assert "data-export" not in shown


def test_counters_ticker_and_warnings_come_from_the_readers_area(desk: Desk) -> None:
    inputs = {"tick.n_intervals": 1, "drawn.data": None}
    of_all = desk.call("dispatcher", "counters.children", inputs)["response"]
    of_one = desk.call("worker", "counters.children", inputs)["response"]
    # one filed case in each street
    assert [part["props"]["children"][1]["props"]["children"] for part in of_all["counters"]["children"]][1] == "2"
    assert [part["props"]["children"][1]["props"]["children"] for part in of_one["counters"]["children"]][1] == "1"
    assert of_one["figures"]["data"]["values"]["cameras"] == {"true": "1"}


def test_reading_in_the_clear_takes_a_reason_and_leaves_a_trace(desk: Desk) -> None:
    asked = {"layer": "people", "ids": [21], "reason": "上门走访联系"}
    before = len(desk.app.audit("unmask"))
    assert district.NAMES[0] in json.dumps(desk.call("dispatcher", "unmask-answer.children", {"unmask.data": asked}), ensure_ascii=False)
    assert desk.app.audit("unmask")[before:] == [("dispatcher", True, "上门走访联系")]
    short = json.dumps(desk.call("dispatcher", "unmask-answer.children", {"unmask.data": {**asked, "reason": "查"}}), ensure_ascii=False)
    assert district.NAMES[0] not in short
    assert "4 至 200 字" in short


def test_nobody_else_reads_in_the_clear(desk: Desk) -> None:
    asked = {"layer": "people", "ids": [22], "reason": "上门走访联系"}
    for username in ("wall", "department", "worker"):  # the worker's street is the other one
        text = json.dumps(desk.call(username, "unmask-answer.children", {"unmask.data": asked}), ensure_ascii=False)
        assert district.NAMES[1] not in text
        assert "已留痕" in text


def test_a_request_without_session_leads_to_the_sign_in(desk: Desk) -> None:
    answer = desk.call("", "panel-body.children", {"pick.data": {"layer": "cameras", "id": 61, "n": 1}})
    assert answer["sideUpdate"]["signed-out"] == {"data": True}
    assert "panel-body" not in answer.get("response", {})


def test_a_fault_keeps_the_picture_and_says_one_line(desk: Desk) -> None:
    answer = desk.call(
        "dispatcher",
        "panel-body.children",
        {"filter.data": {"layer": "cameras", "filter": {"owner": "x; DROP TABLE"}, "n": 1}},
        {"map-state.data": None},
    )
    assert answer["sideUpdate"]["notice"]["data"]["kind"] == "warn"
    assert "panel-body" not in answer.get("response", {})


def test_surroundings_name_layers_that_exist() -> None:
    keys = {layer.key for layer in LAYERS}
    assert set(AROUND) <= keys
    assert {key for around in AROUND.values() for key in around.layers} <= keys


def test_both_languages_draw_every_panel(desk: Desk) -> None:
    client = desk.app.client("dispatcher")
    client.set_cookie("hall_lang", "en")
    layout = client.get("/_dash-layout").get_data(as_text=True)
    assert "Base map" in layout
    assert "图层" not in layout


def test_pages_belong_to_roles(desk: Desk) -> None:
    for role in Role:
        answer = desk.app.client(role.value).get("/")
        administrator = role in {Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN}
        assert answer.status_code == (303 if administrator else 200)
    assert (
        "无权查看"
        in desk.app.client("dispatcher")
        .get("/admin/_dash-layout")
        .get_json()["props"]["children"][1]["props"]["children"][1]["props"]["children"][1]["props"]["children"]
    )
