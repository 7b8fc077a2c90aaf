"""Dividing a graph into contiguous parts of equal load."""

import numpy as np
import pytest

from geodata.city.balance import Balancer
from geodata.city.graph import Graph, allot
from geodata.city.partition import divide


def lattice(columns: int, rows: int, weight: float = 10.0) -> Graph:
    """Fields of a chess board, each a neighbour of the next."""
    number = np.arange(columns * rows).reshape(rows, columns)
    i = np.concatenate([number[:, :-1].ravel(), number[:-1].ravel()])
    j = np.concatenate([number[:, 1:].ravel(), number[1:].ravel()])
    xy = np.column_stack([np.tile(np.arange(columns), rows), np.repeat(np.arange(rows), columns)]).astype(float)
    return Graph(np.full(columns * rows, weight), xy, i, j, np.ones(len(i)))


def pieces_of(graph: Graph, part: np.ndarray) -> int:
    same = part[graph.i] == part[graph.j]
    return Graph(graph.weight, graph.xy, graph.i[same], graph.j[same], graph.cost[same]).pieces()[0]


def test_shares_are_whole_and_add_up() -> None:
    assert allot([1, 1, 2], 8).tolist() == [2, 2, 4]
    assert allot([1, 1, 1], 10).sum() == 10
    assert allot([1000, 1, 1], 5).tolist() == [3, 1, 1]
    assert allot([9, 1], 10, most=[4, 8]).tolist() == [4, 6]
    assert allot([0, 0], 4).tolist() == [2, 2]


def test_parts_are_equal_and_in_one_piece() -> None:
    graph = lattice(12, 10)
    part = divide(graph, np.ones(6))
    assert np.bincount(part, graph.weight) == pytest.approx([200] * 6, rel=0.25)
    assert pieces_of(graph, part) == 6


def test_loads_follow_the_shares() -> None:
    graph = lattice(12, 10)
    assert np.bincount(divide(graph, [1, 3]), graph.weight) == pytest.approx([300, 900], rel=0.25)


def test_the_same_graph_gives_the_same_parts() -> None:
    graph = lattice(9, 9)
    assert divide(graph, np.ones(5)).tolist() == divide(graph, np.ones(5)).tolist()


def test_no_part_stays_empty_when_nodes_are_few() -> None:
    graph = lattice(3, 2)
    assert sorted(divide(graph, np.ones(6)).tolist()) == [0, 1, 2, 3, 4, 5]
    assert sorted(set(divide(lattice(5, 1), np.ones(4)).tolist())) == [0, 1, 2, 3]


def test_one_giant_leaves_the_others_to_share_the_rest() -> None:
    graph = lattice(6, 6)
    graph.weight[0] = 5000
    assert len(set(divide(graph, np.ones(4)).tolist())) == 4


def test_islands_are_tied_by_their_nearest_nodes() -> None:
    graph = lattice(3, 1)
    apart = Graph(graph.weight, graph.xy, graph.i[:1], graph.j[:1], graph.cost[:1])
    assert apart.pieces()[0] == 2
    tied = apart.bridged()
    assert (tied.pieces()[0], (tied.i[-1], tied.j[-1])) == (1, (2, 1))


def test_stray_pieces_go_to_the_part_around_them() -> None:
    graph = lattice(5, 1)
    balancer = Balancer(graph, np.array([0, 0, 1, 0, 1]), np.array([25.0, 25.0]))
    balancer.gather_strays()
    assert pieces_of(graph, balancer.parts()) == 2


def test_a_cheap_border_is_followed() -> None:
    graph = lattice(10, 4)
    road = (graph.xy[graph.i, 0] == 3) & (graph.xy[graph.j, 0] == 4)
    graph.cost[:] = 10
    graph.cost[road] = 0.1
    part = divide(graph, [4, 6])
    assert len(set(part[graph.xy[:, 0] <= 3].tolist())) == 1
    assert len(set(part[graph.xy[:, 0] > 3].tolist())) == 1
