"""The open cases beside the map: how many wait for which step, and the most urgent first."""

from collections.abc import Sequence
from datetime import datetime

from dash import html
from dash.development.base_component import Component

from callbacks import formats
from callbacks.panels.pieces import also, button, empty, icon
from callbacks.words import Words
from layers.base import Layer
from services.inbox import Entry, Inbox, Query

STEPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("to_file", ("reported",)),
    ("to_dispatch", ("filed",)),
    ("in_hand", ("dispatched", "handling")),
    ("to_check", ("checking",)),
    ("waiting", ("suspended",)),
)
"""What open cases wait for, and the states that each adds up."""
LEVELS = (1, 2, 3, 4, 0)


def inbox(found: Inbox, query: Query, layer: Layer, words: Words, now: datetime, *, may_report: bool, may_assign: bool) -> list[Component]:
    """Show the list with what narrows it."""
    rows = [_row(entry, layer, words, now) for entry in found.entries]
    listed = html.Div(
        rows,
        className="inbox-list",
        role="listbox",
        tabIndex="0",
        id="inbox-list",
        **also({"data-list": "", "aria-label": words("inbox.list")}),
    )
    total = sum(number for state, number in found.numbers.items() if not query.states or state in query.states)
    more = [html.P(words("list.more", number=formats.number(total - len(rows))), className="more")] if total > len(rows) else []
    nothing = empty(words("inbox.none_filtered" if _narrowed(query) else "inbox.none"))
    return [
        html.Div([_steps(found, query, words), _narrowing(query, layer, words)], className="inbox-head"),
        html.Div([listed, *more] if rows else nothing, className="inbox-body"),
        *_foot(words, may_report=may_report, may_assign=may_assign),
    ]


def _narrowed(query: Query) -> bool:
    return bool(query.states or query.levels or query.overdue or query.mine or query.text)


def _steps(found: Inbox, query: Query, words: Words) -> Component:
    entries = [("", sum(found.numbers.values()))]
    entries += [(name, sum(found.numbers.get(state, 0) for state in states)) for name, states in STEPS]
    chosen = next((name for name, states in STEPS if query.states == states), "")
    return html.Div(
        [
            html.Button(
                [html.Span(words(f"inbox.step_{name}" if name else "inbox.step_all")), html.B(formats.number(number))],
                type="button",
                className="inbox-step",
                **also({"data-inbox-step": name, "aria-pressed": "true" if name == chosen else "false"}),
            )
            for name, number in entries
        ],
        className="inbox-steps",
        role="group",
        **also({"aria-label": words("inbox.steps")}),
    )


def _narrowing(query: Query, layer: Layer, words: Words) -> Component:
    choices = layer.named("level").choices
    levels = [
        html.Button(
            words.of(choices[str(level)]).split(" ")[0],
            type="button",
            className="inbox-level",
            title=words.of(choices[str(level)]),
            style={"--colour": f"var(--level-{level})"},
            **also({"data-inbox-level": str(level), "aria-pressed": "true" if level in query.levels else "false"}),
        )
        for level in LEVELS
    ]
    flags = [
        html.Button(
            words(f"inbox.{name}"),
            type="button",
            className=f"inbox-flag {name}",
            **also({"data-inbox-flag": name, "aria-pressed": "true" if pressed else "false"}),
        )
        for name, pressed in (("overdue", query.overdue), ("mine", query.mine))
    ]
    return html.Div([html.Div(levels, className="inbox-levels"), html.Div(flags, className="inbox-flags")], className="inbox-narrowing")


def _row(entry: Entry, layer: Layer, words: Words, now: datetime) -> Component:
    text, tone = _time(entry, words, now)
    icons = layer.look.icons
    place = words.joint.join(_told(entry, words))
    flag = [icon("flag", "alarm")] if entry.supervised else []
    return html.Button(
        [
            html.Span(
                icon(icons.get(entry.major, layer.look.icon)),
                className=f"inbox-pin {tone}",
                style={"--colour": f"var(--level-{entry.level})", "--share": f"{_share(entry, now):.2f}"},
            ),
            html.Span([html.Span([*flag, entry.title], className="cut inbox-title"), html.Span(place, className="cut inbox-second")]),
            html.Span(text, className=f"inbox-time {tone}"),
        ],
        type="button",
        className="inbox-row",
        role="option",
        id=f"inbox-{entry.id}",
        tabIndex="-1",
        key=str(entry.id),
        **also(
            {
                "data-case-row": str(entry.id),
                "data-layer": "open_events",
                "data-id": str(entry.id),
                "data-lon": f"{entry.lon:.6f}",
                "data-lat": f"{entry.lat:.6f}",
            }
        ),
    )


def _told(entry: Entry, words: Words) -> list[str]:
    """Name state, class and place, without what the title says already."""
    more = [part for part in (entry.class_name, entry.place_text) if part and part not in entry.title]
    return [words(f"state.{entry.state}"), *more]


def _share(entry: Entry, now: datetime) -> float:
    whole = (entry.deadline_at - entry.step_started_at).total_seconds()
    return min(max((entry.deadline_at - now).total_seconds() / whole, 0.0), 1.0) if whole > 0 else 0.0


def _time(entry: Entry, words: Words, now: datetime) -> tuple[str, str]:
    if entry.paused_at or entry.state == "suspended":
        return words("inbox.paused"), ""
    tone = "alarm" if entry.deadline_at < now else "warn" if _share(entry, now) < 1 / 4 else ""
    return formats.left(entry.deadline_at, now, words), tone


def _foot(words: Words, *, may_report: bool, may_assign: bool) -> Sequence[Component]:
    buttons: list[Component] = []
    if may_report:
        buttons.append(button(words("report.new"), "plus", "small", data_board="report"))
    if may_assign:
        buttons.append(button(words("backlog.open"), "list-details", "small", data_board="backlog"))
    buttons.append(
        html.A(
            icon("table"),
            href="/events/",
            className="button small square",
            title=words("inbox.all"),
            **also({"aria-label": words("inbox.all")}),
        )
    )
    return [html.Div(buttons, className="inbox-foot")]
