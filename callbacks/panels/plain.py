"""Parts of a page as plain lists, for a script to draw: whatever Dash draws it watches, and many hundred parts make every change slow."""

from collections.abc import Sequence
from typing import Any

from dash.development.base_component import Component

NAMES = {"className": "class", "htmlFor": "for"}
Node = str | list[Any]
"""A text, or tag, attributes and children."""


def plain(parts: Sequence[Component | str]) -> list[Node]:
    """Return what assets/js/dictionary.js draws: nothing of it may have an id or be the output of a callback."""
    return [part if isinstance(part, str) else _node(part) for part in parts]


def _node(component: Component) -> Node:
    props = dict(component.to_plotly_json()["props"])
    children = props.pop("children", None)
    inside = children if isinstance(children, list | tuple) else [] if children is None else [children]
    known = {NAMES.get(name, name): "" if value is True else str(value) for name, value in props.items() if value not in (None, False)}
    return [str(type(component).__name__).lower(), known, plain([child for child in inside if child is not None])]
