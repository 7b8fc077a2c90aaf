"""How long rankings, trends, presets and evaluations take over three years of cases, and where new bins would serve more than chance."""

import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import numpy as np

from bench.figures import Better, Figure
from bench.serving.city import city
from geodata.db import open_pool, reading
from services import garbage_bins, history_build, incidence, incidence_trend, performance, performance_formulas, road_damage
from services.history import Filters, HistoryStore
from services.rights import Reader, Role

LEADER = Reader(1, "bench", "bench", Role.LEADER, "")
ROUNDS = 15
BASELINE = """
    SELECT class_code, count(*) FILTER (WHERE reported_at >= %(year)s), count(*) FILTER (WHERE reported_at < %(year)s),
           count(*) FILTER (WHERE reported_at >= %(year)s AND coalesce(closed_at, %(now)s) > deadline_at),
           percentile_cont(0.5) WITHIN GROUP (ORDER BY closed_at - reported_at) FILTER (WHERE reported_at >= %(year)s)
    FROM hall.event WHERE reported_at >= %(year)s - interval '1 year' AND reported_at < %(now)s AND state NOT IN ('void', 'merged') GROUP BY 1
"""
"""The same ranking by class, asked of the database."""


def run() -> list[Figure]:
    """Measure over the database and DATA_DIR of the bench."""
    with open_pool(city().database_url) as pool, tempfile.TemporaryDirectory() as folder:
        history_build.make(pool, Path(folder))
        history = HistoryStore(Path(folder)).current()
        now = datetime.now(UTC)
        year = Filters(start=now - timedelta(days=365), end=now)
        month = performance.Period(start=now - timedelta(days=30), end=now, now=now)
        with reading(pool) as conn:
            in_database = _p95(lambda: conn.execute(BASELINE, {"year": year.start, "now": now}).fetchall())
        figures = [
            _timed(
                f"ranking by {by}, a year of {len(history):,} cases, against two other years",
                partial(incidence.ranking, history, LEADER, year, by),
                250,
                in_database if by == "class" else None,
            )
            for by in ("class", "road", "grid", "building")
        ]
        figures.append(_timed("hour by weekday, a year", lambda: incidence.matrix(history, LEADER, year), 50))
        figures.append(
            _timed("trend with season, three years by week", lambda: incidence_trend.trend(history, LEADER, Filters(), "week"), 250)
        )
        with reading(pool) as conn:
            weights = performance_formulas.weights(conn)
            figures.append(_timed("road damage by road, a year", lambda: road_damage.roads(conn, history, LEADER, year), 500))
            figures.append(
                _timed("garbage against bins with 20 sites, a year", lambda: garbage_bins.evaluate(conn, history, LEADER, year), 2_000)
            )
            figures += [
                _timed(
                    f"performance of every {kind}, a month",
                    partial(performance.performance, conn, LEADER, kind, month, weights),
                    500,
                )
                for kind in ("street", "department", "collector")
            ]
        figures.append(_gain())
        return figures


def _timed(name: str, work: Callable[[], object], target_ms: float, baseline: float | None = None) -> Figure:
    return Figure(
        name=name,
        value=_p95(work),
        unit="ms",
        target=target_ms,
        baseline=baseline,
        note=f"p95 of {ROUNDS}" + (", baseline: SQL" if baseline else ""),
    )


def _p95(work: Callable[[], object]) -> float:
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - began))
    return statistics.quantiles(times, n=20)[18]


def _gain() -> Figure:
    """Baseline: as many sites at places of cases drawn by chance, mean of 50 draws."""
    rng = np.random.default_rng(1)
    centres = rng.uniform(0, 6_000, (60, 2))
    points = np.concatenate([rng.normal(centre, 60, (size, 2)) for centre, size in zip(centres, rng.integers(5, 80, 60), strict=True)])
    greedy = sum(len(mine) for _, mine in garbage_bins.cover(points, points, garbage_bins.RADIUS_M, 20))
    drawn = [
        int(
            (np.linalg.norm(points[:, None] - points[rng.choice(len(points), 20, replace=False)][None], axis=2) <= garbage_bins.RADIUS_M)
            .any(axis=1)
            .sum()
        )
        for _ in range(50)
    ]
    return Figure(
        name="cases served by 20 suggested sites, against sites by chance",
        value=greedy / float(np.mean(drawn)),
        unit="x",
        target=1.2,
        better=Better.MORE,
        note="baseline: mean of 50 draws",
    )
