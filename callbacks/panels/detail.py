"""One panel a class. A layer without a panel of its own gets the common one, so that a new layer needs nothing here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dash.development.base_component import Component

from callbacks.panels.areas import area
from callbacks.panels.building import building
from callbacks.panels.event import event
from callbacks.panels.force import mobile, organization, resource
from callbacks.panels.panorama import panorama
from callbacks.panels.person import person
from callbacks.panels.pieces import facts
from callbacks.panels.sensing import camera, part, sensor
from callbacks.panels.shown import Shown, attribute_section, header, near_section, panel

Panel = Callable[[Shown], list[Component]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What is looked for around an object before its panel is drawn."""

    radius_m: float = 0.0
    layers: tuple[str, ...] = ()


AROUND: Mapping[str, Surroundings] = {
    "buildings": Surroundings(radius_m=60, layers=("parts", "cameras")),
    "cameras": Surroundings(radius_m=300, layers=("open_events", "cameras")),
    "sensors": Surroundings(radius_m=300, layers=("open_events", "cameras")),
    "panoramas": Surroundings(radius_m=200, layers=("open_events", "cameras")),
    "parts": Surroundings(radius_m=200, layers=("open_events", "cameras")),
    "open_events": Surroundings(radius_m=300, layers=("cameras", "workers", "resources")),
    "events": Surroundings(radius_m=300, layers=("cameras",)),
    "workers": Surroundings(radius_m=500, layers=("open_events",)),
    "vehicles": Surroundings(radius_m=500, layers=("open_events",)),
    "resources": Surroundings(radius_m=300, layers=("open_events", "cameras")),
    "organizations": Surroundings(radius_m=200, layers=("open_events", "resources", "cameras")),
    "places": Surroundings(radius_m=200, layers=("open_events", "resources", "cameras", "organizations")),
    "roads": Surroundings(radius_m=100, layers=("open_events", "cameras", "parts")),
}
TITLES: Mapping[str, str] = {
    "open_events": "near.cases",
    "cameras": "near.cameras",
    "resources": "near.resources",
    "organizations": "near.organizations",
    "parts": "near.parts",
    "workers": "near.workers",
}


def common(shown: Shown) -> list[Component]:
    """Show any row: its declared fields, and what was looked for around it."""
    entries = [
        (shown.text(name), shown.words.of(shown.layer.named(name).title), "")
        for name in shown.layer.subline
        if shown.row.fields.get(name) not in (None, "")
    ]
    head = [facts(entries)] if entries else []
    around = [part_of for key in shown.near for part_of in near_section(shown, key, shown.words(TITLES[key]))]
    body = [attribute_section(shown, shown.layer.headline, *shown.layer.subline), *around]
    return panel(shown, header(shown, *head), body)


PANELS: Mapping[str, Panel] = {
    "district": area,
    "streets": area,
    "communities": area,
    "base_grids": area,
    "city_management_grids": area,
    "buildings": building,
    "people": person,
    "organizations": organization,
    "parts": part,
    "sensors": sensor,
    "cameras": camera,
    "panoramas": panorama,
    "workers": mobile,
    "vehicles": mobile,
    "resources": resource,
    "events": event,
    "open_events": event,
}


def detail(shown: Shown) -> list[Component]:
    """Show the panel of an object."""
    return PANELS.get(shown.layer.key, common)(shown)
