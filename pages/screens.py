"""The controller of the hall's screens at `/screens/`: what each shows, how it is, its programme, and 平战. Scripts in assets/screens fill it."""

from dash import dcc, html
from dash.development.base_component import Component

from api.identity import reader_or_none
from callbacks import ids
from callbacks.context import Context
from callbacks.panels.bar import Bar, bar
from callbacks.panels.pieces import also
from callbacks.panels.states import forbidden, loading
from callbacks.words import requested
from services.screens import MAY_STEER

PATH = "/screens/"
MAIN = "hall-screens"
"""Id by which the scripts know the page's place."""


def layout(context: Context) -> Component:
    """Build the page; who steers no screens is told so, a stranger is led to the sign-in."""
    words, reader = requested(), reader_or_none()
    stores = [dcc.Store(id=name) for name in (ids.NOTICE, ids.SINK)]
    if reader is None:
        return html.Div([dcc.Store(id=ids.SIGNED_OUT, data=True), *stores], id=MAIN)
    top = bar(reader, words, Bar(here=PATH, demo=context.settings.demo))
    if reader.role not in MAY_STEER:
        return html.Div([top, html.Main(forbidden(words), className="admin")], className="admin-page")
    main = html.Main(
        [
            html.Div([html.H1(words("title.screens")), html.P(words("screens.lead"), className="quiet")], className="admin-head"),
            html.Div(loading(words), className="hs-body", **also({"data-part": "screens"})),
        ],
        id=MAIN,
        className="admin hs",
        **also({"aria-label": words("title.screens")}),
    )
    return html.Div([top, main, dcc.Store(id=ids.SIGNED_OUT), *stores], className="admin-page")
