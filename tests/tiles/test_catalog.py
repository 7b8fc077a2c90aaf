"""Documents about the layers."""

import json
from typing import Any

import pytest

from geodata.errors import SetupError
from layers.registry import LAYERS
from tests.tiles.asking import ask
from tests.tiles.test_server import hall
from tests.town import Town
from tiles.catalog import basemaps
from tiles.server import TileServer

__all__ = ["hall"]


def document(server: TileServer, address: str, token: str = "dispatcher") -> Any:
    answer = ask(server, address, token)
    assert answer.status == 200
    return json.loads(answer.content)


def test_the_catalogue_describes_every_layer_that_the_reader_may_see(hall: TileServer, town: Town) -> None:
    catalog = document(hall, "/tiles/catalog.json")
    assert [layer["key"] for layer in catalog["layers"]] == [layer.key for layer in LAYERS]
    cameras = next(layer for layer in catalog["layers"] if layer["key"] == "cameras")
    assert cameras["title"] == {"zh": "摄像机", "en": "Cameras"}
    assert (cameras["group"], cameras["geometry"], cameras["form"], cameras["minzoom"]) == ("sensing", "point", "dot", 8)
    assert cameras["revision"] == town.store.mirror("cameras").revision.token
    online = next(item for item in cameras["filters"] if item["name"] == "online")
    assert (online["kind"], online["choices"]["true"]) == ("bool", {"zh": "在线", "en": "Online"})
    assert catalog["as_of"] < catalog["now"]
    citizen = document(hall, "/tiles/catalog.json", "citizen")
    assert {layer["key"] for layer in citizen["layers"]} == {layer.key for layer in LAYERS if "citizen" in layer.roles}


def test_foreign_base_maps_come_with_all_their_hosts(hall: TileServer) -> None:
    (tianditu,) = document(hall, "/tiles/catalog.json")["basemaps"]
    assert tianditu["tiles"] == [f"https://t{n}.example/wmts?x={{x}}&y={{y}}&z={{z}}&tk=1" for n in range(8)]
    assert [image["key"] for image in document(hall, "/tiles/catalog.json")["imagery"]] == ["bahamas_rgb", "terrain_2m"]


@pytest.mark.parametrize("text", ["{", "[1]", '[{"key": "a"}]', '[{"key": "a", "title": "b", "url": "c"}]'])
def test_a_setting_that_is_no_list_of_maps_is_named(text: str) -> None:
    with pytest.raises(SetupError, match="WMTS"):
        basemaps(text)


def test_tilejson_leads_to_tiles(hall: TileServer) -> None:
    tilejson = document(hall, "/tiles/cameras.json")
    assert (tilejson["tilejson"], tilejson["minzoom"], tilejson["maxzoom"]) == ("3.0.0", 8, 16)
    (template,) = tilejson["tiles"]
    assert template.startswith("http://hall.example/tiles/cameras/{z}/{x}/{y}.mvt?v=")
    (layer,) = tilejson["vector_layers"]
    assert layer["id"] == "cameras"
    assert layer["fields"] == {"n": "Number", "online": "Boolean", "azimuth_deg": "Number", "fov_deg": "Number", "view_range_m": "Number"}
    address = template.removeprefix("http://hall.example").replace("{z}", "14").replace("{x}", "13358").replace("{y}", "7159")
    assert ask(hall, address, "dispatcher").headers["cache-control"].endswith("immutable")


def test_behind_a_proxy_the_scheme_is_that_of_the_client(hall: TileServer) -> None:
    answer = ask(hall, "/tiles/cameras.json", "dispatcher", x_forwarded_proto="https")
    assert json.loads(answer.content)["tiles"][0].startswith("https://hall.example/")


def test_areas_have_one_label_each(hall: TileServer) -> None:
    labels = document(hall, "/tiles/streets/labels.json")
    assert sorted(feature["properties"]["name"] for feature in labels["features"]) == ["街道1", "街道2", "街道3", "街道4"]
    first = next(feature for feature in labels["features"] if feature["properties"]["name"] == "街道1")
    assert first["geometry"]["coordinates"] == [113.51, 22.11]
    assert first["properties"]["people"] == 400
    (own,) = document(hall, "/tiles/streets/labels.json", "street")["features"]
    assert own["properties"]["name"] == "街道4"


def test_counts_follow_box_and_filters(hall: TileServer) -> None:
    filters = json.dumps({"cameras": {"online": "false"}, "people": {}})
    answer = document(hall, f"/tiles/counts.json?bbox=113.50,22.10,113.51,22.11&filters={filters}")
    assert answer["counts"]["people"] == {"total": 1_600, "matching": 1_600, "in_view": 100}
    assert answer["counts"]["cameras"] == {"total": 200, "matching": 20, "in_view": 0}
    assert answer["as_of"]
    assert document(hall, "/tiles/counts.json", "street")["counts"]["people"] == {"total": 400, "matching": 400, "in_view": 400}
