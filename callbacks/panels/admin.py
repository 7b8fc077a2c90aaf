"""The parts of the administration page: columns, rows, the editor of an account, the search form of the audit trail."""

import json
from collections.abc import Sequence
from datetime import datetime

from dash import html
from dash.development.base_component import Component

from callbacks import formats
from callbacks.panels.pieces import also, attributes, button, chip, icon, section
from callbacks.words import Words
from services.accounts import Account
from services.audit import AuditRow
from services.details import Area
from services.rights import Role

ACTION = "audit.action_"
"""Where the words of an act begin in the catalogue, which names every act that is recorded."""
DAYS = (1, 7, 30, 365)


def account_columns(words: Words) -> list[dict[str, object]]:
    """Columns of the accounts table."""
    widths = {"display_name": 150, "username": 150, "role": 130, "scope": 160, "state": 120, "seen": 140, "created": 130}
    return [{"field": name, "headerName": words(f"admin.column_{name}"), "minWidth": width} for name, width in widths.items()]


def account_row(account: Account, areas: Sequence[Area], words: Words, now: datetime) -> dict[str, object]:
    """One line of the accounts table."""
    names = {area.code: area.name for area in areas}
    return {
        "id": str(account.id),
        "display_name": account.display_name,
        "username": account.username,
        "role": words(f"role.{account.role}"),
        "scope": f"{names.get(account.scope, '')} {account.scope}".strip() if account.scope else words("scope.all"),
        "state": words(f"admin.state_{state(account, now)}"),
        "seen": formats.age(account.last_seen_at, now, words) if account.last_seen_at else words("admin.never"),
        "created": formats.day(formats.local(account.created_at).date()),
    }


def state(account: Account, now: datetime) -> str:
    """Name the state of an account."""
    if not account.active:
        return "inactive"
    return "locked" if account.locked_until and account.locked_until > now else "active"


def create_form(words: Words) -> Component:
    """Ask for what a new account needs."""
    return section(
        words("admin.create"),
        [
            field(words("admin.column_username"), "username", words("admin.username_hint")),
            field(words("admin.column_display_name"), "display_name", ""),
            field(words("login.password"), "password", words("admin.password_hint"), kind="password"),
            _act("create", words("admin.create"), "user-plus", primary=True),
            html.P(words("admin.create_note"), className="quiet"),
        ],
    )


def system_editor(account: Account, words: Words, now: datetime) -> list[Component]:
    """Let the system administrator rename, reset, unlock, stop and start an account."""
    current = state(account, now)
    acts = [_act("rename", words("admin.rename"), "pencil")]
    toggle = (
        _act("stop", words("admin.deactivate"), "power", tone="danger")
        if account.active
        else _act("start", words("admin.activate"), "power")
    )
    unlock = [_act("unlock", words("admin.unlock"), "lock-open")] if current == "locked" else []
    return [
        _head(account, words, now),
        section(
            words("admin.column_display_name"),
            [field(words("admin.column_display_name"), "rename", "", value=account.display_name), *acts],
        ),
        section(
            words("admin.reset"),
            [
                field(words("admin.new_password"), "reset", words("admin.password_hint"), kind="password"),
                _act("reset", words("admin.reset"), "key"),
                html.P(words("admin.reset_note"), className="quiet"),
            ],
        ),
        section(words("admin.state"), html.Div([*unlock, toggle], className="acts")),
    ]


def security_editor(account: Account, areas: Sequence[Area], words: Words, now: datetime) -> list[Component]:
    """Let the security administrator give role and area, and end sessions."""
    roles = [(role.value, words(f"role.{role}")) for role in Role]
    scopes = [("", words("scope.all")), *((area.code, f"{area.name} {area.code}") for area in areas)]
    return [
        _head(account, words, now),
        section(
            words("admin.rights"),
            [
                choice(words("admin.column_role"), "role", roles, account.role),
                choice(words("admin.column_scope"), "scope", scopes, account.scope),
                _act("rights", words("admin.save_rights"), "shield-check", primary=True),
                html.P(words("admin.rights_note"), className="quiet"),
            ],
        ),
        section(words("admin.sessions"), _act("end", words("admin.end_sessions"), "logout", tone="danger"), note=""),
    ]


def choose_one(words: Words) -> Component:
    """Say that a line of the table opens the editor."""
    return html.P([icon("user-search"), words("admin.choose")], className="empty")


def _head(account: Account, words: Words, now: datetime) -> Component:
    current = state(account, now)
    tone = {"active": "good", "locked": "warn", "inactive": "alarm"}[current]
    entries = [
        (words("admin.column_role"), words(f"role.{account.role}")),
        (words("admin.column_scope"), account.scope or words("scope.all")),
        (words("admin.failures"), str(account.failures)),
        (words("admin.column_seen"), formats.exact(account.last_seen_at) if account.last_seen_at else words("admin.never")),
    ]
    return html.Section(
        [
            html.Div([html.H2(account.display_name), chip(words(f"admin.state_{current}"), tone)], className="section-head"),
            html.P(account.username, className="quiet"),
            attributes(entries),
        ],
        className="section",
    )


def field(title: str, name: str, hint: str, *, kind: str = "text", value: str = "") -> Component:
    """Ask for a value; scripts make the native field."""
    given = html.Span(**also({"data-input": kind, "data-field": name, "data-label": title, "data-placeholder": hint, "data-value": value}))
    return html.Div([html.Span(title), given], className="field")


def choice(title: str, name: str, options: Sequence[tuple[str, str]], value: str) -> Component:
    """Ask for one of several values."""
    given = {"data-input": "select", "data-field": name, "data-label": title, "data-options": json.dumps(options), "data-value": value}
    return html.Div([html.Span(title), html.Span(**also(given))], className="field")


def _act(name: str, title: str, symbol: str, *, primary: bool = False, tone: str = "") -> Component:
    return button(title, symbol, *(["primary"] if primary else []), *([tone] if tone else []), data_act=name)


def audit_columns(words: Words) -> list[dict[str, object]]:
    """Columns of the audit trail."""
    widths = {"at": 170, "who": 150, "role": 120, "action": 130, "object": 190, "result": 90, "reason": 220, "address": 130, "detail": 240}
    return [
        {"field": name, "headerName": words(f"audit.column_{name}"), "minWidth": width, "sortable": False, "tooltipField": name}
        for name, width in widths.items()
    ]


def audit_line(row: AuditRow, words: Words) -> dict[str, object]:
    """One line of the audit trail."""
    action = f"{ACTION}{row.action}"
    return {
        "id": str(row.id),
        "at": formats.exact(row.at),
        "who": row.username or formats.NONE,
        "role": words(f"role.{row.role}") if row.role else formats.NONE,
        "action": words(action) if action in words.catalogue else row.action,
        "object": row.object,
        "result": words("audit.allowed" if row.success else "audit.refused"),
        "reason": row.reason or "",
        "address": row.address or "",
        "detail": "; ".join(f"{key}={value}" for key, value in row.detail.items()),
    }


def audit_form(words: Words) -> Component:
    """Ask which lines of the trail to show."""
    everything = ("", words("audit.any"))
    actions = [everything, *((key.removeprefix(ACTION), text) for key, text in sorted(words.catalogue.items()) if key.startswith(ACTION))]
    results = [everything, ("true", words("audit.allowed")), ("false", words("audit.refused"))]
    days = [(str(number), words(f"audit.days_{number}")) for number in DAYS]
    return html.Div(
        [
            choice(words("audit.column_action"), "action", actions, ""),
            field(words("audit.column_who"), "username", words("audit.any")),
            choice(words("audit.column_result"), "success", results, ""),
            choice(words("audit.span"), "days", days, str(DAYS[1])),
            button(words("audit.older"), "chevron-down", "small", data_audit_older="true"),
        ],
        className="audit-form",
    )


def result(text: str, *, good: bool) -> Component:
    """Say how an act ended."""
    return html.P([icon("check" if good else "alert-circle"), text], className="said good" if good else "said warn")
