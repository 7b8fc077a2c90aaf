"""Dijkstra on a sparse matrix: one search from the place over the reversed graph answers for everybody who could come."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import rasterio.features
import shapely
from numpy.typing import NDArray
from rasterio import Affine
from scipy import ndimage
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from shapely import MultiPolygon
from shapely.geometry import shape

from geodata.grid import LonLat
from services.morton import Floats, Ints
from services.routing.engine import MAX_SNAP_M, MAX_TARGET_SNAP_M, Mode, NetworkState, Reach, Route, Stretch, Travels
from services.routing.network import CLOSED_S, RIDE_KMH, WALK_KMH, Arcs, Bools, Graph, Network, Snapped, joined, substring

NAME = "scipy"
AT_ONCE = 4
"""Searches in one call: other threads of the process wait that long."""
HALF = 0.5 + 1e-6
SMOOTHED = 0.7
"""Stairs of the raster up to this part of a cell are cut off."""


@dataclass(frozen=True, slots=True, eq=False)
class _Accesses:
    """From positions on pieces to the two nodes of each, or back: node, seconds, metres; the last dimension is the end."""

    node: Ints
    seconds: Floats
    length_m: Floats


class ScipyEngine:
    """Searches over a network while some roads are closed. Nothing in it changes, so threads may share it."""

    def __init__(self, network: Network, state: NetworkState, closed: Collection[int] = ()) -> None:
        self._network, self._state, self._closed = network, state, frozenset(closed)
        self._arcs: dict[tuple[Mode, bool], Arcs] = {}

    @property
    def state(self) -> NetworkState:
        """What the answers are made from."""
        return self._state

    def to_one(self, target: LonLat, lons: Floats, lats: Floats, mode: Mode) -> Travels:
        """Return the travels from many sources to one target, by one search."""
        graph, pace = self._network.graph(mode), _pace(mode)
        if not len(graph) or not len(lons):
            return Travels.none(np.full(len(lons), np.nan), np.nan)
        place, sources = self._snap(graph, [target.lon], [target.lat]), self._snap(graph, lons, lats)
        target_snap_m = float(place.distance_m[0])
        if target_snap_m > MAX_TARGET_SNAP_M:
            return Travels.none(sources.distance_m, target_snap_m)
        arcs = self._directed(graph, mode, reverse=True)
        entry, exits = _accesses(graph, arcs.shut, place, leaving=False), _accesses(graph, arcs.shut, sources, leaving=True)
        time_s, before = _search(graph, arcs, entry)
        # who walks is as fast on every street, so that the time tells the length
        metres = (
            _metres(graph, arcs, before, entry)
            if mode is Mode.DRIVE
            else np.where(np.isfinite(time_s), time_s, 0.0) % CLOSED_S * (WALK_KMH / 3.6)
        )
        total_s, total_m = time_s[exits.node] + exits.seconds, metres[exits.node] + exits.length_m
        direct_s, direct_m = _direct(graph, arcs.shut, sources, place.piece, place.share)
        total_s, total_m = np.column_stack([total_s, direct_s]), np.column_stack([total_m, direct_m])
        best = total_s.argmin(axis=1)
        rows = np.arange(len(best))
        found_s, found_m = total_s[rows, best], total_m[rows, best]
        known = np.isfinite(found_s) & (sources.distance_m <= MAX_SNAP_M)
        found_s = np.where(known, found_s, 0.0)
        closed = (found_s // CLOSED_S).astype(np.int64)
        return Travels(
            travel_s=np.where(known, (found_s - closed * CLOSED_S) * pace, np.nan),
            distance_m=np.where(known, found_m, np.nan),
            snap_m=sources.distance_m,
            closed=closed,
            target_snap_m=target_snap_m,
        )

    def matrix(self, lons: Floats, lats: Floats, target_lons: Floats, target_lats: Floats, mode: Mode) -> Floats:
        """Return seconds from every source (rows) to every target (columns)."""
        graph, pace = self._network.graph(mode), _pace(mode)
        if not len(graph) or not len(lons) or not len(target_lons):
            return np.full((len(lons), len(target_lons)), np.nan)
        places, sources = self._snap(graph, target_lons, target_lats), self._snap(graph, lons, lats)
        arcs = self._directed(graph, mode, reverse=True)
        exits, entries = _accesses(graph, arcs.shut, sources, leaving=True), _accesses(graph, arcs.shut, places, leaving=False)
        found = np.full((len(lons), len(target_lons)), np.inf)
        for first in range(0, len(target_lons), AT_ONCE):
            columns = slice(first, first + AT_ONCE)
            part = _Accesses(entries.node[columns], entries.seconds[columns], entries.length_m[columns])
            roots = np.arange(len(part.node)) + graph.nodes
            time_s = dijkstra(_with_roots(graph, arcs, part), indices=roots)
            found[:, columns] = (time_s[:, exits.node] + exits.seconds).min(axis=2).T
            direct_s, _ = _direct(graph, arcs.shut, sources, places.piece[columns], places.share[columns])
            found[:, columns] = np.minimum(found[:, columns], direct_s)
        found[(sources.distance_m > MAX_SNAP_M), :] = np.inf
        found[:, places.distance_m > MAX_TARGET_SNAP_M] = np.inf
        return np.where(found < CLOSED_S, found * pace, np.nan)

    def route(self, start: LonLat, end: LonLat, mode: Mode) -> Route | None:
        """Return the quickest way; None when there is none."""
        graph = self._network.graph(mode)
        if not len(graph):
            return None
        places = self._snap(graph, [start.lon, end.lon], [start.lat, end.lat])
        if (places.distance_m > MAX_TARGET_SNAP_M).any():
            return None
        source, target = (Snapped(places.piece[[i]], places.share[[i]], places.distance_m[[i]]) for i in (0, 1))
        arcs = self._directed(graph, mode, reverse=False)
        exits, entries = _accesses(graph, arcs.shut, source, leaving=True), _accesses(graph, arcs.shut, target, leaving=False)
        time_s, before = _search(graph, arcs, exits)
        direct_s, _ = _direct(graph, arcs.shut, source, target.piece, target.share)
        total_s = np.r_[time_s[entries.node[0]] + entries.seconds[0], direct_s[:, 0]]
        best = int(total_s.argmin())
        if not np.isfinite(total_s[best]):
            return None
        if best == len(total_s) - 1:
            legs = [(int(source.piece[0]), float(source.share[0]), float(target.share[0]))]
        else:
            legs = _legs(graph, arcs, before, source, target, last=best)
        return self._drawn(graph, legs, float(total_s[best]), places.distance_m, mode)

    def reach(self, place: LonLat, minutes: Sequence[float], mode: Mode, *, inwards: bool = False) -> list[Reach]:
        """Return what can be reached from a place, or, `inwards`, from where it can be reached."""
        graph = self._network.graph(mode)
        if not len(graph):
            return [Reach(minutes=count, area=MultiPolygon()) for count in minutes]
        start = self._snap(graph, [place.lon], [place.lat])
        if start.distance_m[0] > MAX_TARGET_SNAP_M:
            return [Reach(minutes=count, area=MultiPolygon()) for count in minutes]
        limit_s = max(minutes) * 60 / _pace(mode)
        arcs = self._directed(graph, mode, reverse=inwards)
        time_s, _ = _search(graph, arcs, _accesses(graph, arcs.shut, start, leaving=not inwards), limit_s=limit_s)
        piece, at_s = _dots(graph, arcs.shut, start, time_s[:-1], inwards=inwards, limit_s=limit_s)
        xy = graph.dots[2][piece]
        return [Reach(minutes=count, area=self._area(xy[at_s <= count * 60 / _pace(mode)], graph.cell_m)) for count in minutes]

    def _snap(self, graph: Graph, lons: Floats | list[float], lats: Floats | list[float]) -> Snapped:
        return graph.snap(self._network.plane.metres(np.column_stack([lons, lats])))

    def _directed(self, graph: Graph, mode: Mode, *, reverse: bool) -> Arcs:
        key = (Mode.DRIVE if mode is Mode.DRIVE else Mode.WALK, reverse)
        arcs = self._arcs.get(key)
        if arcs is None:
            # two threads may both make them, and make the same
            arcs = self._arcs[key] = graph.arcs(self._closed, reverse=reverse)
        return arcs

    def _drawn(self, graph: Graph, legs: list[tuple[int, float, float]], total_s: float, snap_m: Floats, mode: Mode) -> Route:
        closed = int(total_s // CLOSED_S)
        line = joined([substring(graph.lines[piece], first, last) for piece, first, last in legs])
        stretches: list[Stretch] = []
        for piece, first, last in legs:
            name = self._network.roads.names[graph.edge[piece]]
            length_m = abs(last - first) * float(graph.length_m[piece])
            if stretches and stretches[-1].name == name:
                length_m += stretches.pop().distance_m
            stretches.append(Stretch(name=name, distance_m=length_m))
        degrees = np.round(self._network.plane.degrees(line), 7)
        return Route(
            distance_m=sum(part.distance_m for part in stretches),
            travel_s=(total_s - closed * CLOSED_S) * _pace(mode),
            geometry=tuple((float(lon), float(lat)) for lon, lat in degrees),
            roads=tuple(Stretch(name=part.name, distance_m=round(part.distance_m, 1)) for part in stretches),
            closed=closed,
            from_snap_m=float(snap_m[0]),
            to_snap_m=float(snap_m[1]),
        )

    def _area(self, xy: Floats, cell_m: float) -> MultiPolygon:
        """Return the area around dots: cells with a dot and their neighbours, closed up, smoothed."""
        if not len(xy):
            return MultiPolygon()
        cell = np.floor(xy / cell_m).astype(np.int64)
        low = cell.min(axis=0) - 2
        grid = np.zeros(cell.max(axis=0) - low + 3, bool)
        grid[tuple((cell - low).T)] = True
        grid = ndimage.binary_closing(ndimage.binary_dilation(grid))
        return self._polygons(grid, low * cell_m, cell_m)

    def _polygons(self, grid: NDArray[np.bool_], corner: Floats, cell_m: float) -> MultiPolygon:
        drawn = rasterio.features.shapes(grid.T.astype(np.uint8), mask=grid.T, transform=Affine(cell_m, 0, corner[0], 0, cell_m, corner[1]))
        parts = shapely.simplify([shape(outline) for outline, _ in drawn], SMOOTHED * cell_m)
        degrees = self._network.plane.degrees
        area = shapely.transform(MultiPolygon([part for part in parts if not part.is_empty]), lambda xy: np.round(degrees(xy), 6))
        return area if area.is_valid else _whole(shapely.make_valid(area))


def _search(graph: Graph, arcs: Arcs, accesses: _Accesses, *, limit_s: float = np.inf) -> tuple[Floats, Ints]:
    """Return seconds to every node and the node before it; the root is the last node."""
    matrix = _with_roots(graph, arcs, accesses)
    time_s, before = dijkstra(matrix, indices=graph.nodes, return_predecessors=True, limit=limit_s)
    return time_s, before.astype(np.int64)


def _metres(graph: Graph, arcs: Arcs, before: Ints, accesses: _Accesses) -> Floats:
    """Return the length of the way from the root to every node, by jumps of doubling length along the tree."""
    root = graph.nodes
    length_m = np.full(root + 1, np.inf)
    length_m[root] = 0.0
    parent = np.arange(root + 1)
    inner = np.flatnonzero((before >= 0) & (before < root))
    arc = np.searchsorted(arcs.key, before[inner] * graph.nodes + inner)
    length_m[inner], parent[inner] = graph.length_m[arcs.piece[arc]], before[inner]
    for node, seconds, metres in zip(accesses.node[0], accesses.seconds[0], accesses.length_m[0], strict=True):
        if before[node] == root and np.isfinite(seconds):
            length_m[node], parent[node] = min(metres, length_m[node]), root
    while (parent[inner] != root).any():
        length_m[inner] += length_m[parent[inner]]
        parent[inner] = parent[parent[inner]]
    return length_m


def _dots(graph: Graph, shut: Bools, start: Snapped, time_s: Floats, *, inwards: bool, limit_s: float) -> tuple[Ints, Floats]:
    """Return the dots within the limit and their seconds."""
    piece, share, _ = graph.dots
    own = int(start.piece[0])
    near = (time_s[graph.u] < limit_s) | (time_s[graph.v] < limit_s)
    near &= ~shut
    near[own] = True
    chosen = np.flatnonzero(near[piece])
    at, part = piece[chosen], share[chosen]
    from_u, from_v = (graph.backward[at], graph.forward[at]) if inwards else (graph.forward[at], graph.backward[at])
    at_s = np.minimum(
        np.where(from_u, time_s[graph.u[at]] + part * graph.seconds[at], np.inf),
        np.where(from_v, time_s[graph.v[at]] + (1 - part) * graph.seconds[at], np.inf),
    )
    ahead = (part - start.share[0]) * (-1 if inwards else 1)
    allowed = (at == own) & np.where(ahead >= 0, graph.forward[own], graph.backward[own])
    at_s = np.where(allowed, np.minimum(at_s, np.abs(ahead) * graph.seconds[own]), at_s)
    kept = at_s <= limit_s
    return chosen[kept], at_s[kept]


def _legs(graph: Graph, arcs: Arcs, before: Ints, source: Snapped, target: Snapped, *, last: int) -> list[tuple[int, float, float]]:
    """Return pieces in the order of travel, each with the shares between which it is used."""
    root = graph.nodes
    chain = [int((graph.u if last == 0 else graph.v)[target.piece[0]])]
    while before[chain[-1]] != root:
        chain.append(int(before[chain[-1]]))
    nodes = np.array(chain[::-1])
    arc = np.searchsorted(arcs.key, nodes[:-1] * graph.nodes + nodes[1:])
    pieces = [(int(p), 0.0, 1.0) if a else (int(p), 1.0, 0.0) for p, a in zip(arcs.piece[arc], arcs.along[arc], strict=True)]
    own, share = int(source.piece[0]), float(source.share[0])
    ahead_s = (1 - share) * graph.seconds[own] if graph.forward[own] and nodes[0] == graph.v[own] else np.inf
    back_s = share * graph.seconds[own] if graph.backward[own] and nodes[0] == graph.u[own] else np.inf
    first = (own, share, 1.0 if ahead_s <= back_s else 0.0)
    return [first, *pieces, (int(target.piece[0]), 0.0 if last == 0 else 1.0, float(target.share[0]))]


def _whole(area: shapely.Geometry) -> MultiPolygon:
    return MultiPolygon([part for part in shapely.get_parts(shapely.get_parts(area)) if part.geom_type == "Polygon"])


def _pace(mode: Mode) -> float:
    """Seconds that a traveller takes for a second of the graph."""
    return WALK_KMH / RIDE_KMH if mode is Mode.RIDE else 1.0


def _accesses(graph: Graph, shut: Bools, places: Snapped, *, leaving: bool) -> _Accesses:
    """Return the ways from positions to the nodes of their pieces (`leaving`) or from the nodes to them.

    A closed road is open to who begins or ends on it, by its nearer end: more than half of it counts as passing it.
    """
    to_u, to_v = (graph.backward, graph.forward) if leaving else (graph.forward, graph.backward)
    piece, share = places.piece, places.share
    part = np.column_stack([np.where(to_u[piece], share, np.inf), np.where(to_v[piece], 1 - share, np.inf)])
    seconds = part * graph.seconds[piece, None] + CLOSED_S * (shut[piece, None] & (part > HALF))
    return _Accesses(np.column_stack([graph.u[piece], graph.v[piece]]), seconds, part * graph.length_m[piece, None])


def _direct(graph: Graph, shut: Bools, sources: Snapped, piece: Ints, share: Floats) -> tuple[Floats, Floats]:
    """Return seconds and metres from sources to targets along the piece that both are on; infinite otherwise."""
    step = np.where(sources.piece[:, None] == piece[None], share[None] - sources.share[:, None], np.nan)
    allowed = np.where(step >= 0, graph.forward[piece], graph.backward[piece]) & ~np.isnan(step)
    part = np.where(allowed, np.abs(step), np.inf)
    return part * graph.seconds[piece] + CLOSED_S * (shut[piece] & (part > HALF)), part * graph.length_m[piece]


def _with_roots(graph: Graph, arcs: Arcs, accesses: _Accesses) -> csr_array:
    """Return the graph with a further node for each position, from which its two accesses lead."""
    count = len(accesses.node)
    open_ = np.isfinite(accesses.seconds)
    indptr = np.r_[arcs.indptr, len(arcs.indices) + np.cumsum(open_.sum(axis=1))].astype(np.int32)
    indices = np.r_[arcs.indices, accesses.node[open_]].astype(np.int32)
    cost_s = np.r_[arcs.cost_s, np.maximum(accesses.seconds[open_], 1e-9)]
    size = graph.nodes + count
    return csr_array((cost_s, indices, indptr), shape=(size, size))
