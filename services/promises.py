"""When those who are sent can be there: what is promised with an order that came without a prediction, so that every journey teaches."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from geodata.db import Conn
from geodata.grid import LonLat
from services import eta
from services.candidates import STRAIGHT
from services.movers import MoverKind, approach, movers
from services.orders import Order
from services.rights import Reader
from services.routing.engine import Engine
from services.scoring import raw_s

PLACE = "SELECT ST_X(geom), ST_Y(geom) FROM hall.event WHERE id = %(id)s AND starts_with(grid_code, %(scope)s)"
KINDS: Mapping[str, MoverKind] = {"worker": MoverKind.WORKER, "vehicle": MoverKind.VEHICLE}


def promised(
    conn: Conn, reader: Reader, event_id: int, orders: Sequence[Order], *, now: datetime, engine: Engine | None
) -> tuple[Order, ...]:
    """Return the orders with the travel times that the list of candidates would show now.

    An order that brings its own keeps it. Who cannot be counted on, off duty or with a position of yesterday, is promised nothing.
    """
    wanted = {(order.kind, order.id) for order in orders if order.raw_s is None}
    found = conn.execute(PLACE, {"id": event_id, "scope": reader.scope}).fetchone() if wanted else None
    if found is None:
        return tuple(orders)
    place, model = LonLat(*found), eta.load(conn)
    told: dict[tuple[str, int], dict[str, Any]] = {}
    for kind in sorted({kind for kind, _ in wanted}):
        sent = [mover for mover in movers(conn, reader, KINDS[kind], place) if (kind, mover.id) in wanted]
        ways, factor = approach(engine, sent, place, now), model.factor(KINDS[kind], now)
        for row, mover in enumerate(sent):
            if ways.trouble[row] is None:
                seconds = raw_s(mover, ways, row, routed=engine is not None)
                told[kind, mover.id] = {
                    "engine": engine.state.engine if engine else STRAIGHT,
                    "distance_m": round(float(ways.road_m[row]), 1) if engine else None,
                    "raw_s": round(seconds, 1),
                    "predicted_s": round(factor.eta(seconds).travel_s, 1),
                }
    return tuple(replace(order, **told.get((order.kind, order.id), {})) if order.raw_s is None else order for order in orders)
