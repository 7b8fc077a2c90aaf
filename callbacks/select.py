"""The selection panel: what lies in the drawn shape, one class unfolded at a time."""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from dash import Dash, Input, Output, State, html, no_update
from dash.development.base_component import Component

from api.identity import current_reader
from callbacks import formats, ids
from callbacks.context import Context
from callbacks.panels import states
from callbacks.panels.selection import Selected, selection_panel
from callbacks.words import requested
from geodata.db import reading
from geodata.errors import InvalidInputError, SourceUnavailableError
from geodata.grid import LonLat
from geodata.source import Condition
from layers import registry
from layers.conditions import conditions
from services import areas, select, shapes
from services.rights import MAY_EXPORT
from services.shapes import Shape

log = logging.getLogger(__name__)
UNFOLDED_ITEMS = 20
CASES = 12
BUSY = [(Output(ids.PANEL, "className"), "panel busy", "panel")]


def register(app: Dash, context: Context) -> None:
    """Wire the selection panel."""

    @app.callback(
        Output(ids.PANEL_BODY, "children", allow_duplicate=True),
        Input(ids.SHAPE, "data"),
        Input(ids.UNFOLD, "data"),
        State(ids.MAP_STATE, "data"),
        prevent_initial_call=True,
        running=BUSY,
    )
    def show_selection(shape: dict[str, Any] | None, unfolded: str | None, state: dict[str, Any] | None) -> object:
        if not shape:
            return no_update
        return [
            html.Div(_panel(context, shape, unfolded or "", (state or {}).get("filters") or {}), className="panel-content", key="selection")
        ]


def _panel(context: Context, shape: Mapping[str, Any], unfolded: str, filters: Mapping[str, Mapping[str, str]]) -> list[Component]:
    words, now = requested(), datetime.now(UTC)
    try:
        return selection_panel(_selected(context, shape, unfolded, filters))
    except InvalidInputError as error:
        log.info("a drawn shape: %s", error)
        return states.message("polygon", words("selection.impossible"), words("selection.impossible_text"), words)
    except SourceUnavailableError:
        answered_at = context.store.answered_at
        return states.failed(words, formats.instant(answered_at, now, words) if answered_at else formats.NONE, "")


def _selected(context: Context, drawn: Mapping[str, Any], unfolded: str, filters: Mapping[str, Mapping[str, str]]) -> Selected:
    words, reader, shape = requested(), current_reader(), parse(drawn)
    tests = {key: conditions(registry.get(key), texts.items()) for key, texts in filters.items() if texts}
    with reading(context.pool) as conn:
        found = select.select(context.store, conn, reader, registry.LAYERS, shape, limit=0, conditions=tests)
        listed = {"open_events": CASES} | ({unfolded: UNFOLDED_ITEMS} if unfolded in found.classes else {})
        items = {
            key: select.select(
                context.store, conn, reader, [registry.get(key)], shape, limit=limit, conditions=_of(tests, key)
            ).classes.get(key)
            for key, limit in listed.items()
        }
        inside = areas.at(conn, LonLat(found.lon, found.lat))
    return Selected(
        selection=found,
        layers=registry.LAYERS,
        words=words,
        now=datetime.now(UTC),
        place=inside[-1].name if inside else "",
        radius_m=drawn.get("radius_m") if drawn["type"] == "circle" else None,
        buffer_m=drawn.get("buffer_m") if drawn["type"] == "corridor" else None,
        unfolded=unfolded,
        items=items.get(unfolded),
        cases=items.get("open_events"),
        may_export=reader.role in MAY_EXPORT,
    )


def _of(tests: Mapping[str, tuple[Condition, ...]], key: str) -> dict[str, tuple[Condition, ...]]:
    return {key: tests[key]} if key in tests else {}


def parse(drawn: Mapping[str, Any]) -> Shape:
    """Read the shape store.

    Raises:
        InvalidInputError: the shape cannot be used; the message says why.
    """
    if drawn.get("type") == "circle":
        point = {"type": "Point", "coordinates": [drawn["lon"], drawn["lat"]]}
        return shapes.parse(point, radius_m=float(drawn["radius_m"]))
    buffer_m = drawn.get("buffer_m")
    return shapes.parse(drawn.get("geometry") or {}, radius_m=None if buffer_m is None else float(buffer_m))
