"""The page of briefs at `/briefs/`: what waits to be read, the reading view, approval and receipts, the kinds. Scripts in assets/briefs fill it."""

from dash import dcc, html
from dash.development.base_component import Component

from api.identity import reader_or_none
from callbacks import ids
from callbacks.context import Context
from callbacks.panels.bar import Bar, bar
from callbacks.panels.pieces import also
from callbacks.panels.states import forbidden, loading
from callbacks.words import requested
from services.briefs.book import MAY_DRAFT, MAY_READ

PATH = "/briefs/"
PLACE = "briefs"
"""Id by which the scripts know the page's place."""


def layout(context: Context) -> Component:
    """Build the page; who reads no briefs is told so, a stranger is led to the sign-in."""
    words, reader = requested(), reader_or_none()
    stores = [dcc.Store(id=name) for name in (ids.NOTICE, ids.SINK)]
    if reader is None:
        return html.Div([dcc.Store(id=ids.SIGNED_OUT, data=True), *stores], id=PLACE)
    top = bar(reader, words, Bar(here=PATH, demo=context.settings.demo))
    if reader.role not in MAY_READ:
        return html.Div([top, html.Main(forbidden(words), className="admin")], className="admin-page")
    may = "draft" if reader.role in MAY_DRAFT else ""
    main = html.Main(
        loading(words),
        id=PLACE,
        className="br-page",
        **also({"data-part": "briefs", "data-may": may, "data-scope": reader.scope, "aria-label": words("title.briefs")}),
    )
    return html.Div([top, main, dcc.Store(id=ids.SIGNED_OUT), *stores], className="admin-page")
