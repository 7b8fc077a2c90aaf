"""High-incidence analysis and performance at `/analysis/`: what the address asks for is drawn by the server; scripts in assets/analysis draw charts and maps."""

from collections.abc import Sequence

from dash import dcc, html
from dash.development.base_component import Component

from callbacks import ids
from callbacks.analysis_address import PATH
from callbacks.context import Context
from callbacks.panels.pieces import also
from callbacks.panels.states import loading
from callbacks.words import Words
from pages.framed import Place, framed
from services.incidence import MAY_READ
from services.rights import Reader

PART = {"data-part": "analysis"}


def layout(context: Context) -> Component:
    """Build the page."""
    return framed(context, Place(id=ids.ANALYSIS, path=PATH, roles=MAY_READ), _content)


def _content(_reader: Reader, words: Words) -> Sequence[Component]:
    main = html.Main(loading(words), id=ids.ANALYSIS, className="an-page", **also({**PART, "aria-label": words("title.analysis")}))
    return [main, dcc.Location(id=ids.ANALYSIS_WHERE, refresh=False)]
