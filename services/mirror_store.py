"""The mirrors of one process: opened or loaded when a layer's revision moves, kept when the database is away."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from geodata.db import Pool
from services.element import Element
from services.mirror import Mirror
from services.revisions import Revision


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerState:
    """What this process serves of a layer."""

    key: str
    revision: Revision | None
    """Served; None while the layer is being prepared."""
    newest: Revision | None
    """In the database when it last answered."""
    rows: int


class MirrorStore:
    """Mirrors by layer key. `start` looks for new revisions once a second in a thread of its own until `stop`."""

    def __init__(self, pool: Pool, elements: Iterable[Element], data_dir: Path) -> None: ...

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def refresh(self) -> None:
        """Look for new revisions now, in this thread.

        Raises:
            SourceUnavailableError: the database does not answer; the mirrors stay as they are.
        """

    def mirror(self, key: str) -> Mirror:
        """Return the mirror that is served.

        Raises:
            SourceUnavailableError: the layer is still being prepared.
        """
        raise NotImplementedError

    def states(self) -> list[LayerState]:
        """Return what is served of every layer."""
        raise NotImplementedError

    @property
    def answered_at(self) -> datetime | None:
        """When the database last answered; the age of everything shown counts from here."""
        raise NotImplementedError
