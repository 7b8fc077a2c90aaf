"""Camera flights over the city: stops one after the other, saved under a name; one's own, or shared with everybody and the wall."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

import msgspec
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from geodata.db import Conn
from geodata.errors import InvalidInputError, NotAllowedError, NotFoundError
from services.audit import Act, Caller, record
from services.rights import Reader, Role

SEES = frozenset({Role.LEADER, Role.DISPATCHER, Role.ACCEPTOR, Role.SHIFT_LEADER, Role.DEPARTMENT, Role.WORKER, Role.WALL})
MAY_SAVE = SEES - {Role.WALL}
MAY_SHARE = frozenset({Role.LEADER, Role.DISPATCHER, Role.SHIFT_LEADER})
LONGEST_NAME = 40
LEAST_STOPS, MOST_STOPS = 2, 60
MOST_OWN, MOST_LISTED = 50, 500
LONGEST_S = 120.0
MAX_ID = 2**63 - 1
RANGES = {"lon": (-180, 180), "lat": (-85, 85), "zoom": (8, 21), "pitch": (0, 75), "bearing": (-360, 360), "seconds": (0, LONGEST_S)}

READ = """
    SELECT p.id, p.name, p.stops, p.loops, p.shared, p.account_id IS NOT DISTINCT FROM %(account_id)s AS own, a.username, p.changed_at
    FROM hall.fly_path AS p LEFT JOIN hall.account AS a ON a.id = p.account_id
    WHERE (p.shared OR p.account_id = %(account_id)s) AND (%(id)s::bigint IS NULL OR p.id = %(id)s)
    ORDER BY p.shared DESC, p.name, p.id LIMIT %(limit)s
"""
WRITE = """
    INSERT INTO hall.fly_path (account_id, name, stops, loops, shared, changed_at)
    VALUES (%(account_id)s, %(name)s, %(stops)s, %(loops)s, %(shared)s, %(now)s)
    ON CONFLICT (account_id, name) DO UPDATE
    SET stops = excluded.stops, loops = excluded.loops, shared = excluded.shared, changed_at = excluded.changed_at
    RETURNING id
"""
OWN = "SELECT count(*) FROM hall.fly_path WHERE account_id = %s AND name <> %s"
DELETE = "DELETE FROM hall.fly_path WHERE id = %s AND (account_id = %s OR (shared AND %s)) RETURNING name"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """Where the camera is: the middle of the picture, zoom, pitch and bearing in degrees; `seconds` is the way from the stop before."""

    lon: float
    lat: float
    zoom: float
    pitch: float = 0.0
    bearing: float = 0.0
    seconds: float = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FlyPath:
    """A saved flight. `username` is null for one that came with the sample city."""

    id: int
    name: str
    stops: Sequence[Stop]
    loops: bool
    shared: bool
    own: bool
    username: str | None
    changed_at: datetime


def paths(conn: Conn, reader: Reader) -> list[FlyPath]:
    """Return the reader's own and all shared flights, at most 500.

    Raises:
        NotAllowedError: the role sees no map.
    """
    _require(reader)
    return _read(conn, reader)


def one(conn: Conn, reader: Reader, path_id: int) -> FlyPath:
    """Return one of them.

    Raises:
        NotAllowedError: the role sees no map.
        NotFoundError: none that is the reader's own or shared.
    """
    _require(reader)
    found = _read(conn, reader, path_id) if 0 < path_id <= MAX_ID else []
    if not found:
        raise NotFoundError(f"fly-paths/{path_id}")
    return found[0]


def save(conn: Conn, caller: Caller, name: str, stops: Sequence[Stop], *, loops: bool = False, shared: bool = False) -> FlyPath:
    """Save a flight; the same name of the same account is written over.

    Raises:
        NotAllowedError: the role saves none, or shares none.
        InvalidInputError: a name or a stop that cannot be, or 50 flights already.
    """
    reader = caller.reader
    if reader.role not in MAY_SAVE or (shared and reader.role not in MAY_SHARE):
        raise NotAllowedError(f"{reader.role} {'shares' if shared else 'saves'} no flights")
    name = name.strip()
    if not 1 <= len(name) <= LONGEST_NAME or "\0" in name:
        raise InvalidInputError(f"name: 1 to {LONGEST_NAME} characters")
    check(stops)
    row = conn.execute(OWN, [reader.account_id, name]).fetchone()
    if row and row[0] >= MOST_OWN:
        raise InvalidInputError(f"you have {MOST_OWN} flights: delete one first")
    values = {
        "account_id": reader.account_id,
        "name": name,
        "stops": Jsonb([asdict(stop) for stop in stops]),
        "loops": loops,
        "shared": shared,
        "now": caller.now,
    }
    written = conn.execute(WRITE, values).fetchone()
    return one(conn, reader, int(written[0]) if written else 0)


def delete(conn: Conn, caller: Caller, path_id: int) -> None:
    """Delete one's own flight; a shift leader also deletes shared ones.

    Raises:
        NotFoundError: none that the caller may delete.
    """
    reader = caller.reader
    leads = reader.role is Role.SHIFT_LEADER
    row = conn.execute(DELETE, [path_id, reader.account_id, leads]).fetchone() if 0 < path_id <= MAX_ID else None
    if row is None:
        raise NotFoundError(f"fly-paths/{path_id}")
    record(conn, caller, Act(action="fly_path_delete", object=f"fly-paths/{path_id}", detail={"name": row[0]}))


def check(stops: Sequence[Stop]) -> None:
    """Check the stops of a flight.

    Raises:
        InvalidInputError: too few, too many, or a value out of range; the message says which.
    """
    if not LEAST_STOPS <= len(stops) <= MOST_STOPS:
        raise InvalidInputError(f"stops: {LEAST_STOPS} to {MOST_STOPS}")
    for number, stop in enumerate(stops):
        for name, (low, high) in RANGES.items():
            value = getattr(stop, name)
            if not (math.isfinite(value) and low <= value <= high):
                raise InvalidInputError(f"stops[{number}].{name}={value:g}: {low:g} to {high:g}")


def _require(reader: Reader) -> None:
    if reader.role not in SEES:
        raise NotAllowedError(f"{reader.role} sees no map")


def _read(conn: Conn, reader: Reader, path_id: int | None = None) -> list[FlyPath]:
    params = {"account_id": reader.account_id, "id": path_id, "limit": MOST_LISTED}
    with conn.cursor(row_factory=class_row(FlyPath)) as cursor:
        found = cursor.execute(READ, params).fetchall()
    return [replace(path, stops=msgspec.convert(path.stops, list[Stop])) for path in found]
