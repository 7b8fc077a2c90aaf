"""高发问题、高发区域、高发时段: which classes, places and hours have the most cases, compared with the period before and with last year.

Everything is counted from the case history in memory, with the one meaning of its filters, so that a figure and the list behind it agree.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from types import MappingProxyType
from typing import Final, TypeAlias

import numpy as np

from geodata.arrays import Bools, Ints
from geodata.errors import InvalidInputError
from services.history import CHINA_S, DAY_S, HOUR_S, Filters, History
from services.rights import Reader, Role
from services.worktime import LOCAL

MAY_READ: Final = frozenset({Role.LEADER, Role.DISPATCHER, Role.ACCEPTOR, Role.SHIFT_LEADER, Role.DEPARTMENT})
MAX_ROWS = 500
STREET, COMMUNITY, GRID = 9, 12, 15
"""Digits of the area codes."""
NONE: Final = -1
Keys: TypeAlias = Sequence[str] | Sequence[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """How rows fall into groups: a number for each row (-1: in none), and what a number stands for."""

    number: Ints
    keys: Keys


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a ranking."""

    key: str
    count: int
    share: float
    """Of all cases that the filter lets through, 0 to 1."""
    previous: int | None
    """Cases in the period before, of the same length; None when the history does not reach back so far."""
    last_year: int | None
    """Cases in the same days a year earlier; None as above."""
    overdue: int
    """Closed after their deadline, or open and past it."""
    open: int
    median_hours: float | None
    """From the report to the end, of those that ended; None when none has."""

    @property
    def change(self) -> float | None:
        """Change to the period before, 0.1 is a tenth more; None when there is nothing to compare with."""
        return self.count / self.previous - 1 if self.previous else None

    @property
    def change_to_last_year(self) -> float | None:
        """The same to a year earlier."""
        return self.count / self.last_year - 1 if self.last_year else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """The periods that are compared; a window that the history does not cover is None."""

    start: datetime | None
    end: datetime | None
    before: tuple[datetime, datetime] | None
    year_ago: tuple[datetime, datetime] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """The groups with the most cases, the largest first; ties by key."""

    by: str
    windows: Windows
    total: int
    """All cases that the filter lets through."""
    grouped: int
    """Of these, the ones that belong to any group: a case in no named road is in no road's row."""
    previous: int | None
    last_year: int | None
    overdue: int
    groups: int
    """How many groups have cases; `rows` may be fewer."""
    rows: list[Row]


def ranking(history: History, reader: Reader, filters: Filters, by: str, *, limit: int = 50) -> Ranking:
    """Rank the cases of a filter by one of `DIMENSIONS`.

    Raises:
        InvalidInputError: no such dimension.
    """
    group_of = DIMENSIONS.get(by)
    if group_of is None:
        raise InvalidInputError(f"by={by[:40]!r}: must be one of {', '.join(DIMENSIONS)}")
    limit = max(1, min(limit, MAX_ROWS))
    found = history.rows(filters, reader)
    group = group_of(history, found)
    compared = windows(history, filters)
    before, year_ago = (_rows_in(history, reader, filters, window) for window in (compared.before, compared.year_ago))
    counts = np.bincount(group.number[group.number >= 0], minlength=len(group.keys))
    top = np.lexsort((np.arange(len(counts)), -counts))[: min(limit, int((counts > 0).sum()))]
    late, ends = history.late(found), history.closed[found]
    past = [None if rows is None else _counted(history, group_of, rows, group.keys) for rows in (before, year_ago)]
    medians = _medians(group.number, (ends - history.reported[found]) / HOUR_S, ends > 0, top)
    overdue, still_open = (np.bincount(group.number[(group.number >= 0) & what], minlength=len(group.keys)) for what in (late, ends == 0))
    return Ranking(
        by=by,
        windows=compared,
        total=len(found),
        grouped=int(counts.sum()),
        previous=None if before is None else len(before),
        last_year=None if year_ago is None else len(year_ago),
        overdue=int(late.sum()),
        groups=int((counts > 0).sum()),
        rows=[
            Row(
                key=str(group.keys[place]),
                count=int(counts[place]),
                share=float(counts[place] / len(found)),
                previous=None if past[0] is None else int(past[0][place]),
                last_year=None if past[1] is None else int(past[1][place]),
                overdue=int(overdue[place]),
                open=int(still_open[place]),
                median_hours=medians.get(place),
            )
            for place in top.tolist()
        ],
    )


def matrix(history: History, reader: Reader, filters: Filters) -> list[list[int]]:
    """Count by weekday (7 rows from Monday) and hour (24 columns) in China."""
    return history.by_hour_of_week(history.rows(filters, reader))


def windows(history: History, filters: Filters) -> Windows:
    """Return the window of a filter, the one of the same length right before it, and the same days a year earlier.

    A comparison is left out when the window is open to one side, or begins before the first case that is known.
    """
    start, end = filters.start, filters.end
    if start is None or end is None or start == end:
        return Windows(start=start, end=end, before=None, year_ago=None)
    first = first_report(history)
    before, year_ago = (start - (end - start), start), (_a_year_earlier(start), _a_year_earlier(end))
    covered = [window if first is not None and window[0].timestamp() >= first else None for window in (before, year_ago)]
    return Windows(start=start, end=end, before=covered[0], year_ago=covered[1])


def first_report(history: History) -> int | None:
    """Return when the first known case was reported, whoever may see it; None when there is none."""
    begins = history.starts[:-1][history.starts[:-1] < history.starts[1:]]
    return int(history.reported[begins].min()) // DAY_S * DAY_S if len(begins) else None


def _a_year_earlier(at: datetime) -> datetime:
    """The same day and time of China a year before; the 29th of February becomes the 28th."""
    local = at.astimezone(LOCAL)
    day = 28 if (local.month, local.day) == (2, 29) else local.day
    return local.replace(year=local.year - 1, day=day).astimezone(at.tzinfo)


def _rows_in(history: History, reader: Reader, filters: Filters, window: tuple[datetime, datetime] | None) -> Ints | None:
    return None if window is None else history.rows(replace(filters, start=window[0], end=window[1]), reader)


def _counted(history: History, group_of: "Grouping", rows: Ints, keys: Keys) -> Ints:
    """Count other rows by the same keys; what is in none of them is left out."""
    group = group_of(history, rows)
    counts = np.bincount(group.number[group.number >= 0], minlength=len(group.keys))
    if group.keys is keys or group.keys == keys:
        return counts
    known = dict(zip(group.keys, counts.tolist(), strict=True))
    return np.array([known.get(key, 0) for key in keys], np.int64)


def _medians(number: Ints, hours: object, ended: Bools, top: Ints) -> dict[int, float]:
    """Median of the hours of the ended rows of each of the top groups."""
    values = np.asarray(hours, np.float64)
    place = np.full(int(number.max(initial=0)) + 1, NONE)
    place[top] = np.arange(len(top))
    kept = np.flatnonzero((number >= 0) & ended)
    slot = place[number[kept]]
    kept, slot = kept[slot >= 0], slot[slot >= 0]
    order = np.argsort(slot, kind="stable")
    ordered, bounds = values[kept][order], np.searchsorted(slot[order], np.arange(len(top) + 1))
    return {int(top[index]): float(np.median(ordered[low:high])) for index, (low, high) in enumerate(pairwise(bounds)) if high > low}


def _listed(number: Ints, keys: Keys) -> Group:
    return Group(number=number, keys=keys)


def _by_class(history: History, rows: Ints) -> Group:
    return _listed(history.class_of(rows), history.classes)


def _by_sub(history: History, rows: Ints) -> Group:
    return _of_class(history, rows, [row.sub for row in history.class_rows])


def _by_major(history: History, rows: Ints) -> Group:
    return _of_class(history, rows, [row.major for row in history.class_rows])


def _of_class(history: History, rows: Ints, values: Sequence[str | None]) -> Group:
    return _translated(history.class_of(rows), values)


def _translated(number: Ints, values: Sequence[str | None]) -> Group:
    """Group by what numbers stand for; None is in no group."""
    keys = tuple(sorted({value for value in values if value}))
    places = {key: place for place, key in enumerate(keys)}
    table = np.array([*(places.get(value or "", NONE) for value in values), NONE], np.int64)
    return _listed(table[number], keys)


def _by_area(length: int) -> "Grouping":
    def group(history: History, rows: Ints) -> Group:
        return _translated(
            history.grid_no[rows].astype(np.int64), [code[:length] if len(code) >= length else None for code in history.grids]
        )

    return group


def _by_road(history: History, rows: Ints) -> Group:
    return _listed(history.road[rows].astype(np.int64), history.roads)


def _by_hour(history: History, rows: Ints) -> Group:
    return _listed((history.reported[rows] + CHINA_S) // HOUR_S % 24, range(24))


def _by_weekday(history: History, rows: Ints) -> Group:
    return _listed(history.facets.how[history.facet[rows]].astype(np.int64) // 24, range(1, 8))


def _by_source(history: History, rows: Ints) -> Group:
    return _listed(history.source[rows].astype(np.int64), history.sources)


def _by_level(history: History, rows: Ints) -> Group:
    return _listed(history.level[rows].astype(np.int64), range(5))


def _by_building(history: History, rows: Ints) -> Group:
    return _numbered(history.building[rows].astype(np.int64))


def _by_department(history: History, rows: Ints) -> Group:
    return _numbered(history.department[rows].astype(np.int64))


def _numbered(ids: Ints) -> Group:
    """Group by ids; 0 is none."""
    keys, number = np.unique(ids, return_inverse=True)
    if len(keys) and keys[0] == 0:
        return _listed(number.astype(np.int64) - 1, keys[1:].tolist())
    return _listed(number.astype(np.int64), keys.tolist())


Grouping: TypeAlias = Callable[[History, Ints], Group]
DIMENSIONS: Final[Mapping[str, Grouping]] = MappingProxyType(
    {
        "major": _by_major,
        "sub": _by_sub,
        "class": _by_class,
        "road": _by_road,
        "street": _by_area(STREET),
        "community": _by_area(COMMUNITY),
        "grid": _by_area(GRID),
        "building": _by_building,
        "hour": _by_hour,
        "weekday": _by_weekday,
        "source": _by_source,
        "level": _by_level,
        "department": _by_department,
    }
)
"""What a ranking can be by."""
