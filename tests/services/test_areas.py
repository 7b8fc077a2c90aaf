"""Which areas hold a position; the reader's own area; the streets as a drawing."""

from dataclasses import astuple, replace

import pytest

from geodata.db import Conn
from geodata.grid import LonLat
from services import areas, silhouette
from tests.town import DISPATCHER, NORTH_EAST


def test_areas_from_the_widest_to_the_narrowest(town_conn: Conn) -> None:
    found = areas.at(town_conn, LonLat(113.501, 22.101))
    assert [area.layer for area in found] == ["district", "streets", "base_grids"]
    assert [area.code for area in found] == ["990000", "990000001", "990000001001001"]


def test_nothing_holds_a_place_far_away(town_conn: Conn) -> None:
    assert areas.at(town_conn, LonLat(0, 0)) == ()


def test_the_extent_is_that_of_the_scope(town_conn: Conn) -> None:
    whole, own = areas.extent(town_conn, DISPATCHER), areas.extent(town_conn, NORTH_EAST)
    assert whole is not None
    assert own is not None
    assert astuple(whole) == pytest.approx((113.5, 22.1, 113.54, 22.14))
    assert astuple(own) == pytest.approx((113.52, 22.12, 113.54, 22.14))
    assert areas.extent(town_conn, replace(DISPATCHER, scope="111111")) is None


def test_the_name_is_that_of_the_scope(town_conn: Conn) -> None:
    assert areas.name(town_conn, DISPATCHER) == "城区1"
    assert areas.name(town_conn, NORTH_EAST) == "街道4"
    assert areas.name(town_conn, replace(DISPATCHER, scope="111111")) == ""


def test_scopes_to_choose_from(town_conn: Conn) -> None:
    assert [area.code for area in areas.choices(town_conn)] == ["990000", *(f"99000000{number}" for number in range(1, 5))]


def test_streets_become_a_drawing_and_nothing_becomes_none(town_conn: Conn, conn: Conn) -> None:
    drawing = silhouette.streets(town_conn)
    assert drawing is not None
    assert drawing.path.startswith("M ")
    assert silhouette.streets(conn) is None
