"""Fields of forms: a caption over a native field that scripts build (assets/js/desk-inputs.js)."""

import json
from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from callbacks.panels.pieces import Children, also

Option = tuple[str, str]
"""Value and words of a choice."""


def field(
    kind: str, name: str, caption: str, /, *, required: bool = False, note: Children = "", classes: str = "", when: str = "", **more: str
) -> Component:
    """Build a field: `kind` as in desk-inputs.js, `name` under which scripts collect its value, `more` further data- attributes."""
    given = {
        "data-input": kind,
        "data-field": name,
        "data-label": caption,
        **({"data-required": "true"} if required else {}),
        **{f"data-{key.replace('_', '-')}": value for key, value in more.items()},
    }
    mark = [html.Span("*", className="required", **also({"aria-hidden": "true"}))] if required else []
    # a label element would need the field's id: the field carries its caption as its own name
    head = html.Span([caption, *mark, html.Span(note, className="field-note") if note else ""], className="field-caption")
    return html.Div(
        [head, html.Span(**also(given))],
        className=f"case-field {classes}".strip(),
        hidden=bool(when),
        **also({"data-when": when} if when else {}),
    )


def choice(name: str, caption: str, options: Sequence[Option], *, value: str = "", **more: str) -> Component:
    """Build a choice of one."""
    required, when = bool(more.pop("required", "")), more.pop("when", "")
    return field(
        "select", name, caption, required=required, when=when, options=json.dumps(list(options), ensure_ascii=False), value=value, **more
    )


def boxes(name: str, caption: str, options: Sequence[Option]) -> Component:
    """Build a choice of several."""
    ticks = [
        html.Button(
            [html.I(className="check", **also({"aria-hidden": "true"})), html.Span(words)],
            type="button",
            role="checkbox",
            className="tick",
            **also({"data-tick": name, "data-value": value, "aria-checked": "false"}),
        )
        for value, words in options
    ]
    return html.Div(
        [html.Span(caption, className="field-caption"), html.Div(ticks, className="ticks", role="group", **also({"aria-label": caption}))],
        className="case-field",
    )


def radios(name: str, caption: str, options: Sequence[tuple[str, str, str, str]]) -> Component:
    """Build a choice of one that is read before it is made: value, words, figure at the right, line below; the first is chosen."""
    entries = [
        html.Button(
            [
                html.I(className="check", **also({"aria-hidden": "true"})),
                html.Span([html.Span(words), html.Small(below)]),
                html.B(figure),
            ],
            type="button",
            role="radio",
            className="tick radio",
            **also({"data-tick": name, "data-value": value, "aria-checked": "true" if place == 0 else "false"}),
        )
        for place, (value, words, figure, below) in enumerate(options)
    ]
    group = html.Div(entries, className="ticks", role="radiogroup", **also({"aria-label": caption, "data-field": name}))
    return html.Div([html.Span(caption, className="field-caption"), group], className="case-field")
