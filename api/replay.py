"""Recorded video over HTTP: a window to play, what is recorded of it, and the pictures of an event."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import request
from msgspec import Struct

from api import parameters
from api.bodies import Id, Instant, Words
from api.context import Context
from api.identity import current_caller, current_reader
from api.routes import Route, body
from geodata.db import reading
from geodata.errors import SourceUnavailableError
from geodata.secret_key import secret_key
from services import camera_access, event_video, holds, recordings, retention
from services.audit import Caller
from services.camera_access import Admitted, Ask
from services.media_client import PLATFORMS, MediaClient
from services.video_rights import Camera, Mode
from services.video_tokens import Grant, Signer

log = logging.getLogger(__name__)

START = parameters.instant("start", "Beginning of the window.")
END = parameters.instant("end", "End of the window.")
CAMERAS = parameters.integer("limit", 1, event_video.MAX_CAMERAS, "How many cameras at most.", 4)


class ReplayBody(Struct, forbid_unknown_fields=True):
    """A window of up to a day, and why: duty, event, patrol, inspection, evidence or own words."""

    start: Instant
    end: Instant
    purpose: Words = "duty"
    event_id: Id | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayAnswer:
    """Where a window is played. `timeline`: what is recorded of it, in seconds since 1970; empty when nothing is."""

    playlist: str
    timeline: list[tuple[float, float]]
    start: datetime
    end: datetime
    expires_at: datetime
    watermark: str
    clock_offset_ms: int
    """The camera's own clock minus true time; the burnt-in clock differs by it."""
    archive: str
    """own, or whether the camera's platform told what it has: told, unreachable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """Recorded time of a window, where it lies, and what of it is held for events."""

    camera_id: int
    start: datetime
    end: datetime
    intervals: list[recordings.Interval]
    held: list[holds.Held]
    retention_days: int
    clock_offset_ms: int
    archive: str


class ReplayViews:
    """Views of what was recorded."""

    def __init__(self, context: Context) -> None:
        self._pool = context.pool
        self._signer = Signer(secret_key(context.settings))
        self._client = MediaClient(context.settings.media_port, self._signer)

    def replay(self, id: int) -> ReplayAnswer:  # noqa: A002 - the name in the path
        """Open a recorded window."""
        wanted, caller = body(ReplayBody), current_caller()
        recordings.check_window(wanted.start, wanted.end)
        ask = Ask(mode=Mode.REPLAY, purpose=wanted.purpose, event_id=wanted.event_id, start=wanted.start, end=wanted.end)
        admitted = camera_access.admit(self._pool, caller, id, ask)
        grant = _grant(caller, admitted, wanted.start, wanted.end)
        token = self._signer.sign(grant)
        archive = self._told(admitted.camera, wanted.start, wanted.end)
        with reading(self._pool) as conn:
            found = recordings.intervals(conn, id, wanted.start, wanted.end, offset_ms=admitted.camera.clock_offset_ms)
        return ReplayAnswer(
            playlist=f"/media/vod/{token}/index.m3u8",
            timeline=_merged(found),
            start=wanted.start,
            end=wanted.end,
            expires_at=grant.expires_at,
            watermark=camera_access.watermark(caller),
            clock_offset_ms=admitted.camera.clock_offset_ms,
            archive=archive,
        )

    def timeline(self, id: int) -> Timeline:  # noqa: A002 - the name in the path
        """Tell what is recorded."""
        arguments, caller = request.args, current_caller()
        start, end = START.read(arguments), END.read(arguments)
        camera = camera_access.require(self._pool, caller, id, Mode.REPLAY)
        with reading(self._pool) as conn:
            recordings.intervals(conn, id, start, end)  # refuses a window that is none before a platform is asked
        archive = self._told(camera, start, end)
        with reading(self._pool) as conn:
            return Timeline(
                camera_id=id,
                start=start,
                end=end,
                intervals=recordings.intervals(conn, id, start, end, offset_ms=camera.clock_offset_ms),
                held=holds.held(conn, id, start, end),
                retention_days=max(camera.retention_days, retention.RULE_DAYS),
                clock_offset_ms=camera.clock_offset_ms,
                archive=archive,
            )

    def event(self, id: int) -> event_video.EventVideo:  # noqa: A002 - the name in the path
        """Find the pictures of an event."""
        limit = CAMERAS.read(request.args)
        with reading(self._pool) as conn:
            return event_video.at_event(conn, current_reader(), id, limit=limit)

    def _told(self, camera: Camera, start: datetime, end: datetime) -> str:
        """Have the video gateway ask the camera's platform what it recorded; a platform that is down takes nothing of what is known away."""
        if camera.source_kind not in PLATFORMS or not camera.playable:
            return "own"
        try:
            self._client.ask_archive(camera.id, start, end)
        except SourceUnavailableError as error:
            log.warning("%s", error)
            return "unreachable"
        return "told"

    def routes(self) -> Sequence[Route]:
        """Return what is served, and what OpenAPI says of it."""
        return (
            Route(
                method="POST",
                path="/api/v1/cameras/{id}/replay",
                view=self.replay,
                body=ReplayBody,
                answer=ReplayAnswer,
                summary="Open a recorded window of a camera: a playlist by a token of two hours; put on record, refused tries as well",
            ),
            Route(
                method="GET",
                path="/api/v1/cameras/{id}/timeline",
                view=self.timeline,
                parameters=(START, END),
                answer=Timeline,
                summary="What is recorded of a camera in up to a week: intervals without holes of more than half a second, and what is held",
            ),
            Route(
                method="GET",
                path="/api/v1/events/{id}/video",
                view=self.event,
                parameters=(CAMERAS,),
                answer=event_video.EventVideo,
                summary="The cameras that see an event's place, and what they recorded from 30 s before to 60 s after it was reported",
            ),
        )


def _grant(caller: Caller, admitted: Admitted, start: datetime, end: datetime) -> Grant:
    return Grant(
        camera_id=admitted.camera.id,
        account_id=caller.reader.account_id,
        username=caller.reader.username,
        mode=Mode.REPLAY,
        access_id=admitted.access_id,
        issued_at=caller.now,
        start=start,
        end=end,
    )


def _merged(found: Sequence[recordings.Interval]) -> list[tuple[float, float]]:
    """Return recorded time whoever recorded it, in seconds since 1970."""
    merged: list[tuple[float, float]] = []
    for one in found:
        start, end = one.start.timestamp(), one.end.timestamp()
        if merged and start - merged[-1][1] <= recordings.HOLE.total_seconds():
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return [(round(start, 3), round(end, 3)) for start, end in merged]
