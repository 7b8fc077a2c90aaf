"""Everything that tells readers apart, in the memory of this process: no request waits for the database to learn who asks."""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import psycopg

from geodata.credentials import token_digest
from geodata.db import Conn, Pool, reading
from geodata.errors import SourceUnavailableError
from services.rights import Reader, Role

log = logging.getLogger(__name__)

REFRESH_S = 2.0
KEPT_S = 600.0
MAX_ACCOUNTS = 20_000
MAX_TOKENS = 50_000
MAX_ENDED = 100_000

ACCOUNTS = "SELECT id, username, display_name, role, scope, epoch FROM hall.account WHERE active LIMIT %s"
TOKENS = """
    SELECT token.digest, token.account_id, token.expires_at
    FROM hall.token JOIN hall.account ON account.id = token.account_id
    WHERE account.active AND (token.expires_at IS NULL OR token.expires_at > %s)
    LIMIT %s
"""
ENDED = "SELECT id FROM hall.ended_session WHERE ends_at > %s LIMIT %s"


@dataclass(frozen=True, slots=True)
class _Page:
    accounts: Mapping[int, tuple[Reader, int]]
    tokens: Mapping[bytes, tuple[int, datetime | None]]
    ended: frozenset[str]


class AccountBook:
    """Active accounts, token digests and ended sessions.

    `start` refreshes them every 2 s, or at once after `mark_stale` (the database said `account_changed`), in a thread of its own
    until `stop`. While the database is away the last state counts for 10 minutes.
    """

    def __init__(self, pool: Pool, *, kept_s: float = KEPT_S, clock: Callable[[], float] = time.monotonic) -> None:
        self._pool, self._kept_s, self._clock = pool, kept_s, clock
        self._page: _Page | None = None
        self._loaded_s = 0.0
        self._changed, self._stopped = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to refresh; call it after a fork, with the pool open."""
        self._stopped.clear()
        self._thread = threading.Thread(target=self._run, name="account-book", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread and wait for it."""
        self._stopped.set()
        self._changed.set()
        if self._thread:
            self._thread.join()
            self._thread = None

    def mark_stale(self) -> None:
        """Say that an account, a token or a session changed; the thread reads again at once."""
        self._changed.set()

    def refresh(self) -> None:
        """Read again now, in this thread.

        Raises:
            SourceUnavailableError: the database does not answer; the last state stays.
        """
        with reading(self._pool) as conn:
            page = _load(conn, datetime.now(UTC))
        self._page, self._loaded_s = page, self._clock()

    def known(self) -> bool:
        """Whether readers can be told apart at all."""
        return self._page is not None and self._clock() - self._loaded_s <= self._kept_s

    def by_session(self, account_id: int, epoch: int, session_id: str) -> Reader | None:
        """Return the reader of a session; None when the account is inactive, its epoch has moved on, or the session was ended.

        Raises:
            SourceUnavailableError: the accounts are not known, or too old to rely on.
        """
        page = self._current()
        reader, current_epoch = page.accounts.get(account_id, (None, 0))
        return reader if current_epoch == epoch and session_id not in page.ended else None

    def by_token(self, token: str, now: datetime) -> Reader | None:
        """Return the account that a program acts as, None when the token is unknown, revoked or over. Same error."""
        return self.by_digest(token_digest(token), now)

    def by_digest(self, digest: bytes, now: datetime) -> Reader | None:
        """Return the account of a token by its digest. Same error."""
        page = self._current()
        account_id, expires_at = page.tokens.get(digest, (0, None))
        if expires_at is not None and expires_at <= now:
            return None
        return page.accounts.get(account_id, (None, 0))[0]

    def epoch(self, account_id: int) -> int:
        """Return the epoch that new sessions of the account carry; 0 for an unknown one. Same error."""
        return self._current().accounts.get(account_id, (None, 0))[1]

    def _current(self) -> _Page:
        page = self._page
        if page is None or not self.known():
            raise SourceUnavailableError("the accounts are not known")
        return page

    def _run(self) -> None:
        reachable = True
        while not self._stopped.is_set():
            try:
                self.refresh()
                reachable = True
            except (SourceUnavailableError, psycopg.Error) as error:
                if reachable:
                    log.warning("accounts are not refreshed: %s", error)
                reachable = False
            self._changed.wait(REFRESH_S)
            self._changed.clear()


def _load(conn: Conn, now: datetime) -> _Page:
    accounts = {row[0]: (Reader(row[0], row[1], row[2], Role(row[3]), row[4]), row[5]) for row in conn.execute(ACCOUNTS, [MAX_ACCOUNTS])}
    tokens = {bytes(row[0]): (row[1], row[2]) for row in conn.execute(TOKENS, [now, MAX_TOKENS])}
    ended = frozenset(row[0] for row in conn.execute(ENDED, [now, MAX_ENDED]))
    return _Page(accounts, tokens, ended)
