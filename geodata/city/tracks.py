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


def walk(sample: Sample, name: str, home_xy: Floats, gait: Gait, steps: int) -> Walk:
    """Let one mover per row of `home_xy` go for `steps` moments of EVERY_S seconds."""
    rng = sample.stream(f"walk {name}")
    network = _network(sample.ground, gait)
    edges, movers = len(network.line), len(home_xy)
    arc = np.asarray(shapely.STRtree(network.line).nearest(shapely.points(home_xy)), np.int64)
    at = rng.random(movers) * network.length[arc]
    arcs, ats = np.empty((movers, steps), np.int32), np.empty((movers, steps), np.float32)
    for step in range(steps):
        at += gait.pace_m_s * EVERY_S * np.where(rng.random(movers) < STANDS_STILL, 0.0, rng.uniform(0.75, 1.1, movers))
        over = np.flatnonzero(at >= network.length[arc % edges])
        while len(over):
            at[over] -= network.length[arc[over] % edges]
            arc[over] = _next_arc(network, rng, arc[over], home_xy[over], gait.reach_m)
            over = over[at[over] >= network.length[arc[over] % edges]]
        arcs[:, step], ats[:, step] = arc, at
    edge = arcs.ravel() % edges
    distance = np.where(arcs.ravel() < edges, ats.ravel(), network.length[edge] - ats.ravel())
    xy = point_at(network.line[edge], distance) + rng.normal(0, NOISE_M, (len(edge), 2)).clip(-3 * NOISE_M, 3 * NOISE_M)
    return Walk(xy.reshape(movers, steps, 2))


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


def _next_arc(network: _Network, rng: Rng, arc: Ints, home_xy: Floats, reach_m: float) -> Ints:
    """The arc taken at the head of each arc; back along the same line where nothing leaves."""
    edges = len(network.line)
    node = network.head[arc]
    degree = network.first[node + 1] - network.first[node]
    best = (arc + edges) % (2 * edges)
    score = np.full(len(arc), np.inf)
    for _ in range(CHOICES):
        choice = np.minimum(network.first[node] + (rng.random(len(arc)) * degree).astype(np.int64), len(network.order) - 1)
        pick = network.order[choice]
        away = network.node_xy[network.head[pick]] - home_xy
        value = np.maximum(np.hypot(away[:, 0], away[:, 1]) - reach_m, 0)
        value += TURN_BACK_M * (pick % edges == arc % edges) + rng.random(len(arc)) * TASTE_M
        better = (degree > 0) & (value < score)
        best, score = np.where(better, pick, best), np.where(better, value, score)
    return best
