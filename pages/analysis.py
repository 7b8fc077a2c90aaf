"""High-incidence analysis and performance at `/analysis/`: what the address asks for is drawn by the server; scripts in assets/analysis draw charts and maps."""

from dash import dcc, html
from dash.development.base_component import Component

from api.identity import reader_or_none
from callbacks import ids
from callbacks.analysis_address import PATH
from callbacks.context import Context
from callbacks.panels.bar import Bar, bar
from callbacks.panels.pieces import also
from callbacks.panels.states import forbidden, loading
from callbacks.words import requested
from services.incidence import MAY_READ

PART = {"data-part": "analysis"}


def layout(context: Context) -> Component:
    """Build the frame; who may not see it is told so, a stranger is led to the sign-in."""
    words, reader = requested(), reader_or_none()
    stores = [dcc.Store(id=name) for name in (ids.NOTICE, ids.SINK)]
    if reader is None:
        return html.Div([dcc.Store(id=ids.SIGNED_OUT, data=True), *stores], id=ids.ANALYSIS)
    top = bar(reader, words, Bar(here=PATH, demo=context.settings.demo))
    if reader.role not in MAY_READ:
        return html.Div([top, html.Main(forbidden(words), className="admin")], className="admin-page")
    main = html.Main(loading(words), id=ids.ANALYSIS, className="an-page", **also({**PART, "aria-label": words("title.analysis")}))
    where = dcc.Location(id=ids.ANALYSIS_WHERE, refresh=False)
    return html.Div([top, main, where, dcc.Store(id=ids.SIGNED_OUT), *stores], className="admin-page")
