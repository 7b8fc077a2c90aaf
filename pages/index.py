"""The pages of the product on one server: sign-in, command map, administration."""

import dash
from dash import Dash
from flask import Response, request

from api.identity import reader_or_none
from api.sessions import see_other
from callbacks import admin as admin_callbacks
from callbacks.context import Context
from callbacks.errors import on_error
from geodata.settings import ROOT
from pages import admin, command_map, document, login
from services.administration import ADMINISTRATORS

ADMIN_PATH = "/admin/"
MAP_LIBRARY = "/assets/vendor/maplibre-gl/maplibre-gl.mjs"


def install(app: Dash, context: Context) -> None:
    """Give the app the command map as its page, and the server the pages beside it."""
    document.dress(app, title="title.map", main="map-area", libraries=("dash_leaflet",), preloads={MAP_LIBRARY: "modulepreload"})
    app.layout = lambda: command_map.layout(context)
    app.server.register_blueprint(login.create_blueprint(context))
    app.server.before_request(_own_page)
    _administration(app, context)


def _administration(app: Dash, context: Context) -> None:
    # an app of its own: its tables weigh more than the whole command map
    own = dash.Dash(
        "hallmap_admin", server=app.server, url_base_pathname=ADMIN_PATH, assets_folder=str(ROOT / "assets"), assets_url_path="/assets",
        assets_path_ignore=["vendor", "i18n"], title="", update_title="", suppress_callback_exceptions=True, on_error=on_error,
    )
    document.dress(own, title="title.admin", main="admin", libraries=("dash_ag_grid",), preloads={})
    own.layout = lambda: admin.layout(context)
    admin_callbacks.register(own, context)


def _own_page() -> Response | None:
    """Administrators see no business data: their page is the administration."""
    if request.method != "GET" or request.path != "/":
        return None
    reader = reader_or_none()
    return see_other(ADMIN_PATH) if reader and reader.role in ADMINISTRATORS else None
