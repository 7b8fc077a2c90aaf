"""The administration page: who may do what is decided in the services, here is only the wiring."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from dash import Dash, Input, Output, State, no_update
from dash.development.base_component import Component

from api.identity import current_caller, current_reader
from callbacks import account_acts, ids, shell
from callbacks.context import Context
from callbacks.panels import admin as panels
from callbacks.words import Words, requested
from geodata.db import reading
from services import administration, areas, audit
from services.accounts import Account
from services.rights import Reader, Role

AUDIT_LINES = 200
MOST_ACCOUNTS = 1_000


def register(app: Dash, context: Context) -> None:
    """Wire the tables, the editor and its acts."""

    @app.callback(Output(ids.ADMIN_GRID, "rowData"), Input(ids.ADMIN_ROWS, "data"))
    def list_accounts(_changed: int) -> object:
        reader, words, now = current_reader(), requested(), datetime.now(UTC)
        if reader.role is Role.AUDIT_ADMIN:
            return no_update
        with reading(context.pool) as conn:
            known = areas.choices(conn)
            found = administration.accounts(conn, reader, limit=MOST_ACCOUNTS)
        return [panels.account_row(account, known, words, now) for account in found]

    @app.callback(Output(ids.ADMIN_EDITOR, "children"), Input(ids.ADMIN_GRID, "selectedRows"), Input(ids.ADMIN_ROWS, "data"))
    def edit(selected: list[dict[str, Any]] | None, _changed: int) -> list[Component]:
        return _editor(context, current_reader(), int(selected[0]["id"]) if selected else None, requested())

    @app.callback(
        Output(ids.ADMIN_RESULT, "children"),
        Output(ids.ADMIN_ROWS, "data"),
        Input(ids.ADMIN_ACT, "data"),
        State(ids.ADMIN_GRID, "selectedRows"),
        State(ids.ADMIN_ROWS, "data"),
        prevent_initial_call=True,
    )
    def act(asked: dict[str, Any] | None, selected: list[dict[str, Any]] | None, changed: int) -> tuple[object, object]:
        if not asked:
            return no_update, no_update
        account_id = int(selected[0]["id"]) if selected else 0
        said, good = account_acts.act(
            context, current_caller(), str(asked["act"]), account_id, given=asked.get("given") or {}, words=requested()
        )
        return panels.result(said, good=good), changed + 1 if good else no_update

    _register_audit(app, context)
    shell.leave(app)


def _register_audit(app: Dash, context: Context) -> None:
    @app.callback(
        Output(ids.ADMIN_GRID, "rowData", allow_duplicate=True),
        Output(ids.AUDIT_LAST, "data"),
        Input(ids.AUDIT_QUERY, "data"),
        State(ids.AUDIT_LAST, "data"),
        prevent_initial_call="initial_duplicate",
    )
    def show_trail(asked: dict[str, Any] | None, last: int | None) -> tuple[object, object]:
        caller, words = current_caller(), requested()
        if caller.reader.role is not Role.AUDIT_ADMIN:
            return no_update, no_update
        with audit.attempt(context.pool, caller, "audit_read", "audit") as conn:
            rows = audit.read(conn, caller.reader, _query(asked or {}, caller.now, last))
        return [panels.audit_line(row, words) for row in rows], rows[-1].id if len(rows) == AUDIT_LINES else None


def _query(asked: Mapping[str, Any], now: datetime, last: int | None) -> audit.AuditQuery:
    success = str(asked.get("success") or "")
    return audit.AuditQuery(
        action=asked.get("action") or None,
        username=str(asked.get("username") or "").strip() or None,
        start=now - timedelta(days=int(asked.get("days") or panels.DAYS[1])),
        success=success == "true" if success else None,
        before_id=last if asked.get("older") else None,
        limit=AUDIT_LINES,
    )


def _editor(context: Context, reader: Reader, account_id: int | None, words: Words) -> list[Component]:
    now = datetime.now(UTC)
    account = _account(context, reader, account_id) if account_id and reader.role is not Role.AUDIT_ADMIN else None
    if reader.role is Role.SYSTEM_ADMIN:
        chosen = panels.system_editor(account, words, now) if account else [panels.choose_one(words)]
        return [*chosen, panels.create_form(words)]
    if reader.role is Role.SECURITY_ADMIN and account:
        with reading(context.pool) as conn:
            known = areas.choices(conn)
        return panels.security_editor(account, known, words, now)
    return [panels.choose_one(words)]


def _account(context: Context, reader: Reader, account_id: int) -> Account | None:
    with reading(context.pool) as conn:
        found = administration.accounts(conn, reader, limit=MOST_ACCOUNTS)
    return next((account for account in found if account.id == account_id), None)
