"""The sample city's division, made anew and as shipped: counts, coverage, contiguity, balance, names."""

from pathlib import Path

import numpy as np
import pytest
import shapely

from geodata.city.division import Division, Mapped, divide_land
from geodata.city.division_file import SHIPPED, find_division
from geodata.city.grids import dissolve
from geodata.city.ground_import import describe_extract
from geodata.osm.extract import read_extract
from geodata.progress import QUIET
from geodata.settings import SAMPLE_EXTRACT

PEOPLE_PER_HOUSEHOLD = 2.5
LEVELS = {"base_grid": 510, "community": 115, "city_grid": 20, "street": 8, "district": 1}


@pytest.fixture(scope="module")
def mapped() -> Mapped:
    return describe_extract(read_extract(SAMPLE_EXTRACT))


@pytest.fixture(scope="module")
def shipped(mapped: Mapped) -> Division:
    division = find_division(mapped.extract.digest, Path("/nonexistent"))
    assert division is not None, f"no division of the sample extract in {SHIPPED}"
    return division


@pytest.fixture(scope="module")
def anew(mapped: Mapped) -> Division:
    return divide_land(mapped, QUIET)


@pytest.fixture(params=["shipped", "anew"])
def division(request: pytest.FixtureRequest) -> Division:
    found: Division = request.getfixturevalue(request.param)
    return found


def level(division: Division, name: str) -> np.ndarray:
    group = {
        "base_grid": np.arange(len(division.grid)),
        "community": division.grid_community,
        "city_grid": division.grid_city_grid,
        "street": division.grid_street,
        "district": np.zeros(len(division.grid), np.int64),
    }[name]
    return division.level(group)


def test_there_are_510_base_grids_in_115_communities_and_20_city_management_grids(division: Division) -> None:
    assert {name: len(level(division, name)) for name in LEVELS} == LEVELS


@pytest.mark.parametrize("name", LEVELS)
def test_every_level_is_a_valid_coverage_without_gap_or_overlap(division: Division, mapped: Mapped, name: str) -> None:
    areas = level(division, name)
    assert shapely.is_valid(areas).all()
    assert shapely.coverage_is_valid(areas)
    whole = mapped.metres(np.array([shapely.union_all(division.grid)], object))[0]
    assert shapely.area(mapped.metres(areas)).sum() == pytest.approx(whole.area, abs=1.0)
    assert whole.area == pytest.approx(32.76e6, rel=0.001)


def test_base_grids_are_in_one_piece(division: Division) -> None:
    assert (shapely.get_num_geometries(division.grid) == 1).all()


@pytest.mark.parametrize("name", ["community", "city_grid"])
def test_what_is_in_pieces_is_parted_by_water_only(division: Division, name: str) -> None:
    """Each piece of a higher level is a whole island, or the only piece on its island."""
    islands = shapely.get_parts(shapely.union_all(division.grid))
    for area in level(division, name):
        pieces = shapely.get_parts(area)
        home = shapely.STRtree(islands).query(shapely.point_on_surface(pieces), predicate="within")[1]
        assert len(set(home.tolist())) == len(pieces)


def test_levels_nest(division: Division) -> None:
    assert (np.diff(division.grid_community) >= 0).all()
    assert (np.diff(division.community_street) >= 0).all()
    assert set(division.grid_community.tolist()) == set(range(len(division.community_name)))
    assert np.bincount(division.grid_community).max() <= 9


def test_every_building_in_the_district_is_in_exactly_one_base_grid(division: Division, mapped: Mapped) -> None:
    point = shapely.point_on_surface(mapped.buildings.mapped.polygon)
    building, _ = shapely.STRtree(division.grid).query(point, predicate="intersects")
    assert len(building) == len(np.unique(building))
    assert len(building) >= 11_890


def test_people_meet_the_norm_of_their_street(division: Division, mapped: Mapped) -> None:
    """KF-21 within a fifth: 1,000-1,500 people in inner streets, 600-1,000 in outer ones."""
    point = shapely.point_on_surface(mapped.buildings.mapped.polygon)
    building, grid = shapely.STRtree(division.grid).query(point, predicate="intersects")
    people = PEOPLE_PER_HOUSEHOLD * np.bincount(grid, mapped.buildings.households[building], len(division.grid))
    outer = np.array(division.street_kind)[division.grid_street] == "outer"
    assert people.sum() == pytest.approx(746_300, rel=0.005)
    assert np.median(people[~outer]) == pytest.approx(1_500, rel=0.05)
    assert ((people >= 800) & (people <= 1_800))[~outer].mean() > 0.8
    assert ((people >= 480) & (people <= 1_200))[outer].mean() > 0.7


def test_borders_keep_to_roads_and_shores(division: Division, mapped: Mapped) -> None:
    edges = mapped.network.edges
    surface = ~edges["bridge"].astype(bool) & ~edges["tunnel"].astype(bool)
    roads = shapely.STRtree(mapped.metres(mapped.network.line[surface]))
    community = dissolve(mapped.metres(division.grid), division.grid_community)
    shore = shapely.boundary(shapely.union_all(community))
    border = shapely.get_parts(shapely.line_merge(shapely.union_all(shapely.boundary(community))))
    every_5_m = shapely.points(shapely.get_coordinates(shapely.segmentize(border, 5.0)))
    inland = every_5_m[~shapely.dwithin(every_5_m, shore, 5.0)]
    on_road = np.unique(roads.query(inland, predicate="dwithin", distance=3.0)[0])
    assert len(on_road) / len(inland) > 0.7


def test_names_are_given_once_and_in_simplified_chinese(division: Division) -> None:
    assert len(set(division.community_name)) == 115
    assert all(name.endswith("社区") for name in division.community_name)
    assert {"黑沙环社区", "筷子基社区", "氹仔市中心社区"} <= set(division.community_name)


def test_numbers_run_from_north_to_south(division: Division) -> None:
    north = shapely.get_coordinates(shapely.centroid(level(division, "street")))[:, 1]
    assert (north[0], north[-1]) == (north.max(), north.min())
