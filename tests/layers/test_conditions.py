"""Filters in an address, read by the layer that declares them."""

import pytest

from geodata.errors import InvalidInputError
from geodata.source import Condition
from layers.buildings import BUILDINGS
from layers.cameras import CAMERAS
from layers.conditions import conditions
from layers.events import EVENTS


def test_values_are_sorted_so_that_equal_filters_have_equal_cache_keys() -> None:
    one = conditions(BUILDINGS, [("use_type", "residential,office")])
    other = conditions(BUILDINGS, [("use_type", "office"), ("use_type", "residential")])
    assert one == other == (Condition("use_type", values=("office", "residential")),)


def test_ranges_may_be_open_at_one_end() -> None:
    assert conditions(BUILDINGS, [("floors", "3..10")]) == (Condition("floors", low=3.0, high=10.0),)
    assert conditions(BUILDINGS, [("floors", "..10")]) == (Condition("floors", high=10.0),)
    assert conditions(BUILDINGS, [("floors", "7")]) == (Condition("floors", values=("7",)),)


def test_instants_become_seconds_and_an_unescaped_plus_is_understood() -> None:
    utc = conditions(EVENTS, [("reported_at", "2026-01-01T00:00:00Z..")])
    assert utc == (Condition("reported_at", low=1_767_225_600.0),)
    assert conditions(EVENTS, [("reported_at", "2026-01-01T08:00:00 08:00..")]) == utc


def test_an_empty_text_is_no_filter() -> None:
    assert conditions(CAMERAS, [("online", "")]) == ()


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("colour", "red", "is filtered by"),
        ("name", "x' OR 1=1 --", "is filtered by"),
        ("use_type", "palace", "is none of"),
        ("floors", "many", "is not a number"),
        ("floors", "nan", "is not a number"),
        ("floors", "10..3", "upside down"),
        ("floors", "..", "has no end"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(name: str, text: str, why: str) -> None:
    with pytest.raises(InvalidInputError, match=f"^{name}: .*{why}"):
        conditions(BUILDINGS, [(name, text)])
