"""Positions of the worker that an account stands for, as the worker's phone sends them: by consent, in batches, and only what can be true.

A phone collects while it has no connection, so a batch may tell of an hour ago, come twice, or out of order. What cannot be true is refused one by
one and spoils nothing else: clocks that run ahead, points from long ago or from before the consent, and jumps that nobody can travel.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from psycopg.rows import class_row

from geodata.db import Conn
from geodata.errors import InvalidInputError, NotAllowedError
from services import audit
from services.audit import Caller
from services.geodesy import GEOD
from services.rights import Role

MOST: Final = 500
"""Positions in one batch."""
AHEAD: Final = timedelta(minutes=2)
"""A clock that runs ahead by less is taken as now."""
OLDEST: Final = timedelta(hours=24)
WORST_M: Final = 500.0
"""A point that is less exact says nothing about a street."""
FASTEST_MS: Final = 50.0
"""180 km/h: nobody who walks or drives through a city is faster."""
AGREE: Final = 3
"""So many points that agree with one another are believed, although they lie far from the one before."""

WORKER = "SELECT worker_id FROM hall.account WHERE id = %s AND EXISTS (SELECT FROM hall.worker WHERE id = account.worker_id)"
CONSENT = "SELECT given_at FROM hall.position_consent WHERE worker_id = %s AND withdrawn_at IS NULL"
GIVE = """
    INSERT INTO hall.position_consent (worker_id, account_id, given_at) VALUES (%(worker)s, %(account)s, %(now)s)
    ON CONFLICT (worker_id) WHERE withdrawn_at IS NULL DO NOTHING RETURNING id
"""
WITHDRAW = "UPDATE hall.position_consent SET withdrawn_at = %(now)s WHERE worker_id = %(worker)s AND withdrawn_at IS NULL RETURNING id"
# Two batches of one phone are taken one after the other.
ALONE = "SELECT FROM hall.position_consent WHERE worker_id = %s AND withdrawn_at IS NULL FOR UPDATE"
BEFORE = """
    SELECT reported_at AS at, ST_X(geom) AS lon, ST_Y(geom) AS lat, accuracy_m, NULL::real AS speed_kmh, NULL::real AS heading_deg,
           NULL::smallint AS battery_pct
    FROM hall.track_point
    WHERE worker_id = %(worker)s AND reported_at < %(first)s AND reported_at >= %(since)s
    ORDER BY reported_at DESC LIMIT 1
"""
KNOWN = "SELECT reported_at FROM hall.track_point WHERE worker_id = %(worker)s AND reported_at = ANY(%(times)s)"
WALKED = """
    INSERT INTO hall.track_point (worker_id, reported_at, accuracy_m, geom)
    SELECT %(worker)s, at, accuracy_m, ST_SetSRID(ST_MakePoint(lon, lat), 4326)
    FROM unnest(%(at)s::timestamptz[], %(accuracy_m)s::real[], %(lon)s::float8[], %(lat)s::float8[]) AS given (at, accuracy_m, lon, lat)
"""
# An older position never replaces a newer one, unless that one lies in the future.
NOW_AT = """
    INSERT INTO hall.worker_position AS p (worker_id, reported_at, speed_kmh, heading_deg, battery_pct, accuracy_m, status, geom)
    SELECT id, %(at)s, %(speed_kmh)s, %(heading_deg)s, %(battery_pct)s, %(accuracy_m)s, status, ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326)
    FROM hall.worker WHERE id = %(worker)s
    ON CONFLICT (worker_id) DO UPDATE
    SET reported_at = EXCLUDED.reported_at, speed_kmh = EXCLUDED.speed_kmh, heading_deg = EXCLUDED.heading_deg,
        battery_pct = coalesce(EXCLUDED.battery_pct, p.battery_pct), accuracy_m = EXCLUDED.accuracy_m, geom = EXCLUDED.geom
    WHERE p.reported_at < EXCLUDED.reported_at OR p.reported_at > %(now)s OR p.reported_at < %(since)s
          OR NOT EXISTS (SELECT FROM hall.track_point t WHERE t.worker_id = p.worker_id AND t.reported_at = p.reported_at)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """Where the phone was, and when by its own clock."""

    at: datetime
    lon: float
    lat: float
    accuracy_m: float | None = None
    """Radius in which the phone believes to be."""
    speed_kmh: float | None = None
    heading_deg: float | None = None
    battery_pct: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A position that was not taken."""

    index: int
    """In the batch, from 0."""
    reason: str
    """invalid | future | old | before_consent | inexact | jump"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of a batch."""

    accepted: int
    known: int
    """Came before, in another batch or twice in this one."""
    refused: tuple[Refused, ...]
    last_at: datetime | None
    """Newest position that was accepted."""


def own_worker(conn: Conn, caller: Caller) -> int:
    """Return the worker that the account stands for.

    Raises:
        NotAllowedError: the account stands for none.
    """
    found = conn.execute(WORKER, [caller.reader.account_id]).fetchone() if caller.reader.role is Role.WORKER else None
    if found is None:
        raise NotAllowedError("this account stands for no worker")
    return int(found[0])


def consent(conn: Conn, caller: Caller, *, given: bool) -> None:
    """Note that the worker agrees to positions being taken, or no longer does; said twice it is said once.

    Raises:
        NotAllowedError: the account stands for no worker.
    """
    worker_id = own_worker(conn, caller)
    values = {"worker": worker_id, "account": caller.reader.account_id, "now": caller.now}
    if conn.execute(GIVE if given else WITHDRAW, values).fetchone():
        action = "position_consent" if given else "position_consent_withdrawn"
        audit.record(conn, caller, audit.Act(action=action, object=f"workers/{worker_id}"))


def take(conn: Conn, caller: Caller, fixes: Sequence[Fix]) -> Taken:
    """Take a batch in, whatever its order. The same batch again changes nothing.

    Raises:
        InvalidInputError: an empty batch, or more than 500 positions.
        NotAllowedError: the account stands for no worker, or the worker has not agreed.
    """
    if not 1 <= len(fixes) <= MOST:
        raise InvalidInputError(f"positions: 1 to {MOST}, not {len(fixes)}")
    worker_id = own_worker(conn, caller)
    conn.execute(ALONE, [worker_id])
    agreed = conn.execute(CONSENT, [worker_id]).fetchone()
    if agreed is None:
        raise NotAllowedError("the worker has not agreed to share positions")
    since, now = agreed[0], caller.now
    refused = {index: reason for index, fix in enumerate(fixes) if (reason := _wrong(fix, since, now))}
    sound = sorted((index for index in range(len(fixes)) if index not in refused), key=lambda index: fixes[index].at)
    values: dict[str, Any] = {"worker": worker_id, "since": since, "now": now, "times": [fixes[index].at for index in sound]}
    seen = {row[0] for row in conn.execute(KNOWN, values)}
    fresh, known = [], 0
    for index in sound:
        if fixes[index].at in seen:
            known += 1
        else:
            seen.add(fixes[index].at)
            fresh.append(index)
    jumps = _jumps(_before(conn, values, [fixes[index] for index in fresh]), {index: fixes[index] for index in fresh})
    refused |= dict.fromkeys(jumps, "jump")
    accepted = [fixes[index] for index in fresh if index not in jumps]
    _store(conn, values, accepted)
    return Taken(
        accepted=len(accepted),
        known=known,
        refused=tuple(Refused(index=index, reason=refused[index]) for index in sorted(refused)),
        last_at=accepted[-1].at if accepted else None,
    )


def _wrong(fix: Fix, since: datetime, now: datetime) -> str | None:
    """Say why a position cannot be true by itself; None when it can."""
    if not (_between(fix.lon, -180, 180) and _between(fix.lat, -90, 90)) or (fix.lon, fix.lat) == (0.0, 0.0) or fix.at.tzinfo is None:
        return "invalid"
    if fix.accuracy_m is not None and not (math.isfinite(fix.accuracy_m) and 0 <= fix.accuracy_m <= WORST_M):
        return "inexact"
    if fix.at > now + AHEAD:
        return "future"
    if fix.at < now - OLDEST:
        return "old"
    return "before_consent" if fix.at < since - AHEAD else None


def _before(conn: Conn, values: Mapping[str, Any], fresh: Sequence[Fix]) -> Fix | None:
    """Return the last known position before the batch, of this consent."""
    if not fresh:
        return None
    with conn.cursor(row_factory=class_row(Fix)) as cursor:
        return cursor.execute(BEFORE, {**values, "first": fresh[0].at}).fetchone()


def _jumps(last: Fix | None, fixes: Mapping[int, Fix]) -> set[int]:
    """Return the indices of positions, in order of time, that nobody could have reached from the one before.

    A run of them that agree with one another is believed: then it was the one before that was wrong.
    """
    jumps: set[int] = set()
    run: list[int] = []
    for index, fix in fixes.items():
        if last is None or _reachable(last, fix):
            jumps |= set(run)
            run, last = [], fix
            continue
        if run and not _reachable(fixes[run[-1]], fix):
            jumps |= set(run)
            run = []
        run.append(index)
        if len(run) >= AGREE:
            run, last = [], fix
    return jumps | set(run)


def _reachable(before: Fix, after: Fix) -> bool:
    slack_m = (before.accuracy_m or 0) + (after.accuracy_m or 0) + 30
    far_m = float(GEOD.inv(before.lon, before.lat, after.lon, after.lat)[2])
    return far_m <= slack_m + FASTEST_MS * (after.at - before.at).total_seconds()


def _store(conn: Conn, values: Mapping[str, Any], accepted: Sequence[Fix]) -> None:
    if not accepted:
        return
    columns = {name: [getattr(fix, name) for fix in accepted] for name in ("at", "accuracy_m", "lon", "lat")}
    last = accepted[-1]
    told = {
        "at": min(last.at, values["now"]),
        "lon": last.lon,
        "lat": last.lat,
        "accuracy_m": last.accuracy_m,
        "speed_kmh": _told(last.speed_kmh, 0, 300),
        "heading_deg": _told(last.heading_deg, 0, 360),
        "battery_pct": _told(last.battery_pct, 0, 100),
    }
    conn.execute(NOW_AT, {**values, **told})
    conn.execute(WALKED, {**values, **columns})


def _told(value: float | None, low: float, high: float) -> float | None:
    return value if value is not None and _between(value, low, high) else None


def _between(value: float, low: float, high: float) -> bool:
    return math.isfinite(value) and low <= value <= high
