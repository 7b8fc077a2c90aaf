"""绩效评价 on cases that a reader can count: every formula, weights, grades, the list behind each number, scope."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from geodata.db import Conn
from geodata.errors import InvalidInputError
from services import performance, performance_formulas
from services.performance import Behind, Evaluation, Period
from services.performance_formulas import FORMULAS, OBJECTS, RATES, SHIPPED, Weights, count_score, grade
from services.rights import Reader, Role
from tests import loop
from tests.district import GRIDS, STREETS
from tests.loop import LEAD, OTHER, Stage

START = datetime(2026, 5, 1, tzinfo=UTC)
MONTH = Period(start=START, end=START + timedelta(days=31), now=START + timedelta(days=60))
LEADER = Reader(1, "leader", "leader", Role.LEADER, "")
HOUR = timedelta(hours=1)
INSERT = """
    INSERT INTO hall.event (id, case_no, title, class_code, major, level, source, state, reported_at, deadline_at, step_started_at, place_text, grid_code,
                            geom, lead_department, self_handled, accepted_at, verify_sent_at, verified_at, filed_at, dispatched_at, handled_at,
                            check_sent_at, checked_at, closed_at, file_due_at, dispatch_due_at, handle_due_at, check_due_at, reworks, returns)
    VALUES (%(id)s, 'p' || %(id)s, 't', '0101', 'city', 0, %(source)s, %(state)s, %(at)s, %(at)s + interval '8 hours', %(at)s, 'p', %(grid)s,
            ST_SetSRID(ST_MakePoint(113.54, 22.19), 4326), %(department)s, %(own)s, %(at)s + %(accepted)s, %(at)s + %(sent)s, %(at)s + %(verified)s,
            %(at)s + %(filed)s, %(at)s + %(dispatched)s, %(at)s + %(handled)s, %(at)s + %(check_sent)s, %(at)s + %(checked)s, %(at)s + %(closed)s,
            %(at)s + interval '30 minutes', %(at)s + interval '1 hour', %(at)s + interval '6 hours', %(at)s + interval '7 hours', %(reworks)s, %(returns)s)
"""
USUAL: Mapping[str, Any] = {
    "source": "hotline12345", "state": "closed", "grid": GRIDS[0], "department": LEAD, "own": False, "reworks": 0, "returns": 0,
    "accepted": 0.1 * HOUR, "sent": 0.15 * HOUR, "verified": 0.3 * HOUR, "filed": 0.4 * HOUR, "dispatched": 0.5 * HOUR, "handled": 5 * HOUR,
    "check_sent": 5.2 * HOUR, "checked": 6 * HOUR, "closed": 6.5 * HOUR,
}  # fmt: skip
NOTHING: Mapping[str, Any] = dict.fromkeys(("verified", "filed", "dispatched", "handled", "check_sent", "checked", "closed"))
UNDONE: Mapping[str, Any] = {**USUAL, **NOTHING, "department": None}
CASES: tuple[Mapping[str, Any], ...] = (
    USUAL,
    {**USUAL, "handled": 7 * HOUR, "check_sent": 9 * HOUR, "checked": 10 * HOUR, "closed": 11 * HOUR, "reworks": 2},
    {**USUAL, "source": "grid_patrol", "sent": None, "verified": None, "filed": 0.6 * HOUR, "returns": 1},
    {**UNDONE, "state": "void", "filed": 0.4 * HOUR, "closed": 2 * HOUR, "verified": 0.3 * HOUR},
    {**UNDONE, "source": "grid_self", "sent": None, "accepted": None, "own": True, "handled": 0.5 * HOUR, "closed": 0.5 * HOUR},
    {**UNDONE, "state": "reported"},
    {**USUAL, **NOTHING, "filed": 0.4 * HOUR, "dispatched": 2 * HOUR, "verified": 0.3 * HOUR, "state": "handling"},
    {**USUAL, "grid": GRIDS[1], "department": OTHER},
)
"""Eight cases: seven in the first street."""


@pytest.fixture
def cases(conn: Conn) -> Conn:
    loop.fill(conn)
    conn.execute("UPDATE hall.event SET reported_at = reported_at - interval '3 years'")
    for number, one in enumerate(CASES, 5_001):
        conn.execute(INSERT, {**one, "id": number, "at": START + number * timedelta(minutes=1)})
    return conn


def evaluated(conn: Conn, kind: str, reader: Reader = LEADER, period: Period = MONTH) -> dict[str, Evaluation]:
    found = performance.performance(conn, reader, kind, period, performance_formulas.weights(conn))
    return {one.key: one for one in found.evaluations}


def rates(one: Evaluation) -> dict[str, tuple[int, int]]:
    return {rate.key: (rate.over, rate.under) for rate in one.rates}


def test_every_formula_of_an_area_is_counted(cases: Conn) -> None:
    assert rates(evaluated(cases, "street")[STREETS[0]]) == {
        "effective_report_rate": (6, 7),
        "filing_rate": (5, 6),
        "filing_on_time_rate": (4, 5),
        "filing_accuracy": (4, 5),
        "dispatch_on_time_rate": (3, 4),
        "dispatch_accuracy": (3, 4),
        "handling_rate": (3, 4),
        "handling_on_time_rate": (2, 4),
        "rework_rate": (1, 3),
        "closing_rate": (3, 4),
        "closing_on_time_rate": (2, 4),
        "verify_on_time_rate": (4, 5),
        "check_on_time_rate": (2, 3),
        "missed_rate": (3, 5),
        "public_share": (3, 5),
    }


def test_a_step_within_its_time_is_not_due_yet(cases: Conn) -> None:
    early = replace(MONTH, now=START + timedelta(days=3, hours=12))
    assert rates(evaluated(cases, "street", period=early)[STREETS[0]])["handling_rate"] == (3, 3)


def test_a_department_is_scored_by_its_four_parts(cases: Conn) -> None:
    found = evaluated(cases, "department")
    one = found[str(LEAD)]
    assert {part.key: part.score for part in one.parts} == pytest.approx(
        {"filed": 100.0, "closing_rate": 75.0, "handling_on_time_rate": 50.0, "rework_rate": 200 / 3}
    )
    assert one.score == pytest.approx(0.1 * 100 + 0.3 * 75 + 0.3 * 50 + 0.3 * 200 / 3)
    assert one.grade == "C"
    assert found[str(OTHER)].score == pytest.approx(100)
    assert list(found) == [str(OTHER), str(LEAD)]


def test_posts_are_scored_as_the_standard_has_it(cases: Conn) -> None:
    collector = evaluated(cases, "collector")[GRIDS[0]]
    assert collector.score == pytest.approx(0.4 * 600 / 7 + 0.2 * 40 + 0.2 * 80 + 0.2 * 200 / 3)
    (dispatcher,) = evaluated(cases, "dispatcher").values()
    assert dispatcher.key == "all"
    assert dispatcher.score == pytest.approx(0.2 * 0 + 0.4 * 80 + 0.4 * 80)  # five dispatched: few, so nothing for the number
    (acceptor,) = evaluated(cases, "acceptor").values()
    assert rates(acceptor)["verify_sent_on_time_rate"] == (6, 6)
    assert rates(acceptor)["check_sent_on_time_rate"] == (3, 4)
    (leader,) = evaluated(cases, "shift_leader").values()
    assert leader.score == pytest.approx(0.25 * 500 / 6 + 0.4 * 500 / 6 + 0.35 * 60)


def test_the_list_behind_a_number_has_as_many_cases(cases: Conn) -> None:
    weights = Weights()
    for kind in OBJECTS:
        for key, one in evaluated(cases, kind).items():
            for term, count in one.terms.items():
                found = performance.cases(cases, LEADER, Behind(object=kind, key=key, term=term), MONTH, weights)
                assert found.total == len(found.cases) == count, (kind, key, term)


def test_people_at_the_desk_are_scored_by_what_the_log_says_of_them(conn: Conn) -> None:
    loop.fill(conn)
    Stage(conn).until("evaluate")
    period = Period(start=loop.NOW - timedelta(days=30), end=loop.NOW + timedelta(days=1), now=loop.NOW + timedelta(days=1))
    found = evaluated(conn, "dispatcher", period=period)
    (person,) = [key for key in found if key.startswith("account:")]
    assert (found[person].name, found[person].terms["dispatched"]) == ("dispatcher账号", 1)
    behind = performance.cases(conn, LEADER, Behind(object="dispatcher", key=person, term="dispatched"), period, Weights())
    assert [case.id for case in behind.cases] == [loop.EVENT]


def test_a_reader_of_a_street_sees_that_street_alone(cases: Conn) -> None:
    street = replace(LEADER, role=Role.DEPARTMENT, scope=STREETS[1])
    for kind in OBJECTS:
        assert sum(one.terms["reported"] for one in evaluated(cases, kind, street).values()) == 1
    outside = Behind(object="street", key=STREETS[0], term="reported")
    assert performance.cases(cases, street, outside, MONTH, Weights()).total == 0
    elsewhere = performance.performance(cases, street, "street", MONTH, Weights(), area=STREETS[0])
    assert elsewhere.evaluations == []


def test_an_empty_period_has_nobody_in_it(cases: Conn) -> None:
    empty = replace(MONTH, start=START - timedelta(days=400), end=START - timedelta(days=399))
    for kind in OBJECTS:
        found = evaluated(cases, kind, period=empty)
        assert all(one.score is None and one.grade is None for one in found.values())
    assert evaluated(cases, "street", period=replace(MONTH, end=MONTH.start)) == {}


def test_what_cannot_be_is_refused(cases: Conn) -> None:
    with pytest.raises(InvalidInputError, match="object"):
        performance.performance(cases, LEADER, "mayor", MONTH, Weights())
    with pytest.raises(InvalidInputError, match="term"):
        performance.cases(cases, LEADER, Behind(object="street", key="1", term="1 = 1"), MONTH, Weights())
    with pytest.raises(InvalidInputError, match="key"):
        performance.cases(cases, LEADER, Behind(object="street", key="account:1", term="filed"), MONTH, Weights())
    with pytest.raises(InvalidInputError, match="area"):
        performance.performance(cases, LEADER, "street", MONTH, Weights(), area="99%")
    with pytest.raises(InvalidInputError, match="end"):
        Period(start=START, end=START + timedelta(days=2000), now=START)
    with pytest.raises(InvalidInputError, match="after"):
        Period(start=START, end=START - HOUR, now=START)


def test_weights_are_set_by_those_whose_area_is_the_whole_district() -> None:
    for scope, may in (("", True), (STREETS[0][:6], True), (STREETS[0], False), (GRIDS[0], False)):
        assert performance_formulas.may_set(replace(LEADER, scope=scope)) is may, scope
    assert not performance_formulas.may_set(replace(LEADER, role=Role.DISPATCHER))


def test_weights_are_local_parameters(cases: Conn) -> None:
    one_sided = Weights(by_object={**SHIPPED, "department": {"closing_rate": 100}}, verify_send_minutes=5)
    performance_formulas.set_weights(cases, one_sided)
    assert evaluated(cases, "department")[str(LEAD)].score == pytest.approx(75)
    assert rates(evaluated(cases, "acceptor")["all"])["verify_sent_on_time_rate"] == (0, 6)
    for wrong in (
        {"mayor": {"filed": 100}},
        {"department": {"moon": 100}},
        {"department": {"filed": 60}},
        {"department": {"filed": 120, "closing_rate": -20}},
    ):
        with pytest.raises(InvalidInputError, match="weights"):
            performance_formulas.set_weights(cases, Weights(by_object=wrong))
    with pytest.raises(InvalidInputError, match="check_send_minutes"):
        performance_formulas.set_weights(cases, Weights(check_send_minutes=0))


def test_shipped_weights_add_up_and_use_known_terms() -> None:
    assert set(SHIPPED) == set(RATES) == set(OBJECTS)
    for kind, weights in SHIPPED.items():
        assert sum(weights.values()) == 100
        assert set(weights) <= set(RATES[kind]) | {"filed", "accepted", "dispatched"}
    assert {term for pair in FORMULAS.values() for term in pair} <= set(performance.TERMS)


@pytest.mark.parametrize(
    ("term", "count", "score"),
    [
        ("filed", 50, 100),
        ("filed", 51, 90),
        ("filed", 1000, 40),
        ("filed", 1001, 0),
        ("dispatched", 100, 0),
        ("dispatched", 101, 40),
        ("accepted", 2001, 100),
    ],
)
def test_scores_of_counts(term: str, count: int, score: float) -> None:
    assert count_score(term, count) == score


def test_grades() -> None:
    assert [grade(score) for score in (100, 90, 89.9, 75, 60, 40, 39.9, 0)] == ["A", "A", "B", "B", "C", "D", "E", "E"]
