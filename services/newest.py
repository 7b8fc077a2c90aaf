"""What the worker writes to disk and every process opens: a folder a revision, complete as soon as it has its name and its meta file."""

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from geodata.errors import SourceUnavailableError

log = logging.getLogger(__name__)

META = "meta.json"
PART = ".part"
LOOK_S = 1.0
"""A process looks for newer files at most this often."""
T = TypeVar("T")


class Newest(Generic[T]):
    """The newest thing of one kind that can be opened; what was served before stays until then."""

    def __init__(self, folder: Path, load: Callable[[Path], T], missing: str) -> None:
        """`load` opens a folder; `missing` is told as long as there is none."""
        self._folder, self._load, self._missing = folder, load, missing
        self._lock = threading.Lock()
        self._served: T | None = None
        self._place: Path | None = None
        self._due_at = 0.0

    def current(self) -> T:
        """Return the newest one.

        Raises:
            SourceUnavailableError: it is still being prepared.
        """
        if time.monotonic() >= self._due_at:
            with self._lock:
                self._look()
        if self._served is None:
            raise SourceUnavailableError(self._missing)
        return self._served

    def _look(self) -> None:
        newest = newest_folder(self._folder)
        if newest and newest != self._place:
            try:
                self._served, self._place = self._load(newest), newest
            except (OSError, ValueError, KeyError) as error:
                # replaced by a still newer one in this moment, which the next look finds
                log.warning("%s cannot be opened: %s", newest, error)
        self._due_at = time.monotonic() + LOOK_S


def newest_folder(folder: Path) -> Path | None:
    """Return the newest complete folder in `folder`; None when there is none yet."""
    metas = [(meta.stat().st_mtime_ns, meta.parent) for meta in folder.glob(f"*/{META}") if meta.parent.suffix != PART]
    return max(metas)[1] if metas else None
