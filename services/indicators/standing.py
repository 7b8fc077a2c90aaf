"""How an indicator stands in one area: its figure with what it is compared with, its state and why.

The figure of a flow is that of the last whole period, because a day that has just begun says nothing against whole ones; `running` tells
the period that runs. States of this moment (stocks, cases that are open) are those of the running period.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg.rows import class_row

from geodata.db import Conn
from geodata.indicators.catalogue import Indicator, catalogue
from services.indicators import judge as judging
from services.indicators import periods
from services.indicators.areas import IndicatorArea
from services.indicators.judge import Known, Verdict
from services.indicators.owners import origin, owner, owner_name
from services.indicators.sentence import why

BACK = 31
"""So many periods a short series has, the running one included."""
STALE_S: Mapping[str, float] = {"hour": 1_200, "day": 1_200, "week": 5_400, "month": 10_800, "quarter": 10_800, "year": 10_800}
"""An own figure older than this is stale: three calculations were missed."""
STALE_PERIODS = 2
"""An external figure is stale when so many periods ended after its own."""

RECENT = """
    SELECT v.code, v.period, v.value, v.data_time FROM unnest(%(codes)s::text[]) AS one (code)
    CROSS JOIN LATERAL (SELECT code, period, value, data_time FROM hall.indicator_value
                        WHERE code = one.code AND area = %(area)s AND period <= %(now)s ORDER BY period DESC LIMIT %(back)s) AS v
"""
SINGLE = """
    SELECT v.code, v.period, v.value, v.data_time FROM unnest(%(codes)s::text[], %(periods)s::timestamptz[]) AS one (code, period)
    JOIN hall.indicator_value v ON v.code = one.code AND v.area = %(area)s AND v.period = one.period
"""
DEPARTMENTS = "SELECT code, name FROM hall.department ORDER BY id LIMIT 1000"
RUNS = "SELECT code, computed_at, failed_at, error FROM hall.indicator_run LIMIT 1000"
WARNINGS = """
    SELECT DISTINCT ON (code) code, id, state, raised_at FROM hall.indicator_warning
    WHERE area = %(area)s AND state <> 'closed' ORDER BY code, id DESC LIMIT 1000
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One kept figure."""

    code: str
    period: datetime
    value: float | None
    data_time: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesPoint:
    """One figure of a series."""

    period: datetime
    value: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """How the last calculation went."""

    code: str
    computed_at: datetime | None
    failed_at: datetime | None
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    """What is kept of one indicator in one area: the latest figures, single older ones, the shown period, the last run, the open warning."""

    rows: Mapping[datetime, Row]
    others: Mapping[datetime, Row]
    shown: datetime | None
    run: Run | None
    warned: Sequence[Any] | None
    owner_name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorFigure:
    """An indicator in one area. `value` None with state `none`: no data yet, never a guess."""

    code: str
    domain: str
    name: str
    name_en: str
    unit: str
    decimals: int
    cycle: str
    direction: str
    area: str
    state: str
    value: float | None = None
    period: datetime | None = None
    previous: float | None = None
    year_before: float | None = None
    mom: float | None = None
    """Change to the period before in per cent, of shares in points."""
    yoy: float | None = None
    running: float | None = None
    """Of a flow, what the running period has so far."""
    target: float | None = None
    reference: float | None = None
    """Of an abnormal one the limit it passed or the figure it was compared with."""
    why: str = ""
    why_en: str = ""
    data_time: datetime | None = None
    age_s: float | None = None
    stale: bool = False
    error: str | None = None
    """Why the source failed at the last try."""
    quality: str = "none"
    """own | external | none"""
    source: str = ""
    source_en: str = ""
    owner: str | None = None
    """Code of the department that answers for it."""
    owner_name: str | None = None
    receiver: str = ""
    warning_id: int | None = None
    warning_state: str | None = None
    warning_since: datetime | None = None
    series: Sequence[SeriesPoint] = field(default_factory=tuple)
    """Oldest first, without the running period of a flow."""

    @property
    def abnormal(self) -> bool:
        """Whether it is yellow or red."""
        return self.state in {"yellow", "red"}


def build(conn: Conn, wanted: Sequence[Indicator], place: IndicatorArea, now: datetime) -> list[IndicatorFigure]:
    """Return figures of an area without asking who reads them: callers have asked."""
    names = [one.code for one in wanted]
    known: dict[str, dict[datetime, Row]] = {code: {} for code in names}
    with conn.cursor(row_factory=class_row(Row)) as cursor:
        for row in cursor.execute(RECENT, {"codes": names, "area": place.code, "now": now, "back": BACK}).fetchall():
            known[row.code][row.period.astimezone(UTC)] = row
    with conn.cursor(row_factory=class_row(Run)) as runs_cursor:
        runs = {run.code: run for run in runs_cursor.execute(RUNS).fetchall()}
    shown = {one.code: _shown(one, known[one.code], runs.get(one.code), now) for one in wanted}
    more = [(one.code, period) for one in wanted for period in _compared(one, shown[one.code]) if period not in known[one.code]]
    with conn.cursor(row_factory=class_row(Row)) as cursor:
        values = {"codes": [code for code, _ in more], "periods": [period for _, period in more], "area": place.code}
        others: dict[str, dict[datetime, Row]] = {code: {} for code in names}
        for row in cursor.execute(SINGLE, values).fetchall():
            others[row.code][row.period.astimezone(UTC)] = row
    departments = dict(conn.execute(DEPARTMENTS).fetchall())
    warned = {row[0]: row[1:] for row in conn.execute(WARNINGS, {"area": place.code}).fetchall()}
    made = []
    for one in wanted:
        code = one.code
        name = owner_name(one, departments)
        held = _Held(owner_name=name, rows=known[code], others=others[code], shown=shown[code], run=runs.get(code), warned=warned.get(code))
        made.append(_figure(one, place, held, now))
    return made


def _kind(one: Indicator) -> str:
    return catalogue().sources[one.source].kind if one.source else "external"


def _shown(one: Indicator, rows: Mapping[datetime, Row], run: Run | None, now: datetime) -> datetime | None:
    """Return the period whose figure is told: of flows the last whole one when it was computed, of external ones the last that came."""
    if not rows:
        return None
    if _kind(one) == "external":
        return max(rows)
    at = min(now, run.computed_at.astimezone(UTC)) if run and run.computed_at else now
    running = periods.start(one.cycle, at)
    last = periods.shift(one.cycle, running, -1) if _kind(one) == "flow" else running
    return last if last in rows else None


def _compared(one: Indicator, shown: datetime | None) -> list[datetime]:
    if shown is None:
        return []
    usual = periods.usual(one.cycle, shown) if one.rule.kind == "sigma" else []
    return [periods.shift(one.cycle, shown, -1), periods.year_before(one.cycle, shown), *usual]


def _figure(one: Indicator, place: IndicatorArea, held: _Held, now: datetime) -> IndicatorFigure:
    rows, shown, run, warned = held.rows, held.shown, held.run, held.warned

    def at(period: datetime) -> float | None:
        row = rows.get(period) or held.others.get(period)
        return None if row is None else row.value

    title, title_en = origin(one)
    data_time = _data_time(one, rows, shown, run)
    facts: dict[str, Any] = {
        "code": one.code,
        "domain": one.domain,
        "name": one.zh,
        "name_en": one.en,
        "unit": one.unit,
        "decimals": one.decimals,
        "cycle": one.cycle,
        "direction": one.direction,
        "area": place.code,
        "target": one.target,
        "source": title,
        "source_en": title_en,
        "owner": owner(one),
        "owner_name": held.owner_name,
        "receiver": one.receiver,
        "error": run.error if run else None,
        "data_time": data_time,
        "age_s": (now - data_time).total_seconds() if data_time else None,
        "stale": _stale(one, shown, data_time, run, now),
    }
    if warned:
        facts |= {"warning_id": warned[0], "warning_state": warned[1], "warning_since": warned[2]}
    if shown is None:
        return IndicatorFigure(state="none", **facts)
    previous, year_before = at(periods.shift(one.cycle, shown, -1)), at(periods.year_before(one.cycle, shown))
    usual = [known for period in periods.usual(one.cycle, shown) if (known := at(period)) is not None] if one.rule.kind == "sigma" else []
    present = at(shown)
    verdict = verdict_of(one, place, Known(value=present, previous=previous, year_before=year_before, usual=usual))
    told = present if present is not None else 0.0
    return IndicatorFigure(
        state=verdict.state,
        value=present,
        period=shown,
        previous=previous,
        year_before=year_before,
        mom=judging.changed(one, present, previous),
        yoy=judging.changed(one, present, year_before),
        running=at(periods.shift(one.cycle, shown, 1)) if _kind(one) == "flow" else None,
        reference=verdict.reference,
        why=why(one, shown, told, verdict, "zh"),
        why_en=why(one, shown, told, verdict, "en"),
        quality="own" if one.own else "external",
        series=[SeriesPoint(period=period, value=rows[period].value) for period in sorted(rows) if period <= shown],
        **facts,
    )


def verdict_of(one: Indicator, place: IndicatorArea, known: Known) -> Verdict:
    """Judge; a street is only judged by indicators of which each street warns by itself."""
    verdict = judging.judge(one, known)
    if place.level == "street" and not one.every and verdict.state != "none":
        return Verdict(state="normal")
    return verdict


def _data_time(one: Indicator, rows: Mapping[datetime, Row], shown: datetime | None, run: Run | None) -> datetime | None:
    if one.own:
        return run.computed_at if run else None
    return rows[shown].data_time if shown else None


def _stale(one: Indicator, shown: datetime | None, data_time: datetime | None, run: Run | None, now: datetime) -> bool:
    """Whether the figure is older than it should be. One that never was is not stale: it is not there."""
    if data_time is None or shown is None:
        return False
    if one.own:
        return bool(run and run.error) or now - data_time > timedelta(seconds=STALE_S[one.cycle])
    return periods.shift(one.cycle, shown, 1 + STALE_PERIODS) <= now
