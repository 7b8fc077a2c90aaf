"""Places in texts, on a quarter whose houses and crossings are known."""

from collections.abc import Iterator

import numpy as np
import psycopg
import pytest

from geodata.crs import from_wgs84
from geodata.errors import InvalidInputError
from services.gazetteer import Gazetteer, apart_m, gazetteer, normal
from services.geocode import doubt, geocode, look_up
from tests import district, quarter
from tests.town import database


@pytest.fixture(scope="module")
def names(worker_name: str) -> Iterator[Gazetteer]:
    for url in database(f"hall_test_{worker_name}_geocode", quarter.fill):
        with psycopg.connect(url) as conn:
            yield gazetteer(conn)


@pytest.mark.parametrize(
    ("text", "precision", "where"),
    [
        ("长街9号", "building", quarter.house(9)),
        ("長街９號門前", "building", quarter.house(9)),
        ("和平楼三楼", "building", quarter.house(9)),
        ("长街23号", "address", quarter.house(19)),
        ("长街与横街交叉口", "point", quarter.CROSSING),
        ("横街/长街路口西北角", "point", quarter.CROSSING),
        ("第一小学对面", "point", (113.5421, 22.1922)),
        ("东门公园内", "address", (113.5481, 22.1922)),
        ("长街（近和平楼）", "address", (quarter.house(9)[0], 22.1925)),
    ],
)
def test_a_text_means_a_place(names: Gazetteer, text: str, precision: str, where: tuple[float, float]) -> None:
    best = look_up(names, text).places[0]
    assert best.precision == precision
    assert apart_m(best.lon, best.lat, *where) < 3


def test_a_road_an_area_and_the_district_are_less_precise(names: Gazetteer) -> None:
    assert look_up(names, "长街有垃圾").places[0].precision == "road"
    assert look_up(names, "街道1辖区内").places[0].precision == "area"
    assert look_up(names, district.DISTRICT).places == ()
    assert look_up(names, "样例城区").places[0].precision == "district"


def test_the_number_tells_the_building(names: Gazetteer) -> None:
    assert look_up(names, "长街5号").places[0].building_id == 705
    assert look_up(names, "长街5号").places[0].score > look_up(names, "长街6号").places[0].score


@pytest.mark.parametrize("text", ["广州市天河区长街9号", "湖南省长沙市开福区", "北京市朝阳区"])
def test_another_city_is_no_place_of_ours(names: Gazetteer, text: str) -> None:
    found = look_up(names, text)
    assert found.places == ()
    assert found.elsewhere
    assert text.startswith(found.elsewhere[:2]) or found.elsewhere in text


@pytest.mark.parametrize("text", ["", "啊", "不知道在哪里", "%%%___", "'; DROP TABLE hall.event; --", "\ud800"])
def test_what_names_nothing_finds_nothing(names: Gazetteer, text: str) -> None:
    found = look_up(names, text.encode("utf-8", "replace").decode())
    assert (found.places, found.elsewhere) == ((), None)


def test_a_scope_hides_the_places_of_others(names: Gazetteer) -> None:
    assert look_up(names, "东门公园", district.STREETS[0]).places == ()
    assert look_up(names, "东门公园", district.STREETS[1]).places


def test_a_long_text_is_refused(names: Gazetteer) -> None:
    with pytest.raises(InvalidInputError, match="200"):
        look_up(names, "长" * 201)


@pytest.mark.parametrize("crs", ["GCJ-02", "BD-09"])
def test_a_shifted_position_is_doubted_when_the_text_says_otherwise(names: Gazetteer, crs: str) -> None:
    lon, lat = quarter.house(9)
    x, y = from_wgs84(np.array([lon]), np.array([lat]), crs)
    asked = doubt(names, float(x[0]), float(y[0]), look_up(names, "长街9号").places)
    assert asked is not None
    assert asked.crs == crs
    assert apart_m(asked.lon, asked.lat, lon, lat) < 1
    assert doubt(names, lon, lat, look_up(names, "长街9号").places) is None


def test_a_shifted_position_outside_the_district_is_doubted_without_a_text(names: Gazetteer) -> None:
    x, y = from_wgs84(np.array([113.5495]), np.array([22.1912]), "gcj02")
    assert names.grid_at(float(x[0]), float(y[0])) is None
    asked = doubt(names, float(x[0]), float(y[0]), ())
    assert asked is not None
    assert asked.off_m is None
    assert doubt(names, 120.0, 30.0, ()) is None


def test_writing_does_not_matter() -> None:
    assert normal("長街 ９ 號Ａ") == "长街9号a"


def test_the_function_of_the_contract_asks_the_database(worker_name: str) -> None:
    for url in database(f"hall_test_{worker_name}_geocode2", quarter.fill):
        with psycopg.connect(url) as conn:
            assert geocode(conn, "长街9号", district.STREETS[0])[0].precision == "building"
            conn.execute("UPDATE hall.building SET name = '新名大厦' WHERE id = 709")
            assert geocode(conn, "新名大厦")[0].building_id == 709
