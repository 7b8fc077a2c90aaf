"""ZC-06: road damage by road, as a basis of next year's budget: cases a kilometre, repairs, places that break again, and each road's part of a sum.

Length is that of the named road in the road network: carriageways that run apart are each counted, as each of them is repaired. Cases lie at the nearest
named road within 40 m (`services.history`); what lies at none is told as `elsewhere`.

expected_a_year = cases of the window / its days x 365: no growth is assumed that three years do not show.
budget_part     = budget x expected_a_year of the road / expected_a_year of all named roads.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from geodata.arrays import Floats, Ints
from geodata.db import Conn
from geodata.errors import InvalidInputError
from services import incidence
from services.history import DAY_S, HOUR_S, Filters, History
from services.incidence_presets import BY_KEY
from services.rights import Reader

LENGTHS = """
    SELECT name, sum(length_m) FROM hall.road_edge
    WHERE name = ANY(%(names)s) AND starts_with(coalesce(grid_code, ''), %(scope)s) GROUP BY name
"""
AGAIN_CASES: Final = 3
"""A cell of H3 resolution 10 (about 1.5 ha) with so many cases of one road in the window breaks again and again."""
DAYS_A_YEAR: Final = 365
MOST_BUDGET: Final = 1e12


@dataclass(frozen=True, slots=True, kw_only=True)
class DamagedRoad:
    """One road."""

    name: str
    length_km: float | None
    """In the reader's area; None when the network does not know it."""
    cases: int
    cases_per_km: float | None
    repaired: int
    """Of the cases, those that were handled."""
    open: int
    overdue: int
    again: int
    """Places that broke again and again."""
    median_hours: float | None
    """From the report to the repair."""
    previous: int | None
    last_year: int | None
    share: float
    """Of all cases at named roads."""
    cumulated: float
    """Of this road and all before it."""
    expected_a_year: float
    budget_part: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoadDamage:
    """All roads with damage, the most cases first."""

    total: int
    elsewhere: int
    """Cases at no named road."""
    days: float
    budget: float | None
    roads: list[DamagedRoad]


def roads(conn: Conn, history: History, reader: Reader, filters: Filters, budget: float | None = None) -> RoadDamage:
    """Evaluate the window of a filter.

    Raises:
        InvalidInputError: a budget that is no sum of money.
    """
    if budget is not None and not 0 <= budget <= MOST_BUDGET:
        raise InvalidInputError(f"budget={budget}: must be 0 to {MOST_BUDGET:.0f}")
    wanted = BY_KEY["road_damage"].within(history, filters)
    ranked = incidence.ranking(history, reader, wanted, "road", limit=incidence.MAX_ROWS)
    rows = history.rows(wanted, reader)
    days = _days(history, filters, rows)
    lengths = _lengths(conn, reader, filters, [row.key for row in ranked.rows])
    again, repaired, hours = _by_road(history, rows)
    cumulated = np.cumsum([row.count for row in ranked.rows]) / max(ranked.grouped, 1)
    return RoadDamage(
        total=ranked.total,
        elsewhere=ranked.total - ranked.grouped,
        days=days,
        budget=budget,
        roads=[
            DamagedRoad(
                name=row.key,
                length_km=lengths.get(row.key),
                cases=row.count,
                cases_per_km=row.count / lengths[row.key] if lengths.get(row.key) else None,
                repaired=repaired.get(row.key, 0),
                open=row.open,
                overdue=row.overdue,
                again=again.get(row.key, 0),
                median_hours=hours.get(row.key),
                previous=row.previous,
                last_year=row.last_year,
                share=row.count / ranked.grouped,
                cumulated=float(part),
                expected_a_year=row.count / days * DAYS_A_YEAR,
                budget_part=None if budget is None else budget * row.count / ranked.grouped,
            )
            for row, part in zip(ranked.rows, cumulated, strict=True)
        ],
    )


def _days(history: History, filters: Filters, rows: Ints) -> float:
    """Length of the window as far as the history covers it, at least a day."""
    first = incidence.first_report(history) or 0
    start = max(int(filters.start.timestamp()), first) if filters.start else first
    end = min(int(filters.end.timestamp()), int(history.at.timestamp())) if filters.end else int(history.at.timestamp())
    return max((end - start) / DAY_S, 1.0) if len(rows) else 1.0


def _lengths(conn: Conn, reader: Reader, filters: Filters, names: list[str]) -> dict[str, float]:
    found = conn.execute(LENGTHS, {"names": names, "scope": filters.area_of(reader)}).fetchall()
    return {name: length_m / 1000 for name, length_m in found if length_m}


def _by_road(history: History, rows: Ints) -> tuple[Mapping[str, int], Mapping[str, int], Mapping[str, float]]:
    """Places that break again, repaired cases and median hours of the repair, by road."""
    rows = rows[history.road[rows] >= 0]
    road, cell = history.road[rows].astype(np.int64), history.cell[rows]
    pairs, counts = np.unique(np.column_stack([road.astype(np.uint64), cell]), axis=0, return_counts=True)
    bad = pairs[(counts >= AGAIN_CASES) & (pairs[:, 1] > 0), 0].astype(np.int64)
    done = history.handled[rows] > 0
    hours: Floats = (history.handled[rows] - history.reported[rows]) / HOUR_S
    names = history.roads
    return (
        {names[place]: number for place, number in zip(*_counts(bad), strict=True)},
        {names[place]: number for place, number in zip(*_counts(road[done]), strict=True)},
        {names[place]: float(np.median(hours[done & (road == place)])) for place in np.unique(road[done]).tolist()},
    )


def _counts(values: Ints) -> tuple[list[int], list[int]]:
    keys, counts = np.unique(values, return_counts=True)
    return keys.tolist(), counts.tolist()
