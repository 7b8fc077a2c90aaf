"""The pages of the product on one server: sign-in, command map, administration."""

from flask import Flask, Response, request

from api.identity import reader_or_none
from api.sessions import see_other
from callbacks import admin as admin_callbacks
from callbacks import analysis as analysis_callbacks
from callbacks import analysis_address, event_list, ids, shell, video_sources
from callbacks import detections as detections_callbacks
from callbacks import dictionary as dictionary_callbacks
from callbacks import sources as sources_callbacks
from callbacks.context import Context
from callbacks.register import register_all
from pages import (
    admin,
    analysis,
    briefs,
    cockpit,
    command_map,
    detections,
    dictionary,
    events,
    hotspots,
    indicators,
    login,
    phone,
    sources,
    video,
)
from pages import screens as hall_screens
from pages import wall as hall_wall
from pages.document import Page
from services.administration import ADMINISTRATORS

ADMIN_PATH = "/admin/"
DICTIONARY_PATH = "/dictionary/"
EVENTS_PATH = "/events/"
SOURCES_PATH = "/sources/"
DETECTIONS_PATH = "/detections/"
MAP_LIBRARY = "/assets/vendor/maplibre-gl/maplibre-gl.mjs"


def install(server: Flask, context: Context) -> None:
    """Put every page on the server."""
    server.register_blueprint(login.create_blueprint(context))
    server.register_blueprint(phone.create_blueprint())
    server.register_blueprint(hall_wall.create_blueprint(context))
    server.register_blueprint(cockpit.create_blueprint(context))
    server.before_request(_own_page)
    desk = Page(
        "hallmap", server, "/", title="title.map", main="map-area", libraries=("dash_leaflet",), preloads={MAP_LIBRARY: "modulepreload"}
    )
    desk.layout = lambda: command_map.layout(context)
    register_all(desk, context)
    # an app of its own: its tables weigh more than the whole command map
    office = Page("hallmap_admin", server, ADMIN_PATH, title="title.admin", main="admin", libraries=("dash_ag_grid",), preloads={})
    office.layout = lambda: admin.layout(context)
    admin_callbacks.register(office, context)
    video_sources.register(office, context)
    book = Page("hallmap_dictionary", server, DICTIONARY_PATH, title="title.dictionary", main="dictionary", libraries=(), preloads={})
    book.layout = lambda: dictionary.layout(context)
    dictionary_callbacks.register(book, context)
    list_ = Page("hallmap_events", server, EVENTS_PATH, title="title.events", main="event-body", libraries=("dash_ag_grid",), preloads={})
    list_.layout = lambda: events.layout(context)
    event_list.register(list_, context)
    answers = Page("hallmap_sources", server, SOURCES_PATH, title="title.sources", main="sources", libraries=("dash_ag_grid",), preloads={})
    answers.layout = lambda: sources.layout(context)
    sources_callbacks.register(answers, context)
    found = Page("hallmap_detections", server, DETECTIONS_PATH, title="title.detections", main="detections", libraries=(), preloads={})
    found.layout = lambda: detections.layout(context)
    detections_callbacks.register(found, context)
    figures = Page("hallmap_analysis", server, analysis_address.PATH, title="title.analysis", main=ids.ANALYSIS, libraries=(), preloads={})
    figures.layout = lambda: analysis.layout(context)
    analysis_callbacks.register(figures, context)
    news = Page("hallmap_briefs", server, briefs.PATH, title="title.briefs", main=briefs.PLACE, libraries=(), preloads={})
    news.layout = lambda: briefs.layout(context)
    shell.leave(news)
    spots = Page("hallmap_hotspots", server, hotspots.PATH, title="title.hotspots", main=hotspots.PLACE, libraries=(), preloads={})
    spots.layout = lambda: hotspots.layout(context)
    shell.leave(spots)
    wall = Page("hallmap_video", server, video.PATH, title="title.video", main=video.WALL, libraries=(), preloads={})
    wall.layout = lambda: video.layout(context)
    shell.leave(wall)
    halls = Page("hallmap_screens", server, hall_screens.PATH, title="title.screens", main=hall_screens.MAIN, libraries=(), preloads={})
    halls.layout = lambda: hall_screens.layout(context)
    shell.leave(halls)
    measures = Page(
        "hallmap_indicators", server, indicators.PATH, title="title.indicators", main=indicators.PLACE, libraries=(), preloads={}
    )
    measures.layout = lambda: indicators.layout(context)
    shell.leave(measures)


def _own_page() -> Response | None:
    """Administrators see no business data: their page is the administration."""
    if request.method != "GET" or request.path != "/":
        return None
    reader = reader_or_none()
    return see_other(ADMIN_PATH) if reader and reader.role in ADMINISTRATORS else None
