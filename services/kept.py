"""Something read once from the database and kept in memory until its revision moves."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from geodata.db import Conn

T = TypeVar("T")


class Kept(Generic[T]):
    """The newest state of one thing; whoever asks while it is read waits for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._key: tuple[str, str, str] | None = None
        self._value: T | None = None

    def at(self, conn: Conn, revision: str, load: Callable[[Conn], T]) -> T:
        """Return the thing as it is at a revision, which should have been read in the same transaction, before."""
        key = (conn.info.host, conn.info.dbname, revision)
        with self._lock:
            if self._value is None or key != self._key:
                self._value, self._key = load(conn), key
            return self._value
