"""The worker's part: enters what is due and what happened, makes it, and has it drawn by a process of its own that ends when nothing waits."""

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from geodata.db import Conn, Pool, reading, writing
from geodata.errors import HallError, SourceUnavailableError
from geodata.settings import ROOT
from services.audit import Caller
from services.briefs import acts, catalogue, compose, files, library, periods, wishes
from services.briefs.catalogue import BriefType, CaseFilter
from services.briefs.document import Document
from services.briefs.periods import SCHEDULED, Cycle, Period
from services.briefs.queries import QUERIES
from services.briefs.queries.base import Query
from services.rights import Reader, Role
from services.worktime import LOCAL

log = logging.getLogger(__name__)

PAUSE_S = 4.0
DUE_EVERY_S = 30.0
RETRY = timedelta(minutes=10)
MISSED = {Cycle.DAILY: 7, Cycle.NIGHTLY: 7, Cycle.WEEKLY: 3, Cycle.MONTHLY: 2, Cycle.QUARTERLY: 1}
"""So many issues that were missed while nothing ran are made up for."""
LATELY = timedelta(days=2)
"""Cases and changes of mode that are older start no brief any more."""
NICE = 10
AT_ONCE = 10

AREAS = "SELECT code, name, level FROM hall.area WHERE level = ANY(%s) ORDER BY code LIMIT 1000"
HELD = "SELECT type_code, area_code, period_key, period_end FROM hall.brief WHERE period_end >= %s LIMIT 100000"
LAST = "SELECT type_code, area_code, max(period_start) FROM hall.brief GROUP BY 1, 2"
HAPPENED: Mapping[str, str] = {
    "case_opened": """
        SELECT e.id AS event_id, NULL::bigint AS mode_id, '' AS kind, 'event:' || e.id AS key, e.grid_code, e.reported_at AS since
        FROM hall.event AS e
        WHERE e.level IN (1, 2) AND e.state NOT IN ('void', 'merged') AND e.reported_at >= %(lately)s AND e.reported_at <= %(now)s
          AND NOT EXISTS (SELECT FROM hall.brief AS b WHERE b.type_code = %(type)s AND b.period_key = 'event:' || e.id)
        ORDER BY e.reported_at, e.id LIMIT 50
    """,
    "case_closed": """
        SELECT e.id AS event_id, NULL::bigint AS mode_id, '' AS kind, 'event:' || e.id AS key, e.grid_code, e.reported_at AS since
        FROM hall.event AS e
        WHERE e.level IN (1, 2) AND e.state NOT IN ('void', 'merged') AND e.closed_at >= %(lately)s AND e.closed_at <= %(now)s
          AND NOT EXISTS (SELECT FROM hall.brief AS b WHERE b.type_code = %(type)s AND b.period_key = 'event:' || e.id)
        ORDER BY e.closed_at, e.id LIMIT 50
    """,
    "mode_changed": """
        SELECT e.id AS event_id, m.id AS mode_id, change.kind, 'mode:' || m.id || ':' || change.kind AS key, e.grid_code, m.started_at AS since
        FROM hall.hall_mode AS m JOIN hall.event AS e ON e.id = m.event_id
        CROSS JOIN LATERAL (VALUES ('start', m.started_at), ('end', m.ended_at)) AS change (kind, at)
        WHERE change.at >= %(lately)s AND change.at <= %(now)s
          AND NOT EXISTS (SELECT FROM hall.brief AS b WHERE b.type_code = %(type)s AND b.period_key = 'mode:' || m.id || ':' || change.kind)
        ORDER BY change.at LIMIT 50
    """,
}
WAITING = """
    SELECT id, type_code, area_code, period_key, period_start, period_end, label, issue, event_id, parameters, asked_at FROM hall.brief
    WHERE state = 'making' AND (retry_at IS NULL OR retry_at <= %(now)s) ORDER BY asked_by IS NULL, asked_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
"""
MADE = """
    UPDATE hall.brief SET state = 'draft', content = %(content)s, troubles = %(troubles)s, data_at = %(now)s, period_end = %(end)s, failure = NULL,
                          retry_at = NULL, rendered_at = NULL, version = version + 1
    WHERE id = %(id)s
"""
FAILED = "UPDATE hall.brief SET failure = %(failure)s, retry_at = %(retry_at)s WHERE id = %(id)s"
UNDRAWN = """
    SELECT b.id, b.type_code, b.area_code, b.version, b.content, b.approved_name, b.approved_at, b.remark FROM hall.brief AS b
    WHERE b.rendered_at IS NULL AND b.state <> 'making' AND (b.retry_at IS NULL OR b.retry_at <= %(now)s)
    ORDER BY b.approved_at IS NULL, b.asked_by IS NULL, b.id LIMIT 1
"""
ANY_UNDRAWN = """
    SELECT EXISTS (SELECT FROM hall.brief WHERE rendered_at IS NULL AND state <> 'making' AND (retry_at IS NULL OR retry_at <= %(now)s))
"""
DRAWN = "UPDATE hall.brief SET rendered_at = %(now)s, failure = NULL, retry_at = NULL WHERE id = %(id)s AND version = %(version)s"
DUTY_ACCOUNT = (
    "SELECT id, username, display_name, scope FROM hall.account WHERE username = 'shift_leader' AND role = 'shift_leader' AND active"
)
DRAFTS_OF = (
    "SELECT id FROM hall.brief WHERE state = 'draft' AND type_code = ANY(%s) AND failure IS NULL AND troubles = '[]' ORDER BY id LIMIT 20"
)
SENT_IN_DEMO = [
    "daily_operation",
    "daily_hotline",
    "night_watch",
    "weekly_operation",
    "weekly_safety",
    "weekly_hotline",
    "monthly_operation",
    "monthly_roads",
    "event_first",
]
"""In the sample city the shift leader's account approves and sends these by itself, so that receivers have something to read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Making:
    """What the maker works with."""

    pool: Pool
    data_dir: Path
    queries: Mapping[str, Query]


def enter_due(conn: Conn, now: datetime) -> int:
    """Enter the issues whose time has come, for every area of their kind; those that are there are left alone. Returns how many are new."""
    kinds = [kind for kind, enabled in catalogue.stored(conn).values() if enabled and kind.cycle in SCHEDULED]
    held = {(row[0], row[1], row[2]) for row in conn.execute(HELD, [now - timedelta(days=400)])}
    last = {(row[0], row[1]): row[2] for row in conn.execute(LAST)}
    new = 0
    for kind in kinds:
        for code, name, level in conn.execute(AREAS, [list(kind.levels)]).fetchall():
            place = compose.Area(code=code, name=name, level=level)
            for period in _due(kind, now, last.get((kind.code, code))):
                if (kind.code, code, period.key) not in held:
                    new += wishes.register(conn, kind, place, period, now)[1]
    return new


def _due(kind: BriefType, now: datetime, last: datetime | None) -> list[Period]:
    """The last period and those since the last issue (it began at `last`) that were missed, the oldest first; a new kind begins with the last."""
    chain = [periods.due(kind.cycle, now, kind.time)]
    while last is not None and len(chain) < MISSED[kind.cycle]:
        day_before = chain[0].window.start.astimezone(LOCAL).date() - timedelta(days=1)
        before = periods.of_day(kind.cycle, day_before)
        if before.window.start <= last:
            break
        chain.insert(0, before)
    return chain


def enter_happenings(conn: Conn, now: datetime) -> int:
    """Enter the issues that cases of level Ⅰ and Ⅱ and changes of mode start, each once. Returns how many are new."""
    new = 0
    for kind, enabled in catalogue.stored(conn).values():
        if not enabled or kind.cycle is not Cycle.EVENT:
            continue
        values = {"type": kind.code, "now": now, "lately": now - LATELY}
        with conn.cursor(row_factory=dict_row) as cursor:
            rows = cursor.execute(HAPPENED[kind.occasion].encode(), values).fetchall()
        for row in rows:
            place = _place(conn, row["grid_code"], "street" in kind.levels)
            if place is None:
                continue
            period = periods.happening(row["key"], row["since"], now)
            parameters = {"mode_id": row["mode_id"], "mode_kind": row["kind"]} if row["mode_id"] else {}
            new += wishes.register(conn, kind, place, period, now, event_id=row["event_id"], parameters=parameters)[1]
    return new


def _place(conn: Conn, grid_code: str, street: bool) -> compose.Area | None:
    """The area whose issue it is: the street of the case, or the district where the street is not known or not asked for."""
    for digits in (9, 6) if street else (6,):
        try:
            return compose.area(conn, grid_code[:digits])
        except HallError:
            continue
    return None


def make_one(making: Making, now: datetime) -> bool:
    """Make the issue that waits longest. Returns whether there was one. The row stays locked, so that two workers never make the same.

    Raises:
        SourceUnavailableError: the database went away.
    """
    with writing(making.pool) as conn:
        with conn.cursor(row_factory=dict_row) as cursor:
            row = cursor.execute(WAITING, {"now": now}).fetchone()
        if row is None:
            return False
        kinds = catalogue.stored(conn)
        if row["type_code"] not in kinds:
            conn.execute(FAILED, {"id": row["id"], "failure": f"no brief type {row['type_code']}", "retry_at": now + RETRY})
            return True
        kind = kinds[row["type_code"]][0]
        try:
            place = compose.area(conn, row["area_code"])
            period = _period(kind, row, now)
            subject = _subject(row, place, period)
        except HallError as error:
            conn.execute(FAILED, {"id": row["id"], "failure": str(error)[:300], "retry_at": now + RETRY})
            return True
        # a connection of its own: its transaction is the snapshot
        with writing(making.pool) as asking:
            composed = compose.compose(asking, kind, subject, now, making.queries)
        compose.note(conn, composed, now)
        values = {
            "id": row["id"],
            "content": Jsonb(msgspec.to_builtins(composed.document)),
            "troubles": Jsonb(msgspec.to_builtins(composed.troubles)),
            "now": now,
            "end": period.window.end,
        }
        conn.execute(MADE, values)
        return True


def _period(kind: BriefType, row: Mapping[str, object], now: datetime) -> Period:
    start, end = row["period_start"], row["period_end"]
    if not isinstance(start, datetime) or not isinstance(end, datetime):
        raise SourceUnavailableError("a brief without a period")
    if kind.cycle in SCHEDULED:
        return periods.of_day(kind.cycle, start.astimezone(LOCAL).date())
    if kind.cycle is Cycle.EVENT:
        return periods.happening(str(row["period_key"]), start, now)
    return periods.span(start, end)


def _subject(row: Mapping[str, object], place: compose.Area, period: Period) -> compose.Subject:
    given = row["parameters"] if isinstance(row["parameters"], dict) else {}
    return compose.Subject(
        area=place,
        period=period,
        issue=int(str(row["issue"])),
        event_id=row["event_id"] if isinstance(row["event_id"], int) else None,
        mode_id=given.get("mode_id"),
        mode_kind=str(given.get("mode_kind") or ""),
        filter=msgspec.convert(given["filter"], CaseFilter) if given.get("filter") else None,
    )


def draw_one(pool: Pool, data_dir: Path, now: datetime) -> bool:
    """Draw the files of one issue. Returns whether there was one.

    Raises:
        SourceUnavailableError: the database went away.
    """
    with reading(pool) as conn:
        with conn.cursor(row_factory=dict_row) as cursor:
            row = cursor.execute(UNDRAWN, {"now": now}).fetchone()
        if row is None:
            return False
        stamp = library.stamp(conn, row)
        document = msgspec.convert(row["content"], Document)
        try:
            files.render(conn, data_dir, row["id"], document, stamp)
            failure = None
        except (HallError, psycopg.DatabaseError, OSError, ArithmeticError, LookupError, TypeError, ValueError) as error:
            if conn.closed:
                raise SourceUnavailableError(str(error)) from error
            log.exception("brief %s is not drawn", row["id"])
            failure = f"{type(error).__name__}: {error}"[:300]
    with writing(pool) as conn:
        if failure is None:
            conn.execute(DRAWN, {"id": row["id"], "version": row["version"], "now": now})
        else:
            conn.execute(FAILED, {"id": row["id"], "failure": failure, "retry_at": now + RETRY})
    return True


def send_in_demo(pool: Pool, now: datetime) -> int:
    """Let the sample city's shift leader approve and send the drafts that everybody waits for. Returns how many."""
    with writing(pool) as conn:
        account = conn.execute(DUTY_ACCOUNT).fetchone()
        if account is None:
            return 0
        reader = Reader(account[0], account[1], account[2], Role.SHIFT_LEADER, account[3])
        caller = Caller(reader=reader, address=None, now=now)
        sent = 0
        for (brief_id,) in conn.execute(DRAFTS_OF, [SENT_IN_DEMO]).fetchall():
            try:
                with conn.transaction():
                    acts.act(conn, caller, brief_id, "approve")
                    acts.act(conn, caller, brief_id, "send")
            except HallError as error:
                log.info("brief %s stays a draft: %s", brief_id, error)
                continue
            sent += 1
        return sent


def run_forever(stop: threading.Event, pool: Pool, data_dir: Path, *, demo: bool = False) -> None:
    """Look every few seconds until `stop`; while the database is away, wait for it."""
    making = Making(pool=pool, data_dir=data_dir, queries=QUERIES)
    drawer: subprocess.Popen[bytes] | None = None
    last = -DUE_EVERY_S
    told: dict[str, str] = {}
    while not stop.wait(PAUSE_S):
        try:
            if time.monotonic() - last >= DUE_EVERY_S:
                last = time.monotonic()
                told = _look(pool, data_dir, told)
            for _ in range(AT_ONCE):
                if stop.is_set() or not make_one(making, datetime.now(UTC)):
                    break
            if demo:
                send_in_demo(pool, datetime.now(UTC))
            drawer = _drawn(drawer, pool)
        except (SourceUnavailableError, psycopg.Error) as error:
            log.warning("no briefs are made: %s", error)
    if drawer is not None and drawer.poll() is None:
        drawer.terminate()
        drawer.wait(10)


def _look(pool: Pool, data_dir: Path, told: dict[str, str]) -> dict[str, str]:
    now = datetime.now(UTC)
    found = catalogue.with_own(data_dir)
    for name, reason in found.refused.items():
        if told.get(name) != reason:
            log.error("briefs of %s are left out: %s", name, reason)
    with writing(pool) as conn:
        catalogue.store(conn, found, now)
    for enter in (enter_due, enter_happenings):
        _entered(pool, enter, now)
    return dict(found.refused)


def _entered(pool: Pool, enter: Callable[[Conn, datetime], int], now: datetime) -> None:
    with writing(pool) as conn:
        new = enter(conn, now)
    if new:
        log.info("%s briefs to be made", new)


def _drawn(drawer: "subprocess.Popen[bytes] | None", pool: Pool) -> "subprocess.Popen[bytes] | None":
    """Start the process that draws when something waits and none runs."""
    if drawer is not None and drawer.poll() is None:
        return drawer
    with reading(pool) as conn:
        row = conn.execute(ANY_UNDRAWN, {"now": datetime.now(UTC)}).fetchone()
    if not row or not row[0]:
        return None
    return subprocess.Popen([sys.executable, "-m", "services.briefs.drawing"], cwd=ROOT, env=dict(os.environ))
