"""Suggestions for the whole backlog: who goes where when all cases that wait are looked at together, and what that saves."""

from collections.abc import Sequence
from datetime import datetime

from dash import html
from dash.development.base_component import Component

from callbacks import formats
from callbacks.panels import states
from callbacks.panels.pieces import also, button, chip, dot, empty, icon, section
from callbacks.words import Words
from services.assignment import Assignment, Pair

KINDS = ("worker", "vehicle")


def backlog(found: Assignment, words: Words, now: datetime) -> list[Component]:
    """Show the pairs; what is ticked is sent."""
    scroll = [
        section(
            words("backlog.pairs", number=len(found.pairs)),
            [*(_pair(pair, words) for pair in found.pairs), *_unserved(found, words)] if found.pairs else [empty(words("backlog.none"))],
            note=words("backlog.order"),
        ),
    ]
    body = html.Div(scroll, className="panel-scroll", tabIndex="0", role="region", **also({"aria-label": words("backlog.title")}))
    return [_head(found, words, now), body, *_foot(found, words)]


def _head(found: Assignment, words: Words, now: datetime) -> Component:
    kinds = [
        html.Button(
            words(f"candidates.kind_{kind}"),
            type="button",
            className="segment",
            **also(
                {
                    "data-board": "backlog",
                    "data-board-data": f'{{"kind": "{kind}"}}',
                    "aria-pressed": "true" if kind == found.kind else "false",
                }
            ),
        )
        for kind in KINDS
    ]
    counted = html.Span(words("selection.counted", at=f"{formats.local(found.at):%H:%M:%S}"), className="quiet")
    title = html.Div([html.H1([icon("list-details"), words("backlog.title")]), counted], className="title-row")
    text = words("backlog.about", events=formats.number(found.events), free=formats.number(found.free))
    roads = (
        words("candidates.engine", engine=found.network.engine, at=formats.instant(found.network.map_at, now, words))
        if found.network
        else words("candidates.no_roads")
    )
    return html.Div(
        [
            html.Div([title, html.Div(states.close(words), className="head-tools")], className="kind-row"),
            html.P(words.joint.join([text, roads]), className="quiet"),
            _figures(found, words),
            html.Div(kinds, className="segments", role="group", **also({"aria-label": words("candidates.kinds")})),
        ],
        className="panel-head board-head",
    )


def _figures(found: Assignment, words: Words) -> Component:
    saved = max(found.saved_share, 0.0)
    entries = [
        (words("backlog.minutes", number=_minutes(found.best.mean_s)), words("backlog.mean"), ""),
        (words("backlog.minutes", number=_minutes(found.best.worst_s)), words("backlog.worst"), ""),
        (formats.percent(saved, 1), words("backlog.saved"), "good"),
        (words("backlog.minutes", number=_minutes(found.in_turn.mean_s)), words("backlog.in_turn"), ""),
    ]
    return html.Div(
        [html.Div([html.B(value), html.Span(title)], className=tone) for value, title, tone in entries],
        className="board-figures",
    )


def _pair(pair: Pair, words: Words) -> Component:
    name = f"{pair.event_id}:{pair.kind}:{pair.mover_id}"
    before = words("backlog.instead", minutes=_minutes(pair.in_turn_time_s)) if pair.in_turn_time_s is not None else ""
    return html.Div(
        [
            html.Button(
                html.I(className="check", **also({"aria-hidden": "true"})),
                type="button",
                role="checkbox",
                className="tick",
                **also({"data-tick": "pairs", "data-value": name, "aria-checked": "true", "aria-label": f"{pair.title} → {pair.mover}"}),
            ),
            html.Button(
                [html.Span([dot(f"var(--level-{pair.level})"), " ", pair.title], className="cut"), html.Small(pair.case_no)],
                type="button",
                className="opener",
                **also({"data-open": f"open_events/{pair.event_id}"}),
            ),
            icon("arrow-narrow-right", "faint"),
            html.Button(
                [html.Span(pair.mover, className="cut"), html.Small(pair.number)],
                type="button",
                className="opener",
                **also({"data-open": f"{pair.kind}s/{pair.mover_id}", "data-hover": f"{pair.kind}s/{pair.mover_id}"}),
                **also({"data-lon": f"{pair.lon:.6f}", "data-lat": f"{pair.lat:.6f}"}),
            ),
            html.Span(
                [html.B(words("candidates.short_minutes", number=_minutes(pair.travel_time_s))), html.Small(before)], className="minutes"
            ),
        ],
        className="pair",
    )


def _unserved(found: Assignment, words: Words) -> Sequence[Component]:
    if not found.unserved:
        return []
    return [html.P([chip(str(len(found.unserved)), "warn"), words("backlog.unserved")], className="said quiet")]


def _foot(found: Assignment, words: Words) -> list[Component]:
    if not found.pairs:
        return [html.Div(button(words("panel.close"), "x", data_close_panel="true"), className="panel-foot")]
    said = html.Span(words("backlog.explain"), className="quiet", **also({"data-backlog-said": "true"}))
    return [
        html.Div(
            [
                html.Div(said, className="foot-said", role="status"),
                button(words("act.cancel"), "", data_close_panel="true"),
                button(words("backlog.apply", number=len(found.pairs)), "send", "primary", data_backlog_apply=found.kind),
            ],
            className="panel-foot case-foot",
        )
    ]


def result(sent: int, failed: Sequence[tuple[str, str]], words: Words) -> list[Component]:
    """Say what became of the suggestion: how many were sent, and which not."""
    rows = [html.Div([html.B(number), html.Span(why, className="second")], className="record") for number, why in failed]
    head = html.Div(
        [
            html.Div(
                [html.H1([icon("checks"), words("backlog.done", number=sent)]), html.Div(states.close(words), className="head-tools")],
                className="kind-row",
            )
        ],
        className="panel-head",
    )
    body: list[Component] = [html.P([icon("check"), words("backlog.done_text", number=sent)], className="said good section")]
    if rows:
        body.append(section(words("backlog.failed", number=len(rows)), rows))
    return [head, html.Div(body, className="panel-scroll", tabIndex="0", role="region", **also({"aria-label": words("backlog.title")}))]


def _minutes(seconds: float | None) -> str:
    return "—" if seconds is None else f"{seconds / 60:.1f}"
