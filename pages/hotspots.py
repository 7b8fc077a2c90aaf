"""Hot spots at `/hotspots/`: two periods side by side, the back-test, the export. Scripts in assets/hotspots fill it; the map itself is a mode of the command map."""

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from callbacks.context import Context
from callbacks.panels.pieces import also
from callbacks.panels.states import loading
from callbacks.words import Words
from layers import registry
from pages.framed import Place, framed
from services.rights import Reader

PATH = "/hotspots/"
PLACE = "hotspots"
"""Id of what the scripts fill."""


def layout(context: Context) -> Component:
    """Build the page."""
    return framed(context, Place(id=PLACE, path=PATH, roles=registry.get("events").roles), _content)


def _content(_reader: Reader, words: Words) -> Sequence[Component]:
    told = {"data-part": "hotspots", "aria-label": words("title.hotspots")}
    return [html.Main(loading(words), id=PLACE, className="hsp-page", **also(told))]
