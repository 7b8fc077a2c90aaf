"""The network: cut where ways meet, with lengths on the ellipsoid."""

from pathlib import Path

import pytest
import shapely

from geodata.osm.edges import Network, network
from geodata.osm.extract import Way, read_extract
from tests.geodata.osm.writer import town


def street(number: int, nodes: list[int], **tags: str) -> Way:
    """A way along the equator, 0.001 degrees (111.32 m) between nodes."""
    return Way(number, nodes, [(10 + node / 1000, 0.0) for node in nodes], {"highway": "residential", **tags})


def parts(found: Network) -> list[tuple[int, int, int, int]]:
    edges = found.edges
    return list(zip(*(edges[name].tolist() for name in ("way_id", "part", "source", "target")), strict=True))


def test_a_way_is_cut_where_another_meets_it() -> None:
    found = network([street(7, [1, 2, 3, 4]), street(8, [3, 9])])
    assert parts(found) == [(7, 0, 1, 3), (7, 1, 3, 4), (8, 0, 3, 9)]
    assert found.node_id.tolist() == [1, 3, 4, 9]


def test_foot_and_car_ways_are_cut_together_and_told_apart() -> None:
    found = network([street(7, [1, 2, 3]), street(8, [2, 5], highway="footway")])
    assert found.edges["drive"].tolist() == [True, True, False]


def test_a_way_that_comes_back_to_a_node_is_cut_there() -> None:
    loop = Way(5, [1, 2, 3, 1], [(10, 0), (10.001, 0), (10.001, 0.001), (10, 0)], {"highway": "service"})
    crossing = Way(6, [4, 5, 6, 7, 5, 8], [(11, 0), (11, 1), (12, 2), (10, 2), (11, 1), (13, 1)], {"highway": "service"})
    assert parts(network([loop])) == [(5, 0, 1, 1)]
    assert parts(network([crossing])) == [(6, 0, 4, 5), (6, 1, 5, 5), (6, 2, 5, 8)]


def test_lengths_are_metres_on_the_ellipsoid() -> None:
    assert network([street(1, [0, 1, 2])]).edges["length_m"].tolist() == [pytest.approx(222.64, abs=0.01)]


def test_proposed_roads_are_no_roads() -> None:
    assert parts(network([street(1, [0, 1], highway="proposed")])) == []


def test_names_are_simplified() -> None:
    assert network([street(1, [0, 1], name="新馬路 Avenida"), street(2, [4, 5])]).edges["name"].tolist() == ["新马路", None]


def test_a_town_of_six_by_six_streets_has_sixty_edges(tmp_path: Path) -> None:
    found = network(read_extract(town().write(tmp_path / "town.osm")).ways)
    assert (len(found.line), len(found.node_id)) == (60, 36)
    assert shapely.is_valid(found.line).all()
