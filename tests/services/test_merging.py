"""Two reports of one thing: one dispatch, one closing, a reply for each, and a way back."""

import pytest

from geodata.db import Conn
from geodata.errors import ConflictError, InvalidInputError, NotFoundError
from services import merging
from tests import loop
from tests.loop import EVENT, LEAD, NEIGHBOUR, NOW, STANDARD, Stage, workers

THIRD = 103


@pytest.fixture
def stage(conn: Conn) -> Stage:
    loop.fill(conn)
    conn.execute(
        """INSERT INTO hall.event (id, case_no, title, class_code, major, level, source, state, reported_at, deadline_at, step_started_at, place_text,
                                   grid_code, geom)
           SELECT 103, '9900002026112300009', title, class_code, major, level, 'hotline12345', 'reported', reported_at, deadline_at, step_started_at,
                  place_text, grid_code, geom FROM hall.event WHERE id = 101"""
    )
    conn.execute(
        """INSERT INTO hall.source_record (id, event_id, first_event_id, source, external_no, raw, reporter, reporter_phone, received_at)
           OVERRIDING SYSTEM VALUE VALUES (3, 103, 103, 'citizen_app', 'A3', '{}', '周玖零', '11000000010', '2026-11-23T01:00Z')"""
    )
    return Stage(conn)


def records(stage: Stage, event_id: int) -> list[int]:
    return [row[0] for row in stage.conn.execute("SELECT id FROM hall.source_record WHERE event_id = %s ORDER BY id", [event_id])]


def test_a_merged_case_hands_its_records_to_the_master_and_ends(stage: Stage) -> None:
    merged = stage.do("acceptor", "merge", THIRD, master_id=EVENT)
    assert (merged.state, merged.master_id, merged.closed_at) == ("merged", EVENT, NOW)
    assert (records(stage, EVENT), records(stage, THIRD)) == ([1, 3], [])
    master = stage.case()
    assert [item.id for item in master.merged] == [THIRD]
    assert [(line.action, line.detail["event_id"]) for line in master.log] == [("absorb", THIRD)]
    decision = master.decisions[0]
    assert (decision.decision, decision.event_id, decision.master_id) == ("merged", THIRD, EVENT)
    assert decision.score is not None
    assert {reason["key"] for reason in decision.reasons} >= {"kind"}
    assert loop.problems(stage.conn) == []


def test_the_master_is_dispatched_and_closed_once_for_all(stage: Stage) -> None:
    stage.conn.execute("UPDATE hall.intake_channel SET webhook = 'http://127.0.0.1:9/' || source")
    stage.conn.execute("UPDATE hall.source_record SET reply_due_at = received_at + interval '1 day'")
    stage.do("acceptor", "merge", THIRD, master_id=EVENT)
    stage.until("close")
    assert stage.conn.execute("SELECT count(*) FROM hall.case_log WHERE action IN ('dispatch', 'close')").fetchone() == (2,)
    replied = stage.conn.execute("SELECT id, reply FROM hall.source_record WHERE replied_at IS NOT NULL ORDER BY id").fetchall()
    assert replied == [(1, "已清理"), (3, "已清理")]
    with pytest.raises(ConflictError, match="is merged"):
        stage.do("dispatcher", "file", THIRD, standard_id=STANDARD)


def test_taking_a_merge_back_restores_both_sides(stage: Stage) -> None:
    stage.do("dispatcher", "file", THIRD, standard_id=STANDARD)
    stage.do("dispatcher", "dispatch", THIRD, orders=workers(71, 73), department_id=LEAD)
    stage.task("worker", stage.case(event_id=THIRD).tasks[0].id, "accept")
    before = stage.case(event_id=THIRD)
    later = stage.later(hours=1)
    left = later.case(event_id=THIRD).remaining
    later.do("acceptor", "merge", THIRD, master_id=EVENT)
    assert stage.conn.execute("SELECT load FROM hall.worker WHERE id IN (71, 73)").fetchall() == [(0,), (0,)]
    much_later = stage.later(hours=6)
    after = much_later.do("acceptor", "unmerge", THIRD, opinion="并非一事")
    assert (after.state, after.closed_at, after.master_id) == ("dispatched", None, None)
    assert [(task.id, task.state, task.lead) for task in after.tasks] == [(task.id, task.state, task.lead) for task in before.tasks]
    assert after.departments == before.departments
    assert left
    assert after.remaining
    assert after.remaining.seconds == left.seconds
    assert (records(stage, EVENT), records(stage, THIRD)) == ([1], [3])
    assert [line.action for line in stage.case().log] == ["absorb", "give_back"]
    assert [item.decision for item in after.decisions] == ["merged", "unmerged"]
    assert loop.problems(stage.conn) == []


def test_a_chain_of_merges_comes_apart_link_by_link(stage: Stage) -> None:
    stage.do("acceptor", "merge", THIRD, master_id=NEIGHBOUR)
    stage.do("acceptor", "merge", NEIGHBOUR, master_id=EVENT)
    assert records(stage, EVENT) == [1, 2, 3]
    assert [item.id for item in stage.case().merged] == [NEIGHBOUR, THIRD]
    assert merging.root(stage.conn, THIRD) == EVENT
    stage.do("acceptor", "unmerge", NEIGHBOUR, opinion="不同")
    assert (records(stage, EVENT), records(stage, NEIGHBOUR)) == ([1], [2, 3])
    stage.do("acceptor", "unmerge", THIRD, opinion="不同")
    assert (records(stage, NEIGHBOUR), records(stage, THIRD)) == ([2], [3])
    assert loop.problems(stage.conn) == []


def test_the_inner_case_of_a_chain_comes_out_alone(stage: Stage) -> None:
    stage.do("acceptor", "merge", THIRD, master_id=NEIGHBOUR)
    stage.do("acceptor", "merge", NEIGHBOUR, master_id=EVENT)
    stage.do("acceptor", "unmerge", THIRD, opinion="不同")
    assert (records(stage, EVENT), records(stage, THIRD)) == ([1, 2], [3])
    assert loop.problems(stage.conn) == []


def test_nothing_is_merged_into_itself_a_closed_or_an_unseen_case(stage: Stage) -> None:
    with pytest.raises(InvalidInputError, match="another case"):
        stage.do("acceptor", "merge", THIRD, master_id=THIRD)
    with pytest.raises(NotFoundError):
        stage.do("acceptor", "merge", THIRD, master_id=4_711)
    with pytest.raises(NotFoundError):
        stage.do("street_dispatcher", "merge", NEIGHBOUR, master_id=EVENT)
    stage.do("acceptor", "reject", EVENT, opinion="无此事")
    with pytest.raises(ConflictError, match="nothing can be merged into it"):
        stage.do("acceptor", "merge", THIRD, master_id=EVENT)


def test_two_cases_that_are_two_are_not_suggested_again(stage: Stage) -> None:
    case = stage.do("acceptor", "not_same", THIRD, master_id=EVENT)
    assert (case.state, case.decisions[0].decision) == ("reported", "not_same")


def test_one_record_becomes_a_case_of_its_own(stage: Stage) -> None:
    with pytest.raises(ConflictError, match="several_sources"):
        stage.do("acceptor", "split", EVENT, source_record_id=1, opinion="另案")
    stage.do("acceptor", "merge", THIRD, master_id=EVENT)
    master = stage.do("acceptor", "split", EVENT, source_record_id=1, opinion="另案")
    made = master.log[-1].detail["event_id"]
    own = stage.case(event_id=made)
    assert (own.state, own.source, own.title, own.version) == ("reported", "hotline12345", "热线来电", 1)
    assert own.reporter == "李**"
    assert own.case_no != master.case_no
    assert own.remaining
    assert own.remaining.seconds == 1800
    assert (records(stage, EVENT), records(stage, made)) == ([3], [1])
    stage.do("acceptor", "unmerge", THIRD, opinion="不同")
    assert records(stage, THIRD) == [3]
    stage.do("acceptor", "merge", made, master_id=EVENT)
    stage.do("acceptor", "unmerge", made, opinion="不同")
    assert records(stage, made) == [1]
    assert loop.problems(stage.conn) == []
