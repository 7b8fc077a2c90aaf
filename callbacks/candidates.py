"""Who can be sent: looked for once the panel of a case is there, so that the panel itself need not wait."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from dash import Dash, Input, Output, State, no_update
from dash.development.base_component import Component

from api.identity import current_reader
from callbacks import ids
from callbacks.context import Context
from callbacks.panels.candidates import FIRST, KINDS, MOST, Listed, Path, candidates
from callbacks.panels.pieces import empty
from callbacks.words import Words, requested
from geodata.db import reading
from geodata.errors import NotAllowedError, NotFoundError, SourceUnavailableError
from geodata.grid import LonLat
from layers import registry
from services import candidates as service
from services.candidates import Candidate
from services.routing.engine import Engine, Mode

WORDED = {"worker": ("workers", "role"), "vehicle": ("vehicles", "kind"), "team": ("workers", "role")}
"""Where the words of a role stand: layer and field."""


def register(app: Dash, context: Context) -> None:
    """Wire the list: the first five by the panel itself, more or others on demand."""

    @app.callback(Output(ids.CANDIDATES_BODY, "children"), Input(ids.CASE_SHOWN, "data"))
    def first(asked: Mapping[str, Any] | None) -> object:
        return _list(context, asked) if asked and not asked.get("later") else no_update

    @app.callback(
        Output(ids.CANDIDATES_BODY, "children", allow_duplicate=True),
        Input(ids.CANDIDATES_ASK, "data"),
        State(ids.CASE_SHOWN, "data"),
        prevent_initial_call=True,
    )
    def other(asked: Mapping[str, Any] | None, shown: Mapping[str, Any] | None) -> object:
        if not asked or not shown or asked.get("event") != shown.get("event"):
            return no_update
        return _list(context, {**shown, **asked})


def _list(context: Context, asked: Mapping[str, Any]) -> list[Component]:
    words, reader, now = requested(), current_reader(), datetime.now(UTC)
    kind = str(asked.get("kind") or KINDS[0])
    limit = min(max(int(asked.get("limit") or FIRST), 1), MOST)
    place = LonLat(float(asked["lon"]), float(asked["lat"]))
    try:
        with reading(context.pool) as conn:
            engine = context.roads.engine(conn, now)
            found = service.ranking(conn, reader, int(asked["event"]), kind=kind, limit=max(limit, FIRST), now=now, engine=engine)
    except (NotFoundError, NotAllowedError):
        return [empty(words("candidates.forbidden"))]
    except SourceUnavailableError:
        return [empty(words("candidates.failed"))]
    ways = _ways(engine, found.candidates[:FIRST], place)
    return candidates(Listed(ranking=found, limit=limit, words=words, now=now, roles=_roles(kind, words), ways=ways))


def _ways(engine: Engine | None, found: list[Candidate], place: LonLat) -> dict[int, Path]:
    ways: dict[int, Path] = {}
    for one in found:
        if one.trouble is not None:
            continue
        route = engine.route(LonLat(one.lon, one.lat), place, Mode(one.mode)) if engine else None
        ways[one.rank] = route.geometry if route else ((one.lon, one.lat), (place.lon, place.lat))
    return ways


def _roles(kind: str, words: Words) -> dict[str, str]:
    layer, name = WORDED[kind]
    return {value: words.of(text) for value, text in registry.get(layer).named(name).choices.items()}
