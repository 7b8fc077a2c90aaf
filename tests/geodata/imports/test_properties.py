"""Whatever a file holds: all of its good rows are written, or nothing; and a second time changes nothing."""

import csv
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geodata.db import Conn
from geodata.errors import InvalidInputError
from geodata.imports.run import Order, run_import

HEADER = ("编号", "名称", "归属", "经度", "纬度", "方位角")
OWNERS = st.sampled_from(["城管", "police", "消防"])
NUMBER = st.floats(-360, 720, allow_nan=False).map(str)
SOUND = st.tuples(
    st.text("abc甲乙,\"'\n 1", min_size=1, max_size=6), st.text('东西南北门,"\n', min_size=1, max_size=8), OWNERS,
    st.floats(113.5, 113.6).map(str), st.floats(22.1, 22.3).map(str), st.sampled_from(["", "0", "359.5"]),
)  # fmt: skip
ANY = st.tuples(
    st.text(max_size=4), st.text(max_size=8), st.one_of(OWNERS, st.text(max_size=3)), st.one_of(NUMBER, st.text(max_size=4)), NUMBER,
    st.one_of(NUMBER, st.text(max_size=3)),
)  # fmt: skip


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with TemporaryDirectory() as name:
        yield Path(name)


def order(folder: Path, rows: list[tuple[str, ...]], max_bad: float) -> Order:
    with (folder / "own.csv").open("w", encoding="utf-8", errors="replace", newline="") as stream:
        csv.writer(stream).writerows([HEADER, *rows])
    return Order(file=folder / "own.csv", layer="cameras", max_bad=max_bad, report=folder / "bad.csv")


def cameras(conn: Conn) -> list[tuple[object, ...]]:
    return conn.execute("SELECT * FROM hall.camera ORDER BY id").fetchall()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.one_of(SOUND, ANY), min_size=1, max_size=12), st.sampled_from([0.0, 0.05, 0.5, 1.0]))
def test_all_good_rows_or_nothing(hall: Conn, folder: Path, rows: list[tuple[str, ...]], max_bad: float) -> None:
    asked = order(folder, rows, max_bad)
    with hall.transaction(force_rollback=True):
        before = cameras(hall)
        try:
            summary = run_import(hall, asked)
        except InvalidInputError as error:
            assert "the database refused" not in str(error)  # noqa: PT017 - other reasons are expected here
            assert cameras(hall) == before
            return
        after = cameras(hall)
        assert summary.bad <= max_bad * summary.read
        assert len(after) == len(before) + summary.counts.new
        assert summary.counts.new + summary.counts.updated + summary.counts.unchanged == summary.read - summary.bad
        again = run_import(hall, asked)
        assert (again.counts.new, again.counts.updated, again.bad) == (0, 0, summary.bad)
        assert cameras(hall) == after


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200), st.sampled_from(["csv", "xlsx", "geojson", "gpkg", "zip", "shp"]))
def test_noise_is_refused_without_a_trace(hall: Conn, folder: Path, content: bytes, kind: str) -> None:
    path = folder / f"noise.{kind}"
    path.write_bytes(content)
    before = cameras(hall)
    with pytest.raises(InvalidInputError):
        run_import(hall, Order(file=path, layer="cameras", report=folder / "bad.csv"))
    assert cameras(hall) == before
