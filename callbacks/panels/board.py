"""The board of a building's rooms: unit × floor × room, coloured by use."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from dash import html
from dash.development.base_component import Component

from callbacks import formats
from callbacks.panels.pieces import also
from callbacks.words import Words
from services.details import Room

STATES = ("own", "rent", "vacant", "office", "shop")
WRITTEN_COLUMNS = 10
"""With more rooms side by side the cells are too narrow for numbers."""
UNITS_ABREAST = 20
"""With more rooms side by side the stairwells stand one below the other."""


def key_of_states(rooms: Sequence[Room], words: Words) -> Component:
    """Explain the colours, with the number of rooms of each."""
    numbers = Counter(room.state for room in rooms)
    return html.Div(
        [
            html.Span([html.I(className=f"swatch room-{state}"), words(f"room.{state}"), html.B(formats.number(numbers[state]))])
            for state in STATES
            if numbers[state]
        ],
        className="room-key",
    )


def board(rooms: Sequence[Room], words: Words, *, chosen: int = 0) -> Component:
    """Draw the rooms, floors from the top down; a click on a cell asks for the people in it."""
    units: dict[int, list[Room]] = defaultdict(list)
    for room in rooms:
        units[room.unit_no].append(room)
    widths = {unit: _widest(members) for unit, members in units.items()}
    columns = sum(widths.values())
    if columns > UNITS_ABREAST and len(units) > 1:
        blocks = [_block({unit: units[unit]}, widths, words, chosen) for unit in sorted(units)]
        return html.Div(blocks, className="boards")
    return _block(units, widths, words, chosen)


def _block(units: Mapping[int, Sequence[Room]], widths: Mapping[int, int], words: Words, chosen: int) -> Component:
    written = sum(widths[unit] for unit in units) <= WRITTEN_COLUMNS
    order = sorted(units)
    floors = sorted({room.floor_no for members in units.values() for room in members}, reverse=True)
    cells: dict[tuple[int, int], list[Room]] = {(room.unit_no, room.floor_no): [] for members in units.values() for room in members}
    for members in units.values():
        for room in members:
            cells[room.unit_no, room.floor_no].append(room)
    lines: list[Component] = []
    for unit in order:
        lines += [html.Span(), html.Span(words("room.unit", number=unit), className="unit", style={"gridColumn": f"span {widths[unit]}"})]
    for floor in floors:
        for unit in order:
            # the floor stands before the first stairwell; before the others its place is a gap
            lines.append(html.Span(_floor(floor) if unit == order[0] else "", className="floor"))
            lines += _floor_of_unit(cells.get((unit, floor), []), widths[unit], words, chosen, written=written)
    template = " ".join(f"{24 if unit == order[0] else 6}px repeat({widths[unit]}, minmax(0, 1fr))" for unit in order)
    return html.Div(lines, className="board" if written else "board narrow", style={"gridTemplateColumns": template})


def _floor_of_unit(rooms: Sequence[Room], width: int, words: Words, chosen: int, *, written: bool) -> list[Component]:
    found = [_cell(room, words, chosen=room.id == chosen, written=written) for room in sorted(rooms, key=lambda room: room.room_no)]
    blank = [html.Span(className="no-room") for _ in range(width - len(found))]
    return [*found, *blank]


def _cell(room: Room, words: Words, *, chosen: bool, written: bool) -> Component:
    told = words("room.told", number=room.room_no, state=words(f"room.{room.state}"), people=room.people)
    name = f"{told}{words.joint}{room.organization}" if room.organization else told
    return html.Button(
        room.room_no if written else "",
        type="button",
        className=f"cell room-{room.state}",
        title=name,
        **also({"data-room": str(room.id), "aria-pressed": "true" if chosen else "false"}),
    )


def _floor(floor: int) -> str:
    return f"B{-floor}" if floor < 0 else str(floor)


def _widest(rooms: Sequence[Room]) -> int:
    return max(Counter(room.floor_no for room in rooms).values())
