"""Who may do what with a case in which state, and who sees it and what of it."""

from datetime import timedelta
from typing import Any

import pytest

from geodata.db import Conn
from geodata.errors import ConflictError, InvalidInputError, NotAllowedError, NotFoundError
from services import workflow
from services.acts import act, offered
from services.case_store import lock
from tests import district, loop
from tests.loop import EVENT, HELPER, LEAD, NEIGHBOUR, NOW, STANDARD, Stage, workers


@pytest.fixture
def stage(conn: Conn) -> Stage:
    loop.fill(conn)
    return Stage(conn)


STATES = ("reported", "filed", "dispatched", "handling", "checking", "closed", "evaluated", "suspended", "void", "not_filed")
FIELDS = {
    "opinion": "理由", "standard_id": STANDARD, "department_id": LEAD, "until": NOW + timedelta(days=5), "score": 90, "satisfied": 5, "level": 2,
    "class_code": "0101", "override_reason": "理由", "source_record_id": 1, "master_id": NEIGHBOUR, "orders": workers(73),
}  # fmt: skip


@pytest.mark.parametrize("name", [name for name in loop.ACCOUNTS if name != "street_dispatcher"])
def test_each_role_does_exactly_what_the_table_gives_it_in_every_state(stage: Stage, name: str) -> None:
    """The case is nobody's: workers and departments find nothing to do with it, others what their role may."""
    stage.conn.execute("UPDATE hall.worker SET grid_code = '990000001001' WHERE id = 71")
    role = loop.READERS[name].role.value
    for state in STATES:
        closed = state in workflow.CLOSED
        stage.conn.execute(
            "UPDATE hall.event SET state = %s, closed_at = CASE WHEN %s THEN reported_at END WHERE id = %s", [state, closed, EVENT]
        )
        table = workflow.table(stage.conn)
        may = {
            row.action
            for row in table
            if row.from_state == state and role in row.roles and not (row.own and role in {"worker", "department"})
        }
        for action in sorted({row.action for row in table}):
            outcome = _outcome(stage, name, action, FIELDS)
            ever = role in {item for row in table if row.action == action for item in row.roles}
            expected = {None, ConflictError, InvalidInputError} if action in may else {NotAllowedError, NotFoundError}
            assert outcome in expected or (action not in may and ever and outcome is ConflictError), (name, state, action, outcome)


def test_what_is_offered_is_what_is_done(stage: Stage) -> None:
    """For every account in every state of the main way: each act that is offered succeeds with its fields, no other one does."""
    photos = [stage.photo(kind, name) for name in ("worker", "second_worker") for kind in ("before", "after")]
    for step in range(len(loop.MAIN_WAY) + 1):
        if step:
            stage.do(loop.MAIN_WAY[step - 1][0], loop.MAIN_WAY[step - 1][1], **loop.MAIN_WAY[step - 1][2])
        for name in ("dispatcher", "acceptor", "shift_leader", "department", "helper", "worker", "second_worker", "leader"):
            row = lock(stage.conn, [EVENT])[EVENT]
            for action in sorted({item.action for item in workflow.table(stage.conn)} - {"merge", "not_same", "split", "unmerge"}):
                own = [number for number in photos if _of(stage, number) == loop.READERS[name].account_id]
                outcome = _outcome(stage, name, action, FIELDS | {"attachments": own})
                assert outcome is not InvalidInputError, (step, name, action)
                assert (outcome is None) == (offered(stage.conn, loop.caller(name), row, action) and _visible(stage, name)), (
                    step,
                    name,
                    action,
                )


def _outcome(stage: Stage, name: str, action: str, fields: dict[str, Any]) -> type[Exception] | None:
    """Try an act and take it back; return how it was refused."""
    stage.conn.execute("SAVEPOINT here")
    refused: type[Exception] | None = None
    try:
        stage.do(name, action, **fields)
    except (NotAllowedError, NotFoundError, ConflictError, InvalidInputError) as refusal:
        refused = type(refusal)
    stage.conn.execute("ROLLBACK TO here")
    return refused


def _of(stage: Stage, number: int) -> int:
    row = stage.conn.execute("SELECT account_id FROM hall.attachment WHERE id = %s", [number]).fetchone()
    assert row
    return int(row[0])


def _visible(stage: Stage, name: str) -> bool:
    try:
        stage.case(name)
    except (NotFoundError, NotAllowedError):
        return False
    return True


@pytest.mark.parametrize("name", ["wall", "leader", "citizen", "system_admin", "security_admin", "audit_admin"])
def test_who_only_looks_does_nothing(stage: Stage, name: str) -> None:
    for action in {row.action for row in workflow.table(stage.conn)}:
        with pytest.raises(NotAllowedError):
            stage.do(name, action, **FIELDS)


def test_a_case_of_another_street_does_not_exist(stage: Stage) -> None:
    for event_id in (EVENT, 4_711):
        with pytest.raises(NotFoundError):
            act(stage.conn, loop.caller("street_dispatcher"), event_id, loop.Act(action="accept", version=0))
    assert stage.do("street_dispatcher", "accept", NEIGHBOUR).version == 1
    with pytest.raises(NotFoundError):
        stage.case("street_dispatcher")


def test_a_department_sees_the_cases_that_were_sent_to_it(stage: Stage) -> None:
    stage.until("file")
    for name in ("department", "helper"):
        with pytest.raises(NotFoundError):
            stage.case(name)
    stage.do("dispatcher", "dispatch", department_id=LEAD, co_departments=(HELPER,))
    assert stage.case("department").id == stage.case("helper").id == EVENT
    with pytest.raises(NotFoundError):
        stage.case("other")
    with pytest.raises(NotFoundError):
        stage.do("other", "handle")


def test_a_worker_sees_own_cases_and_those_of_the_own_grid(stage: Stage) -> None:
    assert stage.case("worker").id == EVENT
    with pytest.raises(NotFoundError):
        stage.case("second_worker")
    stage.until("file")
    stage.do("dispatcher", "dispatch", orders=workers(73))
    assert {item.action for item in stage.case("second_worker").possible} >= {"receive", "handle", "return"}
    with pytest.raises(NotAllowedError):
        stage.do("worker", "handle")


def test_personal_values_are_masked_in_every_part_of_a_case(stage: Stage) -> None:
    stage.until("file")
    stage.do("dispatcher", "dispatch", orders=workers(71))
    stage.do("worker", "receive")
    for name in ("dispatcher", "leader", "wall", "worker", "shift_leader"):
        text = str(stage.case(name))
        for secret in (*district.NAMES, *district.PHONES, "李柒捌", "11000000009", "孙伍陆"):
            assert secret not in text, (name, secret)


def test_a_reporter_who_asked_for_secrecy_is_not_even_hinted_at(stage: Stage) -> None:
    stage.conn.execute("UPDATE hall.source_record SET secret = true")
    case = stage.case()
    assert (case.reporter, case.reporter_phone, case.sources[0].reporter, case.people.found) == (None, None, None, None)
