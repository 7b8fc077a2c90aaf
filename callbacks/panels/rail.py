"""The left rail, generated from the layer registry: switches, legends, saved views, base maps. Scripts fill in the figures."""

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from callbacks import ids
from callbacks.panels.markup import inert
from callbacks.panels.pieces import also, button, dot, icon, tabs
from callbacks.words import Words
from layers.base import GROUPS, Form, Group, Layer

RING = ("in_time", "short", "over")
"""What the ring around an event's pin says of the time that is left."""


def rail(layers: Sequence[Layer], bases: Sequence[tuple[str, str]], words: Words) -> list[Component]:
    """Show every layer the reader may see, topmost first within its group, and the base maps (key, title)."""
    return [
        tabs(
            [
                ("layers", words("rail.layers"), "", [inert(html.Div([_group(group, layers, words) for group in Group]))]),
                ("cases", words("rail.cases"), "", html.Div(id=ids.INBOX, className="inbox")),
                ("legend", words("rail.legend"), "", [inert(html.Div(_legends(layers, words)))]),
                ("views", words("rail.views"), "", [inert(html.Div(_views(words)))]),
            ],
            "rail",
        ),
        inert(html.Div([_bases(bases, words)], className="rail-foot")),
    ]


def _group(group: Group, layers: Sequence[Layer], words: Words) -> Component | str:
    members = [layer for layer in reversed(layers) if layer.group is group]
    if not members:
        return ""
    title = words.of(GROUPS[group])
    head = html.Button(
        [icon("chevron-down"), html.Span(title), html.Span(className="group-count", **also({"data-group-on": group.value}))],
        type="button",
        className="group-head",
        **also({"aria-expanded": "true", "data-fold": group.value}),
    )
    rows = [_row(layer, words) for layer in members]
    if any(layer.key == "events" for layer in members):
        rows.append(_hotspots(words))
    return html.Section([head, html.Div(rows)], className="group", **also({"data-group": group.value}))


def _hotspots(words: Words) -> Component:
    title = words("hotspots.rail")
    attributes = {"data-mode": "hs", "aria-checked": "false", "aria-label": title}
    switch = html.Button(html.I(), type="button", role="switch", className="switch", **also(attributes))
    name = html.Span([icon("layout-grid"), html.Span(title, className="layer-title")], className="layer-name")
    return html.Div(html.Div([name, switch], className="layer-row"), className="layer off")


def _row(layer: Layer, words: Words) -> Component:
    title = words.of(layer.title)
    alert = html.Span(className=f"alert {layer.alert.tone}", **also({"data-alert": layer.key})) if layer.alert else ""
    name = html.Button(
        [icon(layer.look.icon), html.Span(title, className="layer-title")],
        type="button",
        className="layer-name",
        title=words("rail.menu", layer=title),
        **also({"data-menu": layer.key, "aria-expanded": "false"}),
    )
    switch = html.Button(
        html.I(),
        type="button",
        role="switch",
        className="switch",
        **also({"data-layer-switch": layer.key, "aria-checked": "true" if layer.shown else "false", "aria-label": title}),
    )
    figures = html.Span([html.Span(className="count", **also({"data-count": layer.key})), alert], className="figures")
    return html.Div(
        [
            html.Div([name, figures, switch], className="layer-row"),
            html.Div(_menu(layer, words), className="layer-menu hidden", **also({"data-menu-of": layer.key})),
            html.Div(legend(layer, words), className="legend"),
        ],
        className="layer",
        **also({"data-layer": layer.key}),
    )


def _menu(layer: Layer, words: Words) -> list[Component]:
    opacity = html.Span(
        **also(
            {
                "data-input": "range",
                "data-min": "20",
                "data-max": "100",
                "data-step": "10",
                "data-value": "100",
                "data-layer-opacity": layer.key,
                "data-label": words("rail.opacity"),
            }
        ),
    )
    parts: list[Component] = [html.Label([html.Span(words("rail.opacity")), opacity], className="opacity")]
    if layer.filters:
        parts.append(button(words("rail.filter"), "filter", "small", data_filter=layer.key))
    return parts


def legend(layer: Layer, words: Words) -> list[Component]:
    """Explain a layer's colours, with the number of rows of each; scripts fill in the numbers."""
    if layer.look.form is Form.PIN:
        return [_levels(layer, words), _ring(words)]
    entries = _entries(layer, words)
    lines: list[Component] = []
    if entries:
        lines.append(
            html.Div(
                [html.Span([dot(colour), word, _value(layer, value)]) for value, word, colour in entries],
                className="legend-dots",
            )
        )
    if layer.look.sector:
        lines.append(
            html.Div(html.Span([html.I(className="fan", **also({"aria-hidden": "true"})), words("legend.sector")]), className="legend-dots")
        )
    return lines


def _entries(layer: Layer, words: Words) -> list[tuple[str, str, str]]:
    if not layer.look.by:
        return []
    choices = layer.named(layer.look.by).choices
    return [(value, words.of(choices[value]) if value in choices else value, colour) for value, colour in layer.look.palette.items()]


def _levels(layer: Layer, words: Words) -> Component:
    columns = [
        html.Div(
            [html.Span(word.split(" ")[0]), html.B(**also({"data-value-count": f"{layer.key}:{value}"}))],
            style={"--colour": colour},
            title=word,
        )
        for value, word, colour in _entries(layer, words)
    ]
    return html.Div(columns, className="levels")


def _ring(words: Words) -> Component:
    return html.Div(
        [html.Span([html.I(className=f"ring {state}", **also({"aria-hidden": "true"})), words(f"legend.{state}")]) for state in RING],
        className="legend-dots",
    )


def _value(layer: Layer, value: str) -> Component:
    return html.B(**also({"data-value-count": f"{layer.key}:{value}"}))


def _legends(layers: Sequence[Layer], words: Words) -> list[Component]:
    blocks: list[Component] = [
        html.Section(
            [html.H3([icon(layer.look.icon), words.of(layer.title)]), *legend(layer, words), *_icons(layer, words)],
            className="legend-block",
            **also({"data-layer": layer.key}),
        )
        for layer in reversed(layers)
    ]
    return [*blocks, html.P(words("legend.none"), className="empty when-all-off")]


def _icons(layer: Layer, words: Words) -> list[Component]:
    if not layer.look.icon_by:
        return []
    choices = layer.named(layer.look.icon_by).choices
    shown = [html.Span([icon(name), words.of(choices[value])]) for value, name in layer.look.icons.items() if value in choices]
    return [html.Div(shown, className="legend-icons")]


def _views(words: Words) -> list[Component]:
    return [
        html.Ul(className="views", **also({"data-saved-views": "true"})),
        html.Div(
            [
                html.Span(
                    **also(
                        {
                            "data-input": "text",
                            "data-label": words("views.name"),
                            "data-placeholder": words("views.name"),
                            "data-maxlength": "40",
                            "data-view-name": "true",
                        }
                    )
                ),
                button(words("views.save"), "bookmark-plus", "small", data_save_view="true"),
            ],
            className="view-form",
        ),
        html.P(words("views.hint"), className="quiet view-hint"),
    ]


def _bases(bases: Sequence[tuple[str, str]], words: Words) -> Component:
    choices = [
        html.Button(
            title,
            type="button",
            className="segment",
            **also({"data-base": key, "aria-pressed": "false"}),
        )
        for key, title in bases
    ]
    return html.Div(
        [*choices, html.Span(className="more-bases", **also({"data-more-bases": "true"}))],
        role="group",
        className="segments",
        **also({"aria-label": words("rail.base")}),
    )
