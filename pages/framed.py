"""The frame of a page whose content scripts fill: the bar above, a refusal for who may not, and nothing at all for a stranger."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from dash import dcc, html
from dash.development.base_component import Component

from api.identity import reader_or_none
from callbacks import ids
from callbacks.context import Context
from callbacks.panels.bar import Bar, bar
from callbacks.panels.states import forbidden
from callbacks.words import Words, requested
from services.rights import Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a page is, and for whom."""

    id: str
    """By which the scripts know it."""
    path: str
    roles: Collection[str]
    look: str = "admin-page"
    """Classes of the whole page."""


def framed(context: Context, place: Place, content: Callable[[Reader, Words], Sequence[Component]]) -> Component:
    """Build the page; other roles are told that they may not see it, a stranger is led to the sign-in."""
    words, reader = requested(), reader_or_none()
    stores = [dcc.Store(id=name) for name in (ids.NOTICE, ids.SINK)]
    if reader is None:
        return html.Div([dcc.Store(id=ids.SIGNED_OUT, data=True), *stores], id=place.id)
    top = bar(reader, words, Bar(here=place.path, demo=context.settings.demo))
    if reader.role not in place.roles:
        return html.Div([top, html.Main(forbidden(words), className="admin")], className="admin-page")
    return html.Div([top, *content(reader, words), dcc.Store(id=ids.SIGNED_OUT), *stores], className=place.look)
