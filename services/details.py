"""One row with all that hangs on it: the areas it lies in, the rows it points at, the rows that belong to it, the rooms of a building."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from psycopg.rows import class_row

from geodata.db import Conn
from geodata.errors import InvalidInputError, NotAllowedError, NotFoundError
from services import features
from services.element import Element, visible
from services.relations import RELATIONS
from services.rights import Reader

MAX_RELATED = 200
MAX_ROOMS = 3_000
AREA_LAYERS = {
    "district": "district",
    "street": "streets",
    "community": "communities",
    "base_grid": "base_grids",
    "city_grid": "city_management_grids",
}
BELOW = {"district": "street", "streets": "community", "communities": "base_grid"}
"""Level of the areas directly below an area layer's rows."""

AREAS = """
    SELECT id, level, code, name FROM hall.area
    WHERE level <> 'city_grid' AND starts_with(%(code)s, code) AND starts_with(code, %(scope)s) ORDER BY length(code) LIMIT 10
"""
ROOMS = """
    SELECT room.id, room.unit_no, room.floor_no, room.room_no, room.state, room.area_m2, room.lease_until,
           coalesce(resident.number, 0) AS people, coalesce(office.number, 0) AS organizations, office.name AS organization
    FROM hall.room
    LEFT JOIN (SELECT room_id, count(*) AS number FROM hall.person WHERE building_id = %(id)s GROUP BY room_id) AS resident
        ON resident.room_id = room.id
    LEFT JOIN (SELECT room_id, count(*) AS number, min(name) AS name
               FROM hall.organization WHERE building_id = %(id)s GROUP BY room_id) AS office
        ON office.room_id = room.id
    WHERE room.building_id = %(id)s AND starts_with(room.grid_code, %(scope)s)
    ORDER BY room.floor_no DESC, room.unit_no, room.room_no LIMIT %(limit)s
"""
ROOM = """
    SELECT room.id, room.unit_no, room.floor_no, room.room_no, room.state, room.area_m2, room.lease_until,
           (SELECT count(*) FROM hall.person WHERE person.room_id = room.id) AS people,
           (SELECT count(*) FROM hall.organization AS o WHERE o.building_id = room.building_id AND o.room_id = room.id) AS organizations,
           (SELECT min(o.name) FROM hall.organization AS o WHERE o.building_id = room.building_id AND o.room_id = room.id) AS organization
    FROM hall.room WHERE room.id = %(id)s AND starts_with(room.grid_code, %(scope)s)
"""
BUILDING_OF_ROOM = """
    SELECT room.building_id, (SELECT count(*) FROM hall.household WHERE household.room_id = room.id) FROM hall.room WHERE room.id = %s
"""
PEOPLE_OF_ROOM = "SELECT id FROM hall.person WHERE room_id = %s ORDER BY household_id, relation <> 'head', birth_date, id LIMIT %s"
ORGANIZATIONS_OF_ROOM = "SELECT id FROM hall.organization WHERE building_id = %s AND room_id = %s ORDER BY id LIMIT %s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """An area that a row lies in."""

    layer: str
    id: int
    code: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """Rows of one class that belong to a row: how many in the reader's scope, and the first of them, masked as everywhere."""

    layer: str
    total: int
    rows: tuple[features.Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A room in the matrix of its building."""

    id: int
    unit_no: int
    floor_no: int
    room_no: str
    state: str
    """own | rent | vacant | office | shop"""
    area_m2: float | None
    lease_until: date | None
    people: int
    organizations: int
    organization: str | None
    """Name of the first one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """A row and what hangs on it. Classes that the reader may not see are absent."""

    row: features.Row
    areas: tuple[Area, ...]
    """From the widest to the narrowest, within the reader's scope."""
    relations: Mapping[str, Relation]
    rooms: tuple[Room, ...] = field(default=())
    """Of a building: floors from the top down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomDetails:
    """A room with the people and organizations in it (以房管人); classes that the reader may not see are empty."""

    room: Room
    building_id: int
    households: int
    people: tuple[features.Row, ...]
    organizations: tuple[features.Row, ...]


def details(
    conn: Conn,
    reader: Reader,
    element: Element,
    row_id: int,
    elements: Iterable[Element],
    *,
    links: Mapping[str, str],
    limit: int = 20,
) -> Details:
    """Return one row with its areas and relations.

    `elements` are all classes; `links` says which fields of the row hold the id of a row of another class (field → layer key).
    Each relation brings at most `limit` rows (0 to 200).

    Raises:
        NotAllowedError: the reader's role may not see this layer.
        NotFoundError: no such row, or outside the reader's scope.
        InvalidInputError: `limit` is out of range.
    """
    if not 0 <= limit <= MAX_RELATED:
        raise InvalidInputError(f"limit={limit}: 0 to {MAX_RELATED}")
    row = features.one(conn, reader, element, row_id)
    seen = {other.key: other for other in visible(elements, reader)}
    code = str(row.fields.get("code" if element.key in AREA_LAYERS.values() else "grid_code") or "")
    relations = _pointed_at(conn, reader, row, seen, links)
    values = {"id": row_id, "code": code, "scope": reader.scope, "below": BELOW.get(element.key, ""), "limit": max(limit, 1)}
    for related in RELATIONS.get(element.key, ()):
        if related.layer in seen:
            found = conn.execute(related.query, values).fetchall()
            rows = _rows(conn, reader, seen[related.layer], [found_id for found_id, _ in found[:limit]])
            relations[related.name] = Relation(layer=related.layer, total=found[0][1] if found else 0, rows=rows)
    return Details(row=row, areas=_areas(conn, reader, code, seen), relations=relations, rooms=_rooms(conn, reader, element, row_id))


def room(conn: Conn, reader: Reader, room_id: int, elements: Iterable[Element]) -> RoomDetails:
    """Return a room with the people and organizations in it, at most 200 of each.

    Raises:
        NotAllowedError: the reader's role may not see buildings.
        NotFoundError: no such room, or outside the reader's scope.
    """
    seen = {other.key: other for other in visible(elements, reader)}
    if "buildings" not in seen:
        raise NotAllowedError("rooms are read with the buildings")
    with conn.cursor(row_factory=class_row(Room)) as cursor:
        found = cursor.execute(ROOM, {"id": room_id, "scope": reader.scope}).fetchone()
    owner = conn.execute(BUILDING_OF_ROOM, [room_id]).fetchone()
    if found is None or owner is None:
        raise NotFoundError(f"room/{room_id}")
    building_id, households = owner
    people = [row[0] for row in conn.execute(PEOPLE_OF_ROOM, [room_id, MAX_RELATED])]
    offices = [row[0] for row in conn.execute(ORGANIZATIONS_OF_ROOM, [building_id, room_id, MAX_RELATED])]
    return RoomDetails(
        room=found,
        building_id=building_id,
        households=households,
        people=_rows(conn, reader, seen.get("people"), people),
        organizations=_rows(conn, reader, seen.get("organizations"), offices),
    )


def _rooms(conn: Conn, reader: Reader, element: Element, building_id: int) -> tuple[Room, ...]:
    if element.key != "buildings":
        return ()
    with conn.cursor(row_factory=class_row(Room)) as cursor:
        return tuple(cursor.execute(ROOMS, {"id": building_id, "scope": reader.scope, "limit": MAX_ROOMS}).fetchall())


def _areas(conn: Conn, reader: Reader, code: str, seen: Mapping[str, Element]) -> tuple[Area, ...]:
    rows = conn.execute(AREAS, {"code": code, "scope": reader.scope}).fetchall() if code else []
    named = ((AREA_LAYERS[level], area_id, area_code, name) for area_id, level, area_code, name in rows)
    return tuple(Area(layer=layer, id=area_id, code=area_code, name=name) for layer, area_id, area_code, name in named if layer in seen)


def _pointed_at(
    conn: Conn,
    reader: Reader,
    row: features.Row,
    seen: Mapping[str, Element],
    links: Mapping[str, str],
) -> dict[str, Relation]:
    pointed = {}
    for name, layer in links.items():
        target = row.fields.get(name)
        if layer in seen and isinstance(target, int):
            rows = _rows(conn, reader, seen[layer], [target])
            if rows:
                pointed[name.removesuffix("_id")] = Relation(layer=layer, total=1, rows=rows)
    return pointed


def _rows(conn: Conn, reader: Reader, element: Element | None, ids: list[int]) -> tuple[features.Row, ...]:
    return tuple(features.by_ids(conn, reader, element, ids)) if element and ids else ()
