"""Who can be sent, ways, reach, closures and the backlog, through the interfaces of a running server, over the streets of the sample city.

Times are checked against pgRouting on the same streets. `BENCH_OSM` names a further extract (.osm.pbf) whose streets are measured as well.
"""

import os
import random
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

import httpx
import numpy as np
import psycopg
from numpy.typing import NDArray

from bench.figures import Better, Figure
from bench.serving import pgrouting
from bench.serving.city import city
from bench.serving.copied import EVERYTHING, copied
from geodata.credentials import new_token
from geodata.db import open_pool, reading
from geodata.grid import LonLat
from geodata.osm.edges import network as edges_of
from geodata.osm.extract import read_extract
from services.routing.engine import Mode, NetworkState
from services.routing.network import NOT_ON_FOOT, Network, Roads
from services.routing.scipy_engine import ScipyEngine
from services.routing.store import NEVER, RoadStore
from tests.serving import serve

DATABASE = "hall_bench_dispatch"
TABLES = {
    "area": EVERYTHING,
    "road_node": EVERYTHING,
    "road_edge": EVERYTHING,
    "event_sub_class": EVERYTHING,
    "event_class": EVERYTHING,
    "worker": EVERYTHING,
    "worker_position": EVERYTHING,
    "vehicle": EVERYTHING,
    "event": "id IN (SELECT id FROM hall.event WHERE NOT 'outside_district' = ANY(flags) ORDER BY reported_at DESC LIMIT 2000)",
}
EVENTS, WORKERS, FEW = 200, 600, 50
CALLS, WARM_UP = 150, 15
PAIRS_TARGETS, PAIRS_SOURCES = 40, 25
OFF_ROAD_M = 30.0
WITHIN = 0.03
PREPARE = """
    UPDATE hall.worker SET status = CASE WHEN id IN (SELECT id FROM hall.worker ORDER BY md5(id::text) LIMIT 600) THEN 'free' ELSE 'off_duty' END,
                           load = 0;
    UPDATE hall.worker_position SET reported_at = now();
    UPDATE hall.vehicle SET status = 'free', reported_at = now();
    UPDATE hall.event SET state = 'closed', closed_at = reported_at;
    UPDATE hall.event SET state = 'filed', closed_at = NULL, level = (id % 5)::smallint, deadline_at = now() + interval '1 hour'
    WHERE id IN (SELECT id FROM hall.event ORDER BY md5(id::text) LIMIT 200);
    INSERT INTO hall.account (username, display_name, role, scope) VALUES ('bench', 'bench', 'dispatcher', '');
"""
FEWER = """
    UPDATE hall.worker SET status = 'off_duty'
    WHERE status = 'free' AND id NOT IN (SELECT id FROM hall.worker WHERE status = 'free' ORDER BY md5(id::text) LIMIT %s)
"""
Points = NDArray[np.float64]


def run() -> list[Figure]:
    """Measure."""
    figures = measure(city().database_url)
    other = os.environ.get("BENCH_OSM")
    return figures + (extract(Path(other)) if other else [])


def measure(city_url: str) -> list[Figure]:
    """Measure over a copy of the streets, people and cases of a city."""
    with copied(city_url, DATABASE, TABLES) as url:
        token = _prepared(url)
        with TemporaryDirectory() as folder, serve({"DATABASE_URL": url, "DATA_DIR": folder}, healthy=False) as served:
            headers = {"Authorization": f"Bearer {token}"}
            with (
                httpx.Client(base_url=f"{served.url}/api/v1/", headers=headers, timeout=30) as client,
                psycopg.connect(url, autocommit=True) as conn,
            ):
                figures = _through_the_interfaces(client, conn)
        return figures + _agreement_of_the_city(url)


def extract(path: Path) -> list[Figure]:
    """Measure the engine alone over the streets of another extract."""
    network = _read(path)
    engine = ScipyEngine(network, NetworkState(engine="scipy", map_at=NEVER, closures=0, outdated=False))
    chance = random.Random(5)
    places, movers = _on_streets(network, CALLS, chance), _on_streets(network, WORKERS, chance)
    note = f"{path.name}: {len(network.drive):,} streets; engine only"
    lons, lats = movers.T

    def sixhundred(place: LonLat) -> None:
        engine.to_one(place, lons, lats, Mode.DRIVE)

    def route(place: LonLat) -> None:
        engine.route(LonLat(*movers[0]), place, Mode.DRIVE)

    def reach(place: LonLat) -> None:
        engine.reach(place, [10], Mode.DRIVE)

    asked = [LonLat(*place) for place in places]
    return [
        Figure(name="600 movers to one place, p95", value=_p95(sixhundred, asked), unit="ms", target=150, note=note),
        Figure(name="one route, p95", value=_p95(route, asked), unit="ms", target=40, note=note),
        Figure(name="reach of 10 minutes, p95", value=_p95(reach, asked), unit="ms", target=200, note=note),
    ]


def _prepared(url: str) -> str:
    """Leave 600 free workers and 200 filed cases; return a token."""
    token, digest = new_token()
    with psycopg.connect(url) as conn:
        conn.execute(PREPARE)
        conn.execute(
            "INSERT INTO hall.token (digest, account_id, note) SELECT %s, id, 'bench' FROM hall.account WHERE username = 'bench'", [digest]
        )
    return token


def _through_the_interfaces(client: httpx.Client, conn: psycopg.Connection) -> list[Figure]:
    rows = conn.execute("SELECT id, ST_X(geom), ST_Y(geom) FROM hall.event WHERE state = 'filed' ORDER BY id LIMIT 1000").fetchall()
    chance = random.Random(3)
    chance.shuffle(rows)
    cases = rows[: CALLS + WARM_UP] if len(rows) >= CALLS + WARM_UP else rows

    def candidates(case: tuple[int, float, float]) -> None:
        client.get(f"events/{case[0]}/candidates").raise_for_status()

    def route(case: tuple[int, float, float]) -> None:
        other = chance.choice(rows)
        client.get("route", params={"from": f"{other[1]},{other[2]}", "to": f"{case[1]},{case[2]}"}).raise_for_status()

    def reach(case: tuple[int, float, float]) -> None:
        client.get("reach", params={"lon": case[1], "lat": case[2], "minutes": "10"}).raise_for_status()

    six = _p95(candidates, cases)
    assigned, took_ms = _assignment(client)
    ways, areas, closing = _p95(route, cases), _p95(reach, cases), _closing(client, rows, chance)
    conn.execute(FEWER, [FEW])
    few = _p95(candidates, cases)
    note = f"through the API of one server process, {len(cases)} cases"
    return [
        Figure(name="candidates of 50 workers, p95", value=few, unit="ms", target=60, note=note),
        Figure(name="candidates of 600 workers, p95", value=six, unit="ms", target=150, note=note),
        Figure(name="route, p95", value=ways, unit="ms", target=40, note=f"{note}; by car"),
        Figure(name="reach of 10 minutes, p95", value=areas, unit="ms", target=200, note=f"{note}; by car"),
        Figure(
            name="a closure acts after",
            value=closing,
            unit="ms",
            target=1000,
            note="longest of 10: POST, then the first route that heeds it",
        ),
        Figure(
            name="200 cases x 600 workers assigned", value=took_ms / 1000, unit="s", target=4, note="table and assignment, through the API"
        ),
        *_savings(assigned),
    ]


def _assignment(client: httpx.Client) -> tuple[dict[str, dict[str, object]], float]:
    """Ask for workers and for vehicles; return both answers and the milliseconds of the first."""
    started = time.perf_counter()
    walkers = client.get("assignment", params={"limit": EVENTS}).raise_for_status().json()
    took_ms = (time.perf_counter() - started) * 1000
    drivers = client.get("assignment", params={"limit": EVENTS, "kind": "vehicle"}).raise_for_status().json()
    return {"workers on foot": walkers, "vehicles": drivers}, took_ms


def _savings(assigned: dict[str, dict[str, object]]) -> list[Figure]:
    figures = []
    for kind, answer in assigned.items():
        note = f"{answer['events']} cases, {answer['free']} free; worst wait {answer['best']['worst_s']:.0f} s"  # type: ignore[index]
        note += f" against {answer['in_turn']['worst_s']:.0f} s"  # type: ignore[index]
        saved = float(str(answer["saved_share"])) * 100
        figures.append(Figure(name=f"saved, {kind}", value=saved, unit="%", target=20, better=Better.MORE, note=note))
    return figures


def _closing(client: httpx.Client, rows: Sequence[tuple[int, float, float]], chance: random.Random) -> float:
    worst_ms = 0.0
    for _ in range(10):
        a, b = chance.sample(list(rows), 2)
        way = {"from": f"{a[1]},{a[2]}", "to": f"{b[1]},{b[2]}"}
        before = client.get("route", params=way).raise_for_status().json()
        lon, lat = before["geometry"]["coordinates"][len(before["geometry"]["coordinates"]) // 2]
        started = time.perf_counter()
        made = client.post("closures", json={"lon": lon, "lat": lat, "reason": "bench"}).raise_for_status().json()["closures"]
        while client.get("route", params=way).raise_for_status().json()["network"]["closures"] == 0:
            time.sleep(0.005)
        worst_ms = max(worst_ms, (time.perf_counter() - started) * 1000)
        for closure in made:
            client.delete(f"closures/{closure['id']}").raise_for_status()
    return worst_ms


def _agreement_of_the_city(url: str) -> list[Figure]:
    with open_pool(url, most=2) as pool, reading(pool) as conn:
        store = RoadStore(pool)
        engine = store.engine(conn, NEVER)
        assert isinstance(engine, ScipyEngine)
    network = engine._network  # noqa: SLF001 - the very network that answered
    middle = network.plane.degrees(np.zeros(2))
    srid = 32600 + (100 if middle[1] < 0 else 0) + int((middle[0] + 180) // 6) + 1
    chance = random.Random(7)
    targets, sources = _on_streets(network, PAIRS_TARGETS, chance), _on_streets(network, PAIRS_TARGETS * PAIRS_SOURCES, chance)
    ratios: list[float] = []
    one_sided = 0
    theirs_ms, ours_ms = [], []
    with psycopg.connect(url) as conn:
        if not pgrouting.offered(conn):
            print("bench: the server has no pgRouting, so nothing is compared with it", file=sys.stderr)
            return []
        streets = pgrouting.load(conn, network, network.drive, srid)
        for number, target in enumerate(targets):
            lons, lats = sources[number * PAIRS_SOURCES : (number + 1) * PAIRS_SOURCES].T
            started = time.perf_counter()
            theirs = streets.to_one(float(target[0]), float(target[1]), lons, lats)
            middle_s = time.perf_counter()
            ours = engine.to_one(LonLat(*target), lons, lats, Mode.DRIVE).travel_s
            ours_ms.append((time.perf_counter() - middle_s) * 1000)
            theirs_ms.append((middle_s - started) * 1000)
            one_sided += int((np.isnan(ours) != np.isnan(theirs)).sum())
            both = ~np.isnan(ours) & ~np.isnan(theirs)
            ratios += (np.maximum(ours[both], 1.0) / np.maximum(theirs[both], 1.0)).tolist()
    close = sum(abs(ratio - 1) <= WITHIN for ratio in ratios)
    share = 100 * close / (len(ratios) + one_sided)
    note = f"{len(ratios)} pairs by car, and {one_sided} where only one finds a way; median ratio {median(ratios):.4f}"
    return [
        Figure(name="agreement with pgRouting within 3 %", value=share, unit="%", target=98, better=Better.MORE, note=note),
        Figure(
            name="25 to one, engine only",
            value=median(ours_ms),
            unit="ms",
            baseline=median(theirs_ms),
            note="median; baseline is pgRouting, one search",
        ),
    ]


def _on_streets(network: Network, count: int, chance: random.Random) -> Points:
    """Draw places beside the streets for cars, by their length, up to 30 m off."""
    graph = network.drive
    rng = np.random.default_rng(chance.randrange(2**32))
    sound = graph._sound  # noqa: SLF001 - places that can be reached
    piece = rng.choice(sound, count, p=graph.length_m[sound] / graph.length_m[sound].sum())
    xy = np.array([_along(graph.lines[p], share) for p, share in zip(piece, rng.random(count), strict=True)])
    return network.plane.degrees(xy + rng.uniform(-OFF_ROAD_M, OFF_ROAD_M, (count, 2)) / np.sqrt(2))


def _along(line: object, share: float) -> tuple[float, float]:
    point = line.interpolate(share, normalized=True)  # type: ignore[attr-defined]
    return point.x, point.y


def _read(path: Path) -> Network:
    found = edges_of(read_extract(path).ways)
    columns = found.edges
    usable = np.flatnonzero(columns["length_m"] > 0)
    return Network(
        Roads(
            edge_id=usable + 1,
            source=columns["source"][usable],
            target=columns["target"][usable],
            speed_kmh=columns["speed_kmh"][usable],
            length_m=columns["length_m"][usable],
            forward=columns["forward"][usable],
            backward=columns["backward"][usable],
            drive=columns["drive"][usable],
            walk=np.array([kind not in NOT_ON_FOOT for kind in columns["highway"][usable]]),
            lines=found.line[usable],
            names=tuple(columns["name"][usable]),
        )
    )


def _p95(ask: Callable[..., None], cases: Sequence[object]) -> float:
    for case in cases[:WARM_UP]:
        ask(case)
    times = []
    for case in cases:
        started = time.perf_counter()
        ask(case)
        times.append((time.perf_counter() - started) * 1000)
    return quantiles(times, n=20)[-1]
