"""Sources and replies at `/sources/`: what every channel sent, what waits for a person, and who is owed a reply."""

from dash import dcc, html
from dash.development.base_component import Component

from api.identity import reader_or_none
from callbacks import ids
from callbacks.context import Context
from callbacks.panels import sources as panels
from callbacks.panels.bar import Bar, bar
from callbacks.panels.grid import listed
from callbacks.panels.pieces import also
from callbacks.panels.states import forbidden
from callbacks.words import requested
from services.replies import MAY_READ

STORES = (ids.SOURCES_QUERY, ids.SOURCES_ACT, ids.SIGNED_OUT, ids.NOTICE, ids.SINK)
READ_AGAIN_MS = 30_000


def layout(context: Context) -> Component:
    """Build the page; who may not see it is told so, a stranger is led to the sign-in."""
    words, reader = requested(), reader_or_none()
    if reader is None:
        return html.Div([dcc.Store(id=ids.SIGNED_OUT, data=True), dcc.Store(id=ids.SINK)], id=ids.SOURCES)
    head_bar = bar(reader, words, Bar(here="/sources/", demo=context.settings.demo))
    if reader.role not in MAY_READ:
        return html.Div([head_bar, html.Main(forbidden(words), id=ids.SOURCES, className="admin")], className="admin-page")
    main = html.Main(
        [
            html.Div([html.H1(words("title.sources")), html.P(words("sources.about"), className="quiet")], className="admin-head"),
            html.Div(id=ids.SOURCES_COUNTS, className="sources-counts"),
            panels.form(words),
            html.Div(
                [
                    html.Div(listed(ids.SOURCES_GRID, panels.columns(words), words), className="admin-grid"),
                    html.Aside(
                        panels.choose_one(words),
                        id=ids.SOURCES_PANEL,
                        className="admin-editor",
                        **also({"aria-label": words("sources.record")}),
                    ),
                ],
                className="admin-body sources-body",
            ),
            html.Div(id=ids.SOURCES_RESULT, className="admin-result", role="status"),
        ],
        id=ids.SOURCES,
        className="admin sources",
    )
    stores = [dcc.Store(id=ids.SOURCES_ROWS, data=0), *(dcc.Store(id=name) for name in STORES)]
    return html.Div([head_bar, main, dcc.Interval(id=ids.TICK, interval=READ_AGAIN_MS), *stores], className="admin-page")
