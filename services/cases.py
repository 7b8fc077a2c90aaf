"""A case with all that belongs to it: what is known, where it stands, how long there is left, who has it, what can be done next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from psycopg.rows import dict_row

from geodata.db import Conn
from geodata.source import Mask
from services import case_clock, case_parts, case_standing, case_store, deadlines, workflow
from services.case_clock import Clock
from services.case_parts import CaseDecision, CaseDepartment, CaseFile, CaseSource, CaseTask, LogLine, MergedCase
from services.case_store import CaseRow
from services.rights import Reader, masked
from services.workflow import PossibleAct, Step

ROW = """
    SELECT e.id, e.case_no, e.title, e.description, e.class_code, c.name AS class_name, e.major, e.level, e.source, e.state, e.version,
           e.reported_at, e.deadline_at, e.step_started_at, e.paused_at, e.closed_at, e.supervised, e.handling_level, e.precision, e.extensions,
           e.returns, e.reworks, e.self_handled, e.sampled, e.score, e.place_text, e.building_id, e.grid_code, ST_X(e.geom) AS lon,
           ST_Y(e.geom) AS lat, e.reporter, e.reporter_phone, e.dup_of, master.case_no AS master_no, e.worker_id, w.name AS worker,
           s.id AS standard_id, s.condition, s.limit_value, s.limit_unit, s.closing, e.lead_department AS department_id, d.name AS department,
           EXISTS (SELECT FROM hall.source_record r WHERE r.event_id = e.id AND r.secret) AS secret
    FROM hall.event e JOIN hall.event_class c ON c.code = e.class_code LEFT JOIN hall.event master ON master.id = e.dup_of
    LEFT JOIN hall.case_standard s ON s.id = e.standard_id LEFT JOIN hall.department d ON d.id = e.lead_department
    LEFT JOIN hall.worker w ON w.id = e.worker_id
    WHERE e.id = %s
"""
FOUND_BY_GRID = frozenset({"grid_self", "grid_patrol"})
SOLVING = frozenset({"feedback", "self_close"})
CHECKING = frozenset({"check", "sample_pass", "sample_fail"})


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseStandard:
    """What the case was filed under."""

    id: int
    condition: str
    limit_value: float
    limit_unit: str
    closing: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Remaining:
    """The clock of the present step."""

    unit: str
    """urgent_hour | work_hour | work_day | natural_day"""
    seconds: float
    """Of this clock; negative when overdue."""
    used: float
    """Part of the limit that is used up."""
    lamp: Literal["green", "yellow", "red"]
    paused: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CasePeople:
    """Who found it, reported it, solved it and checked it (AH-15); masked."""

    found: str | None
    reported: str | None
    solved: str | None
    checked: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """All of a case that the reader may see."""

    id: int
    case_no: str
    title: str
    description: str | None
    class_code: str
    class_name: str
    major: str
    level: int
    source: str
    state: str
    version: int
    reported_at: datetime
    deadline_at: datetime
    step_started_at: datetime
    paused_at: datetime | None
    suspended_until: datetime | None
    closed_at: datetime | None
    remaining: Remaining | None
    """None when no clock runs any more."""
    supervised: bool
    handling_level: str
    precision: str
    extensions: int
    returns: int
    reworks: int
    self_handled: bool
    sampled: bool
    score: int | None
    satisfied: int | None
    place_text: str
    building_id: int | None
    grid_code: str
    lon: float
    lat: float
    reporter: str | None
    reporter_phone: str | None
    master_id: int | None
    master_no: str | None
    worker_id: int | None
    worker: str | None
    standard: CaseStandard | None
    department_id: int | None
    department: str | None
    people: CasePeople
    steps: tuple[Step, ...]
    five_steps: tuple[Step, ...]
    log: tuple[LogLine, ...]
    sources: tuple[CaseSource, ...]
    departments: tuple[CaseDepartment, ...]
    tasks: tuple[CaseTask, ...]
    attachments: tuple[CaseFile, ...]
    decisions: tuple[CaseDecision, ...]
    merged: tuple[MergedCase, ...]
    possible: tuple[PossibleAct, ...]


def case(conn: Conn, reader: Reader, event_id: int, now: datetime) -> Case:
    """Return a case.

    Raises:
        NotAllowedError: the role opens no cases.
        NotFoundError: no such case in the reader's scope, or one of another department or worker.
    """
    row = case_store.read(conn, event_id)
    case_standing.require_visible(reader, row, case_standing.part(conn, reader, row))
    return shown(conn, reader, event_id, now)


def shown(conn: Conn, reader: Reader, event_id: int, now: datetime) -> Case:
    """Return a case that the reader has just acted on; it may be out of their sight from now on."""
    row = case_store.read(conn, event_id)
    part = case_standing.part(conn, reader, row)
    with conn.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(ROW, [event_id]).fetchone() or {}
    log = case_parts.log(conn, event_id)
    tasks = case_parts.tasks(conn, event_id)
    state = "checked" if row.state == "checking" and part.checked else row.state
    plain = {name: found[name] for name in Case.__slots__ if name in found}
    return Case(
        **{
            **plain,
            "reporter": None if found["secret"] else masked(found["reporter"], Mask.NAME),
            "reporter_phone": None if found["secret"] else masked(found["reporter_phone"], Mask.PHONE),
            "worker": masked(found["worker"], Mask.NAME),
            "master_id": found["dup_of"],
            "suspended_until": _until(row, log),
            "satisfied": next((line.detail.get("satisfied") for line in reversed(log) if line.action == "callback"), None),
            "remaining": _remaining(conn, case_clock.load(conn), row, part.standing.before, now),
            "standard": _standard(found),
            "people": _people(found, log, tasks),
            "steps": workflow.steps(state, part.standing.before),
            "five_steps": workflow.five_steps(state, part.standing.before),
            "log": log,
            "sources": case_parts.sources(conn, event_id),
            "departments": case_parts.departments(conn, event_id),
            "tasks": tasks,
            "attachments": case_parts.files(conn, event_id),
            "decisions": case_parts.decisions(conn, event_id),
            "merged": case_parts.merged(conn, event_id),
            "possible": tuple(workflow.possible(workflow.table(conn, row.state), reader, part.standing)),
        }
    )


def _remaining(conn: Conn, clock: Clock, row: CaseRow, before: str | None, now: datetime) -> Remaining | None:
    if row.state in workflow.CLOSED:
        return None
    limit = clock.limit(conn, before or row.state, row.standard_id)
    at = row.paused_at or now
    calendar, start, deadline = clock.calendar, row.step_started_at, row.deadline_at
    return Remaining(
        unit=limit.unit,
        seconds=deadlines.remaining_s(calendar, deadline, at, limit.unit),
        used=deadlines.used(calendar, start, deadline, at, limit.unit),
        lamp=deadlines.lamp(calendar, start, deadline, at, limit.unit),
        paused=row.state == "suspended",
    )


def _until(row: CaseRow, log: Sequence[LogLine]) -> datetime | None:
    if row.state != "suspended":
        return None
    text = next((line.detail.get("until") for line in reversed(log) if line.action == "suspend"), None)
    return datetime.fromisoformat(text) if text else None


def _standard(found: dict[str, Any]) -> CaseStandard | None:
    if found["standard_id"] is None:
        return None
    return CaseStandard(
        id=found["standard_id"],
        condition=found["condition"],
        limit_value=float(found["limit_value"]),
        limit_unit=found["limit_unit"],
        closing=found["closing"],
    )


def _people(found: dict[str, Any], log: Sequence[LogLine], tasks: Sequence[CaseTask]) -> CasePeople:
    """What the acts say; of cases from before anybody acted, what their own columns say."""
    reporter = None if found["secret"] else masked(found["reporter"], Mask.NAME)
    worker = masked(found["worker"], Mask.NAME)
    registered = next((line.actor for line in log if line.action in {"report", "accept"}), None)
    solver = next((line for line in reversed(log) if line.action in SOLVING), None)
    handler = next((task.name for task in reversed(tasks) if task.purpose == "handle" and task.lead and task.state == "done"), None)
    done_before = worker if not log and found["closed_at"] is not None else None
    checker = next((line.actor for line in reversed(log) if line.action in CHECKING), None)
    return CasePeople(
        found=reporter or (worker if found["source"] in FOUND_BY_GRID else None),
        reported=registered or reporter,
        solved=handler or (solver.actor if solver else done_before),
        checked=checker,
    )
