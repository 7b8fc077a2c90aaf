"""Points as MapLibre layers: cells with counts, dots, icons, units, event pins, camera views."""

from collections.abc import Callable, Mapping
from typing import Any

from geodata.grid import WORLD_M
from layers.base import Layer
from tiles.baselabels import REGULAR
from tiles.basepalette import PALETTES
from tiles.expressions import Expression, by_zoom
from tiles.expressions import Layer as Drawn
from tiles.pen import FILL, IS_CELL, LINE, SINGLE, TOP, XRAY, Pen, Slotted

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
DEADLINE, STEP_STARTED, PAUSED, WORKING = "deadline_at", "step_started_at", "paused_at", "working"
UNWOUND = (0, 0, 10_000_000_000, 10_000_000_000)
"""Stops of a clock that always runs; assets/js/worktime.js knows them."""


def dot(pen: Pen) -> Slotted:
    """Draw dots that become icons on discs, with a view for cameras."""
    first = max(pen.layer.cells_to + 1, pen.layer.min_zoom)
    drawn = [
        *cells(pen),
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


def unit(pen: Pen) -> Slotted:
    """Draw people and vehicles: an icon on a dark disc, outlined by state."""
    image: Expression = ["concat", "unit:", pen.icon(), ":", pen.colour()]
    return [
        *cells(pen),
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


def pin(pen: Pen) -> Slotted:
    """Draw events: disc by level, icon by class, ring by the time that is left."""
    image: Expression = ["concat", "pin:", pen.icon(), ":", pen.colour(), ":", ["to-string", _ring_step(pen.layer)]]
    size = by_zoom({10: 0.5, 13: 0.7, 15: 0.9, 17: 1})
    # the most urgent value stands first in the palette: placed first where pins give way, drawn last where they overlap
    urgency = {value: place for place, value in enumerate(pen.layer.look.palette)}
    place: Any = ["match", ["to-string", ["get", pen.layer.look.by]], *(part for pair in urgency.items() for part in pair), len(urgency)]
    return [
        *cells(pen),
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
    """Eighths of the step's time that are left, rounded up; 0 is overdue, 8 also stands for no deadline. A suspended case's clock stands."""
    if not {DEADLINE, STEP_STARTED} <= set(layer.tile):
        return RING_STEPS
    now: Expression = ["global-state", "now"]
    if PAUSED in layer.tile:
        now = ["case", ["has", PAUSED], ["get", PAUSED], now]
    share = _left(now, _plain)
    if WORKING in layer.tile:
        share = ["case", ["==", ["get", WORKING], True], _left(now, _working), share]
    step: Expression = ["case", ["<", ["get", DEADLINE], now], 0, ["max", 1, ["min", RING_STEPS, ["ceil", ["*", RING_STEPS, share]]]]]
    return ["case", ["all", ["has", DEADLINE], ["has", STEP_STARTED]], step, RING_STEPS]


def _left(now: Expression, clock: Callable[[Expression], Expression]) -> Expression:
    """The part of the step that is left by a clock."""
    end = clock(["get", DEADLINE])
    return ["/", ["-", end, clock(now)], ["max", 1, ["-", end, clock(["get", STEP_STARTED])]]]


def _plain(at: Expression) -> Expression:
    return at


def _working(at: Expression) -> Expression:
    """Seconds of working time until an instant: scripts put the stops of the calendar in the place of these, which count every second."""
    return ["interpolate", ["linear"], at, *UNWOUND]


def cells(pen: Pen) -> Slotted:
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
