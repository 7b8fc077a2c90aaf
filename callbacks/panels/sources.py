"""The parts of the page of sources and replies: counters by source, the list, one record with what was sent beside its case."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dash import html
from dash.development.base_component import Component

from callbacks import formats, ids
from callbacks.panels.pieces import also, attributes, button, chip, icon, section
from callbacks.words import Words
from layers.events import EVENTS, LEVELS, SOURCES, STATES
from services.classify import KnownClass, Suggestion
from services.geocode import Doubt, Place
from services.replies import STATES as RECORD_STATES
from services.replies import SourceCount, SourceRecord

TONES: Mapping[str, str] = {"waiting": "warn", "open": "", "to_answer": "warn", "overdue": "alarm", "answered": "good", "closed": ""}
DAYS = (1, 7, 30, 365)
TROUBLES = ("place", "class", "datum", "failed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What the panel shows of one record."""

    record: SourceRecord
    raw: Mapping[str, Any]
    places: Sequence[Place]
    suggestions: Sequence[Suggestion]
    doubt: Doubt | None
    classes: Sequence[KnownClass]
    may_act: bool


def source_name(source: str, words: Words) -> str:
    """Name a channel."""
    known = EVENTS.named("source").choices
    return words.of(known[source]) if source in known else source


def counters(counts: Sequence[SourceCount], words: Words) -> Component:
    """Show the sums of all sources, and what each has sent, merged and is owed."""
    sums = [
        (words("sources.total"), sum(each.total for each in counts), ""),
        (words("sources.state_waiting"), sum(each.waiting for each in counts), "warn"),
        (words("sources.merged"), sum(each.merged for each in counts), "accent"),
        (words("sources.state_to_answer"), sum(each.to_answer for each in counts), "warn"),
        (words("sources.state_overdue"), sum(each.overdue for each in counts), "alarm"),
        (words("sources.state_answered"), sum(each.answered for each in counts), "good"),
    ]
    figures = html.Dl(
        [html.Div([html.Dd(formats.number(value), className=tone if value else ""), html.Dt(title)]) for title, value, tone in sums],
        className="facts sources-sums",
    )
    most = max((each.total for each in counts), default=1)
    rows = [_count(each, most, words) for each in counts]
    return html.Div([figures, html.Div(rows, className="sources-shares")] if rows else [figures])


def _count(each: SourceCount, most: int, words: Words) -> Component:
    parts = [words("sources.count_merged", number=each.merged)] if each.merged else []
    parts += [words("sources.count_waiting", number=each.waiting)] if each.waiting else []
    parts += [words("sources.count_overdue", number=each.overdue)] if each.overdue else []
    return html.Button(
        [
            html.Span(source_name(each.source, words), className="cut"),
            html.B(formats.number(each.total)),
            html.Div(html.I(style={"width": f"{100 * each.total / most:.1f}%"}), className="bar", **also({"aria-hidden": "true"})),
            html.Small(words.joint.join(parts), className="quiet cut"),
        ],
        type="button",
        className="sources-share",
        **also({"data-sources-source": each.source}),
    )


def form(words: Words) -> Component:
    """Ask which records to show."""
    everything = ("", words("sources.any"))
    sources = [everything, *((code, words.of(text)) for code, text in SOURCES.items())]
    states = [everything, *((state, words(f"sources.state_{state}")) for state in RECORD_STATES)]
    days = [(str(number), words(f"audit.days_{number}")) for number in DAYS]
    return html.Div(
        [
            _choice(words("sources.column_state"), "state", states, ""),
            _choice(words("sources.column_source"), "source", sources, ""),
            _choice(words("audit.span"), "days", days, str(DAYS[2])),
        ],
        className="audit-form sources-form",
    )


def columns(words: Words) -> list[dict[str, object]]:
    """Columns of the list."""
    widths = {"state": 96, "source": 110, "external_no": 170, "said": 260, "case": 190, "received": 130, "due": 130}
    return [
        {"field": name, "headerName": words(f"sources.column_{name}"), "minWidth": width, "sortable": False, "tooltipField": name}
        for name, width in widths.items()
    ]


def line(record: SourceRecord, words: Words, now: datetime) -> dict[str, object]:
    """One line of the list."""
    report = record.report
    said = record.title or report.get("title") or report.get("description") or report.get("place_text") or ""
    return {
        "id": str(record.id),
        "state": words(f"sources.state_{record.state}"),
        "source": source_name(record.source, words),
        "external_no": record.external_no,
        "said": str(said),
        "case": (record.case_no or trouble(record, words)) + (f" · {words('sources.merged')}" if record.merged and record.event_id else ""),
        "received": formats.instant(record.received_at, now, words),
        "due": formats.left(record.reply_due_at, now, words) if record.reply_due_at and not record.replied_at else formats.NONE,
    }


def trouble(record: SourceRecord, words: Words) -> str:
    """Say what a record waits for."""
    names = [name for name in (record.trouble or "").split(",") if name in TROUBLES]
    return words.joint.join(words(f"sources.trouble_{name}") for name in names)


def choose_one(words: Words) -> Component:
    """Say that a line of the list opens the record."""
    return html.P([icon("mail"), words("sources.choose")], className="empty")


def opened(shown: Opened, words: Words, now: datetime) -> list[Component]:
    """Show a record: head, what a person must do, the case, and what was sent."""
    record = shown.record
    head = html.Section(
        [
            html.Div(
                [html.H2(source_name(record.source, words)), chip(words(f"sources.state_{record.state}"), TONES[record.state])],
                className="section-head",
            ),
            html.P(record.external_no, className="quiet"),
            attributes(_facts(record, words, now)),
        ],
        className="section",
    )
    parts: list[Component] = [head]
    if record.event_id is None:
        parts += _to_complete(shown, words) if shown.may_act else [html.P(words("sources.no_right"), className="empty")]
    else:
        parts.append(_case(record, words))
        parts += _reply(shown, words, now)
    parts.append(section(words("sources.raw"), _sent(shown.raw), note=words("sources.raw_note")))
    return parts


def _facts(record: SourceRecord, words: Words, now: datetime) -> list[tuple[str, Any]]:
    facts: list[tuple[str, Any]] = [(words("sources.column_received"), formats.exact(record.received_at))]
    if record.reporter or record.reporter_phone:
        facts.append((words("sources.reporter"), " ".join(filter(None, (record.reporter, record.reporter_phone)))))
    if record.secret:
        facts.append((words("sources.secret"), chip(words("sources.secret_yes"), "warn")))
    if record.reply_due_at:
        facts.append(
            (words("sources.column_due"), f"{formats.exact(record.reply_due_at)} · {formats.left(record.reply_due_at, now, words)}")
        )
    return facts


def _case(record: SourceRecord, words: Words) -> Component:
    state = STATES.get(str(record.event_state))
    facts: list[tuple[str, Any]] = [
        (words("sources.case_no"), str(record.case_no)),
        (words("sources.class"), record.class_name or ""),
        (words("sources.level"), words.of(LEVELS[str(record.level)])),
        (words("sources.place"), record.place_text or ""),
    ]
    link = html.A([icon("external-link"), words("sources.open_case")], href=f"/events/{record.event_id}", className="button small")
    note = chip(words.of(state) if state else str(record.event_state))
    merged = [html.P([icon("git-merge"), words("sources.was_merged")], className="sources-merged")] if record.merged else []
    return section(
        words("sources.case"), [html.P(record.title or "", className="sources-title"), *merged, attributes(facts), link], note=note
    )


def _reply(shown: Opened, words: Words, now: datetime) -> list[Component]:
    record = shown.record
    if record.replied_at:
        by = words("sources.replied_by", name=record.replied_by or "", at=formats.instant(record.replied_at, now, words))
        return [section(words("sources.reply"), html.P(record.reply, className="sources-said"), note=by)]
    if not shown.may_act:
        return []
    note = words("sources.reply_owed") if record.reply_due_at else words("sources.reply_free")
    return [
        section(
            words("sources.reply"),
            [
                _field(words("sources.reply"), "reply", words("sources.reply_hint"), kind="textarea"),
                _act(record.id, "reply", words("sources.send_reply"), "send"),
            ],
            note=note,
        )
    ]


def _to_complete(shown: Opened, words: Words) -> list[Component]:
    record, report = shown.record, shown.record.report
    said = html.P([icon("alert-triangle"), trouble(record, words)], className="sources-trouble")
    asked = [html.P(report.get("description") or report.get("title") or "", className="sources-said")]
    parts: list[Component] = [said, *asked]
    if shown.doubt:
        text = words("sources.doubt", crs=shown.doubt.crs, metres=formats.number(shown.doubt.off_m or 0))
        parts += [
            html.P(text if shown.doubt.off_m else words("sources.doubt_outside", crs=shown.doubt.crs), className="quiet"),
            html.Div(
                [
                    _act(
                        record.id,
                        "shifted",
                        words("sources.read_as", crs=shown.doubt.crs),
                        "map-pin",
                        primary=False,
                        data_crs=shown.doubt.crs,
                    ),
                    _act(record.id, "as_sent", words("sources.as_sent"), "check", primary=False),
                ],
                className="acts sources-acts",
            ),
        ]
    known = [(each.class_code, f"{each.name} · {round(100 * each.score)} %") for each in shown.suggestions]
    offered = {code for code, _ in known}
    options = [
        ("", words("sources.no_class")),
        *known,
        *((each.code, f"{each.sub_name} · {each.name}") for each in shown.classes if each.code not in offered),
    ]
    first = str(report.get("class_code") or "") if any(each.code == report.get("class_code") for each in shown.classes) else ""
    parts += [
        _choice(words("sources.class"), "class_code", options, first or (known[0][0] if known else "")),
        html.Div(
            [
                _field(words("sources.place"), "place_text", words("sources.place_hint"), value=str(report.get("place_text") or "")),
                _act(record.id, "find", words("sources.find"), "map-search", primary=False),
            ],
            className="sources-find",
        ),
        html.Div(places(shown.places, words), className="sources-places", id=ids.SOURCES_PLACES),
        _field(words("sources.position"), "position", words("sources.position_hint")),
        _act(record.id, "complete", words("sources.complete"), "check"),
    ]
    return [section(words("sources.to_do"), parts)]


def places(found: Sequence[Place], words: Words) -> list[Component]:
    """Offer the places that a text may mean."""
    if not found:
        return [html.P(words("sources.no_places"), className="quiet")]
    return [
        html.Button(
            [
                icon("map-pin"),
                html.Span(place.matched, className="cut"),
                chip(words(f"precision.{place.precision}")),
                html.Small(f"{round(100 * place.score)} %"),
            ],
            type="button",
            className="sources-place",
            **also({"data-sources-place": f"{place.lon:.6f}, {place.lat:.6f}", "data-precision": place.precision}),
        )
        for place in found
    ]


def _sent(raw: Mapping[str, Any]) -> Component:
    simple = [(str(key), _plain(value)) for key, value in raw.items() if value not in (None, "", [], {})]
    return attributes(simple)


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _field(title: str, name: str, hint: str, *, kind: str = "text", value: str = "") -> Component:
    given = {"data-input": kind, "data-field": name, "data-label": title, "data-placeholder": hint, "data-value": value}
    return html.Div([html.Span(title), html.Span(**also(given))], className="field")


def _choice(title: str, name: str, options: Sequence[tuple[str, str]], value: str) -> Component:
    given = {"data-input": "select", "data-field": name, "data-label": title, "data-options": json.dumps(options), "data-value": value}
    return html.Div([html.Span(title), html.Span(**also(given))], className="field")


def _act(record_id: int, name: str, title: str, symbol: str, *, primary: bool = True, **more: str) -> Component:
    return button(title, symbol, *(["primary"] if primary else []), data_sources_act=name, data_record=str(record_id), **more)


def result(text: str, *, good: bool) -> Component:
    """Say how an act ended."""
    return html.P([icon("check" if good else "alert-circle"), text], className="said good" if good else "said warn")
