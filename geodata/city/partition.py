"""Divide a graph of land pieces into contiguous parts of equal load: METIS first, then repair and balance."""

import numpy as np
import numpy.typing as npt
import pymetis

from geodata.arrays import Floats, Ints
from geodata.city.balance import Balancer
from geodata.city.graph import Graph

TRIES = 4
SEED = 1
TOLERANCE_PER_MILLE = 120
"""How far METIS may leave the balance for a cheaper border."""
BAND = 0.22
"""Parts nearer than this to their target are left as they are."""
FEWEST_NODES_A_PART = 3
COST_SCALE = 2.0
"""METIS takes whole numbers: half metres keep cheap borders apart."""


def divide(graph: Graph, shares: npt.ArrayLike) -> Ints:
    """Part of each node, 0 to len(shares) - 1, with loads in proportion to `shares`.

    Each part hangs together, over water by the nearest pair where the graph itself is in pieces. No part is empty as long as there are as
    many nodes as parts. The same graph gives the same parts.
    """
    share = np.asarray(shares, float)
    share = share / share.sum()
    if len(share) == 1:
        return np.zeros(len(graph.weight), np.int64)
    whole = graph.bridged()
    balancer = Balancer(whole, _metis(whole, share), share * whole.weight.sum())
    balancer.fill_empty()
    balancer.gather_strays()
    balancer.balance(BAND)
    return balancer.parts()


def _metis(graph: Graph, share: Floats) -> Ints:
    """The best of a few runs: a cheap cut counts less the further the loads are from their targets.

    METIS fails where a part has one or two nodes, or a few nodes carry nearly all load: there everything stays one part, and the repair
    divides it.
    """
    count = len(graph.weight)
    effective = graph.weight.sum() ** 2 / max((graph.weight**2).sum(), 1e-9)
    if len(share) * FEWEST_NODES_A_PART > count or len(share) > effective:
        return np.zeros(count, np.int64)
    start, end = np.r_[graph.i, graph.j], np.r_[graph.j, graph.i]
    order = np.lexsort((end, start))
    adjacency = pymetis.CSRAdjacency(np.r_[0, np.cumsum(np.bincount(start, minlength=count))].tolist(), end[order].tolist())
    edge_cost = np.maximum(1, np.round(np.tile(graph.cost, 2)[order] * COST_SCALE)).astype(np.int64).tolist()
    node_weight = np.maximum(1, np.round(graph.weight)).astype(np.int64).tolist()
    best, best_score = np.zeros(count, np.int64), np.inf
    for seed in range(SEED, SEED + TRIES):
        options = pymetis.Options(seed=seed, ufactor=TOLERANCE_PER_MILLE, niter=20, ncuts=2, contig=1)
        cut, labels = pymetis.part_graph(
            len(share), adjacency, vweights=node_weight, eweights=edge_cost, tpwgts=share.tolist(), recursive=False, options=options
        )
        part = np.asarray(labels, np.int64)
        load = np.bincount(part, graph.weight, len(share)) / (graph.weight.sum() * share)
        score = cut * (1 + 2 * np.abs(load - 1).max())
        if score < best_score:
            best, best_score = part, score
    return best
