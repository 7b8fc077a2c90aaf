"""What the values of a layer's fields add up to."""

from dataclasses import replace

import pytest

from geodata.db import reading
from geodata.errors import InvalidInputError
from geodata.grid import LonLat
from geodata.source import Condition
from layers import registry
from layers.registry import LAYERS
from services import facets
from services.facets import Order
from services.rights import Role
from tests.town import DISPATCHER, NORTH_EAST, Town

CAMERAS, BUILDINGS, EVENTS = registry.get("cameras"), registry.get("buildings"), registry.get("events")


def test_a_filter_does_not_narrow_its_own_field(town: Town) -> None:
    found = facets.facets(town.store, DISPATCHER, CAMERAS, (Condition("online", values=("false",)),))
    assert (found.total, found.matching) == (200, 20)
    assert found.values["online"] == {"true": 180, "false": 20}
    assert found.values["owner"] == {"police": 20}


def test_values_that_no_filter_leaves_stand_with_nothing(town: Town) -> None:
    found = facets.facets(
        town.store, DISPATCHER, BUILDINGS, (Condition("floors", low=1, high=1), Condition("use_type", values=("office",)))
    )
    # the lowest row: eight buildings of one floor, every second one an office
    assert found.matching == 4
    assert found.values["use_type"] == {"office": 4, "residential": 4}
    assert found.ranges["floors"] == (1.0, 8.0)


def test_only_the_readers_area_counts(town: Town) -> None:
    assert facets.facets(town.store, NORTH_EAST, BUILDINGS).total == 16
    assert facets.tallies(town.store, NORTH_EAST, LAYERS, {"people": "pop_type"})["people"] == {"registered": 300, "floating": 100}


def test_classes_without_right_are_absent(town: Town) -> None:
    assert facets.tallies(town.store, replace(DISPATCHER, role=Role.DEPARTMENT), LAYERS, {"people": "pop_type"}) == {}


def test_the_first_rows_are_the_nearest_or_the_newest(town: Town) -> None:
    corner = LonLat(113.50, 22.10)
    assert facets.first(town.store, DISPATCHER, BUILDINGS, (), order=Order.NEAREST, near=corner, limit=2) in ([1, 2], [1, 9])
    newest = facets.first(town.store, DISPATCHER, EVENTS, (), order=Order.LARGEST, column="reported_at", limit=3)
    assert newest == [300, 299, 298]
    assert facets.first(town.store, DISPATCHER, EVENTS, (), order=Order.SMALLEST, column="reported_at", limit=1) == [1]


def test_an_order_that_cannot_be_is_refused(town: Town) -> None:
    with pytest.raises(InvalidInputError):
        facets.first(town.store, DISPATCHER, EVENTS, (), order=Order.NEAREST)
    with pytest.raises(InvalidInputError):
        facets.first(town.store, DISPATCHER, EVENTS, (), order=Order.SMALLEST, column="title")
    with pytest.raises(InvalidInputError):
        facets.first(town.store, DISPATCHER, EVENTS, (), order=Order.SMALLEST, column="reported_at", limit=0)


def test_codes_have_the_names_that_rows_give_them(town: Town) -> None:
    with reading(town.pool) as conn:
        assert facets.names(town.store, conn, NORTH_EAST, EVENTS, column="class_code", named_by="class_name") == {"E1": "占道经营"}
