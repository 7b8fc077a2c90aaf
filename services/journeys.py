"""Routes and reach as they are expected now: free-road times corrected by what was learned."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shapely import MultiPolygon

from geodata.db import Conn
from geodata.errors import InvalidInputError, NotFoundError
from geodata.grid import LonLat
from services import eta
from services.geodesy import GEOD
from services.movers import mover_kind
from services.routing.engine import Engine, Mode, NetworkState, Stretch

MOST_AREAS = 6
MOST_MINUTES = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """The way from one place to another. Without a way only the straight distance is known."""

    reachable: bool
    mode: Mode
    straight_distance_m: float
    network: NetworkState
    distance_m: float | None = None
    raw_travel_time_s: float | None = None
    """On free roads."""
    travel_time_s: float | None = None
    """Corrected by what was learned."""
    eta_low_s: float | None = None
    eta_high_s: float | None = None
    closed: int = 0
    """Closed roads that even this way passes."""
    from_snap_m: float | None = None
    to_snap_m: float | None = None
    geometry: tuple[tuple[float, float], ...] = ()
    roads: tuple[Stretch, ...] = ()


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Area:
    """What lies within so many minutes as they are expected now."""

    minutes: int
    area: MultiPolygon


def journey(conn: Conn, engine: Engine | None, start: LonLat, end: LonLat, *, mode: Mode, now: datetime) -> Journey:
    """Find the quickest way, leaving now.

    Raises:
        NotFoundError: there is no road network.
    """
    known = _required(engine)
    straight_m = round(float(GEOD.inv(start.lon, start.lat, end.lon, end.lat)[2]), 1)
    route = known.route(start, end, mode)
    if route is None:
        return Journey(reachable=False, mode=mode, straight_distance_m=straight_m, network=known.state)
    expected = eta.load(conn).eta(mover_kind(mode), route.travel_s, now)
    return Journey(
        reachable=True,
        mode=mode,
        straight_distance_m=straight_m,
        network=known.state,
        distance_m=round(route.distance_m, 1),
        raw_travel_time_s=round(route.travel_s, 1),
        travel_time_s=round(expected.travel_s, 1),
        eta_low_s=round(expected.low_s, 1),
        eta_high_s=round(expected.high_s, 1),
        closed=route.closed,
        from_snap_m=round(route.from_snap_m, 1),
        to_snap_m=round(route.to_snap_m, 1),
        geometry=route.geometry,
        roads=route.roads,
    )


def areas(
    conn: Conn, engine: Engine | None, place: LonLat, minutes: Sequence[int], *, mode: Mode, inwards: bool, now: datetime
) -> list[Area]:
    """Return what can be reached from a place, or, `inwards`, from where it can be reached, within each number of minutes.

    Raises:
        NotFoundError: there is no road network.
        InvalidInputError: not one to six numbers of 1 to 60 minutes.
    """
    if not 1 <= len(minutes) <= MOST_AREAS or not all(1 <= count <= MOST_MINUTES for count in minutes):
        raise InvalidInputError(f"minutes: one to {MOST_AREAS} numbers of 1 to {MOST_MINUTES}")
    known = _required(engine)
    factor = eta.load(conn).factor(mover_kind(mode), now).factor
    reached = known.reach(place, [count / factor for count in minutes], mode, inwards=inwards)
    return [Area(minutes=count, area=reach.area) for count, reach in zip(minutes, reached, strict=True)]


def _required(engine: Engine | None) -> Engine:
    if engine is None:
        raise NotFoundError("there is no road network")
    return engine
