"""The columns of all cases, checked against PostgreSQL and against China's clock."""

import shutil
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import h3
import numpy as np
import psycopg
import pytest

from geodata.db import open_pool
from geodata.errors import InvalidInputError, SourceUnavailableError
from services import history_build
from services.history import Filters, History, HistoryStore
from services.rights import Reader, Role
from tests.conftest import City

LEADER = Reader(1, "leader", "leader", Role.LEADER, "")


@pytest.fixture(scope="module")
def made(city: City, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the columns of the small city."""
    data_dir = tmp_path_factory.mktemp("history")
    with open_pool(city.url) as pool:
        history_build.make(pool, data_dir)
    return data_dir


@pytest.fixture(scope="module")
def history(made: Path) -> History:
    return HistoryStore(made).current()


def counted(history: History, filters: Filters, reader: Reader = LEADER) -> int:
    return len(history.rows(filters, reader))


def test_every_case_is_there_once_in_the_order_of_class_and_time(history: History, city: City) -> None:
    with psycopg.connect(city.url) as conn:
        ids = [row[0] for row in conn.execute("SELECT id FROM hall.event")]
    assert sorted(history.id.tolist()) == sorted(ids)
    for first, last in zip(history.starts[:-1], history.starts[1:], strict=True):
        assert (np.diff(history.reported[first:last]) >= 0).all()


@pytest.mark.parametrize(
    ("filters", "where"),
    [
        (Filters(), "true"),
        (Filters(majors=frozenset({"city"}), sources=frozenset({"grid_self", "hotline12345"})), "major = 'city' AND source IN ('grid_self', 'hotline12345')"),
        (Filters(area="990000001"), "grid_code LIKE '990000001%'"),
        (Filters(hours=frozenset({8, 9, 23})), "date_part('hour', reported_at AT TIME ZONE 'Asia/Shanghai') IN (8, 9, 23)"),
        (Filters(weekdays=frozenset({6, 7})), "date_part('isodow', reported_at AT TIME ZONE 'Asia/Shanghai') IN (6, 7)"),
        (Filters(levels=frozenset({0, 3})), "level IN (0, 3)"),
        (
            Filters(start=datetime(2025, 12, 31, 16, tzinfo=UTC), end=datetime(2026, 1, 31, 16, tzinfo=UTC)),
            "to_char(reported_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM') = '2026-01'",
        ),
        (Filters(classes=frozenset({"0102", "deleted"})), "class_code = '0102'"),
        (Filters(classes=frozenset({"deleted"})), "false"),
    ],
)  # fmt: skip
def test_filters_mean_what_sql_means(history: History, city: City, filters: Filters, where: str) -> None:
    with psycopg.connect(city.url) as conn:
        # the clauses are the ones above
        ids = [row[0] for row in conn.execute(f"SELECT id FROM hall.event WHERE state NOT IN ('merged', 'void') AND {where}")]
    assert sorted(history.id[history.rows(filters, LEADER)].tolist()) == sorted(ids)


def test_scope_of_the_reader_narrows_as_an_area_does(history: History) -> None:
    worker = Reader(2, "worker", "worker", Role.WORKER, "990000002")
    assert counted(history, Filters(), worker) == counted(history, Filters(area="990000002")) > 0
    assert counted(history, Filters(area="990000001"), worker) == 0


def test_every_case_counts_in_the_hour_day_month_and_year_of_china(history: History) -> None:
    """Differential: numpy's arithmetic in the filters against the time zone data base, each case on its own."""
    china = ZoneInfo("Asia/Shanghai")
    rows = history.rows(Filters(counted=False), LEADER)
    local = [datetime.fromtimestamp(second, china) for second in history.reported[rows].tolist()]
    hows = (history.facets.how[history.facet[rows]]).tolist()
    assert all(how == at.weekday() * 24 + at.hour for how, at in zip(hows, local, strict=True))
    days = Counter(at.date() for at in local)
    for day, number in sorted(days.items())[:: max(1, len(days) // 60)]:
        start = datetime(day.year, day.month, day.day, tzinfo=china)
        assert counted(history, Filters(start=start, end=start + timedelta(days=1), counted=False)) == number
    months = Counter((at.year, at.month) for at in local)
    for (year, month), number in months.items():
        end = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=china)
        assert counted(history, Filters(start=datetime(year, month, 1, tzinfo=china), end=end, counted=False)) == number
    years = Counter(at.year for at in local)
    for year, number in years.items():
        window = Filters(start=datetime(year, 1, 1, tzinfo=china), end=datetime(year + 1, 1, 1, tzinfo=china), counted=False)
        assert counted(history, window) == number


def test_cells_are_those_of_the_positions(history: History) -> None:
    for row in range(0, len(history), 97):
        for resolution, cells in history.cells.items():
            cell = h3.latlng_to_cell(float(history.lat[row]), float(history.lon[row]), resolution)
            assert h3.int_to_str(int(cells[history.spots(np.array([row]), resolution)[0]])) == cell
    cell = h3.int_to_str(int(history.cell[0]))
    rows = history.rows(Filters(cells=frozenset({cell}), counted=False), LEADER)
    assert set(rows.tolist()) == set(np.flatnonzero(history.cell == history.cell[0]).tolist())


def test_a_changed_case_is_read_again_and_the_rest_taken_over(city: City, tmp_path: Path, made: Path) -> None:
    shutil.copytree(made / "history", tmp_path / "history")
    before = HistoryStore(tmp_path).current()
    moved, closed = int(before.id[0]), int(before.id[1])
    with open_pool(city.url) as pool:
        assert history_build.make(pool, tmp_path).folder.name == before.revision
        with pool.connection() as conn:
            stood = conn.execute(
                "SELECT geom, state, precision FROM hall.event WHERE id = ANY(%s) ORDER BY id = %s", [[moved, closed], closed]
            ).fetchall()
            conn.execute("UPDATE hall.event SET precision = 'district' WHERE id = %s", [moved])
            conn.execute("UPDATE hall.event SET state = 'void' WHERE id = %s", [closed])
        try:
            history_build.make(pool, tmp_path)
        finally:
            with pool.connection() as conn:
                for case, (_, state, precision) in zip((moved, closed), stood, strict=True):
                    conn.execute("UPDATE hall.event SET state = %s, precision = %s WHERE id = %s", [state, precision, case])
    after = HistoryStore(tmp_path).current()
    assert after.revision != before.revision
    assert int(after.cell[after.id == moved][0]) == 0
    assert int(after.spots(np.flatnonzero(after.id == moved), 10)[0]) == -1
    assert not after.counted[after.id == closed][0]
    others = (after.id != moved) & (after.id != closed)
    assert (np.sort(after.cell[others]) == np.sort(before.cell[~np.isin(before.id, [moved, closed])])).all()
    assert [folder.name for folder in (tmp_path / "history").iterdir()] == [after.revision]


def test_nothing_made_yet_is_said(tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailableError, match="prepared"):
        HistoryStore(tmp_path).current()


def test_a_city_without_cases_has_columns_too(empty_url: str, tmp_path: Path) -> None:
    with open_pool(empty_url) as pool:
        history_build.make(pool, tmp_path)
    history = HistoryStore(tmp_path).current()
    assert len(history) == counted(history, Filters()) == 0


@pytest.mark.parametrize(
    "wrong", [{"area": "99'; DROP"}, {"hours": frozenset({24})}, {"weekdays": frozenset({0})}, {"cells": frozenset({"zz"})}]
)
def test_values_that_no_case_could_have_are_named(wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidInputError, match=next(iter(wrong)).rstrip("s")):
        Filters(**wrong)  # type: ignore[arg-type]
