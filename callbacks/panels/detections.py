"""The parts of the page of findings: the queue with small pictures, one finding with its large picture, its likely repetitions, the verdicts."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from dash import html
from dash.development.base_component import Component

from callbacks import formats
from callbacks.panels.case_sections import duplicate_reasons
from callbacks.panels.pieces import also, attributes, button, chip, icon, section
from callbacks.words import Words
from geodata.dictionary.files import detection_kinds
from services.detection_review import MOST_CERTAIN
from services.detections import STATES, Detection
from services.duplicates import Candidate

REASONS = ("wrong", "handled", "unclear", "allowed", "duplicate")
TONES: Mapping[str, str] = {"new": "warn", "accepted": "good", "merged": "good", "rejected": ""}
URGENT = frozenset({"fire", "fight", "crowd", "waterlogging", "fire_lane"})
SURE = 0.7
MAP_ZOOM = 17
BONES = 5
ROTA = "detections-rota"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What the panel shows of one finding."""

    detection: Detection
    candidates: Sequence[Candidate]
    classes: Mapping[str, str]
    """Codes and names that the case may get."""
    may_decide: bool


def kind_name(kind: str, words: Words) -> str:
    """Name a kind of finding."""
    known = detection_kinds().get(kind)
    return kind if known is None else known.zh if words.language == "zh" else known.en


def form(words: Words) -> Component:
    """Ask which findings to show."""
    states = [("new", words("detections.state_new")), *((one, words(f"detections.state_{one}")) for one in STATES if one != "new")]
    kinds = [("", words("detections.any")), *((one, kind_name(one, words)) for one in detection_kinds())]
    return html.Div(
        [
            _choice(words("detections.state"), "state", [*states, ("", words("detections.any"))], "new"),
            _choice(words("detections.kind"), "kind", kinds, ""),
        ],
        className="audit-form det-form",
    )


def rota_button(words: Words) -> Component:
    """Open and close the rota of the people counter in the place of the queue."""
    attributes = {"data-rota-toggle": "", "aria-expanded": "false", "aria-controls": ROTA}
    return html.Button([icon("users"), words("detections.rota.title")], type="button", className="button det-rota-open", **also(attributes))


def sums(waiting: Mapping[str, int], words: Words) -> list[Component]:
    """Show how many wait, and of which kinds."""
    total = sum(waiting.values())
    head = html.B(words("detections.waiting", number=formats.number(total)), className="warn" if total else "quiet")
    return [head, *(chip(f"{kind_name(kind, words)} {number}", "alarm" if kind in URGENT else "") for kind, number in waiting.items())]


def bones(words: Words) -> list[Component]:
    """Hold the place of the queue until it is there."""
    shells = [html.Div([html.I(className="bone"), html.I(className="bone")], className="det-line waiting") for _ in range(BONES)]
    return [html.Span(words("state.loading"), className="visually-hidden"), *shells]


def failed(words: Words) -> Component:
    """Say that the queue cannot be read just now."""
    return html.P([icon("cloud-off"), words("detections.failed")], className="empty det-failed")


def choose_one(words: Words) -> Component:
    """Say that a line of the queue opens the finding."""
    return html.P([icon("device-cctv"), words("detections.choose")], className="empty")


def lines(found: Sequence[Detection], words: Words, now: datetime) -> list[Component]:
    """Show the queue, the newest first."""
    if not found:
        return [html.P([icon("checks"), words("detections.none")], className="empty")]
    return [_line(one, words, now) for one in found]


def _line(one: Detection, words: Words, now: datetime) -> Component:
    told = [f"{one.confidence:.0%}", formats.age(one.last_at or one.at, now, words)]
    marks: list[Component] = [chip(words("detections.repeats", number=one.repeats))] if one.repeats else []
    if one.state != "new":
        marks.append(chip(words(f"detections.state_{one.state}"), TONES[one.state]))
    return html.Button(
        [
            _picture(one, words, thumb=True),
            html.Div(
                [
                    html.Div([html.B(_kind(one, words), className="alarm" if one.kind in URGENT else ""), *marks], className="det-kind"),
                    html.Span(one.camera, className="cut"),
                    html.Small(" · ".join(told), className="quiet"),
                ],
                className="det-text",
            ),
        ],
        type="button",
        className="det-line",
        **also({"data-detection": str(one.id)}),
    )


def _kind(one: Detection, words: Words) -> str:
    name = kind_name(one.kind, words)
    if one.kind == "crowd" and one.count is not None:
        key = "detections.people" if one.count <= MOST_CERTAIN else "detections.people_over"
        return f"{name} {words(key, number=min(one.count, MOST_CERTAIN))}"
    return f"{name} {one.plate}" if one.plate else name


def _picture(one: Detection, words: Words, *, thumb: bool) -> Component:
    """Show the snapshot with the box of the finding; shares of the picture, so that both sizes agree."""
    if not one.width or not one.height:
        return html.Div(icon("video-off"), className="det-picture without", title=words("detections.no_picture"))
    image = html.Img(
        src=f"/api/v1/detections/{one.id}/snapshot{'?size=thumb' if thumb else ''}",
        alt="" if thumb else words("detections.picture_of", camera=one.camera),
        width=one.width,
        height=one.height,
    )
    parts: list[Component] = [image]
    if one.box:
        left, top, width, height = (f"{100 * value:.2f}%" for value in one.box)
        parts.append(html.I(className="det-box", style={"left": left, "top": top, "width": width, "height": height}))
    return html.Div(parts, className="det-picture", style={"--ratio": f"{one.width / one.height:.4f}"})


def opened(shown: Opened, words: Words, now: datetime) -> list[Component]:
    """Show a finding: picture, what is known, what it may repeat, and the verdicts."""
    one = shown.detection
    head = html.Div(
        [
            html.H2(_kind(one, words)),
            chip(words(f"detections.state_{one.state}"), TONES[one.state]),
            html.Span(formats.age(one.at, now, words), className="quiet"),
        ],
        className="section-head",
    )
    place = (
        f"/#c={one.camera_lon:.6f},{one.camera_lat:.6f}&z={MAP_ZOOM}&s=cameras:{one.camera_id}:{one.camera_lon:.6f}:{one.camera_lat:.6f}"
    )
    ways = html.Div(
        [
            html.A([icon("map-2"), words("detections.on_map")], href=place, className="button small"),
        ],
        className="acts",
    )
    parts: list[Component] = [html.Section([head, _picture(one, words, thumb=False)], className="section det-shown")]
    if one.state == "new" and shown.may_decide:
        parts.append(_verdicts(shown, words))
    elif one.state == "new":
        parts.append(html.P(words("detections.no_right"), className="empty"))
    else:
        parts.append(_decided(one, words))
    if one.state == "new":
        parts.append(_repetitions(shown, words, now))
    parts.append(section(words("detections.known"), [attributes(_facts(one, words)), ways]))
    return [html.Div(parts, className="det-open", **also({"data-open-detection": str(one.id)}))]


def _verdicts(shown: Opened, words: Words) -> Component:
    one = shown.detection
    kind = detection_kinds()[one.kind]
    options = [(code, name) for code, name in sorted(shown.classes.items(), key=lambda item: item[0] != kind.class_code)]
    first = shown.candidates[0].event_id if shown.candidates else None
    given = {"data_detection": str(one.id)}
    merge = {"data_event": str(first)} if first else {"disabled": "disabled"}
    return html.Section(
        [
            html.Div(
                [
                    _verdict("accept", "check", "A", words, "primary", **given),
                    _verdict("merge", "git-merge", "M", words, **given, **merge),
                    _verdict("reject", "x", "X", words, **given),
                ],
                className="acts det-acts",
            ),
            html.Div(
                [
                    _choice(words("detections.class"), "class_code", options, kind.class_code),
                    _choice(
                        words("detections.reason"),
                        "reason",
                        [(words(f"detections.reason_{name}"), words(f"detections.reason_{name}")) for name in REASONS],
                        words("detections.reason_wrong"),
                    ),
                ],
                className="det-fields",
            ),
        ],
        className="section det-verdict",
    )


def _verdict(name: str, symbol: str, key: str, words: Words, *classes: str, **more: str) -> Component:
    made = button(words(f"detections.{name}"), symbol, *classes, data_verdict=name, title=words("detections.key", name=key), **more)
    made.children = [*made.children, html.Kbd(key)]
    return made


def _repetitions(shown: Opened, words: Words, now: datetime) -> Component:
    one = shown.detection
    rows = [
        html.Div(
            [
                html.A(
                    [html.B(found.title, className="cut"), html.Small(f"{found.case_no} · {formats.age(found.reported_at, now, words)}")],
                    href=f"/events/{found.event_id}",
                    className="det-case",
                ),
                html.Div(duplicate_reasons(found, one.at, words), className="det-reasons"),
                *(
                    [
                        button(
                            words("detections.merge"),
                            "git-merge",
                            "small",
                            data_verdict="merge",
                            data_detection=str(one.id),
                            data_event=str(found.event_id),
                        )
                    ]
                    if shown.may_decide
                    else []
                ),
            ],
            className="det-repetition",
        )
        for found in shown.candidates
    ]
    nothing = html.P(words("detections.no_candidates"), className="quiet")
    return section(words("detections.candidates"), rows or [nothing], note=str(len(rows)) if rows else "")


def _decided(one: Detection, words: Words) -> Component:
    facts: list[tuple[str, Any]] = []
    if one.reviewer:
        facts.append((words("detections.reviewer"), one.reviewer))
    if one.reviewed_at:
        facts.append((words("detections.reviewed_at"), formats.exact(one.reviewed_at)))
    if one.reason:
        facts.append((words("detections.reason"), one.reason))
    link = (
        [html.A([icon("external-link"), one.case_no or ""], href=f"/events/{one.event_id}", className="button small")]
        if one.event_id
        else []
    )
    return section(words(f"detections.state_{one.state}"), [attributes(facts), *link])


def _facts(one: Detection, words: Words) -> list[tuple[str, Any]]:
    sure = chip(f"{one.confidence:.0%}", "good" if one.confidence >= SURE else "warn")
    facts: list[tuple[str, Any]] = [
        (words("detections.camera"), one.camera),
        (words("detections.at"), formats.exact(one.at)),
        (words("detections.confidence"), sure),
        (words("detections.analyser"), f"{one.analyser} · {one.external_no}"),
        (words("detections.place"), f"{one.lon:.6f}, {one.lat:.6f}"),
    ]
    if one.repeats and one.last_at:
        facts.append((words("detections.told_again"), words("detections.told_times", number=one.repeats, at=formats.exact(one.last_at))))
    if one.cleared_at:
        facts.append((words("detections.cleared"), formats.exact(one.cleared_at)))
    return facts


def done(one: Detection, words: Words) -> Component:
    """Say what became of a finding, with the way to its case on the map."""
    text = words(f"detections.done_{one.state}", number=one.case_no or "")
    if one.event_id is None:
        return said(text, good=True)
    place = f"/#c={one.lon:.6f},{one.lat:.6f}&z={MAP_ZOOM}&s={quote(f'events:{one.event_id}:{one.lon:.6f}:{one.lat:.6f}', safe=':.')}"
    return html.P([icon("check"), text, html.A(words("detections.on_map"), href=place)], className="said good")


def said(text: str, *, good: bool) -> Component:
    """Say how it ended."""
    return html.P([icon("check" if good else "alert-circle"), text], className="said good" if good else "said warn")


def _choice(title: str, name: str, options: Sequence[tuple[str, str]], value: str) -> Component:
    given = {"data-input": "select", "data-field": name, "data-label": title, "data-options": json.dumps(options), "data-value": value}
    return html.Div([html.Span(title), html.Span(**also(given))], className="field")
