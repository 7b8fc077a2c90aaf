"""Indicators are computed from rows that a reader can count, judged by their rules, kept apart when one fails, and handed in row by row."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from geodata.db import Conn
from geodata.errors import ConflictError, InvalidInputError, NotAllowedError, NotFoundError
from geodata.indicators.catalogue import Indicator, Rule, catalogue
from services import indicators, outbox
from services.audit import Caller
from services.indicators import cases, compute, figures, intake, judge, periods, template, warnings
from services.indicators.judge import Known
from services.indicators.sentence import why
from services.rights import Reader, Role
from tests import district, loop

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
"""Monday, 09:00 in China."""
LEADER = Reader(901, "leader", "领导", Role.LEADER, "")
SHIFT = Reader(904, "shift_leader", "值班长", Role.SHIFT_LEADER, "")
STREET = Reader(904, "shift_leader", "值班长", Role.SHIFT_LEADER, district.STREETS[0])
EVENT = """
    INSERT INTO hall.event (case_no, title, class_code, major, level, source, state, reported_at, deadline_at, step_started_at, closed_at, place_text, grid_code, geom)
    VALUES ('T' || md5(random()::text), '占道经营', '0101', 'city', %(level)s, 'grid_patrol', %(state)s, %(at)s, %(at)s + interval '4 hours', %(at)s,
            %(closed)s, '街口', %(grid)s, ST_SetSRID(ST_MakePoint(113.5425, 22.1925), 4326))
"""


@pytest.fixture
def conn(conn: Conn) -> Conn:
    loop.fill(conn)
    conn.execute("DELETE FROM hall.source_record")
    conn.execute("DELETE FROM hall.event")
    return conn


def report(conn: Conn, at: datetime, hours: float | None = None, *, street: int = 0, state: str = "closed", level: int = 0) -> None:
    """Add a case; `hours`: how long until it was closed, None: it is open."""
    closed = None if hours is None else at + timedelta(hours=hours)
    values = {"at": at, "closed": closed, "grid": district.GRIDS[street], "state": state if closed else "filed", "level": level}
    conn.execute(EVENT, values)


def run(conn: Conn, *codes: str, now: datetime = NOW, whole: bool = True) -> compute.Outcome:
    done: list[str] = []
    failed: dict[str, str] = {}
    for group in compute.groups(codes or None):
        outcome = compute.calculate(conn, group, now, whole=whole)
        done += outcome.computed
        failed |= outcome.failed
    return compute.Outcome(computed=done, failed=failed)


def local(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=SHANGHAI)  # type: ignore[arg-type, misc] # a year, a month and so on


def test_every_own_indicator_is_computed_over_an_empty_district(conn: Conn) -> None:
    outcome = run(conn)
    assert outcome.failed == {}
    assert set(outcome.computed) == {code for code, one in catalogue().indicators.items() if one.own}
    found = {one.code: one for one in figures.of_area(conn, LEADER, NOW)}
    assert len(found) == 197
    assert found["CM-24"].value == 0
    assert all(
        (one.value, one.state, one.quality) == (None, "none", "none") for one in found.values() if not catalogue().indicators[one.code].own
    )


def test_a_new_database_without_areas_computes_nothing(conn: Conn) -> None:
    conn.execute("DELETE FROM hall.area")
    assert run(conn, "CM-01") == compute.Outcome(computed=[], failed={})
    with pytest.raises(NotFoundError):
        figures.of_area(conn, LEADER, NOW)


def test_a_flow_tells_the_last_whole_day_and_what_runs(conn: Conn) -> None:
    report(conn, local(2026, 11, 20, 12), 1)
    for hour in (0, 9, 23):
        report(conn, local(2026, 11, 22, hour), 1, street=hour % 2)
    report(conn, local(2026, 11, 23, 8), 1)
    report(conn, local(2026, 11, 22, 10), 1, state="void")
    run(conn, "CM-01")
    figure = indicators.value(conn, LEADER, "CM-01", None, NOW)
    assert (figure.value, figure.previous, figure.running) == (3, 0, 1)
    assert figure.period == local(2026, 11, 22)
    assert [one.value for one in figures.by_street(conn, LEADER, "CM-01", NOW)] == [1, 2]
    assert [point.value for point in figure.series] == [0, 3]


def test_shares_and_medians_of_nothing_are_nothing(conn: Conn) -> None:
    report(conn, local(2026, 11, 20, 12), 1)
    for hours in (1, 2, 6):
        report(conn, local(2026, 11, 21, 8), hours)
    run(conn, "CM-03", "CM-04")
    late = datetime(2026, 11, 22, 1, tzinfo=UTC)
    share, median = (indicators.value(conn, LEADER, code, None, late) for code in ("CM-03", "CM-04"))
    assert share.value == pytest.approx(66.7, abs=0.1)
    assert median.value == 2
    assert indicators.value(conn, LEADER, "CM-03", None, NOW).state == "none"


def test_the_backlog_counts_what_was_open_at_the_end_of_each_hour(conn: Conn) -> None:
    report(conn, local(2026, 11, 23, 5, 30), 1)
    report(conn, local(2026, 11, 23, 6, 10))
    report(conn, local(2026, 11, 23, 1, 0))
    run(conn, "CM-05", "CM-06")
    points = indicators.value(conn, LEADER, "CM-05", None, NOW).series
    by_hour = {point.period.astimezone(SHANGHAI).hour: point.value for point in points}
    assert [by_hour[hour] for hour in range(2, 10)] == [1, 1, 1, 2, 2, 2, 2, 2]
    assert indicators.value(conn, LEADER, "CM-06", None, NOW).value == 1


def test_the_cases_behind_a_figure_are_those_that_were_counted(conn: Conn) -> None:
    for hours in (1, 2, 6):
        report(conn, local(2026, 11, 22, 8), hours)
    report(conn, local(2026, 11, 21, 8), 1)
    report(conn, local(2026, 11, 22, 8), 1, street=1)
    run(conn, "CM-01", "CM-03", "EC-01")
    assert len(cases.behind(conn, LEADER, "CM-01", NOW)) == indicators.value(conn, LEADER, "CM-01", None, NOW).value == 4
    assert len(cases.behind(conn, LEADER, "CM-03", NOW)) == 1
    assert len(cases.behind(conn, LEADER, "CM-03", NOW, whole=True)) == 4
    assert {one.grid_code for one in cases.behind(conn, STREET, "CM-01", NOW)} == {district.GRIDS[0]}
    with pytest.raises(InvalidInputError):
        cases.behind(conn, LEADER, "EC-01", NOW)
    with pytest.raises(NotAllowedError):
        cases.behind(conn, replace(LEADER, role=Role.WALL), "CM-01", NOW)


def test_a_reader_of_a_street_sees_his_street(conn: Conn) -> None:
    report(conn, local(2026, 11, 20, 8), 1)
    report(conn, local(2026, 11, 22, 8), 1)
    report(conn, local(2026, 11, 22, 9), 1, street=1)
    run(conn, "CM-01", "DB-19")
    assert indicators.value(conn, STREET, "CM-01", None, NOW).value == 1
    assert indicators.value(conn, STREET, "DB-19", None, NOW).state == "none"
    for area in (district.DISTRICT, district.STREETS[1], "990000001001"):
        with pytest.raises(NotFoundError):
            indicators.value(conn, STREET, "CM-01", area, NOW)
    for role in (Role.WORKER, Role.CITIZEN, Role.SYSTEM_ADMIN):
        with pytest.raises(NotAllowedError):
            indicators.domains(conn, replace(LEADER, role=role), NOW)


def test_one_that_fails_is_stale_with_its_age_and_takes_no_other_along(conn: Conn) -> None:
    report(conn, local(2026, 11, 20, 8), 1)
    report(conn, local(2026, 11, 22, 8), 1)
    run(conn, "CM-01", "CM-07")
    broken = replace(catalogue().indicators["CM-01"], value="count(*) / 0 + no_such_column")
    later = NOW + timedelta(minutes=30)
    outcome = compute.calculate(conn, [broken, catalogue().indicators["CM-07"]], later)
    assert outcome.computed == ["CM-07"]
    assert "no_such_column" in outcome.failed["CM-01"]
    failed, well = (indicators.value(conn, LEADER, code, None, later) for code in ("CM-01", "CM-07"))
    assert (failed.value, failed.stale, failed.age_s) == (1, True, 1800)
    assert "no_such_column" in (failed.error or "")
    assert (well.stale, well.error, well.age_s) == (False, None, 0)
    run(conn, "CM-01", now=later)
    assert not indicators.value(conn, LEADER, "CM-01", None, later).stale


def test_a_worker_that_stood_still_does_not_call_half_a_day_a_day(conn: Conn) -> None:
    report(conn, local(2026, 11, 21, 8), 1)
    report(conn, local(2026, 11, 22, 8), 1)
    run(conn, "CM-01", now=datetime(2026, 11, 22, 4, tzinfo=UTC))
    figure = indicators.value(conn, LEADER, "CM-01", None, NOW)
    assert figure.period is None or figure.period < local(2026, 11, 22)
    assert figure.stale or figure.value is None


def entry(kind: str, direction: str = "down", unit: str = "件", *, zero: bool = True, yellow: float = 2, red: float = 4) -> Indicator:
    return replace(catalogue().indicators["CM-01"], direction=direction, unit=unit, zero=zero, rule=Rule(kind=kind, yellow=yellow, red=red))


@pytest.mark.parametrize(
    ("one", "value", "previous", "usual", "state"),
    [
        (entry("threshold", "up", "%", zero=False, yellow=90, red=80), 95, None, (), "normal"),
        (entry("threshold", "up", "%", zero=False, yellow=90, red=80), 89.9, None, (), "yellow"),
        (entry("threshold", "up", "%", zero=False, yellow=90, red=80), 79, None, (), "red"),
        (entry("threshold", yellow=5, red=15), 5, None, (), "yellow"),
        (entry("threshold", yellow=5, red=15), None, None, (), "none"),
        (entry("mom", yellow=30, red=60), 160, 100, (), "red"),
        (entry("mom", yellow=30, red=60), 8, 5, (), "normal"),
        (entry("mom", yellow=30, red=60), 40, 100, (), "normal"),
        (entry("mom", yellow=30, red=60), 5, None, (), "normal"),
        (entry("mom", yellow=30, red=60), 5, 0, (), "normal"),
        (entry("mom", "up", "%", zero=False, yellow=3, red=8), 50, 55, (), "yellow"),
        (entry("sigma"), 30, None, (10, 11, 9, 10), "red"),
        (entry("sigma"), 12, None, (10, 10, 10, 10), "normal"),
        (entry("sigma"), 30, None, (10, 11, 9), "normal"),
        (entry("sigma"), 0, None, (30, 30, 30, 30), "normal"),
    ],
)
def test_rules(one: Indicator, value: float | None, previous: float | None, usual: Sequence[float], state: str) -> None:
    known = Known(value=value, previous=previous, year_before=None, usual=usual)
    verdict = judge.judge(one, known)
    assert verdict.state == state
    for language in ("zh", "en"):
        sentence = why(one, NOW, value or 0, verdict, language)
        assert bool(sentence) == (state in {"yellow", "red"})
        assert "{" not in sentence


def hydrants(conn: Conn, available: int) -> None:
    conn.execute("DELETE FROM hall.resource WHERE kind = 'hydrant'")
    conn.execute(
        """INSERT INTO hall.resource (id, kind, name, capacity, available, grid_code, geom)
           VALUES (7001, 'hydrant', '消火栓', 100, %s, %s, ST_SetSRID(ST_MakePoint(113.5425, 22.1925), 4326))""",
        [available, district.GRIDS[0]],
    )
    run(conn, "SS-17")


def test_a_warning_is_raised_sent_acknowledged_handled_and_closes_by_itself(conn: Conn) -> None:
    shift, leader = (Caller(reader=reader, address=None, now=NOW) for reader in (SHIFT, LEADER))
    hydrants(conn, 93)
    (first,) = warnings.evaluate(conn, NOW).raised
    assert warnings.evaluate(conn, NOW + timedelta(minutes=5)) == warnings.Changes(raised=[], changed=[], closed=[])
    (sent,) = outbox.due(conn, NOW)
    assert sent.recipient == "role/shift_leader"
    assert "消火栓可用率" in outbox.text(sent.body)
    assert "低于黄线 95.0%" in outbox.text(sent.body)
    assert warnings.acknowledge(conn, shift, first).state == "acknowledged"
    assert warnings.acknowledge(conn, shift, first).state == "acknowledged"
    with pytest.raises(InvalidInputError):
        warnings.handle(conn, shift, first, " ")
    assert warnings.handle(conn, shift, first, "已派维修").state == "handled"
    hydrants(conn, 80)
    later = NOW + timedelta(minutes=10)
    assert warnings.evaluate(conn, later).changed == [first]
    worse, steps = warnings.one(conn, SHIFT, first)
    assert (worse.state, worse.level, worse.value) == ("open", "red", 80)
    assert [step.action for step in steps] == ["raise", "acknowledge", "handle", "rise"]
    assert [one.code for one in indicators.abnormal(conn, LEADER, later)] == ["SS-17"]
    hydrants(conn, 99)
    assert warnings.evaluate(conn, later).closed == [first]
    assert warnings.listed(conn, SHIFT) == []
    assert [one.state for one in warnings.listed(conn, SHIFT, state="all")] == ["closed"]
    with pytest.raises(ConflictError):
        warnings.handle(conn, leader, first, "再处理")


def test_who_does_not_answer_for_a_warning_does_not_handle_it(conn: Conn) -> None:
    hydrants(conn, 50)
    (number,) = warnings.evaluate(conn, NOW).raised
    for role in (Role.DISPATCHER, Role.DEPARTMENT, Role.WALL):
        with pytest.raises(NotAllowedError):
            warnings.acknowledge(conn, Caller(reader=Reader(905, "x", "x", role, ""), address=None, now=NOW), number)
    conn.execute("UPDATE hall.department SET code = 'fire' WHERE id = 1")
    department = Caller(reader=Reader(905, "department", "消防", Role.DEPARTMENT, ""), address=None, now=NOW)
    assert warnings.acknowledge(conn, department, number).state == "acknowledged"
    with pytest.raises(NotFoundError):
        warnings.one(conn, STREET, number)


def test_figures_that_are_not_there_close_nothing(conn: Conn) -> None:
    hydrants(conn, 50)
    (number,) = warnings.evaluate(conn, NOW).raised
    conn.execute("DELETE FROM hall.resource")
    run(conn, "SS-17")
    assert warnings.evaluate(conn, NOW).closed == []
    assert warnings.one(conn, SHIFT, number)[0].state == "open"


def hand_in(conn: Conn, *rows: dict[str, object], reader: Reader = SHIFT, now: datetime = NOW) -> intake.IndicatorsTaken:
    return intake.submit(conn, Caller(reader=reader, address=None, now=now), rows)


def test_figures_are_handed_in_once_and_corrected(conn: Conn) -> None:
    row: dict[str, object] = {"code": "EC-12", "period": "2026-10", "value": 12.5}
    assert (hand_in(conn, row).created, hand_in(conn, row).unchanged, hand_in(conn, row | {"value": "13"}).corrected) == (1, 1, 1)
    figure = indicators.value(conn, LEADER, "EC-12", None, NOW)
    assert (figure.value, figure.quality, figure.stale) == (13, "external", False)
    assert figure.period == local(2026, 10, 1)
    assert indicators.value(conn, LEADER, "EC-12", None, NOW + timedelta(days=70)).stale


@pytest.mark.parametrize(
    ("row", "error"),
    [
        ({"code": "XX-99", "period": "2026-10", "value": 1}, "unknown_indicator"),
        ({"code": ["EC-12"], "period": "2026-10", "value": 1}, "unknown_indicator"),
        ({"code": "CM-01", "period": "2026-11-22", "value": 1}, "own_indicator"),
        ({"code": "EC-12", "period": "2026-10", "value": "abc"}, "bad_value"),
        ({"code": "EC-12", "period": "2026-10", "value": None}, "bad_value"),
        ({"code": "EC-12", "period": "2026-10", "value": True}, "bad_value"),
        ({"code": "EC-12", "period": "2026-10", "value": "NaN"}, "bad_value"),
        ({"code": "EC-12", "period": "2026-10", "value": {"a": 1}}, "bad_value"),
        ({"code": "EC-12", "period": "2026-10", "value": -1}, "out_of_range"),
        ({"code": "PS-15", "period": "2026-10", "value": 101}, "out_of_range"),
        ({"code": "EC-12", "period": "2026-13", "value": 1}, "bad_period"),
        ({"code": "EC-12", "period": "2026-10-05", "value": 1}, "bad_period"),
        ({"code": "EC-12", "period": None, "value": 1}, "bad_period"),
        ({"code": "EC-12", "period": "0000-01", "value": 1}, "bad_period"),
        ({"code": "EC-12", "period": "2026-12", "value": 1}, "future_period"),
        ({"code": "EC-12", "area": district.STREETS[0], "period": "2026-10", "value": 1}, "district_only"),
        ({"code": "EC-12", "area": "880000", "period": "2026-10", "value": 1}, "unknown_area"),
        ({"code": "EC-12", "area": [1], "period": "2026-10", "value": 1}, "unknown_area"),
    ],
)
def test_a_bad_row_is_refused_with_its_kind_and_spoils_no_other(conn: Conn, row: dict[str, object], error: str) -> None:
    taken = hand_in(conn, row, {"code": "EC-09", "period": "2026-Q3", "value": 5.2})
    assert (taken.created, taken.refused) == (1, 1)
    assert (taken.rows[0].error, taken.rows[1].period) == (error, "2026-Q3")


def test_a_department_hands_in_what_is_its_own(conn: Conn) -> None:
    conn.execute("UPDATE hall.department SET code = 'police' WHERE id = 1")
    department = Reader(905, "department", "公安", Role.DEPARTMENT, "")
    taken = hand_in(
        conn, {"code": "SG-23", "period": "2026-10", "value": 4}, {"code": "EC-12", "period": "2026-10", "value": 4}, reader=department
    )
    assert [row.error for row in taken.rows] == [None, "not_yours"]
    assert {row["code"] for row in template.rows(conn, department, NOW)} == {"SG-23", "SG-24"}
    with pytest.raises(NotAllowedError):
        hand_in(conn, {"code": "SG-23"}, reader=LEADER)


@pytest.mark.parametrize("write", [template.as_csv, template.as_xlsx], ids=["csv", "xlsx"])
def test_a_filled_template_is_read_back(conn: Conn, write: object) -> None:
    rows = template.rows(conn, SHIFT, NOW)
    assert {row["code"] for row in rows} == {one.code for one in catalogue().indicators.values() if not one.own}
    for row in rows:
        row["value"] = catalogue().indicators[row["code"]].low or 1
    read = template.read(write(rows))  # type: ignore[operator] # one of the two writers
    assert len(read) == 51
    assert hand_in(conn, *read).refused == 0
    assert template.read(write(template.rows(conn, SHIFT, NOW))) == []  # type: ignore[operator]


@pytest.mark.parametrize("data", [b"PK\x03\x04 no archive", b"\xff\xfe\x00x", b"a,b\n1,2\n", b"", b"\x00" * 100])
def test_a_file_that_is_none_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidInputError):
        template.read(data)


@pytest.mark.parametrize(
    ("cycle", "text", "begins"),
    [
        ("year", "2027", local(2027, 1, 1)),
        ("quarter", "2026-Q4", local(2026, 10, 1)),
        ("month", "2026-1", local(2026, 1, 1)),
        ("week", "2026-W53", local(2026, 12, 28)),
        ("day", "2026-12-31", local(2026, 12, 31)),
        ("hour", "2026-12-31T23", local(2026, 12, 31, 23)),
    ],
)
def test_periods_are_written_and_read(cycle: str, text: str, begins: datetime) -> None:
    period = intake.period_of(cycle, text)
    assert period == begins == periods.start(cycle, period + timedelta(minutes=59))
    assert intake.period_of(cycle, intake.written(cycle, period)) == period
    assert periods.start(cycle, periods.end(cycle, period)) == periods.end(cycle, period)
    assert periods.shift(cycle, periods.shift(cycle, period, -3), 3) == period
