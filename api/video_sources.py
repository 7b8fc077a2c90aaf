"""The sources of pictures, for the system administrator: state, age, last failure, coordinate system, and reading their catalogue now."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from msgspec import Struct, field

from api.context import Context
from api.identity import current_caller, current_reader
from api.routes import Route, body
from geodata.db import reading, writing
from services import video_sources
from services.video_sources import SourceForm, SourceState


class NewSource(Struct, forbid_unknown_fields=True):
    """A source to set up. Its secrets stand in the environment of the server."""

    key: str
    kind: str
    name: str
    base_url: str = ""
    crs: str = "wgs84"
    timezone: str = "Asia/Shanghai"
    options: dict[str, Any] = field(default_factory=dict)


class SourceChange(Struct, forbid_unknown_fields=True):
    """What changes of a source; what is left out stays."""

    crs: str | None = None
    enabled: bool | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceList:
    """All sources, without addresses and secrets."""

    items: list[SourceState]


class VideoSourceViews:
    """The views."""

    def __init__(self, context: Context) -> None:
        self._pool = context.pool

    def sources(self) -> SourceList:
        """All sources."""
        with reading(self._pool) as conn:
            return SourceList(items=video_sources.sources(conn, current_reader()))

    def add(self) -> SourceState:
        """Set one up."""
        wanted = body(NewSource)
        form = SourceForm(**{name: getattr(wanted, name) for name in NewSource.__struct_fields__})
        with writing(self._pool) as conn:
            return video_sources.add(conn, current_caller(), form)

    def change(self, id: int) -> SourceState:  # noqa: A002 - the name in the path
        """Change one."""
        wanted = body(SourceChange)
        with writing(self._pool) as conn:
            return video_sources.change(conn, current_caller(), id, crs=wanted.crs, enabled=wanted.enabled, name=wanted.name)

    def sync(self, id: int) -> SourceState:  # noqa: A002 - the name in the path
        """Ask for its catalogue."""
        with writing(self._pool) as conn:
            return video_sources.ask_sync(conn, current_caller(), id)

    def routes(self) -> Sequence[Route]:
        """Return what is served, and what OpenAPI says of it."""
        return (
            Route(
                method="GET",
                path="/api/v1/video/sources",
                view=self.sources,
                answer=SourceList,
                summary="The sources of pictures: state, age, last failure (system administrator)",
            ),
            Route(
                method="POST",
                path="/api/v1/video/sources",
                view=self.add,
                body=NewSource,
                answer=SourceState,
                status=201,
                summary="Set a source up",
            ),
            Route(
                method="PATCH",
                path="/api/v1/video/sources/{id}",
                view=self.change,
                body=SourceChange,
                answer=SourceState,
                summary="Set the coordinate system of a source's positions, switch it on or off, rename it",
            ),
            Route(
                method="POST",
                path="/api/v1/video/sources/{id}/sync",
                view=self.sync,
                answer=SourceState,
                status=202,
                summary="Read a source's catalogue now",
            ),
        )
