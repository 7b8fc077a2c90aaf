"""Sending people and what their phones answer: receipts, results, and what follows for the case."""

from datetime import timedelta

import pytest

from geodata.db import Conn
from geodata.errors import ConflictError, InvalidInputError, NotAllowedError, NotFoundError
from services import tasks
from services.orders import Order
from services.tasks import TaskQuery
from tests import district, loop
from tests.loop import EVENT, NOW, READERS, STANDARD, Stage, workers


@pytest.fixture
def stage(conn: Conn) -> Stage:
    loop.fill(conn)
    stage = Stage(conn)
    stage.do("dispatcher", "file", standard_id=STANDARD)
    return stage


def sent(stage: Stage, *orders: Order) -> list[int]:
    case = stage.do("dispatcher", "dispatch", orders=orders or workers(71))
    return [task.id for task in case.tasks]


def test_a_phone_closes_the_loop(stage: Stage) -> None:
    (task,) = sent(stage)
    assert stage.task("worker", task, "deliver").delivered_at == NOW
    assert stage.case().version == 2
    accepted = stage.later(minutes=1).task("worker", task, "accept")
    assert (accepted.state, accepted.case_state) == ("accepted", "dispatched")
    arrived = stage.later(minutes=9).task("worker", task, "arrive")
    assert (arrived.state, arrived.arrived_at, arrived.case_state) == ("on_site", NOW + timedelta(minutes=9), "handling")
    photo = stage.photo("after", "worker")
    done = stage.later(minutes=30).task("worker", task, "finish", opinion="已劝离", attachments=(photo,))
    assert (done.state, done.result, done.case_state) == ("done", "已劝离", "checking")
    case = stage.case()
    assert [line.action for line in case.log] == ["file", "dispatch", "receive", "handle", "feedback"]
    assert [item.id for item in case.attachments] == [photo]
    assert case.people.solved == "赵**"
    assert loop.problems(stage.conn) == []


def test_a_receipt_that_comes_twice_counts_once(stage: Stage) -> None:
    (task,) = sent(stage)
    for _ in range(2):
        stage.task("worker", task, "accept", client_id="p-1")
        stage.task("worker", task, "finish", client_id="p-2", opinion="好了")
    assert [line.action for line in stage.case().log] == ["file", "dispatch", "receive", "handle", "feedback"]
    with pytest.raises(InvalidInputError, match="was used for accept"):
        stage.task("worker", task, "decline", client_id="p-1", opinion="x")
    with pytest.raises(ConflictError, match="is done"):
        stage.task("worker", task, "arrive", client_id="p-3")


def test_what_a_phone_did_offline_has_the_phone_s_time_unless_that_cannot_be(stage: Stage) -> None:
    (task,) = sent(stage)
    late = stage.later(hours=2)
    assert late.task("worker", task, "accept", at=NOW + timedelta(minutes=5)).accepted_at == NOW + timedelta(minutes=5)
    assert late.task("worker", task, "arrive", at=NOW + timedelta(days=400)).arrived_at == late.now
    (second,) = [item.id for item in stage.do("dispatcher", "assign", orders=workers(73)).tasks if item.worker_id == 73]
    assert stage.task("second_worker", second, "accept", at=NOW - timedelta(days=9)).accepted_at == NOW


def test_load_and_status_follow_the_tasks(stage: Stage) -> None:
    def state() -> list[tuple[str, int, str]]:
        return stage.conn.execute(
            "SELECT w.status, w.load, p.status FROM hall.worker w JOIN hall.worker_position p ON p.worker_id = w.id WHERE w.id = 71"
        ).fetchall()

    assert state() == [("free", 0, "free")]
    (task,) = sent(stage)
    assert state() == [("busy", 1, "busy")]
    stage.task("worker", task, "finish", opinion="好了")
    assert state() == [("free", 0, "free")]


def test_a_case_of_the_sample_city_counts_until_somebody_acts_on_it(stage: Stage) -> None:
    stage.conn.execute("UPDATE hall.event SET worker_id = 71, state = 'handling' WHERE id = 102")
    (task,) = sent(stage)
    assert stage.conn.execute("SELECT load FROM hall.worker WHERE id = 71").fetchone() == (2,)
    stage.task("worker", task, "finish", opinion="好了")
    assert stage.conn.execute("SELECT load, status FROM hall.worker WHERE id = 71").fetchone() == (1, "busy")


def test_the_lead_waits_for_the_helpers(stage: Stage) -> None:
    lead, helper = sent(stage, *workers(71, 73))
    stage.task("worker", lead, "arrive")
    with pytest.raises(InvalidInputError, match="missing: override_reason"):
        stage.task("worker", lead, "finish", opinion="好了")
    stage.task("second_worker", helper, "finish", opinion="已配合")
    assert stage.task("worker", lead, "finish", opinion="好了").case_state == "checking"
    assert [line.action for line in stage.case().log][-2:] == ["result", "feedback"]


def test_who_declines_leaves_the_lead_to_the_next_one(stage: Stage) -> None:
    lead, helper = sent(stage, *workers(71, 73))
    stage.task("worker", lead, "decline", opinion="车坏了")
    case = stage.case()
    assert [(task.state, task.lead) for task in case.tasks] == [("declined", True), ("sent", True)]
    assert (case.worker_id, case.state) == (73, "dispatched")
    assert stage.task("second_worker", helper, "finish", opinion="好了").case_state == "checking"
    assert loop.problems(stage.conn) == []


def test_when_the_only_one_declines_the_case_goes_back_to_be_sent_anew(stage: Stage) -> None:
    (task,) = sent(stage)
    stage.task("worker", task, "decline", opinion="车坏了")
    case = stage.case()
    assert (case.state, case.returns, case.tasks[0].state) == ("filed", 1, "declined")
    assert loop.problems(stage.conn) == []


def test_a_verification_before_filing_and_a_check_after_handling_are_tasks_of_their_own(stage: Stage) -> None:
    stage.do("dispatcher", "return", opinion="先核实")
    (verify,) = [item.id for item in stage.do("acceptor", "assign", orders=workers(71)).tasks]
    assert stage.task("worker", verify, "finish", opinion="属实").purpose == "verify"
    stage.do("dispatcher", "file", standard_id=STANDARD)
    (lead,) = [item.id for item in stage.do("dispatcher", "dispatch", orders=workers(73)).tasks if item.purpose == "handle"]
    stage.task("second_worker", lead, "finish", opinion="好了")
    check = max(item.id for item in stage.do("acceptor", "assign", orders=workers(71)).tasks)
    failed = stage.task("worker", check, "finish", opinion="没有清完", passed=False)
    assert (failed.passed, failed.case_state) == (False, "handling")
    again = stage.case().tasks[-1]
    assert (again.worker_id, again.lead, again.order_text) == (73, True, "没有清完")
    stage.task("second_worker", again.id, "finish", opinion="这次好了")
    check = max(item.id for item in stage.do("acceptor", "assign", orders=workers(71)).tasks)
    assert stage.task("worker", check, "finish", opinion="已清").passed
    case = stage.do("shift_leader", "close")
    assert (case.people.solved, case.people.checked) == ("孙**", "w" + "*" * 7)
    assert loop.problems(stage.conn) == []


def test_sending_somebody_else_than_the_first_of_the_list_needs_a_reason(stage: Stage) -> None:
    second = Order(kind="worker", id=73, rank=2)
    with pytest.raises(InvalidInputError, match="override_reason"):
        sent(stage, second)
    with pytest.raises(InvalidInputError, match="override_reason"):
        sent(stage, Order(kind="worker", id=71, rank=1), Order(kind="worker", id=73, rank=3))
    first = Order(kind="worker", id=71, rank=1)
    assert len(sent(stage, first, second)) == 2


def test_the_reason_and_the_prediction_stay_with_the_task(stage: Stage) -> None:
    order = Order(kind="worker", id=73, rank=2, override_reason="持证", engine="network", distance_m=543.0, raw_s=100.0, predicted_s=120.0)
    sent(stage, order)
    task = stage.case().tasks[0]
    assert (task.rank, task.override_reason, task.engine, task.distance_m, task.predicted_s) == (2, "持证", "network", 543.0, 120.0)


def test_a_vehicle_is_sent_called_back_and_free_again(stage: Stage) -> None:
    sent(stage, Order(kind="vehicle", id=81))
    assert stage.conn.execute("SELECT status FROM hall.vehicle WHERE id = 81").fetchone() == ("busy",)
    stage.task("dispatcher", stage.case().tasks[0].id, "arrive")
    assert stage.do("dispatcher", "feedback", opinion="电台回复已处置").tasks[0].state == "done"
    assert stage.conn.execute("SELECT status FROM hall.vehicle WHERE id = 81").fetchone() == ("free",)


@pytest.mark.parametrize(
    ("orders", "error", "message"),
    [
        (workers(71, 71), InvalidInputError, "named twice"),
        (workers(4_711), NotFoundError, "worker/4711"),
        ((Order(kind="worker", id=71, lead=True), Order(kind="worker", id=73, lead=True)), InvalidInputError, "only one leads"),
    ],
)
def test_receivers_that_make_no_sense_are_refused(stage: Stage, orders: tuple[Order, ...], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        sent(stage, *orders)


def test_nobody_is_sent_twice_to_a_case(stage: Stage) -> None:
    sent(stage)
    with pytest.raises(InvalidInputError, match="worker 71 already on this case"):
        stage.do("dispatcher", "assign", orders=workers(71))


def test_workers_answer_their_own_tasks_and_nobody_else_s(stage: Stage) -> None:
    (task,) = sent(stage)
    for name in ("second_worker", "worker_other_street", "street_dispatcher", "department"):
        with pytest.raises(NotFoundError):
            stage.task(name, task, "accept")
    for name in ("leader", "wall", "citizen", "acceptor", "system_admin"):
        with pytest.raises(NotAllowedError):
            stage.task(name, task, "accept")
    assert stage.task("shift_leader", task, "accept").state == "accepted"


def test_each_role_lists_what_is_its_own(stage: Stage) -> None:
    stage.do("dispatcher", "dispatch", orders=workers(71, 73), department_id=loop.LEAD)

    def listed(name: str) -> set[int | None]:
        return {item.worker_id for item in tasks.tasks(stage.conn, READERS[name], TaskQuery(), NOW)}

    assert listed("worker") == {71}
    assert listed("second_worker") == {73}
    assert listed("dispatcher") == listed("department") == listed("leader") == {71, 73}
    assert listed("helper") == listed("street_dispatcher") == listed("worker_other_street") == set()
    for name in ("wall", "citizen", "audit_admin"):
        with pytest.raises(NotAllowedError):
            listed(name)


def test_a_task_tells_where_and_until_when_but_nothing_of_the_reporter(stage: Stage) -> None:
    sent(stage)
    (task,) = tasks.tasks(stage.conn, READERS["worker"], TaskQuery(mine=True), NOW)
    assert (task.event_id, task.lamp, task.unit, task.remaining_s) == (EVENT, "green", "work_hour", 4 * 3600)
    assert (round(task.lon, 3), round(task.lat, 4), task.place_text) == (113.543, 22.1925, "新街1号门前")
    for secret in (*district.NAMES, *district.PHONES):
        assert secret not in str(task)


@pytest.mark.parametrize(
    ("action", "fields", "message"), [("finish", {}, "missing: opinion"), ("decline", {}, "missing: opinion"), ("fly", {}, "one of")]
)
def test_an_answer_without_sense_is_refused(stage: Stage, action: str, fields: dict[str, str], message: str) -> None:
    (task,) = sent(stage)
    with pytest.raises(InvalidInputError, match=message):
        stage.task("worker", task, action, **fields)
