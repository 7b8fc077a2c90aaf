"""Streets on a lattice: every edge counts 100 m and is driven at 36 km/h, so 10 s by car and 72 s on foot."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
import shapely

from geodata.grid import LonLat
from services.morton import Floats
from services.routing.engine import NetworkState
from services.routing.network import Network, Roads
from services.routing.scipy_engine import ScipyEngine

WEST, SOUTH, STEP = 113.5, 22.1, 0.001
"""A step is about 103 m to the east and 111 m to the north; lengths are declared, not measured."""
NOW = datetime(2026, 11, 23, 1, tzinfo=UTC)
Place = tuple[float, float]


@dataclass(frozen=True)
class Street:
    """One edge between two nodes, in steps east and north of the corner."""

    start: Place
    end: Place
    forward: bool = True
    backward: bool = True
    drive: bool = True
    length_m: float = 100.0
    speed_kmh: float = 36.0
    walk: bool = True

    def one_way(self) -> "Street":
        return replace(self, backward=False)


def lattice(columns: int, rows: int, east: float = 0.0) -> list[Street]:
    """Return all streets of a lattice; `east` moves it."""
    flat = [Street((east + x, y), (east + x + 1, y)) for y in range(rows) for x in range(columns - 1)]
    return flat + [Street((east + x, y), (east + x, y + 1)) for y in range(rows - 1) for x in range(columns)]


def at(x: float, y: float) -> LonLat:
    """Return a position by steps."""
    return LonLat(WEST + x * STEP, SOUTH + y * STEP)


def columns_of(places: Sequence[Place]) -> tuple[Floats, Floats]:
    """Return longitudes and latitudes of positions by steps."""
    found = [at(x, y) for x, y in places]
    return np.array([place.lon for place in found]), np.array([place.lat for place in found])


def network(streets: Sequence[Street]) -> Network:
    """Build the network; edge n has the id n + 1."""
    nodes = {place: number for number, place in enumerate(dict.fromkeys(end for street in streets for end in (street.start, street.end)))}
    ends = [[(at(*street.start).lon, at(*street.start).lat), (at(*street.end).lon, at(*street.end).lat)] for street in streets]
    return Network(
        Roads(
            edge_id=np.arange(1, len(streets) + 1),
            source=np.array([nodes[street.start] for street in streets]),
            target=np.array([nodes[street.end] for street in streets]),
            speed_kmh=np.array([street.speed_kmh for street in streets]),
            length_m=np.array([street.length_m for street in streets]),
            forward=np.array([street.forward for street in streets]),
            backward=np.array([street.backward for street in streets]),
            drive=np.array([street.drive for street in streets]),
            walk=np.array([street.walk for street in streets]),
            lines=shapely.linestrings(ends),
            names=tuple(f"街{number}" for number in range(1, len(streets) + 1)),
        )
    )


def engine(streets: Sequence[Street], closed: Iterable[int] = ()) -> ScipyEngine:
    """Build the engine while some edges are closed."""
    state = NetworkState(engine="scipy", map_at=NOW, closures=len(list(closed)), outdated=False)
    return ScipyEngine(network(streets), state, set(closed))
