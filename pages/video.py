"""The page of video at `/video/`: the catalogue beside 1 to 16 pictures, how the cameras are, who looked at what. Scripts in assets/video fill it."""

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from callbacks.context import Context
from callbacks.panels.pieces import also
from callbacks.panels.states import loading
from callbacks.words import Words
from pages.framed import Place, framed
from services.camera_access import MAY_SEARCH
from services.rights import Reader
from services.video_rights import SEES_CAMERAS

PATH = "/video/"
WALL = "video-wall"
"""Id by which the scripts know the page's place for pictures."""


def layout(context: Context) -> Component:
    """Build the page."""
    return framed(context, Place(id=WALL, path=PATH, roles=SEES_CAMERAS | MAY_SEARCH, look="admin-page video-page"), _content)


def _content(reader: Reader, words: Words) -> Sequence[Component]:
    may = [*(["watch"] if reader.role in SEES_CAMERAS else []), *(["search"] if reader.role in MAY_SEARCH else [])]
    return [
        html.Main(loading(words), id=WALL, className="vw-page", **also({"data-may": ",".join(may), "aria-label": words("title.video")}))
    ]
