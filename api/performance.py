"""绩效评价: performance of streets, departments and posts, term by term, with the cases behind each number."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from flask import Response, request
from msgspec import Meta, Struct

from api import incidence_sheets, parameters
from api.context import Context
from api.identity import current_caller, current_reader
from api.incidence_sheets import FORMAT, LANGUAGE
from api.routes import Route, body
from geodata.db import reading, writing
from geodata.errors import InvalidInputError, NotAllowedError
from services import audit, incidence, incidence_cases, performance_formulas
from services import performance as service
from services.performance import Behind, EvaluatedCases, Performance, Period
from services.performance_formulas import FORMULAS, OBJECTS, RATES, Weights
from services.rights import Reader

PATH = "/api/v1/performance"
PAGE = parameters.integer("limit", 1, incidence_cases.MAX_PAGE, "How many cases at most.", 100)
OFFSET = parameters.integer("offset", 0, 10_000_000, "How many cases to pass over.", 0)
OBJECT = parameters.one_of("object", OBJECTS, "What is evaluated.", "street")
AREA = parameters.text("area", 15, "Area code, or the beginning of one.")
START = parameters.instant("start", "Cases reported from here on.")
END = parameters.instant("end", "Cases reported before.")
KEY = parameters.text("key", 40, "Key of the evaluated object.", required=True)
TERM = parameters.one_of("term", tuple(service.TERMS), "Which number.", "reported")
Percent = Annotated[float, Meta(ge=0, le=100)]


@dataclass(frozen=True, slots=True, kw_only=True)
class FormulaView:
    """What performance is computed from: rates as numerator and denominator, weights by kind of object, count scores, grades."""

    rates: Mapping[str, tuple[str, str]]
    shown: Mapping[str, Sequence[str]]
    weights: Mapping[str, Mapping[str, float]]
    verify_send_minutes: float
    check_send_minutes: float
    less_is_more: list[str]
    grades: Sequence[tuple[str, float]]
    changed_at: datetime | None
    """None while everything is as shipped."""
    changed_by: str


class WantedWeights(Struct, forbid_unknown_fields=True, kw_only=True):
    """Local parameters; kinds of objects that are left out keep theirs."""

    weights: dict[str, dict[str, Percent]] = {}
    verify_send_minutes: float | None = None
    check_send_minutes: float | None = None


class PerformanceViews:
    """Views over evaluations."""

    def __init__(self, context: Context) -> None:
        self._pool = context.pool

    def performance(self) -> Response | Performance:
        """Evaluate streets, departments or posts."""
        reader, kind = _reader(), FORMAT.read(request.args)
        wanted, period = OBJECT.read(request.args), _period()
        with reading(self._pool) as conn:
            found = service.performance(
                conn, reader, wanted, period, performance_formulas.weights(conn), area=AREA.optional(request.args) or ""
            )
        if kind == "json":
            return found
        incidence_sheets.may_export(reader)
        return incidence_sheets.download([incidence_sheets.evaluations(found, LANGUAGE.read(request.args))], kind)

    def behind(self) -> EvaluatedCases:
        """The cases behind one number of one object."""
        reader, period = _reader(), _period()
        wanted = Behind(
            object=OBJECT.read(request.args),
            key=KEY.read(request.args),
            term=TERM.read(request.args),
            area=AREA.optional(request.args) or "",
            limit=PAGE.read(request.args),
            offset=OFFSET.optional(request.args) or 0,
        )
        with reading(self._pool) as conn:
            return service.cases(conn, reader, wanted, period, performance_formulas.weights(conn))

    def formulas(self) -> FormulaView:
        """What performance is computed from."""
        _reader()
        with reading(self._pool) as conn:
            return _formulas(performance_formulas.weights(conn))

    def set_formulas(self) -> FormulaView:
        """Change weights and limits; it stands in the trail."""
        caller, wanted = current_caller(), body(WantedWeights)
        if not performance_formulas.may_set(caller.reader):
            raise NotAllowedError("weights are set by a shift leader or leader of the whole district")
        with writing(self._pool) as conn:
            before = performance_formulas.weights(conn)
            after = Weights(
                by_object={**before.by_object, **wanted.weights},
                verify_send_minutes=_given(wanted.verify_send_minutes, before.verify_send_minutes),
                check_send_minutes=_given(wanted.check_send_minutes, before.check_send_minutes),
                changed_at=caller.now,
                changed_by=caller.reader.display_name,
            )
            performance_formulas.set_weights(conn, after)
            detail = {"weights": sorted(wanted.weights), "before": _kept(before, wanted), "after": _kept(after, wanted)}
            audit.record(conn, caller, audit.Act(action="performance_weights", object="performance", detail=detail))
        return _formulas(after)

    def routes(self) -> list[Route]:
        """List the operations."""
        return [
            Route(
                method="GET",
                path=PATH,
                view=self.performance,
                answer=Performance,
                parameters=(OBJECT, START, END, AREA, FORMAT, LANGUAGE),
                summary="Performance of streets, departments or posts, term by term",
            ),
            Route(
                method="GET",
                path=f"{PATH}/cases",
                view=self.behind,
                answer=EvaluatedCases,
                parameters=(OBJECT, KEY, TERM, START, END, AREA, PAGE, OFFSET),
                summary="The cases behind one number of an evaluation",
            ),
            Route(
                method="GET",
                path=f"{PATH}/formulas",
                view=self.formulas,
                answer=FormulaView,
                summary="Formulas, weights and grades of the evaluation",
            ),
            Route(
                method="PUT",
                path=f"{PATH}/formulas",
                view=self.set_formulas,
                body=WantedWeights,
                answer=FormulaView,
                summary="Set weights and limits of the evaluation",
            ),
        ]


def _given(value: float | None, usual: float) -> float:
    return usual if value is None else value


def _kept(weights: Weights, wanted: WantedWeights) -> dict[str, object]:
    """What stands in the trail: the kinds that were written, and both limits."""
    return {
        **{kind: dict(weights.of(kind)) for kind in sorted(wanted.weights)},
        "verify_send_minutes": weights.verify_send_minutes,
        "check_send_minutes": weights.check_send_minutes,
    }


def _reader() -> Reader:
    reader = current_reader()
    if reader.role not in incidence.MAY_READ:
        raise NotAllowedError(f"{reader.role} does not read evaluations")
    return reader


def _period() -> Period:
    now = current_caller().now
    start, end = START.optional(request.args), END.optional(request.args)
    if start is None or end is None:
        raise InvalidInputError("start and end: both are needed, as in 2026-11-01T00:00:00+08:00")
    return Period(start=start, end=end, now=now)


def _formulas(weights: Weights) -> FormulaView:
    return FormulaView(
        rates=dict(FORMULAS),
        shown=dict(RATES),
        weights={kind: weights.of(kind) for kind in OBJECTS},
        verify_send_minutes=weights.verify_send_minutes,
        check_send_minutes=weights.check_send_minutes,
        less_is_more=sorted(performance_formulas.LESS_IS_MORE),
        grades=performance_formulas.GRADES,
        changed_at=weights.changed_at,
        changed_by=weights.changed_by,
    )
