"""Ways, reach and closed roads."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Literal

import shapely
from flask import request
from msgspec import Meta, Raw, Struct

from api import parameters
from api.bodies import Instant
from api.context import Context
from api.identity import current_caller, current_reader
from api.layers import layer_for
from api.parameters import Parameter
from api.routes import Route, body
from geodata.db import reading
from geodata.errors import InvalidInputError
from geodata.grid import LonLat
from services import closures, journeys
from services.audit import attempt
from services.closures import Closure
from services.journeys import Journey
from services.routing.engine import Mode, NetworkState, Stretch


def _lonlat(text: str) -> LonLat:
    parts = text.split(",")
    if len(parts) != 2:
        raise InvalidInputError("must be lon,lat")
    return LonLat(float(parts[0]), float(parts[1]))


def _minutes(text: str) -> list[int]:
    return sorted({int(part) for part in text.split(",")})


def _place(name: str, description: str) -> Parameter[LonLat]:
    return Parameter(name, _lonlat, {"type": "string", "pattern": "^[^,]+,[^,]+$"}, description, required=True)


FROM = _place("from", "Where the way begins: lon,lat in degrees of WGS 84.")
TO = _place("to", "Where it ends: lon,lat.")
MODE = parameters.one_of("mode", tuple(Mode), "How: by car, on foot, or on an electric bicycle.", Mode.DRIVE)
MINUTES: Parameter[list[int]] = Parameter(
    "minutes", _minutes, {"type": "string", "pattern": r"^\d+(,\d+)*$", "default": "5,10,15"}, "Minutes, with commas between.", [5, 10, 15]
)
DIRECTION = parameters.one_of("direction", ("out", "in"), "`out`: what can be reached from here; `in`: from where one gets here.", "out")


class ClosureBody(Struct, forbid_unknown_fields=True):
    """What to close: `edge_ids`, the road nearest to `lon`, `lat`, or those along a drawn `line` ([[lon, lat], …]); one of the three."""

    reason: Annotated[str, Meta(min_length=closures.LEAST_REASON, max_length=closures.MOST_REASON)]
    edge_ids: Annotated[list[int], Meta(max_length=closures.MOST_AT_ONCE)] = []
    lon: float | None = None
    lat: float | None = None
    line: Annotated[list[tuple[float, float]], Meta(max_length=closures.MOST_POINTS)] = []
    starts_at: Instant | None = None
    ends_at: Instant | None = None

    def order(self) -> closures.Order:
        """Return what is asked for.

        Raises:
            InvalidInputError: half a position, or none.
        """
        if (self.lon is None) != (self.lat is None):
            raise InvalidInputError("lon and lat: both or none")
        place = LonLat(self.lon, self.lat) if self.lon is not None and self.lat is not None else None
        line = [LonLat(lon, lat) for lon, lat in self.line]
        return closures.Order(
            reason=self.reason, edge_ids=self.edge_ids, place=place, line=line, starts_at=self.starts_at, ends_at=self.ends_at
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A GeoJSON LineString."""

    coordinates: tuple[tuple[float, float], ...]
    type: Literal["LineString"] = "LineString"


@dataclass(frozen=True, slots=True, kw_only=True)
class JourneyView:
    """A way. `geometry` is null when there is no way."""

    reachable: bool
    mode: str
    straight_distance_m: float
    distance_m: float | None
    raw_travel_time_s: float | None
    travel_time_s: float | None
    eta_low_s: float | None
    eta_high_s: float | None
    closed: int
    from_snap_m: float | None
    to_snap_m: float | None
    geometry: Line | None
    roads: list[Stretch]
    network: NetworkState


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachFeature:
    """One area; `properties.minutes` says how far."""

    geometry: Raw
    properties: dict[str, int]
    type: Literal["Feature"] = "Feature"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachView:
    """Areas as GeoJSON, the smallest first."""

    features: list[ReachFeature]
    mode: str
    direction: str
    network: NetworkState | None
    type: Literal["FeatureCollection"] = "FeatureCollection"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosureView:
    """A closed road. Its name and shape are null when a newer map does not have it any more."""

    id: int
    edge_id: int
    reason: str
    starts_at: datetime
    ends_at: datetime | None
    name: str | None
    highway: str | None
    length_m: float | None
    geometry: Raw


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosuresView:
    """Closed roads, the newest first."""

    closures: list[ClosureView]


class RoadViews:
    """Views over the road network."""

    def __init__(self, context: Context) -> None:
        self._pool, self._roads = context.pool, context.roads

    def route(self) -> JourneyView:
        """The quickest way."""
        layer_for(current_reader(), "roads")
        now, start, end = datetime.now(UTC), FROM.read(request.args), TO.read(request.args)
        mode = Mode(MODE.read(request.args))
        with reading(self._pool) as conn:
            return _journey(journeys.journey(conn, self._roads.engine(conn, now), start, end, mode=mode, now=now))

    def reach(self) -> ReachView:
        """What lies within minutes."""
        layer_for(current_reader(), "roads")
        now, place = datetime.now(UTC), LonLat(parameters.LON.read(request.args), parameters.LAT.read(request.args))
        mode, direction, minutes = Mode(MODE.read(request.args)), DIRECTION.read(request.args), MINUTES.read(request.args)
        with reading(self._pool) as conn:
            engine = self._roads.engine(conn, now)
            found = journeys.areas(conn, engine, place, minutes, mode=mode, inwards=direction == "in", now=now)
        features = [ReachFeature(geometry=Raw(shapely.to_geojson(one.area).encode()), properties={"minutes": one.minutes}) for one in found]
        return ReachView(features=features, mode=mode.value, direction=direction, network=engine.state if engine else None)

    def closures(self) -> ClosuresView:
        """Closed roads."""
        reader = current_reader()
        layer_for(reader, "roads")
        with reading(self._pool) as conn:
            return _closures(closures.closures(conn, reader, datetime.now(UTC)))

    def close(self) -> ClosuresView:
        """Close roads."""
        order, caller = body(ClosureBody).order(), current_caller()
        with attempt(self._pool, caller, "road_close", "roads") as conn:
            return _closures(closures.close(conn, caller, order))

    def reopen(self, id: int) -> None:  # noqa: A002 - the name in the path
        """Open a road."""
        caller = current_caller()
        with attempt(self._pool, caller, "road_open", f"closure/{id}") as conn:
            closures.reopen(conn, caller, id)

    def routes(self) -> Sequence[Route]:
        """Return what is served, and what OpenAPI says of it."""
        return (
            Route(
                method="GET",
                path="/api/v1/route",
                view=self.route,
                parameters=(FROM, TO, MODE),
                answer=JourneyView,
                summary="The quickest way between two places, with a range of times; `reachable` is false when there is none",
            ),
            Route(
                method="GET",
                path="/api/v1/reach",
                view=self.reach,
                parameters=(parameters.LON, parameters.LAT, MINUTES, MODE, DIRECTION),
                answer=ReachView,
                media_type="application/geo+json",
                summary="What can be reached from a place, or from where it can be reached, within minutes",
            ),
            Route(method="GET", path="/api/v1/closures", view=self.closures, answer=ClosuresView, summary="Roads closed now or later"),
            Route(
                method="POST",
                path="/api/v1/closures",
                view=self.close,
                body=ClosureBody,
                answer=ClosuresView,
                status=201,
                summary="Close roads; every answer from then on heeds it",
            ),
            Route(method="DELETE", path="/api/v1/closures/{id}", view=self.reopen, summary="Open a closed road now"),
        )


def _journey(found: Journey) -> JourneyView:
    return JourneyView(
        reachable=found.reachable,
        mode=found.mode.value,
        straight_distance_m=found.straight_distance_m,
        distance_m=found.distance_m,
        raw_travel_time_s=found.raw_travel_time_s,
        travel_time_s=found.travel_time_s,
        eta_low_s=found.eta_low_s,
        eta_high_s=found.eta_high_s,
        closed=found.closed,
        from_snap_m=found.from_snap_m,
        to_snap_m=found.to_snap_m,
        geometry=Line(coordinates=found.geometry) if found.reachable else None,
        roads=list(found.roads),
        network=found.network,
    )


def _closures(found: Sequence[Closure]) -> ClosuresView:
    return ClosuresView(
        closures=[
            ClosureView(
                id=one.id,
                edge_id=one.edge_id,
                reason=one.reason,
                starts_at=one.starts_at,
                ends_at=one.ends_at,
                name=one.name,
                highway=one.highway,
                length_m=one.length_m,
                geometry=Raw((one.geometry or "null").encode()),
            )
            for one in found
        ]
    )
