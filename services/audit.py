"""The audit trail: who did what to which object, why, and whether it was allowed. Rows are only ever added."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from geodata.db import Conn, Pool, writing
from geodata.errors import InvalidInputError, NotAllowedError, NotFoundError
from services.rights import Reader, Role

MAX_ROWS = 1_000
Detail = Mapping[str, Any]

INSERT = """
    INSERT INTO hall.audit (at, account_id, username, role, address, action, object, success, reason, detail)
    VALUES (%(at)s, %(account_id)s, %(username)s, %(role)s, %(address)s, %(action)s, %(object)s, %(success)s, %(reason)s, %(detail)s)
"""
READ = """
    SELECT id, at, account_id, username, role, host(address) AS address, action, object, success, reason, detail
    FROM hall.audit
    WHERE (%(before_id)s::bigint IS NULL OR id < %(before_id)s)
      AND (%(action)s::text IS NULL OR action = %(action)s)
      AND (%(username)s::text IS NULL OR username = %(username)s)
      AND (%(start)s::timestamptz IS NULL OR at >= %(start)s)
      AND (%(end)s::timestamptz IS NULL OR at < %(end)s)
      AND (%(success)s::boolean IS NULL OR success = %(success)s)
    ORDER BY id DESC
    LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks, from where, and when."""

    reader: Reader
    address: str | None
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Something worth remembering. `object` reads like `people/123`; `detail` never holds a password, token or clear value."""

    action: str
    object: str
    success: bool = True
    reason: str | None = None
    detail: Detail = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """One line of the trail."""

    id: int
    at: datetime
    account_id: int | None
    username: str | None
    role: str | None
    address: str | None
    action: str
    object: str
    success: bool
    reason: str | None
    detail: Detail


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditQuery:
    """Which lines to read; None leaves a test out. `start` is inclusive, `end` is not."""

    action: str | None = None
    username: str | None = None
    start: datetime | None = None
    end: datetime | None = None
    success: bool | None = None
    before_id: int | None = None
    """Cursor: the id of the last line already read."""
    limit: int = 100


def record(conn: Conn, caller: Caller, act: Act) -> None:
    """Add one row; it stays if the surrounding transaction does."""
    reader = caller.reader
    conn.execute(
        INSERT,
        {
            "at": caller.now,
            "account_id": reader.account_id,
            "username": reader.username,
            "role": reader.role.value,
            "address": caller.address,
            "action": act.action,
            "object": act.object,
            "success": act.success,
            "reason": act.reason,
            "detail": Jsonb(dict(act.detail)),
        },
    )


def record_stranger(conn: Conn, username: str, address: str | None, now: datetime, act: Act) -> None:
    """Add one row about somebody who is not signed in; `username` is the name that was tried."""
    conn.execute(
        INSERT,
        {
            "at": now,
            "account_id": None,
            "username": username,
            "role": None,
            "address": address,
            "action": act.action,
            "object": act.object,
            "success": act.success,
            "reason": act.reason,
            "detail": Jsonb(dict(act.detail)),
        },
    )


@contextmanager
def attempt(pool: Pool, caller: Caller, action: str, thing: str) -> Iterator[Conn]:
    """Lend a writing connection for an act that must leave a trace. What succeeds records itself; a refusal is recorded here.

    Raises:
        SourceUnavailableError: the database did not answer.
    """
    try:
        with writing(pool) as conn:
            yield conn
    except (NotAllowedError, NotFoundError) as refusal:
        with writing(pool) as conn:
            record(conn, caller, Act(action=action, object=thing, success=False, reason=str(refusal)))
        raise


def read(conn: Conn, reader: Reader, query: AuditQuery) -> list[AuditRow]:
    """Return lines of the trail, newest first.

    Raises:
        NotAllowedError: the reader is not the audit administrator.
        InvalidInputError: `limit` is not in 1..1000.
    """
    if reader.role is not Role.AUDIT_ADMIN:
        raise NotAllowedError("only the audit administrator reads the audit trail")
    if not 1 <= query.limit <= MAX_ROWS:
        raise InvalidInputError(f"limit={query.limit}: 1 to {MAX_ROWS}")
    params = {
        "before_id": query.before_id,
        "action": query.action,
        "username": query.username,
        "start": query.start,
        "end": query.end,
        "success": query.success,
        "limit": query.limit,
    }
    with conn.cursor(row_factory=class_row(AuditRow)) as cursor:
        return cursor.execute(READ, params).fetchall()
