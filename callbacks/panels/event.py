"""The panel of a case as far as it is read: level, steps, clocks, place, reporter, what lies around (LH-10). Handling comes on top of it."""

from datetime import datetime

from dash import html
from dash.development.base_component import Component

from callbacks import formats
from callbacks.panels import lists
from callbacks.panels.pieces import also, bar, chip, icon, opener, section
from callbacks.panels.shown import Shown, attribute_section, header, near_section, panel, relation_section

STEPS = ("report", "file", "dispatch", "handle", "check", "close", "assess")
PRESENT = {"reported": 1, "filed": 2, "dispatched": 3, "handling": 3, "suspended": 3, "checking": 4, "closed": 6, "void": 6}
"""Which step a case in this state waits for; of a closed one, the first that is not done."""
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
    return PRESENT.get(str(shown.row.fields.get("state")), 1)


def _steps(shown: Shown) -> Component:
    words, present = shown.words, _present(shown)
    times = {0: shown.at("reported_at"), 5: shown.at("closed_at")}
    if present < 6:
        times[present] = shown.at("step_started_at")
    steps = []
    for place, name in enumerate(STEPS):
        state = "done" if place < present else "now" if place == present and present < 6 else ""
        at = times.get(place)
        when = formats.instant(at, shown.now, words) if at and place != present else words("event.in_progress") if state == "now" else ""
        steps.append(
            html.Li(
                [html.Span(words(f"step.{name}")), html.Small(when)],
                className=state,
                **also({"aria-current": "step"} if state == "now" else {}),
            )
        )
    return html.Ol(steps, className="section steps")


def _story(shown: Shown) -> list[Component]:
    text = shown.row.fields.get("description")
    return [section(shown.words("event.description"), html.P(str(text), className="story"))] if text else []
