"""The filter panel: what a layer's values add up to under the chosen filter."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from dash import Dash, Input, Output, State, html, no_update
from dash.development.base_component import Component

from api.identity import current_reader
from callbacks import formats, ids
from callbacks.context import Context
from callbacks.panels import states
from callbacks.panels.filter import Filter, filter_panel
from callbacks.words import Words, requested
from geodata.db import Conn, reading
from geodata.errors import NotAllowedError, SourceUnavailableError, UnknownLayerError
from geodata.grid import LonLat
from geodata.source import Condition
from layers import registry
from layers.base import Form, Layer
from layers.conditions import conditions
from services import facets, features
from services.facets import Order
from services.features import Row
from services.rights import MAY_EXPORT, Reader

ROWS = 12
BUSY = [(Output(ids.PANEL, "className"), "panel busy", "panel")]
NAMES_S = 600


def register(app: Dash, context: Context) -> None:
    """Wire the filter panel."""

    @app.callback(
        Output(ids.PANEL_BODY, "children", allow_duplicate=True),
        Input(ids.FILTER, "data"),
        State(ids.MAP_STATE, "data"),
        prevent_initial_call=True,
        running=BUSY,
    )
    def show_filter(asked: dict[str, Any] | None, state: dict[str, Any] | None) -> object:
        if not asked:
            return no_update
        words = requested()
        content = _panel(context, asked, (state or {}).get("center"), words)
        return [html.Div(content, className="panel-content", key=f"filter-{asked['layer']}-{words.language}")]


def _panel(context: Context, asked: Mapping[str, Any], centre: Sequence[float] | None, words: Words) -> list[Component]:
    reader, now = current_reader(), datetime.now(UTC)
    try:
        layer = registry.get(str(asked["layer"]))
        if reader.role not in layer.roles:
            return states.forbidden(words)
        return filter_panel(_filter(context, reader, layer, asked, LonLat(*centre) if centre else None))
    except (NotAllowedError, UnknownLayerError):
        return states.forbidden(words)
    except SourceUnavailableError:
        answered_at = context.store.answered_at
        return states.failed(words, formats.instant(answered_at, now, words) if answered_at else formats.NONE, "")


def _filter(context: Context, reader: Reader, layer: Layer, asked: Mapping[str, Any], near: LonLat | None) -> Filter:
    chosen = {str(name): str(text) for name, text in (asked.get("filter") or {}).items() if text}
    tests = conditions(layer, chosen.items())
    with reading(context.pool) as conn:
        rows, order = _first(context, conn, reader, layer, tests=tests, near=near)
        names = {
            item.name: _names(context, conn, reader, layer, column=item.name, named_by=item.named_by)
            for item in layer.fields
            if item.named_by
        }
    return Filter(
        layer=layer,
        facets=facets.facets(context.store, reader, layer, tests),
        chosen=chosen,
        rows=rows,
        words=requested(),
        now=datetime.now(UTC),
        names=names,
        dim=bool(asked.get("dim")),
        may_export=reader.role in MAY_EXPORT,
        order=order,
    )


def _first(
    context: Context,
    conn: Conn,
    reader: Reader,
    layer: Layer,
    *,
    tests: Sequence[Condition],
    near: LonLat | None,
) -> tuple[list[Row], str]:
    """Cases by deadline, past cases by the day of report, everything else by distance from the middle of the map."""
    if layer.look.form is Form.PIN:
        order, column = Order.SMALLEST, "deadline_at"
    elif "reported_at" in layer.filters:
        order, column = Order.LARGEST, "reported_at"
    elif near is not None:
        order, column = Order.NEAREST, ""
    else:
        return [], ""
    found = facets.first(context.store, reader, layer, tests, order=order, column=column, near=near, limit=ROWS)
    return features.by_ids(conn, reader, layer, found), {"deadline_at": "deadline", "reported_at": "newest"}.get(column, "nearest")


def _names(context: Context, conn: Conn, reader: Reader, layer: Layer, *, column: str, named_by: str) -> dict[str, str]:
    # the words of codes change with the catalogue only: read again after ten minutes
    key = f"names:{layer.key}:{column}:{reader.role}"
    known: dict[str, str] | None = context.cache.get(key)
    if known is None:
        known = facets.names(context.store, conn, reader, layer, column=column, named_by=named_by)
        context.cache.set(key, known, timeout=NAMES_S)
    return known
