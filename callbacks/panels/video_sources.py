"""The sources of pictures on the administration page: state, age, last failure, coordinate system, and reading a catalogue now."""

from collections.abc import Sequence
from datetime import datetime

from dash import html
from dash.development.base_component import Component

from callbacks import formats, ids
from callbacks.panels.admin import choice, field
from callbacks.panels.pieces import also, button, chip, empty, icon
from callbacks.words import Words
from services.video_sources import CRS, KINDS_TO_ADD, KINDS_WITH_CATALOGUE, SourceState

REASONS = ("timeout", "refused", "not_found", "no_video", "unauthorized", "unreachable", "unsupported")
SHOWN = ("new", "updated", "missing")


def table(sources: Sequence[SourceState], words: Words, now: datetime) -> list[Component]:
    """List the sources, one line each."""
    head = html.Tr(
        [html.Th(words(f"video_source.{name}")) for name in ("name", "kind", "cameras", "state", "synced", "result", "crs", "act")]
    )
    body = [_line(source, words, now) for source in sources]
    title = html.H2(words("video_source.title"))
    return [title, html.Table([html.Thead(head), html.Tbody(body)])] if body else [title, empty(words("video_source.none"))]


def form(words: Words) -> Component:
    """Ask for what a new source needs."""
    kinds = [(kind, words(f"video_source.kind_{kind}")) for kind in KINDS_TO_ADD]
    systems = [(name, words(f"video_source.crs_{name}")) for name in CRS]
    return html.Details(
        [
            html.Summary([icon("plus"), words("video_source.add")]),
            html.Div(
                [
                    field(words("video_source.key"), "key", words("video_source.key_hint")),
                    field(words("video_source.name"), "name", words("video_source.name_hint")),
                    choice(words("video_source.kind"), "kind", kinds, kinds[0][0]),
                    field(words("video_source.base_url"), "base_url", words("video_source.base_url_hint")),
                    choice(words("video_source.crs"), "crs", systems, systems[0][0]),
                    button(words("video_source.add_this"), "plus", "primary", data_add_source="true"),
                ],
                id=ids.ADMIN_VIDEO_FORM,
                className="video-source-form",
            ),
            html.P(words("video_source.add_note"), className="quiet"),
            html.Div(id=ids.ADMIN_VIDEO_SAID, role="status"),
        ],
        className="admin-video-add",
    )


def state_of(source: SourceState) -> tuple[str, str]:
    """Name the state of a source, and its tone."""
    if not source.enabled:
        return "off", "quiet"
    if source.sync_asked_at and (source.tried_at is None or source.tried_at < source.sync_asked_at):
        return "asked", "accent"
    if source.failure:
        return "failed", "alarm"
    if source.kind in KINDS_WITH_CATALOGUE and source.synced_at is None:
        return "waiting", "warn"
    return "good", "good"


def _line(source: SourceState, words: Words, now: datetime) -> html.Tr:
    state, tone = state_of(source)
    said = [chip(words(f"video_source.state_{state}"), tone)]
    if source.failure:
        reason = source.failure.partition(":")[0]
        text = words(f"video_source.failure_{reason}") if reason in REASONS else source.failure
        said.append(html.Span(text, className="quiet", title=source.failure))
    crs = html.Div(
        [_choice(source, name, words) for name in CRS], className="crs", role="group", **also({"aria-label": words("video_source.crs")})
    )
    readable = source.kind in KINDS_WITH_CATALOGUE and source.enabled
    act = html.Button(
        words("video_source.sync"), id=ids.video_source_sync(source.id), className="button", type="button", disabled=not readable
    )
    turn = html.Button(
        words("video_source.turn_off" if source.enabled else "video_source.turn_on"),
        id=ids.video_source_switch(source.id, not source.enabled),
        className="button",
        type="button",
    )
    return html.Tr(
        [
            html.Td([html.B(source.name), html.Span(f" {source.key}", className="quiet")]),
            html.Td(words(f"video_source.kind_{source.kind}")),
            html.Td(formats.number(source.cameras)),
            html.Td(said),
            html.Td(formats.age(source.synced_at, now, words) if source.synced_at else words("video_source.never")),
            html.Td(_result(source, words)),
            html.Td(crs),
            html.Td(html.Div([act, turn], className="crs")),
        ]
    )


def _choice(source: SourceState, name: str, words: Words) -> html.Button:
    chosen = "true" if source.crs == name else "false"
    return html.Button(
        words(f"video_source.crs_{name}"),
        id=ids.video_source_crs(source.id, name),
        className="button small",
        type="button",
        **also({"aria-pressed": chosen}),
    )


def _result(source: SourceState, words: Words) -> list[Component]:
    report = source.report or {}
    parts = [words(f"video_source.result_{name}", number=formats.number(report[name])) for name in SHOWN if report.get(name)]
    doubtful = sum((report.get("doubtful") or {}).values())
    if doubtful:
        parts.append(words("video_source.result_doubtful", number=formats.number(doubtful)))
    if report.get("refused_count"):
        parts.append(words("video_source.result_refused", number=formats.number(report["refused_count"])))
    if report and not parts:
        parts = [words("video_source.result_same")]
    return [html.Span(" · ".join(parts), title="\n".join(report.get("refused") or ()))]
