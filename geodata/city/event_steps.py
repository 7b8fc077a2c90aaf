"""When past cases went through their steps, and who answered for them: accepted, verified, filed, dispatched, handled, checked.

A case that the grid solved itself has no steps. The others take some minutes to be filed and dispatched, most of their time to be handled, and
the rest to be checked; streets and kinds of work differ, so that their evaluation does too.
"""

from dataclasses import dataclass, fields

import numpy as np

from geodata.city.duties import Duties
from geodata.city.event_times import Instants
from geodata.city.events import SOURCES, STATES, Cases
from geodata.city.ground import Bools, Floats, Ints
from geodata.city.sample import LOCAL_HOURS, Sample

HOUR_S, DAY_S = 3600, 86_400
STEP_LIMIT_S, CHECK_LIMIT_S = 1800, 4 * HOUR_S
"""Shipped limits: filing and dispatching half an hour, checking four hours of working time."""
ACCEPT_MINUTES, VERIFY_SENT_MINUTES, VERIFY_MINUTES = (1.4, 0.7), (1.0, 0.6), (2.1, 0.5)
FILE_MINUTES, DISPATCH_MINUTES, CHECK_SENT_MINUTES = (1.9, 0.6), (2.2, 0.6), (2.6, 0.7)
"""Mean and spread of the logarithm."""
PACE = (0.75, 1.45)
"""Of the streets' desks: the minutes are multiplied by one between these."""
FILED_BEFORE_VOID = 0.55
REWORKED, RETURNED, EXTENDED = 0.035, 0.022, 0.012
NIGHT, MORNING_END, AFTERNOON, EVENING = 8, 12, 14, 18
WORK_DAY_S = 8 * HOUR_S
NEVER = np.datetime64("NaT", "s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """Columns of hall.event; NaT where a step was not taken, -1 where no department answers."""

    accepted_at: Instants
    verify_sent_at: Instants
    verified_at: Instants
    filed_at: Instants
    dispatched_at: Instants
    handled_at: Instants
    check_sent_at: Instants
    checked_at: Instants
    file_due_at: Instants
    dispatch_due_at: Instants
    handle_due_at: Instants
    check_due_at: Instants
    lead: Ints
    """Id of the department."""
    reworks: Ints
    returns: Ints
    extensions: Ints

    def times(self) -> dict[str, Instants]:
        """The columns that are instants."""
        return {field.name: getattr(self, field.name) for field in fields(self) if field.name.endswith("_at")}


def draw_steps(sample: Sample, duties: Duties, cases: Cases, grid: Ints) -> Steps:
    """Draw the steps of all cases; `grid` is the index of each case's base grid. Open cases have taken the steps up to their state."""
    rng = sample.stream("steps of events")
    count = len(grid)
    ended, own = ~np.isnat(cases.closed), cases.source == SOURCES.index("grid_self")
    street = duties.street_of_grid[grid]
    pace = rng.uniform(*PACE, max(int(street.max(initial=0)) + 1, 1))[street]
    end = np.where(ended, cases.closed, cases.step_started)
    whole = np.maximum((end - cases.reported).astype(np.float64), 0.0)
    lead = duties.lead[cases.event_class, grid]
    slack = rng.uniform(0.5, 2.0, max(int(lead.max(initial=0)) + 1, 1))[np.maximum(lead, 0)]

    def minutes(of: tuple[float, float], most: float) -> Floats:
        return np.minimum(rng.lognormal(*of, count) * 60 * pace, most * whole)

    accepted = minutes(ACCEPT_MINUTES, 0.04)
    sent = accepted + minutes(VERIFY_SENT_MINUTES, 0.03)
    verified = sent + minutes(VERIFY_MINUTES, 0.06)
    public = np.isin(cases.source, [SOURCES.index("hotline12345"), SOURCES.index("citizen")])
    filed = np.where(public, verified, accepted) + minutes(FILE_MINUTES, 0.06)
    dispatched = filed + minutes(DISPATCH_MINUTES, 0.06)
    handled = dispatched + (whole - dispatched) * rng.beta(22, 2.2, count)
    for name, clock in (("filed", filed), ("dispatched", dispatched), ("handling", dispatched), ("checking", handled)):
        now_there = ~ended & (cases.state == STATES.index(name))
        clock[now_there] = whole[now_there]
    check_sent = handled + np.minimum(minutes(CHECK_SENT_MINUTES, 1.0), 0.4 * (whole - handled))
    checked = check_sent + (whole - check_sent) * rng.uniform(0.4, 0.95, count)

    passed = _passed(cases, own, ended, rng.random(count) < FILED_BEFORE_VOID)
    start = cases.reported

    def at(after_s: Floats, of: Bools) -> Instants:
        return np.where(of, start + after_s.astype("timedelta64[s]"), NEVER)

    done = at(handled, passed["handled"])
    done = np.where(own & ended, cases.closed, done)
    filed_at, sent_on = at(filed, passed["filed"]), at(dispatched, passed["dispatched"])
    worked = passed["dispatched"]
    return Steps(
        accepted_at=at(accepted, passed["accepted"]),
        verify_sent_at=at(sent, passed["accepted"] & public),
        verified_at=at(verified, passed["filed"] & public),
        filed_at=filed_at,
        dispatched_at=sent_on,
        handled_at=done,
        check_sent_at=at(check_sent, passed["checked"]),
        checked_at=at(checked, passed["checked"]),
        file_due_at=np.where(passed["filed"], start + np.timedelta64(STEP_LIMIT_S, "s"), NEVER),
        dispatch_due_at=filed_at + np.timedelta64(STEP_LIMIT_S, "s"),
        handle_due_at=np.where(passed["handled"], cases.deadline, NEVER),
        check_due_at=np.where(passed["checked"], working_time_later(done, CHECK_LIMIT_S), NEVER),
        lead=np.where(worked & ended, lead, -1),
        reworks=(passed["checked"] & (rng.random(count) < REWORKED * slack)).astype(np.int64),
        returns=(worked & ended & (rng.random(count) < RETURNED * pace)).astype(np.int64),
        extensions=(passed["handled"] & (rng.random(count) < EXTENDED)).astype(np.int64),
    )


def _passed(cases: Cases, own: Bools, ended: Bools, filed_before_void: Bools) -> dict[str, Bools]:
    """Which cases have gone through each step."""
    void = cases.state == STATES.index("void")
    after = {name: STATES.index(name) for name in ("filed", "dispatched", "handling", "checking")}
    steps = ended & ~own & ~void
    open_from = {
        name: ~ended & np.isin(cases.state, [after[later] for later in states])
        for name, states in (
            ("filed", ("filed", "dispatched", "handling", "checking")),
            ("dispatched", ("dispatched", "handling", "checking")),
            ("handled", ("checking",)),
        )
    }
    filed = steps | (void & filed_before_void) | open_from["filed"]
    return {
        "accepted": filed | (void & ~own),
        "filed": filed,
        "dispatched": steps | open_from["dispatched"],
        "handled": steps | open_from["handled"],
        "checked": steps,
    }


def working_time_later(start: Instants, limit_s: int) -> Instants:
    """`start` and a limit of working time (8-12, 14-18, every day), at most a day of it; NaT stays."""
    local = (start - np.datetime64(0, "s")).astype(np.float64) + LOCAL_HOURS * HOUR_S
    day, of_day = np.divmod(np.where(np.isnat(start), 0.0, local), DAY_S)
    clock = np.array([0, NIGHT, MORNING_END, AFTERNOON, EVENING, 24]) * HOUR_S
    worked = np.array([0, 0, 4, 4, 8, 8]) * HOUR_S
    due = day * WORK_DAY_S + np.interp(of_day, clock, worked) + limit_s
    whole, rest = np.divmod(due, WORK_DAY_S)
    whole, rest = np.where(rest == 0, whole - 1, whole), np.where(rest == 0, WORK_DAY_S, rest)
    of_day = rest + np.where(rest <= WORK_DAY_S / 2, NIGHT, NIGHT + AFTERNOON - MORNING_END) * HOUR_S
    end = (whole * DAY_S + of_day - LOCAL_HOURS * HOUR_S).astype(np.int64).astype("datetime64[s]")
    return np.where(np.isnat(start), NEVER, end)
