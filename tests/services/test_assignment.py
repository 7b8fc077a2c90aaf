"""Who goes where: against all possibilities in the small, and in the town."""

from datetime import timedelta
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from geodata.errors import InvalidInputError
from services.assignment import LEVEL_WEIGHT, MOST_S, assignment, in_turn, together
from services.movers import MoverKind
from tests.services.crossing import NOW, roads, streets, worker
from tests.services.test_candidates import Streets
from tests.town import DISPATCHER, NORTH_EAST

__all__ = ["roads", "streets"]
MINUTE = 60.0


def test_the_whole_is_better_than_one_after_the_other() -> None:
    # in turn, the first takes the worker that the second needs
    time_s = MINUTE * np.array([[1.0, 2.0], [2.0, 20.0]])
    assert in_turn(time_s, time_s) == {0: 0, 1: 1}
    assert together(time_s, np.ones(2)) == {0: 1, 1: 0}


def test_squares_spare_somebody_the_long_wait() -> None:
    # 1 + 9 minutes are less than 6 + 6, but 9 is a long wait
    time_s = MINUTE * np.array([[1.0, 6.0], [6.0, 9.0]])
    assert together(time_s, np.ones(2)) == {0: 1, 1: 0}


def test_when_there_are_too_few_the_weighty_cases_keep_theirs() -> None:
    time_s = MINUTE * np.array([[10.0, 12.0, 5.0]])
    assert together(time_s, np.array([1.0, LEVEL_WEIGHT[1], 1.0])) == {1: 0}


def test_nobody_is_sent_where_there_is_no_way_or_too_far() -> None:
    assert together(np.array([[np.nan, 60.0], [np.nan, MOST_S + 1]]), np.ones(2)) == {1: 0}
    assert in_turn(np.array([[np.nan, 60.0]]), np.array([[1.0, 2.0]])) == {1: 0}
    assert together(np.zeros((0, 3)), np.ones(3)) == {}
    assert together(np.zeros((3, 0)), np.ones(0)) == {}


@settings(max_examples=80, deadline=None)
@given(arrays(np.float64, st.tuples(st.integers(1, 5), st.integers(1, 4)), elements=st.floats(1, 5000)), st.data())
def test_no_other_choice_costs_less(time_s: np.ndarray[tuple[int, int], np.dtype[np.float64]], data: st.DataObject) -> None:
    movers, events = time_s.shape
    weight = np.array(data.draw(st.lists(st.sampled_from(LEVEL_WEIGHT), min_size=events, max_size=events)))

    def cost(chosen: dict[int, int]) -> float:
        return float(sum(weight[c] * (time_s[chosen[c], c] if c in chosen else MOST_S) ** 2 for c in range(events)))

    found = together(time_s, weight)
    assert len(set(found.values())) == len(found)
    best = min(cost({c: r for c, r in enumerate(rows) if r < movers}) for rows in permutations(range(movers + events), events))
    assert cost(found) == pytest.approx(best)


def test_the_backlog_of_the_town_is_shared_out(streets: Streets) -> None:
    conn, engine = streets
    conn.execute("UPDATE hall.event SET state = 'checking' WHERE closed_at IS NULL AND id NOT IN (10, 20)")
    conn.execute("UPDATE hall.event SET level = 1 WHERE id = 20")
    here, there = worker(conn, 501, 113.5205), worker(conn, 502, 113.5015)
    worker(conn, 503, 113.5205, status="busy"), worker(conn, 504, 113.5205, at=NOW - timedelta(hours=2))
    found = assignment(conn, DISPATCHER, now=NOW, engine=engine)
    assert (found.events, found.free, found.unserved) == (2, 2, [])
    # case 10 lies at 113.5205, case 20 at 113.501, both near the first road
    assert {pair.event_id: pair.mover_id for pair in found.pairs} == {10: here, 20: there}
    # the deadlines are long past
    assert {pair.event_id: pair.weight for pair in found.pairs} == {10: 1.5 * LEVEL_WEIGHT[0], 20: 1.5 * LEVEL_WEIGHT[1]}
    assert found.pairs[0].mover == "孙**"
    assert found.best.assigned == found.in_turn.assigned == 2
    assert 0 <= found.saved_share <= 1


def test_a_case_that_somebody_is_on_and_a_case_without_a_place_are_left_out(streets: Streets) -> None:
    conn, engine = streets
    everything = assignment(conn, DISPATCHER, now=NOW, engine=engine).events
    one = worker(conn, 501, 113.5205)
    conn.execute("INSERT INTO hall.task (event_id, kind, worker_id, sent_at) VALUES (10, 'worker', %s, %s)", [one, NOW])
    conn.execute("UPDATE hall.event SET precision = 'district' WHERE id = 20")
    assert assignment(conn, DISPATCHER, now=NOW, engine=engine).events == everything - 2


def test_it_keeps_to_the_readers_area_and_works_without_an_engine_and_without_anybody(streets: Streets) -> None:
    conn, engine = streets
    nobody = assignment(conn, NORTH_EAST, now=NOW, engine=engine)
    assert (nobody.free, nobody.pairs, len(nobody.unserved)) == (0, [], nobody.events)
    worker(conn, 501, 113.5205), worker(conn, 502, 113.5305, 22.1245, grid="990000004001001")
    found = assignment(conn, NORTH_EAST, now=NOW, engine=None)
    assert found.network is None
    assert [pair.mover_id for pair in found.pairs] == [502]
    assert assignment(conn, DISPATCHER, now=NOW, engine=engine, kind=MoverKind.VEHICLE).free == 0


@pytest.mark.parametrize(("kind", "limit"), [("team", 5), ("worker", 0), ("worker", 501)])
def test_what_cannot_be_asked_is_refused(streets: Streets, kind: str, limit: int) -> None:
    conn, engine = streets
    with pytest.raises(InvalidInputError):
        assignment(conn, DISPATCHER, now=NOW, engine=engine, kind=kind, limit=limit)
