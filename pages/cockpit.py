"""The leaders' cockpit at `/cockpit`: a document of its own beside Dash, whose empty tiles stand at once; scripts in assets/cockpit fill them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import groupby

from flask import Blueprint, Response, render_template

from api.identity import reader_or_none
from callbacks import formats
from callbacks.context import Context
from callbacks.panels.ways import ways
from callbacks.words import Language, requested
from pages.addresses import address
from pages.document import theme
from services.cockpit import MAY_READ

PATH = "/cockpit"
STYLES = (
    "css/tokens.css",
    "css/icons.css",
    "css/controls.css",
    "css/frame.css",
    "cockpit/cockpit.css",
    "charts/charts.css",
    "vendor/maplibre-gl/maplibre-gl.css",
)
SCRIPTS = ("core", "connection", "keys", "clock", "notice", "presence", "desk", "video")
"""Of assets/js: what this page shares with the others. The map and its tools are not among them."""
MODULES = ("cockpit/cockpit.js", "cockpit/tiles.js", "cockpit/rows.js", "cockpit/map.js", "cockpit/videos.js", "charts/charts.js")
"""Asked for at once, so that none waits for the one that imports it."""
TILES: tuple[tuple[str, Sequence[tuple[str, str]]], ...] = (
    ("left", (("abnormal", "alert-triangle"), ("streets", "chart-bar"))),
    ("middle", (("figures", ""), ("events", "flame"), ("domains", "grid-4x4"), ("volumes", "stack-2"))),
    ("right", (("videos", "device-cctv"), ("places", "map-pin"), ("briefs", "file-text"))),
)
"""Columns, their tiles, and an icon each."""


def create_blueprint(context: Context) -> Blueprint:
    """Build the route; a stranger was led to the sign-in before."""
    blueprint = Blueprint("cockpit", __name__, template_folder="templates")

    @blueprint.get(PATH)
    def cockpit() -> Response:
        words, reader = requested(), reader_or_none()
        if reader is None:
            return Response(status=401)
        page = render_template(
            "cockpit.html",
            words=words,
            theme=theme(),
            other=Language.EN if words.language is Language.ZH else Language.ZH,
            reader=reader,
            name=reader.display_name or reader.username,
            may=reader.role in MAY_READ,
            demo=context.settings.demo,
            today=formats.local(datetime.now(UTC)),
            groups=[(kind, list(members)) for kind, members in groupby(ways(reader), key=lambda way: way.kind)],
            here=PATH,
            columns=TILES,
            styles=[address(name) for name in STYLES],
            scripts=[address(f"js/{name}.js") for name in SCRIPTS],
            modules=list(MODULES),
        )
        answer = Response(page)
        answer.headers["Cache-Control"] = "no-store"
        return answer

    return blueprint
