"""One LISTEN connection a process: hears what the database announces, reads it once for everybody, and misses nothing while it was away."""

import logging
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Protocol

import psycopg

from geodata.db import Pool, reading
from geodata.errors import SourceUnavailableError
from services import changes
from services.changes import MAX_CHANGES, Change

log = logging.getLogger(__name__)

CHANGES, LAYERS, ACCOUNTS = "hall_change", "layer_changed", "account_changed"
LISTEN = (f"LISTEN {CHANGES}", f"LISTEN {LAYERS}", f"LISTEN {ACCOUNTS}")
LOOK_S = 1.0
"""Without news the changes are looked at after this time, which also tells whether the database is there."""
RETRY_S = 0.5


class Listener(Protocol):
    """Is told what happened, in the thread of the feed, in the order of the ids."""

    def changed(self, found: Sequence[Change], last: int) -> None:
        """These rows changed; everything up to `last` is told with them."""
        ...

    def skipped(self, last: int) -> None:
        """More happened up to `last` than is told one by one, or the ids begin anew: lists have to be read again."""
        ...

    def layers_changed(self) -> None:
        """Rows of some layer changed."""
        ...

    def accounts_changed(self) -> None:
        """An account, a token or a session changed."""
        ...


class Feed:
    """Runs in a thread of its own between `start` and `stop`; connects again by itself after the database was away."""

    def __init__(self, database_url: str, pool: Pool, listener: Listener) -> None:
        self._url, self._pool, self._listener = database_url, pool, listener
        self._last: int | None = None
        self._answered_at: datetime | None = None
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to listen."""
        self._thread = threading.Thread(target=self._run, name="feed", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread and wait for it."""
        self._stop.set()
        if self._thread:
            self._thread.join(2 * LOOK_S)

    @property
    def answered_at(self) -> datetime | None:
        """When the database last told all that had happened until then."""
        return self._answered_at

    def _run(self) -> None:
        reachable = True
        while not self._stop.is_set():
            try:
                # keepalives find a connection whose other end is gone; they mean nothing on a unix socket
                options = {"connect_timeout": 3, "keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3}
                with psycopg.connect(self._url, autocommit=True, application_name="hallmap live", **options) as conn:  # type: ignore[arg-type]
                    for command in LISTEN:
                        conn.execute(command)
                    if not reachable:
                        log.info("live changes are heard again")
                    reachable = True
                    self._hear(conn)
            except (psycopg.Error, SourceUnavailableError) as error:
                if reachable and not self._stop.is_set():
                    log.warning("live changes are not heard: %s", error)
                reachable = False
                self._stop.wait(RETRY_S)

    def _hear(self, conn: psycopg.Connection[tuple[object, ...]]) -> None:
        # whatever was announced while nobody listened
        heard = {LAYERS, ACCOUNTS}
        self._find_place()
        while not self._stop.is_set():
            if LAYERS in heard:
                self._listener.layers_changed()
            if ACCOUNTS in heard:
                self._listener.accounts_changed()
            self._catch_up()
            # read on another connection: this one would swallow announcements that arrive with the answer to a query
            heard = {notice.channel for notice in conn.notifies(timeout=LOOK_S, stop_after=1)}

    def _find_place(self) -> None:
        """Go on where the last connection stopped; where there are no such ids any more, begin at the end."""
        with reading(self._pool) as conn:
            known = changes.span(conn)
        if self._last is None:
            self._last = known.last
            self._listener.changed((), known.last)
        elif not known.reaches(self._last):
            self._skip(known.last)

    def _catch_up(self) -> None:
        assert self._last is not None
        with reading(self._pool) as conn:
            now = datetime.now(UTC)
            found = changes.since(conn, self._last, limit=MAX_CHANGES + 1)
            many = len(found) > MAX_CHANGES
            last = changes.span(conn).last if many else found[-1].id if found else self._last
        if many:
            self._skip(last)
        elif found:
            self._listener.changed(found, last)
            self._last = last
        self._answered_at = now

    def _skip(self, last: int) -> None:
        self._listener.skipped(last)
        self._last = last
