"""All callbacks of the command map."""

from dash import Dash

from callbacks import boards, candidates, case_acts, detail, figures, filters, inbox, map, search, select, shell, unmask  # noqa: A004 - named as the part of the page
from callbacks.context import Context


def register_all(app: Dash, context: Context) -> None:
    """Wire the command map."""
    map.register(app)
    for part in (shell, figures, detail, case_acts, candidates, inbox, boards, select, filters, search, unmask):
        part.register(app, context)
