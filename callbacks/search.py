"""The search box: one text over all classes, numbered on the map."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
from dash import Dash, Input, Output
from dash.development.base_component import Component

from api.identity import current_caller
from callbacks import ids
from callbacks.context import Context
from callbacks.panels.search import arranged, pins, search_list
from callbacks.words import requested
from geodata.db import reading, writing
from geodata.grid import LonLat
from layers.registry import LAYERS
from services import geodesy, search
from services.audit import Act, record
from services.search import Results

HITS = 8


def register(app: Dash, context: Context) -> None:
    """Wire the search box."""

    @app.callback(
        Output(ids.SEARCH_LIST, "children"),
        Output(ids.SEARCH_HITS, "data"),
        Input(ids.SEARCH_TEXT, "data"),
        prevent_initial_call=True,
    )
    def look(asked: dict[str, Any] | None) -> tuple[list[Component], list[dict[str, object]]]:
        text = str((asked or {}).get("text") or "").strip()[: search.MAX_TEXT]
        if not asked or not text:
            return [], []
        near = LonLat(float(asked["lon"]), float(asked["lat"])) if asked.get("lon") is not None else None
        found = _found(context, text, near)
        parts = arranged(found, _distances(found, near))
        return search_list(parts, text, requested(), datetime.now(UTC)), pins(parts)


def _found(context: Context, text: str, near: LonLat | None) -> Results:
    caller = current_caller()
    with reading(context.pool) as conn:
        found = search.search(context.store, conn, caller.reader, LAYERS, text, limit=HITS, near=near)
    if found.looked_up:  # asking for a whole ID or phone number is itself a use of personal data
        with writing(context.pool) as conn:
            record(conn, caller, Act(action="lookup", object="search", detail={"fields": list(found.looked_up)}))
    return found


def _distances(found: Results, near: LonLat | None) -> dict[tuple[str, int], float]:
    hits = [hit for part in found.classes for hit in part.hits]
    if near is None or not hits:
        return {}
    metres = geodesy.distances_m(near.lon, near.lat, np.array([hit.lon for hit in hits]), np.array([hit.lat for hit in hits]))
    return {(hit.layer, hit.id): float(distance) for hit, distance in zip(hits, metres.tolist(), strict=True)}
