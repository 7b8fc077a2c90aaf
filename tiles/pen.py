"""What draws one layer in one theme: its colours, its icons, and style layers that carry its name."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from layers.base import Layer
from tiles.basepalette import Theme
from tiles.colours import themed
from tiles.expressions import Expression
from tiles.expressions import Layer as Drawn

FILL, LINE, XRAY, TOP = "slot-fill", "slot-line", "slot-xray", "slot-top"
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
