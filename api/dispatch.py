"""Who can be sent: candidates of a case, the whole backlog at once, and how good the promised times were."""

from collections.abc import Sequence
from datetime import UTC, datetime

from flask import request

from api import parameters
from api.context import Context
from api.identity import current_reader
from api.layers import layer_for
from api.routes import Route
from geodata.db import reading
from services import assignment, candidates, eta
from services.movers import MoverKind

KIND = parameters.one_of("kind", tuple(candidates.Kind), "Whom: workers, vehicles, or workers by team.", candidates.Kind.WORKER)
LIMIT = parameters.integer("limit", 1, candidates.MAX_LIMIT, "How many at most; everybody is judged all the same.", 10)
MOVER = parameters.one_of("kind", tuple(MoverKind), "Whom.", MoverKind.WORKER)
EVENTS = parameters.integer("limit", 1, assignment.MOST_EVENTS, "How many cases at most, the most urgent first.", 200)
DAYS = parameters.integer("days", 1, eta.DAYS, "Arrivals of so many days.", 30)


class DispatchViews:
    """Views for whoever sends people."""

    def __init__(self, context: Context) -> None:
        self._pool, self._roads = context.pool, context.roads

    def candidates(self, id: int) -> candidates.Ranking:  # noqa: A002 - the name in the path
        """Who can be sent to a case."""
        reader, now, kind = current_reader(), datetime.now(UTC), KIND.read(request.args)
        layer_for(reader, "events")
        layer_for(reader, "vehicles" if kind == candidates.Kind.VEHICLE else "workers")
        limit = LIMIT.read(request.args)
        with reading(self._pool) as conn:
            return candidates.ranking(conn, reader, id, kind, limit, now=now, engine=self._roads.engine(conn, now))

    def assignment(self) -> assignment.Assignment:
        """Who goes where."""
        reader, now, kind = current_reader(), datetime.now(UTC), MOVER.read(request.args)
        layer_for(reader, "open_events")
        layer_for(reader, f"{kind}s")
        limit = EVENTS.read(request.args)
        with reading(self._pool) as conn:
            return assignment.assignment(conn, reader, now=now, engine=self._roads.engine(conn, now), kind=kind, limit=limit)

    def eta(self) -> eta.EtaReport:
        """How good the promises were."""
        reader, now = current_reader(), datetime.now(UTC)
        layer_for(reader, "workers")
        with reading(self._pool) as conn:
            return eta.report(conn, reader, now, days=DAYS.read(request.args))

    def routes(self) -> Sequence[Route]:
        """Return what is served, and what OpenAPI says of it."""
        return (
            Route(
                method="GET",
                path="/api/v1/events/{id}/candidates",
                view=self.candidates,
                parameters=(KIND, LIMIT),
                answer=candidates.Ranking,
                summary="Who can be sent to a case: by road, ranked, with every term and the reasons for and against",
            ),
            Route(
                method="GET",
                path="/api/v1/assignment",
                view=self.assignment,
                parameters=(MOVER, EVENTS),
                answer=assignment.Assignment,
                summary="A suggestion for the whole backlog at once, and what it saves against choosing in turn; nobody is sent by it",
            ),
            Route(
                method="GET",
                path="/api/v1/eta",
                view=self.eta,
                parameters=(DAYS,),
                answer=eta.EtaReport,
                summary="Predicted against actual arrivals, by who travelled and the hour",
            ),
        )
