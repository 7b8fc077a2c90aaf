"""What the page tells the map, all of it in the browser: no request leaves for it."""

from dash import ClientsideFunction, Dash, Input, Output

from callbacks import ids

FROM_STORES = ((ids.MAP_COMMAND, "command"), (ids.SEARCH_HITS, "results"), (ids.NOTICE, "notice"))
"""Store, and the function of `hall` (assets/js/core.js) that acts on it."""


def register(app: Dash) -> None:
    """Wire the stores to the map's scripts."""
    for store, function in FROM_STORES:
        app.clientside_callback(
            ClientsideFunction(namespace="hall", function_name=function),
            Output(ids.SINK, "data", allow_duplicate=True),
            Input(store, "data"),
            prevent_initial_call=True,
        )
