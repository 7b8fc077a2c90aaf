"""What people do with a case: the way from the report to the evaluation, and everything beside it."""

from datetime import timedelta
from typing import Any

import pytest

from geodata.db import Conn
from geodata.errors import ConflictError, InvalidInputError
from services.act_effects import drawn
from tests import loop
from tests.loop import EVENT, HELPER, LEAD, NOW, STANDARD, Stage, workers


@pytest.fixture
def stage(conn: Conn) -> Stage:
    loop.fill(conn)
    return Stage(conn)


def test_a_case_goes_from_the_report_to_the_evaluation(stage: Stage) -> None:
    case = stage.until("evaluate")
    assert (case.state, case.version, case.score) == ("evaluated", 9, 95)
    assert [line.action for line in case.log] == [step for _, step, _ in loop.MAIN_WAY]
    assert [line.seq for line in case.log] == list(range(1, 10))
    assert stage.column("closed_at")
    assert loop.problems(stage.conn) == []


def test_every_case_names_who_found_reported_solved_and_checked_it(stage: Stage) -> None:
    people = stage.until("check").people
    assert (people.found, people.reported, people.solved, people.checked) == ("赵**", "acceptor账号", "department账号", "acceptor账号")


def test_the_next_acts_are_shown_with_what_they_need(stage: Stage) -> None:
    stage.until("file")
    shown = {item.action: item for item in stage.case("dispatcher").possible}
    assert shown["dispatch"].expected
    assert shown["dispatch"].requires == ("receiver",)
    assert shown["suspend"].requires == ("opinion", "until")
    assert not stage.case("leader").possible


@pytest.mark.parametrize(
    ("until", "step", "missing"),
    [
        ("accept", ("dispatcher", "file", {}), "standard_id"),
        ("accept", ("acceptor", "reject", {}), "opinion"),
        ("file", ("dispatcher", "dispatch", {}), "receiver"),
        ("file", ("dispatcher", "return", {"opinion": "  "}), "opinion"),
        ("file", ("shift_leader", "void", {}), "opinion"),
        ("file", ("shift_leader", "suspend", {}), "opinion, until"),
        ("file", ("shift_leader", "extend", {"opinion": "材料未到"}), "until"),
        ("file", ("dispatcher", "merge", {}), "master_id"),
        ("handle", ("department", "feedback", {}), "opinion"),
        ("handle", ("shift_leader", "force_close", {}), "opinion"),
        ("feedback", ("acceptor", "rework", {}), "opinion"),
        ("close", ("shift_leader", "evaluate", {}), "score"),
        ("close", ("acceptor", "callback", {"opinion": "满意"}), "satisfied"),
    ],
)
def test_what_is_missing_is_named(stage: Stage, until: str, step: tuple[str, str, dict[str, Any]], missing: str) -> None:
    name, action, fields = step
    stage.until(until)
    before = stage.version()
    with pytest.raises(InvalidInputError, match=f"missing: {missing}$"):
        stage.do(name, action, **fields)
    assert stage.version() == before


def test_who_acts_on_an_older_version_is_told_who_was_faster(stage: Stage) -> None:
    stage.until("file")
    with pytest.raises(ConflictError, match="at version 2, not 1: file by dispatcher账号") as told:
        stage.do("shift_leader", "dispatch", version=1, department_id=LEAD)
    assert told.value.version == 2


def test_an_act_that_the_state_forbids_is_a_conflict(stage: Stage) -> None:
    stage.until("file")
    with pytest.raises(ConflictError, match="is filed: evaluate is not possible"):
        stage.do("shift_leader", "evaluate", score=1)
    with pytest.raises(InvalidInputError, match="possible are dispatch"):
        stage.do("shift_leader", "destroy")


def test_nothing_is_closed_before_somebody_checked_it(stage: Stage) -> None:
    stage.until("feedback")
    with pytest.raises(ConflictError, match="close needs checked"):
        stage.do("shift_leader", "close")
    stage.do("acceptor", "check")
    assert stage.do("shift_leader", "close").state == "closed"


def test_an_act_that_is_sent_twice_is_done_once(stage: Stage) -> None:
    stage.do("acceptor", "accept", client_id="a-1")
    again = stage.do("acceptor", "accept", client_id="a-1", version=0)
    assert (again.version, len(again.log)) == (1, 1)
    with pytest.raises(InvalidInputError, match="was used for accept"):
        stage.do("acceptor", "reject", client_id="a-1", opinion="无此事")


def test_the_mark_of_an_act_counts_for_one_account_only(stage: Stage) -> None:
    stage.do("acceptor", "accept", client_id="a-1")
    assert stage.do("dispatcher", "file", client_id="a-1", standard_id=STANDARD).version == 2


def test_a_suspension_gives_the_working_time_back(stage: Stage) -> None:
    stage.until("handle")
    left = stage.case().remaining
    assert left
    assert (left.unit, left.seconds) == ("work_hour", 4 * 3600)
    later = stage.later(hours=1)
    suspended = later.do("shift_leader", "suspend", opinion="等配件", until=later.now + timedelta(days=3))
    assert suspended.suspended_until == later.now + timedelta(days=3)
    assert suspended.remaining
    assert (suspended.remaining.paused, suspended.remaining.seconds) == (True, 3 * 3600)
    week = later.later(days=7)
    assert week.case().remaining == suspended.remaining
    resumed = week.do("shift_leader", "resume")
    assert resumed.state == "handling"
    assert resumed.remaining
    assert (resumed.remaining.seconds, resumed.remaining.lamp) == (3 * 3600, "green")
    assert loop.problems(stage.conn) == []


def test_a_second_suspension_counts_as_well(stage: Stage) -> None:
    stage.until("file")
    for _ in range(2):
        stage.do("dispatcher", "suspend", opinion="等", until=NOW + timedelta(days=1))
        stage = stage.later(hours=5)
        stage.do("dispatcher", "resume")
    assert stage.case().remaining.seconds == 1800  # type: ignore[union-attr]


def test_an_extension_moves_the_deadline_and_is_counted(stage: Stage) -> None:
    stage.until("dispatch")
    until = NOW + timedelta(days=2)
    stage.do("department", "ask_extension", opinion="需开挖", until=until)
    case = stage.do("shift_leader", "extend", opinion="同意", until=until)
    assert (case.deadline_at, case.extensions) == (until, 1)
    with pytest.raises(InvalidInputError, match="until: after"):
        stage.do("shift_leader", "extend", opinion="再", until=NOW)


def test_each_step_has_its_own_limit(stage: Stage) -> None:
    assert stage.until("file").remaining.seconds == 1800  # type: ignore[union-attr]
    dispatched = stage.do("dispatcher", "dispatch", department_id=LEAD)
    assert dispatched.remaining
    assert (dispatched.remaining.seconds, dispatched.remaining.unit) == (4 * 3600, "work_hour")
    later = stage.later(hours=1)
    assert later.do("department", "handle").remaining.seconds == 3 * 3600  # type: ignore[union-attr]
    checking = later.do("department", "feedback", opinion="好了").remaining
    assert checking
    assert (checking.seconds, checking.unit) == (4 * 3600, "work_hour")


def test_the_lead_waits_for_the_helpers_or_says_why_not(stage: Stage) -> None:
    stage.until("file")
    stage.do("dispatcher", "dispatch", department_id=LEAD, co_departments=(HELPER,))
    stage.do("department", "handle")
    assert "override_reason" in next(item for item in stage.case("department").possible if item.action == "feedback").requires
    with pytest.raises(InvalidInputError, match="missing: override_reason"):
        stage.do("department", "feedback", opinion="已清理")
    stage.do("helper", "result", opinion="已配合")
    case = stage.do("department", "feedback", opinion="已清理")
    assert [(item.name, item.lead, item.result) for item in case.departments] == [
        ("城市管理局", True, "已清理"),
        ("交通运输局", False, "已配合"),
    ]
    with pytest.raises(ConflictError):
        stage.do("helper", "result", opinion="又一次")


def test_the_lead_may_go_on_with_a_reason(stage: Stage) -> None:
    stage.until("file")
    stage.do("dispatcher", "dispatch", department_id=LEAD, co_departments=(HELPER,))
    stage.do("department", "handle")
    case = stage.do("department", "feedback", opinion="已清理", override_reason="无需配合")
    assert case.log[-1].detail["override_reason"] == "无需配合"


def test_only_the_lead_feeds_back(stage: Stage) -> None:
    stage.until("file")
    stage.do("dispatcher", "dispatch", department_id=LEAD, co_departments=(HELPER,))
    stage.do("department", "handle")
    with pytest.raises(ConflictError, match="feedback needs leading"):
        stage.do("helper", "feedback", opinion="我们好了", override_reason="x")


def test_a_return_and_a_rework_are_counted_and_have_a_reason(stage: Stage) -> None:
    stage.until("dispatch")
    case = stage.do("department", "return", opinion="非我局职责")
    assert (case.state, case.returns) == ("filed", 1)
    stage.do("dispatcher", "dispatch", department_id=LEAD)
    stage.do("department", "handle")
    stage.do("department", "feedback", opinion="好了")
    case = stage.do("acceptor", "rework", opinion="仍有残留")
    assert (case.state, case.reworks) == ("handling", 1)
    assert case.departments[0].finished_at is None
    assert case.remaining
    assert case.remaining.seconds == 4 * 3600


def test_a_case_moves_between_the_four_levels_under_one_number(stage: Stage) -> None:
    number = stage.case().case_no
    for level in ("street", "community", "grid"):
        assert stage.do("shift_leader", "lower_level", opinion="下沉办理").handling_level == level
    with pytest.raises(ConflictError, match="above_grid"):
        stage.do("shift_leader", "lower_level", opinion="再下")
    case = stage.do("shift_leader", "raise_level", opinion="无力办理")
    assert (case.handling_level, case.case_no) == ("community", number)


def test_a_supervised_case_tells_its_department(stage: Stage) -> None:
    stage.until("dispatch")
    assert stage.do("shift_leader", "supervise", opinion="限今日办结").supervised
    told = stage.conn.execute("SELECT channel, recipient, body ->> 'template' FROM hall.outbox ORDER BY id").fetchall()
    assert told == [("sms", "11000000101", "case"), ("sms", "11000000101", "supervised")]
    assert not stage.do("shift_leader", "release").supervised


def test_who_finds_and_solves_it_closes_it_with_two_photos(stage: Stage) -> None:
    before, after = stage.photo("before", "worker"), stage.photo("after", "worker")
    with pytest.raises(InvalidInputError, match="missing: photo_after"):
        stage.do("worker", "self_close", opinion="已劝离", attachments=(before,))
    case = stage.do("worker", "self_close", opinion="已劝离", attachments=(before, after))
    assert (case.state, case.self_handled, case.handling_level) == ("closed", True, "grid")
    assert {item.kind for item in case.attachments} == {"before", "after"}
    assert case.people.solved == "w***********"[:1] + "*" * (len("worker账号") - 1)


def test_photos_of_somebody_else_are_no_proof(stage: Stage) -> None:
    photos = (stage.photo("before", "second_worker"), stage.photo("after", "second_worker"))
    with pytest.raises(InvalidInputError, match="missing: photo_before, photo_after"):
        stage.do("worker", "self_close", opinion="已劝离", attachments=photos)


def test_one_in_twenty_self_handled_cases_is_drawn_always_the_same() -> None:
    numbers = [f"99000020261123{n:05d}" for n in range(20_000)]
    first = [drawn(number, 0.05) for number in numbers]
    assert first == [drawn(number, 0.05) for number in numbers]
    assert 900 < sum(first) < 1_100
    assert not any(drawn(number, 0.0) for number in numbers)


@pytest.mark.parametrize(("action", "state"), [("sample_pass", "closed"), ("sample_fail", "filed")])
def test_a_drawn_case_is_checked_once_by_somebody_else(stage: Stage, action: str, state: str) -> None:
    stage.conn.execute("""UPDATE hall.fact SET value = value || '{"sample_share": 1}' WHERE key = 'case_steps'""")
    photos = (stage.photo("before", "worker"), stage.photo("after", "worker"))
    assert stage.do("worker", "self_close", opinion="已劝离", attachments=photos).sampled
    case = stage.do("acceptor", action, opinion="抽查")
    assert (case.state, case.people.checked) == (state, "acceptor账号")
    with pytest.raises(ConflictError):
        stage.do("shift_leader", "sample_pass")
    assert loop.problems(stage.conn) == []


def test_whoever_solved_it_does_not_check_it(stage: Stage) -> None:
    stage.until("file")
    stage.do("dispatcher", "dispatch", orders=workers(loop.WORKER))
    stage.do("worker", "handle")
    stage.do("worker", "feedback", opinion="好了")
    with pytest.raises(ConflictError, match="check needs independent"):
        stage.do("worker", "check")


def test_a_closed_case_can_be_opened_again(stage: Stage) -> None:
    stage.until("close")
    case = stage.do("shift_leader", "reopen", opinion="群众反映未解决")
    assert (case.state, case.closed_at) == ("filed", None)
    assert loop.problems(stage.conn) == []


def test_a_rejected_case_can_be_taken_up_after_all(stage: Stage) -> None:
    assert stage.do("acceptor", "reject", opinion="不属受理范围").state == "not_filed"
    assert stage.do("shift_leader", "reopen", opinion="经复核受理").state == "reported"


def test_a_callback_leaves_its_satisfaction(stage: Stage) -> None:
    stage.until("close")
    assert stage.do("acceptor", "callback", opinion="已回访", satisfied=4).satisfied == 4


def test_a_standard_belongs_to_the_class(stage: Stage) -> None:
    with pytest.raises(InvalidInputError, match="not a standard of class 0101"):
        stage.do("dispatcher", "file", standard_id=999)
    stage.conn.execute("INSERT INTO hall.event_class (code, name, major) VALUES ('0102', '乱堆放', 'city')")
    with pytest.raises(InvalidInputError, match="not a standard of class 0102"):
        stage.do("dispatcher", "file", standard_id=STANDARD, class_code="0102")


def test_a_graded_case_tells_both_levels_in_its_log(stage: Stage) -> None:
    case = stage.do("dispatcher", "grade", level=1, opinion="升级为特别重大")
    assert (case.level, case.log[-1].detail["level"]) == (1, [4, 1])


def test_a_case_ends_with_nobody_on_the_way(stage: Stage) -> None:
    stage.until("file")
    stage.do("dispatcher", "dispatch", orders=workers(71, 73))
    stage.do("shift_leader", "void", opinion="重复误报")
    states = stage.conn.execute("SELECT state FROM hall.task ORDER BY id").fetchall()
    assert states == [("cancelled",), ("cancelled",)]
    told = stage.conn.execute("SELECT body ->> 'template' FROM hall.outbox ORDER BY id").fetchall()
    assert told == [("task",), ("task",), ("cancelled",), ("cancelled",)]
    assert loop.problems(stage.conn) == []


def test_a_sample_case_without_a_log_can_be_taken_over_in_any_state(stage: Stage) -> None:
    ways = {
        "reported": ("dispatcher", "file", {"standard_id": STANDARD}),
        "filed": ("dispatcher", "dispatch", {"department_id": LEAD}),
        "dispatched": ("worker", "handle", {}),
        "handling": ("worker", "feedback", {"opinion": "好了"}),
        "checking": ("acceptor", "check", {}),
        "suspended": ("dispatcher", "resume", {}),
        "closed": ("shift_leader", "evaluate", {"score": 80}),
    }
    for state, (name, action, fields) in ways.items():
        stage.conn.execute("SAVEPOINT here")
        handler = loop.WORKER if state in {"dispatched", "handling", "checking", "suspended"} else None
        stage.conn.execute(
            "UPDATE hall.event SET state = %s, worker_id = %s, closed_at = CASE WHEN %s = 'closed' THEN reported_at END WHERE id = %s",
            [state, handler, state, EVENT],
        )
        case = stage.do(name, action, **fields)
        assert (case.version, len(case.log)) == (1, 1)
        stage.conn.execute("ROLLBACK TO here")


def test_the_log_is_append_only(stage: Stage) -> None:
    stage.do("acceptor", "accept")
    with pytest.raises(Exception, match="append-only"), stage.conn.transaction():
        stage.conn.execute("UPDATE hall.case_log SET actor = 'x'")
    with pytest.raises(Exception, match="append-only"), stage.conn.transaction():
        stage.conn.execute("DELETE FROM hall.case_log")


def test_every_act_leaves_a_line_in_the_audit_trail(stage: Stage) -> None:
    stage.until("file")
    rows = stage.conn.execute("SELECT action, object, success FROM hall.audit ORDER BY id").fetchall()
    assert rows == [("case_accept", "events/101", True), ("case_file", "events/101", True)]


def test_closing_answers_each_source_that_a_program_waits_for_once(stage: Stage) -> None:
    stage.conn.execute("UPDATE hall.intake_channel SET webhook = 'http://127.0.0.1:9/r' WHERE source = 'hotline12345'")
    stage.until("close")
    assert stage.conn.execute("SELECT reply FROM hall.source_record WHERE event_id = %s", [EVENT]).fetchall() == [("已清理",)]
    stage.do("shift_leader", "reopen", opinion="未解决")
    stage.do("shift_leader", "force_close", opinion="强制结案")
    sent = stage.conn.execute("SELECT count(*) FROM hall.outbox WHERE recipient = 'http://127.0.0.1:9/r'").fetchone()
    assert sent == (1,)
