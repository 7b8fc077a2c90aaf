"""The cases behind a figure, as a table with pages; each leads to its own page and to its place on the map."""

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import quote

from dash import dcc, html
from dash.development.base_component import Component

from callbacks import formats
from callbacks.panels.analysis import Frame, exports, table
from callbacks.panels.pieces import Children, chip, empty, icon
from layers.events import EVENTS
from services import incidence_cases, performance

ROWS = 50
MAP_ZOOM = 17


def cases(found: incidence_cases.ListedCases, told: Frame) -> list[Component]:
    """Show a page of the cases of a filter."""
    words = told.words
    tools = html.Div([_count(found.total, told), exports(told, "incidence/cases", kinds=("csv", "table"))], className="an-tools")
    if not found.total:
        return [tools, empty(words("analysis.nothing"))]
    heads = [
        (words("analysis.case"), ""), (words("analysis.title"), ""), (words("analysis.by_class"), ""), (words("analysis.by_source"), ""),
        (words("analysis.state"), ""), (words("analysis.reported"), ""), (words("analysis.took"), "n"), (words("analysis.by_department"), ""), ("", ""),
    ]  # fmt: skip
    rows = [_case(one, told) for one in found.cases]
    return [tools, table(heads, rows), _pages(found.total, told)]


def behind(found: performance.EvaluatedCases, told: Frame, name: str) -> list[Component]:
    """Show a page of the cases behind one number of an evaluation, with the steps that the number is made of."""
    words = told.words
    tools = html.Div([html.Div([html.B(name), _count(found.total, told)], className="an-dims")], className="an-tools")
    if not found.total:
        return [tools, empty(words("analysis.nothing"))]
    steps = ("filed", "dispatched", "handled", "checked")
    heads = [
        (words("analysis.case"), ""), (words("analysis.by_class"), ""), (words("analysis.state"), ""), (words("analysis.reported"), ""),
        *((words(f"analysis.step_{step}"), "") for step in steps), (words("analysis.step_closed"), ""), (words("analysis.reworks"), "n"),
    ]  # fmt: skip
    rows: list[list[Children]] = [
        [
            html.A(one.case_no, href=f"/events/{one.id}"),
            one.class_name,
            words(f"state.{one.state}"),
            _at(one.reported_at),
            *(_step(one, step, told) for step in steps),
            _late(one.closed_at, one.deadline_at, told),
            str(one.reworks) if one.reworks else "",
        ]
        for one in found.cases
    ]
    return [tools, table(heads, rows), _pages(found.total, told)]


def _case(one: incidence_cases.ListedCase, told: Frame) -> list[Children]:
    words = told.words
    opened = quote(f"events:{one.id}:{one.lon:.6f}:{one.lat:.6f}", safe=":.")
    source = EVENTS.named("source").choices.get(one.source)
    late = (one.closed_at or told.now) > one.deadline_at
    took = "–" if one.closed_at is None else formats.span(one.closed_at - one.reported_at, words)
    return [
        html.A(one.case_no, href=f"/events/{one.id}"),
        one.title,
        one.class_name,
        words.of(source) if source else one.source,
        [words(f"state.{one.state}"), chip(words("analysis.late"), "alarm") if late else ""],
        _at(one.reported_at),
        took,
        one.department or "–",
        html.A(
            icon("map-2"),
            href=f"/#c={one.lon:.6f},{one.lat:.6f}&z={MAP_ZOOM}&s={opened}",
            className="icon-button",
            title=words("analysis.on_map"),
        ),
    ]


def _step(one: performance.EvaluatedCase, step: str, told: Frame) -> Children:
    due = {"filed": one.file_due_at, "dispatched": one.dispatch_due_at, "handled": one.handle_due_at, "checked": one.check_due_at}[step]
    return _late(getattr(one, f"{step}_at"), due, told)


def _late(at: datetime | None, due: datetime | None, told: Frame) -> Children:
    """An instant; in the colour of alarms when it was after its deadline."""
    if at is None:
        return "–"
    late = due is not None and at > due
    title = "" if due is None else told.words("analysis.due", at=_at(due))
    return html.Span(_at(at), className="alarm" if late else "", title=title)


def _at(at: datetime) -> str:
    return f"{formats.local(at):%Y-%m-%d %H:%M}"


def _count(total: int, told: Frame) -> Component:
    return html.P(told.words("analysis.found", number=formats.number(total)), className="an-said")


def _pages(total: int, told: Frame) -> Component:
    words, page, last = told.words, told.address.number("page", 1, 100_000, 1), max(1, -(-total // ROWS))
    entries: Sequence[tuple[str, int, bool]] = (("chevron-left", page - 1, page > 1), ("chevron-right", page + 1, page < last))
    links = [
        dcc.Link(icon(name), href=told.address.to(page=to), className="icon-button", title=words("analysis.page", page=to, pages=last))
        for name, to, possible in entries
        if possible
    ]
    return html.Div([html.Span(words("analysis.page", page=page, pages=last)), *links], className="an-pages")
