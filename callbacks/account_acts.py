"""What an administrator does to an account, and how its end is said."""

from collections.abc import Callable, Mapping
from typing import Any

from callbacks.context import Context
from callbacks.words import Words
from geodata.db import Conn
from geodata.errors import InvalidInputError, NotAllowedError, NotFoundError
from services import administration
from services.administration import Change
from services.audit import Caller, attempt
from services.rights import Role

Given = Mapping[str, Any]
Run = Callable[[Conn, Caller, int, Given], object]


def _text(given: Given, name: str) -> str:
    return str(given.get(name) or "").strip()


def _create(conn: Conn, caller: Caller, _account_id: int, given: Given) -> object:
    return administration.create_account(
        conn,
        caller,
        _text(given, "username"),
        _text(given, "display_name"),
        str(given.get("password") or "") or None,
    )


def _rename(conn: Conn, caller: Caller, account_id: int, given: Given) -> object:
    return administration.change_account(conn, caller, account_id, Change(display_name=_text(given, "rename")))


def _reset(conn: Conn, caller: Caller, account_id: int, given: Given) -> object:
    return administration.change_account(conn, caller, account_id, Change(password=str(given.get("reset") or "")))


def _stop(conn: Conn, caller: Caller, account_id: int, _given: Given) -> object:
    return administration.change_account(conn, caller, account_id, Change(active=False))


def _start(conn: Conn, caller: Caller, account_id: int, _given: Given) -> object:
    return administration.change_account(conn, caller, account_id, Change(active=True))


def _unlock(conn: Conn, caller: Caller, account_id: int, _given: Given) -> object:
    return administration.change_account(conn, caller, account_id, Change(unlock=True))


def _rights(conn: Conn, caller: Caller, account_id: int, given: Given) -> object:
    return administration.set_rights(conn, caller, account_id, Role(given["role"]), _text(given, "scope"))


def _end(conn: Conn, caller: Caller, account_id: int, _given: Given) -> None:
    administration.end_sessions(conn, caller, account_id)


ACTS: Mapping[str, tuple[str, Run]] = {
    "create": ("account_create", _create),
    "rename": ("account_change", _rename),
    "reset": ("account_change", _reset),
    "stop": ("account_change", _stop),
    "start": ("account_change", _start),
    "unlock": ("account_change", _unlock),
    "rights": ("rights_change", _rights),
    "end": ("sessions_end", _end),
}
"""Button → how the audit trail names the act, and what is done."""
BAD_VALUES = ("username", "password", "display_name", "scope")
"""What a service's message about a value begins with."""


def act(context: Context, caller: Caller, name: str, account_id: int, *, given: Given, words: Words) -> tuple[str, bool]:
    """Do it; return what to say, and whether it was done."""
    action, run = ACTS[name]
    try:
        with attempt(context.pool, caller, action, f"account/{account_id or _text(given, 'username')}") as conn:
            run(conn, caller, account_id, given)
    except InvalidInputError as error:
        kind = str(error).partition(":")[0]
        taken = "taken" in str(error)
        return words("admin.bad_taken" if taken else f"admin.bad_{kind}" if kind in BAD_VALUES else "error.input"), False
    except NotAllowedError:
        return words("admin.refused"), False
    except NotFoundError:
        return words("error.gone"), False
    context.book.refresh()
    return words(f"admin.done_{name}"), True
