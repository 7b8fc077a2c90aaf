"""All cases of the city as columns in memory: what hotspots, rankings, trends and case lists are counted from.

The worker writes them (`services.history_build`), every process opens the files without reading them. Rows are sorted by class and, within
a class, by the time of the report: a class is one slice, a class in a window of time a part of it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any, TypeAlias

import h3
import numpy as np
import numpy.typing as npt

from geodata.arrays import Bools, Floats, Ints
from geodata.errors import InvalidInputError
from services import scope
from services.newest import META, Newest
from services.rights import Reader

Small: TypeAlias = npt.NDArray[np.int8]
Numbers: TypeAlias = npt.NDArray[np.int32]
Cells: TypeAlias = npt.NDArray[np.uint64]
Unsigned: TypeAlias = npt.NDArray[np.uint32]

FOLDER = "history"
RESOLUTIONS = (7, 8, 9, 10)
HOUR_S, DAY_S, WEEK_S = 3_600, 86_400, 604_800
CHINA_S = 8 * HOUR_S
"""Asia/Shanghai is eight hours ahead of UTC and keeps no summer time since 1992."""
MONDAY_S = 3 * DAY_S
"""The epoch began on a Thursday: with three days more, whole weeks begin on Mondays."""
HOURS_A_WEEK = 168
UNCOUNTED = ("merged", "void")
"""States of cases that stand for nothing that happened: another case has it, or it was written by mistake."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassRow:
    """A minor class as the dictionary had it when the columns were written."""

    code: str
    name: str
    sub: str | None
    major: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facets:
    """All combinations of hour of the week, source, level and state that occur: a filter over these four tests a few thousand of them once.

    Arrays of one length; `History.facet` refers to them.
    """

    how: Small
    """Hour of the week in China, 0 is Monday 00:00 to 01:00; held as uint8."""
    source: Small
    level: Small
    state: Small


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """All pairs of a cell and a grid that occur, in the order of cells: what lies in an area is summed over these few pairs, not over cases.

    `cell` is the place in `History.cells`, -1 where the place is only known to an area; `grid` the place in `History.grids`.
    """

    cell: Numbers
    grid: Numbers


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class History:
    """All cases. Instants are whole seconds since 1970 in UTC, 0 for none; columns have one length."""

    revision: str
    at: datetime
    """When the rows were read; the age of everything counted from them begins here."""
    classes: tuple[str, ...]
    class_rows: tuple[ClassRow, ...]
    """One for each of `classes`."""
    starts: Ints
    """Where each class begins; one more than classes."""
    sources: tuple[str, ...]
    states: tuple[str, ...]
    roads: tuple[str, ...]
    grids: tuple[str, ...]
    """Codes that occur; `grid_no` refers to them."""
    cells: Mapping[int, Cells]
    """By H3 resolution 7 to 10: the cells that occur, ascending; `places` refer to them."""
    facets: Facets
    reported: Ints
    id: Ints
    source: Small
    level: Small
    state: Small
    grid: Ints
    """Area code as a number, see `services.scope`."""
    grid_no: Numbers
    cell: Cells
    """H3 of resolution 10; 0 when the place is only known to an area."""
    lon: Floats
    lat: Floats
    deadline: Ints
    closed: Ints
    counted: Bools
    department: Numbers
    """0 when none."""
    building: Ints
    """0 when none."""
    road: Numbers
    """The nearest named road within 40 m, as a place in `roads`; -1 when there is none."""
    filed: Ints
    dispatched: Ints
    handled: Ints
    checked: Ints
    facet: Unsigned
    places: Mapping[int, Places]
    """By resolution."""
    place: Mapping[int, Unsigned]
    """By resolution: which of `places` a case lies in."""

    def __len__(self) -> int:
        """How many cases there are."""
        return len(self.id)

    def class_of(self, rows: Ints) -> Ints:
        """Return the place in `classes` of each row."""
        return np.searchsorted(self.starts, rows, side="right").astype(np.int64) - 1

    def chosen_classes(self, filters: "Filters") -> Ints:
        """Return the places in `classes` that the filter lets through; a class that nobody knows any more lets nothing through."""
        return np.array(
            [
                place
                for place, row in enumerate(self.class_rows)
                if (not filters.classes or row.code in filters.classes)
                and (not filters.subs or row.sub in filters.subs)
                and (not filters.majors or row.major in filters.majors)
            ],
            np.int64,
        )

    def segments(self, filters: "Filters") -> list[tuple[int, int]]:
        """Return the slices of rows of the chosen classes within the window of time, in the order of rows; empty ones are left out."""
        start, end = filters.seconds()
        found: list[tuple[int, int]] = []
        for place in self.chosen_classes(filters).tolist():
            first, last = int(self.starts[place]), int(self.starts[place + 1])
            times = self.reported[first:last]
            low = first + (int(np.searchsorted(times, start)) if start is not None else 0)
            high = first + int(np.searchsorted(times, end)) if end is not None else last
            if low >= high:
                continue
            if found and found[-1][1] == low:
                found[-1] = (found[-1][0], high)
            else:
                found.append((low, high))
        return found

    def chosen_facets(self, filters: "Filters") -> Bools | None:
        """Return which facets pass, or None when all do."""
        facets = self.facets
        tests: list[Bools] = []
        if filters.hours:
            tests.append(np.isin(facets.how % 24, list(filters.hours)))
        if filters.weekdays:
            tests.append(np.isin(facets.how // 24 + 1, list(filters.weekdays)))
        if filters.sources:
            tests.append(np.isin(facets.source, _places(self.sources, filters.sources)))
        if filters.levels:
            tests.append(np.isin(facets.level, list(filters.levels)))
        if filters.states:
            tests.append(np.isin(facets.state, _places(self.states, filters.states)))
        if filters.counted:
            left_out = _places(self.states, UNCOUNTED)
            if left_out:
                tests.append(~np.isin(facets.state, left_out))
        return np.logical_and.reduce(tests) if tests else None

    def chosen_grids(self, filters: "Filters", reader: Reader) -> Bools | None:
        """Return which of `grids` lie in the asked area and in the reader's scope, or None when all do."""
        if not filters.area and not reader.scope:
            return None
        return np.array([code.startswith(filters.area) and code.startswith(reader.scope) for code in self.grids], np.bool_)

    def rows(self, filters: "Filters", reader: Reader) -> Ints:
        """Return the rows that pass the filter and lie in the reader's scope, ascending.

        This is the one meaning of the filters: every count, list and export of cases agrees with it.
        """
        pieces = [np.arange(low, high, dtype=np.int64) for low, high in self.segments(filters)]
        rows = np.concatenate(pieces) if pieces else np.zeros(0, np.int64)
        facets, grids = self.chosen_facets(filters), self.chosen_grids(filters, reader)
        if facets is not None:
            rows = rows[facets[self.facet[rows]]]
        if grids is not None:
            rows = rows[grids[self.grid_no[rows]]]
        for test in self._seldom(filters):
            rows = rows[test(rows)]
        return rows

    def _seldom(self, filters: "Filters") -> list[Any]:
        """Tests of columns that only drill-downs ask for; each takes rows and answers which of them pass."""
        tests: list[Any] = []
        if filters.roads:
            roads = _places(self.roads, filters.roads)
            tests.append(lambda rows: np.isin(self.road[rows], roads))
        if filters.buildings:
            tests.append(lambda rows: np.isin(self.building[rows], list(filters.buildings)))
        if filters.departments:
            tests.append(lambda rows: np.isin(self.department[rows], list(filters.departments)))
        if filters.cells:
            wanted = [(h3.get_resolution(cell), h3.str_to_int(cell)) for cell in filters.cells]
            tests.append(lambda rows: np.logical_or.reduce([self._in_cell(rows, resolution, cell) for resolution, cell in wanted]))
        if filters.overdue is not None:
            tests.append(self.late if filters.overdue else lambda rows: ~self.late(rows))
        return tests

    def _in_cell(self, rows: Ints, resolution: int, cell: int) -> Bools:
        place = int(np.searchsorted(self.cells[resolution], np.uint64(cell)))
        if place == len(self.cells[resolution]) or int(self.cells[resolution][place]) != cell:
            return np.zeros(len(rows), np.bool_)
        found: Bools = self.spots(rows, resolution) == place
        return found

    def late(self, rows: Ints) -> Bools:
        """Return which rows are overdue: closed after the deadline, or open and past it when the columns were read."""
        closed, deadline = self.closed[rows], self.deadline[rows]
        ends = np.where(closed > 0, closed, int(self.at.timestamp()))
        late: Bools = (deadline > 0) & (ends > deadline)
        return late

    def newest_first(self, rows: Ints) -> Ints:
        """Order rows by the time of the report, the newest first; of the same second, the larger id first."""
        ordered: Ints = rows[np.lexsort((-self.id[rows], -self.reported[rows]))]
        return ordered

    def by_hour_of_week(self, rows: Ints) -> list[list[int]]:
        """Count rows by weekday (7 rows from Monday) and hour (24 columns) of China."""
        how = self.facets.how[self.facet[rows]]
        return np.bincount(how, minlength=HOURS_A_WEEK).reshape(7, 24).tolist()

    def spots(self, rows: Ints, resolution: int) -> Numbers:
        """Return the place in `cells` of each row; -1 when it is only known to an area."""
        found: Numbers = self.places[resolution].cell[self.place[resolution][rows]]
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which cases. Every field narrows; within a field any of the values will do, and an empty one narrows nothing.

    `start` belongs to the window, `end` does not. Hours (0 to 23) and weekdays (1 Monday to 7 Sunday) are those of China. `roads` are names,
    `cells` H3 indexes of resolution 7 to 10, `area` is a code prefix.

    Raises:
        InvalidInputError: a value that no case could have; the message names it.
    """

    classes: frozenset[str] = frozenset()
    subs: frozenset[str] = frozenset()
    majors: frozenset[str] = frozenset()
    sources: frozenset[str] = frozenset()
    levels: frozenset[int] = frozenset()
    states: frozenset[str] = frozenset()
    area: str = ""
    start: datetime | None = None
    end: datetime | None = None
    hours: frozenset[int] = frozenset()
    weekdays: frozenset[int] = frozenset()
    roads: frozenset[str] = frozenset()
    buildings: frozenset[int] = frozenset()
    departments: frozenset[int] = frozenset()
    cells: frozenset[str] = frozenset()
    overdue: bool | None = None
    """Closed after the deadline, or open and past it when the rows were read; False: the others."""
    counted: bool = True
    """Leave out what was merged into another case or is void."""

    def __post_init__(self) -> None:
        if self.area and not (self.area.isascii() and self.area.isdigit() and len(self.area) <= scope.DIGITS):
            raise InvalidInputError(f"area={self.area[:40]!r}: must be up to {scope.DIGITS} digits")
        if not self.hours <= frozenset(range(24)):
            raise InvalidInputError("hours: must be 0 to 23")
        if not self.weekdays <= frozenset(range(1, 8)):
            raise InvalidInputError("weekdays: must be 1 (Monday) to 7 (Sunday)")
        if self.start and self.end and self.start > self.end:
            raise InvalidInputError(f"start={self.start.isoformat()} is after end={self.end.isoformat()}")
        for cell in self.cells:
            if not h3.is_valid_cell(cell) or h3.get_resolution(cell) not in RESOLUTIONS:
                raise InvalidInputError(f"cell={cell[:40]!r}: must be an H3 index of resolution 7 to 10")

    @property
    def seldom(self) -> bool:
        """Whether only a look at each row tells what passes."""
        return bool(self.roads or self.buildings or self.departments or self.cells) or self.overdue is not None

    def area_of(self, reader: Reader) -> str:
        """Return the code prefix that both the filter and the reader's scope cover: the longer one if they agree, else one of no area."""
        if self.area.startswith(reader.scope):
            return self.area
        return reader.scope if reader.scope.startswith(self.area) else "-"

    def seconds(self) -> tuple[int | None, int | None]:
        """Return the window as the first second that belongs to it and the first one that does not any more."""
        return (_second(self.start), _second(self.end))


class HistoryStore(Newest[History]):
    """The columns that this process serves."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        super().__init__(data_dir / FOLDER, load, "the case history is being prepared")


ARRAYS = (
    "starts",
    "reported",
    "id",
    "source",
    "level",
    "state",
    "grid",
    "grid_no",
    "cell",
    "lon",
    "lat",
    "deadline",
    "closed",
    "counted",
    "department",
    "building",
    "road",
    "filed",
    "dispatched",
    "handled",
    "checked",
    "facet",
)


def load(folder: Path) -> History:
    """Open written columns.

    Raises:
        OSError: they are gone or incomplete.
        ValueError, KeyError: they were written by an older product.
    """
    meta = json.loads((folder / META).read_text(encoding="utf-8"))

    def array(name: str) -> Any:
        # a view as plain array: numpy's own memory map class slows every slice
        return np.asarray(np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False))

    return History(
        revision=meta["revision"],
        at=datetime.fromisoformat(meta["at"]),
        classes=tuple(row["code"] for row in meta["classes"]),
        class_rows=tuple(ClassRow(**row) for row in meta["classes"]),
        sources=tuple(meta["sources"]),
        states=tuple(meta["states"]),
        roads=tuple(meta["roads"]),
        grids=tuple(meta["grids"]),
        cells={resolution: array(f"cells{resolution}") for resolution in RESOLUTIONS},
        facets=Facets(**{field.name: array(f"facet.{field.name}") for field in fields(Facets)}),
        places={
            resolution: Places(cell=array(f"places{resolution}.cell"), grid=array(f"places{resolution}.grid")) for resolution in RESOLUTIONS
        },
        place={resolution: array(f"place{resolution}") for resolution in RESOLUTIONS},
        **{name: array(name) for name in ARRAYS},
    )


def how_of(seconds: Ints) -> Ints:
    """Return the hour of the week in China of instants, 0 to 167 from Monday 00:00."""
    return ((seconds + CHINA_S + MONDAY_S) // HOUR_S) % HOURS_A_WEEK


def _places(values: Sequence[str], wanted: Sequence[str] | frozenset[str]) -> list[int]:
    return [place for place, value in enumerate(values) if value in wanted]


def _second(at: datetime | None) -> int | None:
    """First whole second at or after an instant."""
    return None if at is None else int(-(-at.timestamp() // 1))
