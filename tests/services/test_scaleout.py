"""Counted by two workers over exported files, every figure is the one counted in process."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import psycopg
import pytest

from geodata import history_export
from geodata.db import open_pool
from geodata.errors import InvalidInputError, SourceUnavailableError
from services import backtest, case_series, ground, history_build, hotspots
from services.case_series import Period
from services.ground import Ground, GroundStore
from services.history import Filters, History, HistoryStore
from services.hotspots import Rate
from services.rights import Reader, Role
from services.scaleout import Scaleout
from tests.conftest import City

LEADER = Reader(1, "leader", "leader", Role.LEADER, "")
WORKER = Reader(2, "worker", "worker", Role.WORKER, "990000002")
CHINA = ZoneInfo("Asia/Shanghai")


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
def test_back_tests_and_series_are_the_same(cluster: Scaleout, history: History, land: Ground) -> None:
    filters = hotspots.windowed(Filters(), history.at)
    assert cluster.backtest(land, LEADER, filters, resolution=8, weeks=4) == backtest.backtest(
        history, land, LEADER, filters, resolution=8, weeks=4
    )
    for period, digits in ((Period.DAY, 0), (Period.WEEK, 9), (Period.MONTH, 12), (Period.YEAR, 15)):
        for reader in (LEADER, WORKER):
            wanted = Filters(start=datetime(2025, 12, 1, tzinfo=CHINA), levels=frozenset({0, 3, 4}))
            assert cluster.series(reader, wanted, period=period, digits=digits) == case_series.series(
                history, reader, wanted, period=period, digits=digits
            )
    with pytest.raises(InvalidInputError, match="roads"):
        cluster.series(LEADER, Filters(roads=frozenset({"新马路"})), period=Period.DAY)


def test_series_fall_into_the_days_months_and_years_of_china(history: History, city: City) -> None:
    """Differential against PostgreSQL's time zone data base."""
    with psycopg.connect(city.url) as conn:
        for period in Period:
            truth = conn.execute(
                """SELECT date_trunc(%s, reported_at AT TIME ZONE 'Asia/Shanghai')::date::text, left(grid_code, 9), count(*)
                   FROM hall.event WHERE state NOT IN ('merged', 'void') GROUP BY 1, 2""",
                [period.value],
            ).fetchall()
            assert case_series.series(history, LEADER, Filters(), period=period, digits=9) == {
                (day, code): count for day, code, count in truth
            }


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
