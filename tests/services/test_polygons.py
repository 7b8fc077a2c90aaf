"""Tiles of areas and lines, cut by PostGIS."""

import pytest
from isal import igzip

from geodata.db import Conn
from geodata.errors import InvalidInputError
from geodata.grid import Tile
from geodata.source import Condition
from layers import registry
from services import polygons
from tests import mvt
from tests.town import NORTH_EAST

MIDDLE = Tile(13, 6679, 3579)
"""Holds the three north-eastern quarters of the town's width and height."""


def features(conn: Conn, key: str, tile: Tile, *conditions: Condition, area: str = "") -> list[mvt.Feature]:
    return mvt.layers(polygons.tile(conn, registry.get(key), tile, conditions, area)).get(key, [])


def test_areas_come_with_their_ids_and_attributes(town_conn: Conn) -> None:
    streets = features(town_conn, "streets", Tile(12, 3339, 1789))
    assert {feature.tags["name"] for feature in streets} == {"街道1", "街道2", "街道3", "街道4"}
    assert {feature.tags["people"] for feature in streets} == {400}
    ids = {row[0] for row in town_conn.execute("SELECT id FROM hall.layer_streets")}
    assert {feature.id for feature in streets} == ids


def test_a_filter_and_an_area_are_applied_in_the_query(town_conn: Conn) -> None:
    assert len(features(town_conn, "buildings", MIDDLE, Condition("use_type", values=("office",)))) < len(
        features(town_conn, "buildings", MIDDLE)
    )
    scoped = features(town_conn, "buildings", MIDDLE, area=NORTH_EAST.scope)
    rows = town_conn.execute("SELECT id FROM hall.building WHERE grid_code LIKE '990000004%'").fetchall()
    assert {feature.id for feature in scoped} == {row[0] for row in rows}
    assert len(features(town_conn, "base_grids", MIDDLE, Condition("people", low=101.0))) == 0


def test_below_its_first_zoom_a_layer_is_empty(town_conn: Conn) -> None:
    assert polygons.tile(town_conn, registry.get("roads"), Tile(11, 1669, 894)) == b""
    assert polygons.tile(town_conn, registry.get("roads"), Tile(12, 3339, 1789)) != b""


def test_what_is_smaller_than_a_pixel_is_left_out_until_it_is_not(town_conn: Conn) -> None:
    # a building of 44 m is 2.3 of 512 pixels wide at zoom 12, and 0.6 at zoom 10
    assert features(town_conn, "buildings", Tile(10, 834, 447)) == []
    assert len(features(town_conn, "buildings", Tile(12, 3339, 1789))) > 30


def test_a_tile_that_is_too_large_gives_up_its_smallest(town_conn: Conn, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = features(town_conn, "buildings", MIDDLE)
    monkeypatch.setattr(polygons, "MAX_GZIPPED", 600)
    body = polygons.tile(town_conn, registry.get("buildings"), MIDDLE)
    assert len(igzip.compress(body, 1)) <= 600 < len(whole) * 20


def test_never_more_than_the_largest_rows(town_conn: Conn, monkeypatch: pytest.MonkeyPatch) -> None:
    town_conn.execute("UPDATE hall.building SET geom = ST_Multi(ST_Expand(geom, 0.0001)) WHERE id IN (20, 21)")
    monkeypatch.setattr(polygons, "MAX_FEATURES", 2)
    assert {feature.id for feature in features(town_conn, "buildings", MIDDLE)} == {20, 21}


def test_a_personal_column_is_no_filter(town_conn: Conn) -> None:
    with pytest.raises(InvalidInputError, match="personal"):
        polygons.tile(town_conn, registry.get("base_grids"), MIDDLE, (Condition("worker_phone", values=("11088888888",)),))
