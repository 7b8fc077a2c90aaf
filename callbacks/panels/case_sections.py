"""What hangs on a case, section by section: photos, repetitions, who was sent, departments, source records, what happened when."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from dash import html
from dash.development.base_component import Component

from callbacks import formats
from callbacks.panels.opened import Opened
from callbacks.panels.pieces import Child, also, button, chip, dot, icon, opener, section
from callbacks.words import Words
from layers.base import Layer
from services.case_parts import CaseFile, CaseSource, CaseTask, LogLine
from services.cases import Case
from services.duplicates import Candidate, Reason

PHOTOS = 4
NEAR_M, CLOSE_M = 50, 150
LIKE = 0.3
RECEIPTS = ("sent", "delivered", "accepted", "on_site", "done")
BACK = frozenset({"return", "rework", "reject", "unmerge", "sample_fail", "reopen", "split"})
ALARMING = frozenset({"supervise", "void", "force_close"})
MINOR = frozenset({"deliver", "absorb", "give_back", "not_same", "receive", "accept"})
EARLY_S, LATE_S = 0.8, 1.3
"""How far an arrival may lie from what was predicted before both are shown as a range."""


def photos(case: Case, words: Words, now: datetime) -> list[Component]:
    """Show the first photos; a click shows them large, all of them in turn."""
    if not case.attachments:
        return []
    drawn = [_photo(file, place, len(case.attachments), words, now) for place, file in enumerate(case.attachments)]
    return [html.Div(html.Div(drawn, className="photos", role="group", **also({"aria-label": words("case.photos")})), className="section")]


def _photo(file: CaseFile, place: int, total: int, words: Words, now: datetime) -> Component:
    caption = f"{formats.instant(file.taken_at or file.added_at, now, words)} {words(f'photo.{file.kind}')}"
    more = total - PHOTOS if place == PHOTOS - 1 and total > PHOTOS else 0
    address = f"/api/v1/attachments/{file.id}"
    return html.Button(
        [
            html.Img(src=f"{address}?size=thumb", alt=caption),
            html.Span(f"+{more + 1}", className="more-photos") if more else html.Span(caption),
        ],
        type="button",
        className="photo" if place < PHOTOS else "photo beyond",
        **also({"data-photo": address, "data-caption": caption, "aria-label": words("case.enlarge", photo=caption)}),
    )


# ---- repetitions ----------------------------------------------------------------------------------------------------


def duplicates(opened: Opened, words: Words) -> list[Component]:
    """Show which cases this one may repeat, and what was merged already."""
    case = opened.case
    decided = {item.master_id if item.event_id == case.id else item.event_id for item in case.decisions if item.decision == "not_same"}
    folded = {member.id for member in case.merged}
    left = [one for one in opened.duplicates if one.event_id not in decided and one.event_id not in folded]
    parts: list[Component] = []
    if left and opened.may("merge"):
        rows = [_duplicate(opened, one, words) for one in left]
        parts.append(section(words("dup.title", number=len(rows)), rows, note=words("dup.note"), classes="duplicates"))
    if case.merged:
        parts.append(
            section(words("dup.merged", number=len(case.merged)), [_member(opened, place, words) for place in range(len(case.merged))])
        )
    return parts


def _duplicate(opened: Opened, one: Candidate, words: Words) -> Component:
    actions = [button(words("dup.merge"), "git-merge", "small", data_pair=str(one.event_id), data_decision="merge")]
    if opened.may("not_same"):
        actions.append(button(words("dup.not_same"), "", "small", "plain", data_pair=str(one.event_id), data_decision="not_same"))
    title = html.Button(
        [dot(f"var(--level-{one.level})"), html.Span(one.title, className="cut")],
        type="button",
        className="dup-title",
        title=one.case_no,
        **also({"data-open": f"open_events/{one.event_id}", "data-hover": f"open_events/{one.event_id}"}),
        **also({"data-lon": f"{one.lon:.6f}", "data-lat": f"{one.lat:.6f}"}),
    )
    return html.Div(
        [
            html.Span([html.B(f"{100 * one.score:.0f}"), html.Small(words("dup.alike"))], className="alike"),
            html.Span([title, html.Span(duplicate_reasons(one, opened.case.reported_at, words), className="why")]),
            *actions,
        ],
        className="dup",
    )


def duplicate_reasons(one: Candidate, reported_at: datetime | None, words: Words) -> list[Component]:
    """Write the reasons of a probable repetition as chips."""
    later = reported_at is not None and one.reported_at > reported_at
    return [made for reason in one.reasons if (made := _reason(reason, words, later=later))]


def _reason(reason: Reason, words: Words, *, later: bool) -> Component | None:
    value = reason.value
    match reason.key:
        case "distance_m":
            metres = float(value)
            return chip(
                words("dup.distance", number=formats.number(metres)), "good" if metres <= NEAR_M else "" if metres <= CLOSE_M else "warn"
            )
        case "minutes":
            return chip(words("dup.later" if later else "dup.earlier", span=_span(float(value), words)))
        case "kind":
            return chip(words(f"dup.kind_{value}"), {"same": "good", "other": "warn"}.get(str(value), ""))
        case "text":
            return chip(words("dup.text", number=f"{100 * float(value):.0f}"), "good") if float(value) >= LIKE else None
        case _:
            return chip(words(f"dup.{reason.key}"), "warn" if reason.key == "closed" else "")


def _span(minutes: float, words: Words) -> str:
    if minutes >= 1_440:
        return words("age.days", number=int(minutes // 1_440))
    return words("age.hours", number=int(minutes // 60)) if minutes >= 60 else words("age.minutes", number=int(minutes))


def _member(opened: Opened, place: int, words: Words) -> Component:
    member = opened.case.merged[place]
    undo = (
        [button(words("dup.undo"), "layers-subtract", "small", data_pair=str(member.id), data_decision="unmerge")]
        if opened.may("merge")
        else []
    )
    return html.Div(
        [
            icon("git-merge", "faint"),
            opener([html.Span(member.title, className="cut"), html.Small(member.case_no, className="quiet")], "events", member.id, "cut"),
            html.I(style={"flex": "1"}),
            *undo,
        ],
        className="folded",
    )


# ---- who was sent ---------------------------------------------------------------------------------------------------


def tasks(case: Case, words: Words, now: datetime) -> list[Component]:
    """Show everybody who was sent, with their receipts."""
    if not case.tasks:
        return []
    open_ones = sum(task.finished_at is None for task in case.tasks)
    note = words("task.under_way", number=open_ones) if open_ones else ""
    ordered = sorted(case.tasks, key=lambda task: (task.state in {"declined", "cancelled"}, not task.lead, task.id))
    return [
        section(
            words("task.title", number=len(case.tasks)),
            html.Div([_task(task, words, now) for task in ordered], className="tasks"),
            note=note,
        )
    ]


def _task(task: CaseTask, words: Words, now: datetime) -> Component:
    layer, row_id = ("workers", task.worker_id) if task.kind == "worker" else ("vehicles", task.vehicle_id)
    marks = [chip(words("task.lead" if task.lead else "task.helper"), "accent" if task.lead else "")]
    if task.purpose != "handle":
        marks.append(chip(words(f"task.purpose_{task.purpose}")))
    name = opener([html.B(task.name or formats.NONE), html.Span(task.team or "", className="second cut")], layer, row_id or 0, "task-name")
    second = [
        html.Span(text, className="second")
        for text in (task.result, task.override_reason and words("task.override", reason=task.override_reason))
        if text
    ]
    return html.Div(
        [
            html.Span(icon("walk" if task.kind == "worker" else "truck"), className="who-icon"),
            html.Div([name, *marks], className="chips"),
            html.Span(_expected(task, words, now), className="task-end"),
            *(
                [html.Span(words(f"task.state_{task.state}"), className="warn")]
                if task.state in {"declined", "cancelled"}
                else [_receipts(task, words, now)]
            ),
            *(html.Div(line, className="receipts") for line in second),
        ],
        className=f"task {task.state}",
    )


def _receipts(task: CaseTask, words: Words, now: datetime) -> Component:
    at: Mapping[str, datetime | None] = {
        "sent": task.sent_at,
        "delivered": task.delivered_at,
        "accepted": task.accepted_at,
        "on_site": task.arrived_at,
        "done": task.finished_at if task.state == "done" else None,
    }
    last = max(place for place, name in enumerate(RECEIPTS) if at[name])
    drawn = []
    for place, name in enumerate(RECEIPTS):
        when = at[name]
        tone = "now" if place == last and task.state != "done" else "done" if place <= last else ""
        words_of = words(f"task.{name}")
        drawn.append(
            html.Span(
                [html.I(), f"{words_of} {formats.instant(when, now, words)}" if when else words_of],
                className=f"receipt {tone}".strip(),
                title=formats.exact(when) if when else "",
            )
        )
    return html.Div(drawn, className="receipts")


def _expected(task: CaseTask, words: Words, now: datetime) -> list[Child]:
    """Say when somebody is expected, as a range; once there, how long it took."""
    if task.arrived_at:
        return [words("task.took", minutes=f"{(task.arrived_at - task.sent_at).total_seconds() / 60:.0f}")]
    if task.predicted_s is None or task.finished_at:
        return [formats.instant(task.sent_at, now, words)]
    low, high = (max(1, round(task.predicted_s * share / 60)) for share in (EARLY_S, LATE_S))
    return [words("task.eta", low=low, high=max(high, low + 1))]


# ---- departments, sources, log --------------------------------------------------------------------------------------


def departments(case: Case, words: Words, now: datetime) -> list[Component]:
    """Show who is responsible, each with its own result."""
    rows = [
        html.Div(
            [
                html.Div(
                    [
                        html.B(item.name),
                        chip(words("department.lead" if item.lead else "department.helper"), "accent" if item.lead else ""),
                    ],
                    className="record-head",
                ),
                html.Span(
                    words("department.done", at=formats.instant(item.finished_at, now, words))
                    if item.finished_at
                    else words("department.open"),
                    className="good" if item.finished_at else "quiet",
                ),
                *([html.Span(item.result, className="second")] if item.result else []),
            ],
            className="record",
        )
        for item in case.departments
    ]
    return [section(words("department.title"), html.Div(rows, className="departments"))] if rows else []


def sources(opened: Opened, layer: Layer, words: Words, now: datetime) -> list[Component]:
    """Show who reported it, and whether each had their reply."""
    case = opened.case
    if not case.sources:
        return []
    rows = [_record(opened, item, layer, words, now) for item in case.sources]
    owed = sum(item.reply_due_at is not None and item.replied_at is None for item in case.sources)
    note = html.Span(words("source.owed", number=owed), className="warn") if owed else words("source.all_answered")
    return [section(words("source.title", number=len(rows)), html.Div(rows, className="records"), note=note)]


def _record(opened: Opened, item: CaseSource, layer: Layer, words: Words, now: datetime) -> Component:
    who = words("source.secret") if item.secret else words.joint.join(part for part in (item.reporter, item.reporter_phone) if part)
    head = [
        html.B(_named(layer, "source", item.source, words)),
        html.Span(item.external_no if len(item.external_no) < 30 else "", className="quiet"),
    ]
    if item.first_case_no and item.first_event_id != opened.case.id:
        head.append(chip(words("source.came_with", number=item.first_case_no[-5:])))
    lines = [words("source.received", at=formats.instant(item.received_at, now, words))]
    if who:
        lines.append(who)
    return html.Div(
        [
            html.Div(head, className="record-head"),
            _reply(item, words, now),
            html.Span(words.joint.join(lines), className="second"),
            *([html.Span([icon("message-2"), " ", item.reply], className="second")] if item.reply else []),
        ],
        className="record",
    )


def _reply(item: CaseSource, words: Words, now: datetime) -> Component:
    if item.replied_at:
        return html.Span(words("source.replied", at=formats.instant(item.replied_at, now, words)), className="good")
    if item.reply_due_at is None:
        return html.Span(words("source.no_reply"), className="quiet")
    over = item.reply_due_at < now
    return html.Span(
        words("source.reply_over" if over else "source.reply_due", at=formats.instant(item.reply_due_at, now, words)),
        className="alarm" if over else "warn",
    )


def timeline(case: Case, words: Words, now: datetime) -> list[Component]:
    """Show what happened, the last first."""
    if not case.log:
        return [section(words("log.title"), html.P(words("log.none"), className="quiet"))]
    rows = [_line(line, words, now) for line in reversed(case.log)]
    return [section(words("log.title"), html.Ol(rows, className="timeline"), note=formats.number(len(rows)))]


def _line(line: LogLine, words: Words, now: datetime) -> Component:
    tone = "back" if line.action in BACK else "over" if line.action in ALARMING else "minor" if line.action in MINOR else ""
    key = f"log.{line.action}"
    name = words(key) if key in words.catalogue else words(f"act.{line.action}") if f"act.{line.action}" in words.catalogue else line.action
    role = words(f"role.{line.role}") if f"role.{line.role}" in words.catalogue else ""
    who = words.joint.join(part for part in (line.actor, role) if part)
    moved = words(f"state.{line.to_state}") if line.to_state and line.to_state != line.from_state else ""
    about = str(line.detail.get("master_no") or line.detail.get("case_no") or "")
    return html.Li(
        [
            html.Time(formats.instant(line.at, now, words), title=formats.exact(line.at)),
            html.Div(
                [
                    html.Div(
                        [html.B(name), *([chip(moved)] if moved else []), *([html.Span(about, className="quiet")] if about else [])],
                        className="chips",
                    ),
                    html.Div(who, className="second"),
                    *([html.P(line.opinion, className="opinion")] if line.opinion else []),
                ]
            ),
        ],
        className=tone,
    )


def _named(layer: Layer, name: str, value: str, words: Words) -> str:
    text = layer.named(name).choices.get(value)
    return words.of(text) if text else words(f"channel.{value}") if f"channel.{value}" in words.catalogue else value


def source_chips(case: Case, layer: Layer, words: Words) -> Sequence[Component]:
    """Name the channels that the case came in by, each once."""
    names = list(dict.fromkeys([case.source, *(item.source for item in case.sources)]))
    icons = {
        "hotline12345": "phone",
        "sensor": "antenna",
        "video_ai": "video",
        "grid_patrol": "walk",
        "grid_self": "walk",
        "citizen": "user",
    }
    return [chip([icon(icons.get(name, "send")), _named(layer, "source", name, words)]) for name in names]
