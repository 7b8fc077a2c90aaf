"""Object panels: from what was picked to the panel of its class, and the rooms of a building."""

from datetime import UTC, datetime
from typing import Any

import shapely
from dash import Dash, Input, Output, State, html, no_update
from dash.development.base_component import Component

from api.identity import current_reader
from callbacks import formats, ids, objects
from callbacks.context import Context
from callbacks.panels import room as room_panel
from callbacks.panels import states
from callbacks.panels.detail import detail
from callbacks.panels.pieces import reference
from callbacks.panels.shown import Shown
from callbacks.words import requested
from geodata.db import reading
from geodata.errors import NotAllowedError, NotFoundError, SourceUnavailableError, UnknownLayerError
from layers import registry
from layers.base import Geometry
from services import details

LINKED_ZOOM = 17
BUSY = [(Output(ids.PANEL, "className"), "panel busy", "panel")]


def register(app: Dash, context: Context) -> None:
    """Wire the panels of objects and rooms."""

    @app.callback(
        Output(ids.PANEL_BODY, "children"),
        Output(ids.MAP_COMMAND, "data"),
        Input(ids.PICK, "data"),
        prevent_initial_call=True,
        running=BUSY,
    )
    def show_object(pick: dict[str, Any] | None) -> tuple[object, object]:
        return no_update if not pick else _panel(context, pick)  # type: ignore[return-value] # one no_update stands for both outputs

    @app.callback(
        Output(ids.ROOM_BODY, "children"),
        Input(ids.ROOM, "data"),
        State(ids.PICK, "data"),
        prevent_initial_call=True,
        running=BUSY,
    )
    def show_room(room_id: int | None, pick: dict[str, Any] | None) -> object:
        if not room_id or not pick:
            return no_update
        words, reader = requested(), current_reader()
        with reading(context.pool) as conn:
            found = details.room(conn, reader, int(room_id), registry.LAYERS)
        return room_panel.section_of(found, reader, words, datetime.now(UTC))


def _panel(context: Context, pick: dict[str, Any]) -> tuple[list[Component], object]:
    words, reader, now = requested(), current_reader(), datetime.now(UTC)
    name = reference(str(pick["layer"]), int(pick["id"]))
    try:
        shown = objects.load(context, reader, pick, words, now)
    except (NotFoundError, UnknownLayerError):
        return _keyed(states.gone(words), f"{name}-gone"), no_update
    except NotAllowedError:
        return _keyed(states.forbidden(words), f"{name}-forbidden"), no_update
    except SourceUnavailableError:
        answered_at = context.store.answered_at
        since = formats.instant(answered_at, now, words) if answered_at else formats.NONE
        return _keyed(states.failed(words, since, name), f"{name}-failed"), no_update
    return _keyed(detail(shown), f"{name}-{pick.get('n')}"), _commands(shown, pick)


def _keyed(content: list[Component], key: str) -> list[Component]:
    # a new key makes the browser build the panel anew, so that nothing of the last object's tabs and fields stays
    return [html.Div(content, className="panel-content", key=key)]


def _commands(shown: Shown, pick: dict[str, Any]) -> list[list[object]]:
    """Mark the object on the map; come to it when it was chosen from a list, else only make sure that nothing covers it."""
    row, layer = shown.row, shown.layer
    label = {"title": shown.title, "text": ""} if layer.geometry is not Geometry.POLYGON or layer.key == "buildings" else None
    calls: list[list[object]] = [["select", layer.key, row.id, {"lon": row.lon, "lat": row.lat, "label": label}]]
    if pick.get("from") == "change":
        return [["desk.arrive", layer.key, row.id, calls]]
    if pick.get("from") != "link":
        calls.append(["reveal", row.lon, row.lat])
    elif layer.geometry is Geometry.POLYGON and layer.key != "buildings" and row.geometry:
        west, south, east, north = shapely.from_geojson(row.geometry).bounds
        calls.append(["fit", [west, south, east, north], {"padding": 40}])
    else:
        calls.append(["flyTo", row.lon, row.lat, {"zoom": LINKED_ZOOM}])
    return [["desk.arrive", layer.key, row.id, calls]]
