"""The panel of what lies around a place: who comes soonest, what is there, who lives there; every line opens."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dash import html
from dash.development.base_component import Component

from callbacks import formats
from callbacks.panels import lists
from callbacks.panels.pieces import also, button, dot, empty, icon, icon_button, opener
from callbacks.panels.states import close
from callbacks.words import Words
from layers import registry
from services.nearby import Affected, Group, Item, Nearby, Wanted
from services.routing.engine import Mode

RADII_M = (200, 500, 1_000, 2_000)
MINUTES = (5, 10, 15)
ICONS = {
    "workers": "walk",
    "vehicles": "truck",
    "cameras": "video",
    "hydrants": "fire-hydrant",
    "hospitals": "building-hospital",
    "shelters": "tent",
    "fire_stations": "flame",
    "police": "shield",
    "warehouses": "building-warehouse",
    "schools": "school",
    "key_organizations": "briefcase",
    "open_events": "alert-triangle",
}
FIELDS = ("pop_type", "age_group", "care")


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What was found, and what was asked for."""

    found: Nearby
    wanted: Wanted
    words: Words
    now: datetime
    place: str
    of: str
    """The row that it is asked for, as `open_events/7`."""
    unfolded: str
    outline: str
    """GeoJSON of the area that was looked at, when it is no circle."""

    def data(self, **changes: object) -> str:
        """Write the same question with changes, for a button."""
        base: dict[str, object] = {
            "lon": self.found.lon,
            "lat": self.found.lat,
            "of": self.of,
            "mode": self.wanted.mode.value,
            "unfold": self.unfolded,
        }
        base |= {"minutes": self.wanted.minutes} if self.wanted.minutes else {"radius_m": self.wanted.radius_m}
        return json.dumps({key: value for key, value in (base | changes).items() if value not in (None, "")})


def nearby(shown: Around) -> list[Component]:
    """Show the panel."""
    words, found = shown.words, shown.found
    groups = [part for group in found.groups for part in _group(shown, group)]
    people = _people(shown, found.affected) if found.affected else []
    body = html.Div(
        [*people, *groups],
        className="panel-scroll",
        tabIndex="0",
        role="region",
        **also({"aria-label": words("nearby.title")}),
    )
    place = f"{found.lon:.6f},{found.lat:.6f}"
    foot = html.Div(
        [
            button(words("nearby.select"), "circle", "primary", data_around=place),
            button(words("panel.locate"), "focus-2", data_locate=place),
        ],
        className="panel-foot",
    )
    return [_head(shown), body, foot]


def _head(shown: Around) -> Component:
    words, found, wanted = shown.words, shown.found, shown.wanted
    radii = [
        _step(shown, formats.distance(radius, words), pressed=wanted.radius_m == radius, radius_m=radius, minutes=None)
        for radius in RADII_M
    ]
    minutes = [
        _step(shown, words("nearby.minutes", number=number), pressed=wanted.minutes == number, minutes=number, radius_m=None)
        for number in MINUTES
    ]
    modes = [_step(shown, words(f"mode.{mode}"), pressed=wanted.mode is mode, mode=mode.value) for mode in Mode] if wanted.minutes else []
    area = html.Span([words("selection.area"), html.B(formats.area(found.area_m2, words))])
    given = {"data-nearby": json.dumps([found.lon, found.lat]), "data-radius-m": str(wanted.radius_m or ""), "data-outline": shown.outline}
    return html.Div(
        [
            html.Div(
                [
                    html.Div(
                        [
                            icon_button("arrow-left", words("panel.back"), data_back="true"),
                            html.H1([icon("current-location"), words("nearby.title")]),
                        ],
                        className="title-row",
                    ),
                    html.Div(close(words), className="head-tools"),
                ],
                className="kind-row",
            ),
            html.Div(
                [html.Span([words("selection.middle"), html.B(shown.place or words("selection.outside"))]), area],
                className="selection-facts",
            ),
            html.Div([*radii, *minutes], className="segments", role="group", **also({"aria-label": words("nearby.reach")})),
            *([html.Div(modes, className="segments", role="group", **also({"aria-label": words("nearby.mode")}))] if modes else []),
        ],
        className="panel-head board-head",
        **also(given),
    )


def _step(shown: Around, text: str, *, pressed: bool, **changes: object) -> Component:
    return html.Button(
        text,
        type="button",
        className="segment",
        **also({"data-board": "nearby", "data-board-data": shown.data(**changes), "aria-pressed": "true" if pressed else "false"}),
    )


def _group(shown: Around, group: Group) -> list[Component]:
    words = shown.words
    unfolded = shown.unfolded == group.key
    most = len(group.items) if unfolded else 3
    head = html.Button(
        [
            icon(ICONS.get(group.key, "point")),
            html.Span(words(f"nearby.{group.key}"), className="class-title"),
            html.Span(_first(group, words), className="quiet cut"),
            html.B(formats.number(group.count)),
            icon("chevron-up" if unfolded else "chevron-down", "faint"),
        ],
        type="button",
        className="class-row nearby-head" if group.count else "class-row nearby-head none",
        **also(
            {
                "data-board": "nearby",
                "data-board-data": shown.data(unfold="" if unfolded else group.key),
                "aria-expanded": "true" if unfolded else "false",
            }
        ),
    )
    rows: Sequence[Component] = (
        [_item(shown, group, item) for item in group.items[:most]] if (unfolded or group.key in {"workers", "vehicles"}) else []
    )
    if unfolded and not group.items:
        rows = [empty(words("nearby.none"))]
    return [html.Div([head, *rows], className="nearby-group")]


def _first(group: Group, words: Words) -> str:
    if not group.items:
        return ""
    item = group.items[0]
    if item.travel_time_s is not None:
        return words("nearby.soonest", minutes=f"{item.travel_time_s / 60:.1f}")
    seen = sum(bool(one.sees) for one in group.items)
    if seen:
        return words("nearby.sees", number=seen)
    return words("nearby.nearest", distance=formats.distance(item.distance_m, words))


def _item(shown: Around, group: Group, item: Item) -> Component:
    words, layer, row = shown.words, registry.get(group.layer), item.row
    note = formats.distance(item.distance_m, words)
    if item.travel_time_s is not None:
        note = words(
            "nearby.time",
            minutes=f"{item.travel_time_s / 60:.1f}",
            distance=formats.distance(item.road_distance_m or item.distance_m, words),
        )
    if item.sees:
        note = words.joint.join([words("nearby.in_sight"), note])
    mark = dot(lists.colour(layer.look, row)) if layer.look.by else icon(layer.look.icon)
    return opener(
        [
            mark,
            html.Span(lists.title(layer, row), className="main"),
            html.Span(lists.subline(layer, row, words, shown.now), className="second"),
            html.Span(note, className="end"),
        ],
        group.layer,
        row.id,
        "line",
        lon=row.lon,
        lat=row.lat,
    )


def _people(shown: Around, affected: Affected) -> list[Component]:
    words, layer = shown.words, registry.get("people")
    rows = []
    for name in FIELDS:
        values = affected.categories.get(name)
        if not values:
            continue
        item = layer.named(name)
        parts = sorted(values.items(), key=lambda pair: -pair[1])[:6]
        texts = [f"{words.of(item.choices[value]) if value in item.choices else value} {formats.number(number)}" for value, number in parts]
        rows.append(
            html.P([html.Span(words.of(item.title), className="quiet"), html.Span(words.joint.join(texts))], className="nearby-people")
        )
    title = html.Div(
        [
            html.H2(words("nearby.people")),
            html.Div(
                [
                    html.B(formats.number(affected.people)),
                    words("nearby.in_buildings", number=formats.number(affected.buildings)),
                ],
                className="note",
            ),
        ],
        className="section-head",
    )
    return [html.Section([title, *rows], className="section")]
