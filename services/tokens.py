"""Access tokens for programs and for the wall's kiosk. Only their digests are stored; the text is told once."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg.rows import class_row

from geodata import credentials
from geodata.db import Conn
from geodata.errors import InvalidInputError, NotFoundError
from services.accounts import get, require
from services.audit import Act, Caller, record
from services.rights import Role

LONGEST = timedelta(days=400)
MAX_NOTE = 64
MAX_TOKENS = 100

LIST = """
    SELECT encode(substr(digest, 1, 8), 'hex') AS id, note, expires_at, created_at
    FROM hall.token WHERE account_id = %s ORDER BY created_at, id LIMIT %s
"""
CREATE = "INSERT INTO hall.token (digest, account_id, note, expires_at, created_at) VALUES (%s, %s, %s, %s, %s)"
REVOKE = "DELETE FROM hall.token WHERE account_id = %s AND encode(substr(digest, 1, 8), 'hex') = %s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token without its text. `id` is the beginning of its digest."""

    id: str
    note: str
    expires_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewToken(Token):
    """A token just made; `text` cannot be read again."""

    text: str


def create_token(conn: Conn, caller: Caller, account_id: int, note: str, lifetime: timedelta) -> NewToken:
    """Make a token with which a program acts as the account, at most 400 days long.

    Raises:
        NotAllowedError: the caller is not the system administrator.
        NotFoundError: there is no such account.
        InvalidInputError: the note or the lifetime is out of range, or the account has 100 tokens.
    """
    require(caller, Role.SYSTEM_ADMIN)
    account = get(conn, account_id)
    note = note.strip()
    if not 1 <= len(note) <= MAX_NOTE:
        raise InvalidInputError(f"note: 1 to {MAX_NOTE} characters that say who uses the token")
    if not timedelta(0) < lifetime <= LONGEST:
        raise InvalidInputError(f"days: 1 to {LONGEST.days}")
    row = conn.execute("SELECT count(*) FROM hall.token WHERE account_id = %s", [account_id]).fetchone()
    if row and row[0] >= MAX_TOKENS:
        raise InvalidInputError(f"{account.username} has {MAX_TOKENS} tokens: revoke one first")
    text, digest = credentials.new_token()
    expires_at = caller.now + lifetime
    conn.execute(CREATE, [digest, account_id, note, expires_at, caller.now])
    token = NewToken(id=digest[:8].hex(), note=note, expires_at=expires_at, created_at=caller.now, text=text)
    detail = {"token": token.id, "note": note, "expires_at": expires_at.isoformat()}
    record(conn, caller, Act(action="token_create", object=f"account/{account_id}", detail=detail))
    return token


def tokens(conn: Conn, caller: Caller, account_id: int) -> list[Token]:
    """Return the tokens of an account, oldest first.

    Raises:
        NotAllowedError: the caller is neither the system nor the security administrator.
        NotFoundError: there is no such account.
    """
    require(caller, Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN)
    get(conn, account_id)
    with conn.cursor(row_factory=class_row(Token)) as cursor:
        return cursor.execute(LIST, [account_id, MAX_TOKENS]).fetchall()


def revoke_token(conn: Conn, caller: Caller, account_id: int, token_id: str) -> None:
    """Take a token back; it is refused from now on, and so are sessions that it opened.

    Raises:
        NotAllowedError: the caller is neither the system nor the security administrator.
        NotFoundError: the account has no such token.
    """
    require(caller, Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN)
    if not conn.execute(REVOKE, [account_id, token_id]).rowcount:
        raise NotFoundError(f"account/{account_id}/tokens/{token_id}")
    record(conn, caller, Act(action="token_revoke", object=f"account/{account_id}", detail={"token": token_id}))
