"""Deadlines of the steps: filing, dispatching and checking by the settings, handling by the standard that the case was filed under."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from geodata.db import Conn
from services import deadlines, worktime
from services.case_store import CaseRow

FACT = "SELECT value FROM hall.fact WHERE key = 'case_steps'"
STANDARD = "SELECT limit_value, limit_unit FROM hall.case_standard WHERE id = %s"
SHIPPED: Mapping[str, tuple[float, str]] = {
    "reported": (0.5, "urgent_hour"),
    "filed": (0.5, "urgent_hour"),
    "handling": (1, "work_day"),
    "checking": (4, "work_hour"),
}
SHIPPED_SHARE = 0.05
HANDLING = frozenset({"dispatched", "handling"})
"""States that share one clock: the limit of the standard runs from the dispatch to the feedback."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """How long a step may take."""

    value: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class Clock:
    """Working time, and the limits that the installation has set."""

    calendar: worktime.WorkCalendar
    limits: Mapping[str, Limit]
    sample_share: float

    def limit(self, conn: Conn, state: str, standard_id: int | None) -> Limit:
        """Return the limit of the step of a state."""
        if state in HANDLING:
            row = conn.execute(STANDARD, [standard_id]).fetchone() if standard_id is not None else None
            return Limit(value=row[0], unit=row[1]) if row else self.limits["handling"]
        return self.limits.get(state, self.limits["handling"])

    def start(self, conn: Conn, row: CaseRow, now: datetime) -> None:
        """Begin the step of the case's state. Handling goes on when a case is only sent elsewhere."""
        limit = self.limit(conn, row.state, row.standard_id)
        row.step_started_at = now
        row.deadline_at = deadlines.deadline(self.calendar, now, limit.value, limit.unit)

    def resume(self, conn: Conn, row: CaseRow, state: str, now: datetime) -> None:
        """Let the clock go on after a pause: the working time that was left is given back."""
        limit = self.limit(conn, state, row.standard_id)
        if row.paused_at is None:
            row.step_started_at = now
            row.deadline_at = deadlines.deadline(self.calendar, now, limit.value, limit.unit)
            return
        row.deadline_at = deadlines.shifted(self.calendar, row.deadline_at, row.paused_at, now, limit.unit)
        row.step_started_at = deadlines.shifted(self.calendar, row.step_started_at, row.paused_at, now, limit.unit)
        row.paused_at = None


def load(conn: Conn) -> Clock:
    """Read the calendar and the limits."""
    row = conn.execute(FACT).fetchone()
    value: dict[str, Any] = row[0] if row else {}
    limits = {**SHIPPED, **{state: (pair[0], pair[1]) for state, pair in value.get("limits", {}).items()}}
    return Clock(
        worktime.load(conn),
        {state: Limit(value=Decimal(str(amount)), unit=unit) for state, (amount, unit) in limits.items()},
        float(value.get("sample_share", SHIPPED_SHARE)),
    )
