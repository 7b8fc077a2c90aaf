"""The servers to compare: ours with all its caches, ours without any, and tipg with its defaults on plain tables."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import httpx
import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from bench.serving.trace import Request
from geodata.settings import ROOT, Settings
from layers.registry import LAYERS
from tests.serving import free_port

SCHEMA = "plain"
TOKEN = "bench"
START_S = 120.0


@dataclass(frozen=True, slots=True)
class Server:
    """A running server, and how its tiles are addressed."""

    url: str
    pid: int
    path: Callable[[Request], str]
    headers: Mapping[str, str]


@contextmanager
def ours(settings: Settings, *, cached: bool) -> Iterator[Server]:
    """Run our tile server on granian, one worker. Without caches every tile is made of the rows for every request."""
    environ = {"DATABASE_URL": settings.database_url, "DATA_DIR": str(settings.data_dir), "BENCH_CACHED": str(int(cached))}
    command = [
        "-m",
        "granian",
        "--interface",
        "asgi",
        "--factory",
        "--workers",
        "1",
        "--no-ws",
        "--log-level",
        "warning",
        "bench.serving.app:create",
    ]
    headers = {"Authorization": f"Bearer {TOKEN}", "Accept-Encoding": "gzip"}
    with _running(command, environ, "/tiles/catalog.json", headers) as (url, pid):
        yield Server(url, pid, lambda one: f"/tiles/{one.layer}/{one.z}/{one.x}/{one.y}.mvt", headers)


@contextmanager
def tipg(settings: Settings) -> Iterator[Server]:
    """Run tipg with its defaults on uvicorn, one worker, over tables of the schema `plain`."""
    parts = conninfo_to_dict(settings.database_url)
    login = f"{parts.get('user') or ''}{':' + quote(str(parts['password'])) if parts.get('password') else ''}"
    host = quote(str(parts.get("host") or "localhost"), safe="")
    environ = {
        "DATABASE_URL": f"postgresql://{login}@{host}:{parts.get('port') or 5432}/{parts.get('dbname')}",
        "TIPG_DB_SCHEMAS": f'["{SCHEMA}"]',
    }
    command = ["-m", "uvicorn", "--log-level", "warning", "tipg.main:app"]
    with _running(command, environ, "/healthz", {}) as (url, pid):
        yield Server(
            url,
            pid,
            lambda one: f"/collections/{SCHEMA}.{one.layer}/tiles/WebMercatorQuad/{one.z}/{one.x}/{one.y}",
            {"Accept-Encoding": "gzip"},
        )


def plain_tables(settings: Settings) -> None:
    """Copy every layer's rows as a beginner would store them: all columns, 4326, a GiST index."""
    with psycopg.connect(settings.database_url) as conn:
        conn.execute(sql.SQL("DROP SCHEMA IF EXISTS {0} CASCADE").format(sql.Identifier(SCHEMA)))
        conn.execute(sql.SQL("CREATE SCHEMA {0}").format(sql.Identifier(SCHEMA)))
        for layer in LAYERS:
            names = ["id", "grid_code", *(column.name for column in layer.source.columns if column.name != "grid_code"), "geom"]
            table = sql.Identifier(SCHEMA, layer.key)
            columns = sql.SQL(", ").join(map(sql.Identifier, names))
            conn.execute(sql.SQL("CREATE TABLE {} AS SELECT {} FROM {}").format(table, columns, sql.Identifier("hall", layer.view)))
            conn.execute(sql.SQL("ALTER TABLE {} ADD PRIMARY KEY (id)").format(table))
            conn.execute(sql.SQL("CREATE INDEX ON {} USING gist (geom)").format(table))
        conn.commit()
        conn.autocommit = True
        for layer in LAYERS:
            conn.execute(sql.SQL("VACUUM ANALYZE {}").format(sql.Identifier(SCHEMA, layer.key)))


def drop_plain_tables(settings: Settings) -> None:
    """Remove the copies."""
    with psycopg.connect(settings.database_url, autocommit=True) as conn:
        conn.execute(sql.SQL("DROP SCHEMA IF EXISTS {0} CASCADE").format(sql.Identifier(SCHEMA)))


@contextmanager
def _running(command: list[str], environ: Mapping[str, str], probe: str, headers: Mapping[str, str]) -> Iterator[tuple[str, int]]:
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, *command, "--host", "127.0.0.1", "--port", str(port)],
        env=os.environ | dict(environ),
        cwd=Path(ROOT),
    )
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + START_S
        while True:
            try:
                if httpx.get(url + probe, headers=dict(headers), timeout=10).status_code == httpx.codes.OK:
                    break
            except httpx.HTTPError as error:
                if time.monotonic() > deadline or process.poll() is not None:
                    raise TimeoutError(f"{command} does not answer") from error
            time.sleep(0.3)
        yield url, process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
