"""The HTML document around a Dash page: language, theme, title, and only the component libraries that the page uses."""

import re
from collections.abc import Callable, Collection, Mapping

from dash import Dash
from flask import request

from callbacks.words import requested
from geodata.settings import ROOT

TEMPLATE = ROOT / "pages" / "templates" / "index.html"
THEME_COOKIE = "hall_theme"
THEMES = ("dark", "light")
LIBRARY = re.compile(r'<script src="[^"]*_dash-component-suites/([a-z_]+)/[^"]*"></script>\s*')
ALWAYS = frozenset({"dash"})
"""React, the renderer and Dash's own components."""


def dress(app: Dash, *, title: str, main: str, libraries: Collection[str], preloads: Mapping[str, str]) -> None:
    """Let the app write our document: `title` is a key of the catalogue, `main` the element that the skip link leads to."""
    app.interpolate_index = _writer(TEMPLATE.read_text(encoding="utf-8"), title, main, ALWAYS | set(libraries), preloads)


def theme() -> str:
    """Return the theme that the reader chose last; dark when none."""
    chosen = request.cookies.get(THEME_COOKIE, "")
    return chosen if chosen in THEMES else THEMES[0]


def _writer(template: str, title: str, main: str, libraries: Collection[str], preloads: Mapping[str, str]) -> Callable[..., str]:
    # Dash puts every library that the process has imported into every page; one page's tables are no concern of another's first load
    def keep(found: re.Match[str]) -> str:
        return found[0] if found[1] in libraries else ""

    links = "\n".join(f'<link rel="{kind}" href="{path}">' for path, kind in preloads.items())

    def write(**parts: str) -> str:
        words = requested()
        return template.format(
            lang=words.html_lang, theme=theme(), title=words(title), main=main, skip=words("skip"), noscript=words("noscript"), prefix="/",
            preloads=links, metas=parts["metas"], css=parts["css"], app_entry=parts["app_entry"], config=parts["config"],
            scripts=LIBRARY.sub(keep, parts["scripts"]), renderer=parts["renderer"],
        )

    return write
