"""Movements keep to the streets, and nobody jumps."""

import numpy as np
import pytest
import shapely

from geodata.city.force import BY_CAR, ON_FOOT, VEHICLES, Workforce, build_vehicles, build_workers, vehicle_homes
from geodata.city.sample import Sample
from geodata.city.tracks import EVERY_S, NOISE_M, Walk, track_rows, walk
from tests.geodata.city.frames import frame

FARTHEST_OFF_M = 3 * NOISE_M * 2**0.5
STEPS = 120


@pytest.fixture(scope="module")
def walked(sample: Sample) -> Walk:
    homes = np.repeat(sample.ground.buildings.point[[0, 63]], 10, axis=0)
    return walk(sample, "test", homes, ON_FOOT, STEPS)


def test_walkers_stay_on_streets(sample: Sample, walked: Walk) -> None:
    points = shapely.points(walked.xy.reshape(-1, 2))
    off = shapely.distance(points, shapely.union_all(sample.ground.roads.line))
    assert off.max() <= FARTHEST_OFF_M


def test_no_step_is_longer_than_the_pace_allows(walked: Walk) -> None:
    step = np.hypot(*(walked.xy[:, 1:] - walked.xy[:, :-1]).reshape(-1, 2).T)
    assert step.max() <= ON_FOOT.pace_m_s * EVERY_S * 1.1 + 2 * FARTHEST_OFF_M
    assert np.median(step) > 5


def test_walkers_stay_round_home(sample: Sample, walked: Walk) -> None:
    homes = np.repeat(sample.ground.buildings.point[[0, 63]], 10, axis=0)
    away = np.hypot(*(walked.xy - homes[:, None]).reshape(-1, 2).T)
    assert np.percentile(away, 90) < ON_FOOT.reach_m + 100


def test_cars_do_not_enter_one_way_streets_from_the_wrong_end(sample: Sample) -> None:
    # of the 40 edges every eighth is one-way; edge 0 runs along the south street from the corner to 100 m east
    toured = walk(sample, "cars", np.repeat(sample.ground.buildings.point[:1], 30, axis=0), BY_CAR, STEPS)
    local = toured.xy - np.array([762_000.0, 2_456_000.0])
    on_edge = (local[..., 1] < 6) & (local[..., 0] > 8) & (local[..., 0] < 92)
    both = on_edge[:, 1:] & on_edge[:, :-1]
    step = np.diff(local[..., 0], axis=1)[both]
    assert len(step) > 3
    assert step.min() > -2 * FARTHEST_OFF_M


def test_tracks_end_now_and_lie_fifteen_seconds_apart(sample: Sample, walked: Walk) -> None:
    rows = frame(track_rows(sample, walked, np.arange(1, 21), "worker_id"))
    assert len(rows) == 20 * STEPS
    last = rows.groupby("worker_id").reported_at.max()
    assert [(rows.reported_at.max() - at).seconds for at in last] == [0 if worker == 15 else worker % 15 for worker in last.index]
    assert (rows[rows.worker_id == 3].reported_at.diff().dropna().dt.seconds == EVERY_S).all()


def test_every_base_grid_has_one_worker_and_who_has_tasks_is_busy(sample: Sample) -> None:
    force = Workforce.plan(sample)
    grid_workers = int(force.is_grid_worker().sum())
    assert grid_workers == 4
    walks = (walk(sample, "a", force.home_xy[:4], ON_FOOT, 3), walk(sample, "b", force.home_xy[4:], ON_FOOT, 3))
    load = np.zeros(len(force.role), np.int64)
    load[2] = 2
    workers, positions = (frame(rows) for rows in build_workers(sample, force, load, walks))
    assert workers.grid_code[:4].tolist() == ["990000001001001", "990000001001002", "990000002001001", "990000002001002"]
    assert (workers.grid_code[4:].str.len() == 12).all()
    assert workers.status[2] == "busy"
    assert (workers.status[workers.load == 0] != "busy").all()
    assert (positions.status == workers.status).all()
    assert workers.worker_no.is_unique
    assert workers.phone.is_unique


def test_vehicles_of_all_four_kinds_have_their_own_plates(sample: Sample) -> None:
    kind, home_xy, home_grid = vehicle_homes(sample)
    rows = frame(build_vehicles(sample, kind, home_grid, walk(sample, "v", home_xy, BY_CAR, 3)))
    assert set(rows.kind) == {item.kind for item in VEHICLES}
    assert rows.plate.is_unique
    assert rows.terminal_no.str.len().eq(12).all()
