"""Indicators over HTTP: figures, series, the cases behind them, warnings and their handling, and figures of other departments coming in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from flask import Response, request
from msgspec import Meta, Struct

from api import parameters
from api.context import Context
from api.identity import current_caller, current_reader
from api.routes import Link, Route, body, next_link
from geodata.db import reading
from geodata.errors import InvalidInputError
from geodata.indicators.catalogue import DOMAINS, Indicator, catalogue
from services.attempts import attempted
from services.indicators import areas, cases, figures, intake, owners, periods, template, warnings
from services.indicators.standing import IndicatorFigure, SeriesPoint
from services.indicators.warnings import Warned, WarningStep

PATH = "/api/v1/indicators"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DOMAIN = parameters.one_of("domain", DOMAINS, "Only of this domain.")
STATE = parameters.one_of("state", figures.STATES, "Only in this state.")
AREA = parameters.text("area", 15, "Code of the district or of a street; absent for the widest area of the reader.")
START = parameters.instant("start", "Beginning of the series.")
END = parameters.instant("end", "End of the series; the end of the shown period when absent.")
POINTS = parameters.integer("points", 1, figures.MAX_SERIES, "How many periods of the series at most, the latest.", 366)
PERIOD = parameters.instant("period", "An instant of the period; the shown one when absent.")
WHOLE = parameters.one_of("whole", ("true", "false"), "Of shares, all cases that they are made of.", "false")
LIMIT = parameters.integer("limit", 1, cases.MAX_ROWS, "How many rows at most.", 50)
WARNING_STATE = parameters.one_of("state", (*warnings.STATES, "all"), "Only in this state; absent for those that are not closed.")
CODE = parameters.text("code", 8, "Only of this indicator.")
BEFORE = parameters.integer("before", 1, 2**62, "Cursor: the id of the last row already read.")


class IndicatorRow(Struct):
    """A figure: indicator, area (absent: the district), period as 2026-11, 2026-Q4, 2026-W48 or 2026-11-23, and a number. Judged row by row."""

    code: Any = None
    area: Any = None
    period: Any = None
    value: Any = None


class IndicatorValues(Struct, forbid_unknown_fields=True):
    """IndicatorFigures that are handed in together, 5,000 at most."""

    values: list[IndicatorRow]


class IndicatorHandling(Struct, forbid_unknown_fields=True):
    """What was done about a warning."""

    note: Annotated[str, Meta(max_length=1000)]


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorFigures:
    """Figures of one area."""

    area: str
    area_name: str
    items: list[IndicatorFigure]


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorDefinition:
    """What an indicator means. `sql`: its aggregate over the rows of its source; `tables`: what it reads; `streets`: it exists for each street."""

    code: str
    domain: str
    name: str
    name_en: str
    unit: str
    cycle: str
    direction: str
    target: float | None
    definition: str
    definition_en: str
    formula: str
    formula_en: str
    rule: Mapping[str, Any]
    own: bool
    source: str
    source_en: str
    tables: tuple[str, ...]
    sql: str
    classes: tuple[str, ...]
    sources: tuple[str, ...]
    streets: bool
    receiver: str
    department: str | None
    department_name: str | None
    cases: str | None
    """Address of the cases behind the figure."""
    listing: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorView:
    """All of one indicator in one area."""

    definition: IndicatorDefinition
    area: str
    area_name: str
    figure: IndicatorFigure
    series: list[SeriesPoint]
    streets: list[IndicatorFigure]
    warnings: list[Warned]


@dataclass(frozen=True, slots=True)
class IndicatorCases:
    """Cases behind a figure."""

    items: list[cases.CaseLine]
    total: int


@dataclass(frozen=True, slots=True)
class IndicatorAreas:
    """The district and the streets that the reader sees, and whether he hands figures in."""

    items: list[areas.IndicatorArea]
    may_submit: bool


@dataclass(frozen=True, slots=True)
class IndicatorWarnings:
    """Warnings, the newest first."""

    items: list[Warned]
    links: list[Link]


@dataclass(frozen=True, slots=True)
class IndicatorWarning:
    """A warning, what happened to it, and whether the reader acts on it."""

    warning: Warned
    steps: list[WarningStep]
    may_act: bool
    figure: IndicatorFigure | None


class IndicatorViews:
    """Views over indicators."""

    def __init__(self, context: Context) -> None:
        self._pool = context.pool

    def all(self) -> IndicatorFigures:
        """Figures of an area."""
        arguments, caller = request.args, current_caller()
        domain, state, area = DOMAIN.optional(arguments), STATE.optional(arguments), AREA.optional(arguments)
        with reading(self._pool) as conn:
            place = areas.area_of(conn, caller.reader, area)
            found = figures.of_area(conn, caller.reader, caller.now, area=place.code)
        items = [one for one in found if domain in {None, one.domain} and state in {None, one.state}]
        return IndicatorFigures(area=place.code, area_name=place.name, items=items)

    def abnormal(self) -> IndicatorFigures:
        """What is red or yellow."""
        caller, area = current_caller(), AREA.optional(request.args)
        with reading(self._pool) as conn:
            place = areas.area_of(conn, caller.reader, area)
            items = figures.abnormal(conn, caller.reader, caller.now, place.code)
        return IndicatorFigures(area=place.code, area_name=place.name, items=items)

    def areas(self) -> IndicatorAreas:
        """Areas that figures exist for."""
        reader = current_reader()
        with reading(self._pool) as conn:
            areas.area_of(conn, reader)
            return IndicatorAreas(areas.areas(conn, reader), reader.role in intake.MAY_SUBMIT)

    def one(self, code: str) -> IndicatorView:
        """All of one indicator."""
        arguments, caller = request.args, current_caller()
        reader, given, points = caller.reader, END.optional(arguments), POINTS.read(arguments)
        with reading(self._pool) as conn:
            place = areas.area_of(conn, reader, AREA.optional(arguments))
            entry = figures.indicator(code)
            start, figure = START.optional(arguments), figures.value(conn, reader, code, place.code, caller.now)
            end = given or (periods.end(entry.cycle, figure.period) if figure.period else caller.now)
            return IndicatorView(
                definition=definition(entry, figure.owner_name),
                area=place.code,
                area_name=place.name,
                figure=figure,
                series=figures.series(conn, reader, code, area=place.code, start=start, end=end, limit=points),
                streets=figures.by_street(conn, reader, code, caller.now),
                warnings=warnings.listed(conn, reader, state="all", code=code, limit=20),
            )

    def cases(self, code: str) -> IndicatorCases:
        """The cases behind a figure."""
        arguments, caller = request.args, current_caller()
        with reading(self._pool) as conn:
            items = cases.behind(
                conn,
                caller.reader,
                code,
                caller.now,
                area=AREA.optional(arguments),
                period=PERIOD.optional(arguments),
                whole=WHOLE.read(arguments) == "true",
                limit=LIMIT.read(arguments),
                offset=parameters.OFFSET.read(arguments),
            )
        return IndicatorCases(items, items[0].total if items else 0)

    def warnings(self) -> IndicatorWarnings:
        """Warnings."""
        arguments, limit = request.args, LIMIT.read(request.args)
        state, code, before = WARNING_STATE.optional(arguments), CODE.optional(arguments), BEFORE.optional(arguments)
        with reading(self._pool) as conn:
            items = warnings.listed(conn, current_reader(), state=state, code=code, before=before, limit=limit)
        return IndicatorWarnings(items, next_link(before=items[-1].id) if len(items) == limit else [])

    def warning(self, id: int) -> IndicatorWarning:  # noqa: A002 - the name in the path
        """One warning."""
        caller = current_caller()
        with reading(self._pool) as conn:
            found, steps = warnings.one(conn, caller.reader, id)
            known = catalogue().indicators.get(found.code)
            figure = figures.value(conn, caller.reader, found.code, found.area, caller.now) if known else None
            return IndicatorWarning(found, steps, warnings.may_act(conn, caller.reader, found), figure)

    def acknowledge(self, id: int) -> Warned:  # noqa: A002 - the name in the path
        """Say that a warning was seen."""
        caller = current_caller()
        thing = f"indicator_warnings/{id}"
        return attempted(self._pool, caller, "indicator_acknowledge", thing, work=lambda conn: warnings.acknowledge(conn, caller, id))

    def handle(self, id: int) -> Warned:  # noqa: A002 - the name in the path
        """Say what was done about a warning."""
        caller, given = current_caller(), body(IndicatorHandling)
        thing = f"indicator_warnings/{id}"
        return attempted(self._pool, caller, "indicator_handle", thing, work=lambda conn: warnings.handle(conn, caller, id, given.note))

    def submit(self) -> intake.IndicatorsTaken:
        """Take figures in."""
        given = body(IndicatorValues)
        rows = [{"code": row.code, "area": row.area, "period": row.period, "value": row.value} for row in given.values]
        return self._take(rows)

    def submit_file(self) -> intake.IndicatorsTaken:
        """Take a filled template in."""
        current_reader()
        data = request.get_data()
        if not data:
            raise InvalidInputError("file: send the filled template as the body")
        return self._take(template.read(data))

    def as_csv(self) -> Response:
        """The template as CSV."""
        return _file(self._template(template.as_csv), "text/csv; charset=utf-8", "csv")

    def as_xlsx(self) -> Response:
        """The template as XLSX."""
        return _file(self._template(template.as_xlsx), XLSX, "xlsx")

    def _take(self, rows: list[dict[str, Any]]) -> intake.IndicatorsTaken:
        caller = current_caller()
        return attempted(self._pool, caller, "indicator_values", "indicators", work=lambda conn: intake.submit(conn, caller, rows))

    def _template(self, write: Any) -> bytes:
        caller = current_caller()
        with reading(self._pool) as conn:
            rows = template.rows(conn, caller.reader, caller.now)
        written: bytes = write(rows)
        return written

    def routes(self) -> tuple[Route, ...]:
        """All operations."""
        return (*self._reading(), *self._writing())

    def _reading(self) -> tuple[Route, ...]:
        figures_of = (DOMAIN, STATE, AREA)
        behind = (AREA, PERIOD, WHOLE, LIMIT, parameters.OFFSET)
        one, warned = f"{PATH}/{{code}}", f"{PATH}/warnings"
        listed = (WARNING_STATE, CODE, BEFORE, LIMIT)
        return (
            Route(method="GET", path=PATH, view=self.all, parameters=figures_of, answer=IndicatorFigures, summary="Indicators of an area"),
            Route(
                method="GET",
                path=f"{PATH}/abnormal",
                view=self.abnormal,
                parameters=(AREA,),
                answer=IndicatorFigures,
                summary="Indicators that are red or yellow",
            ),
            Route(method="GET", path=f"{PATH}/areas", view=self.areas, answer=IndicatorAreas, summary="Areas that indicators exist for"),
            Route(method="GET", path=f"{PATH}/template.csv", view=self.as_csv, media_type="text/csv", summary="Template for figures, CSV"),
            Route(method="GET", path=f"{PATH}/template.xlsx", view=self.as_xlsx, media_type=XLSX, summary="Template for figures, XLSX"),
            Route(
                method="GET", path=warned, view=self.warnings, parameters=listed, answer=IndicatorWarnings, summary="Warnings of indicators"
            ),
            Route(
                method="GET",
                path=f"{warned}/{{id}}",
                view=self.warning,
                answer=IndicatorWarning,
                summary="A warning and what happened to it",
            ),
            Route(
                method="GET",
                path=one,
                view=self.one,
                parameters=(AREA, START, END, POINTS),
                answer=IndicatorView,
                summary="All of an indicator: definition, figure, series, streets, warnings",
            ),
            Route(
                method="GET",
                path=f"{one}/cases",
                view=self.cases,
                parameters=behind,
                answer=IndicatorCases,
                summary="The cases behind an indicator's figure",
            ),
        )

    def _writing(self) -> tuple[Route, ...]:
        warned = f"{PATH}/warnings/{{id}}"
        return (
            Route(
                method="POST",
                path=f"{PATH}/values",
                view=self.submit,
                body=IndicatorValues,
                answer=intake.IndicatorsTaken,
                summary="Hand figures of external indicators in: each row is judged by itself, again the same changes nothing",
            ),
            Route(
                method="POST",
                path=f"{PATH}/file",
                view=self.submit_file,
                answer=intake.IndicatorsTaken,
                summary="Hand a filled template in: the file, CSV or XLSX, is the body",
            ),
            Route(method="POST", path=f"{warned}/acknowledge", view=self.acknowledge, answer=Warned, summary="Say that a warning was seen"),
            Route(
                method="POST",
                path=f"{warned}/handle",
                view=self.handle,
                body=IndicatorHandling,
                answer=Warned,
                summary="Say what was done about a warning",
            ),
        )


def definition(one: Indicator, department_name: str | None) -> IndicatorDefinition:
    """Return what an indicator means."""
    source = catalogue().sources.get(one.source or "")
    title, title_en = owners.origin(one)
    return IndicatorDefinition(
        code=one.code,
        domain=one.domain,
        name=one.zh,
        name_en=one.en,
        unit=one.unit,
        cycle=one.cycle,
        direction=one.direction,
        target=one.target,
        definition=one.definition_zh,
        definition_en=one.definition_en,
        formula=one.formula_zh,
        formula_en=one.formula_en,
        rule={"kind": one.rule.kind, "yellow": one.rule.yellow, "red": one.rule.red},
        own=one.own,
        source=title,
        source_en=title_en,
        tables=source.tables if source else (),
        sql=one.value,
        classes=one.classes,
        sources=one.sources,
        streets=one.streets,
        receiver=one.receiver,
        department=owners.owner(one),
        department_name=department_name,
        cases=f"{PATH}/{one.code}/cases" if source and source.cases else None,
        listing=one.listing,
    )


def _file(data: bytes, media_type: str, suffix: str) -> Response:
    response = Response(data, mimetype=media_type.partition(";")[0])
    response.headers["Content-Type"] = media_type
    response.headers["Content-Disposition"] = f"attachment; filename=indicators.{suffix}"
    response.headers["Cache-Control"] = "private, no-store"
    return response
