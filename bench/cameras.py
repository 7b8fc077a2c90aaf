"""Choosing cameras at full size over the interface, what 12,000 cameras see of the city, and a catalogue of 12,000 from a platform."""

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from statistics import quantiles
from tempfile import TemporaryDirectory
from typing import TypeVar

import httpx
import psycopg

from bench.figures import Figure
from bench.serving.city import city
from bench.serving.copied import EVERYTHING, copied
from geodata.cluster import Cluster
from geodata.credentials import new_token
from geodata.db import Pool, open_pool, writing
from services import camera_catalogue, camera_coverage, camera_views
from services.catalogue_entry import Entry
from tests.serving import serve

DATABASE = "hall_bench_cameras"
TABLES = {"area": EVERYTHING, "video_source": EVERYTHING, "camera_group": EVERYTHING, "building": EVERYTHING, "camera": EVERYTHING}
CALLS, WARM_UP = 100, 10
MOVED = 20
NEAR_M, FAR_M = 500, 2_000
T = TypeVar("T")
GROUP = "99000001082150000001"


def run() -> list[Figure]:
    """Measure."""
    with Cluster.from_env(os.environ) as url:
        os.environ["DATABASE_URL"] = url
        return measure(city().database_url)


def measure(city_url: str) -> list[Figure]:
    """Measure with the city of another database, which is only read."""
    with copied(city_url, DATABASE, TABLES) as url:
        with open_pool(url, most=4) as pool:
            figures = _views(pool)
        figures += _choices(url)
        with open_pool(url, most=4) as pool:
            return figures + _catalogue(pool)


def _views(pool: Pool) -> list[Figure]:
    made, views_s = _timed(lambda: camera_views.renew(pool))
    grids, coverage_s = _timed(lambda: camera_coverage.renew(pool, datetime.now(UTC)))
    with writing(pool) as conn:
        conn.execute(
            "UPDATE hall.camera SET azimuth_deg = azimuth_deg + 1 WHERE id IN (SELECT id FROM hall.camera ORDER BY md5(id::text) LIMIT %s)",
            [MOVED],
        )
    again, moved_s = _timed(lambda: (camera_views.renew(pool).made, camera_coverage.renew(pool, datetime.now(UTC))))
    _, same_s = _timed(lambda: (camera_views.renew(pool), camera_coverage.renew(pool, datetime.now(UTC))))
    note = f"{made.made:,} views {views_s:.0f} s, {grids} grids {coverage_s:.0f} s"
    return [
        Figure(name="views and coverage of the whole city", value=views_s + coverage_s, unit="s", target=60, note=note),
        Figure(
            name=f"the same after {MOVED} cameras turned", value=moved_s, unit="s", target=5, note=f"{again[0]} views, {again[1]} grids"
        ),
        Figure(name="the same when nothing changed", value=same_s, unit="s", target=2),
    ]


def _choices(url: str) -> list[Figure]:
    token, digest = new_token()
    with psycopg.connect(url) as conn:
        conn.execute("INSERT INTO hall.account (username, display_name, role, scope) VALUES ('bench', 'bench', 'dispatcher', '')")
        conn.execute(
            "INSERT INTO hall.token (digest, account_id, note) SELECT %s, id, 'bench' FROM hall.account WHERE username = 'bench'", [digest]
        )
        places = conn.execute(
            "SELECT ST_X(geom), ST_Y(geom) FROM hall.camera ORDER BY md5(id::text) LIMIT %s", [CALLS + WARM_UP]
        ).fetchall()
        count = conn.execute("SELECT count(*) FROM hall.camera").fetchone()
    headers = {"Authorization": f"Bearer {token}"}
    note = f"{(count or [0])[0]:,} cameras, {CALLS} calls over HTTP"
    with (
        TemporaryDirectory() as folder,
        serve({"DATABASE_URL": url, "DATA_DIR": folder}, healthy=False) as served,
        httpx.Client(base_url=f"{served.url}/api/v1/", headers=headers, timeout=30) as client,
    ):

        def circle(radius_m: int) -> Callable[[float, float], httpx.Response]:
            return lambda lon, lat: client.get("cameras", params={"lon": lon, "lat": lat, "radius_m": radius_m, "limit": 100})

        def seeing(lon: float, lat: float) -> httpx.Response:
            return client.get("cameras", params={"lon": lon, "lat": lat, "sees": 1})

        def along(lon: float, lat: float) -> httpx.Response:
            return client.post("cameras/select", json={"route": [[lon - 0.005, lat], [lon, lat], [lon, lat + 0.005]], "buffer_m": 50})

        return [
            Figure(name=f"cameras in a circle of {NEAR_M} m, p95", value=_p95(circle(NEAR_M), places), unit="ms", target=50, note=note),
            Figure(name=f"cameras in a circle of {FAR_M} m, p95", value=_p95(circle(FAR_M), places), unit="ms", target=100, note=note),
            Figure(name="cameras that see a place, p95", value=_p95(seeing, places), unit="ms", target=50, note=note),
            Figure(name="cameras along a route of 1 km, p95", value=_p95(along, places), unit="ms", target=100, note=note),
        ]


def _catalogue(pool: Pool) -> list[Figure]:
    with writing(pool) as conn:
        rows = conn.execute("SELECT gb_id, name, ST_X(geom), ST_Y(geom), online FROM hall.camera").fetchall()
        conn.execute("TRUNCATE hall.camera CASCADE")
        found = conn.execute(
            "INSERT INTO hall.video_source (key, kind, name, crs) VALUES ('bench', 'wvp', 'bench', 'gcj02') RETURNING id"
        ).fetchone()
    source = (found or [0])[0]
    entries = [Entry(gb_id=GROUP, kind="group", name="bench")]
    for number, (gb_id, name, lon, lat, online) in enumerate(rows):
        entries.append(Entry(gb_id=gb_id, kind="camera", name=name, parent_gb_id=GROUP, ref=str(number), lon=lon, lat=lat, online=online))

    def store() -> camera_catalogue.Report:
        with writing(pool) as conn:
            return camera_catalogue.store(conn, source, entries, datetime.now(UTC))

    first, first_s = _timed(store)
    second, second_s = _timed(store)
    note = f"{first.new:,} new, {sum(first.doubtful.values()):,} doubts, positions from GCJ-02"
    return [
        Figure(name="catalogue of 12,000 cameras comes in", value=first_s, unit="s", target=10, note=note),
        Figure(name="the same again", value=second_s, unit="s", target=10, note=f"{second.new + second.updated} changed"),
        Figure(name="rows that the second time changed", value=second.new + second.updated, unit="", target=0),
    ]


def _p95(call: Callable[[float, float], httpx.Response], places: list[tuple[float, float]]) -> float:
    times = []
    for lon, lat in places:
        started = time.perf_counter()
        call(lon, lat).raise_for_status()
        times.append((time.perf_counter() - started) * 1000)
    return quantiles(times[WARM_UP:], n=20)[-1]


def _timed(call: Callable[[], T]) -> tuple[T, float]:
    started = time.perf_counter()
    result = call()
    return result, time.perf_counter() - started
