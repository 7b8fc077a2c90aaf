"""高发分析: rankings, the week's hours, trends with season and presets; each with the cases behind it and as a file."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from flask import Response, request

from api import incidence_sheets, parameters
from api.context import Context
from api.history_filters import FILTERS, filters
from api.identity import current_reader
from api.incidence_sheets import FORMAT, LANGUAGE
from api.routes import Route
from geodata.db import Conn, reading
from geodata.errors import NotAllowedError
from services import (
    garbage_bins,
    incidence,
    incidence_cases,
    incidence_names,
    incidence_trend,
    road_damage,
)
from services.history import Filters, History
from services.incidence_files import Sheet
from services.incidence_presets import BY_KEY, PRESETS
from services.rights import Reader

PATH = "/api/v1/incidence"
BY = parameters.one_of("by", tuple(incidence.DIMENSIONS), "What to rank.", "class")
LIMIT = parameters.integer("limit", 1, incidence.MAX_ROWS, "How many rows at most.", 50)
PAGE = parameters.integer("limit", 1, incidence_cases.MAX_PAGE, "How many cases at most.", 100)
OFFSET = parameters.integer("offset", 0, 10_000_000, "How many cases to pass over.", 0)
STEP = parameters.one_of("step", incidence_trend.STEPS, "Length of a step.", "month")
PRESET = parameters.one_of("preset", tuple(BY_KEY), "Narrow to the classes of a preset.")
BUDGET = parameters.number("budget", 0, road_damage.MOST_BUDGET, "A sum to share out among the roads.")
RADIUS = parameters.integer("radius_m", garbage_bins.SMALLEST_M, garbage_bins.LARGEST_M, "How far a bin serves.", garbage_bins.RADIUS_M)
SITES = parameters.integer("sites", 0, garbage_bins.MOST_SITES, "How many new sites to suggest at most.", garbage_bins.SITES)


@dataclass(frozen=True, slots=True, kw_only=True)
class RankingRow:
    """One line. `change`: 0.1 is a tenth more; `parameter` and `key`: what narrows to it in any address that takes these filters."""

    key: str
    name: str | None
    count: int
    share: float
    previous: int | None
    change: float | None
    last_year: int | None
    change_to_last_year: float | None
    overdue: int
    open: int
    median_hours: float | None
    parameter: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RankingView:
    """A ranking; `before` and `year_ago` are the compared periods, null when the history does not cover them."""

    by: str
    at: datetime
    start: datetime | None
    end: datetime | None
    before: Sequence[datetime] | None
    year_ago: Sequence[datetime] | None
    total: int
    grouped: int
    groups: int
    previous: int | None
    last_year: int | None
    overdue: int
    rows: list[RankingRow]


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixView:
    """Cases by weekday (7 rows from Monday) and hour (24 columns) in China."""

    at: datetime
    total: int
    rows: list[list[int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PresetView:
    """A saved filter: its classes as the dictionary has them now."""

    key: str
    by: str
    classes: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PresetList:
    """All presets."""

    presets: list[PresetView]


PARAMETER_OF: Mapping[str, str] = {
    "street": "area",
    "community": "area",
    "grid": "area",
    "hour": "hours",
    "weekday": "weekdays",
}
"""By dimension; every other one has a parameter of its own name."""


class IncidenceViews:
    """Views over the case history and the steps of cases."""

    def __init__(self, context: Context) -> None:
        self._pool, self._history = context.pool, context.history

    def ranking(self) -> Response | RankingView:
        """Rank the cases."""
        reader, history = _reader(), self._history.current()
        wanted, by = _filters(history), BY.read(request.args)
        found = incidence.ranking(history, reader, wanted, by, limit=LIMIT.read(request.args))
        with reading(self._pool) as conn:
            names = incidence_names.names(conn, history, by, [row.key for row in found.rows])
            kind = FORMAT.read(request.args)
            if kind != "json":
                return self._file(conn, reader, wanted, incidence_sheets.ranking(found, names, _lang()), kind)
        return ranking_view(history, found, names)

    def matrix(self) -> MatrixView:
        """Count by weekday and hour."""
        history = self._history.current()
        rows = incidence.matrix(history, _reader(), _filters(history))
        return MatrixView(at=history.at, total=sum(map(sum, rows)), rows=rows)

    def trend(self) -> Response | incidence_trend.CaseTrend:
        """Count by week or month."""
        reader, history = _reader(), self._history.current()
        wanted = _filters(history)
        found = incidence_trend.trend(history, reader, wanted, STEP.read(request.args))
        kind = FORMAT.read(request.args)
        if kind == "json":
            return found
        with reading(self._pool) as conn:
            return self._file(conn, reader, wanted, incidence_sheets.trend(found, _lang()), kind)

    def cases(self) -> Response | incidence_cases.ListedCases:
        """The cases behind any figure."""
        reader, history = _reader(), self._history.current()
        wanted, kind = _filters(history), FORMAT.read(request.args)
        with reading(self._pool) as conn:
            if kind != "json":
                incidence_sheets.may_export(reader)
                found = incidence_cases.all_of(conn, history, reader, wanted)
                return incidence_sheets.download([incidence_sheets.cases(found, _lang())], kind)
            return incidence_cases.page(
                conn, history, reader, wanted, limit=PAGE.read(request.args), offset=OFFSET.optional(request.args) or 0
            )

    def presets(self) -> PresetList:
        """What is asked again and again."""
        _reader()
        history = self._history.current()
        return PresetList(presets=[PresetView(key=one.key, by=one.by, classes=sorted(one.codes(history))) for one in PRESETS])

    def road_damage(self) -> Response | road_damage.RoadDamage:
        """Road damage by road."""
        reader, history = _reader(), self._history.current()
        wanted, kind = filters(request.args), FORMAT.read(request.args)
        with reading(self._pool) as conn:
            found = road_damage.roads(conn, history, reader, wanted, BUDGET.optional(request.args))
            if kind == "json":
                return found
            return self._file(conn, reader, BY_KEY["road_damage"].within(history, wanted), incidence_sheets.roads(found, _lang()), kind)

    def garbage_bins(self) -> Response | garbage_bins.GarbageBins:
        """Exposed garbage against bins."""
        reader, history = _reader(), self._history.current()
        wanted, kind = filters(request.args), FORMAT.read(request.args)
        with reading(self._pool) as conn:
            found = garbage_bins.evaluate(
                conn, history, reader, wanted, radius_m=RADIUS.read(request.args), sites=SITES.optional(request.args) or 0
            )
            if kind == "json":
                return found
            return self._file(conn, reader, BY_KEY["garbage_bins"].within(history, wanted), incidence_sheets.sites(found, _lang()), kind)

    def routes(self) -> list[Route]:
        """List the operations."""
        return [
            Route(
                method="GET",
                path=PATH,
                view=self.ranking,
                answer=RankingView,
                parameters=(BY, LIMIT, FORMAT, LANGUAGE, PRESET, *FILTERS),
                summary="What has the most cases: classes, places or hours, compared with the period before and a year earlier",
            ),
            Route(
                method="GET",
                path=f"{PATH}/matrix",
                view=self.matrix,
                answer=MatrixView,
                parameters=(PRESET, *FILTERS),
                summary="Cases by weekday and hour",
            ),
            Route(
                method="GET",
                path=f"{PATH}/trend",
                view=self.trend,
                answer=incidence_trend.CaseTrend,
                parameters=(STEP, FORMAT, LANGUAGE, PRESET, *FILTERS),
                summary="Cases by week or month with trend and season",
            ),
            Route(
                method="GET",
                path=f"{PATH}/cases",
                view=self.cases,
                answer=incidence_cases.ListedCases,
                parameters=(PAGE, OFFSET, FORMAT, LANGUAGE, PRESET, *FILTERS),
                summary="The cases behind a figure, the newest first",
            ),
            Route(
                method="GET", path=f"{PATH}/presets", view=self.presets, answer=PresetList, summary="Saved filters by field of application"
            ),
            Route(
                method="GET",
                path=f"{PATH}/presets/road_damage",
                view=self.road_damage,
                answer=road_damage.RoadDamage,
                parameters=(BUDGET, FORMAT, LANGUAGE, *FILTERS),
                summary="Road damage by road, as a basis of a budget",
            ),
            Route(
                method="GET",
                path=f"{PATH}/presets/garbage_bins",
                view=self.garbage_bins,
                answer=garbage_bins.GarbageBins,
                parameters=(RADIUS, SITES, FORMAT, LANGUAGE, *FILTERS),
                summary="Exposed garbage against bins, with sites for new ones",
            ),
        ]

    def _file(self, conn: Conn, reader: Reader, wanted: Filters, sheet: Sheet, kind: str) -> Response:
        """A table as CSV, or as XLSX with the cases behind it as a second sheet."""
        incidence_sheets.may_export(reader)
        sheets = [sheet]
        if kind == "xlsx":
            sheets.append(incidence_sheets.cases(incidence_cases.all_of(conn, self._history.current(), reader, wanted), _lang()))
        return incidence_sheets.download(sheets, kind)


def ranking_view(history: History, found: incidence.Ranking, names: Mapping[str, str]) -> RankingView:
    """Put names to the rows."""
    return RankingView(
        by=found.by,
        at=history.at.astimezone(UTC),
        start=found.windows.start,
        end=found.windows.end,
        before=found.windows.before,
        year_ago=found.windows.year_ago,
        total=found.total,
        grouped=found.grouped,
        groups=found.groups,
        previous=found.previous,
        last_year=found.last_year,
        overdue=found.overdue,
        rows=[
            RankingRow(
                **asdict(row),
                name=names.get(row.key),
                change=row.change,
                change_to_last_year=row.change_to_last_year,
                parameter=PARAMETER_OF.get(found.by, found.by),
            )
            for row in found.rows
        ],
    )


def _reader() -> Reader:
    """The reader, whose role analyses cases.

    Raises:
        NotAllowedError: it does not.
    """
    reader = current_reader()
    if reader.role not in incidence.MAY_READ:
        raise NotAllowedError(f"{reader.role} does not read the analysis")
    return reader


def _filters(history: History) -> Filters:
    wanted, preset = filters(request.args), PRESET.optional(request.args)
    return BY_KEY[preset].within(history, wanted) if preset else wanted


def _lang() -> str:
    return LANGUAGE.read(request.args)
