"""Who can be sent: workers and vehicles that are not off duty, where they are, and how they travel."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import LiteralString

import numpy as np
from psycopg.rows import dict_row

from geodata.db import Conn
from geodata.grid import LonLat
from geodata.source import Mask
from services.geodesy import exact_m
from services.morton import Floats, Ints
from services.rights import Reader, masked
from services.routing.engine import MAX_SNAP_M, MAX_TARGET_SNAP_M, Engine, Mode
from services.skills import E_BIKE

MOST = 5_000
MAX_AGE_S = 30 * 60
"""An older position says nothing about where somebody is."""
MAX_FAR_M = 70_000.0
FARTHEST_M = 20_004_000.0

WORKERS = """
    SELECT worker.id, 'worker' AS kind, worker.worker_no AS number, worker.name AS title, worker.role, worker.team, worker.skills, worker.status,
           worker.load, worker.grid_code, position.reported_at, ST_X(position.geom) AS lon, ST_Y(position.geom) AS lat
    FROM hall.worker JOIN hall.worker_position AS position ON position.worker_id = worker.id
    WHERE worker.status <> 'off_duty' AND (NOT %(free)s OR worker.status = 'free') AND starts_with(worker.grid_code, %(scope)s)
    ORDER BY position.geom <-> ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326), worker.id
    LIMIT %(limit)s
"""
VEHICLES = """
    SELECT vehicle.id, 'vehicle' AS kind, vehicle.plate AS number, vehicle.plate AS title, vehicle.kind AS role, vehicle.team,
           array_remove(ARRAY[vehicle.sub_kind], NULL) AS skills, vehicle.status,
           (SELECT count(*) FROM hall.task WHERE task.vehicle_id = vehicle.id AND task.finished_at IS NULL)::integer AS load,
           vehicle.grid_code, vehicle.reported_at, ST_X(vehicle.geom) AS lon, ST_Y(vehicle.geom) AS lat
    FROM hall.vehicle
    WHERE vehicle.status <> 'off_duty' AND (NOT %(free)s OR vehicle.status = 'free') AND starts_with(vehicle.grid_code, %(scope)s)
    ORDER BY vehicle.geom <-> ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326), vehicle.id
    LIMIT %(limit)s
"""


class MoverKind(StrEnum):
    """What is sent."""

    WORKER = "worker"
    VEHICLE = "vehicle"


QUERIES: Mapping[MoverKind, LiteralString] = MappingProxyType({MoverKind.WORKER: WORKERS, MoverKind.VEHICLE: VEHICLES})


@dataclass(frozen=True, slots=True, kw_only=True)
class Mover:
    """A worker or a vehicle as it last reported. `title` is masked."""

    id: int
    kind: str
    number: str
    title: str
    role: str
    team: str | None
    skills: list[str]
    status: str
    load: int
    grid_code: str
    reported_at: datetime
    lon: float
    lat: float

    @property
    def mode(self) -> Mode:
        """Vehicles drive; workers walk, or ride when they have an electric bicycle."""
        if self.kind == MoverKind.VEHICLE:
            return Mode.DRIVE
        return Mode.RIDE if E_BIKE in self.skills else Mode.WALK


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Approach:
    """How movers get to one place: one entry a mover. NaN where nothing is known."""

    straight_m: Floats
    road_m: Floats
    travel_s: Floats
    """On free roads."""
    snap_m: Floats
    closed: Ints
    trouble: tuple[str | None, ...]
    """Why somebody cannot be counted on: stale | far | off_road | unreachable."""
    place_off_road: bool = False


def mover_kind(mode: Mode) -> MoverKind:
    """Return who travels so."""
    return MoverKind.VEHICLE if mode is Mode.DRIVE else MoverKind.WORKER


def movers(conn: Conn, reader: Reader, kind: MoverKind, place: LonLat, *, free: bool = False) -> list[Mover]:
    """Return those of the reader's scope who are on duty, at most the 5,000 nearest; `free` leaves out whoever has something to do."""
    values = {"scope": reader.scope, "free": free, "lon": place.lon, "lat": place.lat, "limit": MOST}
    with conn.cursor(row_factory=dict_row) as cursor:
        records = cursor.execute(QUERIES[kind], values).fetchall()
    if kind is MoverKind.WORKER:
        for record in records:
            record["title"] = masked(record["title"], Mask.NAME)
    return [Mover(**record) for record in records]


def approach(engine: Engine | None, found: Sequence[Mover], place: LonLat, now: datetime) -> Approach:
    """Return how each gets to a place. One whose position cannot be relied on has no travel time and disturbs nobody else."""
    lons, lats = positions(found)
    # what lies on no globe is as far away as can be
    straight_m = np.nan_to_num(exact_m(place.lon, place.lat, lons, lats), nan=FARTHEST_M)
    count = len(found)
    road_m, travel_s, snap_m, closed = np.full(count, np.nan), np.full(count, np.nan), np.full(count, np.nan), np.zeros(count, np.int64)
    trouble = [_trouble(mover, float(metres), now) for mover, metres in zip(found, straight_m, strict=True)]
    place_off_road = False
    modes = [mover.mode if reason is None else None for mover, reason in zip(found, trouble, strict=True)]
    for mode in Mode if engine else ():
        rows = np.array([row for row, own in enumerate(modes) if own is mode], np.int64)
        if engine and len(rows):
            travels = engine.to_one(place, lons[rows], lats[rows], mode)
            road_m[rows], travel_s[rows], snap_m[rows], closed[rows] = travels.distance_m, travels.travel_s, travels.snap_m, travels.closed
            place_off_road = place_off_road or travels.target_snap_m > MAX_TARGET_SNAP_M
    for i in np.flatnonzero(np.isnan(travel_s)) if engine else ():
        trouble[i] = trouble[i] or ("off_road" if snap_m[i] > MAX_SNAP_M else "unreachable")
    return Approach(
        straight_m=straight_m,
        road_m=road_m,
        travel_s=travel_s,
        snap_m=snap_m,
        closed=closed,
        trouble=tuple(trouble),
        place_off_road=place_off_road,
    )


def positions(found: Sequence[Mover]) -> tuple[Floats, Floats]:
    """Return longitudes and latitudes."""
    return np.array([mover.lon for mover in found], np.float64), np.array([mover.lat for mover in found], np.float64)


def _trouble(mover: Mover, straight_m: float, now: datetime) -> str | None:
    # a clock that runs ahead is as little to be relied on as one that stands
    if abs((now - mover.reported_at).total_seconds()) > MAX_AGE_S:
        return "stale"
    return "far" if straight_m > MAX_FAR_M else None
