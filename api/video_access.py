"""For those who answer for video: who watched what, and how the store of recordings stands."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import request

from api import parameters
from api.context import Context
from api.identity import current_reader
from api.routes import Link, Route, next_link
from geodata.db import reading
from geodata.errors import NotAllowedError
from services import camera_access, retention
from services.rights import Role
from services.video_rights import Mode

MAY_SEE_STORAGE = frozenset({Role.LEADER, Role.SHIFT_LEADER, Role.SYSTEM_ADMIN})
CAMERA = parameters.integer("camera_id", 1, 2**62, "Only of this camera.")
USERNAME = parameters.text("username", 64, "Only of this account.")
EVENT = parameters.integer("event_id", 1, 2**62, "Only those for this event.")
MODE = parameters.one_of("mode", tuple(Mode), "Only this way.")
ALLOWED = parameters.one_of("allowed", ("true", "false"), "Only what was allowed, or refused.")
FROM = parameters.instant("from", "Not before.")
TO = parameters.instant("to", "Before.")
BEFORE = parameters.integer("before_id", 1, 2**62, "Cursor: the id of the last row already read.")


@dataclass(frozen=True, slots=True)
class Accesses:
    """Who watched what, the latest first."""

    items: list[camera_access.AccessRow]
    links: list[Link]


class AccessViews:
    """Views of accesses and of the store."""

    def __init__(self, context: Context) -> None:
        self._pool, self._settings = context.pool, context.settings

    def accesses(self) -> Accesses:
        """Search who watched what."""
        arguments = request.args
        allowed = ALLOWED.optional(arguments)
        query = camera_access.AccessQuery(
            camera_id=CAMERA.optional(arguments),
            username=USERNAME.optional(arguments),
            event_id=EVENT.optional(arguments),
            mode=MODE.optional(arguments),
            allowed=None if allowed is None else allowed == "true",
            start=FROM.optional(arguments),
            end=TO.optional(arguments),
            before_id=BEFORE.optional(arguments),
            limit=parameters.LIMIT.read(arguments),
        )
        with reading(self._pool) as conn:
            items = camera_access.search(conn, current_reader(), query)
        return Accesses(items, next_link(before_id=items[-1].id) if len(items) == query.limit else [])

    def storage(self) -> retention.Storage:
        """Tell how the store of recordings stands."""
        reader = current_reader()
        if reader.role not in MAY_SEE_STORAGE:
            raise NotAllowedError(f"{reader.role} does not run the store of recordings")
        with reading(self._pool) as conn:
            return retention.storage(conn, self._settings.data_dir, retention.Limits.of(self._settings.recordings_gb))

    def routes(self) -> Sequence[Route]:
        """Return what is served, and what OpenAPI says of it."""
        return (
            Route(
                method="GET",
                path="/api/v1/video/access",
                view=self.accesses,
                parameters=(CAMERA, USERNAME, EVENT, MODE, ALLOWED, FROM, TO, BEFORE, parameters.LIMIT),
                answer=Accesses,
                summary="Who watched what, when, live or replay, and what was refused: for the audit administrator and shift leaders",
            ),
            Route(
                method="GET",
                path="/api/v1/video/storage",
                view=self.storage,
                answer=retention.Storage,
                summary="How the store of recordings stands: used, held, free, quota, the oldest, and whether room had to be made before 30 days",
            ),
        )
