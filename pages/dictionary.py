"""The dictionary at `/dictionary/`: event classes, who answers for them, working time. Staff reads, the system administrator changes."""

from datetime import UTC, datetime

from dash import dcc, html
from dash.development.base_component import Component

from api.identity import reader_or_none
from callbacks import ids
from callbacks.context import Context
from callbacks.dictionary import READERS, may_edit
from callbacks.panels import worktime as calendar_panels
from callbacks.panels.bar import Bar, bar
from callbacks.panels.pieces import also, button, icon, tabs
from callbacks.panels.states import forbidden
from callbacks.words import Words, requested

STORES = (
    ids.DICT_ROWS, ids.DICT_TREE_DRAWN, ids.DICT_CALENDAR_DRAWN, ids.DICT_SHEET_ROWS, ids.DICT_DEPARTMENT_ROWS, ids.DICT_CALENDAR_ROWS, ids.DICT_PICK, ids.DICT_DUE_ASK, ids.DICT_DEPARTMENT, ids.DICT_YEAR, ids.DICT_SUM_ASK, ids.DICT_ACT, ids.SIGNED_OUT, ids.NOTICE, ids.SINK,
)  # fmt: skip


def layout(context: Context) -> Component:
    """Build the page; who may not see it is told so, a stranger is led to the sign-in."""
    words, reader = requested(), reader_or_none()
    if reader is None:
        return html.Div([dcc.Store(id=ids.SIGNED_OUT, data=True), dcc.Store(id=ids.SINK)], id=ids.DICTIONARY)
    head_bar = bar(reader, words, Bar(here="/dictionary/", demo=context.settings.demo))
    if reader.role not in READERS:
        return html.Div([head_bar, html.Main(forbidden(words), id=ids.DICTIONARY, className="admin")], className="admin-page")
    editable = may_edit(reader)
    head = html.Div(
        [
            html.Div([html.H1(words("title.dictionary")), html.P(words("dict.about"), className="quiet")]),
            html.Div(id=ids.DICT_COUNTS, className="dict-counts", role="status"),
        ],
        className="admin-head dict-top",
    )
    parts = tabs(
        [
            ("classes", words("dict.tab_classes"), "", _classes(words)),
            ("departments", words("dict.tab_departments"), "", _departments(words, editable=editable)),
            ("calendar", words("dict.tab_calendar"), "", _calendar(words)),
        ],
        "dictionary",
    )
    main = html.Main(
        [head, parts, html.Div(id=ids.DICT_RESULT, className="admin-result", role="status")], id=ids.DICTIONARY, className="admin dict"
    )
    stores = [*(dcc.Store(id=name) for name in STORES)]
    return html.Div([head_bar, main, *stores], className="admin-page")


def _classes(words: Words) -> Component:
    search = html.Div(
        [
            icon("search"),
            html.Span(
                **also(
                    {
                        "data-input": "search",
                        "data-dict-search": "true",
                        "data-label": words("dict.search"),
                        "data-placeholder": words("dict.search"),
                    }
                )
            ),
        ],
        className="dict-search",
        role="search",
    )
    tree = html.Div(id=ids.DICT_TREE, className="dict-tree")
    nothing = html.P(words("dict.nothing"), className="empty", hidden=True, **also({"data-dict-nothing": "true"}))
    return html.Div(
        [
            html.Nav([search, tree, nothing], className="dict-left", **also({"aria-label": words("dict.tab_classes")})),
            html.Div(id=ids.DICT_EDITOR, className="dict-middle"),
            html.Aside(id=ids.DICT_DUTY, className="dict-right", **also({"aria-label": words("dict.duty")})),
        ],
        className="dict-body three",
    )


def _departments(words: Words, *, editable: bool) -> Component:
    new = [button(words("dict.new_department"), "plus", "small", data_dict_department="0")] if editable else []
    return html.Div(
        [
            html.Div([*new, html.Div(id=ids.DICT_DEPARTMENTS)], className="dict-middle"),
            html.Aside(id=ids.DICT_DEPARTMENT_EDITOR, className="dict-right", **also({"aria-label": words("dict.tab_departments")})),
        ],
        className="dict-body",
    )


def _calendar(words: Words) -> Component:
    return html.Div(
        [
            html.Div(id=ids.DICT_CALENDAR, className="dict-middle"),
            html.Aside(
                [html.Div(id=ids.DICT_DAY_EDITOR), calendar_panels.calculator(words, datetime.now(UTC))],
                className="dict-right",
                **also({"aria-label": words("dict.tab_calendar")}),
            ),
        ],
        className="dict-body",
    )
