"""The small parts that every panel is put together from."""

from collections.abc import Mapping, Sequence
from typing import Any

from dash import html
from dash.development.base_component import Component

Child = Component | str
Children = Sequence[Child] | Child


def also(attributes: Mapping[str, str]) -> dict[str, Any]:
    """Return attributes whose names cannot be written as Python's, aria-… and data-…, to be spread into a component."""
    return dict(attributes)


def icon(name: str, *classes: str) -> html.I:
    """Draw an icon of the set in the colour of the text."""
    return html.I(className=" ".join(("icon", f"icon-{name}", *classes)), **also({"aria-hidden": "true"}))


def icon_button(name: str, title: str, *classes: str, **attributes: str) -> html.Button:
    """Build a button that is an icon with a name for screen readers and on hover; attributes write `data-x` as `data_x`."""
    named = {key.replace("_", "-"): value for key, value in attributes.items()}
    return html.Button(
        icon(name), className=" ".join(("icon-button", *classes)), title=title, type="button", **also({"aria-label": title}), **also(named)
    )


def button(text: str, name: str = "", *classes: str, **attributes: str) -> html.Button:
    """Build a button with a verb and an icon before it."""
    named = {key.replace("_", "-"): value for key, value in attributes.items()}
    return html.Button(
        [*([icon(name)] if name else []), html.Span(text)],
        className=" ".join(("button", *classes)),
        type="button",
        **also(named),
    )


def dot(colour: str) -> html.I:
    """Draw a dot in a layer's own colour."""
    return html.I(className="dot", style={"--colour": colour}, **also({"aria-hidden": "true"}))


def reference(layer: str, row_id: int) -> str:
    """Name a row as scripts and addresses do."""
    return f"{layer}/{row_id}"


def opener(content: Children, layer: str, row_id: int, *classes: str, lon: float | None = None, lat: float | None = None) -> html.Button:
    """Build a line that opens another row's panel and lights it on the map; of a point, its position must be given for that."""
    name = reference(layer, row_id)
    place = {} if lon is None or lat is None else {"data-lon": f"{lon:.6f}", "data-lat": f"{lat:.6f}"}
    return html.Button(
        content,
        type="button",
        className=" ".join(("opener", *classes)),
        **also({"data-open": name, "data-hover": name}),
        **also(place),
    )


def section(title: str, content: Children, *, note: Children = "", classes: str = "") -> html.Section:
    """Put content under a heading with a note at the right."""
    head = html.Div([html.H2(title), html.Div(note, className="note")], className="section-head")
    return html.Section([head, *_listed(content)], className=f"section {classes}".strip())


def facts(entries: Sequence[tuple[str, str, str]]) -> html.Dl:
    """Show the row of large figures under a title: value, what it is, tone."""
    return html.Dl(
        [html.Div([html.Dd(value, className=tone), html.Dt(title)]) for value, title, tone in entries],
        className="facts",
    )


def attributes(entries: Sequence[tuple[str, Children]]) -> html.Dl:
    """Show named values in two columns."""
    return html.Dl(
        [html.Div([html.Dt(title), html.Dd(value)], className="attribute") for title, value in entries],
        className="attributes",
    )


def chip(text: Children, tone: str = "") -> html.Span:
    """Show a word on a ground of its own."""
    return html.Span(text, className=f"chip {tone}".strip())


def bar(share: float, colour: str = "") -> html.Div:
    """Draw a share of a whole, 0 to 1."""
    style = {"width": f"{100 * min(max(share, 0.0), 1.0):.1f}%"}
    if colour:
        style["--colour"] = colour
    return html.Div(html.I(style=style), className="bar", **also({"aria-hidden": "true"}))


def stack(parts: Sequence[tuple[float, str]]) -> html.Div:
    """Draw numbers as parts of one bar, each in its colour."""
    drawn = [html.I(style={"flexGrow": f"{number:g}", "--colour": colour}) for number, colour in parts if number]
    return html.Div(drawn, className="stack", **also({"aria-hidden": "true"}))


def tabs(entries: Sequence[tuple[str, str, str, Children]], name: str) -> html.Div:
    """Show one of several contents: key, title, count, content. Scripts switch without asking the server."""
    heads = [
        html.Button(
            [title, html.B(count)] if count else title,
            type="button",
            role="tab",
            id=f"{name}-tab-{key}",
            className="tab-head",
            tabIndex="0" if first else "-1",
            **also({"aria-selected": "true" if first else "false", "aria-controls": f"{name}-{key}", "data-tab": key}),
        )
        for first, (key, title, count, _) in _numbered(entries)
    ]
    bodies = [
        html.Div(
            content,
            id=f"{name}-{key}",
            role="tabpanel",
            className="tab-body" if first else "tab-body hidden",
            **also({"aria-labelledby": f"{name}-tab-{key}"}),
        )
        for first, (key, _, _, content) in _numbered(entries)
    ]
    return html.Div([html.Div(heads, role="tablist", className="tabs"), *bodies], className="tabbed")


def empty(text: str) -> html.P:
    """Say that nothing is here, and what to do."""
    return html.P(text, className="empty")


def _numbered(entries: Sequence[tuple[str, str, str, Children]]) -> list[tuple[bool, tuple[str, str, str, Children]]]:
    return [(place == 0, entry) for place, entry in enumerate(entries)]


def _listed(content: Children) -> list[Child]:
    return [content] if isinstance(content, str | Component) else list(content)
