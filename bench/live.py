"""Live changes: from the insert to the picture on a page, and whether anything is lost while clients and database come and go.

Runs on a private cluster of its own, because it restarts the database.
"""

import asyncio
import json
import os
import random
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles

import psycopg
import websockets
from playwright.sync_api import Page, sync_playwright

from bench.figures import Figure
from geodata.credentials import hash_password, new_token
from geodata.migrate import migrate
from geodata.settings import ROOT
from tests import town
from tests.serving import serve

CHROMIUM = "/usr/bin/chromium"
CLIENTS, SHOWN, PAUSE_S = 100, 200, 0.06
EVENTS, RESTLESS, STAYS_S, RESTARTS = 10_000, 20, (1.0, 4.0), 1
PASSWORD = "Bench-Live-2026"
LAST_WAIT_S = 30.0

INSERT = """
    INSERT INTO hall.event (case_no, title, class_code, major, level, source, state, reported_at, deadline_at, step_started_at, place_text,
                            grid_code, geom)
    SELECT 'bench' || nextval('hall.event_id'), '占道经营', class_code, major, 0, 'citizen', 'reported', now(), now() + interval '2 hours', now(),
           '中山路', grid_code, geom
    FROM hall.event WHERE id = %s RETURNING id
"""
ACCOUNT = """
    WITH account AS (INSERT INTO hall.account (username, display_name, role, scope, password_hash) VALUES ('bench', 'bench', 'dispatcher', '', %s) RETURNING id)
    INSERT INTO hall.token (digest, account_id, note) SELECT %s, id, 'bench' FROM account
"""
# a page that does nothing but show: every change is a line, stamped when it has been drawn
LIGHT_PAGE = """
() => {
  document.body.innerHTML = '<ul id="list"></ul>';
  window.shown = {};
  const socket = new WebSocket(location.origin.replace('http', 'ws') + '/live');
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    if (message.type === 'hello') window.ready = true;
    if (message.type !== 'change' || !message.feature) return;
    const line = document.createElement('li');
    line.textContent = message.feature.properties.title;
    document.getElementById('list').prepend(line);
    requestAnimationFrame(() => setTimeout(() => { window.shown[message.row_id] = performance.timeOrigin + performance.now(); }));
  };
}
"""


@dataclass(frozen=True, slots=True)
class Place:
    """A running product on a database that may be restarted."""

    url: str
    live: str
    database_url: str
    token: str
    environ: dict[str, str]

    def cluster(self, command: str) -> None:
        """Call bin/cluster.sh."""
        subprocess.run([str(ROOT / "bin" / "cluster.sh"), command], env=self.environ, check=True, stdout=subprocess.DEVNULL)

    @property
    def headers(self) -> dict[str, str]:
        """Of a program."""
        return {"Authorization": f"Bearer {self.token}"}


@dataclass(slots=True)
class Seen:
    """What one client heard."""

    rows: set[int] = field(default_factory=set)
    repeated: int = 0
    resyncs: int = 0
    opened: int = 0
    since: int | None = None


@dataclass(slots=True)
class Written:
    """What the database has acknowledged."""

    rows: list[int] = field(default_factory=list)
    restarts: int = 0
    done: bool = False


def run() -> list[Figure]:
    """Measure."""
    with _place() as place:
        shown_ms, sent_ms = _shown(place)
        written, clients = _restless(place)
    known = set(written.rows)
    lost = sum(len(known - client.rows) for client in clients)
    opened = sum(client.opened for client in clients)
    note = f"{len(written.rows)} events to {len(clients)} clients, {opened} connections, {written.restarts} restart of the database"
    return [
        Figure(
            name="insert to a line on a light page, p95",
            value=quantiles(shown_ms, n=20)[-1],
            unit="ms",
            target=300,
            note=f"{len(shown_ms)} events, {CLIENTS} other clients connected; median {sorted(shown_ms)[len(shown_ms) // 2]:.0f} ms",
        ),
        Figure(
            name="insert to the message at a client, p95",
            value=quantiles(sent_ms, n=20)[-1],
            unit="ms",
            note=f"{CLIENTS} clients, each message",
        ),
        Figure(name="events lost", value=lost, unit="", target=0, note=note),
        Figure(name="events told twice", value=sum(client.repeated for client in clients), unit="", target=0, note="to one client"),
        Figure(
            name="clients told to read anew", value=sum(client.resyncs for client in clients), unit="", target=0, note="instead of a replay"
        ),
    ]


@contextmanager
def _place() -> Iterator[Place]:
    folder = Path(tempfile.mkdtemp(prefix="hallmap-live-"))
    folder.chmod(0o755)
    environ = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"} | {"DATA_DIR": str(folder)}
    script = str(ROOT / "bin" / "cluster.sh")
    try:
        subprocess.run([script, "start"], env=environ, check=True, stdout=subprocess.DEVNULL)
        url = subprocess.run([script, "url"], env=environ, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
        migrate(url)
        token, digest = new_token()
        with psycopg.connect(url) as conn:
            town.fill(conn)
            conn.execute(ACCOUNT, [hash_password(PASSWORD), digest])
        with serve({"DATABASE_URL": url, "DATA_DIR": str(folder), "DEMO": "0"}, healthy=False) as served:
            yield Place(served.url, served.url.replace("http", "ws") + "/live", url, token, environ)
    finally:
        subprocess.run([script, "wipe"], env=environ, check=False)
        shutil.rmtree(folder, ignore_errors=True)


# ---- from the insert to the page ---------------------------------------------------------------------------------


def _shown(place: Place) -> tuple[list[float], list[float]]:
    """Milliseconds from before the insert until a page has drawn it, and until each of the other clients has the message."""
    heard: dict[int, list[float]] = {}
    ready, stop = threading.Event(), threading.Event()
    crowd = threading.Thread(target=lambda: asyncio.run(_crowd(place, heard, ready, stop)))
    crowd.start()
    ready.wait(60)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = _light_page(browser.new_page(), place)
        begun = _insert_some(place)
        page.wait_for_timeout(2_000)
        drawn: dict[str, float] = page.evaluate("() => window.shown")
        browser.close()
    stop.set()
    crowd.join()
    shown = [drawn[str(row)] - 1000 * at for row, at in begun.items() if str(row) in drawn]
    if len(shown) < len(begun):
        raise RuntimeError(f"the page shows {len(shown)} of {len(begun)} events")
    return shown, [1000 * (at - begun[row]) for row, times in heard.items() if row in begun for at in times]


def _light_page(page: Page, place: Place) -> Page:
    answer = page.request.post(f"{place.url}/api/v1/session", data={"username": "bench", "password": PASSWORD})
    if not answer.ok:
        raise RuntimeError(answer.text())
    page.goto(f"{place.url}/healthz")
    page.evaluate(LIGHT_PAGE)
    page.wait_for_function("window.ready")
    return page


def _insert_some(place: Place) -> dict[int, float]:
    begun = {}
    with psycopg.connect(place.database_url, autocommit=True) as conn:
        for number in range(SHOWN):
            at = time.time()
            row = conn.execute(INSERT, [1 + number % 300]).fetchone()
            assert row
            begun[int(row[0])] = at
            time.sleep(PAUSE_S)
    return begun


async def _crowd(place: Place, heard: dict[int, list[float]], ready: threading.Event, stop: threading.Event) -> None:
    opened = 0

    async def one() -> None:
        nonlocal opened
        async with websockets.connect(place.live, additional_headers=place.headers) as socket:
            async for text in socket:
                at = time.time()
                message = json.loads(text)
                if message["type"] == "hello":
                    opened += 1
                    if opened == CLIENTS:
                        ready.set()
                elif message["type"] == "change":
                    heard.setdefault(message["row_id"], []).append(at)

    tasks = [asyncio.create_task(one()) for _ in range(CLIENTS)]
    while not stop.is_set():  # noqa: ASYNC110 - set by another thread
        await asyncio.sleep(0.1)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


# ---- nothing is lost ---------------------------------------------------------------------------------------------


def _restless(place: Place) -> tuple[Written, list[Seen]]:
    written, clients = Written(), [Seen() for _ in range(RESTLESS)]
    writer = threading.Thread(target=_write, args=(place, written))
    asyncio.run(_listen(place, written, clients, writer))
    writer.join()
    return written, clients


def _write(place: Place, written: Written) -> None:
    """Insert one by one, each a transaction; the database is restarted on the way."""
    conn: psycopg.Connection[tuple[int]] | None = None
    marks = {EVENTS * (number + 1) // (RESTARTS + 1) for number in range(RESTARTS)}
    while len(written.rows) < EVENTS:
        if len(written.rows) in marks:
            marks.discard(len(written.rows))
            place.cluster("stop")
            time.sleep(1.0)
            place.cluster("start")
            written.restarts += 1
        try:
            conn = conn or psycopg.connect(place.database_url, autocommit=True)
            row = conn.execute(INSERT, [1 + len(written.rows) % 300]).fetchone()
        except psycopg.OperationalError:
            conn = None
            time.sleep(0.2)
            continue
        assert row
        written.rows.append(int(row[0]))
    written.done = True


async def _listen(place: Place, written: Written, clients: list[Seen], writer: threading.Thread) -> None:
    tasks = [asyncio.create_task(_client(place, seen, written, random.Random(number))) for number, seen in enumerate(clients)]
    while not all(seen.opened for seen in clients):  # noqa: ASYNC110 - set by another thread
        await asyncio.sleep(0.1)
    writer.start()
    while not written.done:  # noqa: ASYNC110 - set by another thread
        await asyncio.sleep(0.2)
    known, deadline = set(written.rows), time.monotonic() + LAST_WAIT_S
    while time.monotonic() < deadline and any(known - seen.rows for seen in clients):  # noqa: ASYNC110 - filled by the tasks
        await asyncio.sleep(0.5)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _client(place: Place, seen: Seen, written: Written, chance: random.Random) -> None:
    """Listen, drop the connection without a word after a while, come back with the last id."""
    while True:
        query = "" if seen.since is None else f"?since={seen.since}"
        with suppress(OSError, websockets.WebSocketException):
            async with websockets.connect(place.live + query, additional_headers=place.headers) as socket:
                stays_s = 3600.0 if written.done else chance.uniform(*STAYS_S)
                with suppress(TimeoutError):
                    async with asyncio.timeout(stays_s):
                        async for text in socket:
                            _hear(seen, json.loads(text))
                socket.transport.abort()
        await asyncio.sleep(chance.uniform(0, 0.5))


def _hear(seen: Seen, message: dict[str, object]) -> None:
    match message["type"]:
        case "hello":
            seen.opened += 1
            if seen.since is None:
                seen.since = int(str(message["last"]))
        case "change":
            row = int(str(message["row_id"]))
            seen.repeated += row in seen.rows
            seen.rows.add(row)
            seen.since = int(str(message["id"]))
        case "resync":
            seen.resyncs += 1
            seen.since = int(str(message["last"]))
        case "ping":
            seen.since = max(seen.since or 0, int(str(message["last"])))
