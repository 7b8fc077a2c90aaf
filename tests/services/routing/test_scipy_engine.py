"""Times and lengths that can be worked out by hand, and the three ways to ask agreeing with each other."""

from itertools import product

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.grid import LonLat
from services.routing.engine import Mode
from tests.services.routing.lattice import Place, Street, at, columns_of, engine, lattice

LATTICE = lattice(4, 4)


def seconds(streets: list[Street], start: Place, end: Place, *, mode: Mode = Mode.DRIVE, closed: tuple[int, ...] = ()) -> float:
    return float(engine(streets, closed).to_one(at(*end), *columns_of([start]), mode).travel_s[0])


def test_a_way_takes_ten_seconds_an_edge() -> None:
    travels = engine(LATTICE).to_one(at(3, 2), *columns_of([(0, 0), (0.5, 0), (3, 2), (3, 1.75)]), Mode.DRIVE)
    assert travels.travel_s.tolist() == pytest.approx([50, 45, 0, 2.5], abs=1e-6)
    assert travels.distance_m.tolist() == pytest.approx([500, 450, 0, 25], abs=1e-5)
    assert travels.closed.tolist() == [0, 0, 0, 0]


def test_walkers_take_72_seconds_an_edge_and_riders_a_third_of_it() -> None:
    assert seconds(LATTICE, (0, 0), (2, 0), mode=Mode.WALK) == pytest.approx(144)
    assert seconds(LATTICE, (0, 0), (2, 0), mode=Mode.RIDE) == pytest.approx(48)


def test_a_one_way_street_is_driven_in_its_direction_only_and_walked_in_both() -> None:
    streets = [LATTICE[0].one_way(), *LATTICE[1:]]
    assert seconds(streets, (0, 0), (1, 0)) == pytest.approx(10)
    assert seconds(streets, (1, 0), (0, 0)) == pytest.approx(30)
    assert seconds(streets, (0.75, 0), (0.25, 0)) == pytest.approx(2.5 + 30 + 2.5)
    assert seconds(streets, (1, 0), (0, 0), mode=Mode.WALK) == pytest.approx(72)


def test_footways_are_for_walkers_and_motorways_for_cars() -> None:
    streets = [*LATTICE, Street((0, 0), (3, 3), drive=False, length_m=200), Street((0, 3), (3, 0), walk=False, length_m=200)]
    assert seconds(streets, (0, 0), (3, 3)) == pytest.approx(60)
    assert seconds(streets, (0, 0), (3, 3), mode=Mode.WALK) == pytest.approx(144)
    assert seconds(streets, (0, 3), (3, 0)) == pytest.approx(20)
    assert seconds(streets, (0, 3), (3, 0), mode=Mode.WALK) == pytest.approx(432)


def test_the_quicker_of_two_streets_between_the_same_corners_is_taken_until_it_is_closed() -> None:
    streets = [Street((0, 0), (1, 0)), Street((0, 0), (1, 0), length_m=150), Street((1, 0), (2, 0))]
    assert seconds(streets, (0, 0), (2, 0)) == pytest.approx(20)
    assert seconds(streets, (0, 0), (2, 0), closed=(1,)) == pytest.approx(25)


def test_a_closed_street_is_gone_round() -> None:
    assert seconds(LATTICE, (0, 0), (1, 0), closed=(1,)) == pytest.approx(30)
    assert seconds(LATTICE, (0, 0), (1, 0), mode=Mode.WALK, closed=(1,)) == pytest.approx(216)


def test_what_lies_on_a_closed_street_is_reached_from_either_end() -> None:
    travels = engine(LATTICE, [2]).to_one(at(1.5, 0), *columns_of([(0, 0), (3, 0)]), Mode.DRIVE)
    assert travels.travel_s.tolist() == pytest.approx([15, 15])
    assert travels.closed.tolist() == [0, 0]


def test_the_farther_end_of_a_closed_street_is_not_the_way_in() -> None:
    # in a straight line 17.5 s from the east, but the closed part in between is the longer one: round to the west end
    travels = engine(LATTICE, [2]).to_one(at(1.25, 0), *columns_of([(0, 0), (2, 0)]), Mode.DRIVE)
    assert travels.travel_s.tolist() == pytest.approx([12.5, 32.5])
    assert travels.closed.tolist() == [0, 0]


def test_a_way_that_leads_through_a_closure_is_told_apart() -> None:
    streets = [*LATTICE, Street((3, 3), (4, 3)), Street((4, 3), (5, 3))]
    travels = engine(streets, [len(LATTICE) + 1]).to_one(at(5, 3), *columns_of([(3, 3), (4.75, 3)]), Mode.DRIVE)
    assert travels.travel_s.tolist() == pytest.approx([20, 2.5])
    assert travels.closed.tolist() == [1, 0]
    found = engine(streets, [len(LATTICE) + 1]).route(at(3, 3), at(5, 3), Mode.DRIVE)
    assert found is not None
    assert found.closed == 1
    assert found.travel_s == pytest.approx(20)


def test_an_island_is_unreachable_and_spoils_nothing() -> None:
    streets = [*LATTICE, *lattice(3, 3, east=60)]
    asked = engine(streets)
    travels = asked.to_one(at(0, 0), *columns_of([(1, 0), (61, 0), (2, 0)]), Mode.DRIVE)
    assert np.isnan(travels.travel_s).tolist() == [False, True, False]
    assert travels.travel_s[[0, 2]].tolist() == pytest.approx([10, 20])
    assert asked.route(at(61, 0), at(0, 0), Mode.DRIVE) is None
    matrix = asked.matrix(*columns_of([(1, 0), (61, 0)]), *columns_of([(0, 0), (62, 0)]), Mode.DRIVE)
    assert np.isnan(matrix).tolist() == [[False, True], [True, False]]


def test_a_scrap_of_road_is_passed_over_for_the_streets_beside_it() -> None:
    # a driveway of a few metres in the middle of a block, joined to nothing
    streets = [*lattice(12, 12), Street((0.5, 0.4), (0.5, 0.45), length_m=5)]
    assert seconds(streets, (0.5, 0.42), (0, 0)) == pytest.approx(5, abs=0.01)


def test_somebody_far_from_any_road_gets_no_time_and_the_others_do() -> None:
    travels = engine(LATTICE).to_one(at(0, 0), *columns_of([(1, 0), (1, -2.5), (700, 0)]), Mode.DRIVE)
    assert np.isnan(travels.travel_s).tolist() == [False, True, True]
    assert travels.snap_m.tolist() == pytest.approx([0, 276.9, 71_900], rel=0.01)


def test_a_place_far_from_any_road_is_reached_by_nobody() -> None:
    asked = engine(LATTICE)
    travels = asked.to_one(at(0, -20), *columns_of([(1, 0)]), Mode.DRIVE)
    assert np.isnan(travels.travel_s).all()
    assert travels.target_snap_m == pytest.approx(2215, rel=0.01)
    assert asked.route(at(0, 0), at(0, -20), Mode.DRIVE) is None
    assert asked.reach(at(0, -20), [5], Mode.DRIVE)[0].area.is_empty


def test_without_streets_for_cars_nobody_drives() -> None:
    asked = engine([Street((0, 0), (1, 0), drive=False)])
    assert np.isnan(asked.to_one(at(0, 0), *columns_of([(1, 0)]), Mode.DRIVE).travel_s).all()
    assert np.isnan(asked.matrix(*columns_of([(1, 0)]), *columns_of([(0, 0)]), Mode.DRIVE)).all()
    assert asked.route(at(0, 0), at(1, 0), Mode.DRIVE) is None
    assert asked.reach(at(0, 0), [5], Mode.DRIVE)[0].area.is_empty
    assert asked.route(at(0, 0), at(1, 0), Mode.WALK) is not None


@given(st.floats(-180, 180), st.floats(-90, 90))
def test_no_position_on_earth_is_an_error(lon: float, lat: float) -> None:
    asked = engine(LATTICE)
    travels = asked.to_one(at(1, 1), np.array([lon, at(0, 0).lon]), np.array([lat, at(0, 0).lat]), Mode.DRIVE)
    assert travels.travel_s[1] == pytest.approx(20)
    assert np.isnan(travels.travel_s[0]) or travels.snap_m[0] <= 200
    asked.route(LonLat(lon, lat), at(0, 0), Mode.WALK)


def test_nobody_is_asked_about() -> None:
    assert len(engine(LATTICE).to_one(at(0, 0), np.zeros(0), np.zeros(0), Mode.DRIVE).travel_s) == 0
    assert engine(LATTICE).matrix(np.zeros(0), np.zeros(0), *columns_of([(0, 0)]), Mode.DRIVE).shape == (0, 1)


def test_a_route_is_drawn_from_the_start_to_the_end_and_names_its_streets() -> None:
    found = engine(LATTICE).route(at(0.5, 0), at(2, 0.25), Mode.DRIVE)
    assert found is not None
    drawn = [(round((lon - 113.5) * 1000, 3), round((lat - 22.1) * 1000, 3)) for lon, lat in found.geometry]
    assert drawn == [(0.5, 0), (1, 0), (2, 0), (2, 0.25)]
    assert [(road.name, road.distance_m) for road in found.roads] == [("街1", 50), ("街2", 100), ("街15", 25)]
    assert found.distance_m == pytest.approx(175)
    assert found.travel_s == pytest.approx(17.5)


def test_a_route_within_one_street_is_a_piece_of_it() -> None:
    found = engine(LATTICE).route(at(0.75, 0), at(0.25, 0), Mode.DRIVE)
    assert found is not None
    assert found.travel_s == pytest.approx(5)
    assert [round((lon - 113.5) * 1000, 3) for lon, _ in found.geometry] == [0.75, 0.25]


def test_reach_holds_what_is_near_in_time_and_nothing_else() -> None:
    asked = engine(lattice(31, 31))
    areas = {reach.minutes: reach.area for reach in asked.reach(at(15, 15), [1, 2], Mode.DRIVE)}
    for minutes, area in areas.items():
        edges = 6 * minutes
        right = 0
        corners = list(product(range(31), range(31)))
        for x, y in corners:
            inside = area.contains(shapely.Point(at(x, y).lon, at(x, y).lat))
            steps = abs(x - 15) + abs(y - 15)
            right += inside is (steps <= edges)
            assert inside or steps >= edges
        assert right >= 0.97 * len(corners)
    assert areas[2].contains(areas[1])


def test_reach_inwards_follows_one_way_streets_backwards() -> None:
    streets = [Street((x, 0), (x + 1, 0)).one_way() for x in range(20)]
    asked = engine(streets)
    ahead, behind = (asked.reach(at(10, 0), [1], Mode.DRIVE, inwards=inwards)[0].area.bounds for inwards in (False, True))
    assert (ahead[0] - 113.5) * 1000 == pytest.approx(10, abs=1.2)
    assert (ahead[2] - 113.5) * 1000 == pytest.approx(16, abs=1.2)
    assert (behind[0] - 113.5) * 1000 == pytest.approx(4, abs=1.2)
    assert (behind[2] - 113.5) * 1000 == pytest.approx(10, abs=1.2)


def test_reach_does_not_pass_a_closure() -> None:
    streets = [Street((x, 0), (x + 1, 0)) for x in range(20)]
    east = engine(streets, [13]).reach(at(10, 0), [1], Mode.DRIVE)[0].area.bounds[2]
    assert (east - 113.5) * 1000 == pytest.approx(12, abs=1.2)


PLACES = st.tuples(st.integers(0, 12), st.integers(0, 12)).map(lambda steps: (steps[0] / 4, steps[1] / 4))


@st.composite
def towns(draw: st.DrawFn) -> tuple[list[Street], list[int]]:
    ways = draw(st.lists(st.sampled_from("fb2"), min_size=24, max_size=24))
    lengths = draw(st.lists(st.integers(1, 40), min_size=24, max_size=24))
    streets = [
        Street(one.start, one.end, forward=way in "f2", backward=way in "b2", length_m=10.0 * length)
        for one, way, length in zip(LATTICE, ways, lengths, strict=True)
    ]
    return streets, draw(st.lists(st.integers(1, 24), max_size=3, unique=True))


@settings(max_examples=60, deadline=None)
@given(towns(), st.lists(PLACES, min_size=1, max_size=6), st.lists(PLACES, min_size=1, max_size=3))
def test_one_search_a_table_and_single_routes_agree(
    town: tuple[list[Street], list[int]], sources: list[Place], targets: list[Place]
) -> None:
    streets, closed = town
    asked = engine(streets, closed)
    for mode in Mode:
        table = asked.matrix(*columns_of(sources), *columns_of(targets), mode)
        for column, target in enumerate(targets):
            travels = asked.to_one(at(*target), *columns_of(sources), mode)
            for row, source in enumerate(sources):
                found = asked.route(at(*source), at(*target), mode)
                if found is None:
                    assert np.isnan(travels.travel_s[row])
                    continue
                assert found.travel_s == pytest.approx(travels.travel_s[row], abs=1e-3)
                assert found.distance_m == pytest.approx(travels.distance_m[row], abs=0.02)
                assert found.closed == travels.closed[row]
                if found.closed:
                    assert np.isnan(table[row, column])
                else:
                    assert table[row, column] == pytest.approx(found.travel_s, abs=1e-3)


@settings(max_examples=60, deadline=None)
@given(towns(), st.integers(0, 3), st.integers(0, 3))
def test_times_are_those_of_a_plain_search(town: tuple[list[Street], list[int]], west: int, east: int) -> None:
    # a way in and a way out, so that both ends are met in both directions
    start, end = (west, -1), (east, 4)
    streets = [*town[0], Street(start, (west, 0)), Street((east, 3), end)]
    best: dict[Place, float] = {start: 0.0}
    for _ in range(len(streets)):
        for street in streets:
            for a, b, allowed in ((street.start, street.end, street.forward), (street.end, street.start, street.backward)):
                if allowed and a in best:
                    best[b] = min(best.get(b, np.inf), best[a] + street.length_m / 10)
    found = engine(streets).route(at(*start), at(*end), Mode.DRIVE)
    assert (found.travel_s if found else None) == (pytest.approx(best[end]) if end in best else None)
