"""The audit trail only grows, is read by one role only, and remembers refusals."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from geodata.db import Conn
from geodata.errors import InvalidInputError, NotAllowedError
from services.audit import Act, AuditQuery, Caller, read, record
from services.rights import Reader, Role

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
AUDITOR = Reader(3, "auditor", "审计", Role.AUDIT_ADMIN, "")
DISPATCHER = Caller(reader=Reader(1, "zhang", "张", Role.DISPATCHER, ""), address="10.1.2.3", now=NOW)


def test_rows_tell_who_what_why_and_from_where(conn: Conn) -> None:
    record(conn, DISPATCHER, Act(action="unmask", object="people/7", reason="走失老人", detail={"fields": ["phone"]}))
    (row,) = read(conn, AUDITOR, AuditQuery())
    assert (row.username, row.role, row.address, row.action, row.object) == ("zhang", "dispatcher", "10.1.2.3", "unmask", "people/7")
    assert (row.at, row.success, row.reason, row.detail) == (NOW, True, "走失老人", {"fields": ["phone"]})


def test_the_newest_comes_first_and_a_cursor_goes_on(conn: Conn) -> None:
    for name in "abc":
        record(conn, DISPATCHER, Act(action=name, object=name))
    first = read(conn, AUDITOR, AuditQuery(limit=2))
    assert [row.action for row in first] == ["c", "b"]
    assert [row.action for row in read(conn, AUDITOR, AuditQuery(before_id=first[-1].id))] == ["a"]


def test_the_trail_is_searched_by_act_account_time_and_outcome(conn: Conn) -> None:
    record(conn, DISPATCHER, Act(action="export", object="people.csv"))
    record(conn, DISPATCHER, Act(action="unmask", object="people/7", success=False))
    assert [row.action for row in read(conn, AUDITOR, AuditQuery(action="export"))] == ["export"]
    assert [row.action for row in read(conn, AUDITOR, AuditQuery(success=False))] == ["unmask"]
    assert len(read(conn, AUDITOR, AuditQuery(username="zhang", start=NOW, end=NOW + timedelta(seconds=1)))) == 2
    assert read(conn, AUDITOR, AuditQuery(start=NOW + timedelta(seconds=1))) == []


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.AUDIT_ADMIN])
def test_only_the_audit_administrator_reads_it(conn: Conn, role: Role) -> None:
    with pytest.raises(NotAllowedError):
        read(conn, Reader(1, "x", "x", role, ""), AuditQuery())


def test_a_page_is_bounded(conn: Conn) -> None:
    with pytest.raises(InvalidInputError):
        read(conn, AUDITOR, AuditQuery(limit=1_001))


@pytest.mark.parametrize("change", ["UPDATE hall.audit SET success = true", "DELETE FROM hall.audit", "TRUNCATE hall.audit"])
def test_nothing_is_taken_back(conn: Conn, change: str) -> None:
    record(conn, DISPATCHER, Act(action="unmask", object="people/7"))
    with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
        conn.execute(change)
