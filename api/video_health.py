"""How the cameras are, over HTTP."""

from collections.abc import Sequence

from flask import request

from api import parameters
from api.context import Context
from api.identity import current_reader
from api.routes import Route
from geodata.db import reading
from services import video_health

STATE = parameters.text("state", 20, f"Only cameras in this state: {', '.join(video_health.STATES)}.")
TEXT = parameters.text("q", video_health.LONGEST_TEXT, "Part of a name or number.")
AFTER = parameters.integer("after_id", 0, 2**63 - 1, "The last camera already read.", 0)
LIMIT = parameters.integer("limit", 1, video_health.MAX_ROWS, "How many at most.", 200)


class HealthList:
    """The list of cameras and their state."""

    def __init__(self, context: Context) -> None:
        self._pool = context.pool

    def cameras(self) -> video_health.CamerasHealth:
        """Read it."""
        arguments = request.args
        query = video_health.HealthQuery(
            state=STATE.optional(arguments),
            text=TEXT.optional(arguments),
            after_id=AFTER.read(arguments),
            limit=LIMIT.read(arguments),
        )
        with reading(self._pool) as conn:
            return video_health.health(conn, current_reader(), query)

    def routes(self) -> Sequence[Route]:
        """Return what is served, and what OpenAPI says of it."""
        return (
            Route(
                method="GET",
                path="/api/v1/video/health",
                view=self.cameras,
                parameters=(STATE, TEXT, AFTER, LIMIT),
                answer=video_health.CamerasHealth,
                summary="How the cameras are: online, what they send, how their picture is, how far their clock is off; and how many are in which state",
            ),
        )
