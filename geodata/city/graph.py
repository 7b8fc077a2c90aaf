"""A weighted neighbourhood graph of pieces of land, and how to take parts of it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from geodata.arrays import Floats, Ints

SEA_LINK_COST = 1.0


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes with weight and place, edges (each once) with the cost of cutting them."""

    weight: Floats
    xy: Floats
    i: Ints
    j: Ints
    cost: Floats

    def part(self, nodes: Ints) -> "Graph":
        """The graph of some nodes, renumbered in their order."""
        index = np.full(len(self.weight), -1, np.int64)
        index[nodes] = np.arange(len(nodes))
        keep = (index[self.i] >= 0) & (index[self.j] >= 0)
        return Graph(self.weight[nodes], self.xy[nodes], index[self.i[keep]], index[self.j[keep]], self.cost[keep])

    def pieces(self) -> tuple[int, Ints]:
        """Number of connected pieces and the piece of each node."""
        links = coo_matrix((np.ones(len(self.i)), (self.i, self.j)), (len(self.weight), len(self.weight)))
        count, label = connected_components(links, directed=False)
        return int(count), label.astype(np.int64)

    def bridged(self) -> "Graph":
        """The same with islands tied to the rest by their nearest pair of nodes, so that every part can be asked to hang together."""
        graph = self
        while True:
            count, label = graph.pieces()
            if count <= 1:
                return graph
            smallest = np.bincount(label).argmin()
            island, rest = np.flatnonzero(label == smallest), np.flatnonzero(label != smallest)
            distance, nearest = cKDTree(graph.xy[rest]).query(graph.xy[island])
            best = int(distance.argmin())
            i, j = np.r_[graph.i, island[best]], np.r_[graph.j, rest[nearest[best]]]
            graph = Graph(graph.weight, graph.xy, i, j, np.r_[graph.cost, SEA_LINK_COST])


def allot(weights: npt.ArrayLike, total: int, most: npt.ArrayLike | None = None) -> Ints:
    """Share out `total` whole units by weight, largest remainder first: at least one each, and no more than `most` each.

    The sum is `total` unless that is less than one each, or more than all may take.
    """
    weight = np.maximum(np.asarray(weights, float), 1e-9)
    limit = np.full(len(weight), max(total, 1)) if most is None else np.maximum(1, np.asarray(most, np.int64))
    exact = weight / weight.sum() * total
    share: Ints = np.minimum(limit, np.maximum(1, np.floor(exact))).astype(np.int64)
    while share.sum() < total and (share < limit).any():
        share[np.where(share < limit, exact - share, -np.inf).argmax()] += 1
    while share.sum() > total and (share > 1).any():
        share[np.where(share > 1, share - exact, -np.inf).argmax()] -= 1
    return share
