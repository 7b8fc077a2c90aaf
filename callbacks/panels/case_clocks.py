"""How long a case has, and how far it is."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from dash import html
from dash.development.base_component import Component

from callbacks import formats
from callbacks.panels.pieces import also, bar, icon
from callbacks.words import Words
from services.case_parts import LogLine
from services.cases import Case, Remaining
from services.workflow import Step

LAMPS: Mapping[str, str] = {"green": "", "yellow": "warn", "red": "alarm"}
WORK_DAY_S = 8 * 3_600.0
MINUTE_S = 60.0
SAME_S = 90.0
"""Where the clock of the limit and the clock on the wall agree so far, the seconds may run."""
DONE_BY: Mapping[str, frozenset[str]] = {
    "report": frozenset({"report"}),
    "file": frozenset({"file", "self_close"}),
    "dispatch": frozenset({"dispatch", "self_close"}),
    "handle": frozenset({"feedback", "self_close"}),
    "feedback": frozenset({"feedback", "self_close"}),
    "check": frozenset({"check", "close", "self_close"}),
    "close": frozenset({"close", "force_close", "self_close"}),
    "evaluate": frozenset({"evaluate"}),
}
"""Acts by which a step is done."""


def clocks(case: Case, words: Words, now: datetime) -> Component:
    """Show what is left of the present step, and how long the case has been going on."""
    parts = [_step(case, case.remaining, words, now)] if case.remaining else []
    return html.Div([*parts, _whole(case, words, now)], className=f"section clocks {'two' if parts else ''}".strip())


def _step(case: Case, left: Remaining, words: Words, now: datetime) -> Component:
    step = next((step.key for step in case.steps if step.state == "current"), case.steps[-1].key)
    over = case.deadline_at < now  # outside working time a limit that has passed counts no further: nothing is left all the same
    tone = "" if left.paused else LAMPS[left.lamp]
    runs = not left.paused and abs((case.deadline_at - now).total_seconds() - left.seconds) < SAME_S
    figure = (
        words("time.due")
        if over and abs(left.seconds) < MINUTE_S
        else words("time.over" if over else "time.left", span=remaining_words(left, words))
    )
    limit = words(f"limit.{left.unit}_kind")
    title = words("event.paused" if left.paused else "event.step_left", step=words(f"step.{step}"))
    note = words("event.due_kind", at=formats.instant(case.deadline_at, now, words), kind=limit)
    return html.Div(
        [
            html.Span(title, className="clock-title"),
            html.Strong(
                figure, className=f"clock-figure {tone}".strip(), **also({"data-until": case.deadline_at.isoformat()} if runs else {})
            ),
            bar(left.used, f"var(--{tone or 'accent'})"),
            html.Span(note, className="clock-note"),
        ],
        className="clock",
    )


def _whole(case: Case, words: Words, now: datetime) -> Component:
    spent = (case.closed_at or now) - case.reported_at
    if case.standard:
        kind = words("event.standard_limit", limit=limit_words(case.standard.limit_value, case.standard.limit_unit, words))
    else:
        kind = words("event.no_standard") if case.remaining else ""
    return html.Div(
        [
            html.Span(words("event.took" if case.closed_at else "event.elapsed"), className="clock-title"),
            html.Strong(formats.span(spent, words), className="clock-figure"),
            *([bar(1.0, "var(--good)")] if case.closed_at else [html.Div(className="bar")]),
            html.Span(
                words.joint.join(part for part in (words("event.since", at=formats.instant(case.reported_at, now, words)), kind) if part),
                className="clock-note",
            ),
        ],
        className="clock",
    )


def remaining_words(left: Remaining, words: Words) -> str:
    """Write what a clock has left, or by how much it was exceeded, in the unit that it counts in."""
    seconds = abs(left.seconds)
    if left.unit == "work_day" and seconds >= WORK_DAY_S:
        return words("limit.work_day", number=formats.number(seconds / WORK_DAY_S, 1))
    return formats.span(timedelta(seconds=seconds), words)


def limit_words(value: float, unit: str, words: Words) -> str:
    """Write a limit: 4 紧急工作时."""
    return words(f"limit.{unit}", number=formats.number(value, 2))


def steps(case: Case, words: Words, now: datetime) -> Component:
    """Draw the seven steps, and behind a switch the five of the grid's loop."""
    switch = html.Button(
        words("event.five"),
        type="button",
        className="step-switch no-print",
        title=words("event.five_title"),
        **also({"data-five": "true", "aria-pressed": "false"}),
    )
    return html.Div(
        [_line(case, case.steps, "seven-steps", words, now), _line(case, case.five_steps, "five-steps", words, now), switch],
        className="section steps-section",
    )


def _line(case: Case, drawn: Sequence[Step], name: str, words: Words, now: datetime) -> Component:
    return html.Ol(
        [
            html.Li(
                [
                    *([icon("check")] if step.state == "done" else []),
                    html.Span(words(f"step.{step.key}")),
                    _when(case, step, words, now),
                ],
                className={"done": "done", "current": "now"}.get(step.state, ""),
                **also({"aria-current": "step"} if step.state == "current" else {}),
            )
            for step in drawn
        ],
        className=f"steps {name}",
    )


def _when(case: Case, step: Step, words: Words, now: datetime) -> Component:
    if step.state == "current":
        return html.Small(words("event.paused_short" if case.state == "suspended" else "event.in_progress"))
    at = done_at(case, step.key) if step.state == "done" else None
    if not at:
        return html.Small("")
    there = formats.local(at)
    # seven steps stand side by side: of another day there is room for the day, the time is told when pointed at
    text = f"{there:%H:%M}" if there.date() == formats.local(now).date() else f"{there:%m-%d}"
    return html.Small(text, title=formats.exact(at))


def done_at(case: Case, step: str) -> datetime | None:
    """Return when a step was done last; of cases from before anybody acted, what their own columns say."""
    lines: list[LogLine] = [line for line in case.log if line.action in DONE_BY.get(step, frozenset())]
    if lines:
        return lines[-1].at
    if step == "report":
        return case.reported_at
    return case.closed_at if step == "close" and not case.log else None
