"""The administration at `/admin/`: accounts for the system administrator, rights for the security administrator, the trail for the audit one."""

from dash import dcc, html
from dash.development.base_component import Component

from api.identity import reader_or_none
from callbacks import ids
from callbacks.context import Context
from callbacks.panels import admin as panels
from callbacks.panels.bar import Bar, bar
from callbacks.panels.grid import listed
from callbacks.panels.pieces import also
from callbacks.panels.states import forbidden
from callbacks.panels.video_sources import form as video_form
from callbacks.words import requested
from services.administration import ADMINISTRATORS
from services.rights import Role

VIDEO_MS = 4_000
"""How often the list of video sources is brought up."""
STORES = (ids.ADMIN_ACT, ids.AUDIT_QUERY, ids.AUDIT_LAST, ids.SIGNED_OUT, ids.NOTICE, ids.SINK)


def layout(context: Context) -> Component:
    """Build the page for the administrator who is signed in; others are told that they have no right, a stranger is led to the sign-in."""
    words, reader = requested(), reader_or_none()
    if reader is None:
        return html.Div([dcc.Store(id=ids.SIGNED_OUT, data=True), dcc.Store(id=ids.SINK)], id=ids.ADMIN)
    if reader.role not in ADMINISTRATORS:
        return html.Div(
            [
                bar(reader, words, Bar(here="/admin/", demo=context.settings.demo)),
                html.Main(forbidden(words), id=ids.ADMIN, className="admin"),
            ]
        )
    audit = reader.role is Role.AUDIT_ADMIN
    title = words("admin.audit" if audit else "admin.accounts")
    main = html.Main(
        [
            html.Div([html.H1(title), html.P(words(f"admin.about_{reader.role}"), className="quiet")], className="admin-head"),
            panels.audit_form(words) if audit else html.Div(),
            html.Div(
                [
                    html.Div(
                        listed(ids.ADMIN_GRID, panels.audit_columns(words) if audit else panels.account_columns(words), words),
                        className="admin-grid",
                    ),
                    html.Aside(id=ids.ADMIN_EDITOR, className="admin-editor", **also({"aria-label": words("admin.editor")})),
                ],
                className="admin-body",
            ),
            *([html.Section(id=ids.ADMIN_VIDEO, className="admin-video"), video_form(words)] if reader.role is Role.SYSTEM_ADMIN else []),
            html.Div(id=ids.ADMIN_RESULT, className="admin-result", role="status"),
        ],
        id=ids.ADMIN,
        className="admin audit" if audit else "admin",
    )
    stores: list[Component] = [dcc.Store(id=ids.ADMIN_ROWS, data=0), *(dcc.Store(id=name) for name in STORES)]
    if reader.role is Role.SYSTEM_ADMIN:
        stores += [
            dcc.Store(id=ids.ADMIN_VIDEO_DONE, data=0),
            dcc.Store(id=ids.ADMIN_VIDEO_NEW),
            dcc.Interval(id=ids.ADMIN_VIDEO_TICK, interval=VIDEO_MS),
        ]
    return html.Div([bar(reader, words, Bar(here="/admin/", demo=context.settings.demo)), main, *stores], className="admin-page")
