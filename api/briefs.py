"""Briefs: the list, one as the page shows it, its files, and its way from draft to reader."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Literal

from flask import Response, request
from msgspec import Meta, Struct

from api import parameters
from api.context import Context
from api.identity import current_caller, current_reader
from api.routes import Link, Route, as_json, body, next_link
from geodata.db import reading, writing
from geodata.errors import SourceUnavailableError
from services import audit
from services.audit import Act
from services.briefs import acts, book, library, periods, wishes
from services.briefs.book import Brief, Query, Receipt
from services.briefs.catalogue import CaseFilter
from services.briefs.compose import Area
from services.briefs.document import Document, Trouble
from services.briefs.files import DOCX, MEDIA_TYPES, PDF
from services.briefs.wishes import Wish

PATH = "/api/v1/briefs"
TYPES_PATH = "/api/v1/brief-types"
MAX_ID = 2**53
STATE = parameters.one_of("state", book.STATES, "Only issues in this state.")
UNREAD = parameters.one_of("unread", ("0", "1"), "1: only issues that were sent to the reader and not yet read.", "0")
TYPE = parameters.text("type", 42, "Only issues of this kind.")
CYCLE = parameters.one_of("cycle", tuple(periods.Cycle), "Only kinds of this cycle.")
AREA = parameters.text("area", 15, "Only issues of this district or street, by its code.")
BEFORE = parameters.integer("before", 1, MAX_ID, "Continue behind this issue.")
LIMIT = parameters.integer("limit", 1, book.MAX_ROWS, "How many at most.", 50)
DRAWN = parameters.integer(
    "v", 0, MAX_ID, "Version of the issue that the picture was drawn for; told only so that a browser asks anew for a later one."
)
Text = Annotated[str, Meta(max_length=42)]


class NewBrief(Struct, forbid_unknown_fields=True, kw_only=True):
    """A brief that is asked for: `day` for kinds with a schedule, `start` and `end` for special ones, `event_id` for those about a case."""

    type: Text
    area: Annotated[str, Meta(max_length=15)]
    day: date | None = None
    start: datetime | None = None
    end: datetime | None = None
    event_id: Annotated[int, Meta(ge=1, le=MAX_ID)] | None = None
    filter: CaseFilter | None = None


class BriefAct(Struct, forbid_unknown_fields=True, kw_only=True):
    """What to do. `version` is the one that was seen; `remark` is printed on the brief when it is approved."""

    action: Literal["approve", "withdraw", "send", "read", "again"]
    version: int | None = None
    remark: Annotated[str, Meta(max_length=acts.MOST_REMARK)] = ""


class BriefSwitch(Struct, forbid_unknown_fields=True, kw_only=True):
    """Whether a kind is written on its schedule."""

    enabled: bool


class BriefLine(Struct, kw_only=True):
    """An issue in the list."""

    brief: Brief
    unread: bool


class BriefListing(Struct, kw_only=True):
    """Issues, the newest first; `unread` counts all that wait for the reader."""

    briefs: list[BriefLine]
    unread: int
    links: list[Link]


class BriefView(Struct, kw_only=True):
    """One issue: what it says as data and as HTML, who has read it, and what the reader can do."""

    brief: Brief
    unread: bool
    document: Document | None
    html: str
    troubles: list[Trouble]
    receipts: list[Receipt]
    possible: list[str]


class BriefTypeRow(Struct, kw_only=True):
    """A kind of brief, when it comes out next, and its last issue as far as the reader may see it."""

    code: str
    name_zh: str
    name_en: str
    cycle: str
    at: str
    levels: list[str]
    roles: list[str]
    departments: list[str]
    sections: list[str]
    enabled: bool
    next_due: datetime | None
    last_id: int | None
    last_issue: int | None
    last_year: int | None
    last_label: str | None
    last_state: str | None


class FailingQuery(Struct, kw_only=True):
    """A query that fails."""

    query: str
    since: datetime


class BriefTypeList(Struct, kw_only=True):
    """The kinds of briefs, and the queries that fail at present."""

    types: list[BriefTypeRow]
    failing: list[FailingQuery]
    areas: list[Area]
    """Districts and streets of the reader, by level."""
    may_ask: bool
    may_switch: bool


class BriefAsked(Struct, kw_only=True):
    """The issue that was asked for; `created` is false when it was there already."""

    id: int
    created: bool


class BriefViews:
    """Views over briefs."""

    def __init__(self, context: Context) -> None:
        self._pool, self._data_dir = context.pool, context.settings.data_dir

    def list(self) -> BriefListing:
        """The issues that the reader may see."""
        reader, arguments = current_reader(), request.args
        limit = LIMIT.read(arguments)
        query = Query(
            state=STATE.optional(arguments),
            unread=UNREAD.read(arguments) == "1",
            type=TYPE.optional(arguments),
            cycle=CYCLE.optional(arguments),
            area=AREA.optional(arguments),
            before=BEFORE.optional(arguments),
            limit=limit,
        )
        with reading(self._pool) as conn:
            found = book.listed(conn, reader, query)
            waiting = book.count_unread(conn, reader)
        links = next_link(before=found[-1].id) if len(found) == limit else []
        return BriefListing(briefs=[BriefLine(brief=brief, unread=brief.unread) for brief in found], unread=waiting, links=links)

    def one(self, id: int) -> BriefView:  # noqa: A002 - the name in the path
        """One issue."""
        reader = current_reader()
        with reading(self._pool) as conn:
            found = library.page(conn, reader, id, f"{PATH}/{id}/pictures/")
            return BriefView(
                brief=found.brief,
                unread=found.brief.unread,
                document=found.document,
                html=found.html,
                troubles=list(found.troubles),
                receipts=book.receipts(conn, reader, id),
                possible=acts.possible(reader, found.brief),
            )

    def ask(self) -> Response:
        """Ask for an issue."""
        given, caller = body(NewBrief), current_caller()
        wish = Wish(
            type=given.type, area=given.area, day=given.day, start=given.start, end=given.end, event_id=given.event_id, filter=given.filter
        )
        with audit.attempt(self._pool, caller, "brief_ask", f"brief-types/{given.type}") as conn:
            brief_id, created = wishes.ask(conn, caller, wish)
        return as_json(BriefAsked(id=brief_id, created=created), status=201 if created else 200)

    def act(self, id: int) -> BriefLine:  # noqa: A002 - the name in the path
        """Approve, take back, send, mark as read, make again."""
        given, caller = body(BriefAct), current_caller()
        with audit.attempt(self._pool, caller, f"brief_{given.action}", f"briefs/{id}") as conn:
            brief = acts.act(conn, caller, id, given.action, version=given.version, remark=given.remark.strip())
        return BriefLine(brief=brief, unread=brief.unread)

    def pdf(self, id: int) -> Response:  # noqa: A002 - the name in the path
        """The PDF."""
        return self._file(id, PDF)

    def docx(self, id: int) -> Response:  # noqa: A002 - the name in the path
        """The document for an office."""
        return self._file(id, DOCX)

    def picture(self, id: int, picture: str) -> Response:  # noqa: A002 - the name in the path
        """A chart or map of an issue."""
        with reading(self._pool) as conn:
            found = library.picture(conn, current_reader(), self._data_dir, id, picture)
        kind = "image/svg+xml" if picture.endswith(".svg") else "image/png"
        response = Response(found, mimetype=kind)
        response.headers["Cache-Control"] = "private, no-cache"
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'"
        return response

    def types(self) -> BriefTypeList:
        """The kinds."""
        caller = current_caller()
        with reading(self._pool) as conn:
            rows, failing = book.types(conn, caller.reader, caller.now), book.failing(conn, caller.reader)
            areas = book.areas(conn, caller.reader)
        return BriefTypeList(
            types=[
                BriefTypeRow(
                    code=row.type.code,
                    name_zh=row.type.name,
                    name_en=row.type.name_en,
                    cycle=row.type.cycle.value,
                    at=row.type.at,
                    levels=list(row.type.levels),
                    roles=[role.value for role in row.type.roles],
                    departments=row.type.departments,
                    sections=[section.title for section in row.type.sections],
                    enabled=row.enabled,
                    next_due=row.next_due,
                    last_id=row.last_id,
                    last_issue=row.last_issue,
                    last_year=row.last_year,
                    last_label=row.last_label,
                    last_state=row.last_state,
                )
                for row in rows
            ],
            failing=[FailingQuery(query=name, since=since) for name, since in failing.items()],
            areas=areas,
            may_ask=caller.reader.role in book.MAY_DRAFT,
            may_switch=acts.may_switch(caller.reader),
        )

    def switch(self, code: str) -> None:
        """Have a kind written on its schedule, or no longer."""
        given, caller = body(BriefSwitch), current_caller()
        with audit.attempt(self._pool, caller, "brief_type", f"brief-types/{code[:42]}") as conn:
            acts.enable(conn, caller, code, enabled=given.enabled)

    def _file(self, brief_id: int, name: str) -> Response:
        caller = current_caller()
        with reading(self._pool) as conn:
            found = library.file(conn, caller.reader, self._data_dir, brief_id, name)
        if found.content is None:
            with writing(self._pool) as conn:
                library.want_again(conn, brief_id)
            raise SourceUnavailableError(f"brief {brief_id}: its files are being drawn; ask again in a few seconds")
        with writing(self._pool) as conn:
            audit.record(conn, caller, Act(action="export", object=f"briefs/{brief_id}/{name}", detail={"title": found.title}))
        response = Response(found.content, mimetype=MEDIA_TYPES[name])
        response.headers.set("Content-Disposition", "attachment", filename=found.file_name)
        response.headers["Cache-Control"] = "private, no-store"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    def routes(self) -> Sequence[Route]:
        """Return what is served, and what OpenAPI says of it."""
        one = f"{PATH}/{{id}}"
        return (
            Route(
                method="GET",
                path=PATH,
                view=self.list,
                parameters=(STATE, UNREAD, TYPE, CYCLE, AREA, BEFORE, LIMIT),
                answer=BriefListing,
                summary="Briefs that the reader may see, the newest first",
            ),
            Route(
                method="POST",
                path=PATH,
                view=self.ask,
                body=NewBrief,
                answer=BriefAsked,
                status=201,
                summary="Ask for a brief: 201 it is made within seconds, 200 it is there already",
            ),
            Route(
                method="GET",
                path=one,
                view=self.one,
                answer=BriefView,
                summary="One brief with its text, its receipts and what can be done",
            ),
            Route(
                method="POST",
                path=f"{one}/actions",
                view=self.act,
                body=BriefAct,
                answer=BriefLine,
                summary="Approve, take back, send, mark as read, or make a draft again",
            ),
            Route(method="GET", path=f"{one}/file.pdf", view=self.pdf, media_type=MEDIA_TYPES[PDF], summary="A brief as PDF"),
            Route(method="GET", path=f"{one}/file.docx", view=self.docx, media_type=MEDIA_TYPES[DOCX], summary="A brief as DOCX"),
            Route(
                method="GET",
                path=f"{one}/pictures/{{picture}}",
                view=self.picture,
                parameters=(DRAWN,),
                media_type="image/png",
                summary="A chart or map of a brief",
            ),
            Route(
                method="GET",
                path=TYPES_PATH,
                view=self.types,
                answer=BriefTypeList,
                summary="The kinds of briefs, their cycle and their last issue",
            ),
            Route(
                method="PATCH",
                path=f"{TYPES_PATH}/{{code}}",
                view=self.switch,
                body=BriefSwitch,
                status=204,
                summary="Have a kind of brief written on its schedule, or no longer",
            ),
        )
