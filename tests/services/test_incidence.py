"""Rankings, comparisons, hours and trends, over cases that can be counted by hand; midnight, new year and deleted classes among them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import psycopg
import pytest

from geodata.db import open_pool
from geodata.errors import InvalidInputError
from services import garbage_bins, history_build, incidence, incidence_cases, incidence_trend, road_damage
from services.history import CHINA_S, ClassRow, Filters, History, HistoryStore
from services.history_build import Cases, Placed, build
from services.incidence_presets import BY_KEY, PRESETS
from services.rights import Reader, Role
from tests.conftest import City

LEADER = Reader(1, "leader", "leader", Role.LEADER, "")
NOW = datetime(2027, 1, 1, 4, tzinfo=UTC)
CLASSES = (
    ClassRow(code="0102", name="暴露垃圾", sub="C01", major="city"),
    ClassRow(code="0110", name="道路破损", sub="C04", major="city"),
    ClassRow(code="X101", name="火情", sub=None, major="emergency"),
)
GRIDS = ("990000001001001", "990000001002001", "990000002001001", "9900")
ROADS = ("一号路", "二号路")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A case of the tests. `at` is UTC; hours to its end, None while it is open."""

    at: datetime
    kind: int = 0
    grid: int = 0
    hours: float | None = 2.0
    limit_h: float = 4.0
    state: str = "closed"
    road: int = -1
    building: int = 0


def told(cases: Sequence[Told]) -> History:
    """Build a history of them."""
    number = len(cases)
    reported = np.array([int(one.at.timestamp()) for one in cases], np.int64)
    ends = np.array([0 if one.hours is None else int(one.at.timestamp() + one.hours * 3600) for one in cases], np.int64)
    states = tuple(sorted({one.state for one in cases} | {"closed"}))
    zeros = np.zeros(number, np.int64)
    columns = {
        "id": np.arange(1, number + 1),
        "class": np.array([one.kind for one in cases], np.int64),
        "source": zeros,
        "state": np.array([states.index(one.state) for one in cases], np.int64),
        "area": np.array([one.grid for one in cases], np.int64),
        "level": zeros,
        "reported": reported,
        "deadline": np.array([int(one.at.timestamp() + one.limit_h * 3600) for one in cases], np.int64),
        "closed": ends,
        "filed": zeros,
        "dispatched": zeros,
        "handled": ends,
        "checked": zeros,
        "department": zeros,
        "building": np.array([one.building for one in cases], np.int64),
        "lon": np.full(number, 113.55),
        "lat": np.full(number, 22.19),
    }
    cells = {resolution: np.zeros(number, np.uint64) for resolution in (7, 8, 9, 10)}
    placed = Placed(cells=cells, road=np.array([one.road for one in cases], np.int32), roads=ROADS)
    given = Cases(class_rows=CLASSES, sources=("hotline12345",), states=states, grids=GRIDS, columns=columns)
    return build(given, placed, revision="test", at=NOW)


def china(*parts: int) -> datetime:
    """A local time of China as an instant."""
    return datetime(*parts).replace(tzinfo=UTC) - timedelta(seconds=CHINA_S)  # type: ignore[arg-type]  # noqa: DTZ001 - given its zone at once


def keys(found: incidence.Ranking) -> list[tuple[str, int]]:
    return [(row.key, row.count) for row in found.rows]


OLD = Told(at=china(2024, 1, 1))
NEW_YEAR = told(
    [
        OLD,
        Told(at=china(2025, 12, 31, 23, 59, 59), kind=1, road=0),
        Told(at=china(2026, 1, 1, 0, 0, 0), kind=1, road=1, hours=6.0),
        Told(at=china(2026, 12, 31, 23, 59, 59), grid=2, hours=None),
        Told(at=china(2027, 1, 1, 0, 0, 0), kind=2, grid=1, hours=None, limit_h=1.0),
        Told(at=china(2027, 1, 1, 1, 0, 0), kind=2, grid=3, state="void"),
    ]
)


def test_new_year_is_where_china_has_it() -> None:
    of_2026 = Filters(start=china(2026, 1, 1), end=china(2027, 1, 1))
    found = incidence.ranking(NEW_YEAR, LEADER, of_2026, "class")
    assert keys(found) == [("0102", 1), ("0110", 1)]
    assert found.windows.before == (china(2025, 1, 1), china(2026, 1, 1))
    assert found.windows.year_ago == found.windows.before
    assert (found.previous, found.last_year) == (1, 1)


def test_midnight_parts_hours_and_weekdays() -> None:
    found = incidence.ranking(NEW_YEAR, LEADER, Filters(start=china(2025, 12, 1)), "hour")
    assert keys(found) == [("0", 2), ("23", 2)]
    rows = incidence.matrix(NEW_YEAR, LEADER, Filters(start=china(2025, 12, 1)))
    assert rows[2][23] == 1  # 2025-12-31 is a Wednesday
    assert rows[3][0] == 1
    assert rows[3][23] == 1  # 2026-12-31 is a Thursday
    assert rows[4][0] == 1
    assert sum(map(sum, rows)) == 4


def test_an_empty_window_has_no_rows_and_nothing_to_compare_with() -> None:
    at = china(2026, 6, 1)
    for filters in (Filters(start=at, end=at), Filters(start=at, end=at + timedelta(days=1))):
        found = incidence.ranking(NEW_YEAR, LEADER, filters, "road")
        assert (found.total, found.rows, found.groups) == (0, [], 0)
    assert sum(map(sum, incidence.matrix(NEW_YEAR, LEADER, Filters(start=at, end=at)))) == 0
    assert not incidence_trend.trend(NEW_YEAR, LEADER, Filters(end=china(2020, 1, 1)), "month").points


def test_a_class_that_was_deleted_finds_nothing() -> None:
    for by in incidence.DIMENSIONS:
        assert incidence.ranking(NEW_YEAR, LEADER, Filters(classes=frozenset({"gone"})), by).total == 0


def test_a_class_without_sub_class_is_in_no_sub_class() -> None:
    found = incidence.ranking(NEW_YEAR, LEADER, Filters(start=china(2027, 1, 1)), "sub")
    assert (found.total, found.grouped, found.rows) == (1, 0, [])


def test_void_cases_do_not_count() -> None:
    assert incidence.ranking(NEW_YEAR, LEADER, Filters(), "major").total == 5


def test_overdue_is_closed_late_or_open_past_the_deadline() -> None:
    found = {row.key: row for row in incidence.ranking(NEW_YEAR, LEADER, Filters(), "class").rows}
    assert found["0110"].overdue == 1  # six hours of four
    assert found["X101"].overdue == 1  # open since 00:00, one hour, read at 12:00
    assert found["0102"].overdue == 1  # open since 23:59:59, four hours
    assert found["0110"].median_hours == pytest.approx(4.0)
    assert found["X101"].median_hours is None
    assert found["0102"].open == 1


def test_what_the_history_does_not_cover_is_not_compared() -> None:
    found = incidence.ranking(NEW_YEAR, LEADER, Filters(start=china(2024, 6, 1), end=china(2026, 1, 1)), "class")
    assert found.windows.before is None
    assert [row.previous for row in found.rows] == [None]
    assert found.rows[0].change is None
    open_ended = incidence.ranking(NEW_YEAR, LEADER, Filters(start=china(2026, 1, 1)), "class")
    assert open_ended.windows.before is None


def test_change_is_against_the_period_of_the_same_length_before() -> None:
    days = [Told(at=china(2026, 5, 1, 12) + timedelta(days=n)) for n in range(20)] + [Told(at=china(2026, 5, 11, 13)), OLD]
    found = incidence.ranking(told(days), LEADER, Filters(start=china(2026, 5, 11), end=china(2026, 5, 21)), "class")
    row = found.rows[0]
    assert (row.count, row.previous) == (11, 10)
    assert row.change == pytest.approx(0.1)


def test_the_29th_of_february_is_compared_with_the_28th() -> None:
    leap = told([Told(at=china(2023, 2, 28, 1)), Told(at=china(2020, 1, 1)), Told(at=china(2024, 2, 29, 1))])
    found = incidence.ranking(leap, LEADER, Filters(start=china(2024, 2, 29), end=china(2024, 3, 1)), "class")
    assert found.windows.year_ago == (china(2023, 2, 28), china(2023, 3, 1))
    assert found.last_year == 1


def test_areas_are_prefixes_and_codes_that_are_too_short_are_in_none() -> None:
    assert keys(incidence.ranking(NEW_YEAR, LEADER, Filters(), "street")) == [("990000001", 4), ("990000002", 1)]
    assert keys(incidence.ranking(NEW_YEAR, LEADER, Filters(), "community"))[0] == ("990000001001", 3)


def test_a_reader_of_a_street_sees_the_numbers_of_the_street() -> None:
    street = replace(LEADER, role=Role.DEPARTMENT, scope="990000002")
    for by in incidence.DIMENSIONS:
        assert incidence.ranking(NEW_YEAR, street, Filters(), by).total == 1
    assert incidence.ranking(NEW_YEAR, street, Filters(area="990000001"), "class").total == 0


def test_roads_and_buildings_leave_out_what_is_at_none() -> None:
    found = incidence.ranking(NEW_YEAR, LEADER, Filters(), "road")
    assert (found.total, found.grouped) == (5, 2)
    assert keys(found) == [("一号路", 1), ("二号路", 1)]
    assert incidence.ranking(NEW_YEAR, LEADER, Filters(), "building").grouped == 0
    homes = told(
        [Told(at=china(2026, 5, 1), building=7), Told(at=china(2026, 5, 2), building=7), Told(at=china(2026, 5, 3), building=5), OLD]
    )
    assert keys(incidence.ranking(homes, LEADER, Filters(), "building")) == [("7", 2), ("5", 1)]


def test_buildings_are_compared_by_their_ids() -> None:
    cases = [Told(at=china(2026, 5, 11), building=7), Told(at=china(2026, 5, 1), building=7), Told(at=china(2026, 5, 2), building=3), OLD]
    found = incidence.ranking(told(cases), LEADER, Filters(start=china(2026, 5, 11), end=china(2026, 5, 21)), "building")
    assert [(row.key, row.previous) for row in found.rows] == [("7", 1)]


def test_an_unknown_dimension_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="by='moon'"):
        incidence.ranking(NEW_YEAR, LEADER, Filters(), "moon")


# ---- trend ------------------------------------------------------------------------------------------------------


def seasonal() -> History:
    """Three years with twice as many cases a day in July."""
    first = china(2024, 1, 1, 12)
    cases = []
    for day in range(366 + 365 + 365):
        at = first + timedelta(days=day)
        local = at + timedelta(seconds=CHINA_S)
        cases += [Told(at=at)] * (4 if local.month == 7 else 2)
    return told(cases)


def test_season_and_adjusted_numbers_follow_the_year() -> None:
    found = incidence_trend.trend(seasonal(), LEADER, Filters(end=china(2027, 1, 1)), "month")
    assert len(found.points) == 36
    profile = [value or 0.0 for value in found.profile]
    assert profile[6] / profile[0] == pytest.approx(2.0, rel=0.02)
    assert np.mean(profile) == pytest.approx(1.0)
    july = next(point for point in found.points if point.start == date(2025, 7, 1))
    june = next(point for point in found.points if point.start == date(2025, 6, 1))
    assert (july.count, june.count) == (124, 60)
    assert (july.adjusted or 0) / 31 == pytest.approx((june.adjusted or 0) / 30, rel=0.02)
    assert sum(point.count for point in found.points) == len(seasonal())


def test_weeks_begin_on_mondays_over_the_new_year() -> None:
    found = incidence_trend.trend(seasonal(), LEADER, Filters(end=china(2027, 1, 1)), "week")
    assert all(point.start.weekday() == 0 for point in found.points)
    assert date(2025, 12, 29) in [point.start for point in found.points]
    assert not found.points[-1].complete
    assert sum(point.count for point in found.points) == len(seasonal())


def test_less_than_two_years_have_no_season() -> None:
    short = told([Told(at=china(2026, 1, 1, 12) + timedelta(days=day)) for day in range(300)])
    found = incidence_trend.trend(short, LEADER, Filters(), "month")
    assert all(value is None for value in found.profile)
    assert all(point.season is None and point.adjusted is None for point in found.points)
    assert incidence_trend.trend(told([OLD]), LEADER, Filters(), "week").points[0].count == 1


def test_a_trend_of_days_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="step='day'"):
        incidence_trend.trend(NEW_YEAR, LEADER, Filters(), "day")


# ---- presets ----------------------------------------------------------------------------------------------------


def test_presets_name_classes_of_the_delivered_dictionary(city: City) -> None:
    with psycopg.connect(city.url) as conn:
        known = {row[0] for row in conn.execute("SELECT code FROM hall.event_class")}
        subs = {row[0] for row in conn.execute("SELECT code FROM hall.event_sub_class")}
    for preset in PRESETS:
        assert preset.classes <= known
        assert preset.subs <= subs


def test_a_preset_narrows_what_was_asked_for() -> None:
    bins = BY_KEY["garbage_bins"]
    assert bins.codes(NEW_YEAR) == {"0102"}
    assert incidence.ranking(NEW_YEAR, LEADER, bins.within(NEW_YEAR, Filters()), "class").total == 2
    both = bins.within(NEW_YEAR, Filters(classes=frozenset({"0110"})))
    assert incidence.ranking(NEW_YEAR, LEADER, both, "class").total == 0
    assert incidence.ranking(NEW_YEAR, LEADER, BY_KEY["crowds"].within(NEW_YEAR, Filters()), "class").total == 0


def test_greedy_cover_takes_the_largest_gain_first_and_stops_when_all_are_served() -> None:
    points = np.array([[0.0, 0], [10, 0], [20, 0], [500, 0], [510, 0], [5000, 0]])
    chosen = garbage_bins.cover(points, points, 30, 10)
    assert [len(mine) for _, mine in chosen] == [3, 2, 1]
    assert sorted(np.concatenate([mine for _, mine in chosen]).tolist()) == list(range(6))
    assert [len(mine) for _, mine in garbage_bins.cover(points, points, 30, 1)] == [3]
    assert garbage_bins.cover(points[:0], points, 30, 5) == []


def test_greedy_cover_is_near_the_best_choice() -> None:
    rng = np.random.default_rng(3)
    points = rng.uniform(0, 600, (60, 2))
    reach = (np.linalg.norm(points[:, None] - points[None], axis=2) <= 120).astype(bool)
    best = max(int((reach[a] | reach[b]).sum()) for a in range(60) for b in range(a))
    greedy = sum(len(mine) for _, mine in garbage_bins.cover(points, points, 120, 2))
    assert 0.75 * best <= greedy <= best  # two of the best two: 1 - (1 - 1/2)^2


@pytest.fixture(scope="module")
def history(city: City, tmp_path_factory: pytest.TempPathFactory) -> History:
    data_dir: Path = tmp_path_factory.mktemp("incidence")
    with open_pool(city.url) as pool:
        history_build.make(pool, data_dir)
    return HistoryStore(data_dir).current()


def test_bins_agree_with_postgis(city: City, history: History) -> None:
    near = """
        WITH cases AS (SELECT id, geom::geography AS place FROM hall.event WHERE class_code = ANY(%s) AND state NOT IN ('void', 'merged')),
             bins AS (SELECT geom::geography AS place FROM hall.part WHERE class_code IN ('0304', '0305')
                      AND state NOT IN ('lost', 'abandoned', 'removed'))
        SELECT count(*), count(*) FILTER (WHERE EXISTS (SELECT FROM bins WHERE ST_DWithin(bins.place, cases.place, 80))) FROM cases
    """
    with psycopg.connect(city.url) as conn:
        found = garbage_bins.evaluate(conn, history, LEADER, Filters())
        cases, served = conn.execute(near, [sorted(BY_KEY["garbage_bins"].codes(history))]).fetchone() or (0, 0)
        street = garbage_bins.evaluate(conn, history, replace(LEADER, scope="990000001"), Filters())
        nothing = garbage_bins.evaluate(conn, history, LEADER, Filters(classes=frozenset({"gone"})))
    assert found.cases == cases > 0
    # the UTM zone and the ellipsoid differ by less than one in a thousand
    assert abs((cases - found.unserved) - served) <= max(2, cases // 200)
    assert sum(band.cases for band in found.bands) == cases - found.unplaced
    assert all(one.cases > 0 and (one.nearest_bin_m or 81) > 80 for one in found.sites)
    assert [one.cases for one in found.sites] == sorted((one.cases for one in found.sites), reverse=True)
    assert 0 < street.cases < found.cases
    assert all(
        code.startswith("990000001") for code in [*(one.grid_code for one in street.sites), *(one.grid_code for one in street.overflowing)]
    )
    assert (nothing.cases, nothing.sites, nothing.median_m) == (0, [], None)


def test_a_budget_is_shared_out_among_the_named_roads(city: City, history: History) -> None:
    with psycopg.connect(city.url) as conn:
        found = road_damage.roads(conn, history, LEADER, Filters(), 1_000_000)
        nothing = road_damage.roads(conn, history, LEADER, Filters(classes=frozenset({"gone"})))
        length = conn.execute("SELECT sum(length_m) / 1000 FROM hall.road_edge WHERE name = %s", [found.roads[0].name]).fetchone()
    assert sum(road.cases for road in found.roads) == found.total - found.elsewhere
    assert sum(road.budget_part or 0 for road in found.roads) == pytest.approx(1_000_000)
    assert found.roads[-1].cumulated == pytest.approx(1)
    assert found.roads[0].length_km == pytest.approx(length[0] if length else None)
    assert (nothing.total, nothing.roads) == (0, [])
    with psycopg.connect(city.url) as conn, pytest.raises(InvalidInputError, match="budget"):
        road_damage.roads(conn, history, LEADER, Filters(), float("nan"))


def test_the_list_behind_a_figure_has_as_many_cases(city: City, history: History) -> None:
    found = incidence.ranking(history, LEADER, Filters(), "class", limit=1).rows[0]
    behind = Filters(classes=frozenset({found.key}))
    with psycopg.connect(city.url) as conn:
        page = incidence_cases.page(conn, history, LEADER, behind, limit=20)
        later = incidence_cases.page(conn, history, LEADER, behind, limit=20, offset=20)
        stranger = incidence_cases.read(conn, replace(LEADER, scope="1"), [page.cases[0].id])
    assert page.total == found.count
    assert all(case.class_code == found.key for case in page.cases)
    times = [case.reported_at for case in (*page.cases, *later.cases)]
    assert times == sorted(times, reverse=True)
    assert not {case.id for case in page.cases} & {case.id for case in later.cases}
    assert stranger == []
