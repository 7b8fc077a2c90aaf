"""The panel of one cell of the hot spots: a holder that the mode's own scripts fill from the interfaces."""

from collections.abc import Mapping
from typing import Any

from dash import html
from dash.development.base_component import Component

from callbacks.context import Context
from callbacks.panels.pieces import also
from geodata.errors import InvalidInputError, NotAllowedError
from layers import registry
from services.rights import Reader

LONGEST = 2_000
CELL_DIGITS = 15


def panel(context: Context, reader: Reader, asked: Mapping[str, Any]) -> list[Component]:
    """Hand the cell and the question on; rights are checked again where the answer is read."""
    del context
    if reader.role not in registry.get("events").roles:
        raise NotAllowedError(f"{reader.role} may not see events")
    cell, query = asked.get("cell"), asked.get("query", "")
    if not (isinstance(cell, str) and len(cell) == CELL_DIGITS and cell.isalnum() and isinstance(query, str) and len(query) <= LONGEST):
        raise InvalidInputError("cell, query: not those of a hot spot")
    return [html.Div(className="hs-cell", **also({"data-hotspot-cell": cell, "data-query": query}))]
