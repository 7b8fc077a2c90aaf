"""The own indicators computed by SQL: all that share a source and a cycle in one pass over its rows, for the district and each street.

A source that fails takes no other with it; an aggregate that fails takes no other of its source with it. What failed keeps its last
figures, and `hall.indicator_run` says why.
"""

import logging
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import LiteralString

import psycopg
from psycopg import sql

from geodata.db import Conn, Pool, writing
from geodata.indicators.catalogue import Indicator, Source, catalogue
from services.indicators import periods

log = logging.getLogger(__name__)

RECENT = {"hour": 3, "day": 3, "week": 2, "month": 2, "quarter": 1, "year": 1}
"""So many periods before the running one are computed again each time; the whole history once a day: cases are closed late and merged later."""
KEPT_HOURS = timedelta(days=100)
WHOLE_TIMEOUT = "SET LOCAL statement_timeout = '120s'"

DISTRICT = "SELECT code FROM hall.area WHERE level = 'district' ORDER BY code LIMIT 1"
SPINE: LiteralString = """
    spine AS (
        SELECT local_start, a.code AS area, a.level
        FROM generate_series(%(start)s::timestamptz AT TIME ZONE 'Asia/Shanghai', %(last)s::timestamptz AT TIME ZONE 'Asia/Shanghai',
                             %(step)s::interval) AS local_start
        CROSS JOIN hall.area a WHERE a.code = %(district)s OR (a.level = 'street' AND starts_with(a.code, %(district)s))
    )
"""
KEEP: LiteralString = """
    INSERT INTO hall.indicator_value (code, area, period, value, quality, data_time)
    SELECT one.code, spine.area, spine.local_start AT TIME ZONE 'Asia/Shanghai',
           CASE WHEN one.zero THEN coalesce(one.value, 0) ELSE one.value END, 'own',
           least((spine.local_start + %(step)s::interval) AT TIME ZONE 'Asia/Shanghai', %(now)s)
    FROM spine {found}
    WHERE one.streets OR spine.level = 'district'
    ON CONFLICT (code, area, period) DO UPDATE SET value = excluded.value, data_time = excluded.data_time
    WHERE indicator_value.value IS DISTINCT FROM excluded.value OR indicator_value.data_time IS DISTINCT FROM excluded.data_time
"""
"""Every period of every area gets a figure; `found` joins them as `one`."""
COMPUTE: LiteralString = """
    WITH marked AS (
        SELECT base.*, date_trunc(%(cycle)s, base.at AT TIME ZONE 'Asia/Shanghai') AS local_start, left(base.grid_code, 9) AS street_code
        FROM ({rows}) AS base WHERE base.at >= %(start)s AND base.at < %(end)s
    ), grouped AS (
        SELECT local_start, CASE WHEN grouping(street_code) = 1 THEN %(district)s ELSE street_code END AS area, {values}
        FROM marked GROUP BY GROUPING SETS ((local_start, street_code), (local_start))
    ),
"""
FOUND: LiteralString = """
    LEFT JOIN grouped USING (local_start, area) CROSS JOIN LATERAL (VALUES {pairs}) AS one (code, value, zero, streets)
"""
DONE = """
    INSERT INTO hall.indicator_run (code, tried_at, computed_at, whole_at)
    SELECT code, %(now)s, %(now)s, CASE WHEN %(whole)s THEN %(now)s::timestamptz END FROM unnest(%(codes)s::text[]) AS code
    ON CONFLICT (code) DO UPDATE SET tried_at = excluded.tried_at, computed_at = excluded.computed_at, error = NULL, failed_at = NULL,
        whole_at = coalesce(excluded.whole_at, indicator_run.whole_at)
"""
FAILED = """
    INSERT INTO hall.indicator_run (code, tried_at, failed_at, error) VALUES (%(code)s, %(now)s, %(now)s, %(error)s)
    ON CONFLICT (code) DO UPDATE SET tried_at = excluded.tried_at, failed_at = coalesce(indicator_run.failed_at, excluded.failed_at),
        error = excluded.error
"""
OLD_HOURS = "DELETE FROM hall.indicator_value WHERE code = ANY(%(codes)s) AND quality = 'own' AND period < %(before)s"
STEPS = {"hour": "1 hour", "day": "1 day", "week": "7 days", "month": "1 month", "quarter": "3 months", "year": "1 year"}
TRUE: LiteralString = "true"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a calculation: codes that were computed, and code → error of those that were not."""

    computed: list[str]
    failed: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """One pass: indicators of one source and one cycle, over one window."""

    source: Source
    cycle: str
    district: str
    start: datetime
    last: datetime
    """Beginning of the running period."""
    now: datetime


def recompute(pool: Pool, now: datetime, *, whole: bool = False, codes: Collection[str] | None = None) -> Outcome:
    """Compute own indicators, all or those of `codes`: the last periods, or the whole history. One transaction a source and cycle.

    Raises:
        SourceUnavailableError: the database is away.
    """
    computed: list[str] = []
    failed: dict[str, str] = {}
    for group in groups(codes):
        with writing(pool) as conn:
            outcome = calculate(conn, group, now, whole=whole)
        computed += outcome.computed
        failed |= outcome.failed
    return Outcome(computed=computed, failed=failed)


def groups(codes: Collection[str] | None = None) -> Iterator[list[Indicator]]:
    """Yield the own indicators that are computed together."""
    chosen = [one for one in catalogue().indicators.values() if one.own and (codes is None or one.code in codes)]
    chosen.sort(key=lambda one: (one.source or "", one.cycle, one.code))
    for _, group in groupby(chosen, key=lambda one: (one.source, one.cycle)):
        yield list(group)


def calculate(conn: Conn, group: Sequence[Indicator], now: datetime, *, whole: bool = False, since: datetime | None = None) -> Outcome:
    """Compute indicators of one source and one cycle, `since`: no period before; each that fails is noted and leaves the others alone."""
    district = district_of(conn)
    if not group or district is None:
        return Outcome(computed=[], failed={})
    if whole:
        conn.execute(WHOLE_TIMEOUT)
    try:
        _pass(conn, group, district, now, whole=whole, since=since)
    except psycopg.Error as error:
        if conn.broken:
            raise
        if len(group) == 1:
            text = (error.diag.message_primary or str(error))[:400]
            conn.execute(FAILED, {"code": group[0].code, "now": now, "error": text})
            log.warning("indicator %s: %s", group[0].code, text)
            return Outcome(computed=[], failed={group[0].code: text})
        single = [calculate(conn, [one], now, whole=whole, since=since) for one in group]
        return Outcome(
            computed=[code for outcome in single for code in outcome.computed],
            failed={code: text for outcome in single for code, text in outcome.failed.items()},
        )
    codes = [one.code for one in group]
    conn.execute(DONE, {"codes": codes, "now": now, "whole": whole})
    return Outcome(computed=codes, failed={})


def district_of(conn: Conn) -> str | None:
    """Return the code of the district, None before it is loaded."""
    found = conn.execute(DISTRICT).fetchone()
    return found[0] if found else None


def _pass(conn: Conn, group: Sequence[Indicator], district: str, now: datetime, *, whole: bool, since: datetime | None) -> None:
    source, cycle = catalogue().sources[group[0].source or ""], group[0].cycle
    with conn.transaction():
        last = periods.start(cycle, now)
        start = first_period(conn, source, cycle, last, whole=whole)
        start = max(start, since) if since else start
        work = _Work(source=source, cycle=cycle, district=district, start=start, last=last, now=now)
        conn.execute(_query(work, group), _values(work))
        if cycle == "hour" and whole:
            conn.execute(OLD_HOURS, {"codes": [one.code for one in group], "before": now - KEPT_HOURS})


def first_period(conn: Conn, source: Source, cycle: str, last: datetime, *, whole: bool) -> datetime:
    """Return the first period to compute: the first whole one of the rows at the earliest."""
    if source.first is None:
        return last
    found = conn.execute(source.first).fetchone()
    if found is None or found[0] is None:
        return last
    first = periods.start(cycle, found[0].astimezone(UTC))
    earliest = min(last, first if found[0] == first else periods.shift(cycle, first, 1))
    if whole:
        return max(earliest, periods.start(cycle, last - KEPT_HOURS)) if cycle == "hour" else earliest
    return max(earliest, periods.shift(cycle, last, -RECENT[cycle]))


def _values(work: _Work) -> dict[str, object]:
    return {
        "cycle": work.cycle,
        "district": work.district,
        "start": work.start,
        "end": periods.end(work.cycle, work.last),
        "last": work.last,
        "step": STEPS[work.cycle],
        "now": work.now,
    }


def _query(work: _Work, group: Sequence[Indicator]) -> sql.Composed:
    values, pairs = [], []
    for number, one in enumerate(group):
        name = sql.Identifier(f"value_{number}")
        values.append(sql.SQL("({})::float8 AS {}").format(aggregate(one), name))
        pairs.append(
            sql.SQL("({}, grouped.{}, {}, {})").format(sql.Literal(one.code), name, sql.Literal(one.zero), sql.Literal(one.streets))
        )
    rows = sql.SQL(work.source.rows)
    grouped = sql.SQL(COMPUTE).format(rows=rows, values=sql.SQL(", ").join(values))
    found = sql.SQL(FOUND).format(pairs=sql.SQL(", ").join(pairs))
    return sql.Composed([grouped, sql.SQL(SPINE), sql.SQL(KEEP).format(found=found)])


def aggregate(one: Indicator) -> sql.Composed:
    """Return the SQL of one indicator: texts of the delivered catalogue, never of a reader."""
    return sql.SQL(one.value.replace("%", "%%")).format(of=condition(one))


def condition(one: Indicator) -> sql.Composed:
    """Return which rows of its source belong to an indicator."""
    conditions: list[sql.Composable] = []
    if one.classes:
        names = sql.SQL(", ").join(sql.Literal(code) for code in one.classes)
        conditions.append(sql.SQL("(major IN ({names}) OR sub IN ({names}) OR class IN ({names}))").format(names=names))
    if one.sources:
        conditions.append(sql.SQL("source IN ({})").format(sql.SQL(", ").join(sql.Literal(code) for code in one.sources)))
    if one.where:
        conditions.append(sql.SQL(one.where.replace("%", "%%")))
    return sql.SQL(" AND ").join(conditions or [sql.SQL(TRUE)])
