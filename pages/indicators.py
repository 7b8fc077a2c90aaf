"""The page of indicators at `/indicators/`: nine domains, one indicator, warnings and their handling, figures handed in. Scripts in assets/indicators fill it."""

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from callbacks.context import Context
from callbacks.panels.pieces import also
from callbacks.panels.states import loading
from callbacks.words import Words
from pages.framed import Place, framed
from services.indicators.areas import MAY_READ
from services.rights import Reader, Role

PATH = "/indicators/"
PLACE = "indicators"
"""Id by which the scripts know the page's place."""
OPEN_TO = MAY_READ - {Role.WALL}


def layout(context: Context) -> Component:
    """Build the page."""
    return framed(context, Place(id=PLACE, path=PATH, roles=OPEN_TO), _content)


def _content(_reader: Reader, words: Words) -> Sequence[Component]:
    told = {"data-part": "indicators", "aria-label": words("title.indicators")}
    return [html.Main(loading(words), id=PLACE, className="in-page", **also(told))]
