"""The base map's style: readable, complete, and quiet enough for data."""

import re
from itertools import pairwise
from typing import Any

import pytest

from geodata.basemap.archive import FIELDS
from geodata.fonts import FAMILY, WEIGHTS
from tiles.basepalette import PALETTES, Theme
from tiles.basestyle import QUIET, SLOTS, TILTED, BaseStyle, base_style, insert
from tiles.roadwidth import WIDTHS, width_at

READABLE = 4.5
THEMES = list(Theme)


def style(theme: Theme) -> BaseStyle:
    return base_style(theme, tiles_url="/tiles/base/{z}/{x}/{y}.mvt", faces={})


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for item in value.values() for text in texts(item)]
    if isinstance(value, list | tuple):
        return [text for item in value for text in texts(item)]
    return [value] if isinstance(value, str) else []


@pytest.mark.parametrize("theme", THEMES)
def test_names_are_readable_on_land(theme: Theme) -> None:
    c = PALETTES[theme]
    for colour in (c.text_place, c.text_quarter, c.text_road, c.text_poi, c.text_building, c.text_rescue, c.text_green):
        assert contrast(colour, c.land) >= READABLE, colour
    assert contrast(c.text_water, c.sea) >= READABLE


@pytest.mark.parametrize("theme", THEMES)
def test_the_base_stays_darker_than_any_alarm(theme: Theme) -> None:
    c = PALETTES[theme]
    brightest = max(contrast(colour, c.land) for colour in (*c.road, *c.building, c.rail, c.shore))
    assert brightest < contrast("#fde047" if theme is Theme.DARK else "#c81e3a", c.land)


@pytest.mark.parametrize("theme", THEMES)
def test_layers_read_what_tiles_hold(theme: Theme) -> None:
    layers = style(theme).layers
    assert len({layer["id"] for layer in layers}) == len(layers)
    for layer in layers:
        if "source-layer" in layer:
            fields = set(FIELDS[layer["source-layer"]])
            read = set(re.findall(r"\['get', '(\w+)'\]", str(layer)))
            assert read <= fields | {"r", "k"}, layer["id"]


@pytest.mark.parametrize("theme", THEMES)
def test_slots_lie_in_order_between_ground_and_names(theme: Theme) -> None:
    order = [layer["id"] for layer in style(theme).layers]
    marks = [
        "base-land",
        "slot-fill",
        "base-road",
        "base-building",
        "slot-line",
        "base-building-3d",
        "slot-xray",
        "base-label-road",
        "slot-top",
    ]
    assert all(order.index(one) < order.index(other) for one, other in pairwise(marks))
    assert [name for name in order if name in SLOTS] == list(SLOTS)


def test_data_is_inserted_below_its_slot_in_order() -> None:
    layers = insert(style(Theme.DARK).layers, "slot-fill", [{"id": "a"}])
    order = [layer["id"] for layer in insert(layers, "slot-fill", [{"id": "b"}])]
    at = order.index("slot-fill")
    assert order[at - 2 : at + 1] == ["a", "b", "slot-fill"]
    with pytest.raises(ValueError, match="slot-fill"):
        insert(layers, "slot-none", [])


@pytest.mark.parametrize("change", [QUIET, TILTED])
def test_changes_name_layers_and_properties_that_exist(change: dict[str, dict[str, Any]]) -> None:
    layers = {layer["id"]: layer for layer in style(Theme.LIGHT).layers}
    for name, properties in change.items():
        assert set(properties) <= {"visibility", *layers[name]["paint"]}


def test_buildings_in_3d_are_hidden_at_first() -> None:
    (blocks,) = (layer for layer in style(Theme.DARK).layers if layer["type"] == "fill-extrusion")
    assert blocks["layout"]["visibility"] == "none"


def test_every_image_is_described_and_every_font_is_made() -> None:
    made = style(Theme.DARK)
    used = {text for layer in made.layers for text in texts(layer.get("layout", {}).get("icon-image")) if text.startswith("base-")}
    assert used == set(made.extras["metadata"]["hall:images"])
    fonts = {layer["layout"]["text-font"][0] for layer in made.layers if "text-font" in layer.get("layout", {})}
    assert fonts == {f"{FAMILY} {name}" for name in WEIGHTS.values()}


def test_no_address_but_ours() -> None:
    assert not [text for text in texts(style(Theme.LIGHT)._asdict()) if "//" in text]
    assert not {"glyphs", "sprite"} & set(style(Theme.LIGHT).extras)


def test_fonts_and_bounds_are_passed_on() -> None:
    made = base_style("light", tiles_url="/t/{z}/{x}/{y}", faces={"Noto Sans SC Regular": []}, bounds=(1, 2, 3, 4))
    assert made.extras["font-faces"] == {"Noto Sans SC Regular": []}
    assert made.sources["base"]["bounds"] == [1, 2, 3, 4]


def test_roads_grow_with_the_zoom_and_shrink_with_their_class() -> None:
    assert (width_at(1, 16), width_at(1, 7), width_at(1, 20)) == (9.5, 0.0, 26.0)
    assert width_at(1, 17) == pytest.approx((9.5 * 26) ** 0.5)
    for zoom in (13, 14, 15, 16, 18):
        widths = [width_at(k, zoom) for k in WIDTHS]
        assert widths == sorted(widths, reverse=True)
