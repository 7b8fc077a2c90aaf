"""Map tiles against tipg (one worker, its defaults) on plain tables of the same rows, at scale 1.0.

A walk of panning and zooming over zoom 10 to 18 gives the requests. Servers run at once and are loaded in turns, in several rounds;
figures are medians of the rounds, so that what else the machine does falls on all of them alike. "Cold" is a server without archives and
without a cache: every tile is made of the rows.
"""

import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from bench.figures import Better, Figure
from bench.serving import load, servers
from bench.serving.city import city
from bench.serving.load import Load
from bench.serving.servers import Server
from bench.serving.trace import Request, walk
from geodata.db import open_pool
from geodata.settings import Settings
from layers import registry
from layers.registry import LAYERS
from services import seeding
from services.element import POINT
from services.mirror_store import MirrorStore
from services.seeding import Seeded

ROUNDS = 3
SECONDS = 5
DISTINCT = 300
TRACE = 6_000
WALKED = ("people", "organizations", "parts", "events", "cameras", "buildings", "base_grids", "communities")
"""Layers of the walk: the dense ones, footprints, and areas."""


@dataclass
class Rounds:
    """What one server gave in each round."""

    runs: list[Load] = field(default_factory=list)

    def middle(self, of: Callable[[Load], float]) -> float:
        """Median over the rounds."""
        return median(of(run) for run in self.runs)


def run() -> list[Figure]:
    """Measure."""
    settings = city()
    seeded, seconds = _seed(settings)
    people = _mirrors(settings).mirror("people")
    asked = walk(people, {key: max(10, registry.get(key).min_zoom) for key in WALKED})
    servers.plain_tables(settings)
    try:
        figures = _compare(settings, asked[:TRACE])
    finally:
        servers.drop_plain_tables(settings)
    return [*figures, *_of_seed(seeded, seconds)]


def _compare(settings: Settings, trace: Sequence[Request]) -> list[Figure]:
    distinct = list(dict.fromkeys(trace))[:: max(1, len(set(trace)) // DISTINCT)][:DISTINCT]
    by_sql = [one for one in distinct if registry.get(one.layer).geometry != POINT and one.z > registry.get(one.layer).cells_to]
    with servers.ours(settings, cached=True) as ready, servers.ours(settings, cached=False) as bare, servers.tipg(settings) as peer:
        cold, cold_peer, cold_sql, walked, walked_peer, warm, warm_peer = (Rounds() for _ in range(7))
        for _ in range(ROUNDS):
            _add(cold, settings, bare, distinct, 6)
            _add(cold_peer, settings, peer, distinct, 6)
            _add(cold_sql, settings, bare, by_sql, 6)
            _add(walked, settings, bare, trace, 8)
            _add(walked_peer, settings, peer, trace, 8)
            _add(warm, settings, ready, trace, 8)
            _add(warm_peer, settings, peer, trace, 8)
        memory = load.memory_mb(load.tree(ready.pid))
    note = f"{len(distinct)} distinct tiles, 6 connections, {ROUNDS} rounds; baseline: tipg 1 worker"
    walk_note = f"{len(trace)} requests z10-z18, 8 connections, {ROUNDS} rounds; baseline: tipg 1 worker"
    own, theirs = cold.middle(lambda one: one.p95_ms), cold_peer.middle(lambda one: one.p95_ms)
    bare_rate, peer_rate = walked.middle(lambda one: one.per_second), walked_peer.middle(lambda one: one.per_second)
    warm_rate, warm_peer_rate = warm.middle(lambda one: one.per_second), warm_peer.middle(lambda one: one.per_second)
    share = cold_sql.middle(lambda one: (one.server_cpu_ms + one.database_cpu_ms) / max(one.database_cpu_ms, 1e-9))
    errors = sum(one.errors for rounds in (cold, walked, warm) for one in rounds.runs)
    return [
        Figure(name="cold p95, times better", value=theirs / own, unit="x", target=10, better=Better.MORE, note=note),
        Figure(name="cold p95", value=own, unit="ms", baseline=theirs, note=note),
        Figure(
            name="trace without cache, times the requests/s",
            value=bare_rate / peer_rate,
            unit="x",
            target=15,
            better=Better.MORE,
            note=walk_note,
        ),
        Figure(name="trace without cache", value=bare_rate, unit="1/s", baseline=peer_rate, better=Better.MORE, note=walk_note),
        Figure(
            name="trace cached, times the requests/s",
            value=warm_rate / warm_peer_rate,
            unit="x",
            target=200,
            better=Better.MORE,
            note=walk_note,
        ),
        Figure(name="trace cached", value=warm_rate, unit="1/s", baseline=warm_peer_rate, better=Better.MORE, note=walk_note),
        Figure(
            name="trace cached, processor time", value=warm.middle(lambda one: one.server_cpu_ms), unit="ms", note="per request, server"
        ),
        Figure(name="cold processor time", value=_cpu(cold), unit="ms", baseline=_cpu(cold_peer), note="per request, server and database"),
        Figure(
            name="cold processor time over its SQL share",
            value=share,
            unit="x",
            target=2.5,
            note=f"{len(by_sql)} tiles cut by SQL; tiles of points need none",
        ),
        Figure(name="failed requests", value=errors, unit="", target=0, note="of ours, all runs"),
        Figure(name="memory of the tile server", value=memory, unit="MB", note="proportional, all mirrors open"),
    ]


def _cpu(rounds: Rounds) -> float:
    return rounds.middle(lambda one: one.server_cpu_ms + one.database_cpu_ms)


def _add(rounds: Rounds, settings: Settings, server: Server, requests: Sequence[Request], connections: int) -> None:
    paths = [server.path(one) for one in requests]
    rounds.runs.append(
        load.run(
            server.url,
            paths,
            server.headers,
            connections=connections,
            seconds=SECONDS,
            pid=server.pid,
            database_url=settings.database_url,
        )
    )


def _seed(settings: Settings) -> tuple[list[Seeded], float]:
    folder = Path(tempfile.mkdtemp(prefix="hallmap-bench-"))
    try:
        with open_pool(settings.database_url) as pool:
            started = time.perf_counter()
            seeded = seeding.seed(pool, LAYERS, folder)
            seconds = time.perf_counter() - started
    finally:
        shutil.rmtree(folder)
    return seeded, seconds


def _of_seed(seeded: Sequence[Seeded], seconds: float) -> list[Figure]:
    largest = max(seeded, key=lambda one: one.largest)
    tiles, total = sum(one.tiles for one in seeded), sum(one.total for one in seeded) / 1e6
    return [
        Figure(name="full seed z8-z16", value=seconds, unit="s", target=20, note=f"{len(seeded)} layers, {tiles} tiles, {total:.0f} MB"),
        Figure(name="largest tile", value=largest.largest / 1000, unit="kB", target=100, note=f"gzipped, {largest.key}"),
    ]


def _mirrors(settings: Settings) -> MirrorStore:
    with open_pool(settings.database_url) as pool:
        store = MirrorStore(pool, LAYERS, settings.data_dir)
        store.refresh()
    return store
