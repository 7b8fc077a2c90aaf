"""The page of video at `/video/`: the catalogue beside 1 to 16 pictures, how the cameras are, who looked at what. Scripts in assets/video fill it."""

from dash import dcc, html
from dash.development.base_component import Component

from api.identity import reader_or_none
from callbacks import ids
from callbacks.context import Context
from callbacks.panels.bar import Bar, bar
from callbacks.panels.pieces import also
from callbacks.panels.states import forbidden, loading
from callbacks.words import requested
from services.camera_access import MAY_SEARCH
from services.video_rights import SEES_CAMERAS

PATH = "/video/"
WALL = "video-wall"
"""Id by which the scripts know the page's place for pictures."""


def layout(context: Context) -> Component:
    """Build the page; who may neither watch nor search is told so, a stranger is led to the sign-in."""
    words, reader = requested(), reader_or_none()
    stores = [dcc.Store(id=name) for name in (ids.NOTICE, ids.SINK)]
    if reader is None:
        return html.Div([dcc.Store(id=ids.SIGNED_OUT, data=True), *stores], id=WALL)
    top = bar(reader, words, Bar(here=PATH, demo=context.settings.demo))
    may = [*(["watch"] if reader.role in SEES_CAMERAS else []), *(["search"] if reader.role in MAY_SEARCH else [])]
    if not may:
        return html.Div([top, html.Main(forbidden(words), className="admin")], className="admin-page")
    main = html.Main(loading(words), id=WALL, className="vw-page", **also({"data-may": ",".join(may), "aria-label": words("title.video")}))
    return html.Div([top, main, dcc.Store(id=ids.SIGNED_OUT), *stores], className="admin-page video-page")
