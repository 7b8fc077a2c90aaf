"""Coordinate systems against published pairs, a real file that holds both, and themselves."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata import crs
from geodata.errors import InvalidInputError

HONG_KONG = Path(__file__).parent.parent / "data" / "imports" / "hongkong_td_cameras.csv"


def converted(function: Callable[..., tuple[Any, Any]], x: float, y: float, system: str) -> tuple[float, float]:
    lon, lat = function(np.array([x]), np.array([y]), system)
    return float(lon[0]), float(lat[0])


@pytest.mark.parametrize(
    ("wgs84", "gcj02"),
    [
        ((121.5272106, 31.1774276), (121.531541859215, 31.17530398364597)),
        ((113.912316, 22.543847), (113.9171764808363, 22.540796131694766)),
        ((116.377817, 39.911954), (116.38404722455657, 39.91334545536069)),
        ((116.404, 39.915), (116.41024449916938, 39.91640428150164)),
    ],
)
def test_gcj02_agrees_with_published_pairs(wgs84: tuple[float, float], gcj02: tuple[float, float]) -> None:
    assert converted(crs.from_wgs84, *wgs84, "gcj02") == pytest.approx(gcj02, abs=1e-10)
    assert converted(crs.to_wgs84, *gcj02, "gcj02") == pytest.approx(wgs84, abs=1e-9)


def test_bd09_lies_on_gcj02_as_published() -> None:
    """The pair is GCJ-02 (116.404, 39.915) = BD-09 (116.41036949, 39.92133699), so both must be one place in WGS 84."""
    of_gcj02 = converted(crs.to_wgs84, 116.404, 39.915, "GCJ-02")
    of_bd09 = converted(crs.to_wgs84, 116.41036949371029, 39.92133699351021, "BD-09")
    assert of_bd09 == pytest.approx(of_gcj02, abs=1e-9)


def test_gcj02_moves_changsha_by_some_hundred_metres_and_leaves_paris_alone() -> None:
    lon, lat = np.array([112.98, 2.35]), np.array([28.2, 48.86])
    moved = crs.distance_m(lon, lat, *crs.from_wgs84(lon, lat, "gcj02"))
    assert 100 < moved[0] < 700
    assert moved[1] == 0


def test_central_meridian_114_has_easting_500_000_m() -> None:
    easting, northing = converted(crs.from_wgs84, 114.0, 28.2, "4547")
    assert easting == pytest.approx(500_000, abs=0.001)
    assert northing == pytest.approx(3_120_500, abs=300)


def test_cgcs2000_degrees_are_taken_as_they_are() -> None:
    assert converted(crs.to_wgs84, 112.98, 28.2, "EPSG:4490") == (112.98, 28.2)


def test_hong_kong_grid_meets_the_degrees_of_the_same_file_within_a_centimetre() -> None:
    with HONG_KONG.open(encoding="utf-8-sig") as stream:
        rows = list(csv.DictReader(stream))
    easting, northing, lon, lat = (
        np.array([float(row[name]) for row in rows]) for name in ("easting", "northing", "longitude", "latitude")
    )
    apart_m = crs.distance_m(lon, lat, *crs.to_wgs84(easting, northing, "2326"))
    assert len(rows) == 210
    assert np.percentile(apart_m, 90) < 0.01
    assert np.sum(apart_m > 1) == 7  # cameras whose grid and degrees disagree in the source itself, one by 8 km


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.floats(74, 134), st.floats(4, 53)), min_size=1, max_size=20),
    st.sampled_from(["gcj02", "bd09", "4490", "3857"]),
)
def test_there_and_back_is_less_than_a_tenth_of_a_millimetre(places: list[tuple[float, float]], system: str) -> None:
    lon, lat = np.array(places).T
    x, y = crs.from_wgs84(lon, lat, system)
    assert np.max(crs.distance_m(lon, lat, *crs.to_wgs84(x, y, system))) < 1e-4
    assert crs.round_trip_m(x, y, system) < 1e-4


@settings(max_examples=30, deadline=None)
@given(st.floats(112.5, 115.5), st.floats(20, 35))
def test_gauss_krueger_zone_there_and_back(lon: float, lat: float) -> None:
    x, y = crs.from_wgs84(np.array([lon]), np.array([lat]), "4547")
    assert crs.round_trip_m(x, y, "4547") < 1e-4


@pytest.mark.parametrize("name", ["mars", "99999", "EPSG:5773", "", "[x"])
def test_unknown_systems_are_refused_by_name(name: str) -> None:
    with pytest.raises(InvalidInputError):
        crs.describe(name)


def test_a_datum_without_known_shift_is_told() -> None:
    assert not crs.describe("4610").shifted  # Xian 1980
    assert crs.describe("4547").shifted


def test_area_of_a_square_of_a_hundredth_degree_at_the_equator() -> None:
    from shapely import box

    assert crs.area_m2(box(0, 0, 0.01, 0.01)) == pytest.approx(1113.19 * 1105.74, rel=1e-4)
