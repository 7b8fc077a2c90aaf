"""Draws that repeat, and counts that add up."""

import numpy as np

from geodata.city.draws import choose, positions_in_groups, running_numbers, shared_out, stream
from geodata.city.texts import ascii_rows, digits, joined, padded, picked, where


def test_streams_repeat_and_do_not_depend_on_one_another() -> None:
    assert stream(7, "people").random(3).tolist() == stream(7, "people").random(3).tolist()
    assert stream(7, "people").random() != stream(7, "events").random()
    assert stream(7, "people").random() != stream(8, "people").random()


def test_shares_are_whole_and_add_up() -> None:
    shares = shared_out(stream(1, "x"), np.array([1.0, 1.0, 2.0, 0.0]), 10)
    assert shares.sum() == 10
    assert shares[3] == 0
    assert set(shares[:2]) <= {2, 3}
    assert shares[2] == 5


def test_choices_follow_their_weights() -> None:
    drawn = np.bincount(choose(stream(1, "x"), [1, 0, 3], 40_000), minlength=3) / 40_000
    assert drawn[1] == 0
    assert abs(drawn[2] - 0.75) < 0.01


def test_numbers_in_groups_and_among_equals() -> None:
    assert positions_in_groups(np.array([2, 0, 3])).tolist() == [0, 1, 0, 1, 2]
    assert running_numbers(np.array(["a", "b", "a", "a"])).tolist() == [0, 0, 1, 2]


def test_texts_are_put_together_row_by_row() -> None:
    assert padded([7, 123], 3).to_pylist() == ["007", "123"]
    assert digits([2026], 5).tolist() == [[0, 2, 0, 2, 6]]
    assert ascii_rows([[65, 66], [67, 68]]).to_pylist() == ["AB", "CD"]
    words = picked(["东", "西"], np.array([1, -1]))
    assert joined(words, "路").to_pylist() == ["西路", None]
    assert where(np.array([True, False]), words, "无").to_pylist() == ["西", "无"]
