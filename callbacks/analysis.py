"""The page of analysis: the address says what is shown, and each view is drawn from one service."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from dash import Dash, Input, Output
from dash.development.base_component import Component

from api.identity import current_reader
from callbacks import ids, shell
from callbacks.analysis_address import VIEWS, Address
from callbacks.context import Context
from callbacks.panels import analysis as panels
from callbacks.panels import analysis_cases, analysis_performance, analysis_presets, analysis_time, states
from callbacks.panels.analysis import BY_VIEW, Frame
from callbacks.panels.pieces import empty
from callbacks.words import Words, requested
from geodata.db import Conn, reading
from geodata.errors import HallError, InvalidInputError, SourceUnavailableError
from services import (
    areas,
    garbage_bins,
    incidence,
    incidence_cases,
    incidence_names,
    incidence_trend,
    performance,
    performance_formulas,
    road_damage,
)
from services.history import Filters, History
from services.performance import Behind, Period
from services.performance_formulas import OBJECTS
from services.rights import MAY_EXPORT, Reader

ROWS = 50
NAMED = ("class", "sub", "building", "department")
"""Parameters whose values have names in the database."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What one view is drawn from."""

    conn: Conn
    history: History
    reader: Reader
    told: Frame

    @property
    def wanted(self) -> Filters:
        """The filter of the address."""
        return self.told.address.filters(self.history, self.told.now)

    @property
    def period(self) -> Period:
        """The period of the address, judged now."""
        start, end = self.told.address.window(self.told.now)
        return Period(start=start, end=end, now=self.told.now)


def register(app: Dash, context: Context) -> None:
    """Wire the page."""

    @app.callback(Output(ids.ANALYSIS, "children"), Input(ids.ANALYSIS_WHERE, "search"))
    def show(search: str | None) -> Sequence[Component]:
        reader, words, now = current_reader(), requested(), datetime.now(UTC)
        if reader.role not in incidence.MAY_READ:
            return states.forbidden(words)
        try:
            return _page(context, reader, Address.read(search), words, now)
        except SourceUnavailableError:
            return [empty(words("analysis.unavailable"))]

    shell.leave(app)


def _page(context: Context, reader: Reader, address: Address, words: Words, now: datetime) -> list[Component]:
    history = context.history.current()
    told = Frame(address=address, words=words, now=now, at=history.at, areas=(), known={}, may_export=reader.role in MAY_EXPORT)
    try:
        with reading(context.pool) as conn:
            told = replace(told, areas=_areas(conn, reader), known=_known(conn, history, address))
            content = _view(address.choice("view", VIEWS), Question(conn=conn, history=history, reader=reader, told=told))
    except InvalidInputError as error:
        content = [empty(words("analysis.cannot", why=str(error)))]
    except SourceUnavailableError:
        content = [empty(words("analysis.unavailable"))]
    return panels.frame(told, content)


def _view(view: str, asked: Question) -> list[Component]:
    if view in BY_VIEW:
        return _ranking(view, asked)
    return {"trend": _trend, "road_damage": _roads, "garbage_bins": _bins, "performance": _performance, "cases": _cases}[view](asked)


def _ranking(view: str, asked: Question) -> list[Component]:
    by = asked.told.address.choice("by", BY_VIEW[view])
    found = incidence.ranking(asked.history, asked.reader, asked.wanted, by, limit=ROWS)
    names = incidence_names.names(asked.conn, asked.history, by, [row.key for row in found.rows])
    parts = [panels.figures(found, asked.told)]
    if view == "hours":
        parts.append(analysis_time.week(incidence.matrix(asked.history, asked.reader, asked.wanted), asked.told))
    return [*parts, *panels.ranking(found, names, asked.told, view)]


def _trend(asked: Question) -> list[Component]:
    step = asked.told.address.choice("step", ("month", "week"))
    return analysis_time.trend(incidence_trend.trend(asked.history, asked.reader, asked.wanted, step), asked.told)


def _roads(asked: Question) -> list[Component]:
    budget = analysis_presets.budget_of(asked.told.address)
    return analysis_presets.roads(road_damage.roads(asked.conn, asked.history, asked.reader, _without_preset(asked), budget), asked.told)


def _bins(asked: Question) -> list[Component]:
    address = asked.told.address
    found = garbage_bins.evaluate(
        asked.conn,
        asked.history,
        asked.reader,
        _without_preset(asked),
        radius_m=address.number("radius", garbage_bins.SMALLEST_M, garbage_bins.LARGEST_M, garbage_bins.RADIUS_M),
        sites=address.number("sites", 1, garbage_bins.MOST_SITES, garbage_bins.SITES),
    )
    codes = [*(one.grid_code for one in found.sites), *(one.grid_code for one in found.overflowing)]
    names = incidence_names.names(asked.conn, asked.history, "grid", codes)
    known = {**asked.told.known, **{("area", code): name for code, name in names.items()}}
    return analysis_presets.bins(found, asked.told.naming(known))


def _performance(asked: Question) -> list[Component]:
    weights = performance_formulas.weights(asked.conn)
    address = asked.told.address
    found = performance.performance(
        asked.conn, asked.reader, address.choice("object", OBJECTS), asked.period, weights, area=address.get("area")
    )
    return analysis_performance.performance(found, weights, asked.told, may_set=performance_formulas.may_set(asked.reader))


def _cases(asked: Question) -> list[Component]:
    address, words = asked.told.address, asked.told.words
    first = (address.number("page", 1, 100_000, 1) - 1) * ROWS
    if not address.get("term"):
        return analysis_cases.cases(
            incidence_cases.page(asked.conn, asked.history, asked.reader, asked.wanted, limit=ROWS, offset=first), asked.told
        )
    behind = Behind(
        object=address.choice("object", OBJECTS),
        key=address.get("key"),
        term=address.get("term"),
        area=address.get("area"),
        limit=ROWS,
        offset=first,
    )
    found = performance.cases(asked.conn, asked.reader, behind, asked.period, performance_formulas.weights(asked.conn))
    title = words("analysis.behind", object=words(f"analysis.object_{behind.object}"), term=words(f"analysis.term_{behind.term}"))
    return analysis_cases.behind(found, asked.told, title)


def _without_preset(asked: Question) -> Filters:
    """The filter of the address without its preset: these views bring their own."""
    query = {name: value for name, value in asked.told.address.query.items() if name != "preset"}
    return Address(query).filters(asked.history, asked.told.now)


def _areas(conn: Conn, reader: Reader) -> list[tuple[str, str]]:
    """Streets and communities within the reader's scope; communities stand under their streets."""
    found = [one for one in areas.choices(conn) if one.layer in {"streets", "communities"} and one.code.startswith(reader.scope)]
    return [(one.code, one.name if one.layer == "streets" else f"\u3000{one.name}") for one in found]


def _known(conn: Conn, history: History, address: Address) -> dict[tuple[str, str], str]:
    """Names of what the address narrows to."""
    known: dict[tuple[str, str], str] = {}
    for name in NAMED:
        values = [value for value in address.get(name).split(",") if value]
        try:
            names = incidence_names.names(conn, history, name, values) if values else {}
        except HallError:
            names = {}
        known |= {(name, value): text for value, text in names.items()}
    area = address.get("area")
    return {**known, **{("area", code): text for code, text in incidence_names.names(conn, history, "grid", [area]).items()}}
