"""The panel of a drawn shape: what is in it, class by class, and the open cases."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from dash import html
from dash.development.base_component import Component

from callbacks import formats
from callbacks.panels import lists, video
from callbacks.panels.board import STATES
from callbacks.panels.pieces import also, button, icon, section
from callbacks.panels.shares import shares, stacked, worded
from callbacks.panels.states import close
from callbacks.words import Words
from layers.base import Group, Layer
from services.select import ClassSelection, Selection

RADII_M = (100, 200, 300, 500, 1000)
FIRST = ("buildings", "people", "organizations", "parts", "cameras", "sensors", "open_events", "workers", "vehicles", "resources")
"""Classes that a selection is made for; the others follow in drawing order, areas last."""
ROOMS = "rooms"
"""Stands among the classes behind the buildings that the rooms are in."""
MAIN_DETAIL: Mapping[str, str] = {"people": "age_group"}
"""The field by which an unfolded class is broken down first, where it is not the one of its bar."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selected:
    """A selection and how it is looked at."""

    selection: Selection
    layers: Sequence[Layer]
    """All classes, those without right as well."""
    words: Words
    now: datetime
    place: str
    """Name of the area that the middle lies in."""
    radius_m: float | None = None
    """Of a circle."""
    buffer_m: float | None = None
    """Of a line."""
    unfolded: str = ""
    items: ClassSelection | None = None
    """The unfolded class with its nearest rows."""
    cases: ClassSelection | None = None
    """Open cases with the first rows."""
    may_export: bool = False
    filters: Mapping[str, str] = field(default_factory=dict)


def selection_panel(shown: Selected) -> list[Component]:
    """Show what was selected."""
    words = shown.words
    counted = sum(1 for layer in shown.layers if layer.key in shown.selection.classes)
    classes = section(
        words("selection.classes", number=counted),
        [row for layer in ordered(shown.layers) for row in _class(shown, layer)],
        note=words("selection.scope"),
        classes="classes",
    )
    body = html.Div(
        [classes, *_cases(shown)], className="panel-scroll", tabIndex="0", role="region", **also({"aria-label": words("selection.title")})
    )
    return [_head(shown), body, _foot(shown)]


def ordered(layers: Sequence[Layer]) -> list[Layer]:
    """Order classes as they are read: who and what is there, what is sensed, what happens, who can help; then the rest."""
    rank = {key: place for place, key in enumerate(FIRST)}
    return sorted(layers, key=lambda layer: (rank.get(layer.key, len(FIRST)), layer.group is Group.AREAS))


def _head(shown: Selected) -> Component:
    words, found = shown.words, shown.selection
    name = "circle" if shown.radius_m else "route" if shown.buffer_m else "polygon"
    title = html.H1([icon(name), words(f"selection.of_{name}")])
    facts = html.Div(
        [
            html.Span([words("selection.middle"), html.B(shown.place or words("selection.outside"))]),
            html.Span([words("selection.area"), html.B(formats.area(found.area_m2, words))]),
        ],
        className="selection-facts",
    )
    counted = html.Span(words("selection.counted", at=f"{formats.local(shown.now):%H:%M:%S}"), className="quiet")
    parts: list[Component] = [
        html.Div([html.Div([title, counted], className="title-row"), html.Div(close(words), className="head-tools")], className="kind-row"),
        facts,
    ]
    size = shown.radius_m or shown.buffer_m
    if size:
        parts.append(_sizes(shown, size))
    return html.Div(parts, className="panel-head")


def _sizes(shown: Selected, size: float) -> Component:
    words = shown.words
    steps = [
        html.Button(
            formats.number(step) if step != round(size) else formats.distance(step, words),
            type="button",
            role="radio",
            className="segment",
            **also({"data-radius": str(step), "aria-checked": "true" if step == round(size) else "false"}),
        )
        for step in RADII_M
    ]
    own = html.Span(
        key="own-radius",
        **also(
            {
                "data-input": "number",
                "data-min": "1",
                "data-max": "20000",
                "data-value": "" if round(size) in RADII_M else f"{size:.0f}",
                "data-placeholder": words("selection.own"),
                "data-label": words("selection.own_label"),
                "data-radius-own": "true",
            }
        ),
    )
    label = words("selection.buffer" if shown.buffer_m else "selection.radius")
    return html.Div(
        [html.Span(label), html.Div(steps, role="radiogroup", className="segments", **also({"aria-label": label})), own],
        className="radii",
    )


def _class(shown: Selected, layer: Layer) -> list[Component]:
    words = shown.words
    found = shown.selection.classes.get(layer.key)
    if found is None:
        locked = [
            icon(layer.look.icon),
            html.Span(words.of(layer.title)),
            html.Span([icon("lock"), words("selection.no_right")], className="no-right"),
        ]
        return [html.Div(locked, className="class-row locked")]
    parts = _parts(layer, found, words)
    rows: list[Component] = [_row(shown, layer.key, layer.look.icon, title=words.of(layer.title), count=found.count, parts=parts)]
    if shown.unfolded == layer.key and shown.items:
        rows.append(html.Div(_unfolded(shown, layer, found), className="class-body"))
    if layer.key == "buildings" and shown.selection.rooms:
        rooms = [(words(f"room.{state}"), shown.selection.rooms.get(state, 0), f"var(--room-{state})") for state in STATES]
        rows.append(_row(shown, "", "door", title=words("selection.rooms"), count=sum(number for _, number, _ in rooms), parts=rooms))
    return rows


def _parts(layer: Layer, found: ClassSelection, words: Words) -> list[tuple[str, int, str]]:
    if not layer.breakdown:
        return []
    own = layer.look.palette if layer.look.by == layer.breakdown and layer.group is not Group.BASE else {}
    return [
        (word.split(" ")[0], number, own.get(value, "")) for value, word, number in worded(layer, layer.breakdown, found.breakdown, words)
    ]


def _row(shown: Selected, key: str, name: str, *, title: str, count: int, parts: list[tuple[str, int, str]]) -> Component:
    content = [
        icon(name),
        html.Span(title, className="class-title"),
        html.Div(stacked([part for part in parts if part[1]]), className="class-bar"),
        html.B(formats.number(count)),
    ]
    if not key or not count:
        return html.Div([*content, html.Span()], className="class-row" if count else "class-row none")
    open_now = shown.unfolded == key
    return html.Button(
        [*content, icon("chevron-up" if open_now else "chevron-right")],
        type="button",
        className="class-row",
        **also({"data-unfold": "" if open_now else key, "aria-expanded": "true" if open_now else "false"}),
    )


def _unfolded(shown: Selected, layer: Layer, found: ClassSelection) -> list[Component]:
    words = shown.words
    first = MAIN_DETAIL.get(layer.key, layer.breakdown)
    names = [name for name in dict.fromkeys([first, *found.breakdowns]) if found.breakdowns.get(name)]
    blocks: list[Component] = []
    for name in names:
        if name == "class_code" and len(found.breakdowns[name]) > 1:
            continue
        blocks.append(html.Div([html.H3(words.of(layer.named(name).title)), *shares(layer, name, found.breakdowns[name], words)]))
    items = shown.items.items if shown.items else ()
    nearest = html.Div([html.H3(words("selection.nearest")), *lists.near(layer, items, found.count, words, shown.now)])
    return [*blocks, nearest]


def _cases(shown: Selected) -> list[Component]:
    if shown.cases is None:
        return []
    words = shown.words
    rows = [item.row for item in shown.cases.items]
    title = words("selection.cases", number=formats.number(shown.cases.count))
    listed = lists.lines(next(layer for layer in shown.layers if layer.key == "open_events"), rows, shown.cases.count, words, shown.now)
    return [section(title, listed, note=[icon("sort-descending"), words("filter.order_deadline")])]


def _foot(shown: Selected) -> Component:
    words = shown.words
    actions: list[Component] = []
    if shown.may_export:
        key = shown.unfolded or "open_events"
        title = next(words.of(layer.title) for layer in shown.layers if layer.key == key)
        what = {"title": words("export.of", layer=title), "aria_label": words("export.of", layer=title)}
        actions.append(
            button(words("export.title"), "download", "primary", data_export=key, data_export_shape="true", aria_haspopup="menu", **what)
        )
    cameras = shown.selection.classes.get("cameras")
    actions += [
        *(video.of_selection(words) if cameras and cameras.count else []),
        button(words("selection.fit"), "focus-2", data_fit_shape="true"),
        button(words("selection.remove"), "x", data_close_panel="true"),
    ]
    return html.Div(actions, className="panel-foot")
