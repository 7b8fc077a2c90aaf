"""周边: what is around a place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import shapely
from flask import request
from msgspec import Raw

from api import parameters
from api.answers import Values, href
from api.context import Context
from api.identity import current_reader
from api.roads import MODE
from api.routes import Route
from geodata.db import reading
from geodata.grid import LonLat
from layers.registry import LAYERS
from services import nearby
from services.routing.engine import Mode, NetworkState
from services.shapes import Region

RADIUS = parameters.number("radius_m", 10, nearby.MAX_RADIUS_M, "Radius in metres; this or `minutes`.")
MINUTES = parameters.integer("minutes", 1, nearby.MAX_MINUTES, "Minutes of travel to the place; this or `radius_m`.")
LIMIT = parameters.integer("limit", 0, nearby.MAX_ITEMS, "How many rows of each class at most.", 20)
CLASSES = parameters.text("classes", 300, f"Only these, with commas between: {', '.join(known.key for known in nearby.CLASSES)}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class NearItem:
    """A row: what it is, where all of it is told, how far it is, and when it could be here."""

    layer: str
    id: int
    lon: float
    lat: float
    properties: Values
    href: str
    distance_m: float
    road_distance_m: float | None
    travel_time_s: float | None
    sees: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NearGroup:
    """Rows of one class."""

    key: str
    layer: str
    count: int
    breakdown: Mapping[str, int]
    items: list[NearItem]


@dataclass(frozen=True, slots=True, kw_only=True)
class AffectedView:
    """People in the affected buildings: numbers only."""

    buildings: int
    people: int
    by_building: bool
    categories: dict[str, dict[str, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class NearbyView:
    """Everything around a place that the reader may see. `area` is the GeoJSON of a reach; null for a circle."""

    lon: float
    lat: float
    area_m2: float
    area: Raw
    groups: list[NearGroup]
    affected: AffectedView | None
    network: NetworkState | None


class NearbyViews:
    """The view around a place."""

    def __init__(self, context: Context) -> None:
        self._pool, self._store, self._roads = context.pool, context.store, context.roads

    def nearby(self) -> NearbyView:
        """What is around."""
        reader, arguments, now = current_reader(), request.args, datetime.now(UTC)
        classes = CLASSES.optional(arguments)
        wanted = nearby.Wanted(
            place=LonLat(parameters.LON.read(arguments), parameters.LAT.read(arguments)),
            radius_m=RADIUS.optional(arguments),
            minutes=MINUTES.optional(arguments),
            mode=Mode(MODE.read(arguments)),
            limit=LIMIT.read(arguments),
            classes=tuple(classes.split(",")) if classes else (),
        )
        with reading(self._pool) as conn:
            found = nearby.nearby(self._store, conn, reader, LAYERS, wanted, now=now, engine=self._roads.engine(conn, now))
        area = shapely.to_geojson(found.shape.polygon) if isinstance(found.shape, Region) else "null"
        return NearbyView(
            lon=found.lon,
            lat=found.lat,
            area_m2=found.area_m2,
            area=Raw(area.encode()),
            groups=[_group(group) for group in found.groups],
            affected=_affected(found.affected) if found.affected else None,
            network=found.network,
        )

    def routes(self) -> Sequence[Route]:
        """Return what is served, and what OpenAPI says of it."""
        return (
            Route(
                method="GET",
                path="/api/v1/nearby",
                view=self.nearby,
                parameters=(parameters.LON, parameters.LAT, RADIUS, MINUTES, MODE, LIMIT, CLASSES),
                answer=NearbyView,
                summary="Who and what is around a place, by distance or travel time, and how many people live in the affected buildings",
            ),
        )


def _group(group: nearby.Group) -> NearGroup:
    items = [
        NearItem(
            layer=group.layer,
            id=item.row.id,
            lon=item.row.lon,
            lat=item.row.lat,
            properties=item.row.fields,
            href=href(group.layer, item.row.id),
            distance_m=item.distance_m,
            road_distance_m=item.road_distance_m,
            travel_time_s=item.travel_time_s,
            sees=item.sees,
        )
        for item in group.items
    ]
    return NearGroup(key=group.key, layer=group.layer, count=group.count, breakdown=group.breakdown, items=items)


def _affected(found: nearby.Affected) -> AffectedView:
    categories = {name: dict(counts) for name, counts in found.categories.items()}
    return AffectedView(buildings=found.buildings, people=found.people, by_building=found.by_building, categories=categories)
