"""The bar above every page but the map: the ways to the pages of its kind and to all others, and who is signed in."""

from dataclasses import dataclass

from dash import html
from dash.development.base_component import Component

from callbacks.panels.frame import pages, switches
from callbacks.panels.pieces import also, chip, icon
from callbacks.panels.ways import MAP, ways
from callbacks.words import Words
from services.rights import Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """What a page says of itself to its bar."""

    here: str
    """Path of the page."""
    demo: bool


def bar(reader: Reader, words: Words, told: Bar) -> Component:
    """Build the bar."""
    open_ways = ways(reader)
    kinds = {way.kind for way in open_ways if way.path == told.here}
    brand = html.Div([pages(reader, words, told.here), html.B(words("brand"))], className="brand")
    links = html.Nav(
        [
            html.A(
                [icon(way.icon), words(way.title)],
                href=way.path,
                title=words(way.title),
                className="top-link here" if way.path == told.here else "top-link",
                **(also({"aria-current": "page"}) if way.path == told.here else {}),
            )
            for way in open_ways
            if way is MAP or way.kind in kinds
        ],
        className="top-links",
        **also({"aria-label": words("bar.pages")}),
    )
    name = reader.display_name or reader.username
    who = html.Div(
        [html.Span(name[:1], className="avatar"), html.Span([html.B(name), html.Small(words(f"role.{reader.role}"))], className="who")],
        className="person",
    )
    leave = html.Button([icon("logout"), words("sign_out")], type="button", className="button small", **also({"data-sign-out": "true"}))
    return html.Header(
        [
            brand,
            links,
            chip(words("demo.mark"), "demo") if told.demo else "",
            html.Div([*switches(words), who, leave], className="top-who"),
        ],
        className="top",
    )
