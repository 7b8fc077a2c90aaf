"""Cases by time and area: the series that trends and indicators are read from."""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import numpy as np

from geodata.arrays import Ints
from geodata.errors import InvalidInputError
from services.history import CHINA_S, DAY_S, MONDAY_S, WEEK_S, Filters, History
from services.rights import Reader

DIGITS = (0, 6, 9, 12, 15)
"""Lengths of area codes: all in one, district, street, community, grid."""


class Period(StrEnum):
    """Length of a period, of China."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


Series = Mapping[tuple[str, str], int]
"""(first day of the period as YYYY-MM-DD, area code) → cases; what has none is left out."""


def series(history: History, reader: Reader, filters: Filters, *, period: Period, digits: int = 0) -> dict[tuple[str, str], int]:
    """Count the cases of a filter by period and area.

    Raises:
        InvalidInputError: `digits` is not the length of an area code.
    """
    check(digits)
    rows = history.rows(filters, reader)
    codes = np.array([code[:digits] for code in history.grids] or [""], np.str_)
    return totals(first_days(history.reported[rows], period), codes[history.grid_no[rows]] if len(rows) else np.zeros(0, np.str_))


def check(digits: int) -> None:
    """Refuse lengths that no area code has. Errors as `series`."""
    if digits not in DIGITS:
        raise InvalidInputError(f"digits={digits}: must be one of {', '.join(map(str, DIGITS))}")


def first_days(seconds: Ints, period: Period) -> Ints:
    """Return the first day (since 1970-01-01) of the period of China that each instant lies in."""
    day = (seconds + CHINA_S) // DAY_S
    if period is Period.DAY:
        return day
    if period is Period.WEEK:
        shift = MONDAY_S // DAY_S
        return (day + shift) // (WEEK_S // DAY_S) * (WEEK_S // DAY_S) - shift
    unit = "datetime64[M]" if period is Period.MONTH else "datetime64[Y]"
    return day.astype("datetime64[D]").astype(unit).astype("datetime64[D]").astype(np.int64)


def totals(days: Ints, codes: Any) -> dict[tuple[str, str], int]:
    """Count pairs of a day and an area code."""
    if not len(days):
        return {}
    known, place = np.unique(codes, return_inverse=True)
    pairs, counts = np.unique(days * len(known) + place, return_counts=True)
    return {
        (datetime.fromtimestamp(int(pair // len(known)) * DAY_S, UTC).date().isoformat(), str(known[pair % len(known)])): int(count)
        for pair, count in zip(pairs.tolist(), counts.tolist(), strict=True)
    }
