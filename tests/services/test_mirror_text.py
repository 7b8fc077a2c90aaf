"""Search in one column."""

import pytest

from services.mirror_text import Text, folded

VALUES = ["中山路", "中山路二段", "东中山路", "Cam-10", "ＣＡＭ-１", "", "cam", "a\u3000\u3000b", "中"]


@pytest.fixture
def text() -> Text:
    return Text.of(VALUES)


@pytest.mark.parametrize(
    ("needle", "rows"),
    [
        ("中山路", [0, 1, 2]),
        ("山路二", [1]),
        ("cam", [3, 4, 6]),
        ("CAM-1", [3, 4]),
        ("a b", [7]),
        ("中", [0, 1, 2, 8]),
        ("路东", []),
        ("10c", []),
    ],
)
def test_any_part_of_a_value_is_found_in_any_case_and_width(text: Text, needle: str, rows: list[int]) -> None:
    assert list(dict.fromkeys(text.holding(folded(needle), [(0, len(VALUES))]))) == rows


@pytest.mark.parametrize(
    ("needle", "beginning", "whole"),
    [
        ("中山路", {0, 1}, {0}),
        ("cam", {3, 4, 6}, {6}),
        ("cam-10", {3}, {3}),
        ("中山路二段三", set(), set()),
        ("中", {0, 1, 8}, {8}),
        ("路", set(), set()),
    ],
)
def test_beginnings_and_whole_values_are_told_apart(text: Text, needle: str, beginning: set[int], whole: set[int]) -> None:
    rows, is_whole = text.beginning_with(needle)
    assert set(rows.tolist()) == beginning
    assert set(rows[is_whole].tolist()) == whole


def test_only_the_given_rows_are_searched(text: Text) -> None:
    assert list(text.holding("中山路", [(1, 2), (2, 4)])) == [1, 2]


def test_what_no_value_holds_is_known_without_a_search(text: Text) -> None:
    assert all(text.may_hold(folded(part)) for value in VALUES for part in (value, value[1:3]) if part)
    assert not text.may_hold("龘")
    assert not text.may_hold("山中")


def test_a_layer_without_rows_finds_nothing() -> None:
    empty = Text.of([])
    assert list(empty.holding("a", [])) == []
    assert len(empty.beginning_with("a")[0]) == 0
