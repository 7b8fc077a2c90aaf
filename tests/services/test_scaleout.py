"""Counted by two workers over exported files, every figure is the one counted in process."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import geopandas as gpd
import numpy as np
import psycopg
import pytest

from geodata import history_export
from geodata.db import open_pool
from geodata.errors import InvalidInputError, SourceUnavailableError
from geodata.indicators.catalogue import catalogue
from services import backtest, ground, history_build, hotspots
from services.ground import Ground, GroundStore
from services.history import Filters, History, HistoryStore
from services.hotspots import Rate
from services.indicators import compute, schedule, spread
from services.rights import Reader, Role
from services.scaleout import Scaleout
from tests.conftest import City

LEADER = Reader(1, "leader", "leader", Role.LEADER, "")
WORKER = Reader(2, "worker", "worker", Role.WORKER, "990000002")


@pytest.fixture(scope="module")
def made(city: City, tmp_path_factory: pytest.TempPathFactory) -> Path:
    data_dir = tmp_path_factory.mktemp("scaleout")
    with open_pool(city.url) as pool:
        history_build.make(pool, data_dir)
        ground.make(pool, data_dir)
        with pool.connection() as conn:
            assert history_export.export(conn, data_dir / "exports") == len(HistoryStore(data_dir).current())
            conn.rollback()
    return data_dir


@pytest.fixture(scope="module")
def history(made: Path) -> History:
    return HistoryStore(made).current()


@pytest.fixture(scope="module")
def land(made: Path) -> Ground:
    return GroundStore(made).current()


@pytest.fixture(scope="module")
def cluster(made: Path) -> Iterator[Scaleout]:
    """Two workers, each a process of its own."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50, local_directory=str(made / "dask")
    ) as local:
        scaleout = Scaleout(local.scheduler_address, str(made / "exports"))
        yield scaleout
        scaleout.close()


@pytest.mark.filterwarnings("ignore")
def test_hot_spots_are_the_same(cluster: Scaleout, history: History, land: Ground) -> None:
    filters = hotspots.windowed(Filters(start=history.at - timedelta(days=100)), history.at)
    asked: list[tuple[Reader, Filters, int, Rate]] = [
        (LEADER, filters, 9, Rate.COUNT),
        (LEADER, replace(filters, majors=frozenset({"city"}), hours=frozenset({7, 8, 23}), weekdays=frozenset({1, 7})), 10, Rate.PEOPLE),
        (WORKER, replace(filters, sources=frozenset({"grid_self"}), overdue=False), 8, Rate.PATROL_HOURS),
        (LEADER, replace(filters, start=filters.end), 9, Rate.COUNT),
    ]
    for reader, wanted, resolution, rate in asked:
        here = hotspots.hotspots(history, land, reader, wanted, resolution=resolution, rate=rate)
        there = cluster.hotspots(land, reader, wanted, resolution=resolution, rate=rate)
        assert there.field is here.field
        for name in ("count", "expected", "rate", "z_score", "p_value", "q_value", "significant", "trend"):
            np.testing.assert_array_equal(getattr(there, name), getattr(here, name), err_msg=name)
        assert (there.total, there.unplaced, there.weeks) == (here.total, here.unplaced, here.weeks)


@pytest.mark.filterwarnings("ignore")
def test_back_tests_are_the_same(cluster: Scaleout, history: History, land: Ground) -> None:
    filters = hotspots.windowed(Filters(), history.at)
    assert cluster.backtest(land, LEADER, filters, resolution=8, weeks=4) == backtest.backtest(
        history, land, LEADER, filters, resolution=8, weeks=4
    )
    with pytest.raises(InvalidInputError, match="roads"):
        cluster.hotspots(land, LEADER, replace(filters, roads=frozenset({"新马路"})), resolution=8)


@pytest.mark.filterwarnings("ignore")
def test_indicators_over_all_years_are_those_of_the_database(cluster: Scaleout, city: City) -> None:
    """Each figure of each day, week and month of China, of the district and its streets; PostgreSQL's time zone data base judges."""
    codes = {one.code for one in catalogue().indicators.values() if spread.countable(one)}
    now = datetime.now(UTC)
    with open_pool(city.url) as pool:
        with pool.connection() as conn:
            conn.execute("DELETE FROM hall.indicator_value WHERE code = ANY(%s)", [sorted(codes)])
        assert set(compute.recompute(pool, now, whole=True, codes=codes).computed) == codes
        expected = figures(city)
        with pool.connection() as conn:
            conn.execute("UPDATE hall.indicator_value SET value = -1 WHERE code = ANY(%s)", [sorted(codes)])
            conn.execute("DELETE FROM hall.indicator_value WHERE code = ANY(%s) AND period < '2025-06-01'", [sorted(codes)])
        outcome = spread.recompute(pool, cluster, now, codes | {"CM-03"})
    assert set(outcome.computed) == codes
    assert len(codes) > 45
    assert {cycle for _, _, cycle, _ in expected} == {"day", "week", "month"}
    assert figures(city) == expected


def test_without_the_cluster_the_database_computes_the_indicators(city: City, made: Path) -> None:
    codes = [one.code for one in catalogue().indicators.values() if spread.countable(one)]
    with open_pool(city.url) as pool:
        with pool.connection() as conn:
            conn.execute("DELETE FROM hall.indicator_run WHERE code = ANY(%s)", [codes])
        outcome = schedule.step(pool, datetime.now(UTC), Scaleout("tcp://127.0.0.1:1", str(made / "exports")))
    assert set(codes) <= set(outcome.computed)


def figures(city: City) -> dict[tuple[str, str, str, datetime], float | None]:
    """All figures of the countable indicators."""
    cycles = {one.code: one.cycle for one in catalogue().indicators.values() if spread.countable(one)}
    with psycopg.connect(city.url) as conn:
        rows = conn.execute("SELECT code, area, period, value FROM hall.indicator_value WHERE code = ANY(%s)", [sorted(cycles)]).fetchall()
    return {(code, area, cycles[code], period): value for code, area, period, value in rows}


def test_files_are_geoparquet_by_month_without_personal_columns(made: Path) -> None:
    files = sorted((made / "exports").glob("month=*/cases.parquet"))
    frame = gpd.read_parquet(files[3])
    assert frame.crs.to_epsg() == 4326
    assert {at.strftime("%Y-%m") for at in frame["reported_at"].dt.tz_convert("Asia/Shanghai")} == {
        files[3].parent.name.removeprefix("month=")
    }
    assert not {"reporter", "reporter_phone", "title", "description", "place_text"} & set(frame.columns)


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path, city_conn: psycopg.Connection[object]) -> None:
    (tmp_path / "keep.txt").write_text("mine")
    with pytest.raises(InvalidInputError, match=r"keep\.txt"):
        history_export.export(city_conn, tmp_path)
    assert (tmp_path / "keep.txt").read_text() == "mine"


def test_no_export_and_no_scheduler_are_said(tmp_path: Path, land: Ground, history: History) -> None:
    filters = hotspots.windowed(Filters(), history.at)
    with pytest.raises(SourceUnavailableError, match="export history"):
        Scaleout("tcp://127.0.0.1:1", str(tmp_path)).hotspots(land, LEADER, filters, resolution=8)
