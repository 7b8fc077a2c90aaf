"""Lists in AG Grid: how every one of them looks, and the plain one whose rows are all there and chosen one at a time."""

from collections.abc import Sequence
from typing import Any

import dash_ag_grid as dag
from dash.development.base_component import Component

from callbacks.words import Words


def look(words: Words, **options: object) -> dict[str, Any]:
    """Return what all lists have in common, with the grid's own options beside it."""
    return {
        "getRowId": "params.data.id",
        "dashGridOptions": {
            "rowSelection": {"mode": "singleRow", "checkboxes": False, "enableClickSelection": True},
            "rowHeight": 36,
            "headerHeight": 34,
            "animateRows": False,
            "localeText": {"noRowsToShow": words("list.empty"), "loadingOoo": words("state.loading")},
            **options,
        },
        "style": {"height": "100%"},
        "className": "ag-theme-quartz grid",
    }


def listed(name: str, columns: Sequence[dict[str, object]], words: Words) -> Component:
    """Show rows that a callback brings."""
    grid: Component = dag.AgGrid(
        id=name,
        columnDefs=list(columns),
        rowData=[],
        columnSize="responsiveSizeToFit",
        defaultColDef={"resizable": True, "sortable": True, "suppressMovable": True},
        **look(words),
    )
    return grid
