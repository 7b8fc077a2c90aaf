"""The dialog that reads personal values in the clear: first the reason, then the values until it is closed."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from dash import html
from dash.development.base_component import Component

from callbacks import formats, ids
from callbacks.panels.pieces import also, attributes, button, icon, icon_button
from callbacks.words import Words
from layers.base import Layer
from services.rights import Reader
from services.unmask import LEAST_REASON, MOST_REASON

REASONS = ("verify", "visit", "case", "emergency")


def dialog(words: Words) -> Component:
    """Ask what the values are needed for; scripts open and close it."""
    reasons = [
        html.Button(
            words(f"unmask.reason_{name}"), type="button", className="filter-chip", **also({"data-reason": words(f"unmask.reason_{name}")})
        )
        for name in REASONS
    ]
    field = html.Span(
        **also(
            {
                "data-input": "text",
                "data-label": words("unmask.reason"),
                "data-placeholder": words("unmask.reason_hint"),
                "data-minlength": str(LEAST_REASON),
                "data-maxlength": str(MOST_REASON),
                "data-unmask-reason": "true",
            }
        ),
    )
    return html.Dialog(
        [
            html.Div(
                [html.H1([icon("shield-lock"), words("unmask.title")]), icon_button("x", words("panel.close"), data_close_dialog="true")],
                className="dialog-head",
            ),
            html.P(words("unmask.explain"), className="quiet"),
            html.Div(
                [
                    html.Div(reasons, className="filter-chips"),
                    field,
                    html.Div(
                        [
                            button(words("unmask.cancel"), "", data_close_dialog="true"),
                            button(words("unmask.read"), "eye", "primary", data_unmask_read="true"),
                        ],
                        className="dialog-foot",
                    ),
                ],
                className="unmask-form",
            ),
            html.Div(id=ids.UNMASK_ANSWER, className="unmask-answer", **also({"aria-live": "polite"})),
        ],
        id="unmask-dialog",
        className="dialog",
        **also({"aria-label": words("unmask.title")}),
    )


def answer(layer: Layer, rows: Sequence[Mapping[str, str | None]], words: Words, reader: Reader, now: datetime) -> list[Component]:
    """Show the values, and that the reading was recorded."""
    blocks = [
        attributes([(words.of(layer.named(name).title), value) for name, value in row.items() if value])
        for row in rows
        if any(row.values())
    ]
    recorded = words("unmask.recorded", name=reader.display_name or reader.username, at=f"{formats.local(now):%H:%M:%S}")
    return [*(html.Div(block, className="clear-row") for block in blocks), html.P([icon("check"), recorded], className="recorded")]


def refused(text: str) -> list[Component]:
    """Say why nothing is shown."""
    return [html.P([icon("alert-circle"), text], className="said warn", role="alert")]
