"""Selections, search and the nearest workers over the sample city at scale 1.0, as the services answer them."""

import random
import time
from collections.abc import Callable, Sequence
from statistics import quantiles

import psycopg

from bench.figures import Figure
from bench.serving.city import city
from geodata.db import open_pool, reading
from geodata.grid import LonLat
from geodata.source import Condition
from layers import registry
from layers.registry import LAYERS
from services import facets, search
from services.counts import counts
from services.mirror_store import MirrorStore
from services.rights import Reader, Role
from services.select import select
from services.shapes import Circle

READER = Reader(1, "bench", "bench", Role.DISPATCHER, "")
CALLS = 200
FREE = (Condition("status", ("free",)),)
WARM_UP = 30
TEXTS = (
    "公园",
    "中山",
    "路灯",
    "有限公司",
    "占道经营",
    "新马路",
    "王伟",
    "学校",
    "9900",
    "11000001234",
    "摄像",
    "大厦",
    "网格",
    "垃圾",
    "澳A",
)
TRUTH = """
    SELECT id FROM hall.layer_workers WHERE status = 'free'
    ORDER BY ST_Distance(geom::geography, ST_MakePoint(%(lon)s, %(lat)s)::geography), id LIMIT 10
"""


def run() -> list[Figure]:
    """Measure."""
    settings = city()
    chance = random.Random(11)
    with open_pool(settings.database_url) as pool:
        store = MirrorStore(pool, LAYERS, settings.data_dir)
        store.refresh()
        points = store.mirror("people").points

        def place() -> tuple[float, float]:
            row = chance.randrange(len(points.lon))
            return float(points.lon[row]), float(points.lat[row])

        def selected() -> None:
            with reading(pool) as conn:
                select(store, conn, READER, LAYERS, Circle(*place(), 500))

        def searched() -> None:
            with reading(pool) as conn:
                search.search(store, conn, READER, LAYERS, chance.choice(TEXTS))

        def counted() -> None:
            counts(store, READER, LAYERS)

        with reading(pool) as conn:
            near = _times_ms(lambda: _nearest(store, LonLat(*place())))
            wrong = sum(_is_wrong(store, conn, LonLat(*place())) for _ in range(CALLS))
        return [
            _p95("circle of 500 m over all classes", _times_ms(selected), 60, "20 items a class"),
            _p95("search over all classes", _times_ms(searched), 80, f"{len(TEXTS)} texts"),
            _p95("nearest 10 free workers", near, 2, "as lists order a layer by distance: in memory"),
            Figure(
                name="nearest 10 free workers in wrong order", value=wrong, unit="", target=0, note=f"of {CALLS}, against the ellipsoid"
            ),
            _p95("counts of all classes", _times_ms(counted), None, "in memory"),
        ]


def _times_ms(call: Callable[[], object]) -> list[float]:
    times = []
    for _ in range(WARM_UP + CALLS):
        started = time.perf_counter()
        call()
        times.append(1000 * (time.perf_counter() - started))
    return times[WARM_UP:]


def _p95(name: str, times: Sequence[float], target: float | None, note: str) -> Figure:
    return Figure(name=f"{name}, p95", value=quantiles(times, n=20)[-1], unit="ms", target=target, note=f"{note}; {len(times)} calls")


def _nearest(store: MirrorStore, place: LonLat) -> list[int]:
    return facets.first(store, READER, registry.get("workers"), FREE, order=facets.Order.NEAREST, near=place, limit=10)


def _is_wrong(store: MirrorStore, conn: psycopg.Connection[tuple[int]], place: LonLat) -> bool:
    truth = [row[0] for row in conn.execute(TRUTH, {"lon": place.lon, "lat": place.lat})]
    return truth != _nearest(store, place)
