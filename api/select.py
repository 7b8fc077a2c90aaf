"""What lies in a circle, a polygon or along a line, of every class."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import request
from msgspec import Struct

from api import parameters
from api.answers import Item, item
from api.context import Context
from api.identity import current_reader
from api.layers import layer_for
from api.routes import Route, body
from geodata.db import reading
from geodata.errors import InvalidInputError
from geodata.source import Condition
from layers.base import Layer
from layers.conditions import conditions
from layers.registry import LAYERS
from services import select, shapes
from services.rights import Reader
from services.shapes import Circle, Shape

RADIUS = parameters.number("radius_m", 1, shapes.MAX_RADIUS_M, "Radius in metres.", required=True)
ITEMS = parameters.integer("limit", 0, select.MAX_ITEMS, "How many rows of each class at most.", 20)
ONLY = parameters.text("layers", 500, "Only these layers, by key, with commas between.")
GEOMETRIES = frozenset({"Point", "LineString", "Polygon", "MultiPolygon"})


class SelectionBody(Struct):
    """A GeoJSON geometry or feature, or an object with `geometry`; a Point or LineString needs `radius_m`.

    `filters` narrows single layers: {"buildings": {"use_type": "residential"}}.
    """

    type: str | None = None
    coordinates: list[Any] | None = None
    geometry: dict[str, Any] | None = None
    properties: dict[str, Any] | None = None
    radius_m: float | None = None
    limit: int = 20
    layers: list[str] | None = None
    filters: dict[str, dict[str, str]] | None = None

    def shape(self) -> Shape:
        """Return the shape to select by.

        Raises:
            InvalidInputError: there is none, or it cannot be used.
        """
        geometry = {"type": self.type, "coordinates": self.coordinates} if self.type in GEOMETRIES else self.geometry
        if not geometry:
            raise InvalidInputError("geometry: a GeoJSON geometry is needed")
        radius_m = self.radius_m if self.radius_m is not None else (self.properties or {}).get("radius_m")
        return shapes.parse(geometry, radius_m=radius_m)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassView:
    """What was found of one class."""

    count: int
    breakdown: Mapping[str, int]
    breakdowns: Mapping[str, Mapping[str, int]]
    items: list[Item]


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectionView:
    """Every class that the reader may see, by layer key."""

    area_m2: float
    lon: float
    lat: float
    classes: Mapping[str, ClassView]
    rooms: Mapping[str, int]


class SelectViews:
    """Views that select by a shape."""

    def __init__(self, context: Context) -> None:
        self._pool, self._store = context.pool, context.store

    def circle(self) -> SelectionView:
        """Every class in a circle."""
        reader, limit = current_reader(), ITEMS.read(request.args)
        only = ONLY.optional(request.args)
        return self._select(reader, _circle(), _chosen(reader, only.split(",") if only else None), limit, {})

    def shape(self) -> SelectionView:
        """Every class in a shape."""
        wanted, reader = body(SelectionBody), current_reader()
        tests = {key: conditions(layer_for(reader, key), texts.items()) for key, texts in (wanted.filters or {}).items()}
        return self._select(reader, wanted.shape(), _chosen(reader, wanted.layers), wanted.limit, tests)

    def _select(
        self,
        reader: Reader,
        shape: Shape,
        layers: Sequence[Layer],
        limit: int,
        tests: Mapping[str, Sequence[Condition]],
    ) -> SelectionView:
        with reading(self._pool) as conn:
            found = select.select(self._store, conn, reader, layers, shape, limit=limit, conditions=tests)
        classes = {
            key: ClassView(
                count=part.count,
                breakdown=part.breakdown,
                breakdowns=part.breakdowns,
                items=[item(key, near.row, round(near.distance_m, 1)) for near in part.items],
            )
            for key, part in found.classes.items()
        }
        return SelectionView(area_m2=found.area_m2, lon=found.lon, lat=found.lat, classes=classes, rooms=found.rooms)

    def routes(self) -> Sequence[Route]:
        """Return what is served, and what OpenAPI says of it."""
        circle = (parameters.LON, parameters.LAT, RADIUS, ITEMS)
        return (
            Route(
                method="GET",
                path="/api/v1/select",
                view=self.circle,
                parameters=(*circle, ONLY),
                answer=SelectionView,
                summary="Counts, breakdowns and the nearest rows of every class in a circle",
            ),
            Route(
                method="POST",
                path="/api/v1/select",
                view=self.shape,
                body=SelectionBody,
                answer=SelectionView,
                summary="The same in a polygon, or within `radius_m` of a point or line",
            ),
        )


def _circle() -> Circle:
    arguments = request.args
    return Circle(parameters.LON.read(arguments), parameters.LAT.read(arguments), RADIUS.read(arguments))


def _chosen(reader: Reader, keys: Sequence[str] | None) -> Sequence[Layer]:
    return LAYERS if keys is None else [layer_for(reader, key.strip()) for key in keys]
