"""The sources of pictures on the administration page: the wiring."""

import logging
from datetime import UTC, datetime
from typing import Any

from dash import ALL, Dash, Input, Output, ctx, no_update
from dash.development.base_component import Component

from api.identity import current_caller, current_reader
from callbacks import ids
from callbacks.context import Context
from callbacks.panels import video_sources as panels
from callbacks.words import requested
from geodata.db import reading, writing
from geodata.errors import ConflictError, NotAllowedError, NotFoundError
from services import camera_catalogue
from services.rights import Role

log = logging.getLogger(__name__)


def register(app: Dash, context: Context) -> None:
    """Wire the list, its buttons and its choices of coordinate systems."""

    @app.callback(Output(ids.ADMIN_VIDEO, "children"), Input(ids.ADMIN_VIDEO_TICK, "n_intervals"), Input(ids.ADMIN_VIDEO_DONE, "data"))
    def show(_ticks: int, _done: int) -> list[Component] | Any:
        reader = current_reader()
        if reader.role is not Role.SYSTEM_ADMIN:
            return no_update
        with reading(context.pool) as conn:
            found = camera_catalogue.sources(conn, reader)
        return panels.table(found, requested(), datetime.now(UTC))

    @app.callback(
        Output(ids.ADMIN_VIDEO_DONE, "data"),
        Input(ids.video_source_sync(ALL), "n_clicks"),
        Input(ids.video_source_crs(ALL, ALL), "n_clicks"),
        prevent_initial_call=True,
    )
    def act(_syncs: list[int | None], _systems: list[int | None]) -> Any:
        asked = ctx.triggered_id
        # a list that is drawn anew brings buttons that nobody has pressed
        if not asked or not ctx.triggered[0]["value"]:
            return no_update
        caller = current_caller()
        try:
            with writing(context.pool) as conn:
                if asked["type"] == "video-sync":
                    camera_catalogue.ask_sync(conn, caller, asked["id"])
                else:
                    camera_catalogue.change(conn, caller, asked["id"], crs=asked["crs"])
        except (ConflictError, NotFoundError, NotAllowedError) as error:
            log.info("a source of video stays as it is: %s", error)
        return datetime.now(UTC).timestamp()
