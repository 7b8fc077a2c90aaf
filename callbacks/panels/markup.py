"""Parts of a page that no callback reaches, handed over as markup.

The renderer asks every component at every change of the page's state whether it is meant. A rail of a thousand components would make each
click wait for them; as markup it is one. Scripts unpack it (assets/js/rail.js), everything in it is found by its attributes as before.
"""

import hashlib
import html as text
import re
from collections.abc import Mapping
from typing import Any

from dash.development.base_component import Component

NAMES = {"className": "class", "htmlFor": "for"}
EMPTY = frozenset({"img", "br", "hr", "input"})
LEFT_OUT = frozenset({"children", "key"})


def inert(component: Component) -> Component:
    """Return an element whose descendants, plain elements and texts only, have become markup.

    Raises:
        TypeError: a descendant has an id or is no plain element: callbacks could be meant for it.
    """
    inner = _inner(getattr(component, "children", None))
    mark = hashlib.blake2b(inner.encode(), digest_size=6).hexdigest()
    # another content is another element: React knows nothing of what was unpacked in the one before
    kept = {name: value for name, value in component.to_plotly_json()["props"].items() if name not in LEFT_OUT}
    return type(component)(key=mark, **kept, **{"data-markup": inner})


def _inner(content: object) -> str:
    if content is None:
        return ""
    if isinstance(content, (list, tuple)):
        return "".join(_inner(one) for one in content)
    if isinstance(content, Component):
        return _element(content)
    return text.escape(str(content))


def _element(component: Component) -> str:
    told = component.to_plotly_json()
    if told["namespace"] != "dash_html_components" or "id" in told["props"]:
        raise TypeError(f"{told['type']} {told['props'].get('id', '')}: a callback could be meant")
    name = told["type"].lower()
    attributes = "".join(_attribute(key, value) for key, value in told["props"].items() if key not in LEFT_OUT)
    return f"<{name}{attributes}>" if name in EMPTY else f"<{name}{attributes}>{_inner(told['props'].get('children'))}</{name}>"


def _attribute(name: str, value: object) -> str:
    if value is None or value is False:
        return ""
    if name == "style":
        value = _style(value)
    name = NAMES.get(name, name.lower())
    return f" {name}" if value is True else f' {name}="{text.escape(str(value))}"'


def _style(style: Any) -> str:
    assert isinstance(style, Mapping)
    return ";".join(f"{_property(name)}:{value}" for name, value in style.items())


def _property(name: str) -> str:
    """Return a property as style sheets write it; own ones stay."""
    return name if name.startswith("--") else re.sub("[A-Z]", lambda letter: f"-{letter.group().lower()}", name)
