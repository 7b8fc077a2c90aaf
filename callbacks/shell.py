"""The frame around the map in the reader's language, and the switch that draws it anew; the map and what it shows stay as they are."""

from dash import ClientsideFunction, Dash, Input, Output, html
from dash.development.base_component import Component

from api.identity import current_reader
from callbacks import ids
from callbacks.context import Context
from callbacks.panels import frame, rail
from callbacks.panels.pieces import button
from callbacks.words import Words, spoken, words
from geodata.db import reading
from geodata.errors import SourceUnavailableError
from layers.registry import LAYERS
from services import areas
from services.rights import Reader

BASES = ("dark", "light", "none")
"""Base maps that are always there; scripts add the imagery and foreign maps that the operator has configured."""


def register(app: Dash, context: Context) -> None:
    """Wire the language switch, what opens the panel, and the way out when the session is over."""

    @app.callback(
        Output(ids.TOP, "children"),
        Output(ids.RAIL, "children"),
        Output(ids.STRIP, "children"),
        Output(ids.DRAWN, "data"),
        Input(ids.LANGUAGE, "data"),
        prevent_initial_call=True,
    )
    def speak(language: str) -> tuple[list[Component], list[Component], list[Component], str]:
        return *parts(context, current_reader(), words(spoken(language))), language

    leave(app)
    app.clientside_callback(
        ClientsideFunction("desk", "follow"),
        Output(ids.SINK, "data", allow_duplicate=True),
        Input(ids.PICK, "data"),
        Input(ids.SHAPE, "data"),
        Input(ids.FILTER, "data"),
        Input(ids.BOARD, "data"),
        prevent_initial_call=True,
    )


def leave(app: Dash) -> None:
    """Lead to the sign-in page when the session is over, from any page of ours."""
    app.clientside_callback(
        ClientsideFunction("desk", "signedOut"),
        Output(ids.SINK, "data", allow_duplicate=True),
        Input(ids.SIGNED_OUT, "data"),
        prevent_initial_call="initial_duplicate",
    )


def parts(context: Context, reader: Reader, spoken_words: Words) -> tuple[list[Component], list[Component], list[Component]]:
    """Return the content of top bar, rail and strip."""
    seen = [layer for layer in LAYERS if reader.role in layer.roles]
    bases = [(key, spoken_words(f"base.{key}")) for key in BASES]
    top = frame.top(reader, _place(context, reader), spoken_words, demo=context.settings.demo)
    strip: list[Component] = [
        html.Div(
            [
                html.Span([html.I(className="live-dot"), spoken_words("ticker.live")], className="live"),
                html.Div(id=ids.TICKER, className="news-list"),
                button(spoken_words("replay.open"), "history", "small", data_mode="tm"),
            ],
            className="ticker",
        ),
        html.Div(id=ids.TODAY, className="today"),
    ]
    return top, rail.rail(seen, bases, spoken_words), strip


def _place(context: Context, reader: Reader) -> str:
    """Name the reader's own area; the bar does without when the database is away."""
    try:
        with reading(context.pool) as conn:
            return areas.name(conn, reader)
    except SourceUnavailableError:
        return ""
