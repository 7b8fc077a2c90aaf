"""Movements that follow streets: everybody steps at once over the road graph and stays round home."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from geodata.city.draws import Rng
from geodata.city.ground import Bools, Floats, Ground, Ints
from geodata.city.sample import Sample
from geodata.city.spots import bearing_deg, point_at
from geodata.city.texts import Rows
from geodata.load import point_hex

EVERY_S = 15
"""Between two reports of one worker or vehicle."""
LONG_STEPS, MIDDLE_STEPS, SHORT_STEPS = 1920, 480, 241
"""Eight hours, two hours, one hour."""
STANDS_STILL = 0.25
CHOICES = 4
"""At a node the best of so many random arms is taken."""
TURN_BACK_M = 400.0
"""Turning back counts like ending so much farther from home."""
TASTE_M = 40.0
NOISE_M = 1.5
NOT_ON_ROUNDS = ("service", "track")
"""Yards and car parks, where nothing drives rounds."""
NOT_ON_FOOT = ("motorway", "motorway_link", "trunk", "trunk_link")


@dataclass(frozen=True, slots=True)
class Gait:
    """How somebody moves: metres a second, metres from home within which every way is as good, by car or on foot."""

    pace_m_s: float
    reach_m: float
    drives: bool


@dataclass(frozen=True, slots=True)
class Walk:
    """Positions of n movers at `steps` moments: (n, steps, 2) metres, the last moment last."""

    xy: npt.NDArray[np.float64]

    def speed_kmh(self) -> Floats:
        """Over the last step, per mover."""
        step = self.xy[:, -1] - self.xy[:, -2]
        return np.asarray(np.hypot(step[:, 0], step[:, 1]) / EVERY_S * 3.6, np.float64)

    def heading_deg(self) -> Floats:
        """Direction of the last step, per mover."""
        return bearing_deg(self.xy[:, -1] - self.xy[:, -2])


@dataclass(frozen=True, slots=True)
class _Network:
    """Arcs 0..E-1 run along their line, E..2E-1 against it; `order[first[node]:first[node + 1]]` are those that leave a node."""

    line: npt.NDArray[np.object_]
    length: Floats
    head: Ints
    first: Ints
    order: Ints
    node_xy: Floats


@dataclass(frozen=True, slots=True)
class _Homes:
    """Where movers belong, and how far off every way is as good."""

    xy: Floats
    reach_m: float

    def of(self, movers: Ints) -> "_Homes":
        return _Homes(self.xy[movers], self.reach_m)


def walk(sample: Sample, name: str, home_xy: Floats, gait: Gait, steps: int) -> Walk:
    """Let one mover per row of `home_xy` go for `steps` moments of EVERY_S seconds."""
    rng = sample.stream(f"walk {name}")
    network = _network(sample.ground, gait)
    movers = len(home_xy)
    arc = np.asarray(shapely.STRtree(network.line).nearest(shapely.points(home_xy)), np.int64)
    stride = np.where(rng.random((movers, steps)) < STANDS_STILL, 0.0, rng.uniform(0.75, 1.1, (movers, steps)))
    gone = np.cumsum(stride * gait.pace_m_s * EVERY_S, axis=1) + (rng.random(movers) * network.length[arc])[:, None]
    arcs, begins = _ways(network, rng, arc, _Homes(home_xy, gait.reach_m), gone[:, -1])
    edges = len(network.line)
    xy = np.empty((movers, steps, 2))
    for mover in range(movers):
        nth = np.searchsorted(begins[mover], gone[mover], side="right") - 1
        way, at = arcs[mover][nth], gone[mover] - begins[mover][nth]
        edge = way % edges
        xy[mover] = point_at(network.line[edge], np.where(way < edges, at, network.length[edge] - at))
    return Walk(xy + rng.normal(0, NOISE_M, xy.shape).clip(-3 * NOISE_M, 3 * NOISE_M))


def track_rows(sample: Sample, walked: Walk, ids: Ints, column: str) -> Rows:
    """Rows of hall.track_point (`column` worker_id) or hall.vehicle_track_point (vehicle_id), by mover, then time.

    The last position of mover k is reported k % 15 seconds before now.
    """
    steps = walked.xy.shape[1]
    lon, lat = sample.ground.to_lonlat.transform(walked.xy[..., 0].ravel(), walked.xy[..., 1].ravel())
    ago = (np.arange(steps - 1, -1, -1) * EVERY_S)[None, :] + (ids % EVERY_S)[:, None]
    return {
        column: np.repeat(ids, steps),
        "reported_at": sample.now - ago.ravel().astype("timedelta64[s]"),
        "geom": point_hex(lon, lat),
    }


def _network(ground: Ground, gait: Gait) -> _Network:
    roads = ground.roads
    usable: Bools = roads.drive & ~np.isin(roads.highway, NOT_ON_ROUNDS) if gait.drives else ~np.isin(roads.highway, NOT_ON_FOOT)
    use = np.flatnonzero(usable & ~roads.tunnel & roads.inside)
    if len(use) == 0:
        use = np.arange(len(roads.id))
    line = roads.line[use]
    length = np.maximum(shapely.length(line), 0.5)
    nodes, code = np.unique(np.concatenate([roads.u[use], roads.v[use]]), return_inverse=True)
    tail, end = code[: len(use)], code[len(use) :]
    node_xy = np.empty((len(nodes), 2))
    node_xy[tail], node_xy[end] = point_at(line, np.zeros(len(use))), point_at(line, length)
    leaves = np.concatenate([tail, end])
    allowed = np.concatenate([roads.forward[use], roads.backward[use]]) if gait.drives else np.ones(2 * len(use), bool)
    arcs = np.flatnonzero(allowed)
    order = arcs[np.argsort(leaves[arcs], kind="stable")]
    first = np.concatenate([[0], np.cumsum(np.bincount(leaves[arcs], minlength=len(nodes)))])
    return _Network(line, length, np.concatenate([end, tail]), first, order, node_xy)


def _next_arc(network: _Network, rng: Rng, arc: Ints, homes: _Homes) -> Ints:
    """The arc taken at the head of each arc; back along the same line where nothing leaves."""
    edges = len(network.line)
    node = network.head[arc]
    degree = network.first[node + 1] - network.first[node]
    best = (arc + edges) % (2 * edges)
    score = np.full(len(arc), np.inf)
    for _ in range(CHOICES):
        choice = np.minimum(network.first[node] + (rng.random(len(arc)) * degree).astype(np.int64), len(network.order) - 1)
        pick = network.order[choice]
        away = network.node_xy[network.head[pick]] - homes.xy
        value = np.maximum(np.hypot(away[:, 0], away[:, 1]) - homes.reach_m, 0)
        value += TURN_BACK_M * (pick % edges == arc % edges) + rng.random(len(arc)) * TASTE_M
        better = (degree > 0) & (value < score)
        best, score = np.where(better, pick, best), np.where(better, value, score)
    return best


def _ways(network: _Network, rng: Rng, arc: Ints, homes: _Homes, distance_m: Floats) -> tuple[list[Ints], list[Floats]]:
    """Per mover the arcs that it takes one after the other, from `arc` until its distance is covered, and where on its way each begins."""
    edges = len(network.line)
    active = np.arange(len(arc))
    arc, begin = arc.copy(), np.zeros(len(arc))
    taken = [(active, arc, begin)]
    while len(active):
        begin = begin + network.length[arc % edges]
        on = begin <= distance_m[active]
        active, begin = active[on], begin[on]
        arc = _next_arc(network, rng, arc[on], homes.of(active))
        taken.append((active, arc, begin))
    mover, way, start = (np.concatenate(column) for column in zip(*taken, strict=True))
    order = np.argsort(mover, kind="stable")
    cuts = np.cumsum(np.bincount(mover, minlength=len(homes.xy)))[:-1]
    return np.split(way[order], cuts), np.split(start[order], cuts)
