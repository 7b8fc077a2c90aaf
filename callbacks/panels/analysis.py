"""The page of high-incidence analysis: its views, filters and presets, rankings with drill-down, the week's hours, trends. Every figure is a link."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from dash import dcc, html
from dash.development.base_component import Component

from callbacks import formats
from callbacks.analysis_address import DAYS, FILTERS, USUAL_DAYS, VIEWS, Address
from callbacks.panels.pieces import Child, Children, also, bar, empty, icon
from callbacks.words import Words
from layers.events import EVENTS
from services.change import share_of
from services.incidence import Ranking, Row
from services.incidence_presets import PRESETS

ICONS: Final[Mapping[str, str]] = {
    "problems": "sort-descending",
    "areas": "map-2",
    "hours": "clock",
    "trend": "chart-line",
    "road_damage": "road",
    "garbage_bins": "trash",
    "performance": "gauge",
    "cases": "list-details",
}
BY_VIEW: Final[Mapping[str, tuple[str, ...]]] = {
    "problems": ("sub", "major", "class", "source", "level", "department"),
    "areas": ("road", "street", "community", "grid", "building"),
    "hours": ("hour", "weekday"),
}
NEXT: Final[Mapping[str, tuple[str, str]]] = {
    "major": ("problems", "sub"),
    "sub": ("problems", "class"),
    "class": ("areas", "road"),
    "road": ("problems", "class"),
    "street": ("areas", "community"),
    "community": ("areas", "grid"),
    "grid": ("problems", "class"),
    "building": ("problems", "class"),
    "hour": ("problems", "class"),
    "weekday": ("hours", "hour"),
    "source": ("problems", "class"),
    "level": ("problems", "class"),
    "department": ("problems", "class"),
}
"""Where a click on a name leads: narrowed to it, ranked by what is asked next."""
PARAMETER: Final[Mapping[str, str]] = {"street": "area", "community": "area", "grid": "area", "hour": "hours", "weekday": "weekdays"}
FIELDS: Final = ("days", "from", "to", "area", "preset", "major", "source", "hours", "weekdays")
UNHEEDED: Final[Mapping[str, frozenset[str]]] = {
    "performance": frozenset({"preset", "major", "source", "hours", "weekdays"}),
    "road_damage": frozenset({"preset", "major"}),
    "garbage_bins": frozenset({"preset", "major"}),
}
"""Fields that a view does not ask for: its cases are its own."""
HOURS: Final = ("8-17", "18-21", "22-5")
WEEKDAYS: Final = ("1-5", "6-7")
MANY: Final = 9.995
FEW: Final = 5
"""A change of fewer cases than this is shown without a tone: it says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What stands around every view."""

    address: Address
    words: Words
    now: datetime
    at: datetime
    """When the cases were read."""
    areas: Sequence[tuple[str, str]]
    """Streets and communities that the reader may choose: code, name."""
    known: Mapping[tuple[str, str], str]
    """Names of the values of filters, by parameter and value."""
    may_export: bool

    def naming(self, known: Mapping[tuple[str, str], str]) -> "Frame":
        """The same with other names."""
        return replace(self, known=known)


def frame(told: Frame, content: Sequence[Component]) -> list[Component]:
    """Put head, views, presets and filters above a view."""
    words = told.words
    age = words("analysis.as_of", at=formats.instant(told.at, told.now, words), age=formats.age(told.at, told.now, words))
    head = html.Div(
        [html.Div([html.H1(words("title.analysis")), html.P(words("analysis.about"), className="quiet")]), html.P(age, className="quiet")],
        className="an-head",
    )
    return [head, _views(told), _form(told), *_chips(told), *content]


def _views(told: Frame) -> Component:
    here = told.address.choice("view", VIEWS)
    return html.Nav(
        [
            dcc.Link(
                [icon(ICONS[view]), told.words(f"analysis.view_{view}")],
                href=told.address.to_view(view),
                className="an-view here" if view == here else "an-view",
            )
            for view in VIEWS
        ],
        className="an-views",
        **also({"aria-label": told.words("analysis.views")}),
    )


def _form(told: Frame) -> Component:
    words, address = told.words, told.address
    dated = bool(address.get("from") or address.get("to"))
    days = "" if dated else address.get("days", str(USUAL_DAYS))
    majors = [(key, words.of(text)) for key, text in EVENTS.named("major").choices.items()]
    sources = [(key, words.of(text)) for key, text in EVENTS.named("source").choices.items()]
    presets = [(one.key, words(f"analysis.preset_{one.key}")) for one in PRESETS]
    fields = [
        choice(
            words("analysis.period"),
            "days",
            [("", words("analysis.by_days")), *((str(one), words("analysis.last_days", number=one)) for one in DAYS)],
            days,
        ),
        entry(words("analysis.from"), "date", "from", address.get("from")),
        entry(words("analysis.to"), "date", "to", address.get("to")),
        choice(words("analysis.area"), "area", [("", words("analysis.whole")), *told.areas], address.get("area")),
        choice(words("analysis.preset"), "preset", [("", words("analysis.every")), *presets], address.get("preset")),
        choice(words("analysis.by_major"), "major", [("", words("analysis.every")), *majors], address.get("major")),
        choice(words("analysis.by_source"), "source", [("", words("analysis.every")), *sources], address.get("source")),
        choice(
            words("analysis.by_hour"),
            "hours",
            [("", words("analysis.all_day")), *((one, words(f"analysis.hours_{one}")) for one in HOURS)],
            address.get("hours"),
        ),
        choice(
            words("analysis.by_weekday"),
            "weekdays",
            [("", words("analysis.every_day")), *((one, words(f"analysis.weekdays_{one}")) for one in WEEKDAYS)],
            address.get("weekdays"),
        ),
    ]
    shown = [
        field for name, field in zip(FIELDS, fields, strict=True) if name not in UNHEEDED.get(address.choice("view", VIEWS), frozenset())
    ]
    return html.Div(
        shown, className="an-form", role="search", **also({"data-analysis-form": "true", "aria-label": words("analysis.filters")})
    )


def choice(title: str, name: str, options: Sequence[tuple[str, str]], value: str) -> Component:
    """Ask for one of several; a value that is none of them is added, so that the form says what the address says."""
    known = [*options] if any(value == key for key, _ in options) else [*options, (value, value)]
    given = {"data-input": "select", "data-field": name, "data-label": title, "data-options": json.dumps(known), "data-value": value}
    return html.Div([html.Span(title), html.Span(**also(given))], className="field")


def entry(title: str, kind: str, name: str, value: str) -> Component:
    """Ask for a day or a number."""
    return html.Div(
        [html.Span(title), html.Span(**also({"data-input": kind, "data-field": name, "data-label": title, "data-value": value}))],
        className="field",
    )


def _chips(told: Frame) -> list[Component]:
    """What else narrows, each with a way to take it out."""
    address, words = told.address, told.words
    if address.choice("view", VIEWS) == "performance":
        return []
    given = [(name, value) for name in FILTERS if name not in {"major", "source", "area"} and (value := address.get(name))]
    given = [
        (name, value)
        for name, value in given
        if not (name == "hours" and value in HOURS) and not (name == "weekdays" and value in WEEKDAYS)
    ]
    area = address.get("area")
    if area and all(area != code for code, _ in told.areas):
        given.append(("area", area))
    if not given:
        return []
    chips: list[Child] = [
        dcc.Link(
            [html.Small(words(f"analysis.filter_{name}")), told.known.get((name, value), value), icon("x")],
            href=address.to(**{name: None}),
            className="an-chip",
            title=words("analysis.take_out"),
        )
        for name, value in given
    ]
    return [html.Div(chips, className="an-chips")]


def figures(found: Ranking, told: Frame) -> Component:
    """Show the sums of a ranking, each with what it compares with."""
    words, address = told.words, told.address
    compared = [
        (
            words("analysis.before"),
            _change(found.total, found.previous, words),
            words("analysis.none_before") if found.previous is None else formats.number(found.previous),
        ),
        (
            words("analysis.year_ago"),
            _change(found.total, found.last_year, words),
            words("analysis.none_before") if found.last_year is None else formats.number(found.last_year),
        ),
    ]
    entries = [
        html.Div([html.Dt(words("analysis.cases")), html.Dd(dcc.Link(formats.number(found.total), href=address.to_view("cases")))]),
        *(html.Div([html.Dt(title), html.Dd([change, html.Small(number)])]) for title, change, number in compared),
        html.Div(
            [
                html.Dt(words("analysis.overdue")),
                html.Dd(
                    [
                        dcc.Link(formats.number(found.overdue), href=address.to_view("cases", overdue="true")),
                        html.Small(_share(found.overdue, found.total)),
                    ]
                ),
            ]
        ),
    ]
    return html.Dl(entries, className="an-figures")


def ranking(found: Ranking, names: Mapping[str, str], told: Frame, view: str) -> list[Component]:
    """Show a ranking: its dimensions, the table, and how much of all cases is in it."""
    words, address = told.words, told.address
    dims = html.Div(
        [
            dcc.Link(words(f"analysis.by_{by}"), href=address.to(by=by), className="an-dim here" if by == found.by else "an-dim")
            for by in BY_VIEW[view]
        ],
        className="an-dims",
    )
    tools = html.Div([dims, exports(told, "incidence", by=found.by, limit=500)], className="an-tools")
    if not found.rows:
        return [tools, empty(words("analysis.nothing"))]
    heads = [
        ("", ""), (words(f"analysis.by_{found.by}"), ""), (words("analysis.cases"), "wide"), (words("analysis.share"), "n"), (words("analysis.before"), "n"),
        (words("analysis.year_ago"), "n"), (words("analysis.overdue"), "n"), (words("analysis.open"), "n"), (words("analysis.median"), "n"), ("", ""),
    ]  # fmt: skip
    rows = [_row(place, row, named(found.by, row.key, names, words), found, told) for place, row in enumerate(found.rows, 1)]
    outside = found.total - found.grouped
    notes = [words("analysis.shown", rows=len(found.rows), groups=formats.number(found.groups))]
    if outside:
        notes.append(
            words(
                f"analysis.outside_{found.by}" if found.by in {"road", "building", "department"} else "analysis.outside",
                number=formats.number(outside),
            )
        )
    return [tools, table(heads, rows), html.P(words.joint.join(notes), className="quiet")]


def _row(place: int, row: Row, name: str, found: Ranking, told: Frame) -> list[Children]:
    words, address, by = told.words, told.address, found.by
    parameter = PARAMETER.get(by, by)
    view, then = NEXT[by]
    behind = {parameter: row.key}
    return [
        str(place),
        dcc.Link(
            name,
            href=address.to(view=view, by=then, **behind),
            className="an-name",
            title=words("analysis.look_into", by=words(f"analysis.by_{then}")),
        ),
        html.Div(
            [dcc.Link(formats.number(row.count), href=address.to_view("cases", **behind)), bar(row.count / found.rows[0].count)],
            className="an-bar",
        ),
        formats.percent(row.share, 1),
        _change(row.count, row.previous, words),
        _change(row.count, row.last_year, words),
        dcc.Link(formats.number(row.overdue), href=address.to_view("cases", overdue="true", **behind)) if row.overdue else "0",
        formats.number(row.open),
        "–" if row.median_hours is None else hours(row.median_hours, words),
        dcc.Link(icon("chart-line"), href=address.to_view("trend", **behind), className="icon-button", title=words("analysis.view_trend")),
    ]


def named(by: str, key: str, names: Mapping[str, str], words: Words) -> str:
    """Name a key of a dimension."""
    if by == "hour":
        return f"{int(key):02d}:00–{(int(key) + 1) % 24:02d}:00"
    if by == "weekday":
        return words(f"weekday.{int(key) - 1}")
    if by in {"major", "source", "level"}:
        text = EVENTS.named(by).choices.get(key)
        return words.of(text) if text else key
    return names.get(key) or words("analysis.gone", code=key)


# ---- small parts ------------------------------------------------------------------------------------------------


def chart(kind: str, values: Mapping[str, object], label: str, *, height: int | None = None) -> Component:
    """Leave room for a chart; scripts draw it. Its table stands on the page as well."""
    told = {"data-chart": kind, "data-values": json.dumps(values, ensure_ascii=False), "data-label": label}
    return html.Div(className="an-chart", **also(told if height is None else {**told, "data-height": str(height)}))


def table(heads: Sequence[tuple[str, str]], rows: Sequence[Sequence[Children]], *classes: str) -> Component:
    """Build a table; a head's class is that of its column."""
    return html.Div(
        html.Table(
            [
                html.Thead(html.Tr([html.Th(text, scope="col", className=kind) for text, kind in heads])),
                html.Tbody([html.Tr([html.Td(cell, className=kind) for cell, (_, kind) in zip(row, heads, strict=True)]) for row in rows]),
            ],
            className=" ".join(("an-table", *classes)),
        ),
        className="an-scroll",
    )


def as_table(words: Words, content: Component, *, open_: bool) -> Component:
    """Put a chart's table behind a line that opens it."""
    return html.Details([html.Summary([icon("table"), words("analysis.as_table")]), content], open=open_, className="an-more")


def exports(told: Frame, path: str, *, kinds: Sequence[str] = ("csv", "xlsx"), **more: str | int | None) -> Component:
    """Offer a table as files; nothing for those who may not export."""
    if not told.may_export:
        return html.Span()
    links = [
        html.A(
            [icon("download"), told.words(f"analysis.export_{kind}")],
            href=told.address.api(path, told.now, format="csv" if kind == "csv" else "xlsx", lang=str(told.words.language), **more),
            className="button small",
        )
        for kind in kinds
    ]
    return html.Div(links, className="acts")


def hours(value: float, words: Words) -> str:
    """Write hours, short ones as minutes, long ones as days."""
    if value < 1:
        return words("analysis.minutes", number=formats.number(value * 60))
    return (
        words("analysis.hours", number=formats.number(value, 1))
        if value < 48
        else words("analysis.days", number=formats.number(value / 24, 1))
    )


def day_of(at: datetime) -> str:
    """Write the local day of an instant."""
    return formats.local(at.astimezone(UTC)).date().isoformat()


def _change(count: int, past: int | None, words: Words) -> Child:
    if past is None:
        return html.Span("–", title=words("analysis.none_before"))
    if not past:
        return html.Span(words("analysis.new") if count else "–")
    change = share_of(count, past)
    if change is None:
        text = words("analysis.cases_more", number=f"{count - past:+,}")
    else:
        text = words("analysis.times", number=formats.number(count / past, 1)) if change > MANY else f"{change:+.0%}"
    tone = "" if abs(count - past) < FEW else "warn" if count > past else "good"
    return html.Span(text, className=tone, title=words("analysis.was", number=formats.number(past)))


def _share(part: int, whole: int) -> str:
    return formats.percent(part, whole) if whole else "–"
