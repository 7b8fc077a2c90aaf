"""Where road names stand. Metres of the web map; a CSS pixel is 1.19 m at zoom 16 and 9.55 m at zoom 13."""

import numpy as np
import pytest
import shapely

from geodata.basemap.road_labels import bend, labels_of, text_em

STRAIGHT = shapely.LineString([(0, 0), (5_000, 0)])


def test_a_chinese_character_takes_one_em_and_a_letter_about_half() -> None:
    assert text_em("大街") == pytest.approx(2.12)
    assert text_em("Rue") == pytest.approx(1.8)


def test_a_main_road_is_named_on_all_zooms_and_a_lane_only_close() -> None:
    assert {label.zoom for label in labels_of("大马路", 1, [STRAIGHT])} == {13, 14, 15, 16}
    assert {label.zoom for label in labels_of("小巷", 4, [STRAIGHT])} == {15, 16}


def test_labels_keep_their_distance() -> None:
    places = sorted(label.middle.x for label in labels_of("大马路", 1, [STRAIGHT]) if label.zoom == 16)
    assert len(places) == 12
    assert min(np.diff(places)) >= 0.55 * 340 * 1.19


def test_a_road_too_short_for_its_name_has_none() -> None:
    assert not list(labels_of("一条名字很长的小路", 4, [shapely.LineString([(0, 0), (60, 0)])]))


def test_the_second_carriageway_is_not_named_again() -> None:
    beside = shapely.LineString([(4_900, 15), (100, 15)])
    assert len(list(labels_of("大马路", 1, [STRAIGHT, beside]))) == len(list(labels_of("大马路", 1, [STRAIGHT])))


def test_names_read_from_left_to_right() -> None:
    for label in labels_of("大马路", 1, [STRAIGHT.reverse()]):
        west, east = shapely.get_coordinates(label.piece)[[0, -1]]
        assert west[0] < east[0]


def test_a_name_stands_where_the_road_is_straight() -> None:
    zigzag = [(x, 40 * (x // 20 % 2)) for x in range(0, 200, 20)]
    bent = shapely.LineString([*zigzag, (200, 0), (420, 0)])
    (label,) = (label for label in labels_of("直路", 4, [bent]) if label.zoom == 16)
    assert label.middle.x > 200


def test_bend_sums_the_turns() -> None:
    corner = shapely.LineString([(0, 0), (100, 0), (100, 100)])
    assert bend(corner, np.array([0.0, 120.0]), 80.0) == pytest.approx([0.0, 0.0])
    assert bend(corner, np.array([50.0]), 100.0) == pytest.approx([np.pi / 2])


def test_a_road_of_many_tangled_pieces_is_laid_out() -> None:
    loop = shapely.LineString([(0, 0), (300, 10), (20, 15), (280, 30), (0, 40), (0, 0)])
    assert list(labels_of("环路", 4, [loop, STRAIGHT]))
