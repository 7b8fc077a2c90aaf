"""Sending people and vehicles to a case, and calling them back: tasks, messages and the load of the receivers in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from geodata.db import Conn
from geodata.errors import InvalidInputError, NotFoundError
from services import outbox
from services.audit import Caller
from services.case_store import CaseRow
from services.rights import in_scope

MAX_ORDERS = 50
Kind = Literal["worker", "vehicle"]
Purpose = Literal["verify", "handle", "check"]
PURPOSES: Mapping[str, Purpose] = {"reported": "verify", "checking": "check"}
"""What somebody is sent for, by the state of the case; else to handle it."""

RECEIVERS = """
    SELECT 'worker' AS kind, id, grid_code, phone FROM hall.worker WHERE id = ANY(%(workers)s)
    UNION ALL
    SELECT 'vehicle', id, grid_code, phone FROM hall.vehicle WHERE id = ANY(%(vehicles)s)
"""
BUSY = """
    SELECT kind, coalesce(worker_id, vehicle_id) FROM hall.task
    WHERE event_id = %(event_id)s AND finished_at IS NULL AND (worker_id = ANY(%(workers)s) OR vehicle_id = ANY(%(vehicles)s))
"""
HAS_LEAD = "SELECT EXISTS (SELECT FROM hall.task WHERE event_id = %s AND lead AND purpose = %s AND finished_at IS NULL)"
ADD = """
    INSERT INTO hall.task (event_id, kind, worker_id, vehicle_id, lead, order_text, sent_at, sent_by, rank, override_reason, engine, distance_m,
                           raw_s, predicted_s, purpose)
    VALUES (%(event_id)s, %(kind)s, %(worker_id)s, %(vehicle_id)s, %(lead)s, %(order_text)s, %(now)s, %(account_id)s, %(rank)s, %(override_reason)s,
            %(engine)s, %(distance_m)s, %(raw_s)s, %(predicted_s)s, %(purpose)s)
    RETURNING id
"""
CANCEL = """
    WITH open AS (
        SELECT id, state FROM hall.task
        WHERE event_id = %(event_id)s AND finished_at IS NULL AND (%(purpose)s::text IS NULL OR purpose = %(purpose)s) FOR UPDATE
    )
    UPDATE hall.task
    SET state = CASE WHEN open.state = 'on_site' AND %(concluded)s THEN 'done' ELSE 'cancelled' END, finished_at = %(now)s
    FROM open WHERE open.id = task.id
    RETURNING task.id, open.state, task.state, task.worker_id, task.vehicle_id,
              coalesce((SELECT phone FROM hall.worker WHERE id = task.worker_id), (SELECT phone FROM hall.vehicle WHERE id = task.vehicle_id))
"""
RESTORE = """
    UPDATE hall.task SET state = %(state)s, finished_at = NULL WHERE id = %(id)s AND event_id = %(event_id)s AND state = 'cancelled'
    RETURNING worker_id, vehicle_id
"""
AGAIN = """
    SELECT kind, coalesce(worker_id, vehicle_id), lead FROM hall.task AS done
    WHERE event_id = %(event_id)s AND purpose = 'handle' AND state = 'done'
      AND NOT EXISTS (SELECT FROM hall.task AS later WHERE later.event_id = done.event_id AND later.id > done.id
                      AND (later.worker_id = done.worker_id OR later.vehicle_id = done.vehicle_id))
    ORDER BY id LIMIT 50
"""
# Locked by a statement of its own: the one that counts then sees what others committed meanwhile.
LOCK_WORKERS = "SELECT FROM hall.worker WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"
LOCK_VEHICLES = "SELECT FROM hall.vehicle WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"
# A worker's load is what is open: tasks, and cases of the sample city that were the worker's before anybody used the product.
RECOUNT = """
    WITH counted AS (
        SELECT w.id, (SELECT count(*) FROM hall.task t WHERE t.worker_id = w.id AND t.finished_at IS NULL)
                     + (SELECT count(*) FROM hall.event e
                        WHERE e.worker_id = w.id AND e.closed_at IS NULL AND e.state IN ('dispatched', 'handling')
                          AND NOT EXISTS (SELECT FROM hall.task t WHERE t.event_id = e.id AND t.worker_id = w.id)) AS load
        FROM hall.worker w WHERE w.id = ANY(%(workers)s)
    ), changed AS (
        UPDATE hall.worker AS w
        SET load = counted.load,
            status = CASE WHEN counted.load > 0 AND w.status = 'free' THEN 'busy' WHEN counted.load = 0 AND w.status = 'busy' THEN 'free' ELSE w.status END
        FROM counted WHERE counted.id = w.id RETURNING w.id, w.status
    )
    UPDATE hall.worker_position AS p SET status = changed.status FROM changed WHERE p.worker_id = changed.id AND p.status <> changed.status
"""
RECOUNT_VEHICLES = """
    UPDATE hall.vehicle AS v SET status = CASE WHEN open.number > 0 THEN 'busy' ELSE 'free' END
    FROM (SELECT v.id, (SELECT count(*) FROM hall.task t WHERE t.vehicle_id = v.id AND t.finished_at IS NULL) AS number
          FROM hall.vehicle v WHERE v.id = ANY(%(vehicles)s)) AS open
    WHERE open.id = v.id AND v.status IN ('free', 'busy') AND v.status <> CASE WHEN open.number > 0 THEN 'busy' ELSE 'free' END
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Whom to send, and what the choice was based on."""

    kind: Kind
    id: int
    lead: bool = False
    rank: int | None = None
    """In the list that was shown; None: chosen without a list."""
    override_reason: str | None = None
    """Why somebody else than the first of the list."""
    engine: str | None = None
    distance_m: float | None = None
    raw_s: float | None = None
    predicted_s: float | None = None


@dataclass(frozen=True, slots=True)
class _Told:
    """Who is told of which task."""

    order: Order
    phone: str | None
    task_id: int
    text: str = ""


def send(conn: Conn, caller: Caller, row: CaseRow, orders: Sequence[Order], order_text: str = "") -> list[int]:
    """Create the tasks of a locked case with their messages, in the caller's transaction; return their ids. Exactly one receiver leads.

    Raises:
        InvalidInputError: nobody, too many, somebody twice or already on it, or a choice against the ranking without a reason.
        NotFoundError: there is no such worker or vehicle in the caller's scope.
    """
    if not 1 <= len(orders) <= MAX_ORDERS:
        raise InvalidInputError(f"receivers: 1 to {MAX_ORDERS}, not {len(orders)}")
    _require_reasons(orders)
    purpose = PURPOSES.get(row.state, "handle")
    phones = _receivers(conn, caller, row, orders)
    leader = _leader(conn, row, purpose, orders)
    ids = []
    for order in orders:
        values: dict[str, Any] = {
            "event_id": row.id,
            "kind": order.kind,
            "worker_id": order.id if order.kind == "worker" else None,
            "vehicle_id": order.id if order.kind == "vehicle" else None,
            "lead": order is leader,
            "order_text": order_text,
            "now": caller.now,
            "account_id": caller.reader.account_id,
            "rank": order.rank,
            "override_reason": order.override_reason,
            "engine": order.engine,
            "distance_m": order.distance_m,
            "raw_s": order.raw_s,
            "predicted_s": order.predicted_s,
            "purpose": purpose,
        }
        added = conn.execute(ADD, values).fetchone()
        task_id = int(added[0]) if added else 0
        ids.append(task_id)
        _tell(conn, "task", row, _Told(order, phones[order.kind, order.id], task_id, order_text), caller.now)
    recount(conn, orders)
    return ids


def cancel(conn: Conn, row: CaseRow, now: datetime, purpose: Purpose | None = None, *, concluded: bool = False) -> dict[int, str]:
    """Call everybody back who is still on the case; return what state each task was in.

    `concluded`: the work is done, so the tasks of those on site are as well.
    """
    values = {"event_id": row.id, "now": now, "purpose": purpose, "concluded": concluded}
    ended = conn.execute(CANCEL, values).fetchall()
    for task_id, _, state, worker_id, vehicle_id, phone in ended:
        if state == "cancelled":
            _tell(conn, "cancelled", row, _Told(_order(worker_id, vehicle_id), phone, task_id), now)
    recount(conn, [_order(worker_id, vehicle_id) for *_, worker_id, vehicle_id, _ in ended])
    return {task_id: before for task_id, before, *_ in ended}


def restore(conn: Conn, row: CaseRow, states: Mapping[int, str]) -> None:
    """Take back a cancellation."""
    back = []
    for task_id, state in states.items():
        found = conn.execute(RESTORE, {"id": task_id, "event_id": row.id, "state": state}).fetchone()
        if found:
            back.append(_order(*found))
    recount(conn, back)


def send_again(conn: Conn, caller: Caller, row: CaseRow, order_text: str) -> list[int]:
    """Send those who had finished the case back to it, with the same one leading."""
    again = [Order(kind=kind, id=number, lead=lead) for kind, number, lead in conn.execute(AGAIN, {"event_id": row.id})]
    return send(conn, caller, row, again, order_text) if again else []


def recount(conn: Conn, orders: Sequence[Order]) -> None:
    """Set load and status of receivers by what they have to do now."""
    workers = sorted({order.id for order in orders if order.kind == "worker"})
    vehicles = sorted({order.id for order in orders if order.kind == "vehicle"})
    if workers:
        conn.execute(LOCK_WORKERS, [workers])
        conn.execute(RECOUNT, {"workers": workers})
    if vehicles:
        conn.execute(LOCK_VEHICLES, [vehicles])
        conn.execute(RECOUNT_VEHICLES, {"vehicles": vehicles})


def _require_reasons(orders: Sequence[Order]) -> None:
    """Whoever is sent instead of a better one of the list needs a reason; the first n of a list need none."""
    for kind in ("worker", "vehicle"):
        ranked = [order for order in orders if order.kind == kind and order.rank is not None]
        for order in ranked:
            if (order.rank or 0) > len(ranked) and not (order.override_reason or "").strip():
                raise InvalidInputError(f"missing: override_reason ({kind} {order.id} is number {order.rank} of the list)")


def _receivers(conn: Conn, caller: Caller, row: CaseRow, orders: Sequence[Order]) -> dict[tuple[str, int], str | None]:
    asked = [(order.kind, order.id) for order in orders]
    if len(set(asked)) < len(asked):
        raise InvalidInputError("receivers: somebody is named twice")
    values = {
        "event_id": row.id,
        "workers": [number for kind, number in asked if kind == "worker"],
        "vehicles": [number for kind, number in asked if kind == "vehicle"],
    }
    found = {(kind, number): phone for kind, number, area, phone in conn.execute(RECEIVERS, values) if in_scope(caller.reader, area)}
    strange = [f"{kind}/{number}" for kind, number in asked if (kind, number) not in found]
    if strange:
        raise NotFoundError(", ".join(strange))
    busy = [f"{kind} {number}" for kind, number in conn.execute(BUSY, values)]
    if busy:
        raise InvalidInputError(f"receivers: {', '.join(sorted(busy))} already on this case")
    return found


def _leader(conn: Conn, row: CaseRow, purpose: str, orders: Sequence[Order]) -> Order | None:
    leads = [order for order in orders if order.lead]
    if len(leads) > 1:
        raise InvalidInputError("receivers: only one leads")
    has = conn.execute(HAS_LEAD, [row.id, purpose]).fetchone()
    if has and has[0]:
        if leads:
            raise InvalidInputError("receivers: somebody leads already")
        return None
    return leads[0] if leads else next((order for order in orders if order.kind == "worker"), orders[0])


def _tell(conn: Conn, template: str, row: CaseRow, told: _Told, now: datetime) -> None:
    order = told.order
    body = {"template": template, "case_no": row.case_no, "title": row.title, "place": row.place_text, "order": told.text}
    channel, recipient = ("sms", told.phone) if told.phone else ("webhook", f"{order.kind}/{order.id}")
    outbox.put(conn, channel, recipient, body, now, event_id=row.id, task_id=told.task_id)


def _order(worker_id: int | None, vehicle_id: int | None) -> Order:
    return Order(kind="worker", id=worker_id) if worker_id is not None else Order(kind="vehicle", id=vehicle_id or 0)
