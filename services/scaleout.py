"""The same figures counted on many machines: Dask over the exported history, a task for each month's file.

Only counting is spread: what comes back is small (bins x cells), and is judged by the very functions that judge it in process. The workers
need the product's code and the folder; nothing else is asked of them, no database.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from geodata.arrays import Bools, Ints
from geodata.errors import InvalidInputError, SourceUnavailableError
from geodata.history_export import FILE, PREFIX, months_of
from geodata.settings import Settings
from services import backtest, hotspots
from services.backtest import Backtest
from services.ground import Field, Ground
from services.history import UNCOUNTED, Cells, Filters, how_of
from services.hotspots import Hotspots, Rate
from services.indicators import periods
from services.rights import Reader

log = logging.getLogger(__name__)

CONNECT_S = 3.0
ANSWER_S = 120.0
STREET_DIGITS = 9
UNREPORTED = ("void", "merged", "not_filed")
COLUMNS = (
    "class_code", "sub_code", "major", "source", "level", "state", "grid_code", "building_id", "lead_department", "reported_at", "deadline_at",
    "closed_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Question:
    """What each worker needs to know."""

    filters: Filters
    scope: str
    at: datetime
    """Open cases are overdue when their deadline is before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """Cases that are counted together: of these majors, sub or minor classes, from these sources. An empty set is no condition."""

    classes: frozenset[str] = frozenset()
    sources: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Reported cases, without void, merged and not filed ones, as they were exported `at`.

    For each kind (first day of the period in China as days since 1970, code of the street) → cases; what has none is left out.
    """

    at: datetime
    counts: Sequence[Mapping[tuple[int, str], int]]


class Scaleout:
    """A Dask scheduler and the folder of the exported history as its workers see it. Connects at the first question."""

    @classmethod
    def of(cls, settings: Settings) -> "Scaleout | None":
        """Return the one that is set up, if any."""
        folder = settings.history_export or str(settings.data_dir / "exports" / "history")
        return cls(settings.dask_scheduler, folder) if settings.dask_scheduler else None

    def __init__(self, scheduler: str, folder: str) -> None:
        self._scheduler, self._folder = scheduler, folder
        self._lock = threading.Lock()
        self._client: Any = None

    def close(self) -> None:
        """Leave the scheduler."""
        with self._lock:
            if self._client is not None:
                self._client.close()
                self._client = None

    def hotspots(self, ground: Ground, reader: Reader, filters: Filters, *, resolution: int, rate: Rate = Rate.COUNT) -> Hotspots:
        """Find the hot spots of a window, as `services.hotspots.hotspots` does.

        Raises:
            SourceUnavailableError: the scheduler does not answer, or nothing was exported.
            InvalidInputError: as in process, or a filter by road, which the export does not hold.
        """
        field = hotspots.field_of(ground, reader, filters, resolution)
        bins, outside, at = self._counted(field, reader, filters, hotspots.edges_of(filters))
        return hotspots.judged(field, filters, bins, outside, at=at, rate=rate)

    def backtest(self, ground: Ground, reader: Reader, filters: Filters, *, resolution: int, weeks: int = backtest.TEST_WEEKS) -> Backtest:
        """Hold named places against held-out weeks, as `services.backtest.backtest` does. Errors as `hotspots`."""
        field = ground.field_of(resolution, filters.area_of(reader))
        edges = backtest.edges_until(filters, self._at())
        counts, _, _ = self._counted(field, reader, filters, edges)
        return backtest.judged(field, counts, edges, weeks)

    def series(self, kinds: Sequence[Kind], cycle: str) -> Series:
        """Count the reported cases of each kind by period and street.

        Raises:
            SourceUnavailableError: the scheduler does not answer, or nothing was exported.
        """
        files, at = self._files(None, None), self._at()
        client = self._connected()
        parts = self._gathered(client, [client.submit(series_of, file, tuple(kinds), cycle, pure=False) for file in files])
        totals: list[Counter[tuple[int, str]]] = [Counter() for _ in kinds]
        for part in parts:
            for total, counts in zip(totals, part, strict=True):
                total.update(counts)
        return Series(at=at, counts=totals)

    def _counted(self, field: Field, reader: Reader, filters: Filters, edges: Ints) -> tuple[Any, int, datetime]:
        question, files = self._asked(reader, filters), self._files(int(edges[0]), int(edges[-1]))
        client = self._connected()
        cells = client.scatter(field.cells, broadcast=True)
        jobs = [client.submit(count_of, file, question, cells, field.resolution, edges, pure=False) for file in files]
        bins, outside = np.zeros((len(edges) - 1, len(field.cells)), np.int32), 0
        for some, elsewhere in self._gathered(client, jobs):
            place, cell, counts = some
            np.add.at(bins, (place, cell), counts)
            outside += elsewhere
        return bins, outside, question.at

    def _asked(self, reader: Reader, filters: Filters) -> Question:
        if filters.roads:
            raise InvalidInputError("road: the exported history does not tell roads")
        return Question(filters=filters, scope=reader.scope, at=self._at())

    def _files(self, low: int | None, high: int | None) -> list[str]:
        """The files that hold cases of a window."""
        found = sorted(Path(self._folder).glob(f"{PREFIX}*/{FILE}"))
        if not found:
            raise SourceUnavailableError(f"{self._folder}: no exported history; `python -m geodata export history` writes it")
        chosen = []
        for path in found:
            start, end = months_of(path)
            if (high is None or start.timestamp() < high) and (low is None or end.timestamp() > low):
                chosen.append(str(path))
        return chosen

    def _at(self) -> datetime:
        """When the history was exported: the newest of its files."""
        times = [path.stat().st_mtime for path in Path(self._folder).glob(f"{PREFIX}*/{FILE}")]
        if not times:
            raise SourceUnavailableError(f"{self._folder}: no exported history; `python -m geodata export history` writes it")
        return datetime.fromtimestamp(max(times), UTC)

    def _connected(self) -> Any:
        from distributed import Client  # noqa: PLC0415 - a second, and only whoever has a scheduler needs it

        with self._lock:
            if self._client is None or self._client.status != "running":
                try:
                    self._client = Client(self._scheduler, timeout=CONNECT_S, set_as_default=False)
                except (OSError, TimeoutError, ValueError) as error:
                    raise SourceUnavailableError(f"Dask scheduler {self._scheduler}: {error}") from error
            return self._client

    def _gathered(self, client: Any, jobs: Sequence[Any]) -> list[Any]:
        until = time.monotonic() + ANSWER_S
        try:
            return [job.result(timeout=max(0.1, until - time.monotonic())) for job in jobs]
        except (OSError, TimeoutError, CancelledError) as error:
            client.cancel(jobs)
            raise SourceUnavailableError(f"Dask scheduler {self._scheduler}: {error}") from error


def count_of(file: str, question: Question, cells: Cells, resolution: int, edges: Ints) -> tuple[tuple[Ints, Ints, Ints], int]:
    """Count the cases of one file by bin and cell, on a worker; sparse, and how many lie in none of the cells."""
    name = f"h3_{resolution}"
    table, reported, passes = _read(file, question, (name,))
    passes &= (reported >= edges[0]) & (reported < edges[-1])
    place = np.searchsorted(edges, reported[passes], side="right") - 1
    found = table[name].to_numpy()[passes]
    cell = np.minimum(np.searchsorted(cells, found), max(0, len(cells) - 1))
    known = cells[cell] == found if len(cells) else np.zeros(len(found), np.bool_)
    pairs, counts = np.unique(place[known] * max(1, len(cells)) + cell[known], return_counts=True)
    bins, column = np.divmod(pairs, max(1, len(cells)))
    return (bins, column, counts), int(len(found) - known.sum())


def series_of(file: str, kinds: Sequence[Kind], cycle: str) -> list[dict[tuple[int, str], int]]:
    """Count the cases of one file by kind, period and street, on a worker."""
    import pyarrow.parquet as pq  # noqa: PLC0415 - only workers read files

    table = pq.read_table(file, columns=["class_code", "sub_code", "major", "source", "state", "grid_code", "reported_at"])
    table = table.filter(~_any_of(table["state"], UNREPORTED))
    first = periods.first_days(cycle, _seconds(table["reported_at"]))
    streets, street = np.unique(np.array([code[:STREET_DIGITS] for code in table["grid_code"].to_pylist()], np.str_), return_inverse=True)
    found = []
    for kind in kinds:
        passes = np.ones(len(first), np.bool_)
        if kind.classes:
            passes &= np.logical_or.reduce([_any_of(table[column], kind.classes) for column in ("class_code", "sub_code", "major")])
        if kind.sources:
            passes &= _any_of(table["source"], kind.sources)
        pairs, counts = np.unique(np.stack([first[passes], street[passes]]), axis=1, return_counts=True)
        found.append({(int(day), str(streets[place])): int(count) for day, place, count in zip(*pairs, counts, strict=True)})
    return found


def _read(file: str, question: Question, further: Sequence[str]) -> tuple[Any, Ints, Bools]:
    """The columns of a file, when its cases were reported (seconds since 1970), and which pass all filters but the window."""
    import pyarrow.parquet as pq  # noqa: PLC0415 - only workers read files

    table = pq.read_table(file, columns=[*COLUMNS, *further])
    filters = question.filters
    reported = _seconds(table["reported_at"])
    how = how_of(reported)
    passes = np.ones(len(reported), np.bool_)
    for column, wanted in (
        ("class_code", filters.classes),
        ("sub_code", filters.subs),
        ("major", filters.majors),
        ("source", filters.sources),
        ("level", filters.levels),
        ("state", filters.states),
        ("building_id", filters.buildings),
        ("lead_department", filters.departments),
    ):
        if wanted:
            passes &= _any_of(table[column], wanted)
    if filters.counted:
        passes &= ~_any_of(table["state"], UNCOUNTED)
    if filters.hours:
        passes &= np.isin(how % 24, list(filters.hours))
    if filters.weekdays:
        passes &= np.isin(how // 24 + 1, list(filters.weekdays))
    for prefix in {filters.area, question.scope} - {""}:
        passes &= _begin_with(table["grid_code"], prefix)
    if filters.overdue is not None:
        deadline, closed = _seconds(table["deadline_at"]), _seconds(table["closed_at"])
        late = (deadline > 0) & (np.where(closed > 0, closed, int(question.at.timestamp())) > deadline)
        passes &= late if filters.overdue else ~late
    if filters.cells:
        passes &= _in_cells(file, filters)
    return table, reported, passes


def _seconds(column: Any) -> Ints:
    """Whole seconds since 1970; 0 for none."""
    import pyarrow as pa  # noqa: PLC0415 - only workers read files
    import pyarrow.compute as pc  # noqa: PLC0415 - as above

    micros = pc.fill_null(pc.cast(column, pa.timestamp("us", "UTC")).cast(pa.int64()), 0)
    return np.asarray(micros.to_numpy(), np.int64) // 1_000_000


def _any_of(column: Any, wanted: Any) -> Bools:
    import pyarrow as pa  # noqa: PLC0415 - only workers read files
    import pyarrow.compute as pc  # noqa: PLC0415 - as above

    return np.asarray(pc.is_in(column, pa.array(sorted(wanted), column.type)).to_numpy(), np.bool_)


def _begin_with(column: Any, prefix: str) -> Bools:
    import pyarrow.compute as pc  # noqa: PLC0415 - only workers read files

    return np.asarray(pc.starts_with(column, prefix).to_numpy(), np.bool_)


def _in_cells(file: str, filters: Filters) -> Bools:
    import h3  # noqa: PLC0415 - only workers read files
    import pyarrow.parquet as pq  # noqa: PLC0415 - as above

    wanted: dict[int, list[int]] = {}
    for cell in filters.cells:
        wanted.setdefault(h3.get_resolution(cell), []).append(h3.str_to_int(cell))
    table = pq.read_table(file, columns=[f"h3_{resolution}" for resolution in wanted])
    found: Bools = np.logical_or.reduce(
        [np.isin(table[f"h3_{resolution}"].to_numpy(), np.array(cells, np.uint64)) for resolution, cells in wanted.items()]
    )
    return found
