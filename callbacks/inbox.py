"""The open cases beside the map: read again when the query changes, when something happened, and every few seconds."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from dash import Dash, Input, Output
from dash.development.base_component import Component

from api.identity import current_reader
from callbacks import ids
from callbacks.context import Context
from callbacks.panels import states
from callbacks.panels.inbox import LEVELS, STEPS, inbox
from callbacks.rights import may_assign, may_report
from callbacks.words import requested
from geodata.db import reading
from geodata.errors import NotAllowedError
from layers import registry
from services import inbox as service

LAYER = "open_events"


def register(app: Dash, context: Context) -> None:
    """Wire the list."""

    @app.callback(
        Output(ids.INBOX, "children"),
        Input(ids.INBOX_QUERY, "data"),
        Input(ids.TICK, "n_intervals"),
        Input(ids.DRAWN, "data"),
    )
    def show(asked: Mapping[str, Any] | None, _ticks: int, _drawn: str | None) -> list[Component]:
        if asked is None or asked.get("closed"):
            return []  # nobody looks: hundreds of rows would make every other part of the page slower
        words, reader, now, query = requested(), current_reader(), datetime.now(UTC), parse(asked or {})
        layer = registry.get(LAYER)
        try:
            with reading(context.pool) as conn:
                found = service.inbox(conn, reader, layer, query, now)
        except NotAllowedError:
            return states.forbidden(words)
        return inbox(found, query, layer, words, now, may_report=may_report(reader), may_assign=may_assign(reader))


def parse(asked: Mapping[str, Any]) -> service.Query:
    """Read the query store; what it does not know is left out."""
    return service.Query(
        states=dict(STEPS).get(str(asked.get("step") or ""), ()),
        levels=tuple(level for level in LEVELS if level in (asked.get("levels") or ())),
        overdue=bool(asked.get("overdue")),
        mine=bool(asked.get("mine")),
        text=str(asked.get("text") or "")[: service.MAX_TEXT],
    )
