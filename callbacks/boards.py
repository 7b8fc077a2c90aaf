"""Panels that belong to no row: a new report, what lies around a place, who could do the whole backlog."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from dash import Dash, Input, Output, html, no_update
from dash.development.base_component import Component

from api.identity import current_reader
from callbacks import backlog, formats, hotspots, ids, nearby, report
from callbacks.context import Context
from callbacks.panels import states
from callbacks.words import requested
from geodata.errors import InvalidInputError, NotAllowedError, NotFoundError, SourceUnavailableError
from services.rights import Reader

BUSY = [(Output(ids.PANEL, "className"), "panel busy", "panel")]
Board = Callable[[Context, Reader, Mapping[str, Any]], list[Component]]
BOARDS: Mapping[str, Board] = {"report": report.panel, "backlog": backlog.panel, "nearby": nearby.panel, "hotspot": hotspots.panel}


def register(app: Dash, context: Context) -> None:
    """Wire the panels, and what each of them does."""

    @app.callback(
        Output(ids.PANEL_BODY, "children", allow_duplicate=True),
        Input(ids.BOARD, "data"),
        prevent_initial_call=True,
        running=BUSY,
    )
    def show(asked: Mapping[str, Any] | None) -> object:
        if not asked or asked.get("name") not in BOARDS:
            return no_update
        return [html.Div(_panel(context, asked), className="panel-content", key=f"board-{asked.get('n')}")]

    report.register(app, context)
    backlog.register(app, context)


def _panel(context: Context, asked: Mapping[str, Any]) -> list[Component]:
    words, reader, now = requested(), current_reader(), datetime.now(UTC)
    try:
        return BOARDS[str(asked["name"])](context, reader, asked)
    except (NotAllowedError, InvalidInputError):
        return states.forbidden(words)
    except NotFoundError:
        return states.gone(words)
    except SourceUnavailableError:
        answered_at = context.store.answered_at
        return states.failed(words, formats.instant(answered_at, now, words) if answered_at else formats.NONE, "")
