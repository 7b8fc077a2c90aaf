"""The page of indicators at `/indicators/`: nine domains, one indicator, warnings and their handling, figures handed in. Scripts in assets/indicators fill it."""

from dash import dcc, html
from dash.development.base_component import Component

from api.identity import reader_or_none
from callbacks import ids
from callbacks.context import Context
from callbacks.panels.bar import Bar, bar
from callbacks.panels.pieces import also
from callbacks.panels.states import forbidden, loading
from callbacks.words import requested
from services.indicators.figures import MAY_READ
from services.rights import Role

PATH = "/indicators/"
PLACE = "indicators"
"""Id by which the scripts know the page's place."""
OPEN_TO = MAY_READ - {Role.WALL}


def layout(context: Context) -> Component:
    """Build the page; who sees no indicators is told so, a stranger is led to the sign-in."""
    words, reader = requested(), reader_or_none()
    stores = [dcc.Store(id=name) for name in (ids.NOTICE, ids.SINK)]
    if reader is None:
        return html.Div([dcc.Store(id=ids.SIGNED_OUT, data=True), *stores], id=PLACE)
    top = bar(reader, words, Bar(here=PATH, demo=context.settings.demo))
    if reader.role not in OPEN_TO:
        return html.Div([top, html.Main(forbidden(words), className="admin")], className="admin-page")
    main = html.Main(
        loading(words), id=PLACE, className="in-page", **also({"data-part": "indicators", "aria-label": words("title.indicators")})
    )
    return html.Div([top, main, dcc.Store(id=ids.SIGNED_OUT), *stores], className="admin-page")
