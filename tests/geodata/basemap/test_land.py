"""Coast to land. One unit is one metre; land lies on the left of a coastline."""

import shapely

from geodata.basemap.land import land_faces

FRAME = shapely.box(0, 0, 100_000, 100_000)
# An island of 10 km x 10 km, drawn against the clock: land inside.
ISLAND = shapely.LineString([(10_000, 10_000), (20_000, 10_000), (20_000, 20_000), (10_000, 20_000), (10_000, 10_000)])
# From the south to the north: land in the west.
SHORE = shapely.LineString([(50_000, -10), (50_000, 100_010)])


def area_km2(polygons) -> float:
    return round(sum(shapely.area(polygons)) / 1e6, 1)


def test_a_ring_against_the_clock_holds_land() -> None:
    ground = land_faces([ISLAND], FRAME, shapely.box(10_000, 10_000, 20_000, 20_000))
    assert area_km2(ground.inside) == 100
    assert area_km2(ground.outside) == 0


def test_a_ring_with_the_clock_holds_water() -> None:
    ground = land_faces([ISLAND.reverse()], FRAME, FRAME)
    assert area_km2(ground.inside) == 10_000 - 100


def test_land_lies_on_the_left_of_a_line() -> None:
    ground = land_faces([SHORE], FRAME, shapely.box(0, 0, 50_000, 100_000))
    assert area_km2(ground.inside) == 5_000


def test_land_beyond_the_area_of_authority_is_outside() -> None:
    ground = land_faces([SHORE], FRAME, shapely.box(0, 0, 50_000, 40_000))
    assert (area_km2(ground.inside), area_km2(ground.outside)) == (2_000, 3_000)


def test_a_coast_that_breaks_off_goes_straight_on() -> None:
    broken = shapely.LineString([(50_000, -10), (50_000, 60_000)])
    ground = land_faces([broken], FRAME, shapely.box(0, 0, 50_000, 100_000))
    assert area_km2(ground.inside) == 5_000


def test_what_is_made_up_of_a_coast_is_not_drawn_as_shore() -> None:
    broken = shapely.LineString([(50_000, -10), (50_000, 60_000)])
    ground = land_faces([broken], FRAME, shapely.box(0, 0, 50_000, 100_000))
    assert round(sum(shapely.length(ground.shore))) == 60_000


def test_pieces_of_a_coast_are_joined_whatever_their_order() -> None:
    pieces = [shapely.LineString([(50_000, 30_000), (50_000, 100_010)]), shapely.LineString([(50_000, -10), (50_000, 30_000)])]
    assert area_km2(land_faces(pieces, FRAME, shapely.box(0, 0, 50_000, 100_000)).inside) == 5_000


def test_without_a_coast_everything_is_land() -> None:
    ground = land_faces([], FRAME, shapely.box(0, 0, 50_000, 100_000))
    assert (area_km2(ground.inside), area_km2(ground.outside), len(ground.shore)) == (5_000, 5_000, 0)


def test_a_coast_that_would_drown_the_district_is_not_believed() -> None:
    ground = land_faces([SHORE], FRAME, shapely.box(60_000, 0, 90_000, 100_000))
    assert area_km2(ground.inside) == 3_000


def test_a_new_island_beside_the_district_belongs_to_it() -> None:
    new = shapely.LineString([(51_000, 50_000), (52_000, 50_000), (52_000, 51_000), (51_000, 51_000), (51_000, 50_000)])
    ground = land_faces([SHORE, new], FRAME, shapely.box(0, 0, 50_000, 100_000))
    assert area_km2(ground.inside) == 5_001
