"""One box over all classes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import request

from api import parameters
from api.answers import Values, href
from api.context import Context
from api.identity import current_caller
from api.routes import Route
from geodata.db import reading, writing
from geodata.errors import InvalidInputError
from geodata.grid import LonLat
from layers.registry import LAYERS
from services import search
from services.audit import Act, record

TEXT = parameters.text("q", search.MAX_TEXT, "Any part of a name, code, address or plate; an ID or phone number only whole.", required=True)
HITS = parameters.integer("limit", 1, search.MAX_HITS, "How many hits of each class at most.", 8)
NEAR_LON = parameters.number("lon", -180, 180, "Prefer what is near: longitude.")
NEAR_LAT = parameters.number("lat", -90, 90, "Prefer what is near: latitude.")


@dataclass(frozen=True, slots=True, kw_only=True)
class HitView:
    """One row found. `bbox` is west, south, east, north of an area or line."""

    id: int
    headline: Any
    subline: Sequence[Any]
    lon: float
    lat: float
    bbox: tuple[float, float, float, float] | None
    matched: Mapping[str, tuple[int, int]]
    properties: Values
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundClass:
    """Hits of one class, best first."""

    layer: str
    title: Mapping[str, str]
    hits: list[HitView]
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchAnswer:
    """Classes with hits."""

    q: str
    classes: list[FoundClass]


class SearchView:
    """The search box."""

    def __init__(self, context: Context) -> None:
        self._pool, self._store = context.pool, context.store

    def search(self) -> SearchAnswer:
        """Find a text in every class."""
        caller, text = current_caller(), TEXT.read(request.args)
        with reading(self._pool) as conn:
            found = search.search(self._store, conn, caller.reader, LAYERS, text, limit=HITS.read(request.args), near=_near())
        if found.looked_up:  # asking for a whole ID or phone number is itself a use of personal data
            with writing(self._pool) as conn:
                record(conn, caller, Act(action="lookup", object="search", detail={"fields": list(found.looked_up)}))
        titles = {layer.key: {"zh": layer.title.zh, "en": layer.title.en} for layer in LAYERS}
        classes = [
            FoundClass(layer=part.layer, title=titles[part.layer], hits=[_hit(hit) for hit in part.hits], more=part.more)
            for part in found.classes
        ]
        return SearchAnswer(q=found.text, classes=classes)

    def routes(self) -> Sequence[Route]:
        """Return what is served, and what OpenAPI says of it."""
        return (
            Route(
                method="GET",
                path="/api/v1/search",
                view=self.search,
                parameters=(TEXT, HITS, NEAR_LON, NEAR_LAT),
                answer=SearchAnswer,
                summary="Find any class by name, code, address, plate, or a whole ID or phone number",
            ),
        )


def _near() -> LonLat | None:
    lon, lat = NEAR_LON.optional(request.args), NEAR_LAT.optional(request.args)
    if (lon is None) != (lat is None):
        raise InvalidInputError("lon, lat: give both or none")
    return LonLat(lon, lat) if lon is not None and lat is not None else None


def _hit(hit: search.Hit) -> HitView:
    box = hit.bbox
    return HitView(
        id=hit.id,
        headline=hit.headline,
        subline=hit.subline,
        lon=hit.lon,
        lat=hit.lat,
        bbox=(box.west, box.south, box.east, box.north) if box else None,
        matched=hit.matched,
        properties=hit.fields,
        href=href(hit.layer, hit.id),
    )
