"""Connections: one pool per process, read-only or writing, and the one place where driver errors become ours."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from psycopg_pool import ConnectionPool, PoolTimeout

from geodata.errors import BusyError, SourceUnavailableError

log = logging.getLogger(__name__)

Conn = psycopg.Connection[Any]
Pool = ConnectionPool[Conn]

STATEMENT_TIMEOUT_MS = 15_000
WAIT_S = 3.0
FRESH_S = 5.0
"""A connection that was found alive so short ago is not asked again: that costs as much as a small query."""

_alive: WeakKeyDictionary[Conn, float] = WeakKeyDictionary()
"""When each pooled connection was last found alive; forgotten as soon as one turns out dead."""


def open_pool(database_url: str, *, most: int = 8) -> Pool:
    """Open the pool of this process: after a fork, never at import. It waits for nothing: a dead database is met per request."""
    pool: Pool = ConnectionPool(
        database_url,
        min_size=1,
        max_size=most,
        timeout=WAIT_S,
        kwargs={"options": f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c timezone=UTC", "connect_timeout": 3},
        check=_check,
        open=False,
    )
    pool.open(wait=False)
    return pool


def _check(conn: Conn) -> None:
    now = time.monotonic()
    if now - _alive.get(conn, -FRESH_S) >= FRESH_S:
        ConnectionPool.check_connection(conn)
        _alive[conn] = now


@contextmanager
def asking(pool: Pool) -> Iterator[Conn]:
    """Lend a connection for single reads, each a transaction of its own: begin and end cost no round trip.

    Raises:
        SourceUnavailableError: no connection in time, it was lost, or a statement timed out.
    """
    try:
        with pool.connection() as conn:
            conn.autocommit = True
            try:
                yield conn
            finally:
                if not conn.closed:
                    conn.autocommit = False
    except (PoolTimeout, psycopg.OperationalError) as error:
        _alive.clear()
        raise SourceUnavailableError(str(error)) from error


@contextmanager
def reading(pool: Pool) -> Iterator[Conn]:
    """Lend a connection inside a read-only transaction.

    Raises:
        SourceUnavailableError: no connection in time, it was lost, or a statement timed out.
    """
    try:
        with pool.connection() as conn:
            conn.read_only = True
            try:
                yield conn
            finally:
                if not conn.closed:
                    conn.rollback()
                    conn.read_only = None
    except (PoolTimeout, psycopg.OperationalError) as error:
        _alive.clear()
        raise SourceUnavailableError(str(error)) from error


@contextmanager
def writing(pool: Pool) -> Iterator[Conn]:
    """Lend a connection inside a transaction that commits when the block ends well.

    Raises:
        BusyError: another transaction waited for this one while this one waited for it.
        SourceUnavailableError: no connection in time, it was lost, or a statement timed out.
    """
    try:
        with pool.connection() as conn:
            yield conn
    except psycopg.errors.DeadlockDetected as error:
        raise BusyError(str(error)) from error
    except (PoolTimeout, psycopg.OperationalError) as error:
        _alive.clear()
        raise SourceUnavailableError(str(error)) from error
