"""Two people act on one case at once: one wins, the other is told; whoever sends twice is heard once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg

from geodata.errors import ConflictError, HallError
from services import acts, tasks
from services.acts import Act
from services.tasks import TaskAct
from tests import loop
from tests.loop import EVENT, LEAD, NEIGHBOUR, STANDARD, Stage, workers

ROUNDS = 8


def at_once(url: str, *works: Any) -> list[object]:
    """Run each work on a connection of its own, all at the same moment; return results and errors."""
    barrier = threading.Barrier(len(works))

    def run(work: Any) -> object:
        with psycopg.connect(url) as conn:
            barrier.wait()
            try:
                return work(conn)
            except HallError as error:
                conn.rollback()
                return error

    with ThreadPoolExecutor(len(works)) as threads:
        return list(threads.map(run, works))


def does(name: str, event_id: int = EVENT, **act: Any) -> Any:
    return lambda conn: acts.act(conn, loop.caller(name), event_id, Act(**act))


def test_one_wins_and_the_other_is_told(stage_url: str) -> None:
    for number in range(ROUNDS):
        first = does("dispatcher", action="grade", version=number, level=1 + number % 2, opinion="调级")
        second = does("shift_leader", action="grade", version=number, level=3 + number % 2, opinion="调级")
        results = at_once(stage_url, first, second)
        lost = [item for item in results if isinstance(item, ConflictError)]
        assert len(lost) == 1
        assert lost[0].version == number + 1
        assert "grade by" in str(lost[0])
    with psycopg.connect(stage_url) as conn:
        assert loop.problems(conn) == []


def test_the_same_act_from_two_wires_is_done_once(stage_url: str) -> None:
    same = does("acceptor", action="accept", version=0, client_id="x")
    results = at_once(stage_url, same, same, same)
    assert [item.version for item in results] == [1, 1, 1]  # type: ignore[attr-defined]
    with psycopg.connect(stage_url) as conn:
        assert conn.execute("SELECT count(*) FROM hall.case_log").fetchone() == (1,)


def test_two_cases_merged_into_each_other_make_one_master(stage_url: str) -> None:
    one = does("acceptor", EVENT, action="merge", version=0, master_id=NEIGHBOUR)
    other = does("dispatcher", NEIGHBOUR, action="merge", version=0, master_id=EVENT)
    results = at_once(stage_url, one, other)
    assert sum(isinstance(item, ConflictError) for item in results) == 1
    with psycopg.connect(stage_url) as conn:
        assert sorted(row[0] for row in conn.execute("SELECT state FROM hall.event")) == ["merged", "reported"]
        assert loop.problems(conn) == []


def test_a_worker_who_is_sent_to_two_cases_at_once_has_both(stage_url: str) -> None:
    with psycopg.connect(stage_url) as conn:
        for event_id in (EVENT, NEIGHBOUR):
            Stage(conn).do("dispatcher", "file", event_id, standard_id=STANDARD)
    send = [
        does("dispatcher", event_id, action="dispatch", version=1, orders=workers(71), department_id=LEAD)
        for event_id in (EVENT, NEIGHBOUR)
    ]
    assert [item.state for item in at_once(stage_url, *send)] == ["dispatched", "dispatched"]  # type: ignore[attr-defined]
    with psycopg.connect(stage_url) as conn:
        assert conn.execute("SELECT load FROM hall.worker WHERE id = 71").fetchone() == (2,)


def test_a_phone_and_the_desk_answer_a_task_at_once(stage_url: str) -> None:
    with psycopg.connect(stage_url) as conn:
        stage = Stage(conn)
        stage.do("dispatcher", "file", standard_id=STANDARD)
        task = stage.do("dispatcher", "dispatch", orders=workers(71)).tasks[0].id
    finish = [
        lambda conn, name=name: tasks.act(conn, loop.caller(name), task, TaskAct(action="finish", opinion=f"{name}说好了"))
        for name in ("worker", "dispatcher")
    ]
    results = at_once(stage_url, *finish)
    assert sum(isinstance(item, ConflictError) for item in results) == 1
    with psycopg.connect(stage_url) as conn:
        assert conn.execute("SELECT count(*) FROM hall.case_log WHERE action = 'feedback'").fetchone() == (1,)
        assert loop.problems(conn) == []
