"""The buttons on the map that change how the city is seen; their words stand in both languages, because the map itself is not drawn anew."""

from dash import html
from dash.development.base_component import Component

from callbacks.panels.pieces import also, icon
from callbacks.words import Language, words

VIEWS = ("plan", "imagery", "3d", "street")


def view_switch() -> Component:
    """Plan, imagery, 3D and street view, and the comparison beside them."""
    buttons = [
        html.Button(_both(f"views.{key}"), type="button", className="segment", **also({"data-view": key, "aria-pressed": "false"}))
        for key in VIEWS
    ]
    compare = html.Button(
        [icon("layers-subtract"), *_both("views.compare")], type="button", className="segment", **also({"data-compare": "true"})
    )
    return html.Div([*buttons, compare], id="map-views", className="float segments both", role="group")


def _both(key: str) -> list[Component]:
    return [html.Span(words(language)(key), lang=words(language).html_lang) for language in Language]
