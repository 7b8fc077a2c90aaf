"""The suggestion for the whole backlog, and sending what was ticked of it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from dash import Dash, Input, Output, html, no_update
from dash.development.base_component import Component

from api.identity import current_caller, current_reader
from callbacks import ids
from callbacks.context import Context
from callbacks.panels import backlog as panels
from callbacks.rights import may_assign
from callbacks.words import Words, requested
from geodata.db import reading
from geodata.errors import ConflictError, HallError, InvalidInputError, NotAllowedError
from services import acts, assignment
from services import cases as case_service
from services.acts import Act
from services.assignment import Pair
from services.attempts import attempted
from services.audit import Caller
from services.orders import Order
from services.rights import Reader

BUSY = [(Output(ids.PANEL, "className"), "panel busy", "panel")]
SENDS = ("dispatch", "assign")
"""What the suggestion does to a case: sends it to its handler; to one that is not filed yet, somebody who looks."""


def panel(context: Context, reader: Reader, asked: Mapping[str, Any]) -> list[Component]:
    """Show the suggestion.

    Raises:
        NotAllowedError: the reader's role sends nobody.
        InvalidInputError: an unknown kind.
    """
    if not may_assign(reader):
        raise NotAllowedError(f"{reader.role} sends nobody")
    words, now = requested(), datetime.now(UTC)
    return panels.backlog(_suggested(context, reader, str(asked.get("kind") or panels.KINDS[0]), now), words, now)


def _suggested(context: Context, reader: Reader, kind: str, now: datetime) -> assignment.Assignment:
    with reading(context.pool) as conn:
        return assignment.assignment(conn, reader, now=now, engine=context.roads.engine(conn, now), kind=kind)


def register(app: Dash, context: Context) -> None:
    """Wire sending."""

    @app.callback(
        Output(ids.PANEL_BODY, "children", allow_duplicate=True),
        Input(ids.BACKLOG_APPLY, "data"),
        prevent_initial_call=True,
        running=BUSY,
    )
    def apply(asked: Mapping[str, Any] | None) -> object:
        if not asked or not may_assign(current_reader()):
            return no_update
        words, caller = requested(), current_caller()
        wanted = {str(name) for name in asked.get("pairs") or ()}
        pairs = [pair for pair in _suggested(context, caller.reader, str(asked["kind"]), caller.now).pairs if _name(pair) in wanted]
        gone = len(wanted) - len(pairs)
        results = [(pair, _send(context, caller, pair, words)) for pair in pairs]
        failed = [(pair.case_no, why) for pair, why in results if why]
        if gone:
            failed.append((words("backlog.changed"), words("backlog.changed_text", number=gone)))
        return [
            html.Div(
                panels.result(len(pairs) - sum(bool(why) for _, why in results), failed, words),
                className="panel-content",
                key="backlog-done",
            )
        ]


def _name(pair: Pair) -> str:
    return f"{pair.event_id}:{pair.kind}:{pair.mover_id}"


def _send(context: Context, caller: Caller, pair: Pair, words: Words) -> str:
    """Send one; return why not, when it did not work: the others go on."""
    try:
        with reading(context.pool) as conn:
            case = case_service.case(conn, caller.reader, pair.event_id, caller.now)
        action = next((name for name in SENDS if any(act.action == name for act in case.possible)), "")
        if not action:
            return words("case.not_allowed")
        wanted = Act(action=action, version=case.version, orders=_orders(pair))
        attempted(
            context.pool,
            caller,
            f"case_{action}",
            f"events/{pair.event_id}",
            work=lambda conn: acts.act(conn, caller, pair.event_id, wanted),
        )
    except ConflictError:
        return words("case.conflict_unknown")
    except InvalidInputError:
        return words("case.invalid")
    except HallError:
        return words("case.not_allowed")
    return ""


def _orders(pair: Pair) -> Sequence[Order]:
    return [
        Order(
            kind="vehicle" if pair.kind == "vehicle" else "worker",
            id=pair.mover_id,
            engine="assignment",
            raw_s=pair.raw_travel_time_s,
            predicted_s=pair.travel_time_s,
        )
    ]
