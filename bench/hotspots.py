"""Hot spots in memory and over HTTP: the sample city at scale 1.0, and ten million cases drawn after its pattern.

Baseline of the whole-city Gi*: `esda.G_Local`, the reference implementation, on the same counts and neighbours (its analytical scores,
no permutations). The limit of a question over n cases is memory: eight bytes a case have to be read once.
"""

import json
import random
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median, quantiles

import numpy as np
from flask import Flask

from api.create import create
from bench.figures import Figure
from bench.serving.city import city
from geodata.db import Pool, open_pool
from geodata.settings import Settings
from layers.registry import LAYERS
from services import backtest, gistar, ground, history_build, hotspots
from services.account_book import AccountBook
from services.ground import Ground, GroundStore
from services.history import RESOLUTIONS, Filters, History, HistoryStore
from services.history_build import Cases, Placed, build
from services.hotspots import Rate
from services.mirror_store import MirrorStore
from services.rights import Reader, Role

READER = Reader(1, "bench", "bench", Role.LEADER, "")
CALLS, WARM_UP = 200, 20
MANY = 10_000_000
ASKED_MS, ASKED_MANY_MS, WHOLE_MS = 10.0, 30.0, 300.0
ANSWERED_MS = 120.0
ACCOUNTS = "demo-accounts.json"
QUERIES = ("", "&hours=8-18", "&major=city", "&source=grid_self&weekdays=1-5", "&start=2024-01-01T00:00:00Z", "&rate=people")
DAYS = (7, 30, 90, 365, 1_095)


def run() -> list[Figure]:
    """Measure."""
    settings = city()
    with tempfile.TemporaryDirectory() as folder, open_pool(settings.database_url) as pool:
        data_dir = Path(folder)
        made = history_build.make(pool, data_dir)
        ground.make(pool, data_dir)
        return [
            Figure(name="columns of all cases written anew", value=made.duration_s, unit="s", note=f"{made.rows:,} cases, in the worker"),
            _answered(pool, settings, data_dir),
            *figures(data_dir),
        ]


def _answered(pool: Pool, settings: Settings, data_dir: Path) -> Figure:
    """Ask the interface without a socket: account, filters, counting, statistics, JSON."""
    accounts = json.loads((settings.data_dir / ACCOUNTS).read_text(encoding="utf-8"))
    here = replace(settings, data_dir=data_dir)
    server, book = Flask("bench"), AccountBook(pool)
    create(server, pool, MirrorStore(pool, LAYERS, data_dir), book, here)
    book.refresh()
    client = server.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {accounts['leader']['token']}"
    chance, times = random.Random(3), []
    for call in range(WARM_UP + CALLS):
        address = f"/api/v1/hotspots?resolution={chance.choice((8, 9, 10))}{chance.choice(QUERIES)}"
        started = time.perf_counter()
        answer = client.get(address)
        if answer.status_code != 200:
            raise RuntimeError(answer.get_data(as_text=True))
        if call >= WARM_UP:
            times.append(1_000 * (time.perf_counter() - started))
    note = f"whole city, resolution 8 to 10, JSON; {len(times)} requests; median {median(times):.1f} ms"
    return Figure(name="answer of /api/v1/hotspots, p95", value=quantiles(times, n=20)[-1], unit="ms", target=ANSWERED_MS, note=note)


def figures(data_dir: Path) -> list[Figure]:
    """Measure over columns and ground that are there."""
    hotspots.warm()
    land, history = GroundStore(data_dir).current(), HistoryStore(data_dir).current()
    found = [*_asked(history, land, ASKED_MS), *_whole(history, land)]
    large = enlarged(history, MANY)
    folder = data_dir / "many"
    history_build.write(large, folder)
    del large
    many = HistoryStore(folder).current()
    return [*found, *_asked(many, land, ASKED_MANY_MS)]


def enlarged(history: History, number: int) -> History:
    """Draw cases after those of a history: each is a known case, moved by up to two weeks and thirty metres."""
    draw = np.random.default_rng(5)
    rows = draw.integers(0, len(history), number)
    reported = history.reported[rows] + draw.integers(-14 * 86_400, 14 * 86_400, number)
    columns = {
        "id": np.arange(number, dtype=np.int64),
        "class": history.class_of(rows),
        "source": history.source[rows],
        "state": history.state[rows],
        "area": history.grid_no[rows],
        "level": history.level[rows],
        "reported": np.minimum(reported, int(history.at.timestamp())),
        "lon": history.lon[rows],
        "lat": history.lat[rows],
        **{name: getattr(history, name)[rows] for name in ("deadline", "closed", "filed", "dispatched", "handled", "checked", "department", "building")},
    }  # fmt: skip
    cells = {}
    for resolution in RESOLUTIONS:
        known = np.append(history.cells[resolution], np.uint64(0))
        cells[resolution] = known[history.spots(rows, resolution)]
    cases = Cases(class_rows=history.class_rows, sources=history.sources, states=history.states, grids=history.grids, columns=columns)
    placed = Placed(cells=cells, road=np.ascontiguousarray(history.road[rows]), roads=history.roads)
    return build(cases, placed, revision=f"{number}", at=history.at)


def asked_by_chance(chance: random.Random, history: History) -> tuple[Filters, int, Rate]:
    """Draw a question: any class, source, area, window, hours, weekdays, resolution and rate."""
    days, end = chance.choice(DAYS), history.at - timedelta(days=chance.choice((0, 0, 0, 30, 200)))
    codes = [row.code for row in history.class_rows]
    filters = Filters(
        classes=frozenset(chance.sample(codes, chance.choice((1, 3, 10)))) if chance.random() < 0.3 else frozenset(),
        majors=frozenset({chance.choice(history.class_rows).major}) if chance.random() < 0.2 else frozenset(),
        sources=frozenset(chance.sample(history.sources, 2)) if chance.random() < 0.3 else frozenset(),
        area=chance.choice(history.grids)[: chance.choice((9, 12))] if chance.random() < 0.3 else "",
        start=end - timedelta(days=days),
        end=end,
        hours=frozenset(range(chance.randrange(12), 18)) if chance.random() < 0.4 else frozenset(),
        weekdays=frozenset(chance.sample(range(1, 8), 3)) if chance.random() < 0.3 else frozenset(),
    )
    return filters, chance.choice(RESOLUTIONS), chance.choice((Rate.COUNT, Rate.COUNT, Rate.PEOPLE, Rate.PATROL_HOURS))


def _asked(history: History, land: Ground, target: float) -> list[Figure]:
    chance = random.Random(11)
    times = []
    for call in range(WARM_UP + CALLS):
        filters, resolution, rate = asked_by_chance(chance, history)
        started = time.perf_counter()
        hotspots.hotspots(history, land, READER, filters, resolution=resolution, rate=rate)
        if call >= WARM_UP:
            times.append(1_000 * (time.perf_counter() - started))
    everything = Filters(start=datetime.fromtimestamp(0, history.at.tzinfo), end=history.at, hours=frozenset(range(6, 20)))
    whole = _median_ms(lambda: hotspots.hotspots(history, land, READER, everything, resolution=10), 20)
    size = f"{len(history):,} cases"
    return [
        Figure(
            name=f"any question with Gi*, q values and trends, {size}, p95",
            value=quantiles(times, n=20)[-1],
            unit="ms",
            target=target,
            note=f"in process; {len(times)} questions of any filter; median {median(times):.1f} ms",
        ),
        Figure(name=f"all years, 14 hours of the day, finest cells, {size}", value=whole, unit="ms", note="every case is read once"),
    ]


def _whole(history: History, land: Ground) -> list[Figure]:
    filters = hotspots.windowed(Filters(start=history.at - timedelta(days=365)), history.at)
    field = land.field_of(10)
    counts, _ = hotspots.counted(history, field, READER, filters, np.array(filters.seconds(), np.int64))
    ours = _median_ms(lambda: gistar.q_values(gistar.two_sided(gistar.gi_star(counts[0], field.links))), 20)
    asked = _median_ms(lambda: hotspots.hotspots(history, land, READER, filters, resolution=10), 20)
    tested = _median_ms(lambda: backtest.backtest(history, land, READER, filters, resolution=9), 3)
    pictures = _median_ms(lambda: hotspots.frames(history, land, READER, filters, resolution=9, step=hotspots.Step.DAY), 5)
    compared = replace(filters, start=history.at - timedelta(days=90))
    assert compared.start is not None
    other = (compared.start - timedelta(days=90), compared.start)
    changed = _median_ms(lambda: hotspots.changes(history, land, READER, compared, other=other, resolution=9), 5)
    return [
        Figure(
            name="Gi* with false discovery, whole city, counting included",
            value=asked,
            unit="ms",
            target=WHOLE_MS,
            note=f"{len(field.cells):,} cells of resolution 10, a year of cases, twelve weekly Gi* with it",
        ),
        Figure(
            name="Gi* and q values alone, whole city",
            value=ours,
            unit="ms",
            baseline=_of_esda_ms(field.links, counts[0]),
            note="baseline: esda.G_Local(star=True), analytical scores, weights made before",
        ),
        Figure(name="back-test of eight weeks", value=tested, unit="ms", note="resolution 9, 55 recipes tried on twelve weeks before"),
        Figure(name="animation of a year by days", value=pictures, unit="ms", note="resolution 9"),
        Figure(name="two quarters side by side", value=changed, unit="ms", note="resolution 9"),
    ]


def _of_esda_ms(links: object, counts: object) -> float:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from esda.getisord import G_Local  # noqa: PLC0415 - the baseline, compiled at import
        from libpysal.weights import WSP, WSP2W  # noqa: PLC0415 - as above

        weights = WSP2W(WSP(links.tocsr()), silence_warnings=True)  # type: ignore[attr-defined]
        values = np.asarray(counts, np.float64)
        return _median_ms(lambda: G_Local(values, weights, transform="B", star=True, permutations=0), 3)


def _median_ms(call: Callable[[], object], calls: int) -> float:
    call()
    times: Sequence[float] = [_ms(call) for _ in range(calls)]
    return median(times)


def _ms(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return 1_000 * (time.perf_counter() - started)
