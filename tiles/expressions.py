"""Short words for MapLibre style layers and expressions."""

from collections.abc import Mapping
from typing import Any

Expression = list[Any]
Layer = dict[str, Any]


def by_zoom(stops: Mapping[float, Any]) -> Expression:
    """A value that moves evenly between the given zooms."""
    return ["interpolate", ["linear"], ["zoom"], *(part for stop in stops.items() for part in stop)]


def match(name: str, values: Mapping[Any, Any], otherwise: Any = None) -> Expression:
    """A value per value of an attribute; without `otherwise` the last one stands for strangers."""
    parts = [part for pair in values.items() for part in pair]
    return ["match", ["get", name], *parts, list(values.values())[-1] if otherwise is None else otherwise]


def fits(name: str, *values: str) -> Expression:
    """Test that an attribute is one of these."""
    return ["in", ["get", name], ["literal", list(values)]]


def drawn(
    name: str,
    kind: str,
    tile_layer: str,
    paint: Mapping[str, Any],
    *,
    keep: Expression | None = None,
    layout: Mapping[str, Any] | None = None,
    low: float | None = None,
    high: float | None = None,
) -> Layer:
    """A layer `base-<name>` over one layer of the base tiles; `low` and `high` are zooms."""
    layer: Layer = {"id": f"base-{name}", "type": kind, "source": "base", "source-layer": tile_layer, "paint": dict(paint)}
    if keep is not None:
        layer["filter"] = keep
    if layout:
        layer["layout"] = dict(layout)
    if low is not None:
        layer["minzoom"] = low
    if high is not None:
        layer["maxzoom"] = high
    return layer
