"""The worker's own phone: who the account stands for, duty, consent, and positions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from msgspec import Meta, Struct

from api.context import Context
from api.identity import current_caller, current_reader
from api.routes import Route, body
from geodata.db import reading
from geodata.errors import InvalidInputError
from services import own_worker, positions
from services.audit import attempt
from services.own_worker import OwnWorker
from services.positions import Fix, Taken


class Position(Struct, forbid_unknown_fields=True, kw_only=True):
    """Where the phone was, in WGS 84, and when by its clock."""

    at: Annotated[datetime, Meta(tz=True)]
    lon: float
    lat: float
    accuracy_m: float | None = None
    speed_kmh: float | None = None
    heading_deg: float | None = None
    battery_pct: int | None = None


class Positions(Struct, forbid_unknown_fields=True):
    """A batch in any order; the same one again changes nothing."""

    positions: Annotated[list[Position], Meta(min_length=1, max_length=positions.MOST)]


class OwnState(Struct, forbid_unknown_fields=True, kw_only=True):
    """What the worker says; what is left out stays."""

    on_duty: bool | None = None
    share_position: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnWorkerView:
    """`worker` is null for an account that stands for no worker."""

    worker: OwnWorker | None
    now: datetime
    """By the server's clock."""


class PositionViews:
    """Views for the phone of a worker."""

    def __init__(self, context: Context) -> None:
        self._pool = context.pool

    def own(self) -> OwnWorkerView:
        """Who the account stands for."""
        reader, now = current_reader(), datetime.now(UTC)
        with reading(self._pool) as conn:
            return OwnWorkerView(worker=own_worker.own(conn, reader, now), now=now)

    def change(self) -> OwnWorkerView:
        """Duty and consent."""
        given, caller = body(OwnState), current_caller()
        if given.on_duty is None and given.share_position is None:
            raise InvalidInputError("on_duty, share_position: at least one of them")
        with attempt(self._pool, caller, "own_worker_change", f"account/{caller.reader.account_id}") as conn:
            if given.share_position is not None:
                positions.consent(conn, caller, given=given.share_position)
            if given.on_duty is not None:
                own_worker.set_duty(conn, caller, on_duty=given.on_duty)
            return OwnWorkerView(worker=own_worker.own(conn, caller.reader, caller.now), now=caller.now)

    def take(self) -> Taken:
        """Take positions in."""
        given, caller = body(Positions), current_caller()
        fixes = [Fix(**{name: getattr(one, name) for name in one.__struct_fields__}) for one in given.positions]
        with attempt(self._pool, caller, "positions", f"account/{caller.reader.account_id}") as conn:
            return positions.take(conn, caller, fixes)

    def routes(self) -> Sequence[Route]:
        """Return what is served, and what OpenAPI says of it."""
        return (
            Route(
                method="GET",
                path="/api/v1/me/worker",
                view=self.own,
                answer=OwnWorkerView,
                summary="The worker that this account stands for",
            ),
            Route(
                method="PUT",
                path="/api/v1/me/worker",
                view=self.change,
                body=OwnState,
                answer=OwnWorkerView,
                summary="Begin or end the own duty; agree to positions being taken, or withdraw that",
            ),
            Route(
                method="POST",
                path="/api/v1/positions",
                view=self.take,
                body=Positions,
                answer=Taken,
                summary="Positions of the own phone in a batch; each that cannot be true is refused by itself",
            ),
        )
