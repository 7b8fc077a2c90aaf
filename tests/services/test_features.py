"""Rows as the reader may see them."""

import json
from dataclasses import replace
from itertools import pairwise

import pytest

from geodata.db import Conn
from geodata.errors import InvalidInputError, NotAllowedError, NotFoundError
from geodata.grid import BBox
from geodata.source import Condition
from layers import registry
from services import features
from services.rights import Role
from services.shapes import Circle, parse
from tests.town import DISPATCHER, NORTH_EAST

PEOPLE, CAMERAS, BUILDINGS, ROADS = (registry.get(key) for key in ("people", "cameras", "buildings", "roads"))
DEPARTMENT = replace(DISPATCHER, role=Role.DEPARTMENT)
LEADER = replace(DISPATCHER, role=Role.LEADER)


def test_pages_follow_one_another_without_gaps(town_conn: Conn) -> None:
    seen: list[int] = []
    page = features.rows(town_conn, DISPATCHER, CAMERAS, limit=70)
    while True:
        seen += [row.id for row in page.rows]
        if not page.more:
            break
        page = features.rows(town_conn, DISPATCHER, CAMERAS, limit=70, after=seen[-1])
    assert seen == list(range(1, 201))
    assert [row.id for row in features.rows(town_conn, DISPATCHER, CAMERAS, limit=2, offset=100).rows] == [101, 102]


def test_personal_values_are_masked_and_restricted_ones_absent(town_conn: Conn) -> None:
    row = features.one(town_conn, DISPATCHER, PEOPLE, 7)
    assert row.fields["name"] == "李**"
    assert row.fields["id_no"] == "990000********0007"
    assert row.fields["phone"] == "110****0007"
    assert row.fields["hukou_address"] == "远方省远方市****"
    assert "birth_date" not in row.fields
    assert "birth_date" in features.one(town_conn, LEADER, PEOPLE, 7).fields


def test_a_reader_bound_to_a_street_gets_no_other_rows(town_conn: Conn) -> None:
    rows = features.rows(town_conn, NORTH_EAST, CAMERAS, limit=1_000).rows
    assert len(rows) == 50 == features.count(town_conn, NORTH_EAST, CAMERAS)
    assert min(row.lon for row in rows) > 113.52
    assert min(row.lat for row in rows) > 22.12
    with pytest.raises(NotFoundError):
        features.one(town_conn, NORTH_EAST, CAMERAS, 1)
    assert features.by_ids(town_conn, NORTH_EAST, CAMERAS, [1, 200]) == features.by_ids(town_conn, DISPATCHER, CAMERAS, [200])


def test_a_role_without_the_layer_gets_nothing_of_it(town_conn: Conn) -> None:
    for ask in (features.rows, features.count, lambda *arguments: list(features.iterate(*arguments))):
        with pytest.raises(NotAllowedError):
            ask(town_conn, DEPARTMENT, PEOPLE)
    with pytest.raises(NotAllowedError):
        features.by_ids(town_conn, DEPARTMENT, PEOPLE, [1])


def test_rows_are_filtered_by_value_range_and_box(town_conn: Conn) -> None:
    office, tall = Condition("use_type", values=("office",)), Condition("floors", low=7.0)
    assert features.count(town_conn, DISPATCHER, BUILDINGS, (office, tall)) == 8
    assert features.count(town_conn, DISPATCHER, BUILDINGS, bbox=BBox(113.50, 22.10, 113.5099, 22.1199)) == 8
    assert features.count(town_conn, DISPATCHER, CAMERAS, (Condition("online", values=("false",)),)) == 20
    assert features.count(town_conn, DISPATCHER, PEOPLE, (Condition("building_id", values=("1",)),)) == 25


@pytest.mark.parametrize(
    "condition",
    [
        Condition("phone", values=("11000000007",)),
        Condition("birth_date", low=0.0),
        Condition("no_such", values=("x",)),
        Condition("building_id", values=("1; DROP TABLE hall.person",)),
        Condition("pop_type", low=3.0),
        Condition("registered_on", low=1e18),
    ],
)
def test_columns_that_are_personal_or_unknown_are_no_filters(town_conn: Conn, condition: Condition) -> None:
    with pytest.raises(InvalidInputError):
        features.count(town_conn, LEADER, PEOPLE, (condition,))


def test_an_sql_text_is_just_an_unknown_value(town_conn: Conn) -> None:
    assert features.count(town_conn, DISPATCHER, PEOPLE, (Condition("pop_type", values=("' OR 1=1 --",)),)) == 0


@pytest.mark.parametrize(("limit", "offset"), [(0, 0), (10_001, 0), (10, -1), (10, 1_000_001)])
def test_pages_are_bounded(town_conn: Conn, limit: int, offset: int) -> None:
    with pytest.raises(InvalidInputError):
        features.rows(town_conn, DISPATCHER, CAMERAS, limit=limit, offset=offset)


def test_geometry_comes_in_the_system_asked_for(town_conn: Conn) -> None:
    row = features.one(town_conn, DISPATCHER, CAMERAS, 1)
    assert json.loads(row.geometry or "") == {"type": "Point", "coordinates": [113.501, 22.1015]}
    metric = json.loads(features.one(town_conn, DISPATCHER, CAMERAS, 1, srid=3857).geometry or "")
    assert metric["coordinates"] == pytest.approx([12_634_873.5, 2_523_715.9], abs=0.1)
    assert features.rows(town_conn, DISPATCHER, CAMERAS, limit=1, geometry=False).rows[0].geometry is None


def test_an_area_or_line_has_a_position_on_it(town_conn: Conn) -> None:
    road = features.rows(town_conn, DISPATCHER, ROADS, limit=1).rows[0]
    assert (road.lon, road.lat) == pytest.approx((113.505, 22.1005))
    house = features.one(town_conn, DISPATCHER, BUILDINGS, 1)
    assert (house.lon, house.lat) == pytest.approx((113.5025, 22.1025), abs=0.0002)


def test_rows_come_in_the_order_of_the_ids_asked_for(town_conn: Conn) -> None:
    assert [row.id for row in features.by_ids(town_conn, DISPATCHER, CAMERAS, [5, 3, 999, 4])] == [5, 3, 4]
    found = features.by_ids_of_all(town_conn, DISPATCHER, [(CAMERAS, [2, 1]), (PEOPLE, []), (BUILDINGS, [9])])
    assert {key: [row.id for row in rows] for key, rows in found.items()} == {"cameras": [2, 1], "people": [], "buildings": [9]}


def test_an_export_streams_what_a_shape_holds(town_conn: Conn) -> None:
    near = list(features.iterate(town_conn, DISPATCHER, CAMERAS, shape=Circle(113.501, 22.1015, 250)))
    # the camera itself and the next one 206 m to the east
    assert [row.id for row in near] == [1, 2]
    square = parse({"type": "Polygon", "coordinates": [[[113.5, 22.1], [113.51, 22.1], [113.51, 22.12], [113.5, 22.12], [113.5, 22.1]]]})
    assert sum(1 for _ in features.iterate(town_conn, DISPATCHER, PEOPLE, shape=square)) == 200
    rows = list(features.iterate(town_conn, DISPATCHER, PEOPLE, (Condition("pop_type", values=("floating",)),), limit=300))
    assert len(rows) == 300
    assert all(before.id < after.id for before, after in pairwise(rows))
