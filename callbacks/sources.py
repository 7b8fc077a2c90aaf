"""The page of sources and replies: which records wait, which are owed a reply, and what a person does about it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from dash import Dash, Input, Output, State, no_update
from dash.development.base_component import Component

from api.identity import current_caller, current_reader
from callbacks import ids, shell
from callbacks.context import Context
from callbacks.panels import sources as panels
from callbacks.words import Words, requested
from geodata.crs import WGS84
from geodata.db import reading, writing
from geodata.errors import ConflictError, HallError, InvalidInputError, NotAllowedError, NotFoundError
from services import classify, geocode, intake, replies
from services.audit import Caller
from services.gazetteer import gazetteer
from services.replies import SourceRecord

ROWS = 300
Given = Mapping[str, Any]


def register(app: Dash, context: Context) -> None:
    """Wire counters, list, panel and acts."""

    @app.callback(
        Output(ids.SOURCES_COUNTS, "children"),
        Output(ids.SOURCES_GRID, "rowData"),
        Input(ids.SOURCES_QUERY, "data"),
        Input(ids.SOURCES_ROWS, "data"),
        Input(ids.TICK, "n_intervals"),
    )
    def show(asked: Given | None, _changed: int, _tick: int) -> tuple[Component, list[dict[str, object]]]:
        reader, words, now, query = current_reader(), requested(), datetime.now(UTC), asked or {}
        with reading(context.pool) as conn:
            since = now - timedelta(days=int(query.get("days") or panels.DAYS[2]))
            counts = replies.counts(conn, reader, now, since)
            found = replies.records(
                conn, reader, now, source=query.get("source") or None, state=query.get("state") or None, since=since, limit=ROWS
            )
        return panels.counters(counts, words), [panels.line(record, words, now) for record in found]

    @app.callback(Output(ids.SOURCES_PANEL, "children"), Input(ids.SOURCES_GRID, "selectedRows"), Input(ids.SOURCES_ROWS, "data"))
    def open_one(selected: list[Given] | None, _changed: int) -> list[Component]:
        words = requested()
        if not selected:
            return [panels.choose_one(words)]
        return _opened(context, current_caller(), int(selected[0]["id"]), words)

    @app.callback(
        Output(ids.SOURCES_RESULT, "children"),
        Output(ids.SOURCES_ROWS, "data"),
        Output(ids.SOURCES_PLACES, "children"),
        Input(ids.SOURCES_ACT, "data"),
        State(ids.SOURCES_ROWS, "data"),
        prevent_initial_call=True,
    )
    def act(asked: Given | None, changed: int) -> tuple[object, object, object]:
        if not asked:
            return no_update, no_update, no_update
        words, given = requested(), asked.get("given") or {}
        if asked["act"] == "find":
            return "", no_update, panels.places(_find(context, str(given.get("place_text") or "")), words)
        said, good = _act(
            context, current_caller(), str(asked["act"]), int(asked["record"]), given={**given, "crs": asked.get("crs")}, words=words
        )
        return panels.result(said, good=good), changed + 1 if good else no_update, no_update

    shell.leave(app)


def _opened(context: Context, caller: Caller, record_id: int, words: Words) -> list[Component]:
    with reading(context.pool) as conn:
        record, raw = replies.one(conn, caller.reader, record_id, caller.now)
        known, names = classify.classes(conn), gazetteer(conn)
    report = record.report
    waits = record.event_id is None
    found = geocode.look_up(names, str(report.get("place_text") or "")) if waits else None
    lon, lat = report.get("lon"), report.get("lat")
    asked = waits and "datum" in str(record.trouble) and lon is not None and lat is not None and found is not None
    shown = panels.Opened(
        record=record,
        raw=raw,
        places=found.places if found else (),
        suggestions=known.suggest(report.get("title"), report.get("description")) if waits else (),
        doubt=geocode.doubt(names, float(lon), float(lat), found.places) if asked and found and lon and lat else None,
        classes=list(known.by_code.values()) if waits else (),
        may_act=caller.reader.role in replies.MAY_ANSWER,
    )
    return panels.opened(shown, words, caller.now)


def _find(context: Context, text: str) -> tuple[geocode.Place, ...]:
    with reading(context.pool) as conn:
        names = gazetteer(conn)
    return geocode.look_up(names, text[: geocode.MAX_TEXT], current_reader().scope).places


def _act(context: Context, caller: Caller, name: str, record_id: int, *, given: Given, words: Words) -> tuple[str, bool]:
    """Do it; return what to say, and whether it was done."""
    try:
        with writing(context.pool) as conn:
            if name == "reply":
                replies.answer(conn, caller, record_id, str(given.get("reply") or ""))
                return words("sources.done_reply"), True
            record, _ = replies.one(conn, caller.reader, record_id, caller.now)
            received = intake.complete(conn, record_id, caller.now, reader=caller.reader, changes=_changes(name, given, record))
    except (InvalidInputError, NotAllowedError, NotFoundError, ConflictError) as error:
        return _said(error, words), False
    if received is None:
        return words("sources.done_before"), True
    if received.event_id is None:
        return words(f"sources.still_{received.needs}"), False
    return words("sources.done_complete", number=received.case_no or ""), True


def _changes(name: str, given: Given, record: SourceRecord) -> dict[str, Any]:
    """What a person adds to the report."""
    changes: dict[str, Any] = {}
    if given.get("class_code"):
        changes["class_code"] = str(given["class_code"])
    place = str(given.get("place_text") or "").strip()
    if place:
        changes["place_text"] = place[: geocode.MAX_TEXT]
    if name == "shifted":
        changes["crs"] = str(given.get("crs"))
    if name == "as_sent":
        changes["crs_checked"] = True
    position = str(given.get("position") or "").replace("，", ",").strip()
    if position:
        lon, _, lat = position.partition(",")
        try:
            changes |= {
                "lon": float(lon),
                "lat": float(lat),
                "crs": WGS84,
                "crs_checked": True,
                "precision": str(given.get("precision") or "point"),
            }
        except ValueError:
            raise InvalidInputError("position") from None
    elif name == "complete" and "datum" in str(record.trouble):
        # the text decides when nothing is said about a position that is doubted
        changes |= {"lon": None, "lat": None}
    return changes


def _said(error: HallError, words: Words) -> str:
    match error:
        case NotAllowedError():
            return words("admin.refused")
        case NotFoundError():
            return words("error.gone")
        case ConflictError():
            return words("sources.answered_before")
        case _:
            key = f"sources.bad_{str(error).partition(':')[0]}"
            return words(key) if key in words.catalogue else words("error.input")
