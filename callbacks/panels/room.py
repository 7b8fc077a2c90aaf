"""One room with the people and organizations in it (以房管人)."""

from datetime import date, datetime

from dash import html
from dash.development.base_component import Component

from callbacks import formats
from callbacks.panels import lists
from callbacks.panels.pieces import chip, empty, opener, section
from callbacks.panels.shown import unmask_button
from callbacks.words import Words
from layers import registry
from services.details import Room, RoomDetails
from services.features import Row
from services.rights import Reader


def hint(words: Words) -> Component:
    """Say how to see who lives somewhere."""
    return empty(words("room.hint"))


def name_of(room: Room, words: Words) -> str:
    """Name a room by stairwell and number."""
    return words("room.name", unit=room.unit_no, number=room.room_no)


def section_of(found: RoomDetails, reader: Reader, words: Words, now: datetime) -> list[Component]:
    """Show who lives and works in a room."""
    room, people = found.room, registry.get("people")
    badge = words(f"room.{room.state}")
    if room.lease_until:
        badge = words("room.lease", state=badge, until=f"{room.lease_until:%Y-%m}")
    content: list[Component] = []
    if found.people:
        content.append(_residents(found.people, words, now))
    content += [lists.line(registry.get("organizations"), row, words, now) for row in found.organizations]
    if not content:
        content.append(empty(words("room.vacant_text" if room.state == "vacant" else "room.nobody")))
    title: list[Component] = [html.H2(name_of(room, words)), chip(badge, f"room-chip-{room.state}")]
    clear = unmask_button(people, found.people, reader, words)
    if room.area_m2 and not clear:
        title.append(chip(formats.area(room.area_m2, words)))
    head = html.Div([*title, html.Div(clear, className="note")], className="section-head")
    return [html.Section([head, *content], className="section room-section")]


def _residents(rows: tuple[Row, ...], words: Words, now: datetime) -> Component:
    layer = registry.get("people")
    titles = [
        words.of(layer.named("name").title),
        words("room.relation"),
        words("room.sex_age"),
        words.of(layer.named("id_no").title),
        words.of(layer.named("registered_on").title),
    ]
    head = html.Div([html.Span(title) for title in titles], className="resident head")
    return html.Div([head, *(_resident(row, words, now) for row in rows)], className="residents")


def _resident(row: Row, words: Words, now: datetime) -> Component:
    layer = registry.get("people")
    born = row.fields.get("birth_date")
    years = str(formats.years(born, now)) if isinstance(born, date) else lists.word(layer, row, "age_group", words, now)
    sex = lists.joined([lists.word(layer, row, "sex", words, now), years], words)
    cells = [
        str(row.fields.get("name") or formats.NONE),
        lists.word(layer, row, "relation", words, now),
        sex,
        str(row.fields.get("id_no") or formats.NONE),
        lists.word(layer, row, "registered_on", words, now),
    ]
    return opener([html.Span(text, className="cut") for text in cells], "people", row.id, "resident")


def others(title: str, rows: tuple[Row, ...], words: Words, now: datetime) -> list[Component]:
    """Show people of a household or room under a heading; nothing when there are none."""
    return [section(title, [_residents(rows, words, now)], note=formats.number(len(rows)))] if rows else []
