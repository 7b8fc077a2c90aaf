"""The list of all cases: what narrows it at the left, a table that reads page by page at the right."""

from collections.abc import Mapping
from datetime import datetime

import dash_ag_grid as dag
from dash import html
from dash.development.base_component import Component

from callbacks import formats, ids
from callbacks.panels import lists
from callbacks.panels.grid import look
from callbacks.panels.pieces import also, button, icon
from callbacks.words import Words
from layers.base import Layer
from services.features import Row

CHIPS = ("state", "level", "major", "source")
"""Fields that are narrowed by their values."""
FLAGS = ("open", "overdue")
ORDERS: Mapping[str, str] = {
    "case_no": "case_no",
    "title": "title",
    "level": "level",
    "state": "state",
    "class_name": "class_name",
    "source": "source",
    "reported_at": "reported_at",
    "deadline_at": "deadline_at",
}
"""Column of the table → column of the view that it is ordered by."""
COLUMNS: tuple[tuple[str, int, bool], ...] = (
    ("title", 200, True),
    ("level", 96, True),
    ("state", 84, True),
    ("limit", 128, False),
    ("place_text", 122, False),
    ("source", 104, True),
    ("reported_at", 150, True),
    ("case_no", 190, True),
)
"""Column, width, whether it can be ordered by."""
BLOCK = 100


def event_list(layer: Layer, words: Words, *, may_export: bool) -> list[Component]:
    """Show the page of the list."""
    head = html.Div(
        [
            html.Div(
                [html.H1(words("title.events")), html.P(id=ids.EVENT_FIGURE, className="event-figure", role="status")],
                className="event-title",
            ),
            html.Div(
                [
                    html.Span(
                        **also(
                            {
                                "data-input": "search",
                                "data-label": words("events.search"),
                                "data-placeholder": words("events.search"),
                                "data-maxlength": "80",
                                "data-event-text": "true",
                            }
                        )
                    ),
                    *([_export(words)] if may_export else []),
                ],
                className="event-tools",
            ),
        ],
        className="event-head",
    )
    aside = html.Aside(
        [_flags(words), *(_chips(layer, name, words) for name in CHIPS), _period(words), _views(words)],
        className="event-filters",
        **also({"aria-label": words("filter.title")}),
    )
    return [head, html.Div([aside, html.Div(_grid(layer, words), className="event-table")], className="event-columns")]


def _export(words: Words) -> Component:
    links = [
        html.A(words(f"events.export_{kind}"), href="#", className="menu-item", **also({"data-event-export": kind}))
        for kind in ("csv", "geojson", "gpkg")
    ]
    return html.Details(
        [html.Summary([icon("download"), words("export.title")], className="button"), html.Div(links, className="menu event-export")],
        className="event-export-box",
    )


def _group(title: str, content: list[Component] | Component) -> Component:
    return html.Section([html.H2(title), html.Div(content, className="filter-chips")], className="event-group")


def _chips(layer: Layer, name: str, words: Words) -> Component:
    item = layer.named(name)
    palette = layer.look.palette if layer.look.by == name else {}
    return _group(
        words.of(item.title),
        [
            html.Button(
                words.of(text).split(" ")[0] if palette else words.of(text),
                type="button",
                className="filter-chip",
                title=words.of(text),
                style={"--colour": palette.get(value, "var(--accent)")},
                **also({"data-event-field": name, "data-event-value": value, "aria-pressed": "false"}),
            )
            for value, text in item.choices.items()
        ],
    )


def _flags(words: Words) -> Component:
    return _group(
        words("events.quick"),
        [
            html.Button(
                words(f"events.{name}"),
                type="button",
                className=f"filter-chip {'alarm' if name == 'overdue' else ''}".strip(),
                **also({"data-event-field": name, "data-event-value": "true", "aria-pressed": "false"}),
            )
            for name in FLAGS
        ],
    )


def _period(words: Words) -> Component:
    days = [
        html.Span(
            **also({"data-input": "date", "data-label": words(f"events.{edge}"), "data-event-day": edge}),
        )
        for edge in ("from", "to")
    ]
    return html.Section([html.H2(words("events.reported")), html.Div(days, className="event-days")], className="event-group")


def _views(words: Words) -> Component:
    name = {"data-input": "text", "data-label": words("views.name"), "data-placeholder": words("views.name"), "data-maxlength": "40"}
    return html.Section(
        [
            html.H2(words("rail.views")),
            html.Ul(className="views", **also({"data-event-views": "true"})),
            html.Div(
                [
                    html.Span(**also({**name, "data-event-view-name": "true"})),
                    button(words("views.save"), "bookmark-plus", "small", data_event_view_save="true"),
                ],
                className="view-form",
            ),
            button(words("filter.clear"), "filter-off", "small", "plain", data_event_clear="true"),
        ],
        className="event-group",
    )


def _grid(layer: Layer, words: Words) -> Component:
    grid: Component = dag.AgGrid(
        id=ids.EVENT_GRID,
        columnDefs=[_column(layer, name, width, words, ordered=ordered) for name, width, ordered in COLUMNS],
        rowModelType="infinite",
        defaultColDef={"resizable": True, "suppressMovable": True, "sortable": False},
        **look(words, cacheBlockSize=BLOCK, maxBlocksInCache=20, maxConcurrentDatasourceRequests=1, infiniteInitialRowCount=30),
    )
    return grid


def _column(layer: Layer, name: str, width: int, words: Words, *, ordered: bool) -> dict[str, object]:
    title = words("case.limit") if name == "limit" else words.of(layer.named(name).title)
    column: dict[str, object] = {"field": name, "headerName": title, "width": width, "sortable": ordered}
    if name == "title":
        column |= {"cellRenderer": "CaseLink", "flex": 1, "minWidth": width}
    if name == "limit":
        column["cellClassRules"] = {
            "alarm": "params.data && params.data.tone == 'alarm'",
            "warn": "params.data && params.data.tone == 'warn'",
        }
    if name == "level":
        column["cellRenderer"] = "CaseLevel"
    if name == "reported_at":
        column["sort"] = "desc"
    return column


def table_row(layer: Layer, row: Row, words: Words, now: datetime) -> dict[str, object]:
    """Write a case as a row of the table."""
    text, tone = lists.limit(row, now, words)
    shown = {name: formats.shown(layer.named(name), row.fields.get(name), words, now) for name, _, _ in COLUMNS if name != "limit"}
    closed = row.fields.get("closed_at") is not None
    return {
        **shown,
        "id": str(row.id),
        "level_value": row.fields.get("level") or 0,
        "limit": words("events.closed", at=text) if closed else text,
        "tone": tone,
    }
