"""Hot spots: where cases cluster more than chance does, how much more than expected, and since when."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from geodata.arrays import Bools, Floats, Ints
from geodata.errors import InvalidInputError
from geodata.grid import BBox
from services import gistar
from services.ground import Field, Ground
from services.history import CHINA_S, DAY_S, HOUR_S, MONDAY_S, RESOLUTIONS, WEEK_S, Filters, History
from services.rights import Reader

Q = 0.05
"""Of the cells that are called significant, at most this share is so by chance."""
WINDOW = timedelta(days=90)
TREND_WEEKS = 12
LEAST_PEOPLE, LEAST_HOURS = 20.0, 2.0
"""Cells with less of an exposure have no rate."""
MOST_STEPS = 400


class Rate(StrEnum):
    """What cases are set against."""

    COUNT = "count"
    PEOPLE = "people"
    PATROL_HOURS = "patrol_hours"


PER = {Rate.COUNT: 1.0, Rate.PEOPLE: 1_000.0, Rate.PATROL_HOURS: 100.0}
"""A rate is told per so many people or hours."""


class Step(StrEnum):
    """Length of a picture of the animation."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"


STEP_S = {Step.HOUR: HOUR_S, Step.DAY: DAY_S, Step.WEEK: WEEK_S}


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Exposure:
    """What a rate was made with."""

    kind: Rate
    per: float
    total: float
    cells: int
    """Cells with enough of it to have a rate."""
    days: int | None
    """Days of the window on which patrols are known; None for what does not change by the day."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Hotspots:
    """All cells of the area, as columns of one length in the order of `field.cells`."""

    field: Field
    start: datetime
    end: datetime
    at: datetime
    """When the cases were read."""
    weeks: int
    """Whole weeks that trends were judged by."""
    total: int
    unplaced: int
    """Cases of the filter that are known to an area only, or lie outside of the district."""
    count: npt.NDArray[np.int32]
    expected: Floats
    """NaN where there is no exposure."""
    rate: Floats
    """NaN where there is none."""
    z_score: Floats
    p_value: Floats
    q_value: Floats
    significant: Bools
    trend: npt.NDArray[np.int8]
    """Place in `services.gistar.TRENDS`."""
    exposure: Exposure


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A cell in two windows."""

    h3: str
    count: int
    other_count: int
    expected: float
    """Of all cases of the cell, how many the share of the first window in all cells would put into it."""
    p_value: float
    q_value: float
    significant: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One picture: places in the list of cells, and how many cases each of them has."""

    start: datetime
    cells: list[int]
    counts: list[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Frames:
    """An animation. `cells` are those with a case at any time."""

    step: Step
    start: datetime
    end: datetime
    total: int
    highest: int
    cells: list[str]
    frames: list[Frame]


def windowed(filters: Filters, now: datetime) -> Filters:
    """Return the filter with both ends of its window: by default the 90 days before its end, which by default is now."""
    end = filters.end or now
    start = filters.start or end - WINDOW
    return replace(filters, start=min(start, end), end=end)


def hotspots(history: History, ground: Ground, reader: Reader, filters: Filters, *, resolution: int, rate: Rate = Rate.COUNT) -> Hotspots:
    """Find the hot spots of a window (both its ends are given) in the reader's scope.

    Raises:
        InvalidInputError: a resolution that is not 7 to 10, or a window without ends.
    """
    field = field_of(ground, reader, filters, resolution)
    bins, outside = counted(history, field, reader, filters, edges_of(filters))
    return judged(field, filters, bins, outside, at=history.at, rate=rate)


def field_of(ground: Ground, reader: Reader, filters: Filters, resolution: int) -> Field:
    """Return the cells that a question is about.

    Raises:
        InvalidInputError: a resolution that is not 7 to 10, or a window without ends.
    """
    if resolution not in RESOLUTIONS:
        raise InvalidInputError(f"resolution={resolution}: must be 7 to 10")
    if filters.start is None or filters.end is None:
        raise InvalidInputError("start, end: both are needed")
    return ground.field_of(resolution, filters.area_of(reader))


def judged(field: Field, filters: Filters, bins: Any, outside: int, *, at: datetime, rate: Rate) -> Hotspots:
    """Say what counts (bins by `edges_of` x cells of the field) mean, wherever they were counted."""
    assert filters.start is not None
    assert filters.end is not None
    # what comes before a Monday, whole weeks, what comes behind them
    weekly = bins[1:-1]
    count = bins.sum(0)
    exposed, usable, days = _exposure(field, filters, rate)
    measured, z, weekly_z = _scores(field, count, weekly, exposed, usable)
    p = gistar.two_sided(z)
    q = np.ones(len(p))
    q[usable] = gistar.q_values(p[usable])
    share = exposed / exposed.sum() if exposed.sum() > 0 else np.zeros(len(exposed))
    return Hotspots(
        field=field,
        start=filters.start,
        end=filters.end,
        at=at,
        weeks=len(weekly),
        total=int(count.sum()),
        unplaced=outside,
        count=count,
        expected=np.where(usable, count[usable].sum() * share, np.nan),
        rate=np.where(usable, PER[rate] * measured, np.nan),
        z_score=z,
        p_value=p,
        q_value=q,
        significant=(q <= Q) & usable,
        trend=gistar.trends(weekly_z),
        exposure=Exposure(kind=rate, per=PER[rate], total=float(exposed.sum()), cells=int(usable.sum()), days=days),
    )


def counted(history: History, field: Field, reader: Reader, filters: Filters, edges: Ints) -> tuple[npt.NDArray[np.int32], int]:
    """Count the cases of a filter by time and cell.

    Args:
        history: the cases.
        field: the cells.
        reader: whose scope it is.
        filters: which cases.
        edges: instants (seconds since 1970), ascending; a bin lies between two of them. The filter's own window is not looked at.

    Returns:
        int32, bins x cells of the field; and how many cases of all bins lie in none of the cells.
    """
    resolution = field.resolution
    places = history.places[resolution]
    if not len(places.cell):
        return np.zeros((len(edges) - 1, len(field.cells)), np.int32), 0
    if filters.seldom:
        sums = _by_row(history, reader, filters, edges, resolution)
    else:
        from services.tally import tally  # noqa: PLC0415 - loads a compiler, which only whoever counts needs

        facets, grids = history.chosen_facets(filters), history.chosen_grids(filters, reader)
        passes = np.ones(len(history.facets.how), np.int32) if facets is None else facets.astype(np.int32)
        sums = tally(history, history.chosen_classes(filters), edges, resolution, passes)
        if grids is not None:
            sums *= grids[places.grid]
    found = np.asarray((_gather(history, field) @ sums.T).T, np.int32)
    return found, int(sums.sum()) - int(found.sum())


def _by_row(history: History, reader: Reader, filters: Filters, edges: Ints, resolution: int) -> Any:
    low, high = (datetime.fromtimestamp(int(edge), UTC) for edge in (edges[0], edges[-1]))
    rows = history.rows(replace(filters, start=low, end=high), reader)
    bins, places = len(edges) - 1, len(history.places[resolution].cell)
    place = (np.searchsorted(edges, history.reported[rows], side="right") - 1) * places + history.place[resolution][rows]
    return np.bincount(place, minlength=bins * places).reshape(bins, places).astype(np.int32)


def changes(
    history: History, ground: Ground, reader: Reader, filters: Filters, *, other: tuple[datetime, datetime], resolution: int
) -> list[Change]:
    """Set the window of the filter against another one, the most changed cells first.

    Whether a cell changed is asked given its cases of both windows: with nothing changed they are split as all cases are (a binomial test,
    two-sided, with false discovery controlled), so that twice as many cases everywhere are no change anywhere.

    Raises:
        InvalidInputError: a window without ends, or one that ends before it begins.
    """
    from scipy.special import bdtr, bdtrc  # noqa: PLC0415 - only whoever compares needs it

    field = ground.field_of(resolution, filters.area_of(reader))
    counts = []
    for start, end in ((filters.start, filters.end), other):
        if start is None or end is None or start > end:
            raise InvalidInputError("start, end, other_start, other_end: all are needed, each start before its end")
        bins, _ = counted(history, field, reader, filters, np.array(replace(filters, start=start, end=end).seconds(), np.int64))
        counts.append(bins[0])
    first, second = counts
    both = first + second
    some = np.flatnonzero(both)
    share = first.sum() / max(1, both.sum())
    fewer, trials = first[some], both[some]
    low = bdtr(fewer.astype(np.float64), trials, share)
    high = np.where(fewer > 0, bdtrc(np.maximum(fewer - 1, 0).astype(np.float64), trials, share), 1.0)
    p = np.minimum(1.0, 2.0 * np.minimum(low, high))
    q = gistar.q_values(p)
    found = [
        Change(
            h3=field.names[place],
            count=int(first[place]),
            other_count=int(second[place]),
            expected=round(float(both[place] * share), 2),
            p_value=float(p[row]),
            q_value=float(q[row]),
            significant=bool(q[row] <= Q),
        )
        for row, place in enumerate(some.tolist())
    ]
    return sorted(found, key=lambda one: (one.p_value, -abs(one.count - one.expected), one.h3))


def frames(history: History, ground: Ground, reader: Reader, filters: Filters, *, resolution: int, step: Step) -> Frames:
    """Count the cases of the window step by step, in hours, days or weeks (from Monday) of China.

    Raises:
        InvalidInputError: the window holds more than 400 steps.
    """
    low, high = filters.seconds()
    if filters.start is None or filters.end is None or low is None or high is None:
        raise InvalidInputError("start, end: both are needed")
    length = STEP_S[step]
    shift = CHINA_S + (MONDAY_S if step is Step.WEEK else 0)
    first = (low + shift) // length * length - shift
    starts = np.arange(first, high, length, dtype=np.int64)
    if len(starts) > MOST_STEPS:
        raise InvalidInputError(f"step={step}: the window holds {len(starts)} of them, {MOST_STEPS} at most")
    field = ground.field_of(resolution, filters.area_of(reader))
    if not len(starts):
        return Frames(step=step, start=filters.start, end=filters.end, total=0, highest=0, cells=[], frames=[])
    edges = np.concatenate(([low], starts[1:], [high]))
    bins, _ = counted(history, field, reader, filters, edges)
    used = np.flatnonzero(bins.any(0))
    bins = bins[:, used]
    pictures = []
    for start, counts in zip(starts.tolist(), bins, strict=True):
        some = np.flatnonzero(counts)
        pictures.append(Frame(start=datetime.fromtimestamp(start, UTC), cells=some.tolist(), counts=counts[some].tolist()))
    return Frames(
        step=step,
        start=filters.start,
        end=filters.end,
        total=int(bins.sum()),
        highest=int(bins.max(initial=0)),
        cells=[field.names[place] for place in used.tolist()],
        frames=pictures,
    )


def told(found: Hotspots, bbox: BBox | None = None) -> Ints:
    """Return the places of the cells worth telling: those with cases and those that are significantly quiet, within a box if one is given."""
    chosen = (found.count > 0) | found.significant
    if bbox is not None and len(found.field.cells):
        lat, lon = found.field.centres()
        reach = _REACH[found.field.resolution]
        chosen &= (lon >= bbox.west - reach) & (lon <= bbox.east + reach) & (lat >= bbox.south - reach) & (lat <= bbox.north + reach)
    return np.flatnonzero(chosen)


def warm() -> None:
    """Load the compiled loop and the sparse matrices before the first question."""
    from scipy import sparse, special  # noqa: F401, PLC0415 - that is what is loaded

    from services import tally  # noqa: F401, PLC0415 - as above


_REACH = {7: 0.02, 8: 0.008, 9: 0.003, 10: 0.0012}
"""Degrees from a cell's centre to its farthest corner, and a little more."""


def _gather(history: History, field: Field) -> Any:
    """A sparse matrix that sums the places of the history into the cells of a field: cells x places."""
    if field.kept.get("history") != history.revision:
        field.kept["gather"], field.kept["history"] = _gathered(history, field), history.revision
    return field.kept["gather"]


def _gathered(history: History, field: Field) -> Any:
    from scipy import sparse  # noqa: PLC0415 - only whoever counts needs it

    cell = history.places[field.resolution].cell
    numbers = np.flatnonzero(cell >= 0)
    wanted = history.cells[field.resolution][cell[numbers]]
    place = np.minimum(np.searchsorted(field.cells, wanted), max(0, len(field.cells) - 1))
    known = field.cells[place] == wanted if len(field.cells) else np.zeros(len(wanted), np.bool_)
    shape = (len(field.cells), len(cell))
    return sparse.csr_array((np.ones(int(known.sum()), np.int32), (place[known], numbers[known])), shape=shape)


def edges_of(filters: Filters) -> Ints:
    """Where the window begins, the last whole weeks in it from Monday to Monday, and where it ends."""
    low, high = filters.seconds()
    assert low is not None
    assert high is not None
    monday = CHINA_S + MONDAY_S
    last = (high + monday) // WEEK_S * WEEK_S - monday
    first = max(-(-(low + monday) // WEEK_S) * WEEK_S - monday, last - TREND_WEEKS * WEEK_S)
    return np.concatenate(([low], np.arange(first, last + 1, WEEK_S, dtype=np.int64), [max(low, high)]))


def _exposure(field: Field, filters: Filters, rate: Rate) -> tuple[Floats, Bools, int | None]:
    """What each cell is exposed to, whether that is enough, and on how many days it is known. Too little counts as nothing."""
    if rate is Rate.COUNT:
        return np.ones(len(field.cells)), np.ones(len(field.cells), np.bool_), None
    if rate is Rate.PEOPLE:
        exposed, days, least = field.people, None, LEAST_PEOPLE
    else:
        low, high = filters.seconds()
        assert low is not None
        assert high is not None
        exposed, days = field.patrol_hours(low, high)
        least = LEAST_HOURS
    usable = exposed >= least
    return np.where(usable, exposed, 0.0), usable, days


def _scores(field: Field, count: Any, weekly: Any, exposed: Floats, usable: Bools) -> tuple[Floats, Floats, Floats]:
    """Rates as they are, Gi* of the window, and of each week: all of the cells of the field, 0 where there is no rate."""
    if usable.all() and (exposed == 1.0).all():
        return count.astype(np.float64), gistar.gi_star(count, field.links), gistar.gi_star(weekly, field.links)
    some = np.flatnonzero(usable)
    links = field.links[some][:, some]
    measured, z = np.zeros(len(count)), np.zeros(len(count))
    weekly_z = np.zeros(weekly.shape)
    if len(some):
        measured[some] = count[some] / exposed[some]
        z[some] = gistar.gi_star(gistar.smoothed(count[some], exposed[some]), links)
        weekly_z[:, some] = gistar.gi_star(gistar.smoothed(weekly[:, some], exposed[some]), links)
    return measured, z, weekly_z
