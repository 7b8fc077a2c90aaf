"""The HTML document around a Dash page: language, theme, title, and only the component libraries that the page uses."""

import re
from collections.abc import Collection, Mapping
from typing import Any, cast

from dash import Dash
from flask import Flask, request

from callbacks.errors import on_error
from callbacks.words import requested
from geodata.settings import ROOT

TEMPLATE = ROOT / "pages" / "templates" / "index.html"
ON_EVERY_PAGE = {"css", "js"}
LOADED_BY_HAND = sorted(path.name for path in (ROOT / "assets").iterdir() if path.is_dir() and path.name not in ON_EVERY_PAGE)
"""Folders of assets that Dash must not put into every page: vendored code, catalogues of texts, and the ES modules of one part of the product each."""
THEME_COOKIE = "hall_theme"
THEMES = ("dark", "light")
LIBRARY = re.compile(r'<script src="[^"]*_dash-component-suites/([a-z_]+)/([^"]*)"></script>\s*')
ALWAYS = frozenset({"dash"})
"""React, the renderer and Dash's own components."""
NEVER = ("deps/polyfill", "dash_table/")
"""Of these, what no browser that can draw the map needs, and what no page uses."""


class Page(Dash):
    """A Dash app that is one page of the product. Its assets have the same addresses on every page."""

    def __init__(
        self,
        name: str,
        server: Flask,
        path: str,
        *,
        title: str,
        main: str,
        libraries: Collection[str],
        preloads: Mapping[str, str],
    ) -> None:
        """`title` is a key of the catalogue, `main` the element that the skip link leads to, `preloads` address → kind of link."""
        super().__init__(
            name,
            server=cast("Any", server),
            url_base_pathname=path,
            assets_folder=str(ROOT / "assets"),
            assets_path_ignore=LOADED_BY_HAND,
            title="",
            update_title="",
            suppress_callback_exceptions=True,
            on_error=on_error,
        )
        self._document = TEMPLATE.read_text(encoding="utf-8")
        self._words, self._main, self._libraries = title, main, ALWAYS | set(libraries)
        self._links = "\n".join(f'<link rel="{kind}" href="{address}">' for address, kind in preloads.items())

    def get_asset_url(self, path: str) -> str:
        """Return the one address of an asset: a second page finds it in the browser's cache."""
        return f"/assets/{path}"

    def interpolate_index(  # noqa: PLR0917 - as Dash calls it
        self,
        metas: str = "",
        title: str = "",
        css: str = "",
        config: str = "",
        scripts: str = "",
        app_entry: str = "",
        favicon: str = "",
        renderer: str = "",
    ) -> str:
        """Write the document in the language and theme of the request; Dash's own title and icon are not used."""
        del title, favicon
        words = requested()
        return self._document.format(
            lang=words.html_lang,
            theme=theme(),
            title=words(self._words),
            main=self._main,
            skip=words("skip"),
            noscript=words("noscript"),
            preloads=self._links,
            scripts=LIBRARY.sub(self._kept, scripts),
            metas=metas,
            css=css,
            app_entry=app_entry,
            config=config,
            renderer=renderer,
        )

    def _kept(self, found: re.Match[str]) -> str:
        # Dash puts every library that the process has imported into every page; one page's tables are no concern of another's first load
        return found[0] if found[1] in self._libraries and not found[2].startswith(NEVER) else ""


def theme() -> str:
    """Return the theme that the reader chose last; dark when none."""
    chosen = request.cookies.get(THEME_COOKIE, "")
    return chosen if chosen in THEMES else THEMES[0]
