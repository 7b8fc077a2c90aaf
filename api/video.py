"""The way to a running picture: rights and the record of it here, then a short-lived token with which the browser goes to the video gateway."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from api.context import Context
from api.identity import current_caller
from api.routes import Route, body
from geodata.db import reading
from geodata.errors import ConflictError
from geodata.secret_key import secret_key
from services import camera_access, video_rights
from services.camera_access import Ask
from services.media_client import MediaClient
from services.video_rights import Mode
from services.video_tokens import Grant, Signer

STOP = "stop"


class LiveWanted(Struct, forbid_unknown_fields=True, kw_only=True):
    """What somebody wants to see and why."""

    profile: Literal["sub", "main"] = "sub"
    purpose: Annotated[str, Meta(min_length=1, max_length=camera_access.LONGEST_PURPOSE)] = "duty"
    event_id: int | None = None
    transcode: bool = False
    """Turn H.265 into H.264: takes a whole core, so only so many at a time."""


class TurnWanted(Struct, forbid_unknown_fields=True, kw_only=True):
    """Where to turn a camera and how quickly; it goes on until `stop`."""

    action: Literal["left", "right", "up", "down", "zoom_in", "zoom_out", "stop"]
    speed: Annotated[int, Meta(ge=1, le=9)] = 5
    purpose: Annotated[str, Meta(min_length=1, max_length=camera_access.LONGEST_PURPOSE)] = "duty"


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveGranted:
    """Where the picture is. The addresses open for a minute; what they opened goes on."""

    camera_id: int
    ws: str
    hls: str
    snapshot: str
    expires_at: datetime
    codec: str | None
    """As last seen; hevc plays in few browsers."""
    online: bool
    watermark: str
    ptz: bool
    """The camera can be turned, and this account may do it."""


class VideoViews:
    """Views that lead to running pictures."""

    def __init__(self, context: Context) -> None:
        self._pool = context.pool
        self._signer = Signer(secret_key(context.settings))
        self._client = MediaClient(context.settings.media_port, self._signer)

    def live(self, id: int) -> LiveGranted:  # noqa: A002 - as in the path
        """Grant one running picture."""
        wanted, caller = body(LiveWanted), current_caller()
        admitted = camera_access.admit(self._pool, caller, id, Ask(mode=Mode.LIVE, purpose=wanted.purpose, event_id=wanted.event_id))
        camera = admitted.camera
        if not camera.playable:
            raise ConflictError(f"cameras/{id} has no picture: no source is configured, or it is switched off")
        grant = Grant(
            camera_id=camera.id,
            account_id=caller.reader.account_id,
            username=caller.reader.username,
            mode=Mode.LIVE,
            access_id=admitted.access_id,
            issued_at=caller.now,
            profile=wanted.profile,
            transcode=wanted.transcode,
        )
        token = self._signer.sign(grant)
        with reading(self._pool) as conn:
            may_turn = camera.ptz and video_rights.modes(conn, caller.reader).allows(camera.owner, Mode.PTZ)
        return LiveGranted(
            camera_id=camera.id,
            ws=f"/media/live/{token}",
            hls=f"/media/hls/{token}/index.m3u8",
            snapshot=f"/media/snapshot/{token}.jpg",
            expires_at=grant.expires_at,
            codec=camera.codec,
            online=camera.online,
            watermark=camera_access.watermark(caller),
            ptz=may_turn,
        )

    def turn(self, id: int) -> None:  # noqa: A002 - as in the path
        """Turn a camera; to stop it is no act of its own on record."""
        wanted, caller = body(TurnWanted), current_caller()
        if wanted.action == STOP:
            camera = camera_access.require(self._pool, caller, id, Mode.PTZ)
        else:
            camera = camera_access.admit(self._pool, caller, id, Ask(mode=Mode.PTZ, purpose=wanted.purpose)).camera
        if not camera.ptz or not camera.playable:
            raise ConflictError(f"cameras/{id} cannot be turned")
        self._client.turn(id, wanted.action, wanted.speed)

    def routes(self) -> Sequence[Route]:
        """Return what is served, and what OpenAPI says of it."""
        return (
            Route(
                method="POST",
                path="/api/v1/cameras/{id}/live",
                view=self.live,
                body=LiveWanted,
                answer=LiveGranted,
                summary="Watch a camera: short-lived addresses of its running picture; every call is recorded, a refused one too",
            ),
            Route(
                method="POST",
                path="/api/v1/cameras/{id}/ptz",
                view=self.turn,
                body=TurnWanted,
                status=204,
                summary="Turn a camera whose source offers it, until `stop`; recorded, a refused try too",
            ),
        )
