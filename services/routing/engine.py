"""What can be asked of the roads, whichever program answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

import numpy as np
from shapely import MultiPolygon

from geodata.grid import LonLat
from services.morton import Floats, Ints

MAX_SNAP_M = 200.0
"""A mover farther from any road than this gets no travel time."""
MAX_TARGET_SNAP_M = 1_000.0
"""A place farther from any road than this is reached by none; the time given leads to the road beside it."""


class Mode(StrEnum):
    """How somebody travels."""

    DRIVE = "drive"
    """On roads open to cars, at their speed, heeding one-ways."""
    WALK = "walk"
    """On everything but motorways and trunk roads, at 5 km/h, in both directions."""
    RIDE = "ride"
    """As a walker, at 15 km/h: an electric bicycle that is pushed up the steps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkState:
    """From what an answer was made."""

    engine: str
    map_at: datetime
    """When the roads last changed."""
    closures: int
    """Roads closed now that the network knows of."""
    outdated: bool
    """True while newer roads are being read, or when a closure names a road that this map does not have."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Travels:
    """From each source to one target; all have one entry a source."""

    travel_s: Floats
    """NaN where there is no way, or the source is too far from any road."""
    distance_m: Floats
    """By road; NaN likewise."""
    snap_m: Floats
    """From the source to the road where it is taken to be."""
    closed: Ints
    """Closed roads that even the best way passes."""
    target_snap_m: float

    @staticmethod
    def none(snap_m: Floats, target_snap_m: float) -> "Travels":
        """Say that nobody gets there."""
        nowhere = np.full(len(snap_m), np.nan)
        return Travels(
            travel_s=nowhere, distance_m=nowhere.copy(), snap_m=snap_m, closed=np.zeros(len(snap_m), np.int64), target_snap_m=target_snap_m
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A part of a route on one road."""

    name: str | None
    distance_m: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """The quickest way between two places."""

    distance_m: float
    travel_s: float
    geometry: tuple[tuple[float, float], ...]
    """Longitude and latitude, from the road beside the start to the road beside the end."""
    roads: tuple[Stretch, ...]
    closed: int
    """Closed roads that even this way passes."""
    from_snap_m: float
    to_snap_m: float


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Reach:
    """All that can be reached within so many minutes."""

    minutes: float
    area: MultiPolygon
    """In degrees; empty when the place is off the roads."""


class Engine(Protocol):
    """Answers about one state of the roads. Times are those of free roads: `services.eta` knows what they become."""

    @property
    def state(self) -> NetworkState:
        """What the answers are made from."""
        ...

    def to_one(self, target: LonLat, lons: Floats, lats: Floats, mode: Mode) -> Travels:
        """Return the travels from many sources to one target."""
        ...

    def matrix(self, lons: Floats, lats: Floats, target_lons: Floats, target_lats: Floats, mode: Mode) -> Floats:
        """Return seconds from every source (rows) to every target (columns); NaN where there is no way that all may pass."""
        ...

    def route(self, start: LonLat, end: LonLat, mode: Mode) -> Route | None:
        """Return the quickest way; None when there is none."""
        ...

    def reach(self, place: LonLat, minutes: Sequence[float], mode: Mode, *, inwards: bool = False) -> list[Reach]:
        """Return what can be reached from a place, or, `inwards`, from where it can be reached; one area for each number of minutes."""
        ...
