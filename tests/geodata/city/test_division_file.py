"""A kept division comes back as it was, or not at all."""

from pathlib import Path

import numpy as np
import pytest
import shapely

from geodata.city.division import Division
from geodata.city.division_file import find_division, keep_division, read_division

DIGEST = "f" * 64


@pytest.fixture
def division() -> Division:
    """Two grids of 0.01 degrees side by side, the second one with a hole."""
    hole = shapely.box(113.514, 22.104, 113.516, 22.106)
    return Division(
        district="试区",
        street_name=["甲街道"],
        street_kind=["inner"],
        community_name=["甲社区", "乙社区"],
        community_street=np.zeros(2, np.int64),
        grid=np.array(
            [shapely.box(113.5, 22.1, 113.51, 22.11), shapely.difference(shapely.box(113.51, 22.1, 113.52, 22.11), hole)], object
        ),
        grid_community=np.arange(2),
        grid_city_grid=np.zeros(2, np.int64),
    )


def test_it_comes_back_as_it_was(division: Division, tmp_path: Path) -> None:
    keep_division(division, DIGEST, tmp_path)
    found = find_division(DIGEST, tmp_path)
    assert found is not None
    assert (found.district, found.street_name, found.community_name) == ("试区", ["甲街道"], ["甲社区", "乙社区"])
    assert found.grid_community.tolist() == [0, 1]
    assert shapely.hausdorff_distance(found.grid, division.grid).max() < 1e-9
    assert shapely.coverage_is_valid(found.grid)


def test_coordinates_that_are_not_rounded_are_kept_in_full(division: Division, tmp_path: Path) -> None:
    moved = shapely.transform(division.grid, lambda xy: xy + 1e-7 / 3)
    odd = Division(**{name: getattr(division, name) for name in Division.__slots__} | {"grid": moved})
    found = read_division(keep_division(odd, DIGEST, tmp_path), DIGEST)
    assert found is not None
    assert shapely.get_coordinates(found.grid).tolist() == shapely.get_coordinates(moved).tolist()


def test_another_extract_has_none(division: Division, tmp_path: Path) -> None:
    path = keep_division(division, DIGEST, tmp_path)
    assert find_division("0" * 64, tmp_path) is None
    assert read_division(path, DIGEST[:16] + "0" * 48) is None


def test_a_damaged_file_counts_as_none(division: Division, tmp_path: Path) -> None:
    path = keep_division(division, DIGEST, tmp_path)
    path.write_bytes(path.read_bytes()[:300])
    assert find_division(DIGEST, tmp_path) is None
    path.write_text("no file of ours")
    assert find_division(DIGEST, tmp_path) is None
