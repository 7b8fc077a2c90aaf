"""When indicators are computed: those of hours and days every five minutes, the others less often, the whole history once a day."""

import logging
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import psycopg

from geodata.db import Pool, reading, writing
from geodata.errors import SourceUnavailableError
from geodata.indicators.catalogue import catalogue
from services.indicators import compute, spread, warnings
from services.scaleout import Scaleout

log = logging.getLogger(__name__)

PAUSE_S = 30.0
EVERY: Mapping[str, timedelta] = {
    "hour": timedelta(minutes=5),
    "day": timedelta(minutes=5),
    "week": timedelta(minutes=30),
    "month": timedelta(hours=1),
    "quarter": timedelta(hours=1),
    "year": timedelta(hours=1),
}
WHOLE = timedelta(days=1)
RUNS = "SELECT code, tried_at, whole_at FROM hall.indicator_run LIMIT 1000"


def step(pool: Pool, now: datetime, cluster: Scaleout | None = None) -> compute.Outcome:
    """Compute what is due, what a cluster can count of the whole history there, and settle the warnings.

    Raises:
        SourceUnavailableError: the database is away.
    """
    with reading(pool) as conn:
        runs = {row[0]: row[1:] for row in conn.execute(RUNS).fetchall()}
    own = [one for one in catalogue().indicators.values() if one.own]
    never = (None, None)
    whole = {one.code for one in own if (last := runs.get(one.code, never)[1]) is None or now - last >= WHOLE}
    # one that fails over its whole history is tried again with the others, not at once
    whole -= {one.code for one in own if one.code in runs and now - runs[one.code][0] < EVERY["month"] and runs[one.code][1] is None}
    due = {one.code for one in own if one.code not in runs or now - runs[one.code][0] >= EVERY[one.cycle]} - whole
    outcome = spread.recompute(pool, cluster, now, whole) if cluster and whole else compute.Outcome(computed=[], failed={})
    whole -= {*outcome.computed, *outcome.failed}
    for codes, all_of_it in ((whole, True), (due, False)):
        if codes:
            made = compute.recompute(pool, now, whole=all_of_it, codes=codes)
            outcome = compute.Outcome(computed=outcome.computed + made.computed, failed=outcome.failed | made.failed)
    if outcome.computed or outcome.failed:
        with writing(pool) as conn:
            warnings.evaluate(conn, now)
    return outcome


def run_forever(stop: threading.Event, pool: Pool, cluster: Scaleout | None = None) -> None:
    """Compute until `stop` is set; while the database is away, wait for it."""
    while not stop.is_set():
        started = time.monotonic()
        try:
            outcome = step(pool, datetime.now(UTC), cluster)
            if outcome.computed:
                log.info("%s indicators in %.1f s", len(outcome.computed), time.monotonic() - started)
        except (SourceUnavailableError, psycopg.Error) as error:
            log.warning("indicators are not computed: %s", error)
        stop.wait(PAUSE_S)
