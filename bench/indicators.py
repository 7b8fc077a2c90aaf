"""How long all own indicators take at scale 1.0: the first calculation of three years, the same again, and what runs every five minutes.

Measured in a copy of the sample city, so that the city of the other measurements keeps its figures. The limit is PostgreSQL's one process:
each source is read once for each cycle, so the rows of the case table pass eight times.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from statistics import quantiles

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from bench.figures import Figure
from bench.serving.city import DATABASE, city
from geodata.db import Pool, open_pool, reading
from geodata.indicators.catalogue import catalogue
from geodata.migrate import migrate
from services.indicators import compute, domains
from services.rights import Reader, Role

COPY = "hall_bench_indicators"
LEADER = Reader(1, "bench", "bench", Role.LEADER, "")
ASKED = 40
CLEAR = "TRUNCATE hall.indicator_value, hall.indicator_run, hall.indicator_warning CASCADE"


def run() -> list[Figure]:
    """Measure."""
    return figures()


def figures() -> list[Figure]:
    """Measure the calculations and the answer for the page."""
    city()
    with _copy() as pool:
        own = sum(one.own for one in catalogue().indicators.values())
        first = _timed(pool, whole=True)
        again = _timed(pool, whole=True)
        recent = _timed(pool, whole=False)
        with reading(pool) as conn:
            row = conn.execute("SELECT count(*) FROM hall.indicator_value").fetchone()
            asked = []
            for _ in range(ASKED):
                started = time.perf_counter()
                domains(conn, LEADER, datetime.now(UTC))
                asked.append(1000 * (time.perf_counter() - started))
    note = f"{own} indicators, district and streets, 380,000 events; {row[0] if row else 0:,} figures of three years"
    return [
        Figure(name="all own indicators, first time", value=first, unit="s", target=60, note=note),
        Figure(name="all own indicators, whole history again", value=again, unit="s", target=60, note="once a day"),
        Figure(
            name="all own indicators, last periods",
            value=recent,
            unit="s",
            target=15,
            baseline=again,
            note="at most every five minutes; baseline: all",
        ),
        Figure(
            name="the nine domains for the page, p95",
            value=quantiles(asked, n=20)[-1],
            unit="ms",
            target=120,
            note="197 figures with series",
        ),
    ]


@contextmanager
def _copy() -> Iterator[Pool]:
    admin = os.environ["DATABASE_URL"]
    with psycopg.connect(admin, autocommit=True) as conn:
        name, template = sql.Identifier(COPY), sql.Identifier(DATABASE)
        conn.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
        conn.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(name, template))
        url = make_conninfo(admin, dbname=COPY)
        migrate(url)
        pool = open_pool(url, most=2)
        try:
            with pool.connection() as inside:
                inside.execute(CLEAR)
            yield pool
        finally:
            pool.close()
            conn.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))


def _timed(pool: Pool, *, whole: bool) -> float:
    started = time.perf_counter()
    outcome = compute.recompute(pool, datetime.now(UTC), whole=whole)
    if outcome.failed:
        raise RuntimeError(f"indicators failed: {outcome.failed}")
    return time.perf_counter() - started
