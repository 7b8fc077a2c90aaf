"""Rankings, comparisons, hours and trends, over cases that can be counted by hand; midnight, new year and deleted classes among them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from geodata.db import Conn
from geodata.dictionary import files
from geodata.errors import InvalidInputError
from services import garbage_bins, incidence, incidence_cases, incidence_trend, road_damage
from services.history import CHINA_S, ClassRow, Filters, History
from services.history_build import Cases, Placed, build
from services.incidence_presets import BY_KEY, PRESETS
from services.rights import Reader, Role
from tests import district

LEADER = Reader(1, "leader", "leader", Role.LEADER, "")
NOW = datetime(2027, 1, 1, 4, tzinfo=UTC)
CLASSES = (
    ClassRow(code="0102", name="暴露垃圾", sub="C01", major="city"),
    ClassRow(code="0110", name="道路破损", sub="C04", major="city"),
    ClassRow(code="X101", name="火情", sub=None, major="emergency"),
)
GRIDS = ("990000001001001", "990000001002001", "990000002001001", "9900")
ROADS = ("一号路", "二号路")
LON, LAT = 113.5425, 22.1925


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
    metres: float | None = None
    """East of the first bin; None when the place is not known."""


def east(metres: float) -> float:
    """Longitude so many metres east of the first bin."""
    return LON + metres / (111_320 * math.cos(math.radians(LAT)))


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
        "lon": np.array([east(one.metres or 0) for one in cases], np.float64),
        "lat": np.full(number, LAT),
    }
    cells = {
        resolution: np.array([0 if one.metres is None and one.kind != 1 else 1 for one in cases], np.uint64) for resolution in (7, 8, 9, 10)
    }
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


def test_presets_name_classes_of_the_delivered_dictionary() -> None:
    known, subs = {one.code for one in files.classes()}, {one.code for one in files.sub_classes()}
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


EVENT = """
    INSERT INTO hall.event (id, case_no, title, class_code, major, level, source, state, reported_at, deadline_at, step_started_at, closed_at, place_text,
                            grid_code, geom)
    VALUES (%(id)s, 'i' || %(id)s, 't', %(code)s, 'city', 0, 'other', 'closed', %(at)s, %(at)s, %(at)s, %(at)s, 'p', %(grid)s,
            ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326))
"""
BIN = """
    INSERT INTO hall.part (id, obj_id, class_code, name, state, grid_code, geom)
    VALUES (%(id)s, 'b' || %(id)s, '0305', '垃圾箱' || %(id)s, %(state)s, %(grid)s, ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326))
"""
MAY = china(2026, 5, 1, 12)


@pytest.fixture
def street(conn: Conn) -> Conn:
    """Two bins 400 m apart in two streets, a third one that was lost."""
    district.fill(conn)
    conn.execute("INSERT INTO hall.part_class (code, name, major) VALUES ('0305', '垃圾箱', '03')")
    for number, metres, state, grid in ((1, 0, "intact", GRIDS[0]), (2, 400, "damaged", GRIDS[2]), (3, 200, "lost", GRIDS[0])):
        conn.execute(BIN, {"id": 900 + number, "state": state, "grid": grid, "lon": east(metres), "lat": LAT})
    return conn


def garbage() -> History:
    """Eight cases: two beside the first bin, one 45 m from it, four far from both, one of unknown place."""
    metres = (3, -6, 45, 190, 195, 198, 260)
    return told([*(Told(at=MAY, metres=at, road=0) for at in metres), Told(at=MAY, metres=None), Told(at=MAY, kind=1, metres=0)])


def test_cases_are_told_apart_by_their_distance_to_a_bin(street: Conn) -> None:
    found = garbage_bins.evaluate(street, garbage(), LEADER, Filters(), radius_m=80)
    assert (found.cases, found.unplaced, found.bins) == (8, 1, 2)
    assert (found.beside, found.unserved) == (2, 4)
    assert [band.cases for band in found.bands] == [2, 1, 0, 0, 4, 0, 0]
    assert [(one.id, one.cases) for one in found.overflowing] == [(901, 2)]
    assert len(found.unserved_places) == 4


def test_distances_are_those_of_the_ellipsoid(street: Conn) -> None:
    """The UTM zone differs from PostGIS by less than one in a thousand."""
    found = garbage_bins.evaluate(street, told([Told(at=MAY, metres=200)]), LEADER, Filters())
    query = (
        "SELECT min(ST_Distance(geom::geography, ST_SetSRID(ST_MakePoint(%s, %s), 4326)::geography)) FROM hall.part WHERE state <> 'lost'"
    )
    (true,) = street.execute(query + " AND class_code = '0305'", [east(200), LAT]).fetchone() or (0.0,)
    assert found.median_m == pytest.approx(true, rel=1e-3)


def test_a_new_bin_is_suggested_where_most_is_not_served(street: Conn) -> None:
    found = garbage_bins.evaluate(street, garbage(), LEADER, Filters(), radius_m=80, sites=5)
    assert [one.cases for one in found.sites] == [4]
    assert found.sites[0].cumulated == 1
    assert found.sites[0].road == "一号路"
    assert (found.sites[0].nearest_bin_m or 0) > 80
    wide = garbage_bins.evaluate(street, garbage(), LEADER, Filters(), radius_m=500)
    assert (wide.unserved, wide.sites) == (0, [])
    assert garbage_bins.evaluate(street, garbage(), LEADER, Filters(), sites=0).sites == []


def test_without_bins_nothing_is_served_and_without_cases_nothing_is_said(street: Conn) -> None:
    nothing = garbage_bins.evaluate(street, garbage(), LEADER, Filters(classes=frozenset({"gone"})))
    assert (nothing.cases, nothing.sites, nothing.median_m) == (0, [], None)
    street.execute("DELETE FROM hall.part WHERE class_code = '0305'")
    bare = garbage_bins.evaluate(street, garbage(), LEADER, Filters())
    assert (bare.bins, bare.unserved, bare.median_m) == (0, 7, None)
    assert sum(band.cases for band in bare.bands) == bare.bands[-1].cases == 7
    assert bare.sites[0].nearest_bin_m is None


def test_all_cases_on_one_point_need_one_site(street: Conn) -> None:
    found = garbage_bins.evaluate(street, told([Told(at=MAY, metres=200)] * 50), LEADER, Filters())
    assert [(one.cases, one.cumulated) for one in found.sites] == [(50, 1.0)]


def test_a_street_gets_sites_for_its_own_cases(street: Conn) -> None:
    cases = told([Told(at=MAY, metres=200), Told(at=MAY, metres=201, grid=2), Told(at=MAY, metres=401, grid=2)])
    found = garbage_bins.evaluate(street, cases, replace(LEADER, scope="990000002"), Filters())
    assert (found.cases, found.bins) == (2, 1)
    assert [(one.cases, one.grid_code) for one in found.sites] == [(1, GRIDS[2])]
    assert [one.id for one in found.overflowing] == [902]


def test_a_street_is_told_of_no_bin_of_another(street: Conn) -> None:
    reader = replace(LEADER, scope="990000002")
    unasked = garbage_bins.evaluate(street, garbage(), reader, Filters())
    assert [round(lon, 6) for lon, _ in unasked.bin_places] == [round(east(400), 6)]
    asked = garbage_bins.evaluate(street, garbage(), reader, Filters(area=GRIDS[0]))
    assert (asked.bins, asked.bin_places) == (0, [])


@pytest.mark.parametrize("wrong", [{"radius_m": 5}, {"radius_m": 5_000}, {"sites": -1}, {"sites": 101}])
def test_a_radius_or_number_out_of_range_is_refused(street: Conn, wrong: dict[str, int]) -> None:
    with pytest.raises(InvalidInputError, match=next(iter(wrong))):
        garbage_bins.evaluate(street, garbage(), LEADER, Filters(), **wrong)


def test_a_budget_is_shared_out_among_the_named_roads(street: Conn) -> None:
    street.execute("UPDATE hall.road_edge SET name = '一号路', length_m = 500 WHERE id = 121")
    broken = told([*[Told(at=MAY, kind=1, road=0)] * 3, Told(at=MAY, kind=1, road=1, hours=None), Told(at=MAY, kind=1), OLD])
    found = road_damage.roads(street, broken, LEADER, Filters(start=china(2026, 1, 1), end=china(2027, 1, 1)), 1_000_000)
    assert (found.total, found.elsewhere, found.days) == (5, 1, 365)
    first, second = found.roads
    assert (first.name, first.cases, first.length_km, first.cases_per_km) == ("一号路", 3, 0.5, 6)
    assert (first.repaired, first.again, first.median_hours, first.budget_part) == (3, 1, 2.0, 750_000)
    assert (second.length_km, second.cases_per_km, second.repaired, second.open) == (None, None, 0, 1)
    assert second.cumulated == pytest.approx(1)
    assert first.expected_a_year == pytest.approx(3)
    assert road_damage.roads(street, broken, LEADER, Filters(classes=frozenset({"gone"}))).roads == []
    assert road_damage.roads(street, broken, replace(LEADER, scope="990000002"), Filters()).total == 0
    with pytest.raises(InvalidInputError, match="budget"):
        road_damage.roads(street, broken, LEADER, Filters(), float("nan"))


def test_the_list_behind_a_figure_has_as_many_cases(street: Conn) -> None:
    cases = told([Told(at=MAY + timedelta(hours=n), grid=2 * (n % 2), metres=n) for n in range(6)])
    street.execute("INSERT INTO hall.event_class (code, name, major) VALUES ('0102', '暴露垃圾', 'city')")
    for row in range(6):
        number = int(cases.id[row])
        values = {"id": number, "code": "0102", "at": MAY + timedelta(hours=number - 1), "lon": LON, "lat": LAT}
        street.execute(EVENT, {**values, "grid": GRIDS[2 * ((number - 1) % 2)]})
    found = incidence.ranking(cases, LEADER, Filters(), "class").rows[0]
    behind = Filters(classes=frozenset({found.key}))
    page = incidence_cases.page(street, cases, LEADER, behind, limit=4)
    rest = incidence_cases.page(street, cases, LEADER, behind, limit=4, offset=4)
    assert (page.total, [case.id for case in (*page.cases, *rest.cases)]) == (found.count, [6, 5, 4, 3, 2, 1])
    second = replace(LEADER, scope="990000002")
    assert [case.id for case in incidence_cases.all_of(street, cases, second, behind)] == [6, 4, 2]
    assert incidence_cases.read(street, second, [1]) == []
