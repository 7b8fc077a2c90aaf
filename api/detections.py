"""Findings of analysis: programs hand them in, people look at them and decide."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Literal

import msgspec
from flask import Response, request
from msgspec import Meta, Struct

from api import parameters
from api.context import Context
from api.identity import current_caller, current_reader
from api.routes import Route, as_json, body
from geodata.db import reading, writing
from geodata.dictionary.files import detection_kinds
from services import audit, camera_access, counting, detection_review, detections
from services.camera_access import Ask
from services.counting import Chosen, Count, Plan
from services.detection_review import Verdict
from services.detections import Detection, Finding
from services.duplicates import Candidate
from services.video_rights import MAX_ID, Mode

PATH = "/api/v1/detections"
STATE = parameters.one_of("state", detections.STATES, "Only findings in this state.")
KIND = parameters.one_of("kind", tuple(detection_kinds()), "Only findings of this kind.")
CAMERA = parameters.integer("camera_id", 1, MAX_ID, "Only findings of this camera.")
BEFORE = parameters.integer("before", 1, MAX_ID, "Continue behind this finding.")
LIMIT = parameters.integer("limit", 1, detections.MAX_ROWS, "How many at most.", 50)
SIZE = parameters.one_of("size", ("full", "thumb"), "`thumb` is at most 320 pixels wide and high.", "full")
HOURS = parameters.integer("hours", 1, 24 * 30, "How far back.", 24)
Id = Annotated[int, Meta(ge=1, le=MAX_ID)]
Name = Annotated[str, Meta(min_length=1, max_length=detections.MAX_NAME)]
Text = Annotated[str, Meta(max_length=detection_review.MOST_REASON)]


class NewDetection(Struct, forbid_unknown_fields=True, kw_only=True):
    """What an analyser found. `snapshot` is base64; or add the photo before and name it by `attachment_id`."""

    analyser: Name
    external_no: Name
    kind: Name
    at: datetime
    confidence: Annotated[float, Meta(ge=0, le=1)]
    camera_id: Id | None = None
    gb_id: Annotated[str, Meta(min_length=1, max_length=20)] | None = None
    count: Annotated[int, Meta(ge=0, le=detections.MOST_COUNTED)] | None = None
    plate: Annotated[str, Meta(max_length=2 * detections.MAX_PLATE)] | None = None
    box: Annotated[list[float], Meta(min_length=4, max_length=4)] | None = None
    snapshot: bytes | None = None
    attachment_id: Id | None = None


class Review(Struct, forbid_unknown_fields=True, kw_only=True):
    """What a person decided: `merge` names the open case, `reject` the reason."""

    verdict: Literal["accept", "merge", "reject"]
    reason: Text | None = None
    event_id: Id | None = None
    class_code: Annotated[str, Meta(max_length=16)] | None = None
    level: Annotated[int, Meta(ge=0, le=4)] | None = None


class PlanWanted(Struct, forbid_unknown_fields=True, kw_only=True):
    """How people are counted at one camera. `zone`: x1, y1, x2, y2, … as shares of the picture; null is all of it."""

    every_s: Annotated[int, Meta(ge=1, le=3600)] = 10
    threshold: Annotated[float, Meta(ge=0.05, le=1)] = 0.45
    alarm_at: Annotated[int, Meta(ge=1, le=1_000)] = 15
    clear_at: Annotated[int, Meta(ge=0, le=1_000)] = 10
    hold_n: Annotated[int, Meta(ge=1, le=100)] = 3
    zone: Annotated[list[float], Meta(min_length=6, max_length=2 * counting.MOST_POINTS)] | None = None


class Unmasking(Struct, forbid_unknown_fields=True):
    """Why a plate is needed in the clear."""

    reason: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenView:
    """What became of a finding: `created` a row of its own; `repeated` it was counted under row `id`."""

    id: int
    created: bool
    repeated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectionList:
    """Findings, the newest first, and how many of each kind wait."""

    detections: list[Detection]
    waiting: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectionView:
    """One finding and the open cases that it may be, the likeliest first."""

    detection: Detection
    candidates: list[Candidate]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateView:
    """A plate in the clear."""

    plate: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanList:
    """Cameras at which people are counted, with the last number of each."""

    cameras: list[Chosen]


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleCounts:
    """What was counted, the newest first."""

    camera_id: int
    counts: list[Count]


class DetectionViews:
    """Views over findings of analysis."""

    def __init__(self, context: Context) -> None:
        self._pool, self._data_dir = context.pool, context.settings.data_dir

    def take(self) -> Response:
        """Take a finding in."""
        given, caller = body(NewDetection), current_caller()
        finding = Finding(**{**msgspec.structs.asdict(given), "box": tuple(given.box) if given.box else None})
        with writing(self._pool) as conn:
            taken = detections.receive(conn, self._data_dir, finding, caller.now, reader=caller.reader)
        view = TakenView(id=taken.id, created=taken.created, repeated=taken.repeated)
        return as_json(view, status=201 if taken.created else 200)

    def list(self) -> DetectionList:
        """Findings of the reader's area."""
        reader, arguments = current_reader(), request.args
        with reading(self._pool) as conn:
            found = detections.listed(
                conn,
                reader,
                state=STATE.optional(arguments),
                kind=KIND.optional(arguments),
                camera_id=CAMERA.optional(arguments),
                before=BEFORE.optional(arguments),
                limit=LIMIT.read(arguments),
            )
            return DetectionList(detections=found, waiting=detections.waiting(conn, reader))

    def one(self, id: int) -> DetectionView:  # noqa: A002 - the name in the path
        """One finding."""
        caller = current_caller()
        with reading(self._pool) as conn:
            found = detections.one(conn, caller.reader, id)
            return DetectionView(detection=found, candidates=detection_review.candidates(conn, found, caller.now, reader=caller.reader))

    def snapshot(self, id: int) -> Response:  # noqa: A002 - the name in the path
        """The picture of a finding. Who looks at the large one has watched the camera, which is noted."""
        caller, thumb = current_caller(), SIZE.read(request.args) == "thumb"
        with reading(self._pool) as conn:
            found = detections.one(conn, caller.reader, id)
            content = detections.snapshot(conn, self._data_dir, caller.reader, id, thumb=thumb)
        if not thumb:
            camera_access.admit(self._pool, caller, found.camera_id, Ask(mode=Mode.SNAPSHOT, purpose="inspection", event_id=found.event_id))
        response = Response(content, mimetype="image/jpeg")
        response.headers["Cache-Control"] = "private, max-age=86400, immutable"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    def review(self, id: int) -> Detection:  # noqa: A002 - the name in the path
        """Decide about a finding."""
        given, caller = body(Review), current_caller()
        with audit.attempt(self._pool, caller, f"detection_{given.verdict}", f"detections/{id}") as conn:
            return detection_review.review(conn, caller, id, Verdict(**msgspec.structs.asdict(given)))

    def unmask(self, id: int) -> PlateView:  # noqa: A002 - the name in the path
        """A plate in the clear."""
        given, caller = body(Unmasking), current_caller()
        with audit.attempt(self._pool, caller, "unmask", f"detections/{id}") as conn:
            return PlateView(plate=detections.plate_in_clear(conn, caller, id, given.reason))

    def plans(self) -> PlanList:
        """The rota."""
        with reading(self._pool) as conn:
            return PlanList(cameras=counting.chosen(conn, current_reader()))

    def choose(self, id: int) -> PlanList:  # noqa: A002 - the name in the path
        """Put a camera into the rota."""
        given, caller = body(PlanWanted), current_caller()
        plan = Plan(camera_id=id, name="", **msgspec.structs.asdict(given))
        with audit.attempt(self._pool, caller, "analysis_plan", f"cameras/{id}") as conn:
            counting.choose(conn, caller, plan)
            return PlanList(cameras=counting.chosen(conn, caller.reader))

    def leave(self, id: int) -> None:  # noqa: A002 - the name in the path
        """Take a camera out of the rota."""
        caller = current_caller()
        with audit.attempt(self._pool, caller, "analysis_plan", f"cameras/{id}") as conn:
            counting.leave(conn, caller, id)

    def counts(self, id: int) -> PeopleCounts:  # noqa: A002 - the name in the path
        """What was counted at a camera."""
        caller = current_caller()
        since = caller.now - timedelta(hours=HOURS.read(request.args))
        with reading(self._pool) as conn:
            return PeopleCounts(camera_id=id, counts=counting.counts(conn, caller.reader, id, since))

    def routes(self) -> Sequence[Route]:
        """Return what is served, and what OpenAPI says of it."""
        one, plan = f"{PATH}/{{id}}", "/api/v1/cameras/{id}/analysis"
        return (
            Route(
                method="POST",
                path=PATH,
                view=self.take,
                body=NewDetection,
                answer=TakenView,
                status=201,
                summary="A finding of analysis: 201 waits for a person, 200 known or counted under one that is known",
            ),
            Route(
                method="GET",
                path=PATH,
                view=self.list,
                parameters=(STATE, KIND, CAMERA, BEFORE, LIMIT),
                answer=DetectionList,
                summary="Findings of analysis, the newest first",
            ),
            Route(method="GET", path=one, view=self.one, answer=DetectionView, summary="One finding and the open cases that it may be"),
            Route(
                method="GET",
                path=f"{one}/snapshot",
                view=self.snapshot,
                parameters=(SIZE,),
                media_type="image/jpeg",
                summary="The picture of a finding",
            ),
            Route(
                method="POST",
                path=f"{one}/review",
                view=self.review,
                body=Review,
                answer=Detection,
                summary="Accept a finding as a new case, merge it into an open one, or reject it with a reason",
            ),
            Route(
                method="POST",
                path=f"{one}/unmask",
                view=self.unmask,
                body=Unmasking,
                answer=PlateView,
                summary="The plate of a finding in the clear, for a reason that is kept",
            ),
            Route(
                method="GET",
                path="/api/v1/analysis",
                view=self.plans,
                answer=PlanList,
                summary="The cameras at which people are counted, and how",
            ),
            Route(
                method="PUT",
                path=plan,
                view=self.choose,
                body=PlanWanted,
                answer=PlanList,
                summary="Count people at a camera, or change how",
            ),
            Route(method="DELETE", path=plan, view=self.leave, status=204, summary="Count no more at a camera"),
            Route(
                method="GET",
                path="/api/v1/cameras/{id}/counts",
                view=self.counts,
                parameters=(HOURS,),
                answer=PeopleCounts,
                summary="How many people were counted at a camera, the newest first",
            ),
        )
