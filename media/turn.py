"""Cameras that are turned: what the web process allowed, handed to the camera's source."""

import asyncio
from datetime import UTC, datetime
from typing import Protocol, get_args

from aiohttp import web

from geodata.errors import ConflictError, InvalidInputError, SourceUnavailableError
from media.sources.base import Source, SourceError, Turn
from services.video_feed import Feed
from services.video_rights import Mode
from services.video_tokens import Signer

TIMEOUT_S = 5.0
ACTIONS: dict[str, Turn] = {action: action for action in get_args(Turn)}
SLOWEST, QUICKEST = 1, 9


class Feeds(Protocol):
    """Where pictures come from."""

    async def find(self, camera_id: int) -> Feed:
        """Return where a camera's picture comes from."""
        ...

    def source(self, feed: Feed) -> Source:
        """Return the adapter of its source."""
        ...


def routes(signer: Signer, feeds: Feeds) -> list[web.RouteDef]:
    """Return what is served."""

    async def turn(request: web.Request) -> web.StreamResponse:
        grant = signer.open(request.match_info["token"], datetime.now(UTC), Mode.PTZ)
        action, speed = ACTIONS.get(request.query.get("action", "")), request.query.get("speed", "")
        if action is None or not (len(speed) == 1 and speed.isdecimal() and SLOWEST <= int(speed) <= QUICKEST):
            raise InvalidInputError(f"action: one of {', '.join(ACTIONS)}; speed: {SLOWEST} to {QUICKEST}")
        feed = await feeds.find(grant.camera_id)
        try:
            await asyncio.wait_for(feeds.source(feed).ptz(feed.stream_ref, action, int(speed)), TIMEOUT_S)
        except SourceError as error:
            if error.reason == "unsupported":
                raise ConflictError("the camera's source cannot turn it") from None
            raise SourceUnavailableError(f"the camera's source does not turn it: {error.reason}") from None
        except TimeoutError:
            raise SourceUnavailableError("the camera's source does not turn it: timeout") from None
        return web.Response(status=204)

    return [web.post("/media/turn/{token}", turn)]
