"""Views that can be checked by hand: one camera at the origin, walls at round distances."""

import math

import numpy as np
import pytest
from shapely import MultiPolygon, Point, box

from services.visibility import Outlook, Shape, Walls

NONE = np.zeros(0, np.int64)


def look(azimuth_deg: float, fov_deg: float, range_m: float = 50, *, height_m: float = 6, x: float = 0, y: float = 0) -> Outlook:
    return Outlook(x, y, azimuth_deg, fov_deg, range_m, height_m)


def seen(outlook: Outlook, *buildings: object, height_m: float = 10) -> Shape:
    walls = Walls(np.array(buildings, object), np.full(len(buildings), height_m))
    return walls.seen(outlook, walls.reached([outlook])[1])


def test_an_open_sector_has_the_area_of_its_share_of_the_circle() -> None:
    view = seen(look(90, 60))
    assert view.area == pytest.approx(math.pi * 50**2 / 6, rel=1e-3)
    assert view.covers(Point(49, 0))
    assert not view.covers(Point(0, 10))


def test_north_is_up_and_the_azimuth_turns_clockwise() -> None:
    view = seen(look(0, 40))
    assert view.covers(Point(0, 40))
    assert view.covers(Point(10, 40))
    assert not view.covers(Point(40, 0))
    assert seen(look(350, 40)).covers(Point(-12, 30))


def test_a_full_circle_has_no_seam() -> None:
    view = seen(look(77, 360))
    assert view.area == pytest.approx(math.pi * 50**2, rel=1e-3)
    assert view.geom_type == "Polygon"


def test_a_wall_in_front_cuts_the_sector() -> None:
    """A wall across the whole sector at 20 m leaves a triangle: 20 m deep and 2 x 20 x tan 30° wide."""
    view = seen(look(90, 60), box(20, -100, 30, 100))
    assert view.area == pytest.approx(20 * 20 * math.tan(math.radians(30)), rel=1e-3)
    assert not view.covers(Point(21, 0))


def test_a_pillar_throws_a_shadow_and_both_sides_of_it_are_seen() -> None:
    """A pillar 2 m wide at 10 m hides what lies behind it between y = ±x / 10."""
    view = seen(look(90, 90), box(10, -1, 12, 1))
    assert not view.covers(Point(40, 0))
    assert not view.covers(Point(40, 3.95))
    assert view.covers(Point(40, 4.05))
    assert view.covers(Point(40, -4.05))
    shadow = math.atan(0.1) * 50**2 - 10 * 1
    assert view.area == pytest.approx(math.pi * 50**2 / 4 - shadow, rel=2e-3)


def test_the_view_goes_through_a_gap_between_two_buildings() -> None:
    view = seen(look(90, 60), box(20, 1, 30, 100), box(20, -100, 30, -1))
    assert view.covers(Point(45, 0))
    assert not view.covers(Point(45, 4))


def test_a_courtyard_is_a_hole_that_holds_the_view() -> None:
    yard = box(-30, -30, 30, 30).difference(box(-10, -10, 10, 10))
    assert seen(look(0, 360), yard).area == pytest.approx(400, rel=1e-3)


def test_the_parts_of_a_building_block_each_for_itself() -> None:
    pair = MultiPolygon([box(20, 5, 22, 60), box(20, -60, 22, -5)])
    walls = Walls(np.array([pair], object), np.array([10.0]))
    view = walls.seen(look(90, 90), np.array([0]))
    assert view.covers(Point(40, 0))
    assert not view.covers(Point(30, 12))


def test_a_camera_at_a_wall_looks_away_from_it_and_not_through_it() -> None:
    house = box(-20, -10, 0, 10)
    assert seen(look(90, 60), house).area == pytest.approx(math.pi * 50**2 / 6, rel=1e-2)
    assert seen(look(270, 60), house).area == pytest.approx(0, abs=0.5)


def test_a_position_that_fell_into_a_footprint_looks_out_of_the_near_wall() -> None:
    house = box(-20, -10, 2, 10)
    view = seen(look(90, 60), house)
    assert view.covers(Point(30, 0))
    assert not view.covers(Point(1, 0))
    assert seen(look(90, 60), box(-20, -20, 12, 20)).is_empty


def test_a_camera_twice_as_high_as_a_building_sees_over_it() -> None:
    hut = box(20, -100, 30, 100)
    assert not seen(look(90, 60, height_m=5), hut, height_m=3).covers(Point(40, 0))
    assert seen(look(90, 60, height_m=6), hut, height_m=3).covers(Point(40, 0))


def test_buildings_out_of_range_are_not_looked_at() -> None:
    walls = Walls(np.array([box(20, -5, 30, 5), box(60, -5, 70, 5)], object), np.full(2, 10.0))
    assert [found.tolist() for found in walls.reached([look(0, 360), look(0, 360, x=100)])] == [[0, 1], [0, 1]]
    assert walls.reached([])[0].size == 0
    assert Walls(np.array([], object), np.zeros(0)).seen(look(90, 60), NONE).area > 0
