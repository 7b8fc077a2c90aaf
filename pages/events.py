"""The list of all cases at `/events/`, and one case at `/events/<id>`, made to be read and printed."""

from dash import dcc, html
from dash.development.base_component import Component

from api.identity import reader_or_none
from callbacks import ids
from callbacks.context import Context
from callbacks.panels.bar import Bar, bar
from callbacks.panels.states import loading
from callbacks.words import requested

STORES = (ids.EVENT_QUERY, ids.SIGNED_OUT, ids.NOTICE, ids.SINK)


def layout(context: Context) -> Component:
    """Build the frame; the address says what is shown in it. A stranger is led to the sign-in."""
    words, reader = requested(), reader_or_none()
    if reader is None:
        return html.Div([dcc.Store(id=ids.SIGNED_OUT, data=True), dcc.Store(id=ids.SINK)], id=ids.EVENT_PAGE)
    return html.Div(
        [
            bar(reader, words, Bar(here="/events/", demo=context.settings.demo)),
            html.Main(loading(words), id=ids.EVENT_BODY, className="event-body"),
            dcc.Location(id=ids.EVENT_WHERE, refresh=False),
            *(dcc.Store(id=name) for name in STORES),
        ],
        id=ids.EVENT_PAGE,
        className="event-page",
    )
