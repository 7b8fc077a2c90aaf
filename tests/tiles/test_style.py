"""The style is made of the registry alone."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from layers.base import Layer
from layers.registry import LAYERS
from tests.tiles.asking import ask
from tests.tiles.test_server import hall
from tests.town import Town
from tiles.basepalette import Theme
from tiles.colours import luminance, themed
from tiles.looks import FORMS, layers_of
from tiles.server import TileServer

__all__ = ["hall"]
THEMES = ("dark", "light")


@pytest.fixture(scope="module", params=THEMES)
def style(hall: TileServer, request: pytest.FixtureRequest) -> Any:
    answer = ask(hall, f"/style/{request.param}.json", "dispatcher")
    assert answer.status == 200
    return json.loads(answer.content)


def of(style: Any, key: str) -> list[Any]:
    return [layer for layer in style["layers"] if layer.get("metadata", {}).get("hall:layer") == key]


def text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.key)
def test_every_layer_is_drawn_from_its_own_tiles(style: Any, town: Town, layer: Layer) -> None:
    source = style["sources"][layer.key]
    assert source["tiles"] == [f"/tiles/{layer.key}/{{z}}/{{x}}/{{y}}.mvt?v={town.store.mirror(layer.key).revision.token}"]
    assert (source["type"], source["maxzoom"]) == ("vector", 16)
    drawn = of(style, layer.key)
    assert drawn
    for one in drawn:
        assert one["id"].startswith(f"{layer.key}-")
        assert one["layout"]["visibility"] == ("visible" if layer.shown else "none")
        assert one["source"] in (layer.key, f"{layer.key}-labels")
        assert one.get("source-layer", layer.key) == layer.key


def test_ids_are_unique_and_sources_are_there(style: Any) -> None:
    ids = [layer["id"] for layer in style["layers"]]
    assert len(ids) == len(set(ids))
    assert {layer["source"] for layer in style["layers"] if "source" in layer} <= set(style["sources"])


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.key)
def test_a_style_reads_only_attributes_that_the_tiles_have(style: Any, layer: Layer) -> None:
    read = set(re.findall(r'\["(?:get|has)", "(\w+)"\]', text(of(style, layer.key))))
    assert read <= {*layer.tile, "n"}


def test_every_value_of_the_palette_has_its_colour(style: Any) -> None:
    theme = Theme(style["name"].split()[-1])
    for layer in LAYERS:
        for value, colour in layer.look.palette.items():
            assert f'"{value}", "{themed(colour, theme)}"' in text(of(style, layer.key)), (layer.key, value)


def test_data_lies_in_the_slots_of_the_base_map_in_drawing_order(style: Any) -> None:
    place = {layer["id"]: number for number, layer in enumerate(style["layers"])}
    assert (
        place["streets-fill"]
        < place["slot-fill"]
        < place["base-road"]
        < place["cameras-dot"]
        < place["slot-line"]
        < place["open_events-pin"]
    )
    assert place["parts-dot"] < place["sensors-dot"] < place["cameras-dot"]
    assert place["open_events-pin"] < place["slot-top"]


def test_pins_are_named_as_the_client_draws_them(style: Any) -> None:
    (pin,) = [layer for layer in of(style, "open_events") if layer["id"] == "open_events-pin"]
    kind, icon, colon, *_ = pin["layout"]["icon-image"][1:]
    assert (kind, colon) == ("pin:", ":")
    assert "alert-triangle" in text(icon)
    assert '["global-state", "now"]' in text(pin)
    assert isinstance(style["state"]["now"]["default"], int)


def test_a_sector_is_as_long_as_the_camera_sees(style: Any) -> None:
    (sector,) = [layer for layer in of(style, "cameras") if layer["id"] == "cameras-sector"]
    *_, zoom, size = sector["layout"]["icon-size"]
    # 80 m at zoom 22 and 22 degrees of latitude: 512 * 2^22 pixels for 40,075 km times the cosine
    assert zoom == 22
    assert 80 * size[2] * 128 == pytest.approx(80 * 512 * 2**22 / (40_075_016.686 * 0.9268), rel=0.08)


def test_only_what_the_reader_may_see_is_in_the_style(hall: TileServer) -> None:
    citizen = json.loads(ask(hall, "/style/dark.json", "citizen").content)
    assert set(citizen["sources"]) - {f"{layer.key}-labels" for layer in LAYERS} == {
        "base",
        *(layer.key for layer in LAYERS if "citizen" in layer.roles),
    }


def test_a_new_layer_needs_no_word_here() -> None:
    for form in FORMS:
        base = next(layer for layer in LAYERS if layer.look.form is form)
        drawn = layers_of(replace(base, key="moons"), Theme.DARK, 1.0)
        assert {one["source"] for _, one in drawn} <= {"moons", "moons-labels"}


def test_no_address_leads_to_another_host(style: Any) -> None:
    assert re.findall(r"https?://[^\"]+", text(style)) == []


@pytest.mark.parametrize("colour", ["#fde047", "#34d399", "#ffffff", "#0b1a2e", "#ff4d5e"])
def test_colours_are_dark_enough_for_the_light_theme(colour: str) -> None:
    dark = themed(colour, Theme.LIGHT)
    red, green, blue = (int(dark[place : place + 2], 16) / 255 for place in (1, 3, 5))
    assert luminance(red, green, blue) <= 0.33
    assert themed(colour, Theme.DARK) == colour


def test_dark_colours_stay_as_they_are() -> None:
    assert themed("#0b1a2e", Theme.LIGHT) == "#0b1a2e"
