"""Acts over HTTP while the server is killed and the database goes away: what was acknowledged is there afterwards, once.

Clients behave as phones and desks do: each act has a mark of its own and is sent again with that mark until somebody answers.
"""

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psycopg

from geodata.credentials import new_token
from geodata.db import Conn
from geodata.settings import ROOT
from tests import loop
from tests.serving import free_port

Fault = Callable[[], None]

CLIENTS = 4
GIVE_UP_S = 90.0
"""An act that nobody answers for so long fails the run."""
RETRY_S = 0.15
REQUEST_S = 5.0
DESKS = ("dispatcher", "acceptor", "shift_leader")
WORKERS = {loop.WORKER: "worker", loop.SECOND_WORKER: "second_worker"}
CASES = """
    INSERT INTO hall.event (id, case_no, title, class_code, major, level, source, state, reported_at, deadline_at, step_started_at, place_text,
                            grid_code, geom)
    SELECT 1000 + n, '99000020261123' || lpad((1000 + n)::text, 5, '0'), title, class_code, major, n %% 5, 'grid_patrol', 'reported', reported_at,
           deadline_at, step_started_at, place_text, grid_code, geom
    FROM hall.event, generate_series(1, %s) AS n WHERE id = 101
"""
TOKEN = "INSERT INTO hall.token (digest, account_id, note) VALUES (%s, %s, 'storm')"
CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
ACTS = """
    SELECT detail ->> 'client_id', count(*) FROM hall.case_log WHERE detail ? 'client_id' GROUP BY 1
    UNION ALL SELECT client_id, count(*) FROM hall.task_receipt GROUP BY 1
"""


@dataclass
class Storm:
    """One run: what was acknowledged, refused and broken."""

    url: str
    tokens: Mapping[str, str]
    wanted: int
    cases: int
    acknowledged: list[str] = field(default_factory=list)
    refused: Counter[int] = field(default_factory=Counter)
    resent: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    slowest_s: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def over(self) -> bool:
        return len(self.acknowledged) >= self.wanted or bool(self.failures)


class Web:
    """The web process, started again on its port after each kill."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._environ = os.environ | dict(environ) | {"PORT": str(self.port)}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "granian", "--interface", "asgi", "--factory", "--host", "127.0.0.1", "--port", str(self.port)]
        command += ["--workers", "1", "--workers-kill-timeout", "4", "--no-access-log", "--log-level", "error", "app:create"]
        self._process = subprocess.Popen(command, env=self._environ, cwd=ROOT, start_new_session=True, stderr=subprocess.DEVNULL)

    def kill(self) -> None:
        """End main process and workers with SIGKILL: nothing can be put in order."""
        if self._process:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            _wait_until_free(self.port)

    def ready(self, token: str) -> None:
        deadline = time.monotonic() + GIVE_UP_S
        while time.monotonic() < deadline:
            try:
                if (
                    httpx.get(f"{self.url}/api/v1/me", headers={"Authorization": f"Bearer {token}"}, timeout=2).status_code
                    == httpx.codes.OK
                ):
                    return
            except httpx.HTTPError:
                pass
            time.sleep(0.2)
        raise TimeoutError("the server did not get ready")


def prepare(conn: Conn, cases: int) -> dict[str, str]:
    """Put many open cases on the stage; return a token of each account."""
    conn.execute(CASES, [cases])
    tokens = {}
    for name, reader in loop.READERS.items():
        tokens[name], digest = new_token()
        conn.execute(TOKEN, [digest, reader.account_id])
    return tokens


def run(storm: Storm, faults: Mapping[str, Fault], *, every: int, seed: int = 1) -> None:
    """Let the clients act until enough is acknowledged; after each `every` acknowledged acts something breaks, in turn by lot."""
    clients = [threading.Thread(target=_client, args=(storm, seed * 100 + number), name=f"client-{number}") for number in range(CLIENTS)]
    for client in clients:
        client.start()
    rng, names, broken = random.Random(seed), list(faults), 0
    while any(client.is_alive() for client in clients):
        if len(storm.acknowledged) >= (broken + 1) * every and not storm.over():
            name = names[broken] if broken < len(names) else rng.choice(names)
            time.sleep(rng.random() * 0.3)
            faults[name]()
            storm.kills[name] += 1
            broken += 1
        time.sleep(0.02)
    for client in clients:
        client.join()


def cut(url: str) -> None:
    """End every connection to the database."""
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute(CUT)


def wrong(conn: Conn, storm: Storm) -> list[str]:
    """Name every acknowledged act that is missing or doubled, and every impossible case."""
    counts = Counter(dict(conn.execute(ACTS).fetchall()))
    found = [f"{mark}: {counts[mark]} times" for mark in storm.acknowledged if counts[mark] != 1]
    found += [f"{mark}: {count} times" for mark, count in counts.items() if count > 1]
    return storm.failures + found + loop.problems(conn)


def _client(storm: Storm, seed: int) -> None:
    rng = random.Random(seed)
    try:
        with httpx.Client(base_url=storm.url, timeout=REQUEST_S) as http:
            while not storm.over():
                _step(storm, http, rng)
    except Exception as error:  # noqa: BLE001 - a thread must not end unheard
        storm.failures.append(repr(error))


def _step(storm: Storm, http: httpx.Client, rng: random.Random) -> None:
    event_id = 1000 + rng.randrange(1, storm.cases + 1)
    case = _ask(storm, http, "shift_leader", "GET", f"/api/v1/events/{event_id}").json()
    open_tasks = [task for task in case["tasks"] if task["state"] in {"sent", "accepted", "on_site"} and task["worker_id"] in WORKERS]
    if open_tasks and rng.random() < 0.7:
        task = rng.choice(open_tasks)
        name = WORKERS[task["worker_id"]]
        action = {"sent": "accept", "accepted": "arrive", "on_site": "finish"}[task["state"]]
        body = {"action": action, "opinion": "现场已处置", "override_reason": "不等"}
        _send(storm, http, name, f"/api/v1/tasks/{task['id']}/actions", body)
        return
    name = rng.choice(DESKS)
    case = _ask(storm, http, name, "GET", f"/api/v1/events/{event_id}").json()
    possible = [item["action"] for item in case["possible"]]
    if possible:
        body = _fields(storm, rng, event_id) | {"action": _chosen(rng, possible), "version": case["version"]}
        _send(storm, http, name, f"/api/v1/events/{event_id}/actions", body)


def _chosen(rng: random.Random, possible: list[str]) -> str:
    """Mostly the next step, sometimes anything."""
    main = [action for action in possible if action in {"file", "dispatch", "check", "close", "evaluate", "resume"}]
    return main[0] if main and rng.random() < 0.6 else rng.choice(possible)


def _fields(storm: Storm, rng: random.Random, event_id: int) -> dict[str, Any]:
    other = 1000 + rng.randrange(1, storm.cases + 1)
    return {
        "opinion": "理由",
        "standard_id": loop.STANDARD,
        "orders": [{"kind": "worker", "id": rng.choice(list(WORKERS))}],
        "until": "2027-06-01T00:00:00Z",
        "score": 80,
        "satisfied": 4,
        "level": rng.randrange(5),
        "class_code": "0101",
        "master_id": other if other != event_id else 1001 + event_id % storm.cases,
        "source_record_id": 1,
        "override_reason": "不等",
    }


def _send(storm: Storm, http: httpx.Client, name: str, path: str, body: dict[str, Any]) -> None:
    """Send an act under a mark of its own until it is answered."""
    with storm._lock:
        mark = f"{len(storm.acknowledged)}-{time.monotonic_ns()}"
    started = time.monotonic()
    answer = _ask(storm, http, name, "POST", path, body | {"client_id": mark} if "/tasks/" not in path else _receipt(body, mark))
    with storm._lock:
        storm.slowest_s = max(storm.slowest_s, time.monotonic() - started)
        if answer.status_code == httpx.codes.OK:
            storm.acknowledged.append(mark)
        elif answer.status_code in {400, 403, 404, 409}:
            storm.refused[answer.status_code] += 1
        else:
            storm.failures.append(f"{path}: {answer.status_code} {answer.text[:200]}")


def _receipt(body: dict[str, Any], mark: str) -> dict[str, Any]:
    return {name: body[name] for name in ("action", "opinion", "override_reason")} | {"client_id": mark}


def _ask(storm: Storm, http: httpx.Client, name: str, method: str, path: str, body: object = None) -> httpx.Response:  # noqa: PLR0917
    headers = {"Authorization": f"Bearer {storm.tokens[name]}"}
    deadline = time.monotonic() + GIVE_UP_S
    while time.monotonic() < deadline:
        try:
            answer = http.request(method, path, headers=headers, json=body)
        except httpx.TransportError:
            answer = None
        if answer is not None and answer.status_code < 500:
            return answer
        if answer is not None and answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
            storm.failures.append(f"{path}: {answer.status_code} {answer.text[:200]}")
            return answer
        storm.resent += 1
        time.sleep(RETRY_S)
    raise TimeoutError(f"nobody answers {path}")


def _wait_until_free(port: int) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return
        time.sleep(0.05)


def environ(url: str, data_dir: Path) -> dict[str, str]:
    """Settings of a server that is stormed: no sample city, nothing moves by itself."""
    return {"DATABASE_URL": url, "DATA_DIR": str(data_dir), "DEMO": "0"}
