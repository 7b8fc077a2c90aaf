"""The command map at `/`: the frame, the map, the panels' places, and the stores between them."""

from dash import dcc, html
from dash.development.base_component import Component

from api.identity import reader_or_none
from callbacks import ids, shell
from callbacks.context import Context
from callbacks.panels import states
from callbacks.panels.pieces import also, icon_button
from callbacks.panels.unmask import dialog
from callbacks.panels.view_switch import view_switch
from callbacks.rights import may_assign
from callbacks.words import Words, requested
from pages.map_container import map_container, map_stores

TICK_MS = 10_000


def layout(context: Context) -> Component:
    """Build the page for whoever is signed in, in the language of the request; a stranger's page leads to the sign-in."""
    words, reader = requested(), reader_or_none()
    if reader is None:
        return html.Div([dcc.Store(id=ids.SIGNED_OUT, data=True), dcc.Store(id=ids.SINK)], id=ids.PAGE)
    top, rail, strip = shell.parts(context, reader, words)
    frame = html.Div(
        [
            html.Header(top, id=ids.TOP, className="top"),
            html.Nav(rail, id=ids.RAIL, className="rail", **also({"aria-label": words("rail.layers")})),
            _map_area(words, may_close=may_assign(reader)),
            html.Section(strip, id=ids.STRIP, className="strip", **also({"aria-label": words("strip.label")})),
            html.Aside(
                html.Div(states.loading(words), id=ids.PANEL_BODY, className="panel-body"),
                id=ids.PANEL,
                className="panel",
                **also({"aria-label": words("panel.label")}),
            ),
        ],
        id=ids.FRAME,
        className="frame",
    )
    return html.Div([frame, dialog(words), *_stores(words)], id=ids.PAGE)


def _map_area(words: Words, *, may_close: bool) -> Component:
    fold = icon_button("layout-sidebar-left-collapse", words("rail.fold"), "fold-rail", data_fold_rail="true")
    return html.Main(
        [
            map_container(),
            html.Div(
                [fold, html.Nav(id=ids.CRUMB, className="crumb", **also({"aria-label": words("crumb.label")}))], className="float top-left"
            ),
            view_switch(),
            html.Div(id="map-tools", className="float top-right"),
        ],
        id=ids.MAP_AREA,
        className="map-area",
        **also({"aria-label": words("map.label"), **({"data-may-close": "true"} if may_close else {})}),
    )


def _stores(words: Words) -> list[Component]:
    own = (
        ids.SINK,
        ids.NOTICE,
        ids.DRAWN,
        ids.SIGNED_OUT,
        ids.FIGURES,
        ids.ROOM,
        ids.FILTER,
        ids.BOARD,
        ids.INBOX_QUERY,
        ids.CASE_ACT,
        ids.CASE_PAIR,
        ids.CANDIDATES_ASK,
        ids.REPORT_ASK,
        ids.REPORT_FILE,
        ids.BACKLOG_APPLY,
        ids.UNFOLD,
        ids.UNMASK,
        ids.SEARCH_TEXT,
        ids.SEARCH_HITS,
    )
    return [
        *map_stores(),
        *(dcc.Store(id=name) for name in own),
        dcc.Store(id=ids.LANGUAGE, data=words.language.value),
        dcc.Interval(id=ids.TICK, interval=TICK_MS),
    ]
