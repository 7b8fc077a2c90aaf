"""Reading an object with all that its panel shows: relations, surroundings, what an area holds."""

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

from callbacks import cases
from callbacks.context import Context
from callbacks.panels.areas import BROKEN_DOWN
from callbacks.panels.detail import AROUND
from callbacks.panels.opened import Said
from callbacks.panels.shown import Shown
from callbacks.viewer import Viewer
from callbacks.words import Words
from geodata.db import Conn, reading
from geodata.errors import InvalidInputError, NotAllowedError, NotFoundError
from layers import registry
from layers.base import Layer
from services import counts, details, facets, select, shapes
from services.features import Row
from services.rights import Reader
from services.shapes import Circle

RELATED = 30
NEAR_ITEMS = 20
OPEN_CASES, ALL_CASES = "open_events", "events"
CASES = frozenset({OPEN_CASES, ALL_CASES})
PREFIX_AREAS = frozenset({"district", "streets", "communities", "base_grids"})
"""Areas whose code begins the code of every row in them."""


def load(context: Context, reader: Reader, pick: dict[str, Any], words: Words, now: datetime) -> Shown:
    """Read an object with all that its panel shows.

    Raises:
        NotAllowedError: the reader's role may not see its class.
        NotFoundError: no such row, or outside the reader's scope.
        UnknownLayerError: there is no such class.
        SourceUnavailableError: the database does not answer.
    """
    layer = registry.get(str(pick["layer"]))
    if layer.key in CASES:
        return load_case(context, Viewer(reader, words, now), int(pick["id"]), layer_key=layer.key)
    with reading(context.pool) as conn:
        return _surrounded(context, conn, _read(conn, Viewer(reader, words, now), layer, pick))


def load_case(context: Context, viewer: Viewer, event_id: int, said: Said | None = None, *, layer_key: str = OPEN_CASES) -> Shown:
    """Read a case: one that was closed meanwhile is among all cases, no longer among the open ones. Same errors as `load`."""
    pick = {"id": event_id}
    with reading(context.pool) as conn:
        try:
            shown = _read(conn, viewer, registry.get(layer_key), pick)
        except NotFoundError:
            shown = _read(conn, viewer, registry.get(ALL_CASES), pick)
        return _surrounded(context, conn, replace(shown, opened=cases.opened(conn, viewer, event_id, said)))


def _read(conn: Conn, viewer: Viewer, layer: Layer, pick: dict[str, Any]) -> Shown:
    reader = viewer.reader
    links = {item.name: item.link for item in layer.fields if item.link and item.name != "grid_code"}
    found = details.details(conn, reader, layer, int(pick["id"]), registry.LAYERS, links=links, limit=RELATED)
    return Shown(
        layer=layer, details=found, words=viewer.words, now=viewer.now, reader=reader, room=_room(conn, reader, layer, found.row, pick)
    )


def _room(conn: Conn, reader: Reader, layer: Layer, row: Row, pick: dict[str, Any]) -> details.RoomDetails | None:
    room_id = pick.get("room") if layer.key == "buildings" else row.fields.get("room_id")
    if not isinstance(room_id, int):
        return None
    try:
        return details.room(conn, reader, room_id, registry.LAYERS)
    except (NotFoundError, NotAllowedError):
        return None


def _surrounded(context: Context, conn: Conn, shown: Shown) -> Shown:
    layer, row, reader = shown.layer, shown.row, shown.reader
    if layer.key in PREFIX_AREAS:
        code = str(row.fields["code"])
        narrowed = replace(reader, scope=code if code.startswith(reader.scope) else reader.scope)
        values = facets.tallies(context.store, narrowed, registry.LAYERS, BROKEN_DOWN)
        return replace(shown, inside=counts.counts(context.store, narrowed, registry.LAYERS), inside_values=values)
    if layer.key == "city_management_grids":
        return _counted(context, conn, shown)
    around = AROUND.get(layer.key)
    if around is None:
        return shown
    classes = [registry.get(key) for key in around.layers]
    circle = Circle(row.lon, row.lat, around.radius_m)
    found = select.select(context.store, conn, reader, classes, circle, limit=NEAR_ITEMS)
    near = {key: part if key != layer.key else _without(part, row) for key in around.layers if (part := found.classes.get(key))}
    shown = replace(shown, near=near, near_m=around.radius_m)
    return replace(shown, residents=_residents(context, conn, shown)) if layer.key == "buildings" else shown


def _without(part: select.ClassSelection, row: Row) -> select.ClassSelection:
    """Leave the object itself out of what lies around it."""
    return replace(part, items=tuple(item for item in part.items if item.row.id != row.id), count=max(part.count - 1, 0))


def _region(row: Row) -> shapes.Shape:
    return shapes.parse(json.loads(row.geometry or "{}"))


def _residents(context: Context, conn: Conn, shown: Shown) -> select.ClassSelection | None:
    try:
        region = _region(shown.row)
    except InvalidInputError:  # an outline that crosses itself: the panel does without the breakdown
        return None
    return select.select(context.store, conn, shown.reader, [registry.get("people")], region, limit=0).classes.get("people")


def _counted(context: Context, conn: Conn, shown: Shown) -> Shown:
    """Count by the outline: the code of a city-management grid begins no other code."""
    found = select.select(context.store, conn, shown.reader, registry.LAYERS, _region(shown.row), limit=0)
    inside = {key: counts.Count(total=part.count, matching=part.count, in_view=part.count) for key, part in found.classes.items()}
    values = {key: found.classes[key].breakdowns.get(name, {}) for key, name in BROKEN_DOWN.items() if key in found.classes}
    return replace(shown, inside=inside, inside_values=values)
