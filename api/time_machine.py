"""The past for review: cases with their states, and workers' ways, in a window of time."""

from collections.abc import Sequence

from flask import request

from api import parameters
from api.context import Context
from api.identity import current_caller, current_reader
from api.layers import layer_for
from api.routes import Route
from geodata.db import reading, writing
from services import time_machine

START = parameters.instant("start", "Start of the window.")
END = parameters.instant("end", "End of the window, outside of it.")


class TimeMachineViews:
    """Views over the past."""

    def __init__(self, context: Context) -> None:
        self._pool = context.pool

    def cases(self) -> time_machine.Past:
        """Cases and their states."""
        reader = current_reader()
        layer_for(reader, "events")
        start, end = START.read(request.args), END.read(request.args)
        with reading(self._pool) as conn:
            return time_machine.past(conn, reader, start, end)

    def tracks(self) -> time_machine.Tracks:
        """Ways of workers."""
        caller = current_caller()
        layer_for(caller.reader, "workers")
        start, end = START.read(request.args), END.read(request.args)
        with writing(self._pool) as conn:
            return time_machine.tracks(conn, caller, start, end)

    def routes(self) -> Sequence[Route]:
        """Return what is served, and what OpenAPI says of it."""
        return (
            Route(
                method="GET",
                path="/api/v1/replay",
                view=self.cases,
                parameters=(START, END),
                answer=time_machine.Past,
                summary="Cases of a window of 31 days at most, each with the states that it went through and when",
            ),
            Route(
                method="GET",
                path="/api/v1/replay/tracks",
                view=self.tracks,
                parameters=(START, END),
                answer=time_machine.Tracks,
                summary="Where workers went in a window of two hours at most, a point a minute; every look is audited",
            ),
        )
