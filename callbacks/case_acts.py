"""Acts on the open case: what a person decided is done by the services, and the panel shows what came of it, or who was faster."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from dash import Dash, Input, Output, html, no_update
from dash.development.base_component import Component

from api.identity import current_caller
from callbacks import ids, objects
from callbacks.context import Context
from callbacks.panels import states
from callbacks.panels.detail import detail
from callbacks.panels.opened import Said
from callbacks.viewer import Viewer
from callbacks.words import Words, requested
from geodata.db import reading
from geodata.errors import ConflictError, InvalidInputError, NotAllowedError, NotFoundError
from services import acts
from services import cases as case_service
from services.acts import Act
from services.attempts import attempted
from services.audit import Caller
from services.cases import Case
from services.orders import Order

BUSY = [(Output(ids.PANEL, "className"), "panel busy", "panel")]
LEADING = frozenset({"dispatch", "reassign"})
"""Acts by which somebody takes the lead; `assign` adds helpers."""
NUMBERS = ("standard_id", "department_id", "level", "score", "source_record_id")
SATISFIED = {"true": 1, "false": 0}


def register(app: Dash, context: Context) -> None:
    """Wire the acts of the bar, and the decisions about repetitions."""

    @app.callback(
        Output(ids.PANEL_BODY, "children", allow_duplicate=True),
        Input(ids.CASE_ACT, "data"),
        prevent_initial_call=True,
        running=BUSY,
    )
    def act(asked: Mapping[str, Any] | None) -> object:
        return _done(context, asked) if asked else no_update

    @app.callback(
        Output(ids.PANEL_BODY, "children", allow_duplicate=True),
        Output(ids.MAP_COMMAND, "data", allow_duplicate=True),
        Input(ids.CASE_PAIR, "data"),
        prevent_initial_call=True,
        running=BUSY,
    )
    def pair(asked: Mapping[str, Any] | None) -> tuple[object, object]:
        return _paired(context, asked) if asked else (no_update, no_update)


def _done(context: Context, asked: Mapping[str, Any]) -> list[Component]:
    desk, event_id = _Desk(context, current_caller(), requested()), int(asked["event"])
    return panel(desk, event_id, desk.attempted(event_id, str(asked["action"]), lambda: act_of(asked)))


def _paired(context: Context, asked: Mapping[str, Any]) -> tuple[object, object]:
    """Merge the later of two cases into the earlier one, take that back, or note that they are two."""
    desk = _Desk(context, current_caller(), requested())
    event_id, other_id, decision = int(asked["event"]), int(asked["other"]), str(asked["decision"])
    with reading(context.pool) as conn:
        present, other = (case_service.case(conn, desk.caller.reader, number, desk.caller.now) for number in (event_id, other_id))
    if decision == "unmerge":
        subject, wanted = other, Act(action="unmerge", version=other.version, opinion=desk.words("dup.undo_reason"))
    else:
        subject, master = later(present, other) if decision == "merge" else (present, other)
        version = int(asked["version"]) if subject.id == present.id else subject.version
        wanted = Act(action=decision, version=version, master_id=master.id)
    said = desk.attempted(subject.id, decision, lambda: wanted)
    if decision == "merge" and said.tone == "good" and subject.id == present.id:
        # the open case is gone into the other one: go on there
        return no_update, [["desk.pick", f"open_events/{other.id}"]]
    return panel(desk, event_id, said), no_update


def later(one: Case, other: Case) -> tuple[Case, Case]:
    """Return the case that is merged and the one that stays: the one reported first, so that the clock runs from the first report."""
    return (one, other) if (other.reported_at, other.id) <= (one.reported_at, one.id) else (other, one)


@dataclass(frozen=True, slots=True)
class _Desk:
    """Where an act is done, by whom, and in which words it is answered."""

    context: Context
    caller: Caller
    words: Words

    def attempted(self, event_id: int, name: str, build: Callable[[], Act]) -> Said:
        """Do an act and say what came of it. An error of the session or the database goes on to the page."""
        words = self.words
        try:
            wanted = build()
            attempted(
                self.context.pool,
                self.caller,
                f"case_{wanted.action}",
                f"events/{event_id}",
                work=lambda conn: acts.act(conn, self.caller, event_id, wanted),
            )
        except ConflictError:
            return Said(self._faster(event_id), "alarm")
        except InvalidInputError as error:
            return Said(_refused(str(error), words), "alarm")
        except (NotAllowedError, NotFoundError):
            return Said(words("case.not_allowed"), "alarm")
        return Said(words("case.done", act=words(f"act.{name}")))

    def _faster(self, event_id: int) -> str:
        """Say who was faster, and with what."""
        words = self.words
        try:
            with reading(self.context.pool) as conn:
                log = case_service.case(conn, self.caller.reader, event_id, self.caller.now).log
        except (NotAllowedError, NotFoundError):
            log = ()
        if not log:
            return words("case.conflict_unknown")
        key = f"act.{log[-1].action}"
        return words("case.conflict", who=log[-1].actor, act=words(key if key in words.catalogue else "case.changed"))


def _refused(message: str, words: Words) -> str:
    if not message.startswith("missing"):
        return words("case.invalid")
    names = [part for part in re.findall(r"\w+", message.partition(":")[2]) if f"field.{part}" in words.catalogue]
    return words("case.missing", fields=words("list.comma").join(words(f"field.{part}") for part in names) or words("field.other"))


def panel(desk: _Desk, event_id: int, said: Said | None) -> list[Component]:
    """Draw the case as it is now, with a line about what has just happened."""
    now = datetime.now(UTC)
    try:
        shown = objects.load_case(desk.context, Viewer(desk.caller.reader, desk.words, now), event_id, said)
    except (NotFoundError, NotAllowedError):
        return [html.Div(states.gone(desk.words), className="panel-content", key=f"{event_id}-gone")]
    return [html.Div(detail(shown), className="panel-content", key=f"{event_id}-{now.timestamp()}")]


def act_of(asked: Mapping[str, Any]) -> Act:
    """Read an act from what a form holds.

    Raises:
        InvalidInputError: a value is of the wrong kind.
    """
    given: Mapping[str, Any] = asked.get("given") or {}
    action = str(asked["action"])
    try:
        numbers = {name: int(given[name]) if given.get(name) not in (None, "") else None for name in NUMBERS}
        until = datetime.fromisoformat(str(given["until"])) if given.get("until") else None
        return Act(
            action=action,
            version=int(asked["version"]),
            opinion=_text(given, "opinion"),
            class_code=_text(given, "class_code"),
            override_reason=_text(given, "override_reason"),
            until=until,
            co_departments=[int(value) for value in given.get("co_departments") or ()],
            attachments=[int(value) for value in given.get("attachments") or ()],
            orders=_orders(given, leads=action in LEADING),
            satisfied=SATISFIED.get(str(given.get("satisfied") or "")),
            standard_id=numbers["standard_id"],
            department_id=numbers["department_id"],
            level=numbers["level"],
            score=numbers["score"],
            source_record_id=numbers["source_record_id"],
        )
    except (ValueError, TypeError, KeyError) as error:
        raise InvalidInputError(f"{action}: {error}") from None


def _text(given: Mapping[str, Any], name: str) -> str | None:
    return str(given[name]).strip() or None if given.get(name) else None


def _orders(given: Mapping[str, Any], *, leads: bool) -> Sequence[Order]:
    reason = _text(given, "override_reason")
    return [
        Order(
            kind=row["kind"],
            id=int(row["id"]),
            lead=leads and place == 0,
            rank=row.get("rank"),
            override_reason=reason,
            engine=row.get("engine"),
            distance_m=row.get("distance_m"),
            raw_s=row.get("raw_s"),
            predicted_s=row.get("predicted_s"),
        )
        for place, row in enumerate(given.get("orders") or ())
    ]
