"""The panel of a building: its rooms as a board, who lives and works there, what happened, what stands around it (LH-03, LH-08)."""

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from callbacks import formats, ids
from callbacks.panels import lists, room
from callbacks.panels.board import board, key_of_states
from callbacks.panels.pieces import Children, also, empty, facts, section, tabs
from callbacks.panels.shares import shares
from callbacks.panels.shown import Shown, attribute_section, header, near_section, panel, relation_section, total
from layers import registry
from services.features import Row

IN_FACTS = ("name", "height_m", "floors", "rooms", "people", "organizations")
CLUES = 3


def building(shown: Shown) -> list[Component]:
    """Show a building."""
    words, relations = shown.words, shown.details.relations
    known: list[tuple[str, str, str, Children]] = [("rooms", words("building.rooms"), "", _rooms(shown))]
    if "residents" in relations:
        known.append(("residents", words("building.people"), formats.number(total(shown, "residents")), _people(shown)))
    for name in ("organizations", "events"):
        if name in relations:
            title = words(f"building.{name}")
            known.append((name, title, formats.number(total(shown, name)), relation_section(shown, name, title)))
    for key, title in (("parts", words("building.parts")), ("cameras", words("building.cameras"))):
        if key in shown.near:
            known.append((key, title, formats.number(shown.near[key].count), near_section(shown, key, title, most=20)))
    known.append(("facts", words("building.more"), "", [attribute_section(shown, *IN_FACTS)]))
    return panel(shown, header(shown, _facts(shown)), [tabs(known, "building")])


def open_cases(rows: Sequence[Row]) -> list[Row]:
    """Keep the cases that are not closed."""
    return [row for row in rows if row.fields.get("open")]


def _facts(shown: Shown) -> Component:
    words, relation = shown.words, shown.details.relations.get("events")
    waiting = len(open_cases(relation.rows)) if relation else 0
    height = words(f"building.height_{shown.row.fields.get('height_source') or 'estimated'}")
    entries = [
        (f"{formats.number(shown.amount('height_m'))} m", height, ""),
        (shown.number("floors"), words("building.floors"), ""),
        (shown.number("rooms"), words("building.flats"), ""),
        (shown.number("people"), words("building.residents"), ""),
        (shown.number("organizations"), words("building.organizations"), ""),
    ]
    if relation:
        entries.append((formats.number(waiting), words("building.open_cases"), "warn" if waiting else ""))
    return facts(entries)


def _rooms(shown: Shown) -> list[Component]:
    words, rooms = shown.words, shown.details.rooms
    if not rooms:
        return [empty(words("building.no_rooms")), *_clues(shown)]
    chosen = shown.room.room.id if shown.room else 0
    body = room.section_of(shown.room, shown.reader, words, shown.now) if shown.room else [room.hint(words)]
    return [
        html.Div([key_of_states(rooms, words), board(rooms, words, chosen=chosen)], className="section"),
        html.Div(body, id=ids.ROOM_BODY, **also({"aria-live": "polite"})),
        *_clues(shown),
    ]


def _clues(shown: Shown) -> list[Component]:
    """The first organizations and the open cases, under the board."""
    words, relations = shown.words, shown.details.relations
    content: list[Component] = []
    events = relations.get("events")
    waiting = open_cases(events.rows)[:CLUES] if events else []
    if waiting:
        content += lists.cases(waiting, words, shown.now)
    organizations = relations.get("organizations")
    if organizations:
        layer = registry.get(organizations.layer)
        content += [lists.line(layer, row, words, shown.now) for row in organizations.rows[:CLUES]]
    if not content:
        return []
    note = words("building.clues_note", organizations=formats.number(total(shown, "organizations")), events=formats.number(len(waiting)))
    return [section(words("building.clues"), content, note=note)]


def _people(shown: Shown) -> list[Component]:
    words, relation = shown.words, shown.details.relations["residents"]
    charts: list[Component] = []
    people = registry.get("people")
    if shown.residents and shown.residents.count:
        for name in ("age_group", "pop_type", "sex"):
            title = words.of(people.named(name).title)
            charts.append(section(title, shares(people, name, shown.residents.breakdowns.get(name, {}), words)))
    listed = lists.lines(people, relation.rows, relation.total, words, shown.now)
    return [*charts, section(words("building.people_list"), listed, note=words("unmask.masked"))]
