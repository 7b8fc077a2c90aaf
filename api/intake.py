"""Reports in: one intake for every channel, photos, the raw records that wait, and who is owed a reply."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import msgspec
from flask import Response, request
from msgspec import Meta, Struct
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

from api import parameters
from api.context import Context
from api.identity import current_caller, current_reader
from api.layers import layer_for
from api.routes import Route, as_json, body
from geodata.db import reading, writing
from geodata.errors import InvalidInputError, NotAllowedError, NotFoundError
from services import attachments, duplicates, geocode, inbound, intake, replies, report
from services.administration import ADMINISTRATORS
from services.attachments import Attachment
from services.classify import Classes, Suggestion, classes
from services.duplicates import Candidate
from services.gazetteer import gazetteer
from services.geocode import Doubt, Place
from services.intake import Received
from services.intake_queue import IntakeQueue
from services.replies import SourceCount, SourceRecord
from services.report import Report

TEXT = parameters.text("q", geocode.MAX_TEXT, "A place as people write it: street and number, crossing, name, area.", required=True)
SIZE = parameters.one_of("size", ("full", "thumb"), "`thumb` is at most 320 pixels wide and high.", "full")
KIND = parameters.one_of("kind", attachments.KINDS, "What a photo shows, when it is sent as it is.", "other")
EVENT = parameters.integer("event_id", 1, 2**63 - 1, "The case that a photo belongs to at once.")
BEST = parameters.integer("limit", 1, duplicates.MAX_CANDIDATES, "How many candidates at most.", 3)
SOURCE = parameters.one_of("source", report.SOURCES, "Only records of this source.")
STATE = parameters.one_of("state", replies.STATES, "Only records in this state.")
OF_EVENT = parameters.integer("event", 1, 2**63 - 1, "Only records of this case.")
BEFORE = parameters.integer("before", 1, 2**63 - 1, "Continue behind this record.")
DAYS = parameters.integer("days", 1, 3660, "Count what arrived within so many days.", 30)
Short = Annotated[str, Meta(max_length=report.MAX_NUMBER)]


class NewEvent(Struct, forbid_unknown_fields=True, kw_only=True):
    """A report of any channel. Either a position (in `crs`) or `place_text` tells where; `class_code` may be left out."""

    source: Short
    external_no: Short | None = None
    title: Annotated[str, Meta(max_length=report.MAX_TITLE)] | None = None
    description: Annotated[str, Meta(max_length=report.MAX_TEXT)] | None = None
    class_code: Short | None = None
    lon: Annotated[float, Meta(ge=-1e8, le=1e8)] | None = None
    lat: Annotated[float, Meta(ge=-1e8, le=1e8)] | None = None
    crs: Short = "wgs84"
    crs_checked: bool = False
    place_text: Annotated[str, Meta(max_length=report.MAX_PLACE)] | None = None
    building_id: int | None = None
    reporter: Annotated[str, Meta(max_length=report.MAX_NAME)] | None = None
    reporter_phone: Annotated[str, Meta(max_length=report.MAX_NAME)] | None = None
    secret: bool = False
    reported_at: datetime | None = None
    level: Annotated[int, Meta(ge=0, le=4)] | None = None
    attachments: Annotated[list[int], Meta(max_length=report.MAX_ATTACHMENTS)] = []

    def report(self, sent: bytes) -> Report:
        """Return it as the service takes it, with what was sent as the raw record."""
        return Report(**{**msgspec.structs.asdict(self), "attachments": tuple(self.attachments), "raw": msgspec.json.decode(sent)})


class Completion(Struct, forbid_unknown_fields=True, kw_only=True):
    """What a person adds to a record that waits: only what is given is changed."""

    class_code: Short | None = None
    place_text: Annotated[str, Meta(max_length=report.MAX_PLACE)] | None = None
    lon: float | None = None
    lat: float | None = None
    crs: Short | None = None
    crs_checked: bool | None = None
    title: Annotated[str, Meta(max_length=report.MAX_TITLE)] | None = None
    level: Annotated[int, Meta(ge=0, le=4)] | None = None


class Reply(Struct, forbid_unknown_fields=True):
    """The words that a source is answered with."""

    reply: Annotated[str, Meta(min_length=1, max_length=replies.MAX_REPLY)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedView:
    """What became of a report: `id` is the case, absent while the record waits for what `needs` names."""

    id: int | None
    case_no: str | None
    created: bool
    known: bool
    record_id: int
    needs: str | None
    duplicates: Sequence[Candidate]
    suggestions: Sequence[Suggestion]
    places: Sequence[Place]
    elsewhere: str | None
    doubt: Doubt | None


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundView:
    """What became of one order of a message, in its order."""

    external_no: str | None = None
    error: str | None = None
    received: ReceivedView | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundAnswer:
    """What became of the orders of a message."""

    orders: list[InboundView]


@dataclass(frozen=True, slots=True, kw_only=True)
class DuplicateList:
    """Cases that a case may repeat, the likeliest first."""

    event_id: int
    duplicates: list[Candidate]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceList:
    """Places that a text may mean, the likeliest first; none when it names another city."""

    q: str
    places: Sequence[Place]
    elsewhere: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordList:
    """Source records, the newest first."""

    records: list[SourceRecord]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordView:
    """One source record and what was sent."""

    record: SourceRecord
    raw: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class CountList:
    """Records by source."""

    sources: list[SourceCount]
    merged: int


def received_view(received: Received) -> ReceivedView:
    """Show what became of a report."""
    return ReceivedView(
        id=received.event_id,
        case_no=received.case_no,
        created=received.created,
        known=received.known,
        record_id=received.record_id,
        needs=received.needs,
        duplicates=received.candidates,
        suggestions=received.suggestions,
        places=received.places,
        elsewhere=received.elsewhere,
        doubt=received.doubt,
    )


def status_of(received: Received) -> int:
    """201 when a case was made, 202 when a record waits for a person, 200 when this order was known."""
    return 201 if received.created else 202 if received.event_id is None else 200


class IntakeViews:
    """Views over what comes in."""

    def __init__(self, context: Context) -> None:
        self._pool, self._data_dir = context.pool, context.settings.data_dir
        self.queue = IntakeQueue(context.pool)

    def report(self) -> Response:
        """Take a report in."""
        given, caller = body(NewEvent), current_caller()
        received = self.queue.receive(given.report(request.get_data()), caller.now, reader=caller.reader)
        return as_json(received_view(received), status=status_of(received))

    def inbound(self, source: str) -> InboundAnswer:
        """Take the orders of another platform in."""
        caller = current_caller()
        if source not in inbound.PLATFORMS:
            raise NotFoundError(f"inbound/{source[:20]}: one of {', '.join(inbound.PLATFORMS)}")
        found = inbound.orders(source, body(object))
        with reading(self._pool) as conn:
            known = classes(conn)
        read = [_read(source, order, known) for order in found]
        answers = iter(self.queue.receive_all([item for item in read if isinstance(item, Report)], caller.now, reader=caller.reader))
        return InboundAnswer(orders=[_ordered(item if isinstance(item, str) else next(answers)) for item in read])

    def geocode(self) -> PlaceList:
        """Say where a text may be."""
        reader, text = current_reader(), TEXT.read(request.args)
        if reader.role in ADMINISTRATORS:
            raise NotAllowedError(f"{reader.role} sees no business data")
        with reading(self._pool) as conn:
            names = gazetteer(conn)
        found = geocode.look_up(names, text, reader.scope)
        return PlaceList(q=text, places=found.places, elsewhere=found.elsewhere)

    def duplicates(self, id: int) -> DuplicateList:  # noqa: A002 - the name in the path
        """Cases that a case may repeat."""
        caller = current_caller()
        layer_for(caller.reader, "events")
        with reading(self._pool) as conn:
            found = duplicates.candidates(conn, id, caller.now, BEST.read(request.args), reader=caller.reader)
        return DuplicateList(event_id=id, duplicates=found)

    def attach(self) -> Attachment:
        """Keep a photo."""
        caller = current_caller()
        content, kind = _photo()
        with writing(self._pool) as conn:
            return attachments.store(
                conn, self._data_dir, content, kind, reader=caller.reader, now=caller.now, event_id=EVENT.optional(request.args)
            )

    def attachment(self, id: int) -> Response:  # noqa: A002 - the name in the path
        """A photo."""
        reader, thumb = current_reader(), SIZE.read(request.args) == "thumb"
        with reading(self._pool) as conn:
            found, content = attachments.read(conn, self._data_dir, reader, id, thumb=thumb)
        response = Response(content, mimetype=found.media_type)
        response.headers["Cache-Control"] = "private, max-age=86400, immutable"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    def records(self) -> RecordList:
        """Source records of the reader's area."""
        reader, arguments = current_reader(), request.args
        with reading(self._pool) as conn:
            found = replies.records(
                conn,
                reader,
                datetime.now(UTC),
                source=SOURCE.optional(arguments),
                state=STATE.optional(arguments),
                event_id=OF_EVENT.optional(arguments),
                before=BEFORE.optional(arguments),
                limit=min(parameters.LIMIT.read(arguments), replies.MAX_ROWS),
            )
        return RecordList(records=found)

    def record(self, id: int) -> RecordView:  # noqa: A002 - the name in the path
        """One source record."""
        reader = current_reader()
        with reading(self._pool) as conn:
            found, raw = replies.one(conn, reader, id, datetime.now(UTC))
        return RecordView(record=found, raw=raw)

    def counts(self) -> CountList:
        """Records by source."""
        caller = current_caller()
        since = caller.now - timedelta(days=DAYS.read(request.args))
        with reading(self._pool) as conn:
            found = replies.counts(conn, caller.reader, caller.now, since)
        return CountList(sources=found, merged=sum(count.merged for count in found))

    def complete(self, id: int) -> Response:  # noqa: A002 - the name in the path
        """Make a case of a record that waits."""
        caller, given = current_caller(), body(Completion)
        changes = {name: value for name, value in msgspec.structs.asdict(given).items() if value is not None}
        with writing(self._pool) as conn:
            replies.one(conn, caller.reader, id, caller.now)
            received = intake.complete(conn, id, caller.now, reader=caller.reader, changes=changes)
        if received is None:
            raise InvalidInputError("the record is a case already")
        return as_json(received_view(received), status=status_of(received))

    def reply(self, id: int) -> SourceRecord:  # noqa: A002 - the name in the path
        """Answer a source."""
        caller, given = current_caller(), body(Reply)
        with writing(self._pool) as conn:
            return replies.answer(conn, caller, id, given.reply)

    def routes(self) -> Sequence[Route]:
        """Return what is served, and what OpenAPI says of it."""
        records = "/api/v1/source-records"
        return (
            Route(
                method="POST",
                path="/api/v1/events",
                view=self.report,
                body=NewEvent,
                answer=ReceivedView,
                status=201,
                summary="Report an event: 201 a new case, 200 this order was known, 202 kept until a person says what `needs` names",
            ),
            Route(
                method="POST",
                path="/api/v1/inbound/{source}",
                view=self.inbound,
                answer=InboundAnswer,
                summary="Orders of another platform as it sends them: hotline12345, city_dcm",
            ),
            Route(
                method="GET",
                path="/api/v1/geocode",
                view=self.geocode,
                parameters=(TEXT,),
                answer=PlaceList,
                summary="Where a text may be, by our own roads, house numbers, crossings, names and areas",
            ),
            Route(
                method="GET",
                path="/api/v1/events/{id}/duplicates",
                view=self.duplicates,
                parameters=(BEST,),
                answer=DuplicateList,
                summary="Cases that a case may repeat, with reasons",
            ),
            Route(
                method="POST",
                path="/api/v1/attachments",
                view=self.attach,
                parameters=(KIND, EVENT),
                answer=Attachment,
                status=201,
                summary="Add a photo: the image itself, or `file` and `kind` of a form",
            ),
            Route(
                method="GET",
                path="/api/v1/attachments/{id}",
                view=self.attachment,
                parameters=(SIZE,),
                media_type="image/jpeg",
                summary="A photo of a case that the reader may see",
            ),
            Route(
                method="GET",
                path=records,
                view=self.records,
                parameters=(SOURCE, STATE, OF_EVENT, BEFORE, parameters.LIMIT),
                answer=RecordList,
                summary="What sources sent, with the state of the reply that each is owed",
            ),
            Route(
                method="GET", path=f"{records}/counts", view=self.counts, parameters=(DAYS,), answer=CountList, summary="Records by source"
            ),
            Route(method="GET", path=f"{records}/{{id}}", view=self.record, answer=RecordView, summary="One record, word for word"),
            Route(
                method="POST",
                path=f"{records}/{{id}}/complete",
                view=self.complete,
                body=Completion,
                answer=ReceivedView,
                status=201,
                summary="Make a case of a record that waits",
            ),
            Route(
                method="POST",
                path=f"{records}/{{id}}/reply",
                view=self.reply,
                body=Reply,
                answer=SourceRecord,
                summary="Answer a source, once",
            ),
        )


def _read(source: str, order: Mapping[str, Any], known: Classes) -> Report | str:
    """One bad order is told, and spoils no other."""
    try:
        return inbound.read(source, order, known)
    except InvalidInputError as error:
        return str(error)


def _ordered(item: str | Received | InvalidInputError) -> InboundView:
    if isinstance(item, Received):
        return InboundView(external_no=item.external_no, received=received_view(item))
    return InboundView(error=str(item))


def _photo() -> tuple[bytes, str]:
    """Read a photo from the body or a form; what is too large is refused before it is read."""
    most = attachments.MAX_BYTES
    if (request.content_length or 0) > most + 100_000:
        raise RequestEntityTooLarge(f"a photo has at most {most // 1_000_000} MB")
    if request.mimetype == "multipart/form-data":
        file = request.files.get("file")
        if file is None:
            raise InvalidInputError("file: is missing in the form")
        with file.stream as stream:
            return stream.read(most + 1), request.form.get("kind", "other")
    if not request.mimetype.startswith("image/") and request.mimetype != "application/octet-stream":
        raise UnsupportedMediaType("send an image, or a form with `file`")
    return request.stream.read(most + 1), KIND.read(request.args)
