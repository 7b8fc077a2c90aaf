"""Hot spots at `/hotspots/`: two periods side by side, the back-test, the export. Scripts in assets/hotspots fill it; the map itself is a mode of the command map."""

from dash import dcc, html
from dash.development.base_component import Component

from api.identity import reader_or_none
from callbacks import ids
from callbacks.context import Context
from callbacks.panels.bar import Bar, bar
from callbacks.panels.pieces import also
from callbacks.panels.states import forbidden, loading
from callbacks.words import requested
from layers import registry

PATH = "/hotspots/"
PLACE = "hotspots"
"""Id of what the scripts fill."""


def layout(context: Context) -> Component:
    """Build the page; who may not see cases is told so, a stranger is led to the sign-in."""
    words, reader = requested(), reader_or_none()
    stores = [dcc.Store(id=name) for name in (ids.NOTICE, ids.SINK)]
    if reader is None:
        return html.Div([dcc.Store(id=ids.SIGNED_OUT, data=True), *stores], id=PLACE)
    top = bar(reader, words, Bar(here=PATH, demo=context.settings.demo))
    if reader.role not in registry.get("events").roles:
        return html.Div([top, html.Main(forbidden(words), className="admin")], className="admin-page")
    main = html.Main(
        loading(words), id=PLACE, className="hsp-page", **also({"data-part": "hotspots", "aria-label": words("title.hotspots")})
    )
    return html.Div([top, main, dcc.Store(id=ids.SIGNED_OUT), *stores], className="admin-page")
