"""What the panel of one object is made from, and the parts that all of them share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from dash import html
from dash.development.base_component import Component

from callbacks import formats
from callbacks.panels import lists
from callbacks.panels.opened import Opened
from callbacks.panels.pieces import Children, also, attributes, button, chip, icon, icon_button, opener, reference, section
from callbacks.panels.states import close
from callbacks.words import Words
from geodata.source import Sensitivity
from layers import registry
from layers.base import Field, Layer
from services.counts import Count
from services.details import Details, RoomDetails
from services.features import Row
from services.rights import MAY_UNMASK, Reader
from services.select import ClassSelection

QUIET_FIELDS = frozenset({"flags", "household_id", "room_id"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A row with its relations and surroundings, and who looks at it when."""

    layer: Layer
    details: Details
    words: Words
    now: datetime
    reader: Reader
    near: Mapping[str, ClassSelection] = field(default_factory=dict)
    """Classes around the row, within `near_m`."""
    near_m: float = 0.0
    inside: Mapping[str, Count] = field(default_factory=dict)
    """Of an area: how many rows of each class belong to it."""
    inside_values: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Of an area: rows of some classes by the values of a field, see `callbacks.panels.areas.BROKEN_DOWN`."""
    residents: ClassSelection | None = None
    """Of a building: its people, by age and kind."""
    room: RoomDetails | None = None
    """Of a person: where he lives; of a building: the room that is asked for."""
    opened: Opened | None = None
    """Of a case that the reader may open: all of it."""

    @property
    def row(self) -> Row:
        """The row itself."""
        return self.details.row

    @property
    def title(self) -> str:
        """Its name."""
        return lists.title(self.layer, self.row)

    def text(self, name: str) -> str:
        """Write one of its fields; a dash when it has no value or the reader may not see it."""
        return formats.shown(self.layer.named(name), self.row.fields.get(name), self.words, self.now)

    def at(self, name: str) -> datetime | None:
        """Return an instant of the row."""
        value = self.row.fields.get(name)
        return value if isinstance(value, datetime) else None

    def amount(self, name: str) -> float | None:
        """Return a number of the row."""
        value = self.row.fields.get(name)
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None

    def number(self, name: str) -> str:
        """Write a whole number of the row without its unit."""
        return formats.number(self.amount(name))


def header(shown: Shown, *extra: Component, badges: Sequence[Component] = (), path: bool = True) -> Component:
    """Say what this is, where it lies (`path`), and its name; `extra` follows below."""
    words, name = shown.words, reference(shown.layer.key, shown.row.id)
    tools = [icon_button("arrow-left", words("panel.back"), data_back="true")]
    right = [icon_button("link", words("panel.copy_link"), data_copy_link=name), close(words)]
    kind = html.Div(
        [*tools, icon(shown.layer.look.icon), html.Span(words.of(shown.layer.title)), *(_path(shown) if path else [])], className="kind"
    )
    heading = html.Div([html.H1(shown.title), *badges], className="title-row")
    return html.Div(
        [html.Div([kind, html.Div(right, className="head-tools")], className="kind-row"), heading, *extra], className="panel-head"
    )


def _path(shown: Shown) -> list[Component]:
    names = dict(zip([area.id for area in shown.details.areas], lists.short_names(shown.details.areas), strict=True))
    areas = [area for area in shown.details.areas if area.layer != "district" and (area.layer, area.id) != (shown.layer.key, shown.row.id)]
    return [opener(names[area.id], area.layer, area.id, "crumb-link") for area in areas]


def footer(shown: Shown, *first: Component) -> Component:
    """Offer what can be done with an object: look around it, find it on the map."""
    words, row = shown.words, shown.row
    place = f"{row.lon:.6f},{row.lat:.6f}"
    return html.Div(
        [
            *first,
            button(words("panel.around"), "circle", "" if first else "primary", data_around=place),
            button(words("panel.locate"), "focus-2", data_locate=place),
        ],
        className="panel-foot",
    )


def panel(shown: Shown, head: Component, body: Sequence[Component], *actions: Component) -> list[Component]:
    """Put a panel together: head and foot stay, the middle scrolls."""
    return [
        head,
        html.Div(list(body), className="panel-scroll", tabIndex="0", role="region", **also({"aria-label": shown.title})),
        footer(shown, *actions),
    ]


def value(shown: Shown, item: Field) -> Children:
    """Write a field; an id of another class becomes a link with that row's name."""
    relation = shown.details.relations.get(item.name.removesuffix("_id"))
    if item.link and relation and relation.rows:
        other = registry.get(relation.layer)
        return opener(lists.title(other, relation.rows[0]), other.key, relation.rows[0].id, "text-link")
    if item.name == "grid_code" and shown.details.areas:
        grid = shown.details.areas[-1]
        return opener(grid.name, grid.layer, grid.id, "text-link")
    return shown.text(item.name)


def attribute_section(shown: Shown, *without: str, title: str = "") -> Component:
    """Show every declared field that has a value and is not shown elsewhere."""
    left_out = {*without, *QUIET_FIELDS}
    entries: list[tuple[str, Children]] = [
        (shown.words.of(item.title), value(shown, item))
        for item in shown.layer.fields
        if item.name not in left_out and shown.row.fields.get(item.name) not in (None, "") and not _dangling(shown, item)
    ]
    if shown.room and shown.layer.key != "buildings":
        entries.append((shown.words("room.title"), room_link(shown.room, shown.words)))
    doubts = [part for part in str(shown.row.fields.get("flags") or "").split(",") if part]
    if doubts:
        entries.append(
            (shown.words("doubt.title"), html.Span([chip(doubt(shown.words, part), "warn") for part in doubts], className="chips"))
        )
    return section(title or shown.words("panel.attributes"), attributes(entries), note=_unmask(shown))


def room_link(found: RoomDetails, words: Words) -> Component:
    """Link to a room in the board of its building."""
    text = words("room.name", unit=found.room.unit_no, number=found.room.room_no)
    return html.Button(
        text, type="button", className="text-link", **also({"data-open": f"buildings/{found.building_id}?room={found.room.id}"})
    )


def doubt(words: Words, name: str) -> str:
    """Name a doubt about a row."""
    return words(f"doubt.{name}") if f"doubt.{name}" in words.catalogue else name


def _dangling(shown: Shown, item: Field) -> bool:
    return bool(item.link) and item.name != "grid_code" and item.name.removesuffix("_id") not in shown.details.relations


def _unmask(shown: Shown) -> Children:
    return unmask_button(shown.layer, [shown.row], shown.reader, shown.words)


def unmask_button(layer: Layer, rows: Sequence[Row], reader: Reader, words: Words) -> Children:
    """Offer to read personal values of rows in the clear, when the reader's role may and there are any."""
    names = personal(layer, rows)
    if not names or reader.role not in MAY_UNMASK:
        return ""
    ids = ",".join(str(row.id) for row in rows)
    return [
        html.Span([icon("lock"), words("unmask.masked")], className="masked"),
        button(words("unmask.open"), "eye", "small", data_unmask=f"{layer.key}:{ids}"),
    ]


def personal(layer: Layer, rows: Sequence[Row]) -> list[str]:
    """Name the personal fields that any of the rows has a value of."""
    return [
        item.name for item in layer.fields if item.sensitivity is Sensitivity.PERSONAL and any(row.fields.get(item.name) for row in rows)
    ]


def relation_section(shown: Shown, name: str, title: str) -> list[Component]:
    """Show the rows of a relation under a heading; nothing when the reader may not see their class."""
    relation = shown.details.relations.get(name)
    if relation is None:
        return []
    layer = registry.get(relation.layer)
    content = lists.lines(layer, relation.rows, relation.total, shown.words, shown.now)
    return [section(title, content, note=formats.number(relation.total))]


def near_section(shown: Shown, key: str, title: str, *, most: int = 5) -> list[Component]:
    """Show what of a class lies around; nothing when the reader may not see it."""
    found = shown.near.get(key)
    if found is None:
        return []
    layer = registry.get(key)
    note = shown.words("near.note", distance=formats.distance(shown.near_m, shown.words), number=formats.number(found.count))
    return [section(title, lists.near(layer, found.items[:most], found.count, shown.words, shown.now), note=note)]


def total(shown: Shown, name: str) -> int:
    """Count the rows of a relation."""
    relation = shown.details.relations.get(name)
    return relation.total if relation else 0
