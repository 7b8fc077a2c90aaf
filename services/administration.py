"""Administration of accounts, split so that nobody can do it all: one administrator creates accounts, another gives rights."""

import re
from dataclasses import dataclass

from psycopg.rows import class_row

from geodata import credentials
from geodata.db import Conn
from geodata.errors import InvalidInputError, NotAllowedError
from services.accounts import USERNAME, Account, get, require, set_password
from services.audit import Act, Caller, record
from services.rights import Reader, Role

MAX_ACCOUNTS = 1_000
MAX_DISPLAY_NAME = 64
SCOPE = re.compile(r"(?:\d{6}(?:\d{3}){0,3})?", re.ASCII)
ADMINISTRATORS = frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN})

LIST = """
    SELECT id, username, display_name, role, scope, epoch, active, failures, locked_until, created_at, last_seen_at
    FROM hall.account ORDER BY username LIMIT %s OFFSET %s
"""
CREATE = """
    INSERT INTO hall.account (username, display_name, role, scope, password_hash)
    VALUES (%(username)s, %(display_name)s, 'citizen', '', %(password_hash)s)
    ON CONFLICT (username) DO NOTHING
    RETURNING id, username, display_name, role, scope, epoch, active, failures, locked_until, created_at, last_seen_at
"""
OTHERS_OF_ROLE = "SELECT count(*) FROM hall.account WHERE role = %s AND active AND id <> %s"
AREA_EXISTS = "SELECT EXISTS (SELECT FROM hall.area WHERE code = %s)"


def accounts(conn: Conn, reader: Reader, *, limit: int = 100, offset: int = 0) -> list[Account]:
    """Return accounts by username, for the system and the security administrator.

    Raises:
        NotAllowedError: the reader is neither.
        InvalidInputError: `limit` is not in 1..1000 or `offset` is negative.
    """
    if reader.role not in {Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN}:
        raise NotAllowedError("only the system and the security administrator see the accounts")
    if not 1 <= limit <= MAX_ACCOUNTS or offset < 0:
        raise InvalidInputError(f"limit={limit}, offset={offset}: limit is 1 to {MAX_ACCOUNTS}, offset not negative")
    with conn.cursor(row_factory=class_row(Account)) as cursor:
        return cursor.execute(LIST, [limit, offset]).fetchall()


def create_account(conn: Conn, caller: Caller, username: str, display_name: str, password: str | None) -> Account:
    """Create an account that may read public layers only, until the security administrator gives it a role.

    Without a password it can be used with tokens only.

    Raises:
        NotAllowedError: the caller is not the system administrator.
        InvalidInputError: the name is taken or malformed, or the password breaks a rule.
    """
    require(caller, Role.SYSTEM_ADMIN)
    if not USERNAME.fullmatch(username):
        raise InvalidInputError("username: 3 to 32 lower-case letters, digits or _, beginning with a letter")
    if password is not None:
        credentials.check_password(password, username)
    params = {
        "username": username,
        "display_name": _display_name(display_name),
        "password_hash": None if password is None else credentials.hash_password(password),
    }
    with conn.cursor(row_factory=class_row(Account)) as cursor:
        account = cursor.execute(CREATE, params).fetchone()
    if account is None:
        raise InvalidInputError(f"username: {username} is taken")
    record(conn, caller, Act(action="account_create", object=f"account/{account.id}", detail={"username": username}))
    return account


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What the system administrator changes; None leaves a value as it is."""

    display_name: str | None = None
    password: str | None = None
    active: bool | None = None
    unlock: bool = False


def change_account(conn: Conn, caller: Caller, account_id: int, change: Change) -> Account:
    """Rename, give a new password, unlock, activate or deactivate. A new password or deactivation ends every session.

    Raises:
        NotAllowedError: the caller is not the system administrator, or would deactivate himself or the last one of an administrator role.
        NotFoundError: there is no such account.
        InvalidInputError: a value breaks a rule.
    """
    require(caller, Role.SYSTEM_ADMIN)
    account = get(conn, account_id)
    if change.display_name is not None:
        conn.execute("UPDATE hall.account SET display_name = %s WHERE id = %s", [_display_name(change.display_name), account_id])
    if change.password is not None:
        set_password(conn, account, change.password)
    if change.unlock:
        conn.execute("UPDATE hall.account SET failures = 0, locked_until = NULL WHERE id = %s", [account_id])
    if change.active is not None and change.active != account.active:
        if not change.active:
            _keep_administrators(conn, caller, account)
        conn.execute("UPDATE hall.account SET active = %s, epoch = epoch + 1 WHERE id = %s", [change.active, account_id])
    detail = {
        "display_name": change.display_name,
        "password": change.password is not None,
        "active": change.active,
        "unlock": change.unlock,
    }
    record(conn, caller, Act(action="account_change", object=f"account/{account_id}", detail=detail))
    return get(conn, account_id)


def set_rights(conn: Conn, caller: Caller, account_id: int, role: Role, scope: str) -> Account:
    """Give an account its role and area scope (a code prefix of 6, 9, 12 or 15 digits; empty is everything).

    Raises:
        NotAllowedError: the caller is not the security administrator, changes himself, would take away the last one of an
            administrator role, or would turn one kind of administrator into another.
        NotFoundError: there is no such account.
        InvalidInputError: no area has this code, or an administrator is given a scope.
    """
    require(caller, Role.SECURITY_ADMIN)
    account = get(conn, account_id)
    if caller.reader.account_id == account_id:
        raise NotAllowedError("nobody changes his own rights")
    old = Role(account.role)
    if role is not old and old in ADMINISTRATORS:
        if role in ADMINISTRATORS:
            raise NotAllowedError("an administrator does not become another administrator: use another account")
        _keep_administrators(conn, caller, account)
    _check_scope(conn, role, scope)
    conn.execute("UPDATE hall.account SET role = %s, scope = %s WHERE id = %s", [role.value, scope, account_id])
    detail = {"before": {"role": account.role, "scope": account.scope}, "after": {"role": role.value, "scope": scope}}
    record(conn, caller, Act(action="rights_change", object=f"account/{account_id}", detail=detail))
    return get(conn, account_id)


def end_sessions(conn: Conn, caller: Caller, account_id: int) -> None:
    """End every session of an account at once; its tokens stay.

    Raises:
        NotAllowedError: the caller is neither the account itself nor the system or security administrator.
        NotFoundError: there is no such account.
    """
    if caller.reader.account_id != account_id:
        require(caller, Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN)
    get(conn, account_id)
    conn.execute("UPDATE hall.account SET epoch = epoch + 1 WHERE id = %s", [account_id])
    record(conn, caller, Act(action="sessions_end", object=f"account/{account_id}"))


def _keep_administrators(conn: Conn, caller: Caller, account: Account) -> None:
    if caller.reader.account_id == account.id:
        raise NotAllowedError("nobody takes away his own account")
    if Role(account.role) not in ADMINISTRATORS:
        return
    row = conn.execute(OTHERS_OF_ROLE, [account.role, account.id]).fetchone()
    if not row or not row[0]:
        raise NotAllowedError(f"this is the last active {account.role}")


def _check_scope(conn: Conn, role: Role, scope: str) -> None:
    if role in ADMINISTRATORS:
        if scope:
            raise InvalidInputError("scope: an administrator has none")
        return
    if not SCOPE.fullmatch(scope):
        raise InvalidInputError("scope: an area code of 6, 9, 12 or 15 digits, or empty for everything")
    row = conn.execute(AREA_EXISTS, [scope]).fetchone()
    if scope and not (row and row[0]):
        raise InvalidInputError(f"scope: no area has the code {scope}")


def _display_name(text: str) -> str:
    name = text.strip()
    if not 1 <= len(name) <= MAX_DISPLAY_NAME:
        raise InvalidInputError(f"display_name: 1 to {MAX_DISPLAY_NAME} characters")
    return name
