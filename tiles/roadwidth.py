"""Road widths by class and zoom, in CSS pixels."""

from collections.abc import Mapping
from itertools import pairwise

from tiles.expressions import Expression

# Dual carriageways are two lines 10-15 m apart: wider values close the gap at zoom 15-16 and look like a blot.
WIDTHS: Mapping[int, Mapping[float, float]] = {
    1: {8: 0.7, 10: 1.2, 12: 2.0, 13: 2.8, 14: 4.0, 15: 6.0, 16: 9.5, 18: 26.0},
    2: {10: 0.6, 12: 1.3, 13: 1.9, 14: 2.9, 15: 4.8, 16: 7.8, 18: 22.0},
    3: {12: 0.9, 13: 1.3, 14: 2.1, 15: 3.8, 16: 6.2, 18: 18.0},
    4: {13: 0.6, 14: 1.1, 15: 2.4, 16: 4.4, 18: 14.0},
    5: {14.5: 0.5, 15: 0.9, 16: 2.2, 18: 8.0},
    6: {15: 0.8, 16: 2.2, 18: 7.0},
}
ZOOMS = (8, 10, 12, 13, 14, 15, 16, 18)
LINK = 0.72
"""A slip road against its class."""
THIN_PX = 0.9
"""Narrower roads get no casing."""


def width_at(k: int, zoom: float) -> float:
    """Width of class `k`; between two given zooms it grows by a constant factor."""
    stops = sorted(WIDTHS[k].items())
    if zoom < stops[0][0]:
        return 0.0
    for (low, narrow), (high, wide) in pairwise(stops):
        if zoom <= high:
            return float(narrow * (wide / narrow) ** ((zoom - low) / (high - low)))
    return stops[-1][1]


def road_width(casing_px: float = 0.0) -> Expression:
    """Width by zoom, class and slip road; `casing_px` is added on both sides together."""
    expression: Expression = ["interpolate", ["exponential", 1.6], ["zoom"]]
    for zoom in ZOOMS:
        widths: Expression = []
        for k in WIDTHS:
            width = width_at(k, zoom)
            widths += [k, round(width + casing_px if width > THIN_PX else width, 2)]
        expression += [zoom, ["*", ["match", ["get", "k"], *widths, 0], ["case", ["==", ["get", "ln"], 1], LINK, 1]]]
    return expression
