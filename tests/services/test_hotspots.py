"""Hot spots of the sample city against a count by hand, and of cases whose answer is known beforehand."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import h3
import numpy as np
import psycopg
import pytest

from geodata.db import open_pool, writing
from geodata.errors import InvalidInputError
from geodata.grid import BBox
from services import ground, history_build, hotspot_cell, hotspots, patrols
from services.gistar import TRENDS
from services.ground import Ground, GroundStore
from services.history import Filters, History, HistoryStore
from services.hotspots import Rate, Step
from services.rights import Reader, Role
from tests.conftest import City

LEADER = Reader(1, "leader", "leader", Role.LEADER, "")
WORKER = Reader(2, "worker", "worker", Role.WORKER, "990000002")
CHINA = ZoneInfo("Asia/Shanghai")


@pytest.fixture(scope="module")
def made(city: City, tmp_path_factory: pytest.TempPathFactory) -> Path:
    data_dir = tmp_path_factory.mktemp("hotspots")
    with open_pool(city.url) as pool:
        history_build.make(pool, data_dir)
        ground.make(pool, data_dir)
    return data_dir


@pytest.fixture(scope="module")
def history(made: Path) -> History:
    return HistoryStore(made).current()


@pytest.fixture(scope="module")
def land(made: Path) -> Ground:
    return GroundStore(made).current()


def window(history: History, days: int = 90) -> Filters:
    return hotspots.windowed(Filters(start=history.at - timedelta(days=days)), history.at)


@pytest.mark.parametrize("resolution", [7, 8, 9, 10])
def test_counts_are_those_of_the_database(history: History, land: Ground, city: City, resolution: int) -> None:
    filters = replace(window(history), sources=frozenset({"grid_self", "grid_patrol"}), hours=frozenset(range(6, 18)))
    found = hotspots.hotspots(history, land, LEADER, filters, resolution=resolution)
    with psycopg.connect(city.url) as conn:
        places = conn.execute(
            """SELECT ST_Y(geom), ST_X(geom) FROM hall.event
               WHERE date_trunc('second', reported_at) >= %s AND reported_at < %s AND state NOT IN ('merged', 'void')
                 AND source IN ('grid_self', 'grid_patrol') AND date_part('hour', reported_at AT TIME ZONE 'Asia/Shanghai') BETWEEN 6 AND 17""",
            [filters.start, filters.end],
        ).fetchall()
    truth = Counter(h3.latlng_to_cell(lat, lon, resolution) for lat, lon in places)
    told = {name: count for name, count in zip(found.field.names, found.count.tolist(), strict=True) if count}
    assert told == dict(truth)
    assert found.total == len(places)
    assert found.unplaced == 0
    assert np.nansum(found.expected) == pytest.approx(found.total)


def test_all_cells_that_touch_the_district_take_part(land: Ground, city: City) -> None:
    with psycopg.connect(city.url) as conn:
        query = "SELECT ST_Intersects(geom, ST_GeomFromText(%s, 4326)) FROM hall.area WHERE level = 'district'"
        for resolution in (7, 8):
            names = set(land.field_of(resolution).names)
            around = {near for name in names for near in h3.grid_disk(name, 1)}
            for name in around:
                row = conn.execute(query, [hotspot_cell._outline(name)]).fetchone()
                assert row is not None
                assert row[0] == (name in names), name


def test_a_street_reads_its_own_numbers_only(history: History, land: Ground) -> None:
    filters = window(history)
    mine = hotspots.hotspots(history, land, WORKER, filters, resolution=9)
    asked = hotspots.hotspots(history, land, LEADER, replace(filters, area=WORKER.scope), resolution=9)
    assert mine.field.names == asked.field.names
    assert mine.count.tolist() == asked.count.tolist()
    assert mine.total == len(history.rows(filters, WORKER)) > 0
    assert len(mine.field.cells) < len(land.field_of(9).cells)
    other = hotspots.hotspots(history, land, WORKER, replace(filters, area="990000001"), resolution=9)
    assert (other.total, len(other.field.cells)) == (0, 0)


@pytest.mark.parametrize("rate", list(Rate))
@pytest.mark.parametrize(
    "narrow",
    [
        {"classes": frozenset({"deleted since"})},
        {"area": "123456"},
        {"roads": frozenset({"no such road"})},
        {"start": datetime(2050, 1, 1, tzinfo=UTC), "end": datetime(2050, 1, 1, tzinfo=UTC)},
        {"start": datetime(1960, 1, 1, tzinfo=UTC), "end": datetime(1960, 3, 1, tzinfo=UTC)},
    ],
)
def test_nothing_to_count_is_an_answer(history: History, land: Ground, rate: Rate, narrow: dict[str, object]) -> None:
    filters = replace(window(history), **narrow)  # type: ignore[arg-type]
    found = hotspots.hotspots(history, land, LEADER, filters, resolution=9, rate=rate)
    assert found.total == 0
    assert not found.significant.any()
    assert len(hotspots.told(found)) == 0
    assert hotspots.frames(history, land, LEADER, filters, resolution=9, step=Step.DAY).total == 0


def test_one_case_is_counted_once(history: History, land: Ground) -> None:
    row = int(np.argmax(history.reported))
    at = datetime.fromtimestamp(int(history.reported[row]), UTC)
    only = Filters(start=at, end=at + timedelta(seconds=1), cells=frozenset({h3.int_to_str(int(history.cell[row]))}), counted=False)
    found = hotspots.hotspots(history, land, LEADER, only, resolution=10)
    assert found.total == 1
    told = hotspots.told(found)
    assert [found.field.names[place] for place in told if found.count[place]] == [h3.int_to_str(int(history.cell[row]))]


def test_the_window_ends_before_its_last_second(history: History, land: Ground) -> None:
    second = int(history.reported[history.counted].max())
    at = datetime.fromtimestamp(second, UTC)
    before = hotspots.hotspots(history, land, LEADER, Filters(start=at - timedelta(days=1), end=at), resolution=8)
    after = hotspots.hotspots(history, land, LEADER, Filters(start=at - timedelta(days=1), end=at + timedelta(seconds=1)), resolution=8)
    assert after.total == before.total + int((history.reported[history.counted] == second).sum())


def test_rates_leave_out_who_is_hardly_exposed(history: History, land: Ground) -> None:
    found = hotspots.hotspots(history, land, LEADER, window(history), resolution=10, rate=Rate.PEOPLE)
    people = found.field.people
    few = people < hotspots.LEAST_PEOPLE
    assert few.any()
    assert np.isnan(found.rate[few]).all()
    assert not found.significant[few].any()
    rated = ~few & (found.count > 0)
    assert found.rate[rated] == pytest.approx(1000 * found.count[rated] / people[rated])


def test_patrol_hours_come_from_tracks(city: City, tmp_path: Path, land: Ground, history: History) -> None:
    with psycopg.connect(city.url) as conn:
        row = conn.execute(
            """SELECT sum(minutes) / 60.0 FROM (SELECT count(DISTINCT date_trunc('minute', reported_at)) AS minutes
               FROM hall.track_point WHERE reported_at < (SELECT read_to FROM hall.patrol_read) GROUP BY worker_id) AS one"""
        ).fetchone()
        tracked = conn.execute("SELECT min(reported_at), (SELECT read_to FROM hall.patrol_read) FROM hall.track_point").fetchone()
    assert row is not None
    assert tracked is not None
    with open_pool(city.url) as pool, writing(pool) as conn:
        assert patrols.read_tracks(conn, tracked[1]) == 0
    hours, days = land.field_of(9).patrol_hours(int(tracked[0].timestamp()), int(tracked[1].timestamp()))
    assert days >= 1
    assert float(hours.sum()) == pytest.approx(float(row[0]), rel=0.02)


def test_trends_look_at_whole_weeks_of_the_window(history: History, land: Ground) -> None:
    monday = datetime(2026, 9, 7, tzinfo=CHINA)
    filters = Filters(start=monday - timedelta(days=3), end=monday + timedelta(weeks=5, days=2))
    found = hotspots.hotspots(history, land, LEADER, filters, resolution=8)
    assert found.weeks == 5
    assert hotspots.hotspots(history, land, LEADER, window(history, 700), resolution=8).weeks == hotspots.TREND_WEEKS
    assert hotspots.hotspots(history, land, LEADER, window(history, 3), resolution=8).weeks == 0


def test_pictures_add_up_to_the_whole(history: History, land: Ground) -> None:
    filters = replace(window(history, 30), majors=frozenset({"city"}))
    whole = hotspots.hotspots(history, land, LEADER, filters, resolution=9)
    for step, most in ((Step.DAY, 32), (Step.WEEK, 6)):
        shown = hotspots.frames(history, land, LEADER, filters, resolution=9, step=step)
        assert shown.total == whole.total == sum(sum(frame.counts) for frame in shown.frames)
        assert len(shown.frames) <= most
        assert {(frame.start.astimezone(CHINA).hour, frame.start.astimezone(CHINA).minute) for frame in shown.frames} == {(0, 0)}
    assert {frame.start.astimezone(CHINA).weekday() for frame in shown.frames} == {0}
    with pytest.raises(InvalidInputError, match="400"):
        hotspots.frames(history, land, LEADER, filters, resolution=9, step=Step.HOUR)


def test_every_case_falls_into_the_day_of_china(history: History, land: Ground) -> None:
    """Differential over a new year: pictures of days against the time zone data base."""
    filters = Filters(start=datetime(2025, 12, 20, tzinfo=CHINA), end=datetime(2026, 1, 12, tzinfo=CHINA))
    shown = hotspots.frames(history, land, LEADER, filters, resolution=7, step=Step.DAY)
    rows = history.rows(filters, LEADER)
    truth = Counter(datetime.fromtimestamp(second, CHINA).date() for second in history.reported[rows].tolist())
    assert {frame.start.astimezone(CHINA).date(): sum(frame.counts) for frame in shown.frames if frame.counts} == dict(truth)


def test_twice_as_many_everywhere_is_no_change_anywhere(history: History, land: Ground) -> None:
    filters = window(history, 180)
    assert filters.start is not None
    assert filters.end is not None
    same = hotspots.changes(history, land, LEADER, filters, other=(filters.start, filters.end), resolution=8)
    assert same
    assert not any(one.significant for one in same)
    assert all(one.count == one.other_count == one.expected for one in same)
    half = filters.start + (filters.end - filters.start) / 2
    found = hotspots.changes(history, land, LEADER, replace(filters, start=half), other=(filters.start, half), resolution=8)
    assert sum(one.count + one.other_count for one in found) == sum(one.count for one in same)


def test_a_cell_tells_the_cases_that_the_map_counts(history: History, land: Ground, city_conn: psycopg.Connection[object]) -> None:
    filters = window(history)
    found = hotspots.hotspots(history, land, LEADER, filters, resolution=9)
    place = int(np.argmax(found.count))
    one = hotspot_cell.cell_of(city_conn, history, LEADER, replace(filters, cells=frozenset({found.field.names[place]})))
    assert one.total == found.count[place]
    assert sum(map(sum, one.matrix)) == sum(cause.count for cause in one.causes) == sum(week.count for week in one.weeks) == one.total
    assert sum(one.majors.values()) == sum(one.sources.values()) == one.total
    assert sum(address.count for address in one.addresses) <= one.total
    assert all(h3.latlng_to_cell(case.lat, case.lon, 9) == one.h3 for case in one.events)
    assert one.cameras.total >= len(one.cameras.items)
    foreign = hotspot_cell.cell_of(
        city_conn, history, Reader(3, "x", "x", Role.WORKER, "990000999"), replace(filters, cells=frozenset({one.h3}))
    )
    assert (foreign.total, foreign.events, foreign.parts.total, foreign.cameras.total) == (0, [], 0, 0)


def test_a_box_leaves_out_what_is_elsewhere(history: History, land: Ground) -> None:
    found = hotspots.hotspots(history, land, LEADER, window(history), resolution=9)
    everywhere = hotspots.told(found)
    box = BBox(113.54, 22.18, 113.56, 22.20)
    inside = hotspots.told(found, box)
    assert 0 < len(inside) < len(everywhere)
    lat, lon = found.field.centres()
    middle = (lon >= box.west) & (lon <= box.east) & (lat >= box.south) & (lat <= box.north)
    assert set(np.intersect1d(np.flatnonzero(middle), everywhere)) <= set(inside)


def test_trends_have_names(history: History, land: Ground) -> None:
    found = hotspots.hotspots(history, land, LEADER, window(history), resolution=9)
    assert set(found.trend.tolist()) <= set(range(len(TRENDS)))
