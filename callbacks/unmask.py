"""Personal values in the clear: asked for with a reason, shown in a dialog until it is closed, each row audited."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from dash import Dash, Input, Output
from dash.development.base_component import Component

from api.identity import current_caller
from callbacks import ids
from callbacks.context import Context
from callbacks.panels.unmask import answer, refused
from callbacks.words import requested
from geodata.errors import InvalidInputError, NotAllowedError, NotFoundError
from geodata.source import Sensitivity
from layers import registry
from layers.base import Layer
from services.audit import Caller, attempt
from services.unmask import unmask

MOST = 20
"""Rows that one reason may open: a household, never a street."""


def register(app: Dash, context: Context) -> None:
    """Wire the dialog that asks for a reason."""

    @app.callback(Output(ids.UNMASK_ANSWER, "children"), Input(ids.UNMASK, "data"), prevent_initial_call=True)
    def read(asked: dict[str, Any] | None) -> list[Component]:
        if not asked:
            return []
        words, caller = requested(), current_caller()
        layer = registry.get(str(asked["layer"]))
        try:
            rows = _read(context, caller, layer, [int(row_id) for row_id in asked["ids"]], str(asked.get("reason") or ""))
        except InvalidInputError:
            return refused(words("unmask.reason_bad"))
        except (NotAllowedError, NotFoundError):
            return refused(words("unmask.refused"))
        return answer(layer, rows, words, caller.reader, datetime.now(UTC))


def _read(context: Context, caller: Caller, layer: Layer, ids_asked: Sequence[int], reason: str) -> list[Mapping[str, str | None]]:
    names = [item.name for item in layer.fields if item.sensitivity is Sensitivity.PERSONAL]
    if not 1 <= len(ids_asked) <= MOST:
        raise InvalidInputError(f"{len(ids_asked)} rows: 1 to {MOST}")
    found: list[Mapping[str, str | None]] = []
    for row_id in ids_asked:
        with attempt(context.pool, caller, "unmask", f"{layer.key}/{row_id}") as conn:
            found.append(unmask(conn, caller, layer, row_id, names, reason=reason))
    return found
