"""Street names of roads and buildings, and names in two languages."""

import pytest

from geodata.city.sample import Sample
from geodata.city.streets import short


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("豪发大厦 Edifício Hou Fat", "豪发大厦"),
        ("美居广场第三期 (3.Fase)-Edifício Mayfair", "美居广场第三期"),
        ("海上居 第二座", "海上居 第二座"),
        ("A座", "A座"),
        ("Golden Island", "Golden Island"),
    ],
)
def test_a_name_in_two_languages_is_shortened_to_chinese(name: str, expected: str) -> None:
    assert short(name) == expected


def test_every_building_has_the_nearest_street_as_its_address(sample: Sample) -> None:
    # the first house stands 26 m from the west road and 26 m from the south street, the second one in the north of the block
    assert sample.streets.of_building[0] in {"西路", "南街"}
    assert sample.streets.address[0] == sample.streets.label[0] == sample.streets.of_building[0]
    assert all(sample.streets.of_road)
