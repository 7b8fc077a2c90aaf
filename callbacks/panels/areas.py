"""The panels of district, street, community and grid: who is responsible, what is in it, what is open (LH-09)."""

from collections.abc import Mapping

from dash import html
from dash.development.base_component import Component

from callbacks import formats
from callbacks.panels import lists
from callbacks.panels.pieces import Children, also, chip, facts, icon, section, tabs
from callbacks.panels.selection import ordered
from callbacks.panels.shares import shares, stacked, worded
from callbacks.panels.shown import Shown, attribute_section, header, panel, relation_section, total
from layers import registry
from layers.base import Group

IN_FACTS = (
    "name",
    "people",
    "households",
    "buildings",
    "organizations",
    "area_m2",
    "size_flag",
    "norm_people_min",
    "norm_people_max",
    "worker_id",
    "worker_name",
    "worker_phone",
    "code",
    "duties",
)
LISTED: Mapping[str, str] = {
    "open_events": "area.cases",
    "streets": "area.streets",
    "communities": "area.communities",
    "grids": "area.grids",
    "workers": "area.workers",
    "buildings": "area.buildings",
    "organizations": "area.organizations",
    "residents": "area.people",
}
"""Relations that become tabs, in their order, with the keys of their titles."""
BROKEN_DOWN: Mapping[str, str] = {"open_events": "level", "people": "age_group", "buildings": "use_type"}
"""Classes that the overview breaks down, and by which field."""
FIRST_CASES = 5
TONES = {"ok": "good", "under": "warn", "over": "alarm"}


def area(shown: Shown) -> list[Component]:
    """Show an area."""
    words = shown.words
    entries: list[tuple[str, str, str, Children]] = [("overview", words("area.overview"), "", _overview(shown))]
    for name, title in LISTED.items():
        if name in shown.details.relations:
            number = formats.number(total(shown, name))
            entries.append((name, words(title), number, relation_section(shown, name, words(title))))
    return panel(shown, header(shown, _facts(shown), badges=_badges(shown)), [tabs(entries, "area")])


def _badges(shown: Shown) -> list[Component]:
    flag = str(shown.row.fields.get("size_flag") or "")
    return [chip(shown.text("size_flag"), TONES.get(flag, ""))] if flag else []


def _facts(shown: Shown) -> Component:
    words = shown.words
    waiting = total(shown, "open_events")
    return facts(
        [
            (shown.number("people"), words("area.people"), ""),
            (shown.number("households"), words("area.households"), ""),
            (shown.number("buildings"), words("area.buildings"), ""),
            (shown.number("organizations"), words("area.organizations"), ""),
            (shown.text("area_m2"), words("area.size"), ""),
            (formats.number(waiting), words("area.open_cases"), "warn" if waiting else ""),
        ]
    )


def _overview(shown: Shown) -> list[Component]:
    return [
        *_norm(shown),
        *_worker(shown),
        *_cases(shown),
        *_inside(shown),
        *_shares(shown),
        *_duties(shown),
        attribute_section(shown, *IN_FACTS),
    ]


def _norm(shown: Shown) -> list[Component]:
    """People against the norm of the grid's kind (KF-21)."""
    least, most, people = shown.amount("norm_people_min"), shown.amount("norm_people_max"), shown.amount("people")
    if least is None or most is None or people is None:
        return []
    words, span = shown.words, 1.25 * max(most, people)
    flag = str(shown.row.fields.get("size_flag"))
    drawn = html.Div(
        [
            html.I(className="norm-span", style={"left": f"{100 * least / span:.1f}%", "width": f"{100 * (most - least) / span:.1f}%"}),
            html.I(className=f"norm-mark {TONES.get(flag, '')}", style={"left": f"{100 * people / span:.1f}%"}),
        ],
        className="norm",
        **also({"aria-hidden": "true"}),
    )
    text = words("area.norm_text", people=formats.number(people), least=formats.number(least), most=formats.number(most))
    return [section(words("area.norm"), [html.P(text, className="said"), drawn], note=shown.text("kind"))]


def _worker(shown: Shown) -> list[Component]:
    relation = shown.details.relations.get("worker")
    if relation and relation.rows:
        return relation_section(shown, "worker", shown.words("area.worker"))
    if "worker_id" in {item.name for item in shown.layer.fields}:
        return [section(shown.words("area.worker"), html.P([icon("user"), shown.words("area.no_worker")], className="said warn"))]
    return []


def _cases(shown: Shown) -> list[Component]:
    """The open cases by level, and the most urgent ones."""
    relation, levels = shown.details.relations.get("open_events"), shown.inside_values.get("open_events")
    if not relation or not relation.total:
        return []
    words, layer = shown.words, registry.get("open_events")
    parts = [
        (word.split(" ")[0], number, layer.look.palette.get(value, ""))
        for value, word, number in worded(layer, "level", levels or {}, words)
    ]
    bars = [html.Div(stacked(parts), className="levels-bar")] if parts else []
    listed = lists.cases(relation.rows[:FIRST_CASES], words, shown.now)
    return [section(words("area.urgent"), [*bars, *listed], note=formats.number(relation.total))]


def _shares(shown: Shown) -> list[Component]:
    """Who lives and what stands in the area."""
    words = shown.words
    return [
        section(
            words.of(registry.get(key).named(name).title),
            shares(registry.get(key), name, shown.inside_values[key], words),
            note=words.of(registry.get(key).title),
        )
        for key, name in BROKEN_DOWN.items()
        if key != "open_events" and any(shown.inside_values.get(key, {}).values())
    ]


def _duties(shown: Shown) -> list[Component]:
    duties = [part.strip() for part in str(shown.row.fields.get("duties") or "").split(",") if part.strip()]
    if not duties:
        return []
    return [section(shown.words("area.duties"), html.Div([chip(part) for part in duties], className="chips"))]


def _inside(shown: Shown) -> list[Component]:
    """How many rows of every class belong to the area; a click selects them on the map."""
    words = shown.words
    cells = []
    for layer in ordered(registry.LAYERS):
        count = shown.inside.get(layer.key)
        if count is None or layer.group is Group.AREAS:
            continue
        cells.append(
            html.Button(
                [icon(layer.look.icon), html.Span(words.of(layer.title), className="cut"), html.B(formats.number(count.total))],
                type="button",
                className="inside-cell",
                **also({"data-select-area": f"{shown.layer.key}/{shown.row.id}", "data-class": layer.key}),
            )
        )
    return [section(words("area.inside"), html.Div(cells, className="inside"), note=words("area.inside_note"))] if cells else []
