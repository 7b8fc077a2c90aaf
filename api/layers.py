"""Rows of any layer as GeoJSON, one row with all that hangs on it, and its personal values for a reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from flask import request
from msgspec import Meta, Raw, Struct

from api import parameters
from api.answers import FeatureCollection, Item, Values, feature, items
from api.context import Context
from api.identity import current_caller, current_reader
from api.routes import Route, body, next_link
from geodata.db import reading
from geodata.errors import NotAllowedError
from geodata.source import Condition
from layers import registry
from layers.base import Layer
from layers.conditions import conditions
from services import details, listing, unmask
from services.audit import attempt
from services.rights import Reader

AFTER = parameters.integer("after", 0, 2**63 - 1, "Continue behind this id; the `next` link does it.")
RELATED = parameters.integer("related", 0, details.MAX_RELATED, "How many rows of each relation at most.", 20)
OPEN = parameters.one_of("open", ("true", "false"), "Only open cases.", "false")


class UnmaskRequest(Struct, forbid_unknown_fields=True):
    """Which personal values of which row, and what they are needed for."""

    layer: str
    id: int
    fields: Annotated[list[str], Meta(min_length=1, max_length=20)]
    reason: Annotated[str, Meta(min_length=unmask.LEAST_REASON, max_length=unmask.MOST_REASON)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmasked:
    """Personal values in the clear; the reading was recorded."""

    layer: str
    id: int
    values: Mapping[str, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class RelationView:
    """Rows of one class that belong to a row, the first of them."""

    layer: str
    total: int
    items: list[Item]


@dataclass(frozen=True, slots=True, kw_only=True)
class DetailedFeature:
    """One row as a GeoJSON feature with its areas, its relations and, of a building, its rooms."""

    id: int
    geometry: Raw
    properties: Values
    layer: str
    areas: list[details.Area]
    relations: Mapping[str, RelationView]
    rooms: list[details.Room] = field(default_factory=list)
    type: Literal["Feature"] = "Feature"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomView:
    """A room with the people and organizations in it."""

    room: details.Room
    building_id: int
    households: int
    people: list[Item]
    organizations: list[Item]


def layer_for(reader: Reader, key: str) -> Layer:
    """Return a layer that the reader may see.

    Raises:
        UnknownLayerError: there is none of this key.
        NotAllowedError: it is not for the reader's role.
    """
    layer = registry.get(key)
    if reader.role not in layer.roles:
        raise NotAllowedError(f"{reader.role} may not see {key}")
    return layer


def filters(layer: Layer, *declared: parameters.Parameter[Any]) -> tuple[Condition, ...]:
    """Read the request's filters; what is neither a declared parameter nor a filter of the layer is refused."""
    own = {parameter.name for parameter in declared}
    return conditions(layer, [(name, text) for name, text in request.args.items(multi=True) if name not in own])


class LayerViews:
    """Views over single layers."""

    def __init__(self, context: Context) -> None:
        self._pool, self._store = context.pool, context.store

    def rows(self, layer: str) -> FeatureCollection:
        """A page of rows."""
        reader = current_reader()
        return self._page(reader, layer_for(reader, layer), LISTING)

    def one(self, layer: str, id: int) -> DetailedFeature:  # noqa: A002 - the name in the path
        """One row with all that hangs on it."""
        reader = current_reader()
        found = layer_for(reader, layer)
        links = {item.name: item.link for item in found.fields if item.link}
        with reading(self._pool) as conn:
            known = details.details(conn, reader, found, id, registry.LAYERS, links=links, limit=RELATED.read(request.args))
        own = feature(known.row)
        relations = {
            name: RelationView(layer=relation.layer, total=relation.total, items=items(relation.layer, relation.rows))
            for name, relation in known.relations.items()
        }
        return DetailedFeature(
            id=own.id,
            geometry=own.geometry,
            properties=own.properties,
            layer=layer,
            areas=list(known.areas),
            relations=relations,
            rooms=list(known.rooms),
        )

    def events(self) -> FeatureCollection:
        """A page of cases."""
        reader = current_reader()
        return self._page(reader, layer_for(reader, self._events_layer()), (*LISTING, OPEN))

    def room(self, id: int) -> RoomView:  # noqa: A002 - the name in the path
        """A room with the people and organizations in it."""
        reader = current_reader()
        with reading(self._pool) as conn:
            known = details.room(conn, reader, id, registry.LAYERS)
        return RoomView(
            room=known.room,
            building_id=known.building_id,
            households=known.households,
            people=items("people", known.people),
            organizations=items("organizations", known.organizations),
        )

    def unmask(self) -> Unmasked:
        """Personal values in the clear, for a reason."""
        wanted, caller = body(UnmaskRequest), current_caller()
        layer = layer_for(caller.reader, wanted.layer)
        with attempt(self._pool, caller, "unmask", f"{layer.key}/{wanted.id}") as conn:
            values = unmask.unmask(conn, caller, layer, wanted.id, wanted.fields, reason=wanted.reason)
        return Unmasked(layer=layer.key, id=wanted.id, values=values)

    def _events_layer(self) -> str:
        return "open_events" if OPEN.read(request.args) == "true" else "events"

    def _page(self, reader: Reader, layer: Layer, declared: Sequence[parameters.Parameter[Any]]) -> FeatureCollection:
        arguments = request.args
        wanted = listing.Wanted(
            conditions=filters(layer, *declared),
            bbox=parameters.BBOX.optional(arguments),
            limit=parameters.LIMIT.read(arguments),
            offset=parameters.OFFSET.read(arguments),
            after=AFTER.optional(arguments),
        )
        with reading(self._pool) as conn:
            page = listing.listing(self._store, conn, reader, layer, wanted)
            matched = listing.count(self._store, conn, reader, layer, wanted) if page.matched is None else page.matched
        found = [feature(row) for row in page.rows]
        links = next_link(after=page.rows[-1].id, offset=None) if page.more and page.rows else []
        return FeatureCollection(features=found, numberReturned=len(found), numberMatched=matched, links=links)

    def routes(self) -> Sequence[Route]:
        """Return what is served, and what OpenAPI says of it."""
        geojson = "application/geo+json"
        return (
            Route(
                method="GET",
                path="/api/v1/layers/{layer}",
                view=self.rows,
                parameters=LISTING,
                filtered=True,
                media_type=geojson,
                answer=FeatureCollection,
                summary="Rows of a layer in the reader's scope, in the order of id",
            ),
            Route(
                method="GET",
                path="/api/v1/layers/{layer}/{id}",
                view=self.one,
                parameters=(RELATED,),
                media_type=geojson,
                answer=DetailedFeature,
                summary="One row with its areas, relations and rooms",
            ),
            Route(
                method="GET",
                path="/api/v1/events",
                view=self.events,
                parameters=(*LISTING, OPEN),
                filtered=True,
                media_type=geojson,
                answer=FeatureCollection,
                summary="Cases, in the order of id",
            ),
            Route(
                method="GET",
                path="/api/v1/rooms/{id}",
                view=self.room,
                answer=RoomView,
                summary="A room with the people and organizations in it",
            ),
            Route(
                method="POST",
                path="/api/v1/unmask",
                view=self.unmask,
                body=UnmaskRequest,
                answer=Unmasked,
                summary="Personal values of one row in the clear, for a reason; the reading is recorded",
            ),
        )


LISTING = (parameters.BBOX, parameters.LIMIT, parameters.OFFSET, AFTER)
