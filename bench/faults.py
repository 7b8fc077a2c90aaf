"""Two thousand acts by desks and phones while web, worker and database are killed at random: what was acknowledged is there, once.

Runs on a private cluster of its own, because it kills the database.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psycopg

from bench.figures import Better, Figure
from geodata.migrate import migrate
from geodata.settings import ROOT
from tests import loop, storm
from tests.storm import Storm, Web

ACTS, CASES, EVERY = 2_000, 300, 90
"""Acknowledged acts, cases that they are spread over, and acts from one fault to the next."""
SCRIPT = str(ROOT / "bin" / "cluster.sh")
STARTS = 8


def run() -> list[Figure]:
    """Storm the product and count what is wrong afterwards."""
    started = time.monotonic()
    with _private_database() as (url, environ, data_dir):
        migrate(url)
        with psycopg.connect(url) as conn:
            loop.fill(conn)
            tokens = storm.prepare(conn, CASES)
        settings = storm.environ(url, data_dir)
        web, worker = Web(settings), _Worker(settings)
        try:
            web.start()
            worker.start()
            web.ready(tokens["dispatcher"])
            found = Storm(web.url, tokens, wanted=ACTS, cases=CASES)
            storm.run(found, _faults(web, worker, url, environ), every=EVERY)
        finally:
            web.kill()
            worker.kill()
        with psycopg.connect(url) as conn:
            wrong = storm.wrong(conn, found)
            row = conn.execute("SELECT count(*) FROM hall.case_log").fetchone()
    for line in wrong[:20]:
        print(f"faults: {line}", file=sys.stderr)
    kills = ", ".join(f"{name} {number}" for name, number in sorted(found.kills.items()))
    note = f"killed: {kills}; resent {found.resent} times, refused {found.refused.total()}, {row[0] if row else 0} lines in the logs"
    return [
        Figure(name="acts acknowledged", value=len(found.acknowledged), unit="", target=ACTS, better=Better.MORE, note=note),
        Figure(name="acts lost or done twice, impossible cases", value=len(wrong), unit="", target=0, note=f"{CASES} cases"),
        Figure(name="longest wait for an answer through a kill", value=found.slowest_s, unit="s", note="of the client that kept asking"),
        Figure(name="whole run", value=time.monotonic() - started, unit="s"),
    ]


class _Worker:
    """The background process."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        self._environ = os.environ | dict(settings)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "worker.py"]
        self._process = subprocess.Popen(command, env=self._environ, cwd=ROOT, start_new_session=True, stderr=subprocess.DEVNULL)

    def kill(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()


def _faults(web: Web, worker: _Worker, url: str, environ: Mapping[str, str]) -> dict[str, storm.Fault]:
    def kill_web() -> None:
        web.kill()
        web.start()

    def kill_worker() -> None:
        worker.kill()
        worker.start()

    def kill_database() -> None:
        with psycopg.connect(url) as conn:
            row = conn.execute("SELECT setting FROM pg_settings WHERE name = 'data_directory'").fetchone()
            place = Path(str(row[0] if row else ""), "postmaster.pid")
        os.kill(int(place.read_text(encoding="utf-8").split()[0]), signal.SIGKILL)
        _start(environ)

    return {"web": kill_web, "database": kill_database, "worker": kill_worker, "connections": lambda: storm.cut(url)}


@contextmanager
def _private_database() -> Iterator[tuple[str, dict[str, str], Path]]:
    with tempfile.TemporaryDirectory(prefix="hallmap-faults-") as folder:
        environ = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"} | {"DATA_DIR": folder}
        Path(folder).chmod(0o755)
        try:
            _start(environ)
            url = subprocess.run([SCRIPT, "url"], env=environ, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
            yield url, environ, Path(folder)
        finally:
            subprocess.run([SCRIPT, "wipe"], env=environ, check=False, stdout=subprocess.DEVNULL)


def _start(environ: Mapping[str, str]) -> None:
    """Start the cluster; after a kill the old children hold it for a moment."""
    for _ in range(STARTS):
        if subprocess.run([SCRIPT, "start"], env=environ, check=False, stdout=subprocess.DEVNULL).returncode == 0:
            return
        time.sleep(1)
    raise TimeoutError("the database does not start again")
