"""Land and sea, faces and borders, and lines half way between houses."""

import numpy as np
import pytest
import shapely

from geodata.city.borders import borders, joined
from geodata.city.halfway import halfway_lines
from geodata.city.land import faces, land_within

FRAME = shapely.box(0, 0, 1000, 1000)


def lines(*pieces: list[tuple[float, float]]) -> np.ndarray:
    return np.array([shapely.LineString(piece) for piece in pieces], object)


def test_land_lies_left_of_the_coast() -> None:
    northward = lines([(400, -100), (400, 1100)])
    land = land_within(FRAME, northward)
    assert land.area == pytest.approx(400 * 1000, rel=0.001)
    assert land.covers(shapely.Point(100, 500))
    assert not land.intersects(shapely.Point(700, 500))


def test_without_a_coast_all_is_land() -> None:
    assert land_within(FRAME, np.empty(0, object)).equals(FRAME)
    assert land_within(FRAME, lines([(5000, 0), (5000, 1000)])).equals(FRAME)


def test_piers_and_rocks_are_no_land() -> None:
    coast = [(400.0, -100.0), (400, 497), (800, 497), (800, 503), (400, 503), (400, 1100)]
    rock = [(600.0, 800.0), (620, 800), (620, 820), (600, 820), (600, 800)]
    assert land_within(FRAME, lines(coast, rock)).area == pytest.approx(400 * 1000, rel=0.001)


def test_a_cross_in_a_square_makes_four_faces_with_four_borders() -> None:
    square = shapely.boundary(FRAME)
    cross = lines([(500, -50), (500, 1050)], [(-50, 500), (1050, 500)])
    found = faces(np.concatenate([[square], cross]))
    assert sorted(shapely.area(found).tolist()) == [250_000.0] * 4
    pairs = borders(found)
    assert pairs.length_m.tolist() == [500.0] * 4
    assert shapely.distance(shapely.points(pairs.middle), shapely.union_all(cross)).max() == 0


def test_borders_of_groups_add_up() -> None:
    found = faces(np.concatenate([[shapely.boundary(FRAME)], lines([(500, 0), (500, 1000)], [(0, 500), (1000, 500)])]))
    west = (shapely.get_coordinates(shapely.centroid(found))[:, 0] < 500).astype(np.int64)
    assert joined(borders(found), west).length_m.tolist() == [1000.0]


def test_faces_with_holes_have_borders_with_what_fills_them() -> None:
    found = faces(np.concatenate([[shapely.boundary(FRAME), shapely.boundary(shapely.box(400, 400, 600, 600))]]))
    assert borders(found).length_m.tolist() == [800.0]


def test_a_block_is_divided_half_way_between_its_houses() -> None:
    block = shapely.box(0, 0, 100, 40)
    houses = np.array([shapely.box(10, 10, 30, 30), shapely.box(70, 10, 90, 30)], object)
    divided = faces(np.concatenate([[shapely.boundary(block)], halfway_lines(np.array([block], object), houses, np.zeros(2, np.int64))]))
    assert shapely.area(divided) == pytest.approx([2000, 2000], rel=0.02)


def test_houses_of_two_blocks_do_not_disturb_each_other() -> None:
    blocks = np.array([shapely.box(0, 0, 100, 40), shapely.box(0, 40, 100, 80)], object)
    houses = np.array([shapely.box(10, 10, 30, 30), shapely.box(70, 10, 90, 30), shapely.box(45, 45, 55, 75)], object)
    found = halfway_lines(blocks, houses, np.array([0, 0, 1]))
    assert shapely.union_all(found).bounds == pytest.approx((50, 0, 50, 40), abs=1.6)


def test_one_house_alone_gives_no_line() -> None:
    block = np.array([shapely.box(0, 0, 100, 40)], object)
    assert len(halfway_lines(block, np.array([shapely.box(10, 10, 30, 30)], object), np.zeros(1, np.int64))) == 0
