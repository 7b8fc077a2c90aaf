"""Evidence holds over HTTP: what of the recordings stays for an event."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta, Struct

from api.bodies import Id, Instant, Words
from api.context import Context
from api.identity import current_caller, current_reader
from api.routes import Route, body
from geodata.db import reading
from services import audit, holds
from services.attempts import attempted


class HoldBody(Struct, forbid_unknown_fields=True):
    """What stays for an event: up to 64 cameras, a day at most, up to 12 hours ahead."""

    camera_ids: Annotated[list[Id], Meta(max_length=400)]
    start: Instant
    end: Instant
    reason: Words


class ReleaseBody(Struct, forbid_unknown_fields=True):
    """Why a hold ends."""

    reason: Words


@dataclass(frozen=True, slots=True)
class Holds:
    """What an event holds and held."""

    items: list[holds.Hold]


class HoldViews:
    """Views of what events hold."""

    def __init__(self, context: Context) -> None:
        self._pool = context.pool

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

    def routes(self) -> Sequence[Route]:
        """Return what is served, and what OpenAPI says of it."""
        return (
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
