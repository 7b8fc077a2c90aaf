"""The list of all cases, page by page, and which of its two forms the address asks for."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from dash import Dash, Input, Output, State, no_update
from dash.development.base_component import Component

from api.identity import current_reader
from callbacks import case_page, formats, ids, shell
from callbacks.context import Context
from callbacks.panels import states
from callbacks.panels.event_list import BLOCK, ORDERS, event_list, table_row
from callbacks.words import Words, requested
from geodata.db import reading
from layers import registry
from layers.base import Layer
from layers.conditions import conditions
from layers.events import narrowed
from services import ordered
from services.rights import MAY_EXPORT
from services.where import MAX_TEXT

LAYER = "events"
ONE = re.compile(r"^/events/(\d{1,18})/?$")
OWN = frozenset({"text", "open", "overdue"})
"""What narrows the list and is no filter of the layer."""


def register(app: Dash, context: Context) -> None:
    """Wire the list and the page of one case."""

    @app.callback(Output(ids.EVENT_BODY, "children"), Input(ids.EVENT_WHERE, "pathname"))
    def show(path: str | None) -> list[Component]:
        words, reader, layer = requested(), current_reader(), registry.get(LAYER)
        if reader.role not in layer.roles:
            return states.forbidden(words)
        one = ONE.match(path or "")
        return case_page.show(context, int(one[1])) if one else event_list(layer, words, may_export=reader.role in MAY_EXPORT)

    @app.callback(
        Output(ids.EVENT_GRID, "getRowsResponse"),
        Output(ids.EVENT_FIGURE, "children"),
        Input(ids.EVENT_GRID, "getRowsRequest"),
        State(ids.EVENT_QUERY, "data"),
        prevent_initial_call=True,
    )
    def rows(asked: Mapping[str, Any] | None, query: Mapping[str, str] | None) -> tuple[object, object]:
        if not asked:
            return no_update, no_update
        words, now, layer = requested(), datetime.now(UTC), registry.get(LAYER)
        with reading(context.pool) as conn:
            found = ordered.page(conn, current_reader(), layer, _wanted(layer, asked, query or {}, now), now)
        table = [table_row(layer, row, words, now) for row in found.rows]
        return {"rowData": table, "rowCount": found.total}, _figure(found.total, words)

    shell.leave(app)


def _figure(total: int, words: Words) -> str:
    return words("events.found", number=formats.number(total))


def _wanted(layer: Layer, asked: Mapping[str, Any], query: Mapping[str, str], now: datetime) -> ordered.Wanted:
    sorting = [item for item in asked.get("sortModel") or () if item.get("colId") in ORDERS]
    by = ORDERS[sorting[0]["colId"]] if sorting else "reported_at"
    start = max(0, int(asked.get("startRow") or 0))
    tests = [
        *conditions(layer, [(name, text) for name, text in query.items() if name not in OWN]),
        *narrowed(only_open=bool(query.get("open")), overdue=bool(query.get("overdue")), now=now),
    ]
    return ordered.Wanted(
        conditions=tests,
        text=str(query.get("text") or "")[:MAX_TEXT],
        by=by,
        descending=not sorting or sorting[0].get("sort") != "asc",
        limit=min(max(int(asked.get("endRow") or start + BLOCK) - start, 1), ordered.MAX_ROWS),
        offset=start,
    )
