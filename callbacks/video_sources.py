"""The sources of pictures on the administration page: the wiring."""

import logging
from datetime import UTC, datetime
from typing import Any

from dash import ALL, Dash, Input, Output, State, ctx, no_update
from dash.development.base_component import Component

from api.identity import current_caller, current_reader
from callbacks import ids
from callbacks.context import Context
from callbacks.panels import video_sources as panels
from callbacks.panels.admin import result
from callbacks.words import Words, requested
from geodata.db import reading, writing
from geodata.errors import ConflictError, InvalidInputError, NotAllowedError, NotFoundError
from services import video_sources
from services.rights import Role
from services.video_sources import SourceForm

log = logging.getLogger(__name__)
FIELDS = ("key", "kind", "name", "base_url", "crs")


def register(app: Dash, context: Context) -> None:
    """Wire the list, its buttons and its choices of coordinate systems."""

    @app.callback(Output(ids.ADMIN_VIDEO, "children"), Input(ids.ADMIN_VIDEO_TICK, "n_intervals"), Input(ids.ADMIN_VIDEO_DONE, "data"))
    def show(_ticks: int, _done: int) -> list[Component] | Any:
        reader = current_reader()
        if reader.role is not Role.SYSTEM_ADMIN:
            return no_update
        with reading(context.pool) as conn:
            found = video_sources.sources(conn, reader)
        return panels.table(found, requested(), datetime.now(UTC))

    @app.callback(
        Output(ids.ADMIN_VIDEO_DONE, "data"),
        Input(ids.video_source_sync(ALL), "n_clicks"),
        Input(ids.video_source_crs(ALL, ALL), "n_clicks"),
        Input(ids.video_source_switch(ALL, ALL), "n_clicks"),
        prevent_initial_call=True,
    )
    def act(*_clicks: list[int | None]) -> Any:
        asked = ctx.triggered_id
        # a list that is drawn anew brings buttons that nobody has pressed
        if not asked or not ctx.triggered[0]["value"]:
            return no_update
        caller = current_caller()
        try:
            with writing(context.pool) as conn:
                if asked["type"] == "video-sync":
                    video_sources.ask_sync(conn, caller, asked["id"])
                elif asked["type"] == "video-switch":
                    video_sources.change(conn, caller, asked["id"], enabled=bool(asked["on"]))
                else:
                    video_sources.change(conn, caller, asked["id"], crs=asked["crs"])
        except (ConflictError, NotFoundError, NotAllowedError) as error:
            log.info("a source of video stays as it is: %s", error)
        return datetime.now(UTC).timestamp()

    @app.callback(
        Output(ids.ADMIN_VIDEO_SAID, "children"),
        Output(ids.ADMIN_VIDEO_DONE, "data", allow_duplicate=True),
        Input(ids.ADMIN_VIDEO_NEW, "data"),
        State(ids.ADMIN_VIDEO_DONE, "data"),
        prevent_initial_call=True,
    )
    def add(given: dict[str, Any] | None, done: float) -> tuple[Any, Any]:
        if not given:
            return no_update, no_update
        words = requested()
        key, kind, name, base_url, crs = (str(given.get(field) or "").strip() for field in FIELDS)
        form = SourceForm(key=key, kind=kind, name=name, base_url=base_url, crs=crs)
        try:
            with writing(context.pool) as conn:
                video_sources.add(conn, current_caller(), form)
        except InvalidInputError as error:
            return result(words("video_source.bad", reason=_named(str(error), words)), good=False), no_update
        except ConflictError:
            return result(words("video_source.taken", taken=form.key), good=False), no_update
        except NotAllowedError:
            return result(words("admin.refused"), good=False), no_update
        return result(words("video_source.added", name=form.name), good=True), done + 1


def _named(message: str, words: Words) -> str:
    """Name the field that a service's message begins with, as the form names it."""
    name = message.partition(":")[0]
    return words(f"video_source.{name}") if name in FIELDS else message
