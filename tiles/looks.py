"""From a layer's look to MapLibre layers, one function a form. What cannot be said here lacks a word in `layers.base.Look`."""

from collections.abc import Callable, Mapping
from typing import Any

from layers.base import Form, Layer
from tiles.baselabels import REGULAR
from tiles.basepalette import PALETTES, Theme
from tiles.expressions import by_zoom
from tiles.pen import FILL, LINE, SINGLE, TOP, Pen, Slotted
from tiles.symbols import cells, dot, pin, unit


def layers_of(layer: Layer, theme: Theme, cosine: float) -> Slotted:
    """Return the style layers of one data layer, the lowest first."""
    return FORMS[layer.look.form](Pen(layer, theme, cosine))


def labels_source(layer: Layer) -> str:
    """Name of the source of an area layer's names."""
    return f"{layer.key}-labels"


def _area(pen: Pen) -> Slotted:
    colour, palette = pen.colour(), PALETTES[pen.theme]
    # names of large areas, which begin far out, are larger
    size = 16 - pen.layer.min_zoom / 2.5
    wide = by_zoom({10: 0.8, 14: 1.4, 17: 2.2})
    drawn: Slotted = [
        (FILL, pen.drawn("fill", "fill", {"fill-color": colour, "fill-opacity": _shade(pen.layer)})),
        (
            LINE,
            pen.drawn(
                "line~glow", "line", {"line-color": colour, "line-width": by_zoom({10: 4, 16: 9}), "line-blur": 6, "line-opacity": 0.16}
            ),
        ),
        (LINE, pen.drawn("line", "line", {"line-color": colour, "line-width": wide, "line-opacity": 0.75}, layout={"line-join": "round"})),
    ]
    if pen.layer.look.label:
        label = pen.drawn(
            "label",
            "symbol",
            {"text-color": palette.text_place, "text-halo-color": palette.halo, "text-halo-width": 1.5},
            source=labels_source(pen.layer),
            minzoom=pen.layer.min_zoom,
            layout={
                "text-field": ["get", pen.layer.look.label],
                "text-font": REGULAR,
                "text-size": by_zoom({11: size, 17: size + 1.5}),
                "text-max-width": 12,
                "text-padding": 8,
                **({"symbol-sort-key": ["-", 0, ["coalesce", ["get", "people"], 0]]} if "people" in pen.layer.tile else {}),
            },
        )
        del label["source-layer"]
        drawn.append((TOP, label))
    return drawn


def _shade(layer: Layer) -> Any:
    """Opacity of an area's fill: one whose value picks its colour stays readable, the others give way to what lies in them."""
    if layer.look.by:
        return by_zoom({11: 0.38, 15: 0.3, 17: 0.16})
    return by_zoom({11: _density(layer), 14: 0.04, 16: 0.02})


def _density(layer: Layer) -> Any:
    """Opacity of a choropleth by people per square kilometre, where the tile tells it."""
    if not {"people", "area_m2"} <= set(layer.tile):
        return 0.05
    per_km2 = ["/", ["*", 1_000_000, ["coalesce", ["get", "people"], 0]], ["max", 1, ["coalesce", ["get", "area_m2"], 1]]]
    return ["interpolate", ["linear"], per_km2, 0, 0.02, 10_000, 0.12, 40_000, 0.26, 120_000, 0.42]


def _footprint(pen: Pen) -> Slotted:
    colour = pen.colour()
    return [
        *cells(pen),
        (LINE, pen.drawn("fill", "fill", {"fill-color": colour, "fill-opacity": by_zoom({13: 0.35, 16: 0.22})}, filter=SINGLE)),
        (
            LINE,
            pen.drawn(
                "line",
                "line",
                {"line-color": colour, "line-width": by_zoom({13: 0.3, 16: 0.9, 18: 1.4}), "line-opacity": by_zoom({13: 0.4, 16: 0.8})},
                filter=SINGLE,
            ),
        ),
    ]


def _line(pen: Pen) -> Slotted:
    return [
        (
            LINE,
            pen.drawn(
                "line",
                "line",
                {"line-color": pen.colour(), "line-width": by_zoom({12: 0.8, 15: 1.8, 18: 4}), "line-opacity": 0.85},
                layout={"line-cap": "round", "line-join": "round"},
            ),
        )
    ]


FORMS: Mapping[Form, Callable[[Pen], Slotted]] = {
    Form.AREA: _area,
    Form.FOOTPRINT: _footprint,
    Form.LINE: _line,
    Form.DOT: dot,
    Form.UNIT: unit,
    Form.PIN: pin,
}
