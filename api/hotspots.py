"""Hot spots: the map, one cell, two windows side by side, the animation; and the cases behind any figure of the history."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import h3
import numpy as np
from flask import Response, request

from api import history_filters, parameters
from api.context import Context
from api.history_filters import FILTERS
from api.identity import current_caller, current_reader
from api.layers import layer_for
from api.routes import Link, Route, next_link
from geodata.db import reading
from geodata.errors import InvalidInputError, NotAllowedError, SourceUnavailableError
from layers import registry
from services import backtest, hotspot_cell, hotspot_files, hotspots, incidence_cases
from services.audit import Act, attempt, record
from services.gistar import TRENDS
from services.ground import GroundStore
from services.history import RESOLUTIONS
from services.hotspots import Exposure, Hotspots, Rate, Step
from services.rights import MAY_EXPORT, Reader
from services.scaleout import Scaleout

log = logging.getLogger(__name__)

RESOLUTION = parameters.integer("resolution", min(RESOLUTIONS), max(RESOLUTIONS), "H3 resolution: 7 is 5 km² a cell, 10 is 0.015 km².", 9)
RATE = parameters.one_of("rate", tuple(Rate), "What counts are set against: nothing, people who live there, hours of patrol.", Rate.COUNT)
FORMAT = parameters.one_of("format", tuple(hotspot_files.WRITERS), "Kind of file.", "geojson")
STEP = parameters.one_of("step", tuple(Step), "Length of a picture.", Step.DAY)
OTHER_START = parameters.instant("other_start", "Start of the window to compare with; by default the window just before.")
OTHER_END = parameters.instant("other_end", "End of the window to compare with.")
WEEKS = parameters.integer("weeks", 1, 26, "So many of the last whole weeks are held out.", backtest.TEST_WEEKS)
LIMIT = parameters.integer("limit", 1, incidence_cases.MAX_PAGE, "How many cases at most.", 100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A cell. `expected` and `rate` are null where there is too little exposure to say anything."""

    h3: str
    count: int
    expected: float | None
    rate: float | None
    z_score: float
    p_value: float
    q_value: float
    significant: bool
    trend: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExposureView:
    """What rates were made with. `days`: on how many days of the window patrols are known."""

    kind: str
    per: float
    total: float
    cells: int
    days: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HotspotsView:
    """Cells with cases, and those that are significantly quiet; `cells_in_area` counts the ones without cases as well."""

    resolution: int
    rate: str
    start: datetime
    end: datetime
    at: datetime
    total: int
    expected_total: float
    unplaced: int
    cells_in_area: int
    weeks: int
    significance: float
    exposure: ExposureView
    cells: list[Spot]


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareView:
    """Cells with a case in either window, the most changed first. `factor`: how many cases of now there are to one of then, everywhere."""

    resolution: int
    start: datetime
    end: datetime
    other_start: datetime
    other_end: datetime
    total: int
    other_total: int
    factor: float | None
    cells: list[hotspots.Change]


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryPage:
    """Cases behind a figure, the newest first; `total` of them in all, as the history had them `at`."""

    total: int
    at: datetime
    cases: list[incidence_cases.ListedCase]
    links: list[Link]


class HotspotViews:
    """Views over the case history by place."""

    def __init__(self, context: Context) -> None:
        self._pool, self._history = context.pool, context.history
        self._ground = GroundStore(context.settings.data_dir)
        self._scaleout = Scaleout.of(context.settings)

    def map(self) -> HotspotsView:
        """The map."""
        reader = _reader()
        found = self.find(reader, datetime.now(UTC))
        return view(found, hotspots.told(found, parameters.BBOX.optional(request.args)))

    def find(self, reader: Reader, now: datetime) -> Hotspots:
        """Find what the request asks for."""
        filters = hotspots.windowed(history_filters.filters(request.args), now)
        rate, resolution = Rate(RATE.read(request.args)), RESOLUTION.read(request.args)
        if self._scaleout and not filters.roads:
            try:
                return self._scaleout.hotspots(self._ground.current(), reader, filters, resolution=resolution, rate=rate)
            except SourceUnavailableError as error:
                log.warning("counted in this process: %s", error)
        return hotspots.hotspots(self._history.current(), self._ground.current(), reader, filters, resolution=resolution, rate=rate)

    def export(self) -> Response:
        """The map as a file."""
        caller, kind = current_caller(), FORMAT.read(request.args)
        layer_for(caller.reader, "events")
        name = f"hotspots.{'geojson' if kind == 'geojson' else 'parquet'}"
        with attempt(self._pool, caller, "export", name) as conn:
            if caller.reader.role not in MAY_EXPORT:
                raise NotAllowedError(f"{caller.reader.role} may not export")
            found = self.find(caller.reader, caller.now)
            places = hotspots.told(found, parameters.BBOX.optional(request.args))
            body = hotspot_files.WRITERS[kind](found, places)
            record(conn, caller, Act(action="export", object=name, detail={"rows": len(places)}))
        response = Response(body, mimetype="application/geo+json" if kind == "geojson" else "application/vnd.apache.parquet")
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        response.headers["Cache-Control"] = "private, no-store"
        return response

    def cell(self, cell: str) -> hotspot_cell.Cell:
        """One cell."""
        reader, now = _reader(), datetime.now(UTC)
        asked = history_filters.filters(request.args)
        if asked.cells:
            raise InvalidInputError("cell: the path names it already")
        if not h3.is_valid_cell(cell):
            raise InvalidInputError(f"{cell[:40]!r} is no H3 index")
        filters = hotspots.windowed(replace(asked, cells=frozenset({cell})), now)
        with reading(self._pool) as conn:
            linked = (_may(reader, "parts"), _may(reader, "cameras"))
            return hotspot_cell.cell_of(conn, self._history.current(), reader, filters, linked=linked)

    def compare(self) -> CompareView:
        """Two windows."""
        reader, now = _reader(), datetime.now(UTC)
        filters, resolution = hotspots.windowed(history_filters.filters(request.args), now), RESOLUTION.read(request.args)
        start, end = filters.start, filters.end
        assert start is not None
        assert end is not None
        other_end = OTHER_END.optional(request.args) or start
        other_start = OTHER_START.optional(request.args) or other_end - (end - start)
        found = hotspots.changes(
            self._history.current(), self._ground.current(), reader, filters, other=(other_start, other_end), resolution=resolution
        )
        total, other_total = sum(one.count for one in found), sum(one.other_count for one in found)
        return CompareView(
            resolution=resolution,
            start=start,
            end=end,
            other_start=other_start,
            other_end=other_end,
            total=total,
            other_total=other_total,
            factor=round(total / other_total, 4) if other_total else None,
            cells=found,
        )

    def backtest(self) -> backtest.Backtest:
        """Held-out weeks."""
        reader, filters = _reader(), history_filters.filters(request.args)
        weeks, resolution = WEEKS.read(request.args), RESOLUTION.read(request.args)
        if self._scaleout and not filters.roads:
            try:
                return self._scaleout.backtest(self._ground.current(), reader, filters, resolution=resolution, weeks=weeks)
            except SourceUnavailableError as error:
                log.warning("counted in this process: %s", error)
        return backtest.backtest(self._history.current(), self._ground.current(), reader, filters, resolution=resolution, weeks=weeks)

    def frames(self) -> hotspots.Frames:
        """The animation."""
        reader, now, step = _reader(), datetime.now(UTC), Step(STEP.read(request.args))
        asked = history_filters.filters(request.args)
        if asked.start is None and step is Step.HOUR:
            asked = replace(asked, start=(asked.end or now) - timedelta(days=7))
        filters, resolution = hotspots.windowed(asked, now), RESOLUTION.read(request.args)
        return hotspots.frames(self._history.current(), self._ground.current(), reader, filters, resolution=resolution, step=step)

    def cases(self) -> HistoryPage:
        """Cases behind a figure."""
        reader, filters = _reader(), history_filters.filters(request.args)
        limit, offset = LIMIT.read(request.args), parameters.OFFSET.read(request.args)
        history = self._history.current()
        with reading(self._pool) as conn:
            found = incidence_cases.page(conn, history, reader, filters, limit=limit, offset=offset)
        more = offset + limit < found.total
        return HistoryPage(total=found.total, at=history.at, cases=found.cases, links=next_link(offset=offset + limit) if more else [])

    def routes(self) -> Sequence[Route]:
        """Return what is served, and what OpenAPI says of it."""
        path = "/api/v1/hotspots"
        return (
            Route(
                method="GET",
                path=path,
                view=self.map,
                parameters=(RESOLUTION, RATE, parameters.BBOX, *FILTERS),
                answer=HotspotsView,
                summary="H3 cells with their cases, and where these cluster more than chance does (Gi*, false discovery at 5 %); 90 days by default",
            ),
            Route(
                method="GET",
                path=f"{path}/compare",
                view=self.compare,
                parameters=(RESOLUTION, OTHER_START, OTHER_END, *FILTERS),
                answer=CompareView,
                summary="Two windows cell by cell, the most changed first",
            ),
            Route(
                method="GET",
                path=f"{path}/frames",
                view=self.frames,
                parameters=(RESOLUTION, STEP, *FILTERS),
                answer=hotspots.Frames,
                summary="Counts by cell, hour by hour, day by day or week by week, as an animation shows them",
            ),
            Route(
                method="GET",
                path=f"{path}/export",
                view=self.export,
                parameters=(FORMAT, RESOLUTION, RATE, parameters.BBOX, *FILTERS),
                media_type="application/octet-stream",
                summary="The same cells as a file, GeoJSON or GeoParquet, with their outlines; recorded",
            ),
            Route(
                method="GET",
                path=f"{path}/backtest",
                view=self.backtest,
                parameters=(RESOLUTION, WEEKS, *FILTERS),
                answer=backtest.Backtest,
                summary="Places named from the weeks before against held-out weeks: hit rate and PAI beside naive ways of naming them",
            ),
            Route(
                method="GET",
                path=f"{path}/{{cell}}",
                view=self.cell,
                parameters=FILTERS,
                answer=hotspot_cell.Cell,
                summary="One cell: cases, causes, hours, addresses, weeks, parts and cameras",
            ),
            Route(
                method="GET",
                path="/api/v1/history/cases",
                view=self.cases,
                parameters=(LIMIT, parameters.OFFSET, *FILTERS),
                answer=HistoryPage,
                summary="The cases behind any figure of the history, the newest first, without personal fields",
            ),
        )


def view(found: Hotspots, places: Any) -> HotspotsView:
    """Write what was found, as far as `places` (of cells) go."""
    columns = (found.count, found.expected, found.rate, found.z_score, found.p_value, found.q_value, found.significant, found.trend)
    rows = zip(places.tolist(), *(_plain(column[places]) for column in columns), strict=True)
    names = found.field.names
    spots = [
        Spot(
            h3=names[place],
            count=count,
            expected=expected,
            rate=rate,
            z_score=z_score,
            p_value=p_value,
            q_value=q_value,
            significant=significant,
            trend=TRENDS[trend],
        )
        for place, count, expected, rate, z_score, p_value, q_value, significant, trend in rows
    ]
    return HotspotsView(
        resolution=found.field.resolution,
        rate=found.exposure.kind,
        start=found.start,
        end=found.end,
        at=found.at,
        total=found.total,
        expected_total=round(float(np.nansum(found.expected)), 3),
        unplaced=found.unplaced,
        cells_in_area=len(found.field.cells),
        weeks=found.weeks,
        significance=hotspots.Q,
        exposure=_exposure(found.exposure),
        cells=spots,
    )


def _exposure(exposure: Exposure) -> ExposureView:
    return ExposureView(kind=exposure.kind, per=exposure.per, total=round(exposure.total, 1), cells=exposure.cells, days=exposure.days)


def _plain(column: Any) -> list[Any]:
    """Numbers as JSON has them: six digits are enough, and what is not known is null."""
    if column.dtype.kind != "f":
        return list(column.tolist())
    with np.errstate(divide="ignore", invalid="ignore"):
        digits = np.where(np.isfinite(column) & (column != 0), 10.0 ** (5 - np.floor(np.log10(np.abs(column)))), 1.0)
    digits = np.where(np.isfinite(digits), digits, 1.0)
    rounded = np.where(np.abs(column) < 1e-290, 0.0, np.round(column * digits) / digits)
    return [None if value != value else value for value in rounded.tolist()]  # noqa: PLR0124 - NaN is not equal to itself


def _reader() -> Reader:
    """Who asks, if his role may see cases."""
    reader = current_reader()
    layer_for(reader, "events")
    return reader


def _may(reader: Reader, layer: str) -> bool:
    return reader.role in registry.get(layer).roles
