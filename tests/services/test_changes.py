"""Changes are noted in the order in which they become visible, and told to each reader as far as the reader's rights go."""

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from geodata.db import Conn
from layers.registry import LAYERS
from services import changes
from services.changes import KEPT, Change, Span, View
from services.rights import Reader, Role
from tests import district

DISPATCHER = View(Role.DISPATCHER, "").reader()
FIRST, SECOND = (View(Role.WORKER, street).reader() for street in district.STREETS)
OPEN = "SELECT id FROM hall.event WHERE closed_at IS NULL AND grid_code = %s ORDER BY id LIMIT 1"


@pytest.fixture
def db(district_url: str) -> Iterator[Conn]:
    with psycopg.connect(district_url) as conn:
        yield conn
        conn.rollback()


def case_in(conn: Conn, street: int) -> int:
    found = conn.execute(OPEN, [district.GRIDS[street]]).fetchone()
    assert found
    return int(found[0])


def noted(conn: Conn, statement: str, *values: object) -> list[Change]:
    """The changes that a statement causes."""
    before = changes.span(conn).last
    conn.execute(statement, values)  # type: ignore[arg-type]
    return changes.since(conn, before)


def told(conn: Conn, reader: Reader, found: list[Change]) -> dict[int, bool]:
    return {one.change.row_id: one.row is not None for one in changes.told(conn, reader, LAYERS, found)}


def test_a_statement_notes_each_row_that_really_changed(db: Conn) -> None:
    found = noted(db, "UPDATE hall.event SET title = title || CASE WHEN id = %s THEN '！' ELSE '' END", case_in(db, 0))
    assert [(change.row_id, change.kind, change.layer) for change in found] == [(case_in(db, 0), "update", "open_events")]


def test_what_is_loaded_quietly_is_no_news(db: Conn) -> None:
    db.execute("SET LOCAL hall.quiet = 'on'")
    assert noted(db, "UPDATE hall.event SET title = title || '！'") == []


def test_readers_hear_of_their_own_area_only(db: Conn) -> None:
    found = noted(db, "UPDATE hall.event SET title = title || '！' WHERE id = ANY(%s)", [case_in(db, 0), case_in(db, 1)])
    assert told(db, DISPATCHER, found) == {case_in(db, 0): True, case_in(db, 1): True}
    assert told(db, FIRST, found) == {case_in(db, 0): True}
    assert told(db, SECOND, found) == {case_in(db, 1): True}


def test_administrators_and_strangers_hear_nothing_of_cases(db: Conn) -> None:
    found = noted(db, "UPDATE hall.event SET title = title || '！'")
    for role in (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN, Role.CITIZEN):
        assert told(db, View(role, "").reader(), found) == {}


def test_personal_values_come_masked(db: Conn) -> None:
    found = noted(db, "UPDATE hall.event SET reporter = '欧阳百里', reporter_phone = '11012345678' WHERE id = %s", case_in(db, 0))
    (one,) = changes.told(db, DISPATCHER, LAYERS, found)
    assert one.row is not None
    assert (one.row.fields["reporter"], one.row.fields["reporter_phone"]) == ("欧***", "110****5678")
    assert one.row.geometry is not None
    assert one.row.geometry.startswith('{"type":"Point"')


def test_a_case_that_is_closed_leaves_the_view(db: Conn) -> None:
    case = case_in(db, 0)
    found = noted(db, "UPDATE hall.event SET state = 'closed', closed_at = now() WHERE id = %s", case)
    assert told(db, DISPATCHER, found) == {case: False}


def test_a_case_that_moves_leaves_one_area_and_enters_the_other(db: Conn) -> None:
    case = case_in(db, 0)
    found = noted(db, "UPDATE hall.event SET grid_code = %s WHERE id = %s", district.GRIDS[1], case)
    assert told(db, FIRST, found) == {case: False}
    assert told(db, SECOND, found) == {case: True}


@pytest.mark.parametrize(
    ("before", "after", "alarms"), [(0, 2, True), (3, 1, True), (2, 1, True), (1, 2, False), (2, 2, False), (4, 3, False)]
)
def test_the_alarm_is_for_what_becomes_major(db: Conn, before: int, after: int, *, alarms: bool) -> None:
    case = case_in(db, 0)
    db.execute("UPDATE hall.event SET level = %s WHERE id = %s", [before, case])
    (change,) = noted(db, "UPDATE hall.event SET level = %s, title = title || '！' WHERE id = %s", after, case)
    assert change.alarm is alarms


def test_ids_are_handed_out_in_the_order_of_the_commits(district_url: str) -> None:
    """The later writer waits for the earlier one, so whoever has read up to an id has missed nothing below it."""
    with psycopg.connect(district_url) as first, psycopg.connect(district_url) as second:
        cases = case_in(first, 0), case_in(first, 1)
        first.rollback()
        start = changes.span(second).last
        second.rollback()
        first.execute("UPDATE hall.event SET title = title || '！' WHERE id = %s", [cases[0]])

        def later() -> None:
            second.execute("UPDATE hall.event SET title = title || '！' WHERE id = %s", [cases[1]])
            second.commit()

        thread = threading.Thread(target=later)
        thread.start()
        time.sleep(0.3)
        with psycopg.connect(district_url) as third:
            assert changes.since(third, start) == []
        first.commit()
        thread.join()
        assert [change.row_id for change in changes.since(first, start)] == list(cases)
        first.execute("UPDATE hall.event SET title = rtrim(title, '！')")
        first.commit()


def test_a_place_is_reached_while_nothing_after_it_was_forgotten() -> None:
    assert Span(10, 20).reaches(9)
    assert Span(10, 20).reaches(20)
    assert not Span(10, 20).reaches(8)
    assert not Span(10, 20).reaches(21)
    assert Span(0, 0).reaches(0)


def test_old_changes_are_forgotten_but_the_last_one(db: Conn) -> None:
    noted(db, "UPDATE hall.event SET title = title || '！'")
    last = changes.span(db).last
    assert changes.prune(db, datetime.now(UTC)) == 0 or changes.span(db).last == last
    changes.prune(db, datetime.now(UTC) + KEPT + timedelta(hours=1))
    assert changes.span(db) == Span(last, last)
