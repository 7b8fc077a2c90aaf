"""From a layer's look to MapLibre layers, one function a form. What cannot be said here lacks a word in `layers.base.Look`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from geodata.grid import WORLD_M
from layers.base import Form, Layer
from tiles.baselabels import MEDIUM, REGULAR
from tiles.basepalette import PALETTES, Theme
from tiles.colours import themed
from tiles.expressions import Expression, by_zoom
from tiles.expressions import Layer as Drawn

FILL, LINE, XRAY, TOP = "slot-fill", "slot-line", "slot-xray", "slot-top"
SYMBOLS_FROM = 17
"""Zoom from which dots are icons on discs."""
SECTORS_FROM = 17
PINS_OVERLAP_FROM = 14
SECTOR_RADIUS = 128
"""Pixels of a sector image that stand for the camera's range."""
SECTOR_MOST: Mapping[int, float] = {17: 0.3, 18: 0.42}
"""Largest size of a sector's image by zoom, in its own size."""
PIXELS = 512
"""Side of a tile on the screen."""
RING_STEPS = 8
DEADLINE, STEP_STARTED = "deadline_at", "step_started_at"
IS_CELL: Expression = ["has", "n"]
SINGLE: Expression = ["!", IS_CELL]


@dataclass(frozen=True, slots=True)
class Pen:
    """Draws one layer in one theme; `cosine` is that of the district's latitude, for what has a size in metres."""

    layer: Layer
    theme: Theme
    cosine: float

    def colour(self) -> Any:
        """Colour of a feature, by the layer's palette."""
        look = self.layer.look
        return self.choice(look.by, {value: themed(colour, self.theme) for value, colour in look.palette.items()}, self.plain())

    def plain(self) -> str:
        """Colour of the layer as a whole."""
        return themed(self.layer.look.colour, self.theme)

    def icon(self) -> Any:
        """Name of a feature's icon."""
        return self.choice(self.layer.look.icon_by, self.layer.look.icons, self.layer.look.icon)

    def choice(self, name: str, values: Mapping[str, str], otherwise: str) -> Any:
        """A value per value of a coded attribute."""
        if not name or not values:
            return otherwise
        return ["match", ["to-string", ["get", name]], *(part for pair in values.items() for part in pair), otherwise]

    def drawn(self, part: str, kind: str, paint: Mapping[str, Any], **more: Any) -> Drawn:
        """A style layer of this layer; `more` are its further members, layout among them."""
        layout = {**more.pop("layout", {}), "visibility": "visible" if self.layer.shown else "none"}
        return {
            "id": f"{self.layer.key}-{part}",
            "type": kind,
            "source": self.layer.key,
            "source-layer": self.layer.key,
            "metadata": {"hall:layer": self.layer.key, "hall:part": part.partition("~")[0]},
            "paint": dict(paint),
            "layout": layout,
            **more,
        }


Slotted = list[tuple[str, Drawn]]
"""Layers with the slot that each goes into."""


def layers_of(layer: Layer, theme: Theme, cosine: float) -> Slotted:
    """Return the style layers of one data layer, the lowest first."""
    return FORMS[layer.look.form](Pen(layer, theme, cosine))


def labels_source(layer: Layer) -> str:
    """Name of the source of an area layer's names."""
    return f"{layer.key}-labels"


def _area(pen: Pen) -> Slotted:
    colour, palette = pen.plain(), PALETTES[pen.theme]
    # names of large areas, which begin far out, are larger
    size = 16 - pen.layer.min_zoom / 2.5
    wide = by_zoom({10: 0.8, 14: 1.4, 17: 2.2})
    drawn: Slotted = [
        (FILL, pen.drawn("fill", "fill", {"fill-color": colour, "fill-opacity": by_zoom({11: _density(pen.layer), 14: 0.04, 16: 0.02})})),
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
                "text-font": MEDIUM,
                "text-size": by_zoom({11: size, 17: size + 1.5}),
                "text-max-width": 12,
                "text-padding": 8,
                "symbol-sort-key": ["-", 0, ["coalesce", ["get", "people"], 0]],
            },
        )
        del label["source-layer"]
        drawn.append((TOP, label))
    return drawn


def _density(layer: Layer) -> Any:
    """Opacity of a choropleth by people per square kilometre, where the tile tells it."""
    if not {"people", "area_m2"} <= set(layer.tile):
        return 0.05
    per_km2 = ["/", ["*", 1_000_000, ["coalesce", ["get", "people"], 0]], ["max", 1, ["coalesce", ["get", "area_m2"], 1]]]
    return ["interpolate", ["linear"], per_km2, 0, 0.02, 10_000, 0.12, 40_000, 0.26, 120_000, 0.42]


def _footprint(pen: Pen) -> Slotted:
    colour = pen.colour()
    return [
        *_cells(pen),
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


def _dot(pen: Pen) -> Slotted:
    first = max(pen.layer.cells_to + 1, pen.layer.min_zoom)
    drawn = [
        *_cells(pen),
        (LINE, _dots(pen, by_zoom({11: 1.6, 14: 2.3, 16: 3.2, 19: 5}), opacity=by_zoom({first: 0.5, first + 0.6: 0.95}))),
    ]
    if pen.layer.look.sector:
        drawn.insert(len(drawn) - 1, (LINE, _sector(pen)))
    image: Expression = ["concat", "icon:", pen.icon(), ":", pen.colour()]
    drawn.append(
        (
            TOP,
            pen.drawn(
                "symbol",
                "symbol",
                {"icon-opacity": by_zoom({SYMBOLS_FROM: 0, SYMBOLS_FROM + 0.3: 1})},
                filter=SINGLE,
                minzoom=SYMBOLS_FROM,
                layout={"icon-image": image, "icon-size": by_zoom({17: 0.75, 19: 1}), "icon-padding": 1},
            ),
        )
    )
    return drawn


def _unit(pen: Pen) -> Slotted:
    image: Expression = ["concat", "unit:", pen.icon(), ":", pen.colour()]
    return [
        *_cells(pen),
        (TOP, _dots(pen, by_zoom({11: 2.2, 15: 3.5}), opacity=0.95, maxzoom=PINS_OVERLAP_FROM)),
        (
            TOP,
            pen.drawn(
                "unit",
                "symbol",
                {},
                filter=SINGLE,
                layout={
                    "icon-image": image,
                    "icon-size": by_zoom({11: 0.6, 14: 0.8, 16: 1}),
                    "icon-padding": 0,
                    "icon-allow-overlap": ["step", ["zoom"], False, PINS_OVERLAP_FROM, True],
                    "icon-ignore-placement": ["step", ["zoom"], False, PINS_OVERLAP_FROM, True],
                },
            ),
        ),
    ]


def _pin(pen: Pen) -> Slotted:
    image: Expression = ["concat", "pin:", pen.icon(), ":", pen.colour(), ":", ["to-string", _ring_step(pen.layer)]]
    size = by_zoom({10: 0.5, 13: 0.7, 15: 0.9, 17: 1})
    # the most urgent value stands first in the palette: placed first where pins give way, drawn last where they overlap
    urgency = {value: place for place, value in enumerate(pen.layer.look.palette)}
    place: Any = ["match", ["to-string", ["get", pen.layer.look.by]], *(part for pair in urgency.items() for part in pair), len(urgency)]
    return [
        *_cells(pen),
        (TOP, _dots(pen, by_zoom({9: 2, 13: 3.5}), opacity=0.9, maxzoom=PINS_OVERLAP_FROM)),
        (
            TOP,
            pen.drawn(
                "pin~far",
                "symbol",
                {},
                filter=SINGLE,
                maxzoom=PINS_OVERLAP_FROM,
                layout={"icon-image": image, "icon-size": size, "symbol-sort-key": place, "icon-padding": 0},
            ),
        ),
        (
            TOP,
            pen.drawn(
                "pin",
                "symbol",
                {},
                filter=SINGLE,
                minzoom=PINS_OVERLAP_FROM,
                layout={
                    "icon-image": image,
                    "icon-size": size,
                    "symbol-sort-key": ["-", 0, place],
                    "symbol-z-order": "auto",
                    "icon-allow-overlap": True,
                    "icon-ignore-placement": True,
                },
            ),
        ),
    ]


def _ring_step(layer: Layer) -> Any:
    """Eighths of the step's time that are left, rounded up; 0 is overdue, 8 also stands for no deadline."""
    if not {DEADLINE, STEP_STARTED} <= set(layer.tile):
        return RING_STEPS
    left: Expression = ["-", ["get", DEADLINE], ["global-state", "now"]]
    whole: Expression = ["max", 1, ["-", ["get", DEADLINE], ["get", STEP_STARTED]]]
    step: Expression = ["max", 0, ["min", RING_STEPS, ["ceil", ["/", ["*", RING_STEPS, left], whole]]]]
    return ["case", ["all", ["has", DEADLINE], ["has", STEP_STARTED]], step, RING_STEPS]


def _cells(pen: Pen) -> Slotted:
    """Rows counted in cells: discs whose size and strength follow the count, numbers on the largest where names leave room."""
    palette = PALETTES[pen.theme]
    size: Expression = ["interpolate", ["linear"], _magnitude(), 0, 1.6, 1, 2.6, 2, 4, 3, 5.8, 3.7, 8]
    strength: Expression = ["interpolate", ["linear"], _magnitude(), 0, 0.3, 1, 0.38, 2, 0.5, 3, 0.66, 3.7, 0.95]
    discs = {
        "circle-color": pen.plain(),
        "circle-radius": by_zoom({10: size, 15: ["*", 1.15, size], 18: ["*", 2, size]}),
        "circle-opacity": strength,
        "circle-stroke-width": 0.5,
        "circle-stroke-color": palette.halo,
        "circle-stroke-opacity": 0.6,
    }
    numbers = pen.drawn(
        "cells~count",
        "symbol",
        {"text-color": palette.text_place, "text-halo-color": palette.halo, "text-halo-width": 1.4},
        filter=["all", IS_CELL, [">=", ["get", "n"], 10]],
        layout={
            "text-field": ["to-string", ["get", "n"]],
            "text-font": REGULAR,
            "text-size": 10,
            "text-padding": 22,
            "symbol-sort-key": ["-", 0, ["get", "n"]],
        },
    )
    return [(FILL, pen.drawn("cells", "circle", discs, filter=IS_CELL)), (XRAY, numbers)]


def _magnitude() -> Expression:
    return ["log10", ["get", "n"]]


def _dots(pen: Pen, radius: Any, *, opacity: Any, **more: Any) -> Drawn:
    paint = {
        "circle-color": pen.colour(),
        "circle-radius": radius,
        "circle-opacity": opacity,
        "circle-stroke-color": PALETTES[pen.theme].halo,
        "circle-stroke-width": by_zoom({13: 0, 15: 0.8}),
        "circle-stroke-opacity": 0.8,
    }
    return pen.drawn("dot", "circle", paint, filter=SINGLE, **more)


def _sector(pen: Pen) -> Drawn:
    """A camera's view: a small wedge that tells the direction while many are in sight, at the closest zooms as long as it reaches."""
    sector = pen.layer.look.sector
    assert sector is not None
    angle: Expression = ["max", 15, ["*", 15, ["round", ["/", ["get", sector.angle_deg], 15]]]]
    true_size = {zoom: ["*", ["get", sector.range_m], _pixels_per_metre(zoom, pen.cosine) / SECTOR_RADIUS] for zoom in (17, 18, 20, 22)}
    sizes = true_size | {zoom: ["min", most, true_size[zoom]] for zoom, most in SECTOR_MOST.items()}
    return pen.drawn(
        "sector",
        "symbol",
        {"icon-opacity": by_zoom({SECTORS_FROM: 0, SECTORS_FROM + 0.3: 0.7, 20: 0.5})},
        filter=SINGLE,
        minzoom=SECTORS_FROM,
        layout={
            "icon-image": ["concat", "sector:", ["to-string", angle], ":", pen.colour()],
            "icon-rotate": ["get", sector.azimuth_deg],
            "icon-size": ["interpolate", ["exponential", 2], ["zoom"], *(part for stop in sizes.items() for part in stop)],
            "icon-rotation-alignment": "map",
            "icon-allow-overlap": True,
            "icon-ignore-placement": True,
        },
    )


def _pixels_per_metre(zoom: int, cosine: float) -> float:
    return PIXELS * (1 << zoom) / (WORLD_M * cosine)


FORMS: Mapping[Form, Callable[[Pen], Slotted]] = {
    Form.AREA: _area,
    Form.FOOTPRINT: _footprint,
    Form.LINE: _line,
    Form.DOT: _dot,
    Form.UNIT: _unit,
    Form.PIN: _pin,
}
