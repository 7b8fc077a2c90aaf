"""The controller of the hall's screens at `/screens/`: what each shows, how it is, its programme, and 平战. Scripts in assets/screens fill it."""

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from callbacks.context import Context
from callbacks.panels.pieces import also
from callbacks.panels.states import loading
from callbacks.words import Words
from pages.framed import Place, framed
from services.rights import Reader
from services.screens import MAY_STEER

PATH = "/screens/"
MAIN = "hall-screens"
"""Id by which the scripts know the page's place."""


def layout(context: Context) -> Component:
    """Build the page."""
    return framed(context, Place(id=MAIN, path=PATH, roles=MAY_STEER), _content)


def _content(_reader: Reader, words: Words) -> Sequence[Component]:
    main = html.Main(
        [
            html.Div([html.H1(words("title.screens")), html.P(words("screens.lead"), className="quiet")], className="admin-head"),
            html.Div(loading(words), className="hs-body", **also({"data-part": "screens"})),
        ],
        id=MAIN,
        className="admin hs",
        **also({"aria-label": words("title.screens")}),
    )
    return [main]
