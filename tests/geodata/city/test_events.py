"""Events of the toy district: shares, rhythms, duplicates and hot spots can be counted again; open cases leave nobody without work."""

import numpy as np
import pandas as pd
import pytest

from geodata.city.event_classes import EVENT_CLASSES, MAJOR_COUNTS
from geodata.city.event_places import HotSpots, Scene
from geodata.city.event_rows import IDS_FROM, build_events, grids_of
from geodata.city.event_times import share_of_day
from geodata.city.events import Cases, draw_history, draw_today
from geodata.city.force import Workforce
from geodata.city.open_cases import draw_open, handlers, tasks
from geodata.city.sample import Sample
from tests.geodata.city.frames import frame

COUNT = 20_000
NOW = pd.Timestamp("2026-11-23T04:00:00Z")
MIDNIGHT = pd.Timestamp("2026-11-22T16:00:00Z")


@pytest.fixture(scope="module")
def scene(sample: Sample) -> Scene:
    return Scene.of(sample.ground)


@pytest.fixture(scope="module")
def history(sample: Sample, scene: Scene) -> Cases:
    return draw_history(sample, scene, COUNT)


def rows_of(sample: Sample, cases: Cases) -> pd.DataFrame:
    force = Workforce.plan(sample)
    grid = grids_of(sample.ground, cases)
    return frame(build_events(sample, force, cases, grid, handlers(sample, force, cases, grid)))


@pytest.fixture(scope="module")
def rows(sample: Sample, history: Cases) -> pd.DataFrame:
    return rows_of(sample, history)


@pytest.fixture(scope="module")
def still_open(sample: Sample, scene: Scene) -> Cases:
    return draw_open(sample, scene).by_time()


def test_sources_come_in_the_shares_of_the_district(rows: pd.DataFrame) -> None:
    shares = rows.source.value_counts(normalize=True)
    expected = {"grid_self": 0.53, "grid_patrol": 0.33, "city_dcm": 0.05, "hotline12345": 0.07}
    assert all(abs(shares[source] - share) < 0.015 for source, share in expected.items())


def test_majors_come_in_the_shares_of_the_district(rows: pd.DataFrame) -> None:
    shares = rows.major.value_counts(normalize=True)
    total = sum(MAJOR_COUNTS.values())
    assert total == 380_000
    assert all(abs(shares[major] - count / total) < 0.015 for major, count in MAJOR_COUNTS.items())


def test_reports_peak_in_the_morning_and_in_the_afternoon_of_working_days(rows: pd.DataFrame) -> None:
    local = rows.reported_at + pd.Timedelta(hours=8)
    hours = local.dt.hour.value_counts()
    assert set(hours.nlargest(4).index) <= {8, 9, 10, 15, 16}
    days = local.dt.day_of_week.value_counts()
    assert days[[5, 6]].mean() < 0.8 * days[[0, 1, 2, 3, 4]].mean()


def test_everything_is_closed_after_its_report_and_before_now(rows: pd.DataFrame) -> None:
    assert (rows.closed_at >= rows.reported_at).all()
    assert rows.closed_at.max() <= NOW
    assert rows.reported_at.max() < MIDNIGHT
    assert rows.reported_at.min() >= MIDNIGHT - pd.Timedelta(days=1095)
    assert 0.02 < (rows.closed_at > rows.deadline_at).mean() < 0.08


def test_repeated_reports_follow_the_first_one_within_metres_and_hours(rows: pd.DataFrame, history: Cases) -> None:
    second = np.flatnonzero(history.origin >= 0)
    first = history.origin[second]
    assert len(second) == COUNT * 4 // 100
    away = np.hypot(*(history.sites.xy[second] - history.sites.xy[first]).T)
    assert np.percentile(away, 95) < 25
    assert (history.reported[second] > history.reported[first]).all()
    assert (history.event_class[second] == history.event_class[first]).all()
    assert (rows.dup_of.dropna().to_numpy() == IDS_FROM + 1 + first).all()


def test_case_numbers_tell_the_local_day(rows: pd.DataFrame) -> None:
    assert rows.case_no.is_unique
    assert (rows.case_no.str[6:14] == (rows.reported_at + pd.Timedelta(hours=8)).dt.strftime("%Y%m%d")).all()


def test_a_title_is_the_place_and_the_problem(rows: pd.DataFrame) -> None:
    names = {item.code: item.name for item in EVENT_CLASSES}
    assert (rows.title.str.split(" ").str[-1] == rows.class_code.map(names)).sum() >= 0.98 * len(rows)
    assert rows.place_text.str.len().gt(1).all()


def test_only_machines_that_can_see_or_sense_a_thing_report_it(rows: pd.DataFrame) -> None:
    for source, ability in (("sensor", "sensed"), ("video_ai", "seen")):
        able = {item.code for item in EVENT_CLASSES if getattr(item, ability)}
        assert set(rows[rows.source == source].class_code) <= able


def test_hot_spots_crowd_events_in_few_places(history: Cases) -> None:
    cell = np.floor(history.sites.xy / 50).astype(int)
    _, counts = np.unique(cell, axis=0, return_counts=True)
    assert np.sort(counts)[-8:].mean() > 2 * counts.mean()


def test_some_hot_spots_begin_late_and_some_fade(scene: Scene) -> None:
    rng = np.random.default_rng(1)
    hot = HotSpots.draw(rng, scene, 32, 1000)
    assert (hot.begin >= 830).sum() == 4
    assert (hot.end == 550).sum() == 2
    spot = np.arange(32).repeat(50)
    days = hot.days(rng, spot, rng.integers(0, 1000, len(spot)))
    assert ((days >= hot.begin[spot]) & (days < hot.end[spot])).all()
    away = np.hypot(*(hot.sites(rng, spot).xy - hot.centre[spot]).T)
    assert np.percentile(away, 90) < 100


def test_open_cases_are_in_every_state_and_of_every_level(sample: Sample, still_open: Cases) -> None:
    rows = rows_of(sample, still_open)
    assert 60 <= len(rows) <= 75
    assert set(rows.state) == {"reported", "filed", "dispatched", "handling", "checking", "suspended"}
    assert set(rows.level) == {0, 1, 2, 3, 4}
    assert rows.closed_at.isna().all()
    assert not set(rows[rows.level.isin([1, 2])].state) & {"reported", "suspended", "checking"}


def test_few_open_cases_are_overdue_and_some_are_nearly_due(sample: Sample, still_open: Cases) -> None:
    rows = rows_of(sample, still_open)
    left = (rows.deadline_at - NOW) / (rows.deadline_at - rows.step_started_at)
    assert 3 <= (left < 0).sum() <= 5
    assert 2 <= left.between(0, 0.25).sum() <= 25
    assert (left > 0.25).mean() > 0.6
    assert (rows.reported_at <= rows.step_started_at).all()
    assert (rows.step_started_at <= NOW).all()


def test_sent_cases_have_somebody_and_make_him_busy(sample: Sample, still_open: Cases) -> None:
    force = Workforce.plan(sample)
    grid = grids_of(sample.ground, still_open)
    handler = handlers(sample, force, still_open, grid)
    states = np.array(["reported", "filed", "dispatched", "handling", "checking", "suspended"], object)
    sent = np.isin(states[still_open.state], ["dispatched", "handling", "checking"])
    assert ((handler >= 0) == sent).all()
    load = tasks(still_open, handler, len(force.role))
    assert load.sum() == np.isin(states[still_open.state], ["dispatched", "handling"]).sum()


def test_cases_closed_today_grow_with_the_day(sample: Sample, scene: Scene, history: Cases) -> None:
    # at noon 43 % of a usual day's reports have come in
    assert abs(share_of_day(np.timedelta64(12, "h")) - 0.43) < 0.02
    assert share_of_day(np.timedelta64(0, "h")) == 0.0
    today = frame(
        {"closed": draw_today(sample, scene, history).closed, "reported": draw_today(sample, scene, history).reported},
    )
    assert (today.closed.between(MIDNIGHT, NOW)).all()
    carried = int((history.closed >= np.datetime64("2026-11-22T16:00:00")).sum())
    assert 20 <= len(today) + carried <= 45
