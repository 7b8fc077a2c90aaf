"""The two evaluations of ZC-06 on the page of analysis: road damage by road, exposed garbage against bins."""

import json

from dash import dcc, html
from dash.development.base_component import Component

from callbacks import formats
from callbacks.analysis_address import Address
from callbacks.panels.analysis import Frame, chart, choice, entry, exports, hours, table
from callbacks.panels.pieces import Child, Children, also, bar, empty, icon
from callbacks.words import Words
from services.garbage_bins import Bin, GarbageBins, Site
from services.road_damage import DamagedRoad, RoadDamage

RADII = (50, 80, 120, 200)
SITE_NUMBERS = (10, 20, 50)
MAP_ZOOM = 17
PARETO = 0.8


def roads(found: RoadDamage, told: Frame) -> list[Component]:
    """Show road damage: what it adds up to, the shares of a budget, road by road."""
    words, address = told.words, told.address
    budget = html.Div(
        entry(words("analysis.budget"), "number", "budget", address.get("budget")),
        className="an-form inline",
        **also({"data-analysis-form": "true"}),
    )
    tools = html.Div(
        [budget, exports(told, "incidence/presets/road_damage", preset=None, budget=address.get("budget") or None)], className="an-tools"
    )
    if not found.roads:
        return [tools, empty(words("analysis.nothing"))]
    few = next((place for place, road in enumerate(found.roads, 1) if road.cumulated >= PARETO), len(found.roads))
    sums = html.P(
        words(
            "analysis.roads_sums",
            total=formats.number(found.total),
            roads=formats.number(len(found.roads)),
            few=formats.number(few),
            elsewhere=formats.number(found.elsewhere),
            days=formats.number(found.days),
        ),
        className="an-said",
    )
    heads = [
        ("", ""), (words("analysis.by_road"), ""), (words("analysis.cases"), "wide"), (words("analysis.cumulated"), "n"), (words("analysis.length"), "n"),
        (words("analysis.per_km"), "n"), (words("analysis.repaired"), "n"), (words("analysis.open"), "n"), (words("analysis.overdue"), "n"),
        (words("analysis.again"), "n"), (words("analysis.median_repair"), "n"), (words("analysis.year_ago"), "n"), (words("analysis.a_year"), "n"),
        *([(words("analysis.budget_part"), "n")] if found.budget is not None else []),
    ]  # fmt: skip
    rows = [_road(place, road, found, told) for place, road in enumerate(found.roads, 1)]
    return [tools, sums, table(heads, rows), html.P(words("analysis.roads_how"), className="quiet")]


def _road(place: int, road: DamagedRoad, found: RoadDamage, told: Frame) -> list[Children]:
    words, behind = told.words, {"preset": "road_damage", "road": road.name}
    return [
        str(place),
        dcc.Link(road.name, href=told.address.to_view("cases", **behind), className="an-name", title=words("analysis.cases_behind")),
        html.Div(
            [dcc.Link(formats.number(road.cases), href=told.address.to_view("cases", **behind)), bar(road.cases / found.roads[0].cases)],
            className="an-bar",
        ),
        formats.percent(road.cumulated, 1),
        _decimal(road.length_km, 2),
        _decimal(road.cases_per_km, 1),
        formats.number(road.repaired),
        formats.number(road.open),
        dcc.Link(str(road.overdue), href=told.address.to_view("cases", overdue="true", **behind)) if road.overdue else "0",
        formats.number(road.again),
        "–" if road.median_hours is None else hours(road.median_hours, words),
        "–" if road.last_year is None else formats.number(road.last_year),
        formats.number(road.expected_a_year),
        *([] if road.budget_part is None else [formats.number(road.budget_part)]),
    ]


def bins(found: GarbageBins, told: Frame) -> list[Component]:
    """Show garbage against bins: on the map, by distance, suggested sites, bins that overflow."""
    words, address = told.words, told.address
    radius = choice(
        words("analysis.radius"), "radius", [(str(one), words("unit.metres", number=one)) for one in RADII], str(found.radius_m)
    )
    number = choice(
        words("analysis.sites_number"), "sites", [(str(one), str(one)) for one in SITE_NUMBERS], address.get("sites", str(SITE_NUMBERS[1]))
    )
    form = html.Div([radius, number], className="an-form inline", **also({"data-analysis-form": "true"}))
    tools = html.Div(
        [
            form,
            exports(
                told, "incidence/presets/garbage_bins", preset=None, radius_m=found.radius_m, sites=address.get("sites") or SITE_NUMBERS[1]
            ),
        ],
        className="an-tools",
    )
    if not found.cases:
        return [tools, empty(words("analysis.nothing"))]
    return [
        tools,
        _sums(found, told),
        _map(found, words),
        *_sites(found, told),
        *_overflowing(found, told),
        html.P(words("analysis.bins_how"), className="quiet"),
    ]


def _sums(found: GarbageBins, told: Frame) -> Component:
    words = told.words
    cases: Component = dcc.Link(formats.number(found.cases), href=told.address.to_view("cases", preset="garbage_bins"))
    last = found.sites[-1].cumulated if found.sites else 0.0
    entries: list[tuple[str, Child, str]] = [
        (words("analysis.cases"), cases, words("analysis.bins_number", number=formats.number(found.bins))),
        (words("analysis.beside", metres=found.near_m), formats.percent(found.beside, found.cases), words("analysis.beside_why")),
        (
            words("analysis.unserved", metres=found.radius_m),
            formats.percent(found.unserved, found.cases),
            words("analysis.number", number=formats.number(found.unserved)),
        ),
        (words("analysis.would_serve", number=len(found.sites)), formats.percent(last, 1), words("analysis.of_unserved")),
    ]
    return html.Dl([figure(title, value, note) for title, value, note in entries], className="an-figures")


def figure(title: str, value: Child, note: str) -> Component:
    """One large figure."""
    return html.Div([html.Dt(title), html.Dd([value, html.Small(note)])])


def _map(found: GarbageBins, words: Words) -> Component:
    places = {
        "unserved": found.unserved_places,
        "bins": found.bin_places,
        "sites": [{"rank": one.rank, "lon": one.lon, "lat": one.lat, "cases": one.cases} for one in found.sites],
        "overflowing": [{"lon": one.lon, "lat": one.lat, "cases": one.cases} for one in found.overflowing[:10]],
        "radius_m": found.radius_m,
    }
    legend = html.P(
        [
            html.Span([html.I(className=f"an-key {tone}"), words(f"analysis.map_{tone}")])
            for tone in ("site", "unserved", "bin", "overflowing")
        ],
        className="an-legend",
    )
    picture = html.Div(
        className="an-map", **also({"data-analysis-map": json.dumps(places), "aria-label": words("analysis.map"), "role": "img"})
    )
    bands = [
        {
            "label": words("analysis.band", low=band.from_m, high=band.to_m)
            if band.to_m
            else words("analysis.band_above", low=band.from_m),
            "value": band.cases,
            "text": formats.number(band.cases),
            "tone": "warn" if band.from_m >= found.radius_m else "accent",
        }
        for band in found.bands
    ]
    side = html.Figure(
        [html.Figcaption(words("analysis.bands")), chart("bars", {"rows": bands}, words("analysis.bands"))], className="an-figure"
    )
    return html.Div([html.Div([picture, legend]), side], className="an-pair")


def _sites(found: GarbageBins, told: Frame) -> list[Component]:
    words = told.words
    if not found.sites:
        return [empty(words("analysis.no_sites"))]
    heads = [
        ("", ""), (words("analysis.site"), ""), (words("analysis.by_grid"), ""), (words("analysis.would_cover"), "wide"), (words("analysis.cumulated"), "n"),
        (words("analysis.nearest_bin"), "n"), ("", ""),
    ]  # fmt: skip
    return [html.H2(words("analysis.sites")), table(heads, [_site(one, found, told) for one in found.sites])]


def _site(one: Site, found: GarbageBins, told: Frame) -> list[Children]:
    words = told.words
    return [
        str(one.rank),
        html.A(one.road or words("analysis.no_road"), href=_on_map(one), className="an-name"),
        told.known.get(("area", one.grid_code), one.grid_code),
        html.Div([formats.number(one.cases), bar(one.cases / found.sites[0].cases)], className="an-bar"),
        formats.percent(one.cumulated, 1),
        "–" if one.nearest_bin_m is None else formats.distance(one.nearest_bin_m, words),
        html.A(icon("map-2"), href=_on_map(one), className="icon-button", title=words("analysis.on_map")),
    ]


def _overflowing(found: GarbageBins, told: Frame) -> list[Component]:
    words = told.words
    if not found.overflowing:
        return []
    heads = [
        ("", ""),
        (words("analysis.bin"), ""),
        (words("analysis.by_grid"), ""),
        (words("analysis.beside", metres=found.near_m), "wide"),
        ("", ""),
    ]
    rows: list[list[Children]] = [
        [
            str(place),
            html.A(one.name, href=_on_map(one, f"parts:{one.id}"), className="an-name"),
            told.known.get(("area", one.grid_code), one.grid_code),
            html.Div([formats.number(one.cases), bar(one.cases / found.overflowing[0].cases)], className="an-bar"),
            html.A(icon("map-2"), href=_on_map(one, f"parts:{one.id}"), className="icon-button", title=words("analysis.on_map")),
        ]
        for place, one in enumerate(found.overflowing, 1)
    ]
    return [html.H2(words("analysis.overflowing")), table(heads, rows)]


def _on_map(one: Site | Bin, opened: str = "") -> str:
    """The command map at a place; `opened` is the object in its panel."""
    place = f"/#c={one.lon:.6f},{one.lat:.6f}&z={MAP_ZOOM}"
    return f"{place}&s={opened}:{one.lon:.6f}:{one.lat:.6f}" if opened else place


def _decimal(value: float | None, digits: int) -> str:
    return "–" if value is None else formats.number(value, digits)


def budget_of(address: Address) -> float | None:
    """Return the sum to share out; None when none is given."""
    text = address.get("budget")
    return float(text) if text.replace(".", "", 1).isdigit() and text.isascii() and len(text) <= 12 else None
