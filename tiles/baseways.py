"""Roads, buildings, bridges and rails of the base map."""

from collections.abc import Mapping
from typing import Any

from tiles.basepalette import Palette, Theme
from tiles.expressions import Expression, Layer, by_zoom, drawn, fits, match
from tiles.roadwidth import road_width

FADE = by_zoom({8: 0.75, 13: 0.95, 14: 1})
ROUND: Mapping[str, Any] = {"line-cap": "round", "line-join": "round", "line-sort-key": ["-", 10, ["get", "k"]]}
BUTT: Mapping[str, Any] = {**ROUND, "line-cap": "butt"}


def _road_colour(c: Palette) -> Expression:
    return match("k", {k: c.road[k - 1] for k in range(1, 6)}, c.road[5])


def _on_level(bridge: int) -> Expression:
    return ["all", ["==", ["get", "br"], bridge], ["<=", ["get", "k"], 6]]


def way_layers(c: Palette, theme: Theme) -> list[Layer]:
    """Tunnels, paths and roads on the ground."""
    # On the dark ground a casing only parts roads from buildings; on the light one it carries the form.
    casing, casing_from = (1.6, 13) if theme is Theme.DARK else (1.4, 8)
    return [
        drawn(
            "tunnel",
            "line",
            "road",
            {"line-color": c.tunnel, "line-width": road_width(), "line-dasharray": [2, 1.2], "line-opacity": 0.8},
            keep=_on_level(-1),
            layout=BUTT,
            low=13,
        ),
        drawn(
            "foot",
            "line",
            "road",
            {
                "line-color": c.road[6],
                "line-width": by_zoom({15.5: 0.5, 18: 1.5}),
                "line-dasharray": [2, 2],
                "line-opacity": by_zoom({15.5: 0, 16.3: 0.75}),
            },
            keep=["==", ["get", "k"], 7],
            layout={"line-join": "round"},
            low=15.5,
        ),
        drawn(
            "road-casing",
            "line",
            "road",
            {"line-color": c.casing, "line-width": road_width(casing), "line-opacity": 0.9},
            keep=_on_level(0),
            layout=ROUND,
            low=casing_from,
        ),
        drawn(
            "road",
            "line",
            "road",
            {"line-color": _road_colour(c), "line-width": road_width(), "line-opacity": FADE},
            keep=_on_level(0),
            layout=ROUND,
        ),
    ]


def building_layers(c: Palette) -> list[Layer]:
    """Footprints, shaded by height."""
    low, middle, high = c.building
    raised: Expression = ["interpolate", ["linear"], ["zoom"], 15, ["literal", [0.6, 0.8]], 18, ["literal", [2, 2.6]]]
    shade: Expression = ["interpolate", ["linear"], ["get", "h"], 0, low, 30, middle, 120, high]
    return [
        # the same footprints once more below, darker and moved: depth for nothing
        drawn(
            "building-shadow",
            "fill",
            "building",
            {"fill-color": c.building_shadow, "fill-translate": raised, "fill-opacity": by_zoom({15: 0, 16: 0.9})},
            low=15,
        ),
        drawn("building", "fill", "building", {"fill-color": shade, "fill-opacity": by_zoom({13: 0.55, 15: 0.95, 16: 1})}, low=13),
        drawn(
            "building-line",
            "line",
            "building",
            {"line-color": c.building_line, "line-width": by_zoom({15: 0.3, 18: 0.9}), "line-opacity": by_zoom({14.6: 0, 15.6: 0.9})},
            low=14.6,
        ),
    ]


def bridge_layers(c: Palette) -> list[Layer]:
    """What runs above the buildings: bridges and rails."""
    return [
        drawn(
            "bridge-casing",
            "line",
            "road",
            {"line-color": c.casing, "line-width": road_width(2.4)},
            keep=_on_level(1),
            layout={**BUTT, "line-sort-key": ["get", "ly"]},
            low=12,
        ),
        drawn(
            "bridge",
            "line",
            "road",
            {"line-color": _road_colour(c), "line-width": road_width(), "line-opacity": FADE},
            keep=_on_level(1),
            layout=ROUND,
        ),
        drawn(
            "rail-bed",
            "line",
            "rail",
            {"line-color": c.casing, "line-width": by_zoom({12: 1.6, 16: 4.4})},
            keep=["all", fits("k", "rail"), [">=", ["get", "br"], 0]],
            low=13,
        ),
        drawn(
            "rail",
            "line",
            "rail",
            {
                "line-color": c.rail,
                "line-width": by_zoom({11: 0.7, 14: 1.1, 16: 1.8}),
                "line-dasharray": [5, 2],
                "line-opacity": by_zoom({11: match("br", {-1: 0.2}, 0.4), 14: match("br", {-1: 0.35}, 1)}),
            },
            keep=fits("k", "rail"),
            low=11,
        ),
    ]


def block_layer(c: Palette, theme: Theme) -> Layer:
    """Buildings in 3D, hidden until the view is tilted."""
    stops = [value for pair in zip((0, 25, 80, 200), c.block, strict=True) for value in pair]
    return drawn(
        "building-3d",
        "fill-extrusion",
        "building",
        {
            "fill-extrusion-color": ["interpolate", ["linear"], ["get", "h"], *stops],
            "fill-extrusion-height": by_zoom({14: 0, 14.6: ["get", "h"]}),
            "fill-extrusion-base": ["coalesce", ["get", "mh"], 0],
            "fill-extrusion-opacity": 0.9,
            # on the light ground the gradient would turn walls dark grey
            "fill-extrusion-vertical-gradient": theme is Theme.DARK,
        },
        layout={"visibility": "none"},
        low=14,
    )
