"""What tags say."""

import pytest

from geodata.osm.tags import directions, number, open_to_cars, speed_kmh, whole_number


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12.0),
        ("12 m", 12.0),
        ("12,5", 12.5),
        ("12;14", 12.0),
        ("100 ft", 30.48),
        ("0", 0.0),
        ("-3", None),
        ("tall", None),
        ("", None),
        (None, None),
        ("nan", None),
        ("1e9", None),
    ],
)
def test_numbers_are_metres(text: str | None, value: float | None) -> None:
    assert number(text) == (None if value is None else pytest.approx(value))


def test_a_layer_may_be_negative_and_nonsense_is_zero() -> None:
    assert (whole_number("-2"), whole_number("1;2"), whole_number("x"), whole_number(None), whole_number("inf")) == (-2, 1, 0, 0, 0)


def test_a_mapped_limit_beats_the_usual_speed() -> None:
    assert speed_kmh({"maxspeed": "30"}, "primary") == 30
    assert speed_kmh({"maxspeed": "30 mph"}, "primary") == pytest.approx(48.28, abs=0.01)
    assert speed_kmh({"maxspeed": "signals"}, "primary") == 60
    assert speed_kmh({}, "footway") == 5


def test_one_way_streets_go_one_way() -> None:
    assert directions({}, "residential") == (True, True)
    assert directions({"oneway": "yes"}, "residential") == (True, False)
    assert directions({"oneway": "-1"}, "residential") == (False, True)
    assert directions({"junction": "roundabout"}, "residential") == (True, False)
    assert directions({}, "motorway") == (True, False)
    assert directions({"oneway": "no"}, "motorway") == (True, True)


def test_the_most_specific_access_tag_decides() -> None:
    assert open_to_cars({}, "residential")
    assert not open_to_cars({"access": "private"}, "service")
    assert open_to_cars({"access": "no", "motor_vehicle": "yes"}, "service")
    assert not open_to_cars({}, "footway")
