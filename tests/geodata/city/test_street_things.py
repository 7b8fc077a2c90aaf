"""Parts, cameras, sensors and resources of the toy district."""

from dataclasses import replace

import numpy as np
import pytest
import shapely

from geodata.city.cameras import build_cameras
from geodata.city.parts import Parts, build_parts
from geodata.city.resources import build_resources
from geodata.city.sample import Sample
from geodata.city.sensors import DEVICES, build_sensors
from geodata.city.spots import along, bearing_deg
from tests.geodata.city.frames import frame

KERB_M = 12.0


@pytest.fixture(scope="module")
def parts(sample: Sample) -> Parts:
    return build_parts(sample)


def test_points_along_a_line_keep_their_spacing_side_and_heading() -> None:
    line = np.array([shapely.LineString([(0, 0), (0, 1000)])], object)
    points = along(line, 100.0, np.random.default_rng(1), side_m=5.0)
    assert len(points.line) in (10, 11)
    assert np.allclose(points.xy[:, 0], 5.0)
    assert np.allclose(points.heading_deg, 0.0)
    assert np.diff(points.xy[:, 1]).min() > 40
    assert bearing_deg(np.array([[1.0, 0.0], [0.0, -1.0]])).tolist() == [90.0, 180.0]


def test_parts_stand_within_reach_of_a_street_and_never_in_a_house(sample: Sample, parts: Parts) -> None:
    mapped = np.isin(parts.code, ["0201", "0203", "0301"])
    off = shapely.distance(shapely.points(parts.xy[~mapped]), shapely.union_all(sample.ground.roads.line))
    assert off.max() < KERB_M
    inside = shapely.STRtree(sample.ground.buildings.polygon).query(shapely.points(parts.xy), predicate="within")
    assert inside.shape[1] == 0


def test_mapped_toilets_and_car_parks_are_parts(parts: Parts) -> None:
    rows = frame(parts.rows)
    assert (rows.class_code == "0301").sum() == 1
    assert (rows.class_code == "0201").sum() == 1
    assert rows.obj_id.is_unique
    assert (rows.obj_id.str.len() == 16).all()
    assert rows.name.iloc[0].startswith(("南街", "二街", "三街", "四街", "北街", "西路", "二路", "中路", "四路", "东路"))


def test_cameras_at_junctions_look_down_a_street(sample: Sample) -> None:
    rows = frame(build_cameras(sample, 1))
    assert rows.gb_id.is_unique
    junction = rows[(rows.place_type == "junction")]
    assert len(junction) > 40
    # streets run east-west and north-south; positions are a few metres off the corner
    assert (np.abs((junction.azimuth_deg + 45) % 90 - 45) < 50).all()
    assert (rows.fov_deg[rows.ptz_type == 1] == 360).all()
    assert (rows.retention_days == np.where(rows.is_key, 90, 30)).all()
    assert 0.9 < rows.online.mean() < 1.0


def test_sensors_sit_on_fitting_parts_or_in_tall_houses(sample: Sample, parts: Parts) -> None:
    rows = frame(build_sensors(sample, parts))
    fits = {device.kind: set(device.on_parts) for device in DEVICES}
    for sensor in rows.itertuples():
        if fits[sensor.kind]:
            assert parts.code[int(sensor.part_id) - 1] in fits[sensor.kind]
        else:
            assert sample.ground.buildings.floors[int(sensor.building_id) - 1] >= 8


def test_only_alarms_are_over_the_limit(sample: Sample, parts: Parts) -> None:
    rows = frame(build_sensors(sample, parts))
    over = rows.value > rows.limit_value
    assert (over == (rows.status == "alarm")).all()
    assert over.any()


def test_what_the_map_cannot_know_is_marked_as_synthetic(sample: Sample) -> None:
    rows = frame(build_resources(replace(sample, scale=1.0)))
    assert set(rows[~rows.synthetic].kind) == {"hospital", "fire_station", "police", "toilet", "parking", "school"}
    assert set(rows[rows.synthetic].kind) == {"hydrant", "shelter", "warehouse"}
    assert rows[rows.kind == "parking"].capacity.tolist() == [85]
    assert (rows.available <= rows.capacity).all()
    assert rows.address.notna().all()
