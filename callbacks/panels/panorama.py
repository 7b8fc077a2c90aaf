"""The panel of a panorama: a small picture, and the way into it."""

from dash import html
from dash.development.base_component import Component

from callbacks import formats
from callbacks.panels.pieces import button, chip, facts
from callbacks.panels.shown import Shown, attribute_section, header, near_section, panel
from services.panoramas import MAY_LOOK
from services.rights import MAY_SEE_RESTRICTED


def panorama(shown: Shown) -> list[Component]:
    """Show where and when it was taken; whoever may look gets the picture."""
    words, fields, reader = shown.words, shown.row.fields, shown.reader
    badges = [chip(words("views.street_drawn"), "warn")] if fields.get("simulated") else []
    if fields.get("restricted"):
        badges.append(chip(words("views.street_restricted"), "alarm"))
    head = facts(
        [
            (shown.text("road") or formats.NONE, words.of(shown.layer.named("road").title), ""),
            (shown.text("taken_at") or formats.NONE, words.of(shown.layer.named("taken_at").title), ""),
            (shown.text("heading_deg") or formats.NONE, words.of(shown.layer.named("heading_deg").title), ""),
        ]
    )
    may_look = reader.role in MAY_LOOK and (not fields.get("restricted") or reader.role in MAY_SEE_RESTRICTED)
    actions: list[Component] = []
    picture: list[Component] = []
    if may_look:
        actions = [button(words("views.street_open"), "camera-rotate", "primary", data_panorama=str(shown.row.id))]
        source = f"/api/v1/panoramas/{shown.row.id}/picture?size=preview"
        style = {"width": "100%", "borderRadius": "4px", "display": "block", "aspectRatio": "2 / 1", "background": "var(--raised)"}
        picture = [html.Div(html.Img(src=source, alt=words("views.street"), style=style), style={"padding": "12px 16px 0"})]
    body = [
        *picture,
        *near_section(shown, "open_events", words("near.cases")),
        *near_section(shown, "cameras", words("near.cameras"), most=4),
        attribute_section(shown, "name", "road", "taken_at", "heading_deg", "simulated", "restricted"),
    ]
    return panel(shown, header(shown, head, badges=badges), body, *actions)
