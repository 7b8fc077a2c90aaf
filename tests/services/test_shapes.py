"""Shapes are checked before anything is looked for in them."""

from typing import Any

import pytest

from geodata.errors import InvalidInputError
from services.shapes import Circle, Corridor, Region, flattened, parse

SQUARE = {"type": "Polygon", "coordinates": [[[113.5, 22.1], [113.51, 22.1], [113.51, 22.11], [113.5, 22.11], [113.5, 22.1]]]}


def test_the_area_of_a_square_is_in_square_metres() -> None:
    # 0.01 degrees at 22.1 N are 1,032 m by 1,107 m
    region = parse(SQUARE)
    assert isinstance(region, Region)
    assert region.area_m2() == pytest.approx(1_142_500, rel=0.002)


def test_a_line_of_a_kilometre_with_100_m_on_each_side() -> None:
    corridor = parse({"type": "LineString", "coordinates": [[113.5, 22.1], [113.509694, 22.1]]}, radius_m=100)
    assert isinstance(corridor, Corridor)
    # 1,000 m x 200 m and two half circles
    region = flattened(corridor)
    assert isinstance(region, Region)
    assert region.area_m2() == pytest.approx(200_000 + 31_416, rel=0.002)


def test_a_point_with_a_radius_is_a_circle() -> None:
    assert parse({"type": "Point", "coordinates": [113.5, 22.1, 7]}, radius_m=300) == Circle(113.5, 22.1, 300)


def test_the_box_of_a_circle_holds_its_rim() -> None:
    box = Circle(113.5, 60.0, 20_000).bounds()
    assert (box.east - 113.5) * 55_800 > 20_000
    assert (box.north - 60) * 111_400 > 20_000


@pytest.mark.parametrize(
    ("geometry", "radius_m", "why"),
    [
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}, None, r"crosses itself .*0.5 0.5"),
        ({"type": "Polygon", "coordinates": []}, None, "empty"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]}, None, "cannot be read"),
        ({"type": "Polygon"}, None, "cannot be read"),
        ({"type": "Polygon", "coordinates": [[["x", 0], [1, 1], [2, 0], ["x", 0]]]}, None, "cannot be read"),
        ({"type": "Polygon", "coordinates": [[[200, 0], [201, 1], [201, 0], [200, 0]]]}, None, "in degrees"),
        ({"type": "Point", "coordinates": [113.5, 22.1]}, 1_000_000, "outside 1..20000"),
        ({"type": "Point", "coordinates": [113.5, 22.1]}, 0, "outside 1..20000"),
        ({"type": "Point", "coordinates": [113.5, 22.1]}, float("nan"), "outside 1..20000"),
        ({"type": "Point", "coordinates": [113.5, 22.1]}, None, "needs radius_m"),
        ({"type": "Point", "coordinates": [22.1, 113.5]}, 100, "longitude first"),
        ({"type": "LineString", "coordinates": [[113.5, 22.1], [115.5, 22.1]]}, 100, "206 km long"),
        ({"type": "LineString", "coordinates": [[113.5, 22.1], [113.6, 22.1]]}, 9_000, "outside 1..5000"),
        ({"type": "GeometryCollection", "geometries": []}, 100, "not 'GeometryCollection'"),
        ({}, 100, "not None"),
    ],
)
def test_what_is_no_shape_is_refused_with_the_reason(geometry: dict[str, Any], radius_m: float | None, why: str) -> None:
    with pytest.raises(InvalidInputError, match=why):
        parse(geometry, radius_m=radius_m)


def test_more_vertices_than_anybody_draws_are_refused() -> None:
    ring = [[113.5 + i * 1e-5, 22.1 + (i % 2) * 1e-5] for i in range(10_001)]
    with pytest.raises(InvalidInputError, match="10002 vertices"):
        parse({"type": "Polygon", "coordinates": [[*ring, ring[0]]]})
