"""Requests per second by wrk, and the processor time that they cost."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg

from geodata.errors import SetupError

SCRIPT = """
local paths, place = {{{paths}}}, 0
local headers = {{{headers}}}
request = function() place = place % #paths + 1; return wrk.format("GET", paths[place], headers) end
done = function(summary, latency)
  io.write(string.format("RESULT %d %d %d %f %f\\n", summary.requests, summary.duration, summary.errors.status, latency:percentile(50), latency:percentile(95)))
end
"""
BACKENDS = "SELECT pid FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid() LIMIT 1000"


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What one run gave; times in milliseconds."""

    requests: int
    per_second: float
    errors: int
    p50_ms: float
    p95_ms: float
    server_cpu_ms: float
    """Per request, all processes of the server."""
    database_cpu_ms: float
    """Per request, all backends of the database."""


def run(url: str, paths: Sequence[str], headers: Mapping[str, str], *, connections: int, seconds: int, pid: int, database_url: str) -> Load:
    """Ask for `paths` one after the other, again and again, over some connections.

    Raises:
        SetupError: wrk is not installed.
    """
    wrk = shutil.which("wrk")
    if wrk is None:
        raise SetupError("wrk is missing: apt-get install wrk")
    script = SCRIPT.format(paths=",".join(f'"{path}"' for path in paths), headers=",".join(f'["{k}"]="{v}"' for k, v in headers.items()))
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file, psycopg.connect(database_url, autocommit=True) as conn:
        file.write(script)
        file.flush()
        name = conn.info.dbname
        before = _cpu_s(tree(pid)), _cpu_s(_backends(conn, name))
        command = [wrk, "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "-s", file.name, url]
        text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        after = _cpu_s(tree(pid)), _cpu_s(_backends(conn, name))
    found = re.search(r"RESULT (\d+) (\d+) (\d+) ([\d.]+) ([\d.]+)", text)
    if found is None:
        raise SetupError(f"wrk answered: {text[-300:]}")
    requests, microseconds, errors = (int(value) for value in found.group(1, 2, 3))
    count = max(requests, 1)
    return Load(
        requests=requests,
        per_second=requests / (microseconds / 1e6),
        errors=errors,
        p50_ms=float(found[4]) / 1000,
        p95_ms=float(found[5]) / 1000,
        server_cpu_ms=1000 * (after[0] - before[0]) / count,
        database_cpu_ms=1000 * (after[1] - before[1]) / count,
    )


def tree(pid: int) -> list[int]:
    """Return a process and all its descendants."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        parts = _stat(int(entry.name)) if entry.name.isdigit() else []
        if parts:
            children.setdefault(int(parts[1]), []).append(int(entry.name))
    found, waiting = [], [pid]
    while waiting:
        found.append(waiting.pop())
        waiting += children.get(found[-1], [])
    return found


def memory_mb(pids: Iterable[int]) -> float:
    """Return the proportional set size of processes together."""
    lines = [line for pid in pids for line in Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines()]
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def _stat(pid: int) -> list[str]:
    """Fields of a process after its name: state, parent …; empty when it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("ascii", errors="replace").rsplit(")", 1)[1].split()
    except OSError:
        return []


def _backends(conn: psycopg.Connection[tuple[int]], name: str) -> list[int]:
    return [row[0] for row in conn.execute(BACKENDS, [name])]


def _cpu_s(pids: Iterable[int]) -> float:
    ticks = sum(int(parts[11]) + int(parts[12]) for parts in map(_stat, pids) if parts)
    return ticks / os.sysconf("SC_CLK_TCK")
