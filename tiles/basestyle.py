"""The base map's part of the MapLibre style: sources, layers with slots for data between them, fonts, light, and how it steps back.

Slots are invisible layers: data layers are inserted right before the slot that they belong to (`insert`), and so stay in their order.

- `slot-fill`: above land, water and green, below roads (cells, choropleths, areas)
- `slot-line`: above roads and buildings (outlines, footprints, dots, tracks)
- `slot-xray`: above extruded buildings, below names (what streets would swallow in 3D)
- `slot-top`: above the names (events, vehicles, counts, selection)
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from tiles.baseground import ground_layers
from tiles.baselabels import IMAGES, label_layers
from tiles.basepalette import PALETTES, Theme
from tiles.baseways import block_layer, bridge_layers, building_layers, way_layers
from tiles.expressions import Layer

SLOTS = ("slot-fill", "slot-line", "slot-xray", "slot-top")
ATTRIBUTION = "© OpenStreetMap contributors"
TILED_TO = 16
"""The client draws closer zooms from these tiles."""

# How the base steps back while cells or a choropleth tell the story, and how it changes for a tilted view: layer → property → value.
# Names with a dash are paint properties; `visibility` is layout. Switching back means setting the values of the style again.
QUIET: Mapping[str, Mapping[str, Any]] = {
    **{
        f"base-{name}": {"visibility": "none"} for name in ("building", "building-shadow", "building-line", "label-building", "label-house")
    },
    **{f"base-{name}": {"visibility": "none"} for name in ("label-poi", "label-green", "label-road")},
    "base-road": {"line-opacity": ["match", ["get", "k"], [1, 2], 0.9, 0.35]},
    "base-road-casing": {"line-opacity": 0.2},
}
TILTED: Mapping[str, Mapping[str, Any]] = {
    "base-building-3d": {"visibility": "visible"},
    **{
        f"base-{name}": {"visibility": "none"} for name in ("building", "building-shadow", "building-line", "label-building", "label-house")
    },
}


class BaseStyle(NamedTuple):
    """What goes into the style document: `sources` and `layers` as they are, `extras` beside them."""

    sources: dict[str, Any]
    layers: list[Layer]
    extras: dict[str, Any]


def base_style(theme: Theme | str, *, tiles_url: str, faces: Mapping[str, Any], bounds: Sequence[float] | None = None) -> BaseStyle:
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
        *ground_layers(palette, Theme(theme)),
        _slot("slot-fill"),
        *way_layers(palette, Theme(theme)),
        *building_layers(palette),
        *bridge_layers(palette),
        _slot("slot-line"),
        block_layer(palette, Theme(theme)),
        _slot("slot-xray"),
        *label_layers(palette),
        _slot("slot-top"),
    ]
    extras: dict[str, Any] = {
        "light": {"anchor": "viewport", "position": [1.3, 210, 40], "color": "#ffffff", "intensity": palette.block_light},
        "sky": {
            "sky-color": palette.sky,
            "horizon-color": palette.fog,
            "fog-color": palette.fog,
            "fog-ground-blend": 0.7,
            "horizon-fog-blend": 0.6,
            "sky-horizon-blend": 0.6,
        },
        "metadata": {
            "hall:images": {name: image(palette) for name, image in IMAGES.items()},
            "hall:quiet": QUIET,
            "hall:tilted": TILTED,
            "hall:slots": list(SLOTS),
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
