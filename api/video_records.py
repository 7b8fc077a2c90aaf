"""Recordings over HTTP: replay, timelines, clips, evidence holds, the pictures of an event, saved choices of cameras, and who watched what."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from flask import Response, request, send_file
from msgspec import Meta, Struct

from api import parameters
from api.context import Context
from api.identity import current_caller, current_reader
from api.routes import Link, Route, body, next_link
from geodata.db import reading, writing
from geodata.errors import NotAllowedError, SourceUnavailableError
from geodata.secret_key import secret_key
from services import audit, camera_access, camera_sets, clips, event_video, holds, recordings, retention
from services.attempts import attempted
from services.audit import Caller
from services.camera_access import Admitted, Ask
from services.media_client import PLATFORMS, MediaClient
from services.rights import Role
from services.video_rights import Camera, Mode
from services.video_tokens import Grant, Signer

log = logging.getLogger(__name__)

MAY_SEE_STORAGE = frozenset({Role.LEADER, Role.SHIFT_LEADER, Role.SYSTEM_ADMIN})

START = parameters.instant("start", "Beginning of the window.")
END = parameters.instant("end", "End of the window.")
EVENT = parameters.integer("event_id", 1, 2**62, "Only those for this event.")
CAMERA = parameters.integer("camera_id", 1, 2**62, "Only of this camera.")
USERNAME = parameters.text("username", 64, "Only of this account.")
FROM = parameters.instant("from", "Not before.")
TO = parameters.instant("to", "Before.")
MODE = parameters.one_of("mode", tuple(Mode), "Only this way.")
ALLOWED = parameters.one_of("allowed", ("true", "false"), "Only what was allowed, or refused.")
BEFORE = parameters.integer("before_id", 1, 2**62, "Cursor: the id of the last row already read.")
KIND = parameters.one_of("kind", camera_sets.KINDS, "Only of this kind.")
CAMERAS = parameters.integer("limit", 1, event_video.MAX_CAMERAS, "How many cameras at most.", 4)

Instant = Annotated[datetime, Meta(tz=True)]
Id = Annotated[int, Meta(ge=1, le=2**62)]
Words = Annotated[str, Meta(max_length=400)]


class ReplayBody(Struct, forbid_unknown_fields=True):
    """A window of up to a day, and why: duty, event, patrol, inspection, evidence or own words."""

    start: Instant
    end: Instant
    purpose: Words = "duty"
    event_id: Id | None = None


class ClipBody(Struct, forbid_unknown_fields=True):
    """A part of up to half an hour that has passed, and what it is needed for."""

    start: Instant
    end: Instant
    reason: Words
    event_id: Id | None = None


class HoldBody(Struct, forbid_unknown_fields=True):
    """What stays for an event: up to 64 cameras, a day at most, up to 12 hours ahead."""

    camera_ids: Annotated[list[Id], Meta(max_length=400)]
    start: Instant
    end: Instant
    reason: Words


class ReleaseBody(Struct, forbid_unknown_fields=True):
    """Why a hold ends."""

    reason: Words


class SetBody(Struct, forbid_unknown_fields=True):
    """A choice of cameras under a name: written over if there is one of the same kind and name."""

    kind: Words
    name: Words
    camera_ids: Annotated[list[Id], Meta(max_length=1_000)]
    tiles: int = 4
    dwell_s: int = 20
    shared: bool = False


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


@dataclass(frozen=True, slots=True)
class Holds:
    """What an event holds and held."""

    items: list[holds.Hold]


@dataclass(frozen=True, slots=True)
class Clips:
    """Clips, the latest first."""

    items: list[clips.Clip]
    links: list[Link]


@dataclass(frozen=True, slots=True)
class Accesses:
    """Who watched what, the latest first."""

    items: list[camera_access.AccessRow]
    links: list[Link]


@dataclass(frozen=True, slots=True)
class Sets:
    """Saved choices of cameras."""

    items: list[camera_sets.CameraSet]


class RecordViews:
    """Views of what was recorded and of who looked at it."""

    def __init__(self, context: Context) -> None:
        self._pool, self._settings = context.pool, context.settings
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

    def ask_clip(self, id: int) -> clips.Clip:  # noqa: A002 - the name in the path
        """Ask for a clip."""
        wanted, caller = body(ClipBody), current_caller()
        form = clips.ClipForm(start=wanted.start, end=wanted.end, reason=wanted.reason, event_id=wanted.event_id)
        clips.check(form, caller.now)
        ask = Ask(mode=Mode.DOWNLOAD, purpose=wanted.reason, event_id=wanted.event_id, start=wanted.start, end=wanted.end)
        admitted = camera_access.admit(self._pool, caller, id, ask)
        with writing(self._pool) as conn:
            return clips.ask(conn, caller, admitted.camera, form)

    def all_clips(self) -> Clips:
        """List clips."""
        arguments = request.args
        limit = parameters.LIMIT.read(arguments)
        with reading(self._pool) as conn:
            items = clips.clips(
                conn, current_reader(), event_id=EVENT.optional(arguments), before_id=BEFORE.optional(arguments), limit=limit
            )
        return Clips(items, next_link(before_id=items[-1].id) if len(items) == limit else [])

    def one_clip(self, id: int) -> clips.Clip:  # noqa: A002 - the name in the path
        """Tell how far a clip is."""
        with reading(self._pool) as conn:
            return clips.clip(conn, current_reader(), id)

    def clip_file(self, id: int) -> Response:  # noqa: A002 - the name in the path
        """Download a clip."""
        caller = current_caller()
        with reading(self._pool) as conn:
            found = clips.clip(conn, caller.reader, id)
        ask = Ask(mode=Mode.DOWNLOAD, purpose=found.reason, event_id=found.event_id, start=found.start, end=found.end)
        camera = camera_access.admit(self._pool, caller, found.camera_id, ask).camera
        with reading(self._pool) as conn:
            found, path = clips.file_of(conn, self._settings.data_dir, caller.reader, id)
        name = f"{camera.gb_id}_{found.start:%Y%m%dT%H%M%SZ}_{found.id}.mp4"
        response = send_file(path, "video/mp4", as_attachment=True, download_name=name, conditional=True, max_age=0)
        response.headers["Cache-Control"] = "private, no-store"
        return response

    def all_holds(self, id: int) -> Holds:  # noqa: A002 - the name in the path
        """List what an event holds."""
        with reading(self._pool) as conn:
            return Holds(holds.holds(conn, current_reader(), id))

    def hold(self, id: int) -> Holds:  # noqa: A002 - the name in the path
        """Hold recordings."""
        wanted, caller = body(HoldBody), current_caller()
        form = holds.HoldForm(camera_ids=wanted.camera_ids, start=wanted.start, end=wanted.end, reason=wanted.reason)
        made = attempted(self._pool, caller, "recording_hold", f"events/{id}", work=lambda conn: holds.hold(conn, caller, id, form))
        return Holds(made)

    def release(self, id: int) -> None:  # noqa: A002 - the name in the path
        """End a hold."""
        wanted, caller = body(ReleaseBody), current_caller()
        with audit.attempt(self._pool, caller, "recording_release", f"holds/{id}") as conn:
            holds.release(conn, caller, id, wanted.reason)

    def accesses(self) -> Accesses:
        """Search who watched what."""
        arguments = request.args
        allowed = ALLOWED.optional(arguments)
        query = camera_access.AccessQuery(
            camera_id=CAMERA.optional(arguments),
            username=USERNAME.optional(arguments),
            event_id=EVENT.optional(arguments),
            mode=MODE.optional(arguments),
            allowed=None if allowed is None else allowed == "true",
            start=FROM.optional(arguments),
            end=TO.optional(arguments),
            before_id=BEFORE.optional(arguments),
            limit=parameters.LIMIT.read(arguments),
        )
        with reading(self._pool) as conn:
            items = camera_access.search(conn, current_reader(), query)
        return Accesses(items, next_link(before_id=items[-1].id) if len(items) == query.limit else [])

    def storage(self) -> retention.Storage:
        """Tell how the store of recordings stands."""
        reader = current_reader()
        if reader.role not in MAY_SEE_STORAGE:
            raise NotAllowedError(f"{reader.role} does not run the store of recordings")
        with reading(self._pool) as conn:
            return retention.storage(conn, self._settings.data_dir, retention.Limits.of(self._settings.recordings_gb))

    def all_sets(self) -> Sets:
        """List saved choices."""
        with reading(self._pool) as conn:
            return Sets(camera_sets.sets(conn, current_reader(), KIND.optional(request.args)))

    def one_set(self, id: int) -> camera_sets.CameraSet:  # noqa: A002 - the name in the path
        """Read one saved choice."""
        with reading(self._pool) as conn:
            return camera_sets.one(conn, current_reader(), id)

    def save_set(self) -> camera_sets.CameraSet:
        """Save a choice."""
        wanted, caller = body(SetBody), current_caller()
        form = camera_sets.SetForm(
            kind=wanted.kind,
            name=wanted.name,
            camera_ids=wanted.camera_ids,
            tiles=wanted.tiles,
            dwell_s=wanted.dwell_s,
            shared=wanted.shared,
        )
        with writing(self._pool) as conn:
            return camera_sets.save(conn, caller, form)

    def delete_set(self, id: int) -> None:  # noqa: A002 - the name in the path
        """Delete a saved choice."""
        caller = current_caller()
        with writing(self._pool) as conn:
            camera_sets.delete(conn, caller, id)

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
        return (*self._of_cameras(), *self._of_events(), *self._of_clips(), *self._of_sets(), *self._of_records())

    def _of_cameras(self) -> Sequence[Route]:
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
                method="POST",
                path="/api/v1/cameras/{id}/clips",
                view=self.ask_clip,
                body=ClipBody,
                answer=clips.Clip,
                status=202,
                summary="Ask for a clip to take away; made in the background with name and time burnt in",
            ),
        )

    def _of_events(self) -> Sequence[Route]:
        return (
            Route(
                method="GET",
                path="/api/v1/events/{id}/video",
                view=self.event,
                parameters=(CAMERAS,),
                answer=event_video.EventVideo,
                summary="The cameras that see an event's place, and what they recorded from 30 s before to 60 s after it was reported",
            ),
            Route(
                method="GET",
                path="/api/v1/events/{id}/holds",
                view=self.all_holds,
                answer=Holds,
                summary="Recordings that an event holds or held as evidence",
            ),
            Route(
                method="POST",
                path="/api/v1/events/{id}/holds",
                view=self.hold,
                body=HoldBody,
                answer=Holds,
                status=201,
                summary="Hold recordings as evidence: retention and quota leave them alone; an end ahead has the cameras recorded until then",
            ),
            Route(
                method="DELETE",
                path="/api/v1/holds/{id}",
                view=self.release,
                body=ReleaseBody,
                status=204,
                summary="Release a hold, with the reason",
            ),
        )

    def _of_clips(self) -> Sequence[Route]:
        return (
            Route(
                method="GET",
                path="/api/v1/clips",
                view=self.all_clips,
                parameters=(EVENT, BEFORE, parameters.LIMIT),
                answer=Clips,
                summary="The reader's clips; a shift leader's: those of everybody in the area",
            ),
            Route(method="GET", path="/api/v1/clips/{id}", view=self.one_clip, answer=clips.Clip, summary="How far a clip is"),
            Route(
                method="GET",
                path="/api/v1/clips/{id}/file",
                view=self.clip_file,
                media_type="video/mp4",
                summary="Download a clip; put on record",
            ),
        )

    def _of_sets(self) -> Sequence[Route]:
        return (
            Route(
                method="GET",
                path="/api/v1/camera-sets",
                view=self.all_sets,
                parameters=(KIND,),
                answer=Sets,
                summary="Saved groups, patrol plans and layouts: one's own and shared ones, with the cameras of one's area",
            ),
            Route(
                method="POST",
                path="/api/v1/camera-sets",
                view=self.save_set,
                body=SetBody,
                answer=camera_sets.CameraSet,
                status=201,
                summary="Save a group, patrol plan or layout under a name",
            ),
            Route(
                method="GET",
                path="/api/v1/camera-sets/{id}",
                view=self.one_set,
                answer=camera_sets.CameraSet,
                summary="One saved choice of cameras",
            ),
            Route(method="DELETE", path="/api/v1/camera-sets/{id}", view=self.delete_set, status=204, summary="Delete a saved choice"),
        )

    def _of_records(self) -> Sequence[Route]:
        return (
            Route(
                method="GET",
                path="/api/v1/video/access",
                view=self.accesses,
                parameters=(CAMERA, USERNAME, EVENT, MODE, ALLOWED, FROM, TO, BEFORE, parameters.LIMIT),
                answer=Accesses,
                summary="Who watched what, when, live or replay, and what was refused: for the audit administrator and shift leaders",
            ),
            Route(
                method="GET",
                path="/api/v1/video/storage",
                view=self.storage,
                answer=retention.Storage,
                summary="How the store of recordings stands: used, held, free, quota, the oldest, and whether room had to be made before 30 days",
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
