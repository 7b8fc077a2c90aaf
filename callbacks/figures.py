"""Figures of the frame: counters, ticker, the day's chart, numbers in the rail, and the breadcrumb under the map's middle."""

from datetime import UTC, datetime
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, no_update
from dash.development.base_component import Component

from api.identity import current_reader
from callbacks import formats, ids
from callbacks.context import Context
from callbacks.panels import frame
from callbacks.words import Words, requested
from geodata.db import reading
from geodata.grid import LonLat
from geodata.source import Condition
from layers.base import Alert
from layers.registry import LAYERS
from services import areas, bulletin, counts, facets
from services.rights import Reader


def register(app: Dash, context: Context) -> None:
    """Wire what is read again every few seconds, and what follows the map."""

    @app.callback(
        Output(ids.COUNTERS, "children"),
        Output(ids.TICKER, "children"),
        Output(ids.TODAY, "children"),
        Output(ids.FIGURES, "data"),
        Input(ids.TICK, "n_intervals"),
        Input(ids.DRAWN, "data"),
    )
    def tell(_ticks: int, _drawn: str | None) -> tuple[list[Component], list[Component], list[Component], dict[str, object]]:
        words, reader, now = requested(), current_reader(), datetime.now(UTC)
        with reading(context.pool) as conn:
            news = bulletin.bulletin(conn, reader, start=formats.midnight(now), now=now)
        return (
            frame.counters(news, words),
            frame.ticker(news, words, now),
            frame.today(news, words, now),
            _rail(context, reader, words, now),
        )

    @app.callback(Output(ids.CRUMB, "children"), Input(ids.MAP_PLACE, "data"), Input(ids.LANGUAGE, "data"), prevent_initial_call=True)
    def place(middle: dict[str, Any] | None, _language: str) -> object:
        if not middle:
            return no_update
        current_reader()
        with reading(context.pool) as conn:
            return frame.crumb(areas.at(conn, LonLat(middle["lon"], middle["lat"])), requested())

    app.clientside_callback(
        ClientsideFunction("desk", "figures"),
        Output(ids.SINK, "data", allow_duplicate=True),
        Input(ids.FIGURES, "data"),
        prevent_initial_call=True,
    )


def _rail(context: Context, reader: Reader, words: Words, now: datetime) -> dict[str, object]:
    coloured = {layer.key: layer.look.by for layer in LAYERS if layer.look.by}
    tallies = facets.tallies(context.store, reader, LAYERS, coloured)
    tests = {layer.key: _test(layer.alert, now) for layer in LAYERS if layer.alert}
    found = counts.counts(context.store, reader, [layer for layer in LAYERS if layer.alert], conditions=tests)
    alerts = {
        layer.key: _alert(words.of(layer.alert.title), found[layer.key].matching, words)
        for layer in LAYERS
        if layer.alert and layer.key in found
    }
    values = {key: {value: formats.number(number) for value, number in numbers.items()} for key, numbers in tallies.items()}
    return {"values": values, "alerts": alerts}


def _alert(word: str, number: int, words: Words) -> dict[str, str]:
    values = {"word": word, "number": formats.number(number)}
    return {"text": words("rail.alert", **values) if number else "", "title": words("rail.alert_title", **values)}


def _test(alert: Alert, now: datetime) -> tuple[Condition, ...]:
    return (*alert.test, Condition(alert.past, high=now.timestamp())) if alert.past else alert.test
