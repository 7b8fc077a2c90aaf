"""What a panel shows when there is nothing to show: loading, empty, failed, not allowed."""

from dash import html
from dash.development.base_component import Component

from callbacks.panels.pieces import button, icon, icon_button
from callbacks.words import Words


def loading(words: Words) -> Component:
    """Hold the place of a panel until it is there."""
    return html.Div(
        [html.Span(words("state.loading"), className="visually-hidden"), *(html.I(className=f"bone bone-{size}") for size in "abcdedcde")],
        className="loading",
        role="status",
    )


def message(name: str, title: str, text: str, words: Words, *, retry: str = "") -> list[Component]:
    """Say in a panel what is the matter and what to do; `retry` names the row to open again."""
    again = [button(words("state.retry"), "refresh", "primary", data_open=retry)] if retry else []
    return [
        html.Div(close(words), className="panel-head bare"),
        html.Div([icon(name), html.H1(title), html.P(text), *again], className="message", role="status"),
    ]


def close(words: Words) -> Component:
    """Build the button that closes the panel."""
    return icon_button("x", words("panel.close"), "close", data_close_panel="true")


def gone(words: Words) -> list[Component]:
    """Say that a row is not there, or not for this reader."""
    return message("zoom-question", words("state.gone"), words("state.gone_text"), words)


def forbidden(words: Words) -> list[Component]:
    """Say that the reader has no right to a class."""
    return message("lock", words("state.forbidden"), words("state.forbidden_text"), words)


def failed(words: Words, since: str, retry: str) -> list[Component]:
    """Say that the database does not answer, since when, and offer to try again."""
    return message("database-off", words("state.failed"), words("state.failed_text", since=since), words, retry=retry)
