"""Cases over HTTP: all of one, acts on it, the table of transitions. Rights and rules live in the services."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated

from flask import request
from msgspec import Meta, Struct

from api import parameters
from api.context import Context
from api.identity import current_caller, current_reader
from api.routes import Route, body
from geodata.db import Conn, reading
from geodata.errors import InvalidInputError, NotAllowedError
from services import acts, cases, workflow
from services.act_form import Act
from services.attempts import attempted
from services.audit import Caller
from services.case_standing import READERS
from services.orders import Kind, Order
from services.promises import promised

Id = Annotated[int, Meta(ge=1)]
Ids = Annotated[list[Id], Meta(max_length=50)]
STATE = parameters.text("state", 20, "Only the acts that start from this state.")


class Receiver(Struct, forbid_unknown_fields=True):
    """Somebody to send, with what the choice was based on."""

    kind: Kind
    id: Id
    lead: bool = False
    rank: Annotated[int, Meta(ge=1, le=1000)] | None = None
    override_reason: Annotated[str, Meta(max_length=2000)] | None = None
    engine: Annotated[str, Meta(max_length=40)] | None = None
    distance_m: float | None = None
    raw_s: float | None = None
    predicted_s: float | None = None


class ActRequest(Struct, forbid_unknown_fields=True):
    """An act. `version` is that of the case as it was seen; `possible` of the case names the fields that an action needs.

    `client_id` is made by the sender: the same one again is the same act again, and is done once. Receivers are named by `workers` and
    `vehicles` (`lead`: which worker leads), or one by one in `orders` with rank and prediction.
    """

    action: str
    version: int
    client_id: str | None = None
    opinion: str | None = None
    standard_id: Id | None = None
    class_code: str | None = None
    level: Annotated[int, Meta(ge=0, le=4)] | None = None
    department_id: Id | None = None
    co_departments: Ids = []
    workers: Ids = []
    vehicles: Ids = []
    lead: Id | None = None
    orders: Annotated[list[Receiver], Meta(max_length=50)] = []
    order_text: str = ""
    override_reason: str | None = None
    until: datetime | None = None
    attachments: Ids = []
    master_id: Id | None = None
    source_record_id: Id | None = None
    score: Annotated[int, Meta(ge=0, le=100)] | None = None
    satisfied: Annotated[int, Meta(ge=1, le=5)] | None = None


@dataclass(frozen=True, slots=True)
class WorkflowView:
    """Who may do what in which state, and the steps of the two views."""

    transitions: list[workflow.Transition]
    steps: Sequence[str]
    five_steps: Sequence[str]


class CaseViews:
    """Views of cases."""

    def __init__(self, context: Context) -> None:
        self._pool, self._roads = context.pool, context.roads

    def one(self, id: int) -> cases.Case:  # noqa: A002 - the name in the path
        """All of a case."""
        with reading(self._pool) as conn:
            return cases.case(conn, current_reader(), id, datetime.now(UTC))

    def act(self, id: int) -> cases.Case:  # noqa: A002 - the name in the path
        """Do something with a case."""
        wanted, caller = body(ActRequest), current_caller()
        form = form_of(wanted)
        action = f"case_{wanted.action[:30]}"

        def work(conn: Conn) -> cases.Case:
            return acts.act(conn, caller, id, self._promised(conn, caller, id, form))

        return attempted(self._pool, caller, action, f"events/{id}", work=work)

    def _promised(self, conn: Conn, caller: Caller, event_id: int, form: Act) -> Act:
        """A program names whom to send; how long they need is found out here."""
        if all(order.raw_s is not None for order in form.orders):
            return form
        engine = self._roads.engine(conn, caller.now)
        return replace(form, orders=promised(conn, caller.reader, event_id, form.orders, now=caller.now, engine=engine))

    def table(self) -> WorkflowView:
        """The table of transitions."""
        reader = current_reader()
        if reader.role not in READERS:
            raise NotAllowedError(f"{reader.role} opens no cases")
        with reading(self._pool) as conn:
            found = workflow.table(conn, STATE.optional(request.args))
        return WorkflowView(found, workflow.STEPS, workflow.FIVE_STEPS)

    def routes(self) -> Sequence[Route]:
        """Return what is served, and what OpenAPI says of it."""
        return (
            Route(
                method="GET",
                path="/api/v1/events/{id}",
                view=self.one,
                answer=cases.Case,
                summary="One case: clock, steps, log, sources, departments, tasks, files, decisions, and what the reader can do next",
            ),
            Route(
                method="POST",
                path="/api/v1/events/{id}/actions",
                view=self.act,
                body=ActRequest,
                answer=cases.Case,
                summary="Do something with a case; 409 with the present version when somebody else was first",
            ),
            Route(
                method="GET",
                path="/api/v1/workflow",
                view=self.table,
                parameters=(STATE,),
                answer=WorkflowView,
                summary="Who may do what with a case in which state, and what must come with it",
            ),
        )


def form_of(wanted: ActRequest) -> Act:
    """Read a request as an act.

    Raises:
        InvalidInputError: somebody is named in two ways, or the lead is not among the workers.
    """
    named = [Order(kind="worker", id=number, lead=number == wanted.lead) for number in wanted.workers]
    named += [Order(kind="vehicle", id=number) for number in wanted.vehicles]
    if wanted.lead is not None and not any(order.lead for order in named):
        raise InvalidInputError("lead: one of the workers")
    orders = [
        Order(
            kind=item.kind,
            id=item.id,
            lead=item.lead,
            rank=item.rank,
            override_reason=item.override_reason,
            engine=item.engine,
            distance_m=item.distance_m,
            raw_s=item.raw_s,
            predicted_s=item.predicted_s,
        )
        for item in wanted.orders
    ]
    return Act(
        action=wanted.action,
        version=wanted.version,
        client_id=wanted.client_id,
        opinion=wanted.opinion,
        standard_id=wanted.standard_id,
        class_code=wanted.class_code,
        level=wanted.level,
        department_id=wanted.department_id,
        co_departments=tuple(wanted.co_departments),
        orders=(*named, *orders),
        order_text=wanted.order_text,
        override_reason=wanted.override_reason,
        until=wanted.until,
        attachments=tuple(wanted.attachments),
        master_id=wanted.master_id,
        source_record_id=wanted.source_record_id,
        score=wanted.score,
        satisfied=wanted.satisfied,
    )
