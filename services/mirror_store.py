"""The mirrors of one process: opened or loaded when a layer's revision moves, kept when the database is away."""

import logging
import sqlite3
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from geodata.db import Pool, reading
from geodata.errors import SourceUnavailableError, UnknownLayerError
from geodata.grid import BBox
from services import mirror_build, mirror_files, rooms
from services.archive import Archive
from services.element import Element
from services.mirror import Mirror
from services.revisions import Revision, revisions
from services.rooms import NO_ROOMS, RoomCounts

log = logging.getLogger(__name__)

HOLDS_ROOMS = "buildings"
"""Layer whose rows the table of rooms refers to, and whose revision moves with that table."""
PAUSE_S, LEAST_PAUSE_S = 1.0, 0.2
"""Between two looks at the revisions: without news, and with them."""
SHARE = 20
"""A live layer is loaded again after at least this many times the time that loading took: 5 % of one core at most."""
GRACE_S = 15.0
"""How long the worker process has to make a layer ready before this process loads it by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerState:
    """What this process serves of a layer."""

    key: str
    revision: Revision | None
    """Served; None while the layer is being prepared."""
    newest: Revision | None
    """In the database when it last answered."""
    rows: int


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Served:
    """One layer as it is served: rows, and the tiles made ready of them. Live layers have no archive."""

    mirror: Mirror
    archive: Archive | None = None
    folder: Path | None = None
    due_at: float = 0.0
    """Not loaded again before this instant of the monotonic clock."""


class MirrorStore:
    """Mirrors by layer key. `start` looks for new revisions once a second, or when woken, in a thread of its own until `stop`."""

    def __init__(self, pool: Pool, elements: Iterable[Element], data_dir: Path, *, grace_s: float = GRACE_S) -> None:
        self._pool = pool
        self._elements = {element.key: element for element in elements}
        self._data_dir = data_dir
        self._served: dict[str, Served] = {}
        self._changes = 0
        self._newest: dict[str, Revision] = {}
        self._rooms = NO_ROOMS
        self._rooms_revision: Revision | None = None
        self._answered_at: datetime | None = None
        self._alone_from = time.monotonic() + grace_s
        self._stop, self._wanted = threading.Event(), threading.Event()
        self._busy = threading.Lock()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to look for new revisions."""
        self._thread = threading.Thread(target=self._run, name="mirrors", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread; what is served stays."""
        self._stop.set()
        self._wanted.set()
        if self._thread:
            self._thread.join()

    def wake(self) -> None:
        """Say that a revision moved (the database said `layer_changed`); the thread looks in a moment."""
        self._wanted.set()

    def refresh(self) -> None:
        """Look for new revisions now, in this thread.

        Raises:
            SourceUnavailableError: the database does not answer; the mirrors stay as they are.
        """
        with self._busy:
            for element in self._elements.values():
                if not element.live:
                    self._open(element)
            with reading(self._pool) as conn:
                self._newest = revisions(conn, self._elements.values())
            self._answered_at = datetime.now(UTC)
            for element in self._elements.values():
                if element.live or (element.key not in self._served and time.monotonic() >= self._alone_from):
                    self._load(element)
            self._count_rooms()

    def served(self, key: str) -> Served:
        """Return what is served of a layer.

        Raises:
            UnknownLayerError: no layer has this key.
            SourceUnavailableError: the layer is still being prepared.
        """
        try:
            return self._served[key]
        except KeyError:
            if key not in self._elements:
                raise UnknownLayerError(key) from None
            raise SourceUnavailableError(f"{key} is being prepared") from None

    def mirror(self, key: str) -> Mirror:
        """Return the mirror that is served. Errors as `served`."""
        return self.served(key).mirror

    def states(self) -> list[LayerState]:
        """Return what is served of every layer."""
        states = []
        for key in self._elements:
            served = self._served.get(key)
            revision, rows = (served.mirror.revision, len(served.mirror)) if served else (None, 0)
            states.append(LayerState(key=key, revision=revision, newest=self._newest.get(key), rows=rows))
        return states

    @property
    def rooms(self) -> RoomCounts:
        """Return the rooms of all buildings by state."""
        return self._rooms

    def extent(self) -> BBox | None:
        """Return the box of the district as the archives have it; None before the first."""
        return next((served.archive.bounds for served in self._served.values() if served.archive), None)

    @property
    def changes(self) -> int:
        """How often anything served was replaced: documents about the layers stay good while this number stays."""
        return self._changes

    @property
    def answered_at(self) -> datetime | None:
        """When the database last answered; the age of everything shown counts from here."""
        return self._answered_at

    def _run(self) -> None:
        while True:
            try:
                self.refresh()
            except (SourceUnavailableError, psycopg.Error) as error:
                # whatever is wrong with the database, also that it has no tables yet: look again
                log.warning("mirrors stay as they are: %s", error)
            if self._stop.wait(LEAST_PAUSE_S):
                return
            self._wanted.wait(PAUSE_S - LEAST_PAUSE_S)
            self._wanted.clear()

    def _open(self, element: Element) -> None:
        """Change to the newest complete mirror on disk, if it is another one."""
        served = self._served.get(element.key)
        folders = mirror_files.complete(self._data_dir, element.key)
        if not folders or (served and served.folder == folders[-1]):
            return
        try:
            mirror = mirror_files.load(folders[-1])
            self._serve(element, Served(mirror=mirror, archive=Archive(folders[-1] / mirror_files.TILES), folder=folders[-1]))
        except (OSError, sqlite3.Error, ValueError, KeyError) as error:
            # replaced by a still newer one in this moment, which the next look finds; or damaged, until the next revision
            log.warning("%s cannot be opened: %s", folders[-1], error)

    def _load(self, element: Element) -> None:
        """Load a layer from its view, if its revision moved and it is not too soon."""
        served = self._served.get(element.key)
        if served and (served.mirror.revision == self._newest[element.key] or time.monotonic() < served.due_at):
            return
        started = time.monotonic()
        with reading(self._pool) as conn:
            mirror = mirror_build.build(conn, element, self._newest[element.key])
        ended, self._answered_at = time.monotonic(), datetime.now(UTC)
        self._serve(element, Served(mirror=mirror, due_at=ended + SHARE * (ended - started)))

    def _count_rooms(self) -> None:
        newest = self._newest.get(HOLDS_ROOMS)
        if newest != self._rooms_revision:
            with reading(self._pool) as conn:
                self._rooms = rooms.read(conn)
            self._rooms_revision = newest

    def _serve(self, element: Element, served: Served) -> None:
        self._served[element.key] = served
        self._changes += 1
