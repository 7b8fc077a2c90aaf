"""The panel of a case: level, clocks, steps, photos, repetitions, who can be sent, what can be done (LH-10); shorter for those who only see its place."""

import json
from datetime import datetime

from dash import dcc, html
from dash.development.base_component import Component

from callbacks import formats, ids
from callbacks.panels import acts, case_clocks, case_sections, lists, video
from callbacks.panels import candidates as candidate_list
from callbacks.panels.opened import Opened
from callbacks.panels.pieces import also, bar, button, chip, icon, icon_button, opener, reference, section
from callbacks.panels.shown import Shown, attribute_section, header, near_section, panel, relation_section
from callbacks.panels.states import close
from services.workflow import STEPS, steps

SENDABLE = acts.SENDING
CLOSED_SAID = ("closed", "evaluated", "void", "merged", "not_filed")
IN_HEAD = (
    "title",
    "level",
    "state",
    "case_no",
    "place_text",
    "source",
    "class_name",
    "class_code",
    "grid_code",
    "reported_at",
    "step_started_at",
    "deadline_at",
    "closed_at",
    "open",
    "description",
    "building_id",
    "worker_id",
    "dup_of",
    "major",
)


def event(shown: Shown) -> list[Component]:
    """Show a case."""
    return _opened(shown, shown.opened) if shown.opened else _seen(shown)


def _opened(shown: Shown, opened: Opened) -> list[Component]:
    """Show a case that the reader may open, with all that can be done with it."""
    case, words, now = opened.case, shown.words, shown.now
    body: list[Component] = [*_story(shown), *case_sections.photos(case, words, now), *video.of_event(case, shown.reader, words)]
    body += case_sections.duplicates(opened, words)
    sent = case_sections.tasks(case, words, now)
    body += [*_sendable(shown, opened), *sent] if opened.may("dispatch") else [*sent, *_sendable(shown, opened)]
    body += [
        *case_sections.departments(case, words, now),
        *case_sections.sources(opened, shown.layer, words, now),
        *case_sections.timeline(case, words, now),
        *_around(shown),
    ]
    scroll = html.Div(body, className="panel-scroll", tabIndex="0", role="region", **also({"aria-label": case.title}))
    idle = _idle(shown, opened)
    root = {"data-case": str(case.id), "data-version": str(case.version), "data-lon": f"{case.lon:.6f}", "data-lat": f"{case.lat:.6f}"}
    top = html.Div(
        [*_banners(shown, opened), case_clocks.clocks(case, words, now), case_clocks.steps(case, words, now)],
        className="case-top",
        **also(root),
    )
    return [_head(shown, opened), top, scroll, *acts.bar(case.possible, opened.forms, words, _standing(shown, opened), idle=idle)]


def _sendable(shown: Shown, opened: Opened) -> list[Component]:
    """Hold the place of those who can be sent.

    Where sending is not the next act the list is folded and looked for when it is wanted;
    only to people who were sent can more be added.
    """
    if not any(opened.may(action) for action in SENDABLE):
        return []
    words, case = shown.words, opened.case
    folded = not opened.may("dispatch")
    fold = html.Button(
        [icon("user-plus"), words("candidates.send_more" if case.tasks else "act.assign"), icon("chevron-down")],
        type="button",
        className="fold-line",
        **also({"data-candidates-open": str(case.id)}),
    )
    return [
        dcc.Store(id=ids.CASE_SHOWN, data={"event": case.id, "lon": case.lon, "lat": case.lat, "later": folded}),
        html.Div([fold, candidate_list.waiting(case.id, words)], className="candidates folded-list" if folded else "candidates"),
    ]


def _head(shown: Shown, opened: Opened) -> Component:
    words, case = shown.words, opened.case
    name = reference(shown.layer.key, case.id)
    kind = html.Div(
        [
            icon_button("arrow-left", words("panel.back"), data_back="true"),
            _level(shown),
            html.Span(shown.text("major")),
            html.Span(case.class_name, className="second cut"),
        ],
        className="case-kind",
        title=words.of(shown.layer.title),
    )
    page = html.A(
        icon("external-link"),
        href=f"/events/{case.id}",
        className="icon-button",
        title=words("case.page"),
        **also({"aria-label": words("case.page")}),
    )
    tools = [
        icon_button("circle", words("panel.around"), data_board="nearby", data_board_data=_nearby(shown, opened)),
        icon_button("focus-2", words("panel.locate"), data_locate=f"{case.lon:.6f},{case.lat:.6f}"),
        page,
        icon_button("link", words("panel.copy_link"), data_copy_link=name),
        close(words),
    ]
    chips = [
        *case_sections.source_chips(case, shown.layer, words),
        *([chip([icon("bell"), words("case.supervised")], "alarm")] if case.supervised else []),
        html.Span(case.case_no, className="case-no"),
    ]
    return html.Div(
        [
            html.Div([kind, html.Div(tools, className="head-tools")], className="kind-row"),
            html.H1(case.title),
            _place(shown),
            html.Div(chips, className="case-sources"),
        ],
        className="panel-head",
    )


def _nearby(shown: Shown, opened: Opened) -> str:
    case = opened.case
    return json.dumps({"lon": case.lon, "lat": case.lat, "of": reference(shown.layer.key, case.id)})


def _banners(shown: Shown, opened: Opened) -> list[Component]:
    words, case = shown.words, opened.case
    parts: list[Component] = []
    if opened.said:
        parts.append(html.Div([icon("info-circle"), html.Span(opened.said.text)], className=f"said-bar {opened.said.tone}", role="alert"))
    moved = [
        icon("refresh"),
        html.Span(words("case.moved")),
        button(words("case.reload"), "", "small", data_open=reference(shown.layer.key, case.id)),
    ]
    parts.append(html.Div(moved, className="said-bar warn", hidden=True, **also({"data-case-moved": "true"})))
    if case.state == "merged" and case.master_id:
        master = button(case.master_no or "", "git-merge", "small", data_open=reference("events", case.master_id))
        parts.append(html.Div([icon("git-merge"), html.Span(words("case.merged_into")), master], className="said-bar"))
    if case.state == "suspended":
        until, over = case.suspended_until, case.suspended_until is not None and case.suspended_until <= shown.now
        text = (
            words("case.suspension_over" if over else "case.suspended_until", at=formats.instant(until, shown.now, words)) if until else ""
        )
        tone = "said-bar alarm" if over else "said-bar warn"
        parts.append(html.Div([icon("player-pause"), html.Span(text or words("case.suspended"))], className=tone, role="status"))
    return parts


def _standing(shown: Shown, opened: Opened) -> str:
    """Say in the bar who has the case."""
    case, words = opened.case, shown.words
    open_tasks = [task for task in case.tasks if task.finished_at is None]
    if open_tasks:
        return words("case.sent", number=len(open_tasks))
    if any(step.key == "check" and step.state == "current" for step in case.steps) and not opened.may("check"):
        return words("case.others_check")
    return words("case.with", who=case.department) if case.department else words(f"state.{case.state}")


def _idle(shown: Shown, opened: Opened) -> str:
    case, words = opened.case, shown.words
    if case.state in CLOSED_SAID:
        return words(
            "case.over", state=words(f"state.{case.state}"), at=formats.instant(case.closed_at, shown.now, words) if case.closed_at else ""
        )
    who = case.department or next((task.name for task in case.tasks if task.finished_at is None and task.name), None) or case.worker
    return words("case.read_only_with", who=who) if who else words("case.read_only", state=words(f"state.{case.state}"))


def _around(shown: Shown) -> list[Component]:
    words = shown.words
    body: list[Component] = []
    building = shown.details.relations.get("building")
    if building and building.total:
        body += relation_section(shown, "building", words("event.building"))
    body.append(attribute_section(shown, *IN_HEAD))
    return [*body, *near_section(shown, "cameras", words("event.near_cameras"), most=4)]


def _seen(shown: Shown) -> list[Component]:
    """Show what the layer tells of a case: for those who may not open it."""
    words = shown.words
    body: list[Component] = [*_clocks(shown), _steps(shown), *_story(shown)]
    for name, title in (
        ("building", "event.building"),
        ("worker", "event.worker"),
        ("dup", "event.dup_of"),
        ("duplicates", "event.duplicates"),
    ):
        relation = shown.details.relations.get(name)
        if relation and relation.total:
            body += relation_section(shown, name, words(title))
    body.append(attribute_section(shown, *IN_HEAD))
    for key in ("cameras", "workers", "resources"):
        body += near_section(shown, key, words(f"event.near_{key}"), most=4)
    return panel(shown, header(shown, _place(shown), _marks(shown), badges=[_level(shown)], path=False), body)


def _level(shown: Shown) -> Component:
    return html.Span(shown.text("level"), className="level-badge", style={"--colour": f"var(--level-{shown.row.fields.get('level') or 0})"})


def _place(shown: Shown) -> Component:
    areas = shown.details.areas
    grid = [opener(areas[-1].name, areas[-1].layer, areas[-1].id, "crumb-link")] if areas else []
    return html.Div([icon("map-pin"), html.Span(shown.text("place_text")), *grid], className="place")


def _marks(shown: Shown) -> Component:
    words = shown.words
    state = str(shown.row.fields.get("state") or "")
    return html.Div(
        [
            chip(words(f"state.{state}"), "accent") if state else "",
            chip([icon("flag"), shown.text("class_name")]),
            chip([icon("send"), shown.text("source")]),
            html.Span(shown.text("case_no"), className="case-no"),
        ],
        className="chips",
    )


def _clocks(shown: Shown) -> list[Component]:
    reported, deadline, started = shown.at("reported_at"), shown.at("deadline_at"), shown.at("step_started_at")
    closed = shown.at("closed_at")
    if reported is None:
        return []
    words, now = shown.words, shown.now
    second = _elapsed(reported, closed or now, shown)
    if closed or deadline is None or shown.row.fields.get("state") not in lists.WAITING:
        return [html.Div([second], className="section clocks")]
    _, tone = lists.limit(shown.row, now, words)
    whole = (deadline - (started or reported)).total_seconds()
    spent = (now - (started or reported)).total_seconds() / whole if whole > 0 else 1.0
    first = html.Div(
        [
            html.Span(words("event.step_left", step=words(f"step.{STEPS[_present(shown)]}")), className="clock-title"),
            html.Strong(formats.left(deadline, now, words), className=f"clock-figure {tone}", **also({"data-until": deadline.isoformat()})),
            bar(spent, f"var(--{tone or 'accent'})"),
            html.Span(
                words("event.due", at=formats.instant(deadline, now, words), limit=formats.span(deadline - (started or reported), words)),
                className="clock-note",
            ),
        ],
        className="clock",
    )
    return [html.Div([first, second], className="section clocks two")]


def _elapsed(reported: datetime, until: datetime, shown: Shown) -> Component:
    words = shown.words
    closed = shown.row.fields.get("closed_at") is not None
    return html.Div(
        [
            html.Span(words("event.took" if closed else "event.elapsed"), className="clock-title"),
            html.Strong(formats.span(until - reported, words), className="clock-figure"),
            html.Span(words("event.since", at=formats.instant(reported, shown.now, words)), className="clock-note"),
        ],
        className="clock",
    )


def _present(shown: Shown) -> int:
    drawn = steps(str(shown.row.fields.get("state")))
    return next((place for place, step in enumerate(drawn) if step.state == "current"), len(STEPS) - 1)


def _steps(shown: Shown) -> Component:
    words = shown.words
    times = {"report": shown.at("reported_at"), "close": shown.at("closed_at")}
    drawn = []
    for step in steps(str(shown.row.fields.get("state"))):
        at = times.get(step.key) if step.state == "done" else None
        when = words("event.in_progress") if step.state == "current" else formats.instant(at, shown.now, words) if at else ""
        drawn.append(
            html.Li(
                [html.Span(words(f"step.{step.key}")), html.Small(when)],
                className={"done": "done", "current": "now"}.get(step.state, ""),
                **also({"aria-current": "step"} if step.state == "current" else {}),
            )
        )
    return html.Ol(drawn, className="section steps")


def _story(shown: Shown) -> list[Component]:
    text = shown.row.fields.get("description")
    return [section(shown.words("event.description"), html.P(str(text), className="story"))] if text else []
