"""Saved choices of cameras over HTTP: groups, patrol plans and layouts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from flask import request
from msgspec import Meta, Struct

from api import parameters
from api.bodies import Id, Words
from api.context import Context
from api.identity import current_caller, current_reader
from api.routes import Route, body
from geodata.db import reading, writing
from services import camera_sets

KIND = parameters.one_of("kind", camera_sets.KINDS, "Only of this kind.")


class SetBody(Struct, forbid_unknown_fields=True):
    """A choice of cameras under a name: written over if there is one of the same kind and name."""

    kind: Words
    name: Words
    camera_ids: Annotated[list[Id], Meta(max_length=1_000)]
    tiles: int = 4
    dwell_s: int = 20
    shared: bool = False


@dataclass(frozen=True, slots=True)
class Sets:
    """Saved choices of cameras."""

    items: list[camera_sets.CameraSet]


class SetViews:
    """Views of saved choices."""

    def __init__(self, context: Context) -> None:
        self._pool = context.pool

    def all_sets(self) -> Sets:
        """List saved choices."""
        with reading(self._pool) as conn:
            return Sets(camera_sets.sets(conn, current_reader(), KIND.optional(request.args)))

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

    def one_set(self, id: int) -> camera_sets.CameraSet:  # noqa: A002 - the name in the path
        """Read one saved choice."""
        with reading(self._pool) as conn:
            return camera_sets.one(conn, current_reader(), id)

    def delete_set(self, id: int) -> None:  # noqa: A002 - the name in the path
        """Delete a saved choice."""
        caller = current_caller()
        with writing(self._pool) as conn:
            camera_sets.delete(conn, caller, id)

    def routes(self) -> Sequence[Route]:
        """Return what is served, and what OpenAPI says of it."""
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
