"""The past as it was: states from log and columns, scope, roles, windows."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from geodata.db import Conn
from geodata.errors import InvalidInputError, NotAllowedError
from services import time_machine
from services.rights import Reader
from services.time_machine import Past, past, tracks
from tests import district
from tests.loop import EVENT, NEIGHBOUR, NOW, READERS, Stage, caller, fill
from tests.town import database

DAY = (datetime(2026, 11, 22, 16, tzinfo=UTC), datetime(2026, 11, 23, 16, tzinfo=UTC))
"""Monday, 23 November 2026 in China."""


@pytest.fixture(scope="module")
def loop_url(worker_name: str) -> Iterator[str]:
    yield from database(f"hall_past_{worker_name}", fill)


@pytest.fixture
def stage(loop_url: str) -> Iterator[Stage]:
    with psycopg.connect(loop_url) as conn:
        yield Stage(conn)
        conn.rollback()


def of(found: Past, number: int) -> list[tuple[int, str]]:
    """Minutes after NOW and state of each mark of a case."""
    [case] = [case for case in found.cases if case.id == number]
    return [((mark.at - int(NOW.timestamp())) // 60, mark.state) for mark in case.marks]


def seen(conn: Conn, reader: Reader = READERS["dispatcher"], window: tuple[datetime, datetime] = DAY) -> Past:
    return past(conn, reader, *window)


def test_a_case_that_nobody_touched_is_reported_and_has_until_its_deadline(stage: Stage) -> None:
    [mark] = next(case for case in seen(stage.conn).cases if case.id == EVENT).marks
    assert (mark.at, mark.state, mark.due) == (int(NOW.timestamp()), "reported", int(NOW.timestamp()) + 1800)


def test_states_follow_the_log_minute_by_minute(stage: Stage) -> None:
    for minutes, (name, action, fields) in enumerate(
        (
            ("acceptor", "accept", {}),
            ("dispatcher", "file", {"standard_id": 1}),
            ("dispatcher", "dispatch", {"department_id": 1}),
            ("department", "receive", {}),
        ),
        start=1,
    ):
        stage.later(minutes=minutes).do(name, action, **fields)
    told = of(seen(stage.conn), EVENT)
    assert told[0] == (0, "reported")
    assert told[1:3] == [(2, "filed"), (3, "dispatched")]
    assert [at for at, _ in told] == sorted(at for at, _ in told)


def test_a_case_without_a_log_is_told_by_its_columns(stage: Stage) -> None:
    stage.conn.execute(
        """UPDATE hall.event SET state = 'closed', filed_at = reported_at + interval '5 min', file_due_at = reported_at + interval '30 min',
           dispatched_at = reported_at + interval '9 min', handled_at = reported_at + interval '60 min', closed_at = reported_at + interval '70 min'
           WHERE id = %s""",
        [EVENT],
    )
    assert of(seen(stage.conn), EVENT) == [(0, "reported"), (5, "filed"), (9, "dispatched"), (60, "checking"), (70, "closed")]
    case = next(case for case in seen(stage.conn).cases if case.id == EVENT)
    assert case.marks[0].due == int(NOW.timestamp()) + 1800
    assert case.marks[-1].due is None


def test_what_was_open_before_the_window_is_in_it_and_what_was_closed_before_is_not(stage: Stage) -> None:
    later = (DAY[0] + timedelta(days=3), DAY[1] + timedelta(days=3))
    assert {EVENT, NEIGHBOUR} <= {case.id for case in seen(stage.conn, window=later).cases}
    stage.conn.execute("UPDATE hall.event SET state = 'closed', closed_at = %s WHERE id = %s", [NOW + timedelta(hours=1), EVENT])
    assert EVENT not in {case.id for case in seen(stage.conn, window=later).cases}
    assert EVENT in {case.id for case in seen(stage.conn).cases}
    before = (DAY[0] - timedelta(days=1), DAY[0])
    assert seen(stage.conn, window=before).cases == []


def test_a_street_sees_its_own_past(stage: Stage) -> None:
    assert {case.id for case in seen(stage.conn, READERS["street_dispatcher"]).cases} == {NEIGHBOUR}


def test_nothing_of_a_reporter_is_told() -> None:
    assert not {"reporter", "reporter_phone", "description"} & set(time_machine.PastCase.__dataclass_fields__)


@pytest.mark.parametrize("window", [(DAY[1], DAY[0]), (DAY[0], DAY[0]), (DAY[0], DAY[0] + timedelta(days=32))])
def test_windows_that_cannot_be_are_refused(stage: Stage, window: tuple[datetime, datetime]) -> None:
    with pytest.raises(InvalidInputError):
        seen(stage.conn, window=window)


def walk(conn: Conn, worker: int, minutes: range) -> None:
    for minute in minutes:
        for second in (0, 20, 40):
            conn.execute(
                "INSERT INTO hall.track_point (worker_id, reported_at, geom) VALUES (%s, %s, ST_SetSRID(ST_MakePoint(%s, 22.19), 4326))",
                [worker, NOW + timedelta(minutes=minute, seconds=second), 113.54 + minute / 1e4],
            )


def test_ways_have_one_point_a_minute_and_each_look_is_written_down(stage: Stage) -> None:
    walk(stage.conn, 71, range(5))
    found = tracks(stage.conn, caller("dispatcher"), NOW, NOW + timedelta(hours=1))
    [way] = found.tracks
    assert (way.worker_id, [at - int(NOW.timestamp()) for at in way.at]) == (71, [0, 60, 120, 180, 240])
    assert way.lon == pytest.approx([113.54, 113.5401, 113.5402, 113.5403, 113.5404])
    row = stage.conn.execute("SELECT action, detail ->> 'workers' FROM hall.audit ORDER BY id DESC LIMIT 1").fetchone()
    assert row == ("replay_tracks", "1")


def test_ways_of_another_street_and_of_other_times_are_left_out(stage: Stage) -> None:
    walk(stage.conn, 71, range(2))
    walk(stage.conn, 72, range(2))
    found = tracks(stage.conn, caller("street_dispatcher"), NOW, NOW + timedelta(hours=1))
    assert [way.worker_id for way in found.tracks] == [72]
    assert district.STREETS[1]
    assert tracks(stage.conn, caller("dispatcher"), NOW + timedelta(hours=1), NOW + timedelta(hours=2)).tracks == []


@pytest.mark.parametrize("name", ["wall", "worker", "department", "acceptor", "citizen", "system_admin"])
def test_only_who_answers_for_the_work_looks_back_at_workers(stage: Stage, name: str) -> None:
    with pytest.raises(NotAllowedError):
        tracks(stage.conn, caller(name), NOW, NOW + timedelta(hours=1))


def test_ways_are_told_for_two_hours_at_most(stage: Stage) -> None:
    with pytest.raises(InvalidInputError, match="2 hours at most"):
        tracks(stage.conn, caller("leader"), NOW, NOW + timedelta(hours=3))
