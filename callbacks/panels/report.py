"""A new report at the desk: where, what, who says so, photos; before it is filed it shows what may be the same case already."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from dash import html
from dash.development.base_component import Component

from callbacks import formats, ids
from callbacks.panels import states
from callbacks.panels.fields import choice
from callbacks.panels.fields import field as form_field
from callbacks.panels.pieces import also, button, chip, dot, empty, icon, section
from callbacks.words import Words
from layers.base import Layer
from services.details import Area
from services.duplicates import Candidate

HOTLINE = "hotline12345"
"""Channel of most reports that are written down at a desk."""
TITLE_LENGTH, TEXT_LENGTH, NAME_LENGTH = 60, 2_000, 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Something that can be taken over into the form."""

    value: str
    title: str
    second: str = ""
    lon: float | None = None
    lat: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Help:
    """What is known of a report that is being written."""

    areas: Sequence[Area] = ()
    placed: bool = False
    places: Sequence[Choice] = ()
    """Found for the text of the place."""
    classes: Sequence[Choice] = ()
    """Found for the text of the class."""
    searched: str = ""
    """place | class: what was looked for last."""
    duplicates: Sequence[Candidate] = ()
    responsible: str = ""
    limit: str = ""
    reasons: dict[int, list[Component]] = field(default_factory=dict)


def panel(layer: Layer, words: Words, channels: Sequence[str]) -> list[Component]:
    """Show the empty form; what is written in it stays in the browser until it is filed."""
    levels = [(key, words.of(text)) for key, text in layer.named("level").choices.items()]
    # what workers close themselves comes from their phones
    sources = [(key, words.of(text)) for key, text in layer.named("source").choices.items() if key in channels and key != "grid_self"]
    head = html.Div(
        [
            html.Div(
                [html.H1([icon("circle-plus"), words("report.title")]), html.Div(states.close(words), className="head-tools")],
                className="kind-row",
            ),
            html.P(words("report.explain"), className="quiet"),
        ],
        className="panel-head",
    )
    place = html.Div(
        [
            form_field("text", "place_text", words("report.place"), required=True, placeholder=words("report.place_hint"), maxlength="120"),
            button(words("report.point"), "map-pin", "small", data_report_point="true", aria_pressed="false"),
        ],
        className="report-place",
    )
    body = html.Div(
        [
            html.Div(
                [
                    place,
                    form_field(
                        "text", "class_text", words("report.class"), required=True, placeholder=words("report.class_hint"), maxlength="40"
                    ),
                    html.Div(id=ids.REPORT_HELP, className="report-help", **also({"aria-live": "polite"})),
                    form_field(
                        "text",
                        "title",
                        words("report.what"),
                        required=True,
                        placeholder=words("report.what_hint"),
                        maxlength=str(TITLE_LENGTH),
                    ),
                    form_field("textarea", "description", words("report.text"), maxlength=str(TEXT_LENGTH)),
                    html.Div(
                        [
                            choice("level", words("report.level"), [("", words("report.level_of_class")), *levels]),
                            choice("source", words("report.source"), sources, value=HOTLINE if HOTLINE in channels else sources[0][0]),
                        ],
                        className="field-pair",
                    ),
                    html.Div(
                        [
                            form_field("text", "reporter", words("report.reporter"), maxlength=str(NAME_LENGTH)),
                            form_field("text", "reporter_phone", words("report.phone"), maxlength="20"),
                        ],
                        className="field-pair",
                    ),
                    form_field(
                        "file",
                        "attachments",
                        words("report.photos"),
                        note=words("report.photos_note"),
                        multiple="true",
                        kind="near",
                        classes="drop",
                    ),
                ],
                className="report-form section",
                **also({"data-report": "true"}),
            )
        ],
        className="panel-scroll",
        tabIndex="0",
        role="region",
        **also({"aria-label": words("report.title")}),
    )
    foot = html.Div(
        [
            html.Div(html.Span(className="quiet", **also({"data-report-said": "true"})), className="foot-said", role="status"),
            button(words("act.cancel"), "", data_close_panel="true"),
            button(words("report.file"), "send", "primary", data_report_file="true"),
        ],
        className="panel-foot case-foot",
    )
    return [head, body, foot]


def help_(found: Help, words: Words, now: datetime) -> list[Component]:
    """Show what the place and the class were taken for, and which cases may be the same."""
    parts: list[Component] = []
    if found.searched == "place":
        parts += _choices(found.places, "data-report-place", words("report.no_place"), "map-pin")
    if found.searched == "class":
        parts += _choices(found.classes, "data-report-class", words("report.no_class"), "tag")
    if found.placed:
        text = words.joint.join(area.name for area in found.areas[1:]) if found.areas else words("crumb.outside")
        parts.append(html.P([icon("map-pin"), text], className="said good" if found.areas else "said warn"))
    if found.responsible or found.limit:
        parts.append(
            html.P([icon("building"), words.joint.join(part for part in (found.responsible, found.limit) if part)], className="said quiet")
        )
    if found.duplicates:
        rows = [_duplicate(candidate, found, words, now) for candidate in found.duplicates]
        parts.append(
            section(words("report.duplicates", number=len(rows)), rows, note=words("report.duplicates_note"), classes="duplicates")
        )
    return parts


def _choices(found: Sequence[Choice], attribute: str, nothing: str, name: str) -> list[Component]:
    if not found:
        return [empty(nothing)]
    rows = [
        html.Button(
            [icon(name), html.Span([html.Span(item.title, className="cut"), html.Small(item.second, className="cut")])],
            type="button",
            className="report-choice",
            **also(
                {
                    attribute: item.value,
                    "data-title": item.title,
                    **({} if item.lon is None or item.lat is None else {"data-lon": f"{item.lon:.6f}", "data-lat": f"{item.lat:.6f}"}),
                }
            ),
        )
        for item in found
    ]
    return [html.Div(rows, className="report-choices")]


def _duplicate(candidate: Candidate, found: Help, words: Words, now: datetime) -> Component:
    return html.Div(
        [
            html.Span([html.B(f"{100 * candidate.score:.0f}"), html.Small(words("dup.alike"))], className="alike"),
            html.Span(
                [
                    html.Span([dot(f"var(--level-{candidate.level})"), candidate.title], className="cut dup-title"),
                    html.Span(
                        [*found.reasons.get(candidate.event_id, []), chip(formats.instant(candidate.reported_at, now, words))],
                        className="why",
                    ),
                ]
            ),
            html.Button(
                words("report.open_instead"),
                type="button",
                className="button small",
                **also({"data-open": f"open_events/{candidate.event_id}"}),
            ),
        ],
        className="dup",
    )
