"""Which administrative areas are the streets of a district."""

import json
from pathlib import Path

import numpy as np
import pytest
import shapely

from geodata.osm.boundaries import UNNAMED_DISTRICT, administration
from geodata.osm.extract import Boundary, Features, read_extract
from geodata.settings import SAMPLE_EXTRACT

REFERENCE = Path(__file__).parent / "data" / "macau_parishes.geojson"
SEATS = np.array([shapely.Point(x + 0.5, y + 0.5) for x in range(4) for y in range(2)], object)


def boundary(
    number: int, level: int, name: str, *rings: shapely.Geometry, members: int = 1, inner: tuple[shapely.Geometry, ...] = ()
) -> Boundary:
    lines = np.array([shapely.boundary(ring) if ring.geom_type == "Polygon" else ring for ring in rings], object)
    holes = np.array([shapely.boundary(ring) for ring in inner], object)
    return Boundary(number, level, {"name": name}, members, lines, holes)


def test_the_deepest_level_that_covers_the_seats_makes_the_streets() -> None:
    west, east = shapely.box(0, 0, 2, 2), shapely.box(2, 0, 4, 2)
    found = administration(
        [
            boundary(1, 6, "大區", shapely.box(0, 0, 4, 2)),
            boundary(2, 8, "西街道", west),
            boundary(3, 8, "东街道", east),
            boundary(4, 10, "角落", shapely.box(0, 0, 1, 1)),
        ],
        SEATS,
        Features(),
    )
    assert (found.name, [street.name for street in found.streets]) == ("大区", ["西街道", "东街道"])


def test_neighbours_cut_by_the_extract_give_no_street() -> None:
    home = shapely.box(0, 0, 4, 2)
    open_ring = shapely.LineString([(4, 0), (5, 0), (5, 2)])
    found = administration(
        [
            boundary(1, 8, "本街道", home),
            boundary(2, 8, "邻街道", open_ring, members=12),
            boundary(3, 6, "外市", inner=(home,), members=80),
        ],
        SEATS,
        Features(),
    )
    assert [street.name for street in found.streets] == ["本街道"]


def test_without_areas_there_is_one_street_round_everything() -> None:
    found = administration([], SEATS, Features())
    assert found.name == UNNAMED_DISTRICT
    assert len(found.streets) == 1
    assert shapely.intersects(found.streets[0].area, SEATS).all()


def test_a_level_that_holds_few_seats_is_not_taken() -> None:
    found = administration([boundary(1, 8, "一角", shapely.box(0, 0, 1, 1))], SEATS, Features())
    assert found.streets[0].area.area > 3


@pytest.fixture(scope="module")
def sample() -> list[tuple[str, shapely.Geometry]]:
    extract = read_extract(SAMPLE_EXTRACT)
    built = np.array(["building" in tags for tags in extract.areas.tags], bool)
    found = administration(extract.boundaries, shapely.point_on_surface(extract.areas.geometry[built]), extract.points)
    assert found.name == "澳门"
    return [(street.name, street.area) for street in found.streets]


def test_the_sample_city_has_its_eight_parishes(sample: list[tuple[str, shapely.Geometry]]) -> None:
    assert {name for name, _ in sample} == {
        "嘉模堂区",
        "圣方济各堂区",
        "路氹填海区",
        "花地玛堂区",
        "花王堂区",
        "大堂区",
        "望德堂区",
        "风顺堂区",
    }


def test_each_parish_matches_the_reference(sample: list[tuple[str, shapely.Geometry]]) -> None:
    reference = [shapely.from_geojson(json.dumps(feature["geometry"])) for feature in json.loads(REFERENCE.read_text())["features"]]
    for name, area in sample:
        best = max(shapely.intersection(area, other).area / shapely.union(area, other).area for other in reference)
        assert best > 0.999, name
