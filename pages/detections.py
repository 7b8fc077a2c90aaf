"""Findings of analysis at `/detections/`: what cameras were found to show, put before a person who accepts, merges or rejects it."""

from dash import dcc, html
from dash.development.base_component import Component

from api.identity import reader_or_none
from callbacks import ids
from callbacks.context import Context
from callbacks.panels import detections as panels
from callbacks.panels.bar import Bar, bar
from callbacks.panels.pieces import also
from callbacks.panels.states import forbidden
from callbacks.words import requested
from services.counting import MAY_CHANGE
from services.detections import MAY_READ

STORES = (ids.DETECTIONS_QUERY, ids.DETECTIONS_CHOSEN, ids.DETECTIONS_ACT, ids.SIGNED_OUT, ids.NOTICE, ids.SINK)
READ_AGAIN_MS = 10_000


def layout(context: Context) -> Component:
    """Build the page; who may not see it is told so, a stranger is led to the sign-in."""
    words, reader = requested(), reader_or_none()
    if reader is None:
        return html.Div([dcc.Store(id=ids.SIGNED_OUT, data=True), dcc.Store(id=ids.SINK)], id=ids.DETECTIONS)
    head_bar = bar(reader, words, Bar(here="/detections/", demo=context.settings.demo))
    if reader.role not in MAY_READ:
        return html.Div([head_bar, html.Main(forbidden(words), className="admin")], className="admin-page")
    main = html.Main(
        [
            html.Div([html.H1(words("title.detections")), html.P(words("detections.about"), className="quiet")], className="admin-head"),
            html.Div(
                [
                    panels.form(words),
                    html.Div(id=ids.DETECTIONS_SUMS, className="det-sums", role="status"),
                    *([panels.rota_button(words)] if reader.role in MAY_CHANGE else []),
                ],
                className="det-tools",
            ),
            html.Div(
                [
                    html.Div(
                        panels.bones(words), id=ids.DETECTIONS_LIST, className="det-list", **also({"aria-label": words("title.detections")})
                    ),
                    html.Section(
                        panels.choose_one(words),
                        id=ids.DETECTIONS_PANEL,
                        className="det-panel",
                        **also({"aria-label": words("detections.one")}),
                    ),
                ],
                className="det-body",
            ),
            html.Section(id=panels.ROTA, className="det-rota", hidden=True, **also({"aria-label": words("detections.rota.title")})),
            html.Div(id=ids.DETECTIONS_RESULT, className="admin-result", role="status"),
        ],
        id=ids.DETECTIONS,
        className="admin det",
    )
    stores = [dcc.Store(id=ids.DETECTIONS_ROWS, data=0), *(dcc.Store(id=name) for name in STORES)]
    return html.Div([head_bar, main, dcc.Interval(id=ids.TICK, interval=READ_AGAIN_MS), *stores], className="admin-page")
