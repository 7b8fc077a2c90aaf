"""Shares of open ground that can be reckoned by hand: the district of two grids, one camera and one building in each."""

from collections.abc import Iterator
from datetime import UTC, datetime

import psycopg
import pytest

from geodata.db import Pool, open_pool, reading, writing
from geodata.errors import NotFoundError
from geodata.grid import LonLat
from services import camera_coverage, camera_views
from services.rights import Reader, Role
from tests.district import GRIDS, LAT, LONS, STREETS

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
EVERYWHERE = Reader(1, "dispatcher", "派遣员", Role.DISPATCHER, "")
FIRST_STREET = Reader(2, "worker", "网格员", Role.WORKER, STREETS[0])
FIRST, SECOND = 61, 62
PER_LAT_M = 110_748.0
"""Metres of a degree of latitude in the district."""


@pytest.fixture
def pool(district_url: str) -> Iterator[Pool]:
    """The district with a dome of 50 m at 22 m north of each building, nothing made yet."""
    with psycopg.connect(district_url) as conn:
        conn.execute("DELETE FROM hall.camera_view")
        conn.execute("DELETE FROM hall.camera_coverage")
        conn.execute("DELETE FROM hall.fact WHERE key = 'camera_views'")
        conn.execute("UPDATE hall.camera SET ptz_type = 1, azimuth_deg = 90, fov_deg = 60, view_range_m = 50, height_m = 6")
    with open_pool(district_url, most=3) as opened:
        yield opened


def area_m2(pool: Pool, camera_id: int) -> float:
    with reading(pool) as conn:
        found = camera_views.view(conn, EVERYWHERE, camera_id)
    assert found
    return found.area_m2


def test_views_are_made_once_and_then_only_of_what_changed(pool: Pool) -> None:
    assert camera_views.renew(pool).made == 2
    assert camera_views.renew(pool).made == 0
    with writing(pool) as conn:
        conn.execute("UPDATE hall.camera SET view_range_m = 10 WHERE id = %s", [FIRST])
    assert camera_views.renew(pool).made == 1
    assert area_m2(pool, FIRST) == pytest.approx(314, rel=0.01)


def test_a_view_is_made_anew_when_a_building_around_it_changes(pool: Pool) -> None:
    camera_views.renew(pool)
    before = area_m2(pool, FIRST), area_m2(pool, SECOND)
    with writing(pool) as conn:
        conn.execute("UPDATE hall.building SET geom = ST_Translate(geom, 0, -0.01) WHERE id = 11")
    try:
        assert camera_views.renew(pool).made == 1
        after = area_m2(pool, FIRST), area_m2(pool, SECOND)
        assert after[0] == pytest.approx(7854, rel=0.01)
        assert after[0] > before[0]
        assert after[1] == before[1]
    finally:
        with writing(pool) as conn:
            conn.execute("UPDATE hall.building SET geom = ST_Translate(geom, 0, 0.01) WHERE id = 11")


def test_a_dome_looks_everywhere_and_a_bullet_only_ahead(pool: Pool) -> None:
    with writing(pool) as conn:
        conn.execute("UPDATE hall.camera SET ptz_type = 3 WHERE id = %s", [SECOND])
    camera_views.renew(pool)
    west_m = -30 / (PER_LAT_M * 0.9275)
    for camera_id, lon, seen in ((FIRST, LONS[0], True), (SECOND, LONS[1], False)):
        with reading(pool) as conn:
            found = camera_views.sees(conn, EVERYWHERE, LonLat(lon + west_m, LAT + 0.0002))
        assert [one.id for one in found] == ([camera_id] if seen else [])


def test_who_sees_a_place_is_told_nearest_first_and_past_no_building(pool: Pool) -> None:
    camera_views.renew(pool)
    with reading(pool) as conn:
        found = camera_views.sees(conn, EVERYWHERE, LonLat(LONS[0], LAT + 0.0003))
        assert [one.id for one in found] == [FIRST]
        assert found[0].distance_m == pytest.approx(0.0001 * PER_LAT_M, abs=0.1)
        # the house of 22 m stands between the camera and what lies south of it
        assert camera_views.sees(conn, EVERYWHERE, LonLat(LONS[0], LAT - 0.00015)) == []


def test_cameras_of_another_street_are_not_told(pool: Pool) -> None:
    camera_views.renew(pool)
    place = LonLat(LONS[1], LAT + 0.0003)
    with reading(pool) as conn:
        assert [one.id for one in camera_views.sees(conn, EVERYWHERE, place)] == [SECOND]
        assert camera_views.sees(conn, FIRST_STREET, place) == []
        assert camera_views.view(conn, FIRST_STREET, SECOND) is None


def test_the_seen_share_is_of_the_ground_outside_of_buildings(pool: Pool) -> None:
    camera_views.renew(pool)
    assert camera_coverage.renew(pool, NOW) == 2
    assert camera_coverage.renew(pool, NOW) == 0
    with reading(pool) as conn:
        found = camera_coverage.coverage(conn, FIRST_STREET)
    assert (found.grids, found.cameras, found.made_at) == (1, 1, NOW)
    side_m = (0.005 * PER_LAT_M * 0.9275, 0.005 * PER_LAT_M)
    house_m2 = (0.0002 * PER_LAT_M) ** 2 * 0.9275
    assert found.open_m2 == pytest.approx(side_m[0] * side_m[1] - house_m2, rel=0.01)
    assert found.seen_m2 == pytest.approx(area_m2(pool, FIRST), rel=0.001)
    assert found.percent == pytest.approx(100 * found.seen_m2 / found.open_m2)
    assert [grid.code for grid in found.worst] == [GRIDS[0]]


def test_only_the_grids_around_a_change_are_reckoned_again(pool: Pool) -> None:
    camera_views.renew(pool)
    camera_coverage.renew(pool, NOW)
    with writing(pool) as conn:
        conn.execute("UPDATE hall.camera SET view_range_m = 20 WHERE id = %s", [SECOND])
    camera_views.renew(pool)
    assert camera_coverage.renew(pool, NOW) == 1


def test_the_ground_that_nobody_sees_can_be_drawn(pool: Pool) -> None:
    camera_views.renew(pool)
    camera_coverage.renew(pool, NOW)
    with reading(pool) as conn:
        shape = camera_coverage.blind(conn, FIRST_STREET, GRIDS[0])
        inside = "SELECT ST_Contains(ST_SetSRID(ST_GeomFromGeoJSON(%s), 4326), ST_SetSRID(ST_MakePoint(%s, %s), 4326))"
        for lon, lat, unseen in ((LONS[0], LAT + 0.002, True), (LONS[0], LAT + 0.0003, False), (LONS[0], LAT, False)):
            assert conn.execute(inside, [shape, lon, lat]).fetchone() == (unseen,)
        with pytest.raises(NotFoundError):
            camera_coverage.blind(conn, FIRST_STREET, GRIDS[1])
