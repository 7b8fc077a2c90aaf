"""How many rows a layer has."""

from dataclasses import replace

import pytest

from geodata.errors import InvalidInputError
from geodata.grid import BBox
from geodata.source import Condition
from layers.registry import LAYERS
from services.counts import Count, counts
from services.rights import Role
from tests.town import DISPATCHER, NORTH_EAST, Town

SOUTH_WEST = BBox(113.50, 22.10, 113.51, 22.11)


def test_in_all_after_the_filter_and_in_view(town: Town) -> None:
    conditions = {"cameras": (Condition("online", values=("false",)),)}
    found = counts(town.store, DISPATCHER, LAYERS, bbox=SOUTH_WEST, conditions=conditions)
    assert found["people"] == Count(total=1_600, matching=1_600, in_view=100)
    # every tenth camera is offline, the tenth of the first row already lies beyond the box
    assert found["cameras"] == Count(total=200, matching=20, in_view=0)
    assert found["buildings"] == Count(total=64, matching=64, in_view=4)
    assert found["places"] == Count(total=0, matching=0, in_view=0)


def test_without_a_box_everything_is_in_view(town: Town) -> None:
    assert counts(town.store, DISPATCHER, LAYERS)["events"] == Count(total=300, matching=300, in_view=300)


def test_only_what_the_reader_may_see_is_counted(town: Town) -> None:
    assert counts(town.store, NORTH_EAST, LAYERS, bbox=SOUTH_WEST)["people"] == Count(total=400, matching=400, in_view=0)
    assert set(counts(town.store, replace(DISPATCHER, role=Role.CITIZEN), LAYERS)) == {
        layer.key for layer in LAYERS if "citizen" in layer.roles
    }


def test_a_filter_that_does_not_fit_is_refused(town: Town) -> None:
    with pytest.raises(InvalidInputError):
        counts(town.store, DISPATCHER, LAYERS, conditions={"people": (Condition("name", values=("x",)),)})
