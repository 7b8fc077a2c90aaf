"""The road network of one process: read once, read again when the roads change. Closures are looked up with every question, so they act at once."""

import logging
import threading
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import psycopg
import shapely
from psycopg.rows import class_row

from geodata.db import Conn, Pool, reading
from geodata.errors import SourceUnavailableError
from services.routing.engine import Engine, NetworkState
from services.routing.network import NOT_ON_FOOT, Network, Roads
from services.routing.scipy_engine import NAME, ScipyEngine

log = logging.getLogger(__name__)

MAX_EDGES = 2_000_000
THREAD = "roads"
NEVER = datetime(1970, 1, 1, tzinfo=UTC)

STATE = """
    SELECT coalesce((SELECT revision FROM hall.layer_revision WHERE layer = 'roads'), 0) AS revision,
           coalesce((SELECT changed_at FROM hall.layer_revision WHERE layer = 'roads'), %(never)s) AS changed_at,
           coalesce((SELECT array_agg(DISTINCT edge_id ORDER BY edge_id) FROM hall.road_closure
                     WHERE starts_at <= %(now)s AND (ends_at IS NULL OR ends_at > %(now)s)), '{}') AS closed
"""
EDGES = """
    SELECT id, source, target, speed_kmh, length_m, forward, backward, drive, highway, name, ST_AsBinary(geom)
    FROM hall.road_edge WHERE length_m > 0 ORDER BY id LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class _State:
    revision: int
    changed_at: datetime
    closed: list[int]


@dataclass(frozen=True, slots=True, eq=False)
class _Loaded:
    revision: int
    changed_at: datetime
    network: Network | None


class RoadStore:
    """Hands out the engine for this moment."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._loaded: _Loaded | None = None
        self._engine: tuple[tuple[int, datetime, frozenset[int], bool], Engine] | None = None
        self._first, self._again = threading.Lock(), threading.Lock()

    def warm(self) -> None:
        """Read the network before the first question, if the database is there."""
        try:
            with reading(self._pool) as conn:
                self.engine(conn, datetime.now(UTC))
        except (SourceUnavailableError, psycopg.Error) as error:
            log.warning("the roads are read with the first question: %s", error)

    def engine(self, conn: Conn, now: datetime) -> Engine | None:
        """Return the engine with the roads that are closed now; None when there are no roads.

        After a change of the map the network before serves on, and says so, until the new one is read.
        """
        with conn.cursor(row_factory=class_row(_State)) as cursor:
            state = cursor.execute(STATE, {"now": now, "never": NEVER}).fetchone()
        assert state is not None
        loaded = self._loaded or self._load_first(conn, state)
        late = (loaded.revision, loaded.changed_at) != (state.revision, state.changed_at)
        if late:
            self._load_again()
        return self._with(loaded, frozenset(state.closed), late=late)

    def refresh(self, conn: Conn, now: datetime) -> None:
        """Read the roads now, in this thread."""
        with conn.cursor(row_factory=class_row(_State)) as cursor:
            state = cursor.execute(STATE, {"now": now, "never": NEVER}).fetchone()
        assert state is not None
        self._loaded = _load(conn, state)

    def _load_first(self, conn: Conn, state: _State) -> _Loaded:
        with self._first:
            if self._loaded is None:
                self._loaded = _load(conn, state)
            return self._loaded

    def _load_again(self) -> None:
        if self._again.acquire(blocking=False):
            threading.Thread(target=self._reload, name=THREAD, daemon=True).start()

    def _reload(self) -> None:
        try:
            with reading(self._pool) as conn:
                self.refresh(conn, datetime.now(UTC))
        except (SourceUnavailableError, psycopg.Error) as error:
            log.warning("the roads stay as they are: %s", error)
        finally:
            self._again.release()

    def _with(self, loaded: _Loaded, closed: frozenset[int], *, late: bool) -> Engine | None:
        if loaded.network is None:
            return None
        key = (loaded.revision, loaded.changed_at, closed, late)
        made = self._engine
        if made is None or made[0] != key:
            known = closed & loaded.network.edge_ids
            state = NetworkState(engine=NAME, map_at=loaded.changed_at, closures=len(known), outdated=late or len(known) < len(closed))
            made = self._engine = (key, ScipyEngine(loaded.network, state, known))
        return made[1]


def _load(conn: Conn, state: _State) -> _Loaded:
    with conn.cursor(binary=True) as cursor:
        rows = cursor.execute(EDGES, [MAX_EDGES]).fetchall()
    if not rows:
        return _Loaded(state.revision, state.changed_at, None)
    edge_id, source, target, speed_kmh, length_m, forward, backward, drive, highway, names, shapes = zip(*rows, strict=True)
    roads = Roads(
        edge_id=np.array(edge_id, np.int64),
        source=np.array(source, np.int64),
        target=np.array(target, np.int64),
        speed_kmh=np.array(speed_kmh, np.float64),
        length_m=np.array(length_m, np.float64),
        forward=np.array(forward, bool),
        backward=np.array(backward, bool),
        drive=np.array(drive, bool),
        walk=np.array([kind not in NOT_ON_FOOT for kind in highway], bool),
        lines=shapely.from_wkb(list(shapes)),
        names=names,
    )
    return _Loaded(state.revision, state.changed_at, Network(roads))
