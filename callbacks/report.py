"""A new report at the desk: what is known of it while it is written, and filing it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from dash import Dash, Input, Output, no_update
from dash.development.base_component import Component

from api.identity import current_reader
from callbacks import ids
from callbacks.context import Context
from callbacks.panels import case_sections
from callbacks.panels import report as panels
from callbacks.panels.case_clocks import limit_words
from callbacks.panels.report import Choice, Help
from callbacks.rights import may_report
from callbacks.words import Words, requested
from geodata.db import Conn, reading, writing
from geodata.errors import InvalidInputError, NotAllowedError, NotFoundError
from geodata.grid import LonLat
from layers import registry
from services import areas, classify, dictionary, duplicates, geocode, intake
from services.duplicates import Draft
from services.gazetteer import gazetteer
from services.intake import Received
from services.report import MAY_REPORT, Report
from services.rights import Reader

LAYER = "events"
MOST = 6
TEXTS = ("title", "description", "place_text", "reporter", "reporter_phone")


def panel(context: Context, reader: Reader, _asked: Mapping[str, Any]) -> list[Component]:
    """Show the empty form.

    Raises:
        NotAllowedError: the reader's role hands in no reports here.
    """
    del context
    if not may_report(reader):
        raise NotAllowedError(f"{reader.role} hands in no reports")
    return panels.panel(registry.get(LAYER), requested(), sorted(MAY_REPORT[reader.role]))


def register(app: Dash, context: Context) -> None:
    """Wire what helps while writing, and filing."""

    @app.callback(Output(ids.REPORT_HELP, "children"), Input(ids.REPORT_ASK, "data"), prevent_initial_call=True)
    def help_(asked: Mapping[str, Any] | None) -> object:
        if not asked:
            return no_update
        words, reader, now = requested(), current_reader(), datetime.now(UTC)
        with reading(context.pool) as conn:
            return panels.help_(_help(conn, reader, asked, words, now), words, now)

    @app.callback(
        Output(ids.NOTICE, "data", allow_duplicate=True),
        Output(ids.MAP_COMMAND, "data", allow_duplicate=True),
        Input(ids.REPORT_FILE, "data"),
        prevent_initial_call=True,
    )
    def file(asked: Mapping[str, Any] | None) -> tuple[object, object]:
        return _file(context, asked) if asked else (no_update, no_update)


def _help(conn: Conn, reader: Reader, asked: Mapping[str, Any], words: Words, now: datetime) -> Help:
    search = str(asked.get("search") or "")
    place = LonLat(float(asked["lon"]), float(asked["lat"])) if asked.get("lon") is not None else None
    inside = areas.at(conn, place) if place else ()
    code = str(asked.get("class_code") or "")
    grid = (gazetteer(conn).grid_at(place.lon, place.lat) or "") if place else ""
    responsible, limit = _answering(conn, code, grid, words) if code else ("", "")
    alike = _alike(conn, reader, asked, grid, now) if place and grid else []
    return Help(
        areas=inside,
        placed=place is not None,
        places=_places(conn, reader, str(asked.get("place") or ""), words) if search == "place" else (),
        classes=_classes(conn, str(asked.get("class") or "")) if search == "class" else (),
        searched=search,
        duplicates=alike,
        responsible=responsible,
        limit=limit,
        reasons={one.event_id: case_sections.duplicate_reasons(one, now, words) for one in alike},
    )


def _places(conn: Conn, reader: Reader, text: str, words: Words) -> list[Choice]:
    try:
        found = geocode.geocode(conn, text[: geocode.MAX_TEXT], reader.scope) if text.strip() else []
    except InvalidInputError:
        return []
    return [
        Choice(value=place.matched, title=place.matched, second=words(f"precision.{place.precision}"), lon=place.lon, lat=place.lat)
        for place in found[:MOST]
    ]


def _classes(conn: Conn, text: str) -> list[Choice]:
    known, wanted = classify.classes(conn), text.strip().lower()
    if not wanted:
        return []
    named = [
        item for item in known.by_code.values() if wanted in item.name.lower() or wanted in item.sub_name.lower() or wanted == item.code
    ]
    named.sort(key=lambda item: (wanted not in item.name.lower(), item.code))
    meant = [known.by_code[item.class_code] for item in known.suggest(text)]
    found = list(dict.fromkeys([*(item.code for item in named), *(item.code for item in meant)]))[:MOST]
    return [Choice(value=code, title=known.by_code[code].name, second=f"{known.by_code[code].sub_name} · {code}") for code in found]


def _answering(conn: Conn, code: str, grid: str, words: Words) -> tuple[str, str]:
    limits = [limit_words(float(item.limit_value), item.limit_unit, words) for item in dictionary.standards_of(conn, code)]
    limit = words("report.limit", limit=limits[0]) if limits else ""
    try:
        found = dictionary.responsible(conn, code, grid) if grid else None
    except NotFoundError:
        found = None
    return words("report.responsible", name=found.lead.name) if found else "", limit


def _alike(conn: Conn, reader: Reader, asked: Mapping[str, Any], grid: str, now: datetime) -> list[duplicates.Candidate]:
    draft = Draft(
        class_code=str(asked.get("class_code") or "") or None,
        lon=float(asked["lon"]),
        lat=float(asked["lat"]),
        precision="point",
        grid_code=grid,
        text=f"{asked.get('text') or ''} {asked.get('place') or ''}".strip(),
        reported_at=now,
    )
    return duplicates.candidates(conn, draft, now, reader=reader)


def _file(context: Context, asked: Mapping[str, Any]) -> tuple[object, object]:
    words, reader, now = requested(), current_reader(), datetime.now(UTC)
    try:
        with writing(context.pool) as conn:
            received = intake.receive(conn, _report(asked), now, reader=reader)
    except InvalidInputError:
        return _notice(words("report.refused"), "warn"), no_update
    except NotAllowedError:
        return _notice(words("report.not_allowed"), "warn"), no_update
    if received.event_id is None:
        return _notice(
            words(f"report.needs_{received.needs}") if f"report.needs_{received.needs}" in words.catalogue else words("report.refused"),
            "warn",
        ), no_update
    return _notice(_said(received, words), "info"), [["desk.pick", f"open_events/{received.event_id}"]]


def _said(received: Received, words: Words) -> str:
    if received.known:
        return words("report.known", number=received.case_no)
    if received.candidates:
        return words("report.filed_alike", number=received.case_no, alike=len(received.candidates))
    return words("report.filed", number=received.case_no)


def _notice(text: str, kind: str) -> dict[str, object]:
    return {"text": text, "kind": kind, "key": "report", "seconds": 8}


def _report(asked: Mapping[str, Any]) -> Report:
    """Read the form.

    Raises:
        InvalidInputError: it is not what the form sends.
    """
    texts = {name: str(asked.get(name) or "").strip() or None for name in TEXTS}
    try:
        return Report(
            source=str(asked.get("source") or ""),
            # the browser's own mark of this form: pressing the button twice files it once
            external_no=f"desk-{asked['n']}",
            class_code=str(asked["class_code"]),
            lon=float(asked["lon"]),
            lat=float(asked["lat"]),
            # the place was pointed at on our own map
            crs_checked=True,
            level=int(asked["level"]) if asked.get("level") else None,
            attachments=tuple(int(value) for value in asked.get("attachments") or ()),
            title=texts["title"],
            description=texts["description"],
            place_text=texts["place_text"],
            reporter=texts["reporter"],
            reporter_phone=texts["reporter_phone"],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidInputError(f"report: {error}") from None
