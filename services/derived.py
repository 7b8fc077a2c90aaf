"""What is made of the rows once they are there: the columns of all cases, the ground they are counted on and, of the sample city, its pictures."""

import logging
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from geodata.city import pictures
from geodata.db import Pool
from geodata.errors import HallError
from geodata.settings import Settings
from services import ground, history_build

log = logging.getLogger(__name__)

PAUSE_S, THROTTLE_S = 5.0, 60.0
SHARE = 20
"""Columns are written again after at least this many times the time that writing took."""


def make(pool: Pool, settings: Settings, now: datetime) -> float:
    """Make all of it that is not there yet; return how many seconds the columns of the cases took.

    Raises:
        SourceUnavailableError: the database does not answer; what was there stays.
    """
    took_s = renew(pool, settings.data_dir)
    if settings.demo:
        pictures.draw(pool, settings.data_dir, scale=settings.scale, now=now)
    return took_s


def renew(pool: Pool, data_dir: Path) -> float:
    """Bring columns and ground up with their rows. Returns and raises as `make`."""
    made = history_build.make(pool, data_dir)
    ground.make(pool, data_dir)
    return made.duration_s


def run_forever(stop: threading.Event, pool: Pool, settings: Settings) -> None:
    """Make everything, then bring columns and ground up whenever rows changed, at most once a minute, until `stop` is set.

    Pictures that were drawn once are left alone: flights that somebody deleted do not come back.
    """
    whole, due_at = False, 0.0
    while not stop.wait(PAUSE_S):
        if time.monotonic() < due_at:
            continue
        try:
            took_s = renew(pool, settings.data_dir) if whole else make(pool, settings, datetime.now(UTC))
        except (HallError, psycopg.Error, OSError) as error:
            log.warning("columns, ground and pictures stay as they are: %s", error)
            continue
        whole, due_at = True, time.monotonic() + max(THROTTLE_S, SHARE * took_s)
