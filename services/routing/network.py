"""The roads as a graph: one for cars, one for walkers. Positions are taken to the nearest road in metres."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from services.geodesy import metres_per_degree
from services.morton import Floats, Ints
from services.routing.engine import MAX_SNAP_M, Mode

Bools = NDArray[np.bool_]
Lines = NDArray[np.object_]

WALK_KMH = 5.0
RIDE_KMH = 15.0
LEAST_S = 0.01
SOUND_SHARE = 0.01
"""A part of the network in which everything reaches everything counts as an island below this share of the streets' length."""
NOT_ON_FOOT = frozenset({"motorway", "motorway_link", "trunk", "trunk_link"})
DRIVE_CELL_M, WALK_CELL_M = 50.0, 25.0
"""Cells in which reach is drawn: walkers are slower, and their ways are nearer to each other."""
CLOSED_S = 100_000.0
"""Added for each closed road on a way, so that such a way is taken only where there is no other, and is recognised."""


class Plane:
    """Metres east and north of the middle of a network: within a per mille over a city."""

    def __init__(self, lon: float, lat: float) -> None:
        self._middle = np.array([lon, lat])
        self._scale = np.array([float(metres) for metres in metres_per_degree(lat)])

    def metres(self, lonlat: Floats) -> Floats:
        """Return metres of degrees, pairs in the last dimension."""
        flat: Floats = (lonlat - self._middle) * self._scale
        return flat

    def degrees(self, metres: Floats) -> Floats:
        """Return degrees of metres."""
        lonlat: Floats = metres / self._scale + self._middle
        return lonlat


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Roads:
    """Edges as the database has them, one entry an edge."""

    edge_id: Ints
    source: Ints
    target: Ints
    speed_kmh: Floats
    length_m: Floats
    forward: Bools
    backward: Bools
    drive: Bools
    walk: Bools
    lines: Lines
    """In degrees, from source to target."""
    names: tuple[str | None, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Snapped:
    """Positions on the network."""

    piece: Ints
    share: Floats
    """How far along the piece, 0 to 1."""
    distance_m: Floats


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Arcs:
    """Directed arcs in the order of start and end: the quickest of each pair of nodes."""

    indptr: Ints
    indices: Ints
    cost_s: Floats
    piece: Ints
    along: Bools
    """Whether the arc runs as its piece is drawn."""
    key: Ints
    """start * nodes + end, rising."""
    shut: Bools
    """Of each piece: whether it is closed."""


class Network:
    """All roads that are read, and the graphs over them."""

    def __init__(self, roads: Roads) -> None:
        self.roads = roads
        bounds = shapely.total_bounds(roads.lines)
        self.plane = Plane((bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2)
        flat: Lines = shapely.transform(roads.lines, self.plane.metres)
        self.drive = Graph(roads, flat, np.flatnonzero(roads.drive & (roads.forward | roads.backward)), Mode.DRIVE)
        self.walk = Graph(roads, flat, np.flatnonzero(roads.walk), Mode.WALK)

    @cached_property
    def edge_ids(self) -> frozenset[int]:
        """Return the ids of all edges."""
        return frozenset(self.roads.edge_id.tolist())

    def graph(self, mode: Mode) -> "Graph":
        """Return the graph that serves a mode."""
        return self.drive if mode is Mode.DRIVE else self.walk


class Graph:
    """The pieces of road that one kind of traveller may use. Nodes are numbered from 0."""

    def __init__(self, roads: Roads, flat: Lines, kept: Ints, mode: Mode) -> None:
        self.edge = kept
        self.cell_m = DRIVE_CELL_M if mode is Mode.DRIVE else WALK_CELL_M
        self.edge_id = roads.edge_id[kept]
        nodes, ends = np.unique(np.r_[roads.source[kept], roads.target[kept]], return_inverse=True)
        self.nodes = len(nodes)
        self.u, self.v = ends[: len(kept)].astype(np.int64), ends[len(kept) :].astype(np.int64)
        self.length_m = roads.length_m[kept]
        on_foot = mode is not Mode.DRIVE
        speed_kmh = np.full(len(kept), WALK_KMH) if on_foot else np.maximum(roads.speed_kmh[kept], 1.0)
        self.seconds = np.maximum(self.length_m / speed_kmh * 3.6, LEAST_S)
        self.forward = np.ones(len(kept), bool) if on_foot else roads.forward[kept]
        self.backward = np.ones(len(kept), bool) if on_foot else roads.backward[kept]
        self.lines: Lines = flat[kept]
        self._sound = self._sound_pieces()

    def __len__(self) -> int:
        return len(self.edge)

    def snap(self, xy: Floats) -> Snapped:
        """Take positions (metres on the plane) to the nearest piece. An island is taken only where nothing larger is near enough."""
        points: Lines = np.asarray(shapely.points(xy), object)
        piece = self._sound[self._sound_tree.nearest(points)]
        distance_m = shapely.distance(self.lines[piece], points)
        far = np.flatnonzero(distance_m > MAX_SNAP_M)
        if len(far) and len(self._sound) < len(self):
            other = self._tree.nearest(points[far])
            other_m = shapely.distance(self.lines[other], points[far])
            nearer = other_m <= MAX_SNAP_M
            piece[far[nearer]], distance_m[far[nearer]] = other[nearer], other_m[nearer]
        share = shapely.line_locate_point(self.lines[piece], points, normalized=True)
        return Snapped(piece, np.nan_to_num(share), distance_m)

    def arcs(self, closed: Collection[int], *, reverse: bool = False) -> Arcs:
        """Return the arcs while the edges of these ids are closed; `reverse` turns each round."""
        shut = np.isin(self.edge_id, np.fromiter(closed, np.int64, len(closed)))
        seconds = self.seconds + CLOSED_S * shut
        ahead, back = np.flatnonzero(self.forward), np.flatnonzero(self.backward)
        start, end = np.r_[self.u[ahead], self.v[back]], np.r_[self.v[ahead], self.u[back]]
        if reverse:
            start, end = end, start
        piece, along = np.r_[ahead, back], np.r_[np.ones(len(ahead), bool), np.zeros(len(back), bool)]
        key, cost_s = start * self.nodes + end, seconds[piece]
        order = np.lexsort((cost_s, key))
        order = order[np.r_[True, np.diff(key[order]) > 0]] if len(order) else order
        indptr = np.searchsorted(start[order], np.arange(self.nodes + 1))
        return Arcs(
            indptr=indptr, indices=end[order], cost_s=cost_s[order], piece=piece[order], along=along[order], key=key[order], shut=shut
        )

    @cached_property
    def dots(self) -> tuple[Ints, Floats, Floats]:
        """Every piece as dots some metres apart: piece, share, position on the plane."""
        count = np.maximum(2, np.ceil(self.length_m / (self.cell_m / 2)).astype(np.int64) + 1)
        piece = np.repeat(np.arange(len(self)), count)
        first = np.repeat(np.cumsum(count) - count, count)
        share = (np.arange(len(piece)) - first) / np.repeat(count - 1, count)
        return piece, share, shapely.get_coordinates(shapely.line_interpolate_point(self.lines[piece], share, normalized=True))

    @cached_property
    def _tree(self) -> shapely.STRtree:
        return shapely.STRtree(self.lines)

    @cached_property
    def _sound_tree(self) -> shapely.STRtree:
        return shapely.STRtree(self.lines[self._sound])

    def _sound_pieces(self) -> Ints:
        """Return the pieces of all parts that are large enough, in each of which everything reaches everything."""
        if not len(self):
            return np.zeros(0, np.int64)
        arcs = self.arcs(())
        graph = csr_array((arcs.cost_s, arcs.indices, arcs.indptr), shape=(self.nodes, self.nodes))
        _, label = connected_components(graph, directed=True, connection="strong")
        inner = np.flatnonzero(label[self.u] == label[self.v])
        length_m = np.bincount(label[self.u[inner]], self.length_m[inner], minlength=1)
        large = inner[length_m[label[self.u[inner]]] >= SOUND_SHARE * self.length_m.sum()]
        return large if len(large) else np.arange(len(self))


def substring(line: shapely.LineString, first: float, last: float) -> Floats:
    """Return the vertices of a part of a line, by shares; turned round when `last` is before `first`."""
    low, high = min(first, last), max(first, last)
    ends = shapely.get_coordinates(shapely.line_interpolate_point(line, [low, high], normalized=True))
    vertices = shapely.get_coordinates(line)
    steps = np.hypot(*np.diff(vertices, axis=0).T)
    at = np.r_[0.0, np.cumsum(steps)] / max(float(steps.sum()), 1e-9)
    part = np.vstack([ends[:1], vertices[(at > low) & (at < high)], ends[1:]])
    return part if first <= last else part[::-1]


def joined(parts: Sequence[Floats]) -> Floats:
    """Join lines end to end, without doubled vertices."""
    whole = np.vstack(parts)
    moved = np.r_[True, np.abs(np.diff(whole, axis=0)).max(axis=1) > 1e-6]
    return whole[moved] if moved.sum() > 1 else whole[:2]
