"""The list of all cases at `/events/`, and one case at `/events/<id>`, made to be read and printed."""

from dash import dcc, html
from dash.development.base_component import Component

from api.identity import reader_or_none
from callbacks import ids
from callbacks.context import Context
from callbacks.panels.frame import switches
from callbacks.panels.pieces import also, chip, icon
from callbacks.panels.states import loading
from callbacks.words import Words, requested
from services.replies import MAY_READ
from services.rights import Reader

STORES = (ids.EVENT_QUERY, ids.SIGNED_OUT, ids.NOTICE, ids.SINK)


def layout(context: Context) -> Component:
    """Build the frame; the address says what is shown in it. A stranger is led to the sign-in."""
    words, reader = requested(), reader_or_none()
    if reader is None:
        return html.Div([dcc.Store(id=ids.SIGNED_OUT, data=True), dcc.Store(id=ids.SINK)], id=ids.EVENT_PAGE)
    return html.Div(
        [
            _top(reader, words, demo=context.settings.demo),
            html.Main(loading(words), id=ids.EVENT_BODY, className="event-body"),
            dcc.Location(id=ids.EVENT_WHERE, refresh=False),
            *(dcc.Store(id=name) for name in STORES),
        ],
        id=ids.EVENT_PAGE,
        className="event-page",
    )


def _top(reader: Reader, words: Words, *, demo: bool) -> Component:
    brand = html.Div([html.Span(icon("stack-2"), className="logo"), html.B(words("brand"))], className="brand")
    links = html.Nav(
        [
            html.A([icon("map"), words("title.map")], href="/", className="top-link"),
            html.A([icon("list-details"), words("title.events")], href="/events/", className="top-link"),
            *([html.A([icon("mail"), words("title.sources")], href="/sources/", className="top-link")] if reader.role in MAY_READ else []),
        ],
        className="top-links",
        **also({"aria-label": words("events.pages")}),
    )
    name = reader.display_name or reader.username
    who = html.Div(
        [html.Span(name[:1], className="avatar"), html.Span([html.B(name), html.Small(words(f"role.{reader.role}"))], className="who")],
        className="person",
    )
    leave = html.Button([icon("logout"), words("sign_out")], type="button", className="button small", **also({"data-sign-out": "true"}))
    return html.Header(
        [brand, links, chip(words("demo.mark"), "demo") if demo else "", html.Div([*switches(words), who, leave], className="admin-who")],
        className="top",
    )
