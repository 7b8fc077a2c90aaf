"""Names of the base map. Order is priority: MapLibre places the last layer first, and the others give way."""

from collections.abc import Callable, Mapping
from typing import Any

from tiles.basepalette import Palette
from tiles.expressions import Expression, Layer, by_zoom, drawn, fits

REGULAR, MEDIUM = ["Noto Sans SC Regular"], ["Noto Sans SC Medium"]

# Images that the client draws on a canvas; sizes in CSS pixels.
IMAGES: Mapping[str, Callable[[Palette], dict[str, Any]]] = {
    "base-dot": lambda c: {"shape": "dot", "size": 7, "fill": c.dot, "ring": c.halo},
    "base-dot-strong": lambda c: {"shape": "ring", "size": 9, "fill": c.halo, "ring": c.text_rescue},
    "base-cross": lambda c: {"shape": "cross", "size": 12, "fill": c.text_rescue, "ring": c.halo},
}
BY_RANK: Expression = ["coalesce", ["get", "r"], ["get", "k"]]
WITH_DOT: Mapping[str, Any] = {
    "icon-image": "base-dot",
    "text-anchor": "top",
    "text-offset": [0, 0.45],
    "text-padding": 8,
    "icon-padding": 4,
}


def label_layers(c: Palette) -> list[Layer]:
    """All name layers, least important first."""
    return [*_near(c), *_middle(c), *_far(c)]


def _names(
    name: str,
    colour: str,
    kinds: tuple[str, ...],
    size: Any,
    *,
    low: float,
    high: float | None = None,
    font: list[str] = REGULAR,
    halo: str,
    **layout: Any,
) -> Layer:
    """Points of the tile layer `label`, of these kinds, from their own zoom on."""
    return drawn(
        name,
        "symbol",
        "label",
        {"text-color": colour, "text-halo-color": halo, "text-halo-width": 1.5, "text-halo-blur": 0.3},
        keep=["all", fits("k", *kinds), ["<=", ["get", "z"], ["zoom"]]],
        low=low,
        high=high,
        layout={
            "text-field": ["get", "name"],
            "text-font": font,
            "text-size": size,
            "symbol-sort-key": BY_RANK,
            "text-padding": 4,
            "text-max-width": 7,
            **{key.replace("_", "-"): value for key, value in layout.items()},
        },
    )


def _near(c: Palette) -> list[Layer]:
    numbers = drawn(
        "label-house",
        "symbol",
        "house",
        {"text-color": c.text_building, "text-halo-color": c.halo, "text-halo-width": 1.2, "text-opacity": by_zoom({17.4: 0, 17.9: 0.9})},
        low=17.4,
        layout={
            "text-field": ["get", "n"],
            "text-font": REGULAR,
            "text-size": by_zoom({17: 9.5, 19: 11.5}),
            "text-padding": 6,
            "text-variable-anchor": ["center", "bottom", "top"],
            "text-radial-offset": 1.1,
        },
    )
    return [
        numbers,
        _names(
            "label-building",
            c.text_building,
            ("building",),
            by_zoom({16: 10.5, 18: 11.5}),
            low=16.6,
            halo=c.halo,
            text_padding=8,
            text_max_width=6,
            symbol_sort_key=["-", 0, ["coalesce", ["get", "a"], 0]],
        ),
        _names(
            "label-poi",
            c.text_poi,
            ("landmark", "hotel", "school", "gov", "poi"),
            by_zoom({15: 10.5, 18: 12}),
            low=15,
            halo=c.halo,
            **{key.replace("-", "_"): value for key, value in WITH_DOT.items()},
        ),
        _names("label-green", c.text_green, ("green", "peak"), 11, low=14, halo=c.halo, text_padding=10),
    ]


def _middle(c: Palette) -> list[Layer]:
    roads = drawn(
        "label-road",
        "symbol",
        "road_label",
        {"text-color": c.text_road, "text-halo-color": c.halo_road, "text-halo-width": 1.5, "text-halo-blur": 0.3},
        low=13,
        layout={
            "text-field": ["get", "name"],
            "text-font": REGULAR,
            "text-size": by_zoom({13: 10.5, 16: 11.5, 18: 13}),
            "symbol-placement": "line-center",
            "symbol-sort-key": ["get", "k"],
            "text-max-angle": 38,
            "text-padding": 6,
            "text-letter-spacing": 0.06,
            "text-rotation-alignment": "map",
            "text-pitch-alignment": "viewport",
        },
    )
    return [
        roads,
        _names(
            "label-rescue",
            c.text_rescue,
            ("hospital", "rescue", "station", "hub"),
            by_zoom({14: 10.5, 18: 12.5}),
            low=13.5,
            halo=c.halo,
            **{key.replace("-", "_"): value for key, value in WITH_DOT.items()}
            | {"icon_image": ["match", ["get", "k"], "hospital", "base-cross", "base-dot-strong"]},
        ),
    ]


def _far(c: Palette) -> list[Layer]:
    return [
        _names(
            "label-water",
            c.text_water,
            ("water",),
            by_zoom({12: 10.5, 16: 13}),
            low=13,
            halo=c.halo,
            text_letter_spacing=0.2,
            text_padding=20,
        ),
        _names(
            "label-quarter",
            c.text_quarter,
            ("quarter",),
            by_zoom({13: 11, 16: 14}),
            low=13,
            high=16.8,
            font=MEDIUM,
            halo=c.halo,
            text_letter_spacing=0.08,
            text_padding=10,
        ),
        _names(
            "label-suburb",
            c.text_quarter,
            ("suburb",),
            by_zoom({12: 11.5, 14: 14}),
            low=12,
            high=13.2,
            font=MEDIUM,
            halo=c.halo,
            text_letter_spacing=0.1,
            text_padding=8,
        ),
        _names(
            "label-island",
            c.text_place,
            ("island",),
            by_zoom({11: 13, 14: 17}),
            low=11,
            high=14.5,
            font=MEDIUM,
            halo=c.halo,
            text_letter_spacing=0.15,
        ),
        _names(
            "label-city",
            c.text_place,
            ("city",),
            by_zoom({8: 14, 12: 20}),
            low=7,
            high=12.6,
            font=MEDIUM,
            halo=c.halo,
            text_letter_spacing=0.2,
        ),
    ]
