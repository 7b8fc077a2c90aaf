"""Acts that meet another one halfway are done again, so that nobody has to press a button twice."""

import logging
import random
import time
from collections.abc import Callable
from typing import TypeVar

from geodata.db import Conn, Pool
from geodata.errors import BusyError
from services import audit
from services.audit import Caller

log = logging.getLogger(__name__)

T = TypeVar("T")
TRIES = 4
PAUSE_S = 0.05


def attempted(pool: Pool, caller: Caller, action: str, thing: str, *, work: Callable[[Conn], T]) -> T:
    """Do `work` in a transaction of its own as `services.audit.attempt` does; again when the database ended it to free another one.

    Raises:
        SourceUnavailableError: the database does not answer, or was busy each time.
    """
    for number in range(TRIES - 1):
        try:
            with audit.attempt(pool, caller, action, thing) as conn:
                return work(conn)
        except BusyError:
            log.info("%s %s met another act; again", action, thing)
            time.sleep(PAUSE_S * (number + random.random()))  # noqa: S311 - only to keep two apart
    with audit.attempt(pool, caller, action, thing) as conn:
        return work(conn)
