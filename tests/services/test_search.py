"""One box over all classes."""

from dataclasses import replace

import pytest

from geodata.db import Conn
from geodata.errors import InvalidInputError
from geodata.grid import LonLat
from layers.registry import LAYERS
from services.rights import Reader, Role
from services.search import Found, search
from tests.town import DISPATCHER, NORTH_EAST, Town


def classes(
    town: Town, conn: Conn, text: str, reader: Reader = DISPATCHER, *, limit: int = 8, near: LonLat | None = None
) -> dict[str, Found]:
    return {found.layer: found for found in search(town.store, conn, reader, LAYERS, text, limit=limit, near=near).classes}


def test_every_class_with_the_text_answers_the_topmost_layer_first(town: Town, town_conn: Conn) -> None:
    found = classes(town, town_conn, "中山路")
    assert list(found) == ["cameras", "buildings"]
    assert len(found["cameras"].hits) == 8
    assert found["cameras"].more


def test_whole_values_come_first_then_beginnings(town: Town, town_conn: Conn) -> None:
    hits = classes(town, town_conn, "楼1")["buildings"].hits
    assert hits[0].headline == "楼1"
    assert {hit.headline for hit in hits} <= {"楼1", *(f"楼1{n}" for n in range(10))}
    assert hits[0].matched == {"name": (0, 2)}
    assert hits[0].subline == ("residential", 1)


def test_an_area_has_a_box_to_fly_to_a_point_has_none(town: Town, town_conn: Conn) -> None:
    house = classes(town, town_conn, "楼1")["buildings"].hits[0]
    assert house.bbox is not None
    assert (house.bbox.west, house.bbox.north) == pytest.approx((113.5023, 22.1027))
    assert classes(town, town_conn, "cam-1")["cameras"].hits[0].bbox is None


def test_case_and_width_do_not_matter(town: Town, town_conn: Conn) -> None:
    for text in ("cam-17", "CAM-17", "ＣＡＭ-１７", "  cam-17 "):
        assert [hit.headline for hit in classes(town, town_conn, text)["cameras"].hits] == [
            "Cam-17",
            *(f"Cam-17{n}" for n in range(7)),
        ]


def test_a_street_stands_once_with_its_whole_length(town: Town, town_conn: Conn) -> None:
    (street,) = classes(town, town_conn, "三马路")["roads"].hits
    # four edges of 0.01 degrees at 22.1 N
    assert street.length_m == pytest.approx(4 * 1_032, rel=0.001)
    assert street.subline == ("residential", street.length_m)
    assert (street.lon, street.lat) == pytest.approx((113.52, 22.1085))
    assert street.bbox is not None
    assert (street.bbox.west, street.bbox.east) == pytest.approx((113.50, 113.54))
    assert len(classes(town, town_conn, "马路", limit=100)["roads"].hits) == 10


def test_a_street_in_a_readers_area_is_only_as_long_as_there(town: Town, town_conn: Conn) -> None:
    (street,) = classes(town, town_conn, "八马路", NORTH_EAST)["roads"].hits
    assert street.length_m == pytest.approx(2 * 1_032, rel=0.001)
    assert "roads" not in classes(town, town_conn, "三马路", NORTH_EAST)


def test_a_person_is_found_by_name_and_shown_masked(town: Town, town_conn: Conn) -> None:
    hits = classes(town, town_conn, "王小明")["people"].hits
    assert {hit.headline for hit in hits} == {"王**"}
    assert all(hit.matched == {} for hit in hits)
    assert all(hit.fields == {"name": "王**"} for hit in hits)


@pytest.mark.parametrize("number", ["990000198000000007", "11000000007"])
def test_an_id_number_or_phone_is_found_only_whole_and_told_to_the_caller(town: Town, town_conn: Conn, number: str) -> None:
    whole = search(town.store, town_conn, DISPATCHER, LAYERS, number)
    people = next(found for found in whole.classes if found.layer == "people")
    assert [hit.id for hit in people.hits] == [7]
    assert people.hits[0].headline == "李**"
    assert {"people.id_no", "people.phone"} <= set(whole.looked_up)
    part = search(town.store, town_conn, DISPATCHER, LAYERS, number[:-1])
    assert "people" not in {found.layer for found in part.classes}


def test_a_text_that_is_no_number_looks_nothing_up(town: Town, town_conn: Conn) -> None:
    assert search(town.store, town_conn, DISPATCHER, LAYERS, "中山路").looked_up == ()


def test_nobody_finds_what_he_may_not_see(town: Town, town_conn: Conn) -> None:
    department = replace(DISPATCHER, role=Role.DEPARTMENT)
    assert "people" not in classes(town, town_conn, "王小明", department)
    assert not any("people" in name for name in search(town.store, town_conn, department, LAYERS, "11000000007").looked_up)
    assert "people" not in classes(town, town_conn, "11000000007", NORTH_EAST)
    assert "cameras" not in classes(town, town_conn, "cam-1", replace(NORTH_EAST, scope="990000009"))


def test_the_nearest_come_first_among_equals(town: Town, town_conn: Conn) -> None:
    hits = classes(town, town_conn, "cam", near=LonLat(113.539, 22.1375))["cameras"].hits
    assert hits[0].id == 200


def test_one_latin_letter_finds_nothing_one_chinese_character_does(town: Town, town_conn: Conn) -> None:
    assert classes(town, town_conn, "c") == {}
    assert "buildings" in classes(town, town_conn, "楼")


@pytest.mark.parametrize(("text", "limit"), [("", 8), ("   ", 8), ("x" * 61, 8), ("楼", 0), ("楼", 101)])
def test_what_cannot_be_searched_is_refused(town: Town, town_conn: Conn, text: str, limit: int) -> None:
    with pytest.raises(InvalidInputError):
        search(town.store, town_conn, DISPATCHER, LAYERS, text, limit=limit)


@pytest.mark.parametrize("text", ["' OR 1=1 --", "%", "_", "\\", "\n楼1", "楼1\n楼2", "\x00", "龘龘"])
def test_strange_texts_are_just_texts(town: Town, town_conn: Conn, text: str) -> None:
    if text.strip("\x00 "):
        found = classes(town, town_conn, text)
        assert set(found) <= {"buildings"}
