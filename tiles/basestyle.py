"""The base map's part of the MapLibre style: sources, layers with slots for data between them, fonts, light, and how it steps back.

Slots are invisible layers: data layers are inserted right before the slot that they belong to (`insert`), and so stay in their order.

- `slot-fill`: above land, water and green, below roads (cells, choropleths, areas)
- `slot-line`: above roads and buildings (outlines, footprints, dots, tracks)
- `slot-xray`: above extruded buildings, below names (what streets would swallow in 3D)
- `slot-top`: above the names (events, vehicles, counts, selection)
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from tiles.baselabels import IMAGES, label_layers
from tiles.basepalette import PALETTES, Palette, Theme
from tiles.expressions import Expression, Layer, by_zoom, drawn, fits, match
from tiles.roadwidth import road_width

SLOTS = ("slot-fill", "slot-line", "slot-xray", "slot-top")
ATTRIBUTION = "© OpenStreetMap contributors"
TILED_TO = 16
"""The client draws closer zooms from these tiles."""

# How the base steps back while cells or a choropleth tell the story, and how it changes for a tilted view: layer → property → value.
# Names with a dash are paint properties; `visibility` is layout. Switching back means setting the values of the style again.
QUIET: Mapping[str, Mapping[str, Any]] = {
    **{f"base-{name}": {"visibility": "none"} for name in ("building", "building-shadow", "building-line", "label-building", "label-house")},
    **{f"base-{name}": {"visibility": "none"} for name in ("label-poi", "label-green", "label-road")},
    "base-road": {"line-opacity": ["match", ["get", "k"], [1, 2], 0.9, 0.35]},
    "base-road-casing": {"line-opacity": 0.2},
}
TILTED: Mapping[str, Mapping[str, Any]] = {
    "base-building-3d": {"visibility": "visible"},
    **{f"base-{name}": {"visibility": "none"} for name in ("building", "building-shadow", "building-line", "label-building", "label-house")},
}


class BaseStyle(NamedTuple):
    """What goes into the style document: `sources` and `layers` as they are, `extras` beside them."""

    sources: dict[str, Any]
    layers: list[Layer]
    extras: dict[str, Any]


def base_style(
    theme: Theme | str, *, tiles_url: str, faces: Mapping[str, Any], bounds: Sequence[float] | None = None
) -> BaseStyle:
    """Build the base map's style.

    Args:
        theme: dark or light.
        tiles_url: template of the tiles, `{z}/{x}/{y}` in it; MapLibre's worker wants it absolute or rooted.
        faces: fonts by name as geodata.fonts writes them; empty means: the viewer's own fonts.
        bounds: west, south, east, north in degrees; nothing is asked for outside.

    Raises:
        ValueError: no such theme.
    """
    palette = PALETTES[Theme(theme)]
    source: dict[str, Any] = {"type": "vector", "tiles": [tiles_url], "minzoom": 8, "maxzoom": TILED_TO, "attribution": ATTRIBUTION}
    if bounds is not None:
        source["bounds"] = list(bounds)
    layers = [
        *_ground(palette, Theme(theme)), _slot("slot-fill"),
        *_ways(palette, Theme(theme)), *_buildings(palette), *_bridges(palette), _slot("slot-line"),
        _blocks(palette, Theme(theme)), _slot("slot-xray"),
        *label_layers(palette), _slot("slot-top"),
    ]
    extras: dict[str, Any] = {
        "light": {"anchor": "viewport", "position": [1.3, 210, 40], "color": "#ffffff", "intensity": palette.block_light},
        "sky": {
            "sky-color": palette.sky, "horizon-color": palette.fog, "fog-color": palette.fog,
            "fog-ground-blend": 0.7, "horizon-fog-blend": 0.6, "sky-horizon-blend": 0.6,
        },
        "metadata": {
            "hall:images": {name: image(palette) for name, image in IMAGES.items()},
            "hall:quiet": QUIET, "hall:tilted": TILTED, "hall:slots": list(SLOTS),
        },
    }
    if faces:
        extras["font-faces"] = dict(faces)
    return BaseStyle({"base": source}, layers, extras)


def insert(layers: Sequence[Layer], slot: str, added: Sequence[Layer]) -> list[Layer]:
    """Return the layers with `added` right below `slot`, above what was inserted there before.

    Raises:
        ValueError: no such slot.
    """
    at = next((index for index, layer in enumerate(layers) if layer["id"] == slot), None)
    if at is None:
        raise ValueError(f"no slot {slot!r}: one of {', '.join(SLOTS)}")
    return [*layers[:at], *added, *layers[at:]]


def _slot(name: str) -> Layer:
    return {"id": name, "type": "background", "layout": {"visibility": "none"}}


def _ground(c: Palette, theme: Theme) -> list[Layer]:
    land: Expression = ["match", ["get", "k"], 0, c.outside, c.land]
    if theme is Theme.DARK:
        land = by_zoom({12: ["match", ["get", "k"], 0, c.outside, c.land_far], 15: land})
    glow = by_zoom({9: 4, 13: 12, 17: 26})
    own: Expression = ["case", ["==", ["get", "k"], 1], 0.9, 0.35]
    return [
        {"id": "base-sea", "type": "background", "paint": {"background-color": c.sea}},
        drawn("shore-glow", "line", "coast", {"line-color": c.shore_glow, "line-width": glow, "line-blur": glow, "line-opacity": own}),
        drawn("land", "fill", "land", {"fill-color": land}),
        drawn("site", "fill", "site", {"fill-color": match("k", c.site), "fill-opacity": by_zoom({11: 0.4, 14: 1})},
              keep=["!=", ["get", "k"], "bridge"]),
        drawn("green", "fill", "green", {"fill-color": match("k", c.green), "fill-opacity": by_zoom({10: 0.6, 13: 1})}),
        drawn("water", "fill", "water", {"fill-color": ["match", ["get", "k"], "pool", c.pool, c.water]}),
        drawn("waterway", "line", "waterway", {
            "line-color": c.water,
            "line-width": by_zoom({11: ["match", ["get", "k"], "stream", 0.3, 1], 16: ["match", ["get", "k"], "stream", 1.5, 5]})},
            layout={"line-cap": "round", "line-join": "round"}, low=11),
        drawn("shore", "line", "coast", {"line-color": c.shore, "line-width": by_zoom({9: 0.5, 13: 0.8, 17: 1.2}), "line-opacity": own}, low=9),
        drawn("runway", "line", "rail", {
            "line-color": c.runway,
            "line-width": ["interpolate", ["exponential", 2], ["zoom"], 11, match("k", {"runway": 1.6}, 0.4), 16, match("k", {"runway": 42}, 13)]},
            keep=fits("k", "runway", "taxiway"), layout={"line-cap": "butt"}),
        drawn("deck", "fill", "site", {"fill-color": c.site["bridge"]}, keep=["==", ["get", "k"], "bridge"], low=15),
    ]


def _road_colour(c: Palette) -> Expression:
    return match("k", {k: c.road[k - 1] for k in range(1, 6)}, c.road[5])


FADE = by_zoom({8: 0.75, 13: 0.95, 14: 1})
ROUND: Mapping[str, Any] = {"line-cap": "round", "line-join": "round", "line-sort-key": ["-", 10, ["get", "k"]]}
BUTT: Mapping[str, Any] = {**ROUND, "line-cap": "butt"}


def _on_level(bridge: int) -> Expression:
    return ["all", ["==", ["get", "br"], bridge], ["<=", ["get", "k"], 6]]


def _ways(c: Palette, theme: Theme) -> list[Layer]:
    # On the dark ground a casing only parts roads from buildings; on the light one it carries the form.
    casing, casing_from = (1.6, 13) if theme is Theme.DARK else (1.4, 8)
    return [
        drawn("tunnel", "line", "road", {"line-color": c.tunnel, "line-width": road_width(), "line-dasharray": [2, 1.2], "line-opacity": 0.8},
              keep=_on_level(-1), layout=BUTT, low=13),
        drawn("foot", "line", "road", {
            "line-color": c.road[6], "line-width": by_zoom({15.5: 0.5, 18: 1.5}), "line-dasharray": [2, 2],
            "line-opacity": by_zoom({15.5: 0, 16.3: 0.75})},
            keep=["==", ["get", "k"], 7], layout={"line-join": "round"}, low=15.5),
        drawn("road-casing", "line", "road", {"line-color": c.casing, "line-width": road_width(casing), "line-opacity": 0.9},
              keep=_on_level(0), layout=ROUND, low=casing_from),
        drawn("road", "line", "road", {"line-color": _road_colour(c), "line-width": road_width(), "line-opacity": FADE},
              keep=_on_level(0), layout=ROUND),
    ]


def _buildings(c: Palette) -> list[Layer]:
    low, middle, high = c.building
    raised: Expression = ["interpolate", ["linear"], ["zoom"], 15, ["literal", [0.6, 0.8]], 18, ["literal", [2, 2.6]]]
    shade: Expression = ["interpolate", ["linear"], ["get", "h"], 0, low, 30, middle, 120, high]
    return [
        # the same footprints once more below, darker and moved: depth for nothing
        drawn("building-shadow", "fill", "building", {
            "fill-color": c.building_shadow, "fill-translate": raised, "fill-opacity": by_zoom({15: 0, 16: 0.9})}, low=15),
        drawn("building", "fill", "building", {"fill-color": shade, "fill-opacity": by_zoom({13: 0.55, 15: 0.95, 16: 1})}, low=13),
        drawn("building-line", "line", "building", {
            "line-color": c.building_line, "line-width": by_zoom({15: 0.3, 18: 0.9}), "line-opacity": by_zoom({14.6: 0, 15.6: 0.9})}, low=14.6),
    ]


def _bridges(c: Palette) -> list[Layer]:
    return [
        drawn("bridge-casing", "line", "road", {"line-color": c.casing, "line-width": road_width(2.4)},
              keep=_on_level(1), layout={**BUTT, "line-sort-key": ["get", "ly"]}, low=12),
        drawn("bridge", "line", "road", {"line-color": _road_colour(c), "line-width": road_width(), "line-opacity": FADE},
              keep=_on_level(1), layout=ROUND),
        drawn("rail-bed", "line", "rail", {"line-color": c.casing, "line-width": by_zoom({12: 1.6, 16: 4.4})},
              keep=["all", fits("k", "rail"), [">=", ["get", "br"], 0]], low=13),
        drawn("rail", "line", "rail", {
            "line-color": c.rail, "line-width": by_zoom({11: 0.7, 14: 1.1, 16: 1.8}), "line-dasharray": [5, 2],
            "line-opacity": by_zoom({11: match("br", {-1: 0.2}, 0.4), 14: match("br", {-1: 0.35}, 1)})},
            keep=fits("k", "rail"), low=11),
    ]


def _blocks(c: Palette, theme: Theme) -> Layer:
    stops = [value for pair in zip((0, 25, 80, 200), c.block, strict=True) for value in pair]
    return drawn("building-3d", "fill-extrusion", "building", {
        "fill-extrusion-color": ["interpolate", ["linear"], ["get", "h"], *stops],
        "fill-extrusion-height": by_zoom({14: 0, 14.6: ["get", "h"]}),
        "fill-extrusion-base": ["coalesce", ["get", "mh"], 0],
        "fill-extrusion-opacity": 0.9,
        # on the light ground the gradient would turn walls dark grey
        "fill-extrusion-vertical-gradient": theme is Theme.DARK,
    }, layout={"visibility": "none"}, low=14)
