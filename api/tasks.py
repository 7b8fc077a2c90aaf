"""Tasks over HTTP: what a worker's phone lists and answers, also after hours without a network."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from flask import request
from msgspec import Meta, Struct

from api import parameters
from api.context import Context
from api.identity import current_caller, current_reader
from api.routes import Link, Route, body, next_link
from geodata.db import reading
from services import tasks
from services.attempts import attempted

MINE = parameters.one_of("mine", ("1",), "Only those of the worker whom the account stands for; a worker gets no others.")
OPEN = parameters.one_of("open", ("true", "false", "any"), "Only open ones, only those that are over, or all.", "true")
EVENT = parameters.integer("event_id", 1, 2**62, "Only those of this case.")


class TaskReceipt(Struct, forbid_unknown_fields=True):
    """What a receiver reports: deliver, accept, arrive, finish (with the result) or decline (with the reason).

    `client_id` is made by the phone: the same one again is the same receipt again. `at` is when it happened, by the phone's clock.
    """

    action: str
    client_id: str | None = None
    at: datetime | None = None
    opinion: str | None = None
    passed: bool = True
    override_reason: str | None = None
    attachments: Annotated[list[int], Meta(max_length=50)] = []


@dataclass(frozen=True, slots=True)
class TaskPage:
    """Tasks: open ones by the deadline of their case, then the latest."""

    items: list[tasks.Task]
    links: list[Link]


class TaskViews:
    """Views of tasks."""

    def __init__(self, context: Context) -> None:
        self._pool = context.pool

    def listing(self) -> TaskPage:
        """Tasks of the reader."""
        arguments, reader = request.args, current_reader()
        limit, offset, open_only = parameters.LIMIT.read(arguments), parameters.OFFSET.read(arguments), OPEN.read(arguments)
        query = tasks.TaskQuery(
            mine=MINE.optional(arguments) is not None,
            open=None if open_only == "any" else open_only == "true",
            event_id=EVENT.optional(arguments),
            limit=min(limit, tasks.MAX_TASKS),
            offset=offset,
        )
        with reading(self._pool) as conn:
            items = tasks.tasks(conn, reader, query, datetime.now(UTC))
        return TaskPage(items, next_link(offset=offset + query.limit) if len(items) == query.limit else [])

    def act(self, id: int) -> tasks.Task:  # noqa: A002 - the name in the path
        """Answer a task."""
        wanted, caller = body(TaskReceipt), current_caller()
        form = tasks.TaskAct(
            action=wanted.action,
            client_id=wanted.client_id,
            at=wanted.at,
            opinion=wanted.opinion,
            passed=wanted.passed,
            override_reason=wanted.override_reason,
            attachments=tuple(wanted.attachments),
        )
        action = f"task_{wanted.action[:30]}"
        return attempted(self._pool, caller, action, f"tasks/{id}", work=lambda conn: tasks.act(conn, caller, id, form))

    def routes(self) -> Sequence[Route]:
        """Return what is served, and what OpenAPI says of it."""
        return (
            Route(
                method="GET",
                path="/api/v1/tasks",
                view=self.listing,
                parameters=(MINE, OPEN, EVENT, parameters.LIMIT, parameters.OFFSET),
                answer=TaskPage,
                summary="Who was sent where: a worker's own tasks, those of a department's cases, all for the desk",
            ),
            Route(
                method="POST",
                path="/api/v1/tasks/{id}/actions",
                view=self.act,
                body=TaskReceipt,
                answer=tasks.Task,
                summary="Answer a task: deliver, accept, arrive, finish, decline; sent twice with one client_id it counts once",
            ),
        )
