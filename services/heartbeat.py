"""A sign of life: each process behind the screens writes every few seconds that it runs, so that a screen can tell which one does not."""

import logging
import threading
from datetime import UTC, datetime

from geodata.db import Conn, Pool, writing
from geodata.errors import SourceUnavailableError

log = logging.getLogger(__name__)

PAUSE_S = 10.0
ALIVE_S = 35.0
"""Three signs missed, and a little: then the process is taken for dead."""

BEAT = """
    INSERT INTO hall.heartbeat (process, started_at, at) VALUES (%(process)s, %(started_at)s, %(now)s)
    ON CONFLICT (process) DO UPDATE SET started_at = EXCLUDED.started_at, at = EXCLUDED.at
"""


def beat(conn: Conn, process: str, *, started_at: datetime, now: datetime) -> None:
    """Write that a process runs."""
    conn.execute(BEAT, {"process": process, "started_at": started_at, "now": now})


def run_forever(stop: threading.Event, pool: Pool, process: str) -> None:
    """Write it again and again until `stop`; a database that is away is waited for."""
    started_at = datetime.now(UTC)
    while True:
        try:
            with writing(pool) as conn:
                beat(conn, process, started_at=started_at, now=datetime.now(UTC))
        except SourceUnavailableError as error:
            log.warning("no sign of life was written: %s", error)
        if stop.wait(PAUSE_S):
            return
