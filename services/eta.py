"""What free-road times become: learned from finished jobs by hour and by who travels, with a range, and judged against what was promised."""

import json
import logging
import math
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import psycopg
from psycopg.rows import class_row

from geodata.db import Conn, Pool, writing
from geodata.errors import SourceUnavailableError
from services.rights import Reader
from services.worktime import LOCAL

log = logging.getLogger(__name__)

PAUSE_S = 600.0
DAYS = 90
"""Jobs of so many days teach; older streets were other streets."""
LEAST_S, MOST_S = 20.0, 3 * 3600.0
"""Journeys outside of this were no journeys: a finger on the wrong button, or a forgotten one."""
MOST_RATIO = 8.0
PRIOR_JOBS = 12.0
"""So many imagined jobs stand for what was believed before: nothing learned means free-road times."""
PRIOR_SPREAD = 0.35
"""Standard deviation of the logarithm of actual to predicted, before anything is learned."""
RANGE = 1.2816
"""Four of five arrivals lie within so many standard deviations."""
BANDS: tuple[tuple[str, int, int], ...] = (("night", 22, 6), ("morning", 6, 9), ("day", 9, 17), ("evening", 17, 20), ("late", 20, 22))
"""Hours of the day, local."""
MOST_JOBS = 20_000
FACT = "eta_model"

JOBS = """
    SELECT task.kind, task.accepted_at, extract(epoch FROM task.arrived_at - task.accepted_at)::float8 AS actual_s,
           task.raw_s::float8 AS raw_s, task.predicted_s::float8 AS predicted_s
    FROM hall.task JOIN hall.event ON event.id = task.event_id
    WHERE task.arrived_at >= %(since)s AND task.arrived_at <= %(until)s AND task.accepted_at IS NOT NULL AND task.raw_s >= %(least)s
      AND task.arrived_at - task.accepted_at BETWEEN make_interval(secs => %(least)s) AND make_interval(secs => %(most)s)
      AND starts_with(event.grid_code, %(scope)s)
    ORDER BY task.arrived_at DESC LIMIT %(limit)s
"""
KEEP = """
    INSERT INTO hall.fact AS f (key, value, changed_at) VALUES (%(key)s, %(value)s, %(now)s)
    ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value, changed_at = EXCLUDED.changed_at
"""
KNOWN = "SELECT value FROM hall.fact WHERE key = %s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A journey that was made. `actual_s` is from accepting to arriving."""

    kind: str
    accepted_at: datetime
    actual_s: float
    raw_s: float
    predicted_s: float | None

    @property
    def ratio_log(self) -> float:
        """Logarithm of actual to free-road time, within bounds."""
        return min(max(math.log(self.actual_s / self.raw_s), -math.log(MOST_RATIO)), math.log(MOST_RATIO))


@dataclass(frozen=True, slots=True, kw_only=True)
class Eta:
    """A travel time with its range: four of five are expected within."""

    travel_s: float
    low_s: float
    high_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """What is known of one kind of traveller in one band of hours."""

    jobs: int
    factor: float
    spread: float
    """Standard deviation of the logarithm of what remains."""

    def eta(self, raw_s: float) -> Eta:
        """Correct a free-road time."""
        travel_s, width = raw_s * self.factor, math.exp(RANGE * self.spread)
        return Eta(travel_s=travel_s, low_s=travel_s / width, high_s=travel_s * width)


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """Factors by kind and band."""

    made_at: datetime | None = None
    factors: Mapping[tuple[str, str], Factor] = field(default_factory=dict)

    def factor(self, kind: str, at: datetime) -> Factor:
        """Return the factor for a start at this instant; 1 with a wide range where nothing is learned."""
        return self.factors.get((kind, band(at)), self.whole(kind))

    def whole(self, kind: str) -> Factor:
        """Return the factor for all hours."""
        return self.factors.get((kind, ""), Factor(jobs=0, factor=1.0, spread=PRIOR_SPREAD))

    def eta(self, kind: str, raw_s: float, at: datetime) -> Eta:
        """Correct a free-road time."""
        return self.factor(kind, at).eta(raw_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Predicted against actual, for one kind of traveller in one band of hours; "" is all hours. Medians."""

    kind: str
    band: str
    jobs: int
    actual_s: float
    raw_s: float
    raw_error: float
    """Median of |raw - actual| / actual."""
    predicted_s: float | None
    """What was promised when they were sent; None when nothing was."""
    predicted_error: float | None
    factor: float
    """Now in force."""
    within: float
    """Share of the arrivals within the range that the present factor gives; 0.8 is meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EtaReport:
    """How good the promises were."""

    since: datetime
    until: datetime
    learned_at: datetime | None
    jobs: int
    rows: list[Judged]


def band(at: datetime) -> str:
    """Return the band of hours of an instant, by local time."""
    hour = at.astimezone(LOCAL).hour
    return next(name for name, start, end in BANDS if (start <= hour < end if start < end else hour >= start or hour < end))


def jobs(conn: Conn, now: datetime, *, scope: str = "", days: int = DAYS) -> list[Job]:
    """Return the journeys of the last days, the newest first, at most 20,000."""
    values = {"since": now - timedelta(days=days), "until": now, "least": LEAST_S, "most": MOST_S, "scope": scope, "limit": MOST_JOBS}
    with conn.cursor(row_factory=class_row(Job)) as cursor:
        return cursor.execute(JOBS, values).fetchall()


def learn(known: Sequence[Job], now: datetime) -> Model:
    """Learn factors. Few jobs move a band little from the factor of all hours, and few of those move that little from 1."""
    factors: dict[tuple[str, str], Factor] = {}
    for kind in sorted({job.kind for job in known}):
        mine = [job for job in known if job.kind == kind]
        whole = _shrunk([job.ratio_log for job in mine], 0.0, PRIOR_SPREAD)
        factors[kind, ""] = whole
        for name, _, _ in BANDS:
            logs = [job.ratio_log for job in mine if band(job.accepted_at) == name]
            if logs:
                factors[kind, name] = _shrunk(logs, math.log(whole.factor), whole.spread)
    return Model(made_at=now, factors=factors)


def keep(conn: Conn, model: Model, now: datetime) -> None:
    """Store the model for every process."""
    rows = [
        {"kind": kind, "band": name, "jobs": f.jobs, "factor": f.factor, "spread": f.spread} for (kind, name), f in model.factors.items()
    ]
    conn.execute(KEEP, {"key": FACT, "value": json.dumps({"made_at": now.isoformat(), "factors": rows}), "now": now})


def load(conn: Conn) -> Model:
    """Return the stored model; one that leaves times as they are before the first was stored."""
    found = conn.execute(KNOWN, [FACT]).fetchone()
    if not found:
        return Model()
    value: Mapping[str, Any] = found[0]
    factors = {(row["kind"], row["band"]): Factor(jobs=row["jobs"], factor=row["factor"], spread=row["spread"]) for row in value["factors"]}
    return Model(made_at=datetime.fromisoformat(value["made_at"]), factors=factors)


def renew(conn: Conn, now: datetime) -> Model:
    """Learn from all finished jobs and store what was learned."""
    model = learn(jobs(conn, now), now)
    keep(conn, model, now)
    return model


def renew_forever(stop: threading.Event, pool: Pool) -> None:
    """Learn again every ten minutes until `stop`."""
    while True:
        try:
            with writing(pool) as conn:
                renew(conn, datetime.now(UTC))
        except (SourceUnavailableError, psycopg.Error) as error:
            log.warning("travel times stay as they are: %s", error)
        if stop.wait(PAUSE_S):
            return


def report(conn: Conn, reader: Reader, now: datetime, *, days: int = 30) -> EtaReport:
    """Compare what was promised with what happened, in the reader's scope."""
    model, known = load(conn), jobs(conn, now, scope=reader.scope, days=days)
    rows = []
    for kind in sorted({job.kind for job in known}):
        mine = [job for job in known if job.kind == kind]
        for name in ("", *(name for name, _, _ in BANDS)):
            some = [job for job in mine if name in ("", band(job.accepted_at))]
            if some:
                rows.append(_judged(kind, name, some, model))
    return EtaReport(since=now - timedelta(days=days), until=now, learned_at=model.made_at, jobs=len(known), rows=rows)


def _shrunk(logs: Sequence[float], belief: float, spread: float) -> Factor:
    count, total = len(logs), math.fsum(logs)
    centre = (total + PRIOR_JOBS * belief) / (count + PRIOR_JOBS)
    squares = math.fsum((value - centre) ** 2 for value in logs)
    return Factor(jobs=count, factor=math.exp(centre), spread=math.sqrt((squares + PRIOR_JOBS * spread**2) / (count + PRIOR_JOBS)))


def _judged(kind: str, name: str, some: Sequence[Job], model: Model) -> Judged:
    actual_s, raw_s = np.array([job.actual_s for job in some]), np.array([job.raw_s for job in some])
    promised = [(job.predicted_s, job.actual_s) for job in some if job.predicted_s]
    etas = [model.eta(job.kind, job.raw_s, job.accepted_at) for job in some]
    inside = [eta.low_s <= job.actual_s <= eta.high_s for eta, job in zip(etas, some, strict=True)]
    shown = np.array(promised).T if promised else None
    return Judged(
        kind=kind,
        band=name,
        jobs=len(some),
        actual_s=round(float(np.median(actual_s)), 1),
        raw_s=round(float(np.median(raw_s)), 1),
        raw_error=round(float(np.median(np.abs(raw_s - actual_s) / actual_s)), 3),
        predicted_s=None if shown is None else round(float(np.median(shown[0])), 1),
        predicted_error=None if shown is None else round(float(np.median(np.abs(shown[0] - shown[1]) / shown[1])), 3),
        factor=round((model.factor(kind, some[0].accepted_at) if name else model.whole(kind)).factor, 3),
        within=round(float(np.mean(inside)), 3),
    )
