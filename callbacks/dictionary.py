"""The dictionary page: who may change what is decided in the services, here is only the wiring."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

from dash import ClientsideFunction, Dash, Input, Output, html, no_update
from dash.development.base_component import Component

from api.identity import current_caller, current_reader
from callbacks import dictionary_acts, formats, ids, shell
from callbacks.context import Context
from callbacks.panels import dictionary as panels
from callbacks.panels import duties
from callbacks.panels import worktime as calendar_panels
from callbacks.panels.admin import result
from callbacks.panels.pieces import also, empty
from callbacks.panels.plain import plain
from callbacks.words import Words, requested
from geodata.db import Conn, reading
from geodata.errors import InvalidInputError, NotAllowedError
from layers.base import STAFF
from services import areas, deadlines, dictionary, duty, worktime
from services.dictionary import SubClass
from services.rights import Reader, Role

READERS = STAFF | {Role.SYSTEM_ADMIN}
"""Roles that see the page."""


def register(app: Dash, context: Context) -> None:
    """Wire tree, class, departments, calendar and acts."""

    @app.callback(Output(ids.DICT_COUNTS, "children"), Output(ids.DICT_TREE_DRAWN, "data"), Input(ids.DICT_ROWS, "data"))
    def show_tree(_changed: int | None) -> tuple[list[Component], dict[str, object]]:
        reader, words = _reader(), requested()
        with reading(context.pool) as conn:
            tree = dictionary.tree(conn)
        return panels.counts(tree, words), _drawing(ids.DICT_TREE, panels.branches(tree, words, editable=may_edit(reader)))

    @app.callback(
        Output(ids.DICT_EDITOR, "children"),
        Output(ids.DICT_DUTY, "children"),
        Input(ids.DICT_PICK, "data"),
        Input(ids.DICT_SHEET_ROWS, "data"),
    )
    def show_class(picked: dict[str, Any] | None, _changed: int) -> tuple[object, object]:
        reader, words = _reader(), requested()
        if not picked:
            return panels.choose_one(words), []
        with reading(context.pool) as conn:
            sheet, who = _class(conn, reader, picked, words)
        return [_fresh(), *sheet], [_fresh(), *who] if who else []

    @app.callback(Output(ids.DICT_DUE, "children"), Input(ids.DICT_DUE_ASK, "data"), prevent_initial_call=True)
    def tell_due(asked: dict[str, Any]) -> list[Component]:
        words, filed = requested(), _local(asked.get("filed_at"))
        _reader()
        if filed is None:
            return [empty(words("dict.bad_time"))]
        with reading(context.pool) as conn:
            return _due(conn, str(asked.get("code") or ""), filed, words)

    @app.callback(
        Output(ids.DICT_RESULT, "children"),
        Output(ids.DICT_ROWS, "data"),
        Output(ids.DICT_SHEET_ROWS, "data"),
        Output(ids.DICT_DEPARTMENT_ROWS, "data"),
        Output(ids.DICT_CALENDAR_ROWS, "data"),
        Output(ids.DICT_PICK, "data"),
        Input(ids.DICT_ACT, "data"),
        prevent_initial_call=True,
    )
    def act(asked: dict[str, Any] | None) -> tuple[object, ...]:
        if not asked:
            return (no_update,) * 6
        said, good, made = dictionary_acts.act(context, current_caller(), asked, requested())
        if not good:
            return (result(said, good=False), *(no_update,) * 5)
        # only what the act has changed is drawn anew
        number, part = int(asked["n"]), dictionary_acts.ACTS[str(asked["act"])][0]
        tree = number if part == "dictionary_change" else no_update
        departments = number if part == "department_change" else no_update
        calendar = number if part == "calendar_change" else no_update
        return result(said, good=True), tree, number, departments, calendar, {**made, "n": number} if made else no_update

    _register_departments(app, context)
    _register_calendar(app, context)
    for told in (ids.DICT_TREE_DRAWN, ids.DICT_CALENDAR_DRAWN):
        app.clientside_callback(
            ClientsideFunction("desk", "draw"),
            Output(ids.SINK, "data", allow_duplicate=True),
            Input(told, "data"),
            prevent_initial_call=True,
        )
    shell.leave(app)


def may_edit(reader: Reader) -> bool:
    """Tell whether the page offers changes; the services decide whether they are done."""
    return reader.role is Role.SYSTEM_ADMIN


def _register_departments(app: Dash, context: Context) -> None:
    @app.callback(
        Output(ids.DICT_DEPARTMENTS, "children"),
        Output(ids.DICT_DEPARTMENT_EDITOR, "children"),
        Input(ids.DICT_DEPARTMENT, "data"),
        Input(ids.DICT_DEPARTMENT_ROWS, "data"),
    )
    def show_departments(picked: dict[str, Any] | None, _changed: int) -> tuple[list[Component], list[Component]]:
        reader, words = _reader(), requested()
        with reading(context.pool) as conn:
            known, places = duty.departments(conn), areas.choices(conn)
        chosen = next((item for item in known if picked and item.id == int(picked.get("id") or 0)), None)
        listed = duties.department_list(known, places, chosen.id if chosen else None, words)
        return listed, [_fresh(), *duties.department_editor(chosen, places, words, editable=may_edit(reader))]


def _register_calendar(app: Dash, context: Context) -> None:
    @app.callback(
        Output(ids.DICT_CALENDAR_DRAWN, "data"),
        Output(ids.DICT_DAY_EDITOR, "children"),
        Input(ids.DICT_YEAR, "data"),
        Input(ids.DICT_CALENDAR_ROWS, "data"),
    )
    def show_year(picked: dict[str, Any] | None, _changed: int) -> tuple[dict[str, object], list[Component]]:
        reader, words, today = _reader(), requested(), formats.local(datetime.now(UTC)).date()
        with reading(context.pool) as conn:
            known = worktime.load(conn)
        shown, chosen = _chosen(picked or {}, today)
        return (
            _drawing(ids.DICT_CALENDAR, calendar_panels.year(known, shown, today, chosen, words)),
            [_fresh(), *calendar_panels.day_editor(known, chosen, words, editable=may_edit(reader))],
        )

    @app.callback(Output(ids.DICT_SUM, "children"), Input(ids.DICT_SUM_ASK, "data"), Input(ids.DICT_CALENDAR_ROWS, "data"))
    def tell_sum(given: dict[str, Any] | None, _changed: int) -> object:
        words, asked = requested(), given or calendar_panels.FIRST_SUM
        filed = _local(asked["filed_at"]) if given else datetime.now(UTC)
        _reader()
        with reading(context.pool) as conn:
            known = worktime.load(conn)
        try:
            value, unit = float(str(asked.get("limit_value") or "")), str(asked.get("limit_unit") or "")
            if filed is None or value <= 0:
                return empty(words("dict.bad_time"))
            return panels.due_text(filed, deadlines.deadline(known, filed, value, unit), unit, known, words)
        except (ValueError, InvalidInputError):
            return empty(words("dict.bad_limit"))


def _reader() -> Reader:
    reader = current_reader()
    if reader.role not in READERS:
        raise NotAllowedError("the dictionary page is for staff and the system administrator")
    return reader


def _class(conn: Conn, reader: Reader, picked: Mapping[str, Any], words: Words) -> tuple[list[Component], list[Component]]:
    now, editable = datetime.now(UTC), may_edit(reader)
    if editable and picked.get("new_sub"):
        return panels.sub_sheet(None, str(picked["new_sub"]), words), []
    if editable and picked.get("edit_sub"):
        own = dictionary.sub_class(conn, str(picked["edit_sub"]))
        return panels.sub_sheet(own, own.major, words), []
    subs = [SubClass(code=sub.code, name=sub.name, major=major.code) for major in dictionary.tree(conn).majors for sub in major.sub_classes]
    if picked.get("sub"):
        sub = dictionary.sub_class(conn, str(picked["sub"]))
        return panels.sheet(panels.Sheet(known=None, sub=sub, subs=subs, standards=[], editable=editable), words), []
    known = dictionary.minor_class(conn, str(picked.get("code")))
    sub = dictionary.sub_class(conn, known.sub_code or "")
    standards = dictionary.standards_of(conn, known.code, all_of_them=editable)
    sheet = panels.Sheet(known=known, sub=sub, subs=subs, standards=standards, editable=editable)
    rules = duty.rules(conn, [known.code, sub.code, known.major])
    departments, places = duty.departments(conn), areas.choices(conn)
    shown = duties.duty(known, sub, rules, departments=departments, areas=places, words=words, editable=editable)
    return panels.sheet(sheet, words), [panels.calculator(_due(conn, known.code, now, words), words, now), shown]


def _due(conn: Conn, code: str, filed: datetime, words: Words) -> list[Component]:
    known, standards = worktime.load(conn), dictionary.standards_of(conn, code)
    ends = [deadlines.deadline(known, filed, item.limit_value, item.limit_unit) for item in standards]
    return panels.due_lines(standards, filed, ends, known, words)


def _drawing(host: str, parts: list[Component]) -> dict[str, object]:
    """Hand parts to the script that draws them into an element."""
    return {"host": host, "nodes": plain(parts)}


def _fresh() -> Component:
    """Mark fields that belong to another thing now: scripts make them anew, so that nothing typed for one class is saved for the next."""
    return html.Span(hidden=True, **also({"data-dict-drawn": uuid4().hex}))


def _local(text: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text)).replace(tzinfo=formats.ZONE)
    except ValueError:
        return None


def _chosen(picked: Mapping[str, Any], today: date) -> tuple[int, date | None]:
    try:
        chosen = date.fromisoformat(str(picked["day"])) if picked.get("day") else None
        return min(max(int(picked.get("year") or (chosen or today).year), 2004), 2100), chosen
    except ValueError:
        raise InvalidInputError("day: as 2026-10-01") from None
