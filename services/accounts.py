"""Accounts: what one is, signing in and out, and its password."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from psycopg.rows import class_row

from geodata import credentials
from geodata.db import Conn
from geodata.errors import InvalidInputError, NotAllowedError, NotFoundError
from services.audit import Act, Caller, record, record_stranger
from services.rights import Reader, Role

FAILURES_ALLOWED = 5
LOCKED_FOR = timedelta(minutes=15)
USERNAME = re.compile(r"[a-z][a-z0-9_]{2,31}")

BY_NAME = """
    SELECT id, username, display_name, role, scope, epoch, active, failures, locked_until, created_at, last_seen_at, password_hash
    FROM hall.account WHERE username = %s FOR UPDATE
"""
BY_ID = """
    SELECT id, username, display_name, role, scope, epoch, active, failures, locked_until, created_at, last_seen_at
    FROM hall.account WHERE id = %s FOR UPDATE
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One account as administrators see it; the password never leaves the database."""

    id: int
    username: str
    display_name: str
    role: str
    scope: str
    epoch: int
    active: bool
    failures: int
    locked_until: datetime | None
    created_at: datetime
    last_seen_at: datetime | None

    def reader(self) -> Reader:
        """Return what decides about rights."""
        return Reader(self.id, self.username, self.display_name, Role(self.role), self.scope)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Secret(Account):
    password_hash: str | None


class Refusal(StrEnum):
    """Why somebody was not signed in."""

    WRONG = "wrong"
    """Unknown name, wrong password, an inactive account or one without password: outside they look alike."""
    LOCKED = "locked"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """How an attempt to sign in ended: an account, or a refusal."""

    account: Account | None = None
    refusal: Refusal | None = None
    locked_until: datetime | None = None


def sign_in(conn: Conn, username: str, password: str, now: datetime, address: str | None) -> SignIn:
    """Check name and password. The fifth failure in a row locks the account for 15 minutes.

    Success and failure are both audited, so the caller must let the transaction commit: a refusal is a result, not an error.
    """
    known = USERNAME.fullmatch(username) is not None
    with conn.cursor(row_factory=class_row(_Secret)) as cursor:
        account = cursor.execute(BY_NAME, [username]).fetchone() if known else None
    # Something that is no username may be a password in the wrong box: it does not belong in the trail.
    name = username if known else "?"
    if account and account.locked_until and account.locked_until > now:
        record_stranger(conn, name, address, now, Act(action="sign_in", object=f"account/{account.id}", success=False, reason="locked"))
        return SignIn(refusal=Refusal.LOCKED, locked_until=account.locked_until)
    stored = account.password_hash if account and account.active else None
    matches = credentials.password_matches(stored or credentials.NO_PASSWORD, password[: credentials.MOST_CHARACTERS + 1])
    if account is None or stored is None or not matches:
        locked_until = _count_failure(conn, account, now) if account else None
        thing = f"account/{account.id}" if account else "account"
        record_stranger(conn, name, address, now, Act(action="sign_in", object=thing, success=False, reason="wrong"))
        return SignIn(refusal=Refusal.LOCKED if locked_until else Refusal.WRONG, locked_until=locked_until)
    conn.execute("UPDATE hall.account SET failures = 0, locked_until = NULL, last_seen_at = %s WHERE id = %s", [now, account.id])
    caller = Caller(reader=account.reader(), address=address, now=now)
    record(conn, caller, Act(action="sign_in", object=f"account/{account.id}"))
    return SignIn(account=account)


def _count_failure(conn: Conn, account: Account, now: datetime) -> datetime | None:
    failures = account.failures + 1
    locked_until = now + LOCKED_FOR if failures >= FAILURES_ALLOWED else None
    conn.execute(
        "UPDATE hall.account SET failures = %s, locked_until = %s WHERE id = %s",
        [0 if locked_until else failures, locked_until, account.id],
    )
    return locked_until


def sign_out(conn: Conn, caller: Caller, session_id: str, ends_at: datetime) -> None:
    """End one session for good: its cookie is refused until `ends_at`, when it would have expired anyway."""
    conn.execute("DELETE FROM hall.ended_session WHERE ends_at < %s", [caller.now])
    conn.execute("INSERT INTO hall.ended_session (id, ends_at) VALUES (%s, %s) ON CONFLICT (id) DO NOTHING", [session_id, ends_at])
    record(conn, caller, Act(action="sign_out", object=f"account/{caller.reader.account_id}"))


def change_own_password(conn: Conn, caller: Caller, old: str, new: str) -> Account:
    """Replace the caller's password, which ends every session of the account, this one too.

    Raises:
        NotAllowedError: the old password is wrong.
        InvalidInputError: the new one breaks a rule or equals the old one.
    """
    with conn.cursor(row_factory=class_row(_Secret)) as cursor:
        account = cursor.execute(BY_NAME, [caller.reader.username]).fetchone()
    if account is None or account.password_hash is None or not credentials.password_matches(account.password_hash, old):
        raise NotAllowedError("the old password is wrong")
    if old == new:
        raise InvalidInputError("password: the new one equals the old one")
    set_password(conn, account, new)
    record(conn, caller, Act(action="password_change", object=f"account/{account.id}"))
    return get(conn, account.id)


def require(caller: Caller, *roles: Role) -> None:
    """Check that the caller holds one of the roles.

    Raises:
        NotAllowedError: he does not.
    """
    if caller.reader.role not in roles:
        raise NotAllowedError(f"only {' or '.join(roles)} may do this")


def get(conn: Conn, account_id: int) -> Account:
    """Return the account and lock its row until the transaction ends.

    Raises:
        NotFoundError: there is none with this id.
    """
    with conn.cursor(row_factory=class_row(Account)) as cursor:
        account = cursor.execute(BY_ID, [account_id]).fetchone()
    if account is None:
        raise NotFoundError(f"account/{account_id}")
    return account


def set_password(conn: Conn, account: Account, password: str) -> None:
    """Store a new password, which ends every session of the account.

    Raises:
        InvalidInputError: it breaks a rule.
    """
    credentials.check_password(password, account.username)
    conn.execute(
        "UPDATE hall.account SET password_hash = %s, epoch = epoch + 1 WHERE id = %s",
        [credentials.hash_password(password), account.id],
    )
