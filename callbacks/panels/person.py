"""The panel of a person: where he lives, from household to grid, and with whom (以人找房)."""

from datetime import date

from dash import html
from dash.development.base_component import Component

from callbacks import formats
from callbacks.panels import lists, room
from callbacks.panels.pieces import also, chip, facts, icon, opener, section
from callbacks.panels.shown import Shown, attribute_section, header, panel
from layers import registry

IN_FACTS = ("name", "sex", "age_group", "pop_type", "relation", "room_id", "building_id", "grid_code")


def person(shown: Shown) -> list[Component]:
    """Show a person, masked."""
    words, relations = shown.words, shown.details.relations
    head = facts(
        [
            (shown.text("sex"), words.of(shown.layer.named("sex").title), ""),
            (_age(shown), words.of(shown.layer.named("age_group").title), ""),
            (shown.text("pop_type"), words.of(shown.layer.named("pop_type").title), ""),
            (shown.text("relation"), words("person.relation"), ""),
        ]
    )
    care = [chip(shown.text("care"), "warn")] if shown.row.fields.get("care") else []
    body: list[Component] = [*_home(shown)]
    household, mates = relations.get("household"), relations.get("room_mates")
    own = {row.id for row in household.rows} if household else set()
    body += room.others(words("person.household"), household.rows if household else (), words, shown.now)
    body += room.others(
        words("person.room_mates"), tuple(row for row in mates.rows if row.id not in own) if mates else (), words, shown.now
    )
    body.append(attribute_section(shown, *IN_FACTS, title=words("person.papers")))
    return panel(shown, header(shown, head, badges=[chip(words("person.synthetic")), *care]), body)


def _age(shown: Shown) -> str:
    born = shown.row.fields.get("birth_date")
    if isinstance(born, date):
        return shown.words("person.years", number=formats.years(born, shown.now))
    return shown.text("age_group")


def _home(shown: Shown) -> list[Component]:
    """The chain person, household, room, floor, stairwell, building, grid."""
    words, relation = shown.words, shown.details.relations.get("building")
    if not relation or not relation.rows:
        return [section(words("person.home"), html.P(words("person.no_home"), className="said warn"))]
    layer, building = registry.get("buildings"), relation.rows[0]
    steps: list[Component] = []
    if shown.room:
        own = shown.room.room
        steps += [
            _step("users", words("person.step_household", number=len(shown.room.people), households=shown.room.households)),
            _step("door", room.name_of(own, words), data_open=f"buildings/{building.id}?room={own.id}"),
            _step("stack-2", words("person.step_floor", floor=own.floor_no, unit=own.unit_no)),
        ]
    steps.append(opener([icon("building"), lists.title(layer, building)], layer.key, building.id, "step"))
    steps += [
        opener([icon("layout-grid"), area.name], area.layer, area.id, "step") for area in shown.details.areas if area.layer == "base_grids"
    ]
    return [section(words("person.home"), html.Div(steps, className="chain"), note=lists.subline(layer, building, words, shown.now))]


def _step(name: str, text: str, **attributes: str) -> Component:
    if attributes:
        named = {key.replace("_", "-"): value for key, value in attributes.items()}
        return html.Button([icon(name), text], type="button", className="step opener", **also(named))
    return html.Span([icon(name), text], className="step")
