"""The page of findings: the queue, one finding, and what a person decides."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from dash import Dash, Input, Output, State, no_update
from dash.development.base_component import Component

from api.identity import current_caller, current_reader
from callbacks import ids, shell
from callbacks.context import Context
from callbacks.panels import detections as panels
from callbacks.words import Words, requested
from geodata.db import reading
from geodata.errors import ConflictError, HallError, InvalidInputError, NotAllowedError, NotFoundError
from services import classify, detection_review, detections
from services.attempts import attempted
from services.audit import Caller
from services.detection_review import Verdict
from services.detections import MAY_REVIEW, Detection

ROWS = 60
Given = Mapping[str, Any]


def register(app: Dash, context: Context) -> None:
    """Wire list, panel and verdicts."""

    @app.callback(
        Output(ids.DETECTIONS_SUMS, "children"),
        Output(ids.DETECTIONS_LIST, "children"),
        Input(ids.DETECTIONS_QUERY, "data"),
        Input(ids.DETECTIONS_ROWS, "data"),
        Input(ids.TICK, "n_intervals"),
    )
    def show(asked: Given | None, _changed: int, _tick: int) -> tuple[list[Component], list[Component]]:
        reader, words, now, query = current_reader(), requested(), datetime.now(UTC), asked or {}
        state = str(query.get("state", "new")) or None
        try:
            with reading(context.pool) as conn:
                found = detections.listed(conn, reader, state=state, kind=str(query.get("kind") or "") or None, limit=ROWS)
                waiting = detections.waiting(conn, reader)
        except HallError:
            return [], [panels.failed(words)]
        return panels.sums(waiting, words), panels.lines(found, words, now)

    @app.callback(Output(ids.DETECTIONS_PANEL, "children"), Input(ids.DETECTIONS_CHOSEN, "data"), Input(ids.DETECTIONS_ROWS, "data"))
    def open_one(chosen: int | None, _changed: int) -> list[Component]:
        words = requested()
        if not chosen:
            return [panels.choose_one(words)]
        return _opened(context, current_caller(), int(chosen), words)

    @app.callback(
        Output(ids.DETECTIONS_RESULT, "children"),
        Output(ids.DETECTIONS_ROWS, "data"),
        Input(ids.DETECTIONS_ACT, "data"),
        State(ids.DETECTIONS_ROWS, "data"),
        prevent_initial_call=True,
    )
    def act(asked: Given | None, changed: int) -> tuple[object, object]:
        if not asked:
            return no_update, no_update
        said, good = _act(context, current_caller(), asked, requested())
        return said, changed + 1 if good else no_update

    shell.leave(app)


def _opened(context: Context, caller: Caller, detection_id: int, words: Words) -> list[Component]:
    try:
        with reading(context.pool) as conn:
            found = detections.one(conn, caller.reader, detection_id)
            waits = found.state == "new"
            repeats = detection_review.candidates(conn, found, caller.now, reader=caller.reader) if waits else []
            known = classify.classes(conn).by_code if waits else {}
    except NotFoundError:
        return [panels.choose_one(words)]
    shown = panels.Opened(
        detection=found,
        candidates=repeats,
        classes={code: one.name for code, one in known.items()},
        may_decide=caller.reader.role in MAY_REVIEW,
    )
    return panels.opened(shown, words, caller.now)


def _act(context: Context, caller: Caller, asked: Given, words: Words) -> tuple[Component, bool]:
    """Do it; return what to say, and whether the queue has changed."""
    verdict, detection_id = str(asked.get("verdict")), int(asked.get("detection") or 0)
    wanted = Verdict(
        verdict=verdict,
        reason=str(asked.get("reason") or "") or None,
        event_id=int(asked["event"]) if verdict == "merge" and asked.get("event") else None,
        class_code=(str(asked.get("class_code") or "") or None) if verdict == "accept" else None,
    )
    try:
        done: Detection = attempted(
            context.pool,
            caller,
            f"detection_{verdict}"[:40],
            f"detections/{detection_id}",
            work=lambda conn: detection_review.review(conn, caller, detection_id, wanted),
        )
    except ConflictError:
        return panels.said(words("detections.decided_before"), good=False), True
    except NotAllowedError:
        return panels.said(words("admin.refused"), good=False), False
    except NotFoundError:
        return panels.said(words("error.gone"), good=False), True
    except InvalidInputError as error:
        name = str(error).partition(":")[0].partition("=")[0]
        key = f"detections.bad_{name}"
        return panels.said(words(key) if key in words.catalogue else words("error.input"), good=False), False
    return panels.done(done, words), True
