"""What lies in a shape, of every class."""

from dataclasses import replace

import pytest

from geodata.db import Conn
from geodata.errors import InvalidInputError
from geodata.source import Condition
from layers.registry import LAYERS
from services.rights import Role
from services.select import select
from services.shapes import Circle, parse
from tests.town import DISPATCHER, NORTH_EAST, Town

CORNER = {"type": "Polygon", "coordinates": [[[113.5, 22.1], [113.51, 22.1], [113.51, 22.11], [113.5, 22.11], [113.5, 22.1]]]}
"""The south-western base grid."""


def test_a_grid_holds_what_stands_in_it(town: Town, town_conn: Conn) -> None:
    found = select(town.store, town_conn, DISPATCHER, LAYERS, parse(CORNER))
    counts = {key: one.count for key, one in found.classes.items()}
    # 2 x 2 buildings with 25 people and 3 rooms each; 5 x 3 cameras less those beyond the border; roads at two heights, two edges touch each
    assert counts["buildings"] == 4
    assert counts["people"] == 100
    assert sum(found.rooms.values()) == 12
    assert found.rooms == {"own": 4, "rent": 4, "vacant": 4}
    assert counts["cameras"] == 15
    assert counts["district"] == 1
    # neighbours share the border
    assert counts["streets"] == 1
    assert counts["base_grids"] == 4
    assert found.area_m2 == pytest.approx(1_142_500, rel=0.002)
    assert (found.lon, found.lat) == pytest.approx((113.505, 22.105))


def test_breakdowns_add_up(town: Town, town_conn: Conn) -> None:
    found = select(town.store, town_conn, DISPATCHER, LAYERS, parse(CORNER))
    people = found.classes["people"]
    assert sum(people.breakdown.values()) == people.count
    assert people.breakdown is people.breakdowns["pop_type"]
    assert set(people.breakdowns) == {"pop_type", "sex", "age_group"}
    assert people.breakdowns["age_group"] == {"18-59": 100}
    assert found.classes["buildings"].breakdown == {"residential": 2, "office": 2}
    assert found.classes["places"].count == 0
    assert found.classes["places"].breakdown == {}


def test_postgis_finds_the_same_in_a_circle(town: Town, town_conn: Conn) -> None:
    found = select(town.store, town_conn, DISPATCHER, LAYERS, Circle(113.5213, 22.1187, 700))
    for layer in LAYERS:
        query = f"SELECT count(*) FROM hall.{layer.view} WHERE ST_DWithin(geom::geography, ST_MakePoint(113.5213, 22.1187)::geography, 700)"
        row = town_conn.execute(query).fetchone()
        assert row is not None
        assert found.classes[layer.key].count == row[0], layer.key


def test_the_nearest_come_first_with_masked_names(town: Town, town_conn: Conn) -> None:
    found = select(town.store, town_conn, DISPATCHER, LAYERS, Circle(113.501, 22.1015, 300), limit=2)
    cameras = found.classes["cameras"]
    assert [item.row.id for item in cameras.items] == [1, 2]
    assert [item.distance_m for item in cameras.items] == pytest.approx([0, 206.3], abs=0.5)
    assert all("*" in str(item.row.fields["name"]) for item in found.classes["workers"].items)
    assert len(found.classes["people"].items) == 2
    assert select(town.store, town_conn, DISPATCHER, LAYERS, Circle(113.501, 22.1015, 300), limit=0).classes["people"].items == ()


def test_along_a_line(town: Town, town_conn: Conn) -> None:
    line = parse({"type": "LineString", "coordinates": [[113.5025, 22.1025], [113.5375, 22.1025]]}, radius_m=100)
    assert select(town.store, town_conn, DISPATCHER, LAYERS, line).classes["buildings"].count == 8


def test_a_filtered_layer_counts_only_what_its_filter_lets_through(town: Town, town_conn: Conn) -> None:
    conditions = {"people": (Condition("pop_type", values=("floating",)),)}
    found = select(town.store, town_conn, DISPATCHER, LAYERS, Circle(113.52, 22.12, 5_000), conditions=conditions)
    assert found.classes["people"].count == 400
    assert found.classes["cameras"].count == 200


def test_the_readers_area_and_role_bound_everything(town: Town, town_conn: Conn) -> None:
    found = select(town.store, town_conn, NORTH_EAST, LAYERS, Circle(113.52, 22.12, 5_000))
    assert found.classes["people"].count == 400
    assert found.classes["buildings"].count == 16
    assert sum(found.rooms.values()) == 48
    assert found.classes["district"].count == 0
    assert found.classes["streets"].count == 1
    department = replace(DISPATCHER, role=Role.DEPARTMENT)
    assert "people" not in select(town.store, town_conn, department, LAYERS, parse(CORNER)).classes
    citizen = replace(DISPATCHER, role=Role.CITIZEN)
    seen = select(town.store, town_conn, citizen, LAYERS, parse(CORNER))
    assert set(seen.classes) == {layer.key for layer in LAYERS if "citizen" in layer.roles}
    assert seen.rooms == {}


def test_items_are_bounded(town: Town, town_conn: Conn) -> None:
    with pytest.raises(InvalidInputError):
        select(town.store, town_conn, DISPATCHER, LAYERS, parse(CORNER), limit=501)
