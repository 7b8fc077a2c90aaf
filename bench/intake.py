"""Reports a second through the interface, one report a request, each answered with its candidates; several client processes, city at scale 1.0."""

import json
import multiprocessing
import random
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from statistics import quantiles
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from bench.figures import Better, Figure
from bench.serving.city import city
from geodata.city import accounts
from services.gazetteer import gazetteer
from services.geocode import look_up
from tests.serving import serve

DATABASE = "hall_bench_intake"
CLIENTS, CONNECTIONS = 3, 6
SECONDS, WARM_UP_S = 20.0, 4.0
PLACES = 4_000
LOOK_UPS = 1_000
WORDS = (
    "门口垃圾堆放没有人清理",
    "路灯不亮已经三天",
    "井盖翻起很危险",
    "商户占道经营影响通行",
    "车辆乱停堵住出口",
    "深夜施工噪声很大",
    "路面积水行人绕行",
)
# Homes are where reports come from, as far as the map knows.
SPOTS = """
    SELECT ST_X(middle), ST_Y(middle), address FROM (
        SELECT ST_PointOnSurface(geom) AS middle, address FROM hall.building WHERE address IS NOT NULL ORDER BY md5(id::text) LIMIT %s) AS spots
"""
CLASSES = "SELECT code FROM hall.event_class WHERE enabled ORDER BY code LIMIT 1000"
STREETS = "SELECT place_text FROM hall.event ORDER BY md5(id::text) LIMIT %s"
Job = tuple[str, str, int, Sequence[tuple[float, float, str]], Sequence[str]]


def run() -> list[Figure]:
    """Measure."""
    settings = city()
    token = json.loads((settings.data_dir / accounts.FILE).read_text(encoding="utf-8"))["dispatcher"]["token"]
    with _copy(settings.database_url) as url:
        with psycopg.connect(url) as conn:
            spots: list[tuple[float, float, str]] = conn.execute(SPOTS, [PLACES]).fetchall()
            codes = [row[0] for row in conn.execute(CLASSES)]
            looked_up = _look_ups(conn)
        environ = {"DATABASE_URL": url, "DATA_DIR": str(settings.data_dir), "SCALE": "1", "DEMO": "1"}
        with serve(environ) as served, multiprocessing.get_context("spawn").Pool(CLIENTS) as pool:
            jobs = [(served.url, token, seed, spots, codes) for seed in range(CLIENTS)]
            times = [each for times in pool.map(_client, jobs) for each in times]
        with psycopg.connect(url) as conn:
            row = conn.execute("SELECT count(*) FROM hall.event WHERE version = 1 AND source = 'sensor' AND id > 10000000").fetchone()
            kept = row[0] if row else 0
    note = f"{CLIENTS} processes x {CONNECTIONS} connections, {SECONDS:g} s, {len(times):,} answers, {kept:,} cases made"
    return [
        Figure(name="reports taken in", value=len(times) / SECONDS, unit="/s", target=300, better=Better.MORE, note=note),
        Figure(name="report to answer, p95", value=quantiles(times, n=20)[-1], unit="ms", note="at that rate"),
        Figure(name="place looked up, p95", value=quantiles(looked_up, n=20)[-1], unit="ms", target=15, note=f"{LOOK_UPS} texts of cases"),
    ]


@contextmanager
def _copy(url: str) -> Iterator[str]:
    """Lend a copy of the city that may be written into."""
    source, target = sql.Identifier(str(conninfo_to_dict(url)["dbname"])), sql.Identifier(DATABASE)
    admin = make_conninfo(url, dbname="postgres")
    with psycopg.connect(admin, autocommit=True) as conn:
        conn.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(target))
        conn.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(target, source))
    yield make_conninfo(url, dbname=DATABASE)
    with psycopg.connect(admin, autocommit=True) as conn:
        conn.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(target))


def _look_ups(conn: psycopg.Connection[Any]) -> list[float]:
    names, times = gazetteer(conn), []
    for (text,) in conn.execute(STREETS, [LOOK_UPS]).fetchall():
        started = time.perf_counter()
        look_up(names, text[:200])
        times.append(1000 * (time.perf_counter() - started))
    return times


def _client(job: Job) -> list[float]:
    """Send reports on several connections; return the milliseconds of those that were answered after the warm-up."""
    with ThreadPoolExecutor(CONNECTIONS) as threads:
        return [each for times in threads.map(_connection, [(job, number) for number in range(CONNECTIONS)]) for each in times]


def _connection(given: tuple[Job, int]) -> list[float]:
    (url, token, seed, spots, codes), number = given
    chance, times = random.Random(f"{seed}/{number}"), []
    connection = HTTPConnection(urlsplit(url).netloc)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    begin = time.perf_counter()
    while (now := time.perf_counter()) - begin < WARM_UP_S + SECONDS:
        lon, lat, address = chance.choice(spots)
        report = {
            "source": "sensor",
            "external_no": f"{seed}-{number}-{now}",
            "class_code": chance.choice(codes),
            "place_text": address,
            "description": chance.choice(WORDS),
            **({"lon": lon, "lat": lat} if chance.random() < 0.5 else {}),
        }
        connection.request("POST", "/api/v1/events", json.dumps(report), headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"answered {answer.status}")
        if now - begin >= WARM_UP_S:
            times.append(1000 * (time.perf_counter() - now))
    return times
