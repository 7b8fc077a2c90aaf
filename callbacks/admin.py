"""The administration page: who may do what is decided in the services, here is only the wiring."""

from datetime import UTC, datetime, timedelta
from typing import Any

from dash import ALL, Dash, Input, Output, State, ctx, no_update
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
        Output(ids.ADMIN_RESULT, "children"), Output(ids.ADMIN_ROWS, "data"), Input(ids.admin_act(ALL), "n_clicks"),
        State(ids.ADMIN_GRID, "selectedRows"), State(ids.admin_field(ALL), "value"),
        State(ids.admin_field(ALL), "id"), State(ids.ADMIN_ROWS, "data"), prevent_initial_call=True,
    )
    def act(
        clicks: list[int], selected: list[dict[str, Any]] | None, values: list[Any], names: list[dict[str, str]], changed: int,
    ) -> tuple[object, object]:
        if not any(clicks):
            return no_update, no_update
        given = {name["name"]: value for name, value in zip(names, values, strict=True)}
        account_id = int(selected[0]["id"]) if selected else 0
        said, good = account_acts.act(context, current_caller(), str(ctx.triggered_id["act"]), account_id, given, requested())
        return panels.result(said, good=good), changed + 1 if good else no_update

    _register_audit(app, context)
    shell.leave(app)


def _register_audit(app: Dash, context: Context) -> None:
    @app.callback(
        Output(ids.ADMIN_GRID, "rowData", allow_duplicate=True), Output(ids.AUDIT_LAST, "data"), Input(ids.AUDIT_ACTION, "value"),
        Input(ids.AUDIT_USER, "value"), Input(ids.AUDIT_SUCCESS, "value"), Input(ids.AUDIT_DAYS, "value"), Input(ids.AUDIT_OLDER, "n_clicks"),
        State(ids.AUDIT_LAST, "data"), prevent_initial_call="initial_duplicate",
    )
    def show_trail(
        action: str | None, username: str | None, success: str | None, days: int, _older: int, last: int | None,
    ) -> tuple[list[dict[str, object]], int | None]:
        caller, words = current_caller(), requested()
        query = audit.AuditQuery(
            action=action, username=(username or "").strip() or None, start=caller.now - timedelta(days=days),
            success=None if success is None else success == "true", before_id=last if ctx.triggered_id == ids.AUDIT_OLDER else None, limit=AUDIT_LINES,
        )
        with audit.attempt(context.pool, caller, "audit_read", "audit") as conn:
            rows = audit.read(conn, caller.reader, query)
        return [panels.audit_line(row, words) for row in rows], rows[-1].id if len(rows) == AUDIT_LINES else None


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
