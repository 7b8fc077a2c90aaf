"""Counted indicators over the whole history on many machines: a Dask cluster counts the exported cases, the database what came since.

What the product computes every five minutes stays with the database. The pass over all years, once a day, reads every case of a province:
that is what is spread. Both give the same figures for the cases as they were exported.
"""

import logging
from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

import psycopg
from psycopg import sql

from geodata.db import Conn, Pool, writing
from geodata.errors import SourceUnavailableError
from geodata.indicators.catalogue import Indicator, catalogue
from services.indicators import compute, periods
from services.indicators.compute import Outcome
from services.scaleout import Kind, Scaleout, Series

log = logging.getLogger(__name__)

SOURCE, COUNTED = "reported", "count(*) FILTER (WHERE {of})"
CYCLES = ("day", "week", "month", "quarter", "year")
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - midnights in China, as the query has them
WRITE = """
    WITH counted AS (
        SELECT * FROM unnest(%(codes)s::text[], %(areas)s::text[], %(starts)s::timestamp[], %(values)s::float8[]) AS t (code, area, local_start, value)
    ),
"""
FOUND = """
    CROSS JOIN unnest(%(all)s::text[], %(zeros)s::boolean[], %(in_streets)s::boolean[]) AS known (code, zero, streets)
    LEFT JOIN counted USING (code, area, local_start)
    CROSS JOIN LATERAL (SELECT known.code, counted.value, known.zero, known.streets) AS one
"""


def countable(one: Indicator) -> bool:
    """Say whether an indicator is a number of reported cases that the export can tell."""
    return one.source == SOURCE and one.value == COUNTED and not one.where and one.cycle in CYCLES


def recompute(pool: Pool, cluster: Scaleout, now: datetime, codes: Collection[str]) -> Outcome:
    """Compute those of `codes` that are countable over their whole history. None of them when the cluster does not answer: the database can.

    Raises:
        SourceUnavailableError: the database is away.
    """
    done = Outcome(computed=[], failed={})
    for group in compute.groups([one.code for one in catalogue().indicators.values() if one.code in codes and countable(one)]):
        kinds = [Kind(classes=frozenset(one.classes), sources=frozenset(one.sources)) for one in group]
        try:
            series = cluster.series(kinds, group[0].cycle)
        except SourceUnavailableError as error:
            log.warning("indicators are counted in the database: %s", error)
            return done
        try:
            with writing(pool) as conn:
                made = _written(conn, group, series, now)
        except psycopg.Error as error:
            log.warning("%s: counted in the database instead: %s", group[0].code, error)
            continue
        done = Outcome(computed=done.computed + made.computed, failed=done.failed | made.failed)
    return done


def _written(conn: Conn, group: Sequence[Indicator], series: Series, now: datetime) -> Outcome:
    """Write what was counted up to the period of the export, and compute from there on."""
    cycle = group[0].cycle
    district = compute.district_of(conn)
    if district is None:
        return Outcome(computed=[], failed={})
    since = periods.start(cycle, min(series.at, now))
    last = periods.shift(cycle, since, -1)
    start = compute.first_period(conn, catalogue().sources[SOURCE], cycle, periods.start(cycle, now), whole=True)
    if start <= last:
        query = [sql.SQL(WRITE), sql.SQL(compute.SPINE), sql.SQL(compute.KEEP).format(found=sql.SQL(FOUND))]
        window = {"district": district, "start": start, "last": last, "step": compute.STEPS[cycle], "now": now}
        conn.execute(sql.Composed(query), _columns(group, series, district) | window)
    return compute.calculate(conn, group, now, whole=True, since=since)


def _columns(group: Sequence[Indicator], series: Series, district: str) -> dict[str, object]:
    """Return what WRITE and FOUND unnest: figures that are not 0, by street and of the district, where cases of no street count too."""
    figures: Counter[tuple[str, str, int]] = Counter()
    for one, counts in zip(group, series.counts, strict=True):
        for (day, street), count in counts.items():
            figures[one.code, street, day] += count
            figures[one.code, district, day] += count
    return {
        "codes": [code for code, _, _ in figures],
        "areas": [area for _, area, _ in figures],
        "starts": [EPOCH + timedelta(days=day) for _, _, day in figures],
        "values": list(figures.values()),
        "all": [one.code for one in group],
        "zeros": [one.zero for one in group],
        "in_streets": [one.streets for one in group],
    }
