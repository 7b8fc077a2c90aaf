"""The screens of the hall: which there are, what each shows, on which programme, and what its browser last said of itself."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from geodata.db import Conn
from geodata.errors import ConflictError, InvalidInputError, NotAllowedError, NotFoundError
from services import audit
from services.audit import Act, Caller
from services.rights import Reader, Role

SCENES = ("overview", "events", "grids", "hotspots", "video", "force", "sensing")
"""总览 事件 网格 热点 视频 力量 部件与感知."""
MAPPED = frozenset(SCENES) - {"video"}
"""Scenes whose middle is a map: it can be flown over or compared."""
COMPARES = ("imagery", "tilted")
"""Two views side by side: plan and imagery, plan and 3D."""
LOOKS = ("follow", "peace")
MAY_WATCH = frozenset({Role.LEADER, Role.DISPATCHER, Role.ACCEPTOR, Role.SHIFT_LEADER, Role.DEPARTMENT, Role.WORKER, Role.WALL})
"""Who may open a wall; it shows the same to all of them, within their area."""
MAY_STEER = frozenset({Role.LEADER, Role.DISPATCHER, Role.SHIFT_LEADER, Role.SYSTEM_ADMIN})
"""Who sees the screens and chooses what they show."""
MAY_SET_UP = frozenset({Role.SHIFT_LEADER, Role.SYSTEM_ADMIN})
"""Who enters and removes screens and writes programmes."""

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
CLIENT = re.compile(r"[A-Za-z0-9_-]{1,40}")
SIZE = re.compile(r"(\d{3,5})x(\d{3,5})")
SIDES_PX = (320, 16_384)
SECONDS = (5, 3_600)
MOST_SCREENS, MOST_PROGRAMMES, MOST_STEPS, LONGEST_TITLE = 100, 50, 40, 40
MOST_STALE, MOST_FLIGHTS = 20, 500
ALIVE = timedelta(seconds=20)
"""A screen that has been silent for longer is told as silent."""
FORGOTTEN = timedelta(days=2)
MOST_METRES = 500.0

PROGRAMMES = "SELECT id, name, steps, changed_at, changed_by FROM hall.screen_programme ORDER BY id LIMIT %s"
ADD_PROGRAMME = """
    INSERT INTO hall.screen_programme (name, steps, changed_at, changed_by) VALUES (%(name)s, %(steps)s, %(now)s, %(by)s) RETURNING id
"""
CHANGE_PROGRAMME = """
    UPDATE hall.screen_programme SET name = %(name)s, steps = %(steps)s, changed_at = %(now)s, changed_by = %(by)s WHERE id = %(id)s RETURNING id
"""
REMOVE_PROGRAMME = "DELETE FROM hall.screen_programme WHERE id = %s RETURNING id"
FLIGHTS = "SELECT id, name, stops, loops FROM hall.fly_path WHERE shared ORDER BY name, id LIMIT %s"
LIST = """
    SELECT id, name, title, size, wall_width_m, distance_m, programme_id, scene, paused, look, reload, changed_at, changed_by
    FROM hall.screen WHERE %(name)s::text IS NULL OR name = %(name)s ORDER BY name LIMIT %(limit)s
"""
ADD = """
    INSERT INTO hall.screen (name, title, size, wall_width_m, distance_m, programme_id, scene, paused, look, changed_at, changed_by)
    VALUES (%(name)s, %(title)s, %(size)s, %(wall_width_m)s, %(distance_m)s, coalesce(%(programme_id)s, (SELECT min(id) FROM hall.screen_programme)),
            %(scene)s, %(paused)s, %(look)s, %(now)s, %(by)s)
    RETURNING id
"""
CHANGE = """
    UPDATE hall.screen
    SET name = %(name)s, title = %(title)s, size = %(size)s, wall_width_m = %(wall_width_m)s, distance_m = %(distance_m)s, programme_id = %(programme_id)s,
        scene = %(scene)s, paused = %(paused)s, look = %(look)s, reload = reload + %(reload)s, changed_at = %(now)s, changed_by = %(by)s
    WHERE id = %(id)s
"""
BY_ID = """
    SELECT id, name, title, size, wall_width_m, distance_m, programme_id, scene, paused, look, reload, changed_at, changed_by
    FROM hall.screen WHERE id = %s FOR UPDATE
"""
REMOVE = "DELETE FROM hall.screen WHERE id = %s RETURNING name"
BEATS = """
    SELECT name, client, at, started_at, width, height, scene, look, heap_mb, nodes, sockets, faults, stale
    FROM hall.screen_heartbeat WHERE at > %(since)s ORDER BY name, at DESC LIMIT 500
"""
BEAT = """
    INSERT INTO hall.screen_heartbeat (name, client, at, started_at, width, height, scene, look, heap_mb, nodes, sockets, faults, stale)
    VALUES (%(name)s, %(client)s, %(at)s, %(started_at)s, %(width)s, %(height)s, %(scene)s, %(look)s, %(heap_mb)s, %(nodes)s, %(sockets)s, %(faults)s,
            %(stale)s)
    ON CONFLICT (name, client) DO UPDATE
    SET at = excluded.at, started_at = excluded.started_at, width = excluded.width, height = excluded.height, scene = excluded.scene, look = excluded.look,
        heap_mb = excluded.heap_mb, nodes = excluded.nodes, sockets = excluded.sockets, faults = excluded.faults, stale = excluded.stale
"""
# strangers cannot fill the table: what is not known and not the newest goes
TIDY = """
    DELETE FROM hall.screen_heartbeat WHERE at < %(before)s OR (name, client) IN (
        SELECT name, client FROM hall.screen_heartbeat ORDER BY at DESC OFFSET 200)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A scene and how long it stays, and what its map does meanwhile: it is flown over, or two views of it stand side by side."""

    scene: str
    seconds: int
    flight: int | None = None
    """Id of a shared flight."""
    compare: str | None = None
    """imagery | tilted"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flight:
    """A shared flight that a scene can take; `seconds` is once from its first stop to its last."""

    id: int
    name: str
    seconds: float
    loops: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme:
    """Scenes in their order; after the last comes the first."""

    id: int
    name: str
    steps: tuple[Step, ...]
    changed_at: datetime
    changed_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a person decides about a screen."""

    name: str
    """As in `/wall?screen=`: lower-case letters, digits, - and _."""
    title: str
    size: str | None = None
    """`1920x1080`; None: as large as the browser's window."""
    wall_width_m: float | None = None
    distance_m: float | None = None
    """How wide the wall is, and how far away its viewers stand: both together size the type."""
    programme_id: int | None = None
    scene: str | None = None
    """Pinned; None: as the programme says."""
    paused: bool = False
    look: str = "follow"
    """follow: an emergency takes its zone of the screen; peace: it does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """A screen as it is set."""

    id: int
    name: str
    title: str
    size: str | None
    wall_width_m: float | None
    distance_m: float | None
    programme_id: int
    scene: str | None
    paused: bool
    look: str
    reload: int
    changed_at: datetime
    changed_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """What a browser that shows a screen says of itself."""

    name: str
    client: str
    """One running page; another one of the same screen has another."""
    at: datetime
    started_at: datetime
    width: int
    height: int
    scene: str
    look: str
    """peace | emergency: what is shown."""
    heap_mb: float | None
    nodes: int | None
    sockets: int | None
    faults: int
    stale: Sequence[str] = field(default_factory=tuple)
    """Panels without fresh figures."""


def programmes(conn: Conn) -> list[Programme]:
    """Return all programmes; the first is the one of screens that nobody has entered."""
    rows = conn.execute(PROGRAMMES, [MOST_PROGRAMMES]).fetchall()
    return [
        Programme(id=id_, name=name, steps=tuple(Step(**step) for step in steps), changed_at=changed_at, changed_by=changed_by)
        for id_, name, steps, changed_at, changed_by in rows
    ]


def programme_of(conn: Conn, screen: Screen | None) -> Programme:
    """Return the programme of a screen, or the first one."""
    known = programmes(conn)
    return next((one for one in known if screen and one.id == screen.programme_id), known[0])


def flights(conn: Conn, reader: Reader) -> list[Flight]:
    """Return the shared flights by name.

    Raises:
        NotAllowedError: the role steers no screens.
    """
    _require(reader, MAY_STEER, "sees no screens")
    return [
        Flight(id=id_, name=name, seconds=sum(float(stop["seconds"]) for stop in stops[1:]), loops=loops)
        for id_, name, stops, loops in conn.execute(FLIGHTS, [MOST_FLIGHTS])
    ]


def save_programme(conn: Conn, caller: Caller, programme_id: int | None, name: str, steps: Sequence[Step]) -> int:
    """Add a programme, or write a known one anew; return its id. Call it in `services.audit.attempt`.

    Raises:
        NotAllowedError: the role writes no programmes.
        InvalidInputError: name, scenes or times cannot be used.
        NotFoundError: no such programme.
        ConflictError: the name is taken, or there are too many.
    """
    _require(caller.reader, MAY_SET_UP, "writes no programmes")
    values = {
        "id": programme_id,
        "name": _title(name),
        "steps": Jsonb([_step(step) for step in _steps(steps, {one.id for one in flights(conn, caller.reader)})]),
        "now": caller.now,
        "by": caller.reader.display_name,
    }
    if programme_id is None and len(programmes(conn)) >= MOST_PROGRAMMES:
        raise ConflictError(f"there are {MOST_PROGRAMMES} programmes already")
    row = _unique(conn, CHANGE_PROGRAMME if programme_id else ADD_PROGRAMME, values, name)
    if row is None:
        raise NotFoundError(f"no programme {programme_id}")
    audit.record(conn, caller, Act(action="screen_programme", object=f"programme/{row[0]}", detail={"name": name}))
    return int(row[0])


def remove_programme(conn: Conn, caller: Caller, programme_id: int) -> None:
    """Remove a programme that no screen uses. Errors as `save_programme`; the last one stays."""
    _require(caller.reader, MAY_SET_UP, "writes no programmes")
    if len(programmes(conn)) < 2:
        raise ConflictError("the last programme stays")
    try:
        found = conn.execute(REMOVE_PROGRAMME, [programme_id]).fetchone()
    except psycopg.errors.ForeignKeyViolation:
        raise ConflictError("a screen runs on this programme") from None
    if found is None:
        raise NotFoundError(f"no programme {programme_id}")
    audit.record(conn, caller, Act(action="screen_programme", object=f"programme/{programme_id}", detail={"removed": True}))


def screens(conn: Conn, reader: Reader) -> list[Screen]:
    """Return the screens by name.

    Raises:
        NotAllowedError: the role steers no screens.
    """
    _require(reader, MAY_STEER, "sees no screens")
    return _list(conn, None)


def screen(conn: Conn, name: str) -> Screen | None:
    """Return a screen by its name; None when nobody has entered it."""
    found = _list(conn, name)
    return found[0] if found else None


def add(conn: Conn, caller: Caller, wanted: Setting) -> int:
    """Enter a screen and return its id. Call it in `services.audit.attempt`.

    Raises:
        NotAllowedError: the role enters no screens.
        InvalidInputError: a value cannot be used; the message names it.
        ConflictError: the name is taken, or there are too many.
    """
    _require(caller.reader, MAY_SET_UP, "enters no screens")
    if len(_list(conn, None)) >= MOST_SCREENS:
        raise ConflictError(f"there are {MOST_SCREENS} screens already")
    row = _unique(conn, ADD, _values(conn, caller, wanted), wanted.name)
    screen_id = int(row[0]) if row else 0
    audit.record(conn, caller, Act(action="screen_change", object=f"screen/{screen_id}", detail={"name": wanted.name, "added": True}))
    return screen_id


def change(conn: Conn, caller: Caller, screen_id: int, changed: dict[str, Any]) -> Screen:
    """Change what is named of a screen; `reload: true` has its page loaded anew. Call it in `services.audit.attempt`.

    What it shows (scene, paused, look, programme, reload) is for all who steer; name, title and measures for those who set up.

    Raises:
        NotAllowedError, InvalidInputError, ConflictError: as `add`.
        NotFoundError: no such screen.
    """
    steers = {"scene", "paused", "look", "programme_id", "reload"}
    _require(caller.reader, MAY_STEER if set(changed) <= steers else MAY_SET_UP, "does not change this of a screen")
    with conn.cursor(row_factory=class_row(Screen)) as cursor:
        before = cursor.execute(BY_ID, [screen_id]).fetchone()
    if before is None:
        raise NotFoundError(f"no screen {screen_id}")
    again = bool(changed.get("reload"))
    kept = {name: getattr(before, name) for name in Setting.__slots__}
    wanted = Setting(**(kept | {name: value for name, value in changed.items() if name != "reload"}))
    _unique(conn, CHANGE, _values(conn, caller, wanted) | {"id": screen_id, "reload": int(again)}, wanted.name)
    audit.record(conn, caller, Act(action="screen_change", object=f"screen/{screen_id}", detail={"name": wanted.name, **changed}))
    with conn.cursor(row_factory=class_row(Screen)) as cursor:
        return cursor.execute(BY_ID, [screen_id]).fetchone() or before


def remove(conn: Conn, caller: Caller, screen_id: int) -> None:
    """Take a screen out of the list; a page that still shows it goes on as one that nobody has entered. Errors as `change`."""
    _require(caller.reader, MAY_SET_UP, "removes no screens")
    found = conn.execute(REMOVE, [screen_id]).fetchone()
    if found is None:
        raise NotFoundError(f"no screen {screen_id}")
    audit.record(conn, caller, Act(action="screen_change", object=f"screen/{screen_id}", detail={"name": found[0], "removed": True}))


def beats(conn: Conn, reader: Reader, now: datetime) -> list[Beat]:
    """Return the last sign of life of each page within the last two days, the newest of a screen first. Errors as `screens`."""
    _require(reader, MAY_STEER, "sees no screens")
    with conn.cursor(row_factory=class_row(Beat)) as cursor:
        return cursor.execute(BEATS, {"since": now - FORGOTTEN}).fetchall()


def beat(conn: Conn, reader: Reader, heard: Beat) -> None:
    """Keep a sign of life.

    Raises:
        NotAllowedError: the role opens no wall.
        InvalidInputError: a value cannot be used; the message names it.
    """
    _require(reader, MAY_WATCH, "opens no wall")
    check_name(heard.name)
    if not CLIENT.fullmatch(heard.client):
        raise InvalidInputError("client: 1 to 40 letters, digits, - or _")
    if not (0 < heard.width <= SIDES_PX[1] and 0 < heard.height <= SIDES_PX[1]):
        raise InvalidInputError(f"width, height: 1 to {SIDES_PX[1]}")
    if heard.scene not in SCENES:
        raise InvalidInputError(f"scene: one of {', '.join(SCENES)}")
    if heard.look not in {"peace", "emergency"}:
        raise InvalidInputError("look: peace or emergency")
    if len(heard.stale) > MOST_STALE or any(len(name) > LONGEST_TITLE for name in heard.stale):
        raise InvalidInputError(f"stale: at most {MOST_STALE} names of panels")
    if any(value is not None and not 0 <= value < 2**31 for value in (heard.heap_mb, heard.nodes, heard.sockets, heard.faults)):
        raise InvalidInputError("heap_mb, nodes, sockets, faults: not negative")
    conn.execute(BEAT, {name: getattr(heard, name) for name in Beat.__slots__ if name != "stale"} | {"stale": list(heard.stale)})
    conn.execute(TIDY, {"before": heard.at - FORGOTTEN})


def check_name(name: str) -> None:
    """Raise InvalidInputError when a screen cannot have this name."""
    if not NAME.fullmatch(name):
        raise InvalidInputError("name: 1 to 40 lower-case letters, digits, - or _")


def require_watch(reader: Reader) -> None:
    """Raise NotAllowedError when the role opens no wall."""
    _require(reader, MAY_WATCH, "opens no wall")


def require_steer(reader: Reader) -> None:
    """Raise NotAllowedError when the role steers no screens."""
    _require(reader, MAY_STEER, "steers no screens")


def _list(conn: Conn, name: str | None) -> list[Screen]:
    with conn.cursor(row_factory=class_row(Screen)) as cursor:
        return cursor.execute(LIST, {"name": name, "limit": MOST_SCREENS}).fetchall()


def _values(conn: Conn, caller: Caller, wanted: Setting) -> dict[str, Any]:
    check_name(wanted.name)
    size = SIZE.fullmatch(wanted.size) if wanted.size else None
    if wanted.size and (size is None or not all(SIDES_PX[0] <= int(side) <= SIDES_PX[1] for side in size.groups())):
        raise InvalidInputError(f"size={wanted.size[:20]!r}: width x height in pixels, as 1920x1080")
    if wanted.scene is not None and wanted.scene not in SCENES:
        raise InvalidInputError(f"scene: one of {', '.join(SCENES)}")
    if wanted.look not in LOOKS:
        raise InvalidInputError(f"look: one of {', '.join(LOOKS)}")
    for name in ("wall_width_m", "distance_m"):
        value = getattr(wanted, name)
        if value is not None and not 0 < value <= MOST_METRES:
            raise InvalidInputError(f"{name}: more than 0, at most {MOST_METRES:g}")
    if wanted.programme_id is not None and all(one.id != wanted.programme_id for one in programmes(conn)):
        raise InvalidInputError(f"programme_id={wanted.programme_id}: no such programme")
    return {name: getattr(wanted, name) for name in Setting.__slots__} | {
        "title": _title(wanted.title),
        "size": wanted.size or None,
        "now": caller.now,
        "by": caller.reader.display_name,
    }


def _title(text: str) -> str:
    title = " ".join(text.split())
    if not 1 <= len(title) <= LONGEST_TITLE:
        raise InvalidInputError(f"title: 1 to {LONGEST_TITLE} characters")
    return title


def _step(step: Step) -> dict[str, Any]:
    """A step as it is kept: what is not chosen is left out."""
    return {name: value for name in Step.__slots__ if (value := getattr(step, name)) is not None}


def _steps(steps: Sequence[Step], flights: set[int]) -> Sequence[Step]:
    if not 1 <= len(steps) <= MOST_STEPS:
        raise InvalidInputError(f"steps: 1 to {MOST_STEPS}")
    for step in steps:
        if step.scene not in SCENES:
            raise InvalidInputError(f"scene: one of {', '.join(SCENES)}")
        if not SECONDS[0] <= step.seconds <= SECONDS[1]:
            raise InvalidInputError(f"seconds: {SECONDS[0]} to {SECONDS[1]}")
        if step.flight is not None and step.flight not in flights:
            raise InvalidInputError(f"flight={step.flight}: no shared flight")
        if step.compare is not None and step.compare not in COMPARES:
            raise InvalidInputError(f"compare: one of {', '.join(COMPARES)}")
        if (step.flight is not None) + (step.compare is not None) > (step.scene in MAPPED):
            raise InvalidInputError("flight, compare: one of both, for a scene with a map")
    return steps


def _unique(conn: Conn, statement: Any, values: dict[str, Any], name: str) -> Any:
    try:
        cursor = conn.execute(statement, values)
    except psycopg.errors.UniqueViolation:
        raise ConflictError(f"{name[:40]!r} is taken") from None
    return cursor.fetchone() if cursor.description else None


def _require(reader: Reader, roles: frozenset[Role], refusal: str) -> None:
    if reader.role not in roles:
        raise NotAllowedError(f"{reader.role} {refusal}")
