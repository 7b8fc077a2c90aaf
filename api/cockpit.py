"""The leaders' cockpit over HTTP: its tiles in one answer, and the key points behind two of them."""

from collections.abc import Sequence
from datetime import UTC, datetime

from flask import request

from api import parameters
from api.context import Context
from api.identity import current_reader
from api.routes import Route
from geodata.db import reading
from services import cockpit, key_points, major_events, system_health
from services.cockpit import Cockpit, Sources
from services.ground import GroundStore
from services.key_points import KeyVideos, PlaceList, PlaceQuery
from services.system_health import Gateway, Subsystem

WANTED = parameters.text("tiles", 200, f"Only these, with commas between: {', '.join(cockpit.TILES)}.")
CATEGORY = parameters.text("category", 40, f"Only this category: {', '.join(key_points.CATEGORIES)}.")
TEXT = parameters.text("q", key_points.LONGEST_TEXT, "Part of a name or address.")
AREA = parameters.text("area", 15, "Only this area: the beginning of its code.")
LIMIT = parameters.integer("limit", 1, key_points.MAX_PLACES, "How many at most.", 200)
OFFSET = parameters.integer("offset", 0, 1_000_000, "How many to leave out.", 0)
VIDEOS_LIMIT = parameters.integer("limit", 1, key_points.MAX_VIDEOS, "How many at most.", key_points.MAX_VIDEOS)


class CockpitViews:
    """Tiles and key points."""

    def __init__(self, context: Context) -> None:
        self._context, self._gateway = context, Gateway(context.settings.media_port)
        self._sources = Sources(pool=context.pool, own=self._own, history=context.history, ground=GroundStore(context.settings.data_dir))

    def tiles(self) -> Cockpit:
        """Read the tiles."""
        wanted = [name for name in (WANTED.optional(request.args) or "").split(",") if name]
        return cockpit.cockpit(self._sources, current_reader(), datetime.now(UTC), wanted)

    def places(self) -> PlaceList:
        """Read key places."""
        given = request.args
        query = PlaceQuery(
            category=CATEGORY.optional(given),
            text=TEXT.optional(given),
            area=AREA.optional(given) or "",
            limit=LIMIT.read(given),
            offset=OFFSET.read(given),
        )
        with reading(self._context.pool) as conn:
            return key_points.places(conn, current_reader(), query)

    def videos(self) -> KeyVideos:
        """Read key cameras."""
        reader = current_reader()
        with reading(self._context.pool) as conn:
            events = major_events.running(conn, reader, datetime.now(UTC))
            return key_points.videos(conn, reader, events, limit=VIDEOS_LIMIT.read(request.args))

    def _own(self, now: datetime) -> list[Subsystem]:
        return system_health.own(self._context.store.states(), self._gateway, now)

    def routes(self) -> Sequence[Route]:
        """Return what is served, and what OpenAPI says of it."""
        return (
            Route(
                method="GET",
                path="/api/v1/cockpit",
                view=self.tiles,
                parameters=(WANTED,),
                answer=Cockpit,
                summary="The tiles of the leaders' cockpit, each with its time or its error: figures, events, indicators, key points, briefs, health",
            ),
            Route(
                method="GET",
                path="/api/v1/key-places",
                view=self.places,
                parameters=(CATEGORY, TEXT, AREA, LIMIT, OFFSET),
                answer=PlaceList,
                summary="Key places of the district, by category and name",
            ),
            Route(
                method="GET",
                path="/api/v1/key-videos",
                view=self.videos,
                parameters=(VIDEOS_LIMIT,),
                answer=KeyVideos,
                summary="Key cameras: the ones that are online first, of these those nearest to a major event; and how many are in which state",
            ),
        )
