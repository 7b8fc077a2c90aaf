"""What the system administrator does to the dictionary, duties and working time, and how its end is said."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from callbacks.context import Context
from callbacks.words import Words
from geodata.db import Conn
from geodata.errors import InvalidInputError, NotAllowedError, NotFoundError
from services import dictionary_edit, duty_edit, worktime, worktime_edit
from services.attempts import attempted
from services.audit import Caller
from services.dictionary_edit import ClassEntry, StandardEntry
from services.duty_edit import DepartmentEntry

Asked = Mapping[str, Any]

Made = Mapping[str, str]
"""What was made, as the page picks it."""
Run = Callable[[Conn, Caller, Asked], Made | None]
BAD_VALUES = (
    "code", "name", "major", "sub_code", "kind_group", "standards", "condition", "closing", "limit_value", "subject", "lead", "hours", "day_hours",
)  # fmt: skip
"""What a service's message about a value begins with."""


def _text(asked: Asked, name: str) -> str:
    return str((asked.get("given") or {}).get(name) or "").strip()


def _entry(asked: Asked) -> ClassEntry:
    return ClassEntry(
        name=_text(asked, "name"),
        sub_code=_text(asked, "sub_code"),
        kind=_text(asked, "kind"),
        kind_group=_text(asked, "kind_group"),
        default_level=int(_text(asked, "default_level") or 0),
        enabled=_text(asked, "enabled") != "false",
        standards=[_standard(item) for item in asked.get("standards") or [] if _filled(item)],
    )


def _filled(item: Mapping[str, str]) -> bool:
    return bool(item.get("id") or item.get("condition", "").strip() or item.get("closing", "").strip())


def _standard(item: Mapping[str, str]) -> StandardEntry:
    try:
        value = Decimal(item.get("limit_value", "").strip())
    except InvalidOperation:
        raise InvalidInputError("limit_value: is no number") from None
    return StandardEntry(
        id=int(item["id"]) if item.get("id") else None,
        condition=item.get("condition", ""),
        limit_value=value,
        limit_unit=item.get("limit_unit", ""),
        closing=item.get("closing", ""),
        enabled=item.get("enabled", "true") != "false",
    )


def _create_class(conn: Conn, caller: Caller, asked: Asked) -> Made:
    return {"code": dictionary_edit.create_class(conn, caller, _text(asked, "code").upper(), _entry(asked)).code}


def _change_class(conn: Conn, caller: Caller, asked: Asked) -> None:
    dictionary_edit.change_class(conn, caller, str(asked.get("key")), _entry(asked))


def _create_sub_class(conn: Conn, caller: Caller, asked: Asked) -> Made:
    code = _text(asked, "code").upper()
    dictionary_edit.create_sub_class(conn, caller, code, _text(asked, "name"), str(asked.get("key")))
    return {"edit_sub": code}


def _rename_sub_class(conn: Conn, caller: Caller, asked: Asked) -> None:
    dictionary_edit.rename_sub_class(conn, caller, str(asked.get("key")), _text(asked, "name"))


def _department(asked: Asked) -> DepartmentEntry:
    return DepartmentEntry(
        name=_text(asked, "name"),
        kind=_text(asked, "kind"),
        scope=_text(asked, "scope"),
        phone=_text(asked, "phone"),
        enabled=_text(asked, "enabled") != "false",
    )


def _create_department(conn: Conn, caller: Caller, asked: Asked) -> None:
    duty_edit.create_department(conn, caller, _text(asked, "code"), _department(asked))


def _change_department(conn: Conn, caller: Caller, asked: Asked) -> None:
    duty_edit.change_department(conn, caller, int(asked["key"]), _department(asked))


def _put_rule(conn: Conn, caller: Caller, asked: Asked) -> None:
    helpers = [int(value) for name, value in sorted((asked.get("given") or {}).items()) if name.startswith("helper_") and value]
    duty_edit.put_rule(
        conn, caller, subject=_text(asked, "subject"), area=_text(asked, "area"), lead=int(_text(asked, "lead") or 0), helpers=helpers
    )


def _delete_rule(conn: Conn, caller: Caller, asked: Asked) -> None:
    subject, _, area = str(asked.get("rule") or "").partition("@")
    duty_edit.delete_rule(conn, caller, subject=subject, area=area)


def _put_day(conn: Conn, caller: Caller, asked: Asked) -> None:
    worktime_edit.put_day(
        conn, caller, date.fromisoformat(str(asked["key"])), working=_text(asked, "working") == "true", note=_text(asked, "note")
    )


def _delete_day(conn: Conn, caller: Caller, asked: Asked) -> None:
    worktime_edit.delete_day(conn, caller, date.fromisoformat(str(asked["key"])))


def _put_hours(conn: Conn, caller: Caller, asked: Asked) -> None:
    spans = [span.split("-") for span in _text(asked, "spans").replace("，", ",").split(",") if span.strip()]
    worktime_edit.put_hours(conn, caller, worktime.hours({"hours": spans, "day_hours": _text(asked, "day_hours") or 8}))


ACTS: Mapping[str, tuple[str, Run]] = {
    "create_sub_class": ("dictionary_change", _create_sub_class),
    "rename_sub_class": ("dictionary_change", _rename_sub_class),
    "create_class": ("dictionary_change", _create_class),
    "change_class": ("dictionary_change", _change_class),
    "create_department": ("department_change", _create_department),
    "change_department": ("department_change", _change_department),
    "put_rule": ("duty_change", _put_rule),
    "delete_rule": ("duty_change", _delete_rule),
    "put_day": ("calendar_change", _put_day),
    "delete_day": ("calendar_change", _delete_day),
    "put_hours": ("calendar_change", _put_hours),
}
"""Button → how the audit trail names the act, and what is done."""


def act(context: Context, caller: Caller, asked: Asked, words: Words) -> tuple[str, bool, Made | None]:
    """Do it; return what to say, whether it was done, and what was made."""
    name = str(asked.get("act"))
    if name not in ACTS:
        return words("error.input"), False, None
    action, run = ACTS[name]
    try:
        thing = f"{action.partition('_')[0]}/{str(asked.get('key') or asked.get('rule') or '')[:40]}"
        made = attempted(context.pool, caller, action, thing, work=lambda conn: run(conn, caller, asked))
    except InvalidInputError as error:
        kind = str(error).partition(":")[0]
        taken = "taken" in str(error)
        return words("dict.bad_taken" if taken else f"dict.bad_{kind}" if kind in BAD_VALUES else "error.input"), False, None
    except NotAllowedError:
        return words("admin.refused"), False, None
    except NotFoundError:
        return words("error.gone"), False, None
    return words(f"dict.done_{name}"), True, made
