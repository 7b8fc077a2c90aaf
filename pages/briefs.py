"""The page of briefs at `/briefs/`: what waits to be read, the reading view, approval and receipts, the kinds. Scripts in assets/briefs fill it."""

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from callbacks.context import Context
from callbacks.panels.pieces import also
from callbacks.panels.states import loading
from callbacks.words import Words
from pages.framed import Place, framed
from services.briefs.book import MAY_DRAFT, MAY_READ
from services.rights import Reader

PATH = "/briefs/"
PLACE = "briefs"
"""Id by which the scripts know the page's place."""


def layout(context: Context) -> Component:
    """Build the page."""
    return framed(context, Place(id=PLACE, path=PATH, roles=MAY_READ), _content)


def _content(reader: Reader, words: Words) -> Sequence[Component]:
    may = "draft" if reader.role in MAY_DRAFT else ""
    told = {"data-part": "briefs", "data-may": may, "data-scope": reader.scope, "aria-label": words("title.briefs")}
    return [html.Main(loading(words), id=PLACE, className="br-page", **also(told))]
