"""Clips over HTTP: asked for, listed, taken away."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Response, request, send_file
from msgspec import Struct

from api import parameters
from api.bodies import Id, Instant, Words
from api.context import Context
from api.identity import current_caller, current_reader
from api.routes import Link, Route, body, next_link
from geodata.db import reading, writing
from services import camera_access, clips
from services.camera_access import Ask
from services.video_rights import Mode

EVENT = parameters.integer("event_id", 1, 2**62, "Only those for this event.")
BEFORE = parameters.integer("before_id", 1, 2**62, "Cursor: the id of the last row already read.")


class ClipBody(Struct, forbid_unknown_fields=True):
    """A part of up to half an hour that has passed, and what it is needed for."""

    start: Instant
    end: Instant
    reason: Words
    event_id: Id | None = None


@dataclass(frozen=True, slots=True)
class Clips:
    """Clips, the latest first."""

    items: list[clips.Clip]
    links: list[Link]


class ClipViews:
    """Views of clips."""

    def __init__(self, context: Context) -> None:
        self._pool, self._settings = context.pool, context.settings

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

    def routes(self) -> Sequence[Route]:
        """Return what is served, and what OpenAPI says of it."""
        return (
            Route(
                method="POST",
                path="/api/v1/cameras/{id}/clips",
                view=self.ask_clip,
                body=ClipBody,
                answer=clips.Clip,
                status=202,
                summary="Ask for a clip to take away; made in the background with name and time burnt in",
            ),
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
