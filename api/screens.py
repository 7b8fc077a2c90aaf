"""The screens of the hall over HTTP: their controller, their heartbeat, their programmes, and 平战."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import request
from msgspec import UNSET, Struct, UnsetType, structs

from api import parameters
from api.context import Context
from api.identity import current_caller, current_reader
from api.routes import Route, body
from geodata.db import reading, writing
from geodata.errors import InvalidInputError
from services import audit, hall_mode, screens

LIMIT = parameters.integer("limit", 1, hall_mode.MOST_ROWS, "How many at most.", 20)
LONGEST_S = 400 * 86_400


class StepBody(Struct, forbid_unknown_fields=True):
    """A scene and how many seconds it stays; its map may be flown over (`flight`: id of a shared one) or compared (`compare`: imagery or tilted)."""

    scene: str
    seconds: int
    flight: int | None = None
    compare: str | None = None


class ProgrammeBody(Struct, forbid_unknown_fields=True):
    """A programme as it shall be."""

    name: str
    steps: list[StepBody]


class NewScreen(Struct, forbid_unknown_fields=True):
    """A screen to enter. `name` stands in its address; `size` as 1920x1080, absent: what the browser says."""

    name: str
    title: str
    size: str | None = None
    wall_width_m: float | None = None
    distance_m: float | None = None
    programme_id: int | None = None


class ScreenChange(Struct, forbid_unknown_fields=True):
    """What shall be otherwise; what is absent stays. `scene` null: as the programme says. `reload` has the page loaded anew."""

    name: str | UnsetType = UNSET
    title: str | UnsetType = UNSET
    size: str | UnsetType | None = UNSET
    wall_width_m: float | UnsetType | None = UNSET
    distance_m: float | UnsetType | None = UNSET
    programme_id: int | UnsetType = UNSET
    scene: str | UnsetType | None = UNSET
    paused: bool | UnsetType = UNSET
    look: str | UnsetType = UNSET
    reload: bool | UnsetType = UNSET


class BeatBody(Struct, forbid_unknown_fields=True):
    """What a browser says of itself. `up_s`: how long its page runs."""

    client: str
    up_s: float
    width: int
    height: int
    scene: str
    look: str = "peace"
    heap_mb: float | None = None
    nodes: int | None = None
    sockets: int | None = None
    faults: int = 0
    stale: list[str] = []


class ModeBody(Struct, forbid_unknown_fields=True):
    """`emergency` with a case and a reason, or `peace` with a closing note as the reason."""

    mode: str
    reason: str
    event_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenView:
    """A screen, and the pages that show it now or did within two days. `alive`: one of them was heard within 20 s."""

    screen: screens.Screen | None
    name: str
    alive: bool
    pages: Sequence[screens.Beat]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenList:
    """All screens by name; those that nobody has entered have no `screen`."""

    at: datetime
    items: Sequence[ScreenView]
    programmes: Sequence[screens.Programme]
    scenes: Sequence[str]
    mapped: Sequence[str]
    """Scenes whose map can be flown over or compared."""
    flights: Sequence[screens.Flight]
    compares: Sequence[str]
    may_set_up: bool
    may_switch: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """What a page that shows a screen shall do."""

    at: datetime
    screen: screens.Screen | None
    programme: screens.Programme
    mode: hall_mode.HallMode


@dataclass(frozen=True, slots=True)
class Made:
    """Id of what was added."""

    id: int


@dataclass(frozen=True, slots=True)
class PastList:
    """Emergencies that are over, with their reports."""

    items: Sequence[hall_mode.Past]


class ScreenViews:
    """Views over screens, programmes and the mode of the hall."""

    def __init__(self, context: Context) -> None:
        self._pool = context.pool

    def list(self) -> ScreenList:
        """All screens."""
        reader, now = current_reader(), datetime.now(UTC)
        with reading(self._pool) as conn:
            known = {screen.name: screen for screen in screens.screens(conn, reader)}
            pages: dict[str, list[screens.Beat]] = {name: [] for name in known}
            for one in screens.beats(conn, reader, now):
                pages.setdefault(one.name, []).append(one)
            programmes, flights = screens.programmes(conn), screens.flights(conn, reader)
        return ScreenList(
            at=now,
            items=[
                ScreenView(
                    screen=known.get(name),
                    name=name,
                    alive=any(now - one.at < screens.ALIVE for one in pages[name]),
                    pages=pages[name],
                )
                for name in sorted(pages)
            ],
            programmes=programmes,
            scenes=screens.SCENES,
            mapped=[name for name in screens.SCENES if name in screens.MAPPED],
            flights=flights,
            compares=screens.COMPARES,
            may_set_up=reader.role in screens.MAY_SET_UP,
            may_switch=reader.role in hall_mode.MAY_SWITCH,
        )

    def add(self) -> Made:
        """Enter a screen."""
        new, caller = body(NewScreen), current_caller()
        with audit.attempt(self._pool, caller, "screen_change", f"screen/{new.name[:40]}") as conn:
            return Made(screens.add(conn, caller, screens.Setting(**structs.asdict(new))))

    def change(self, id: int) -> screens.Screen:  # noqa: A002 - as the path names it
        """Change a screen."""
        wanted, caller = body(ScreenChange), current_caller()
        changed: dict[str, Any] = {name: value for name, value in structs.asdict(wanted).items() if value is not UNSET}
        with audit.attempt(self._pool, caller, "screen_change", f"screen/{id}") as conn:
            return screens.change(conn, caller, id, changed)

    def remove(self, id: int) -> None:  # noqa: A002 - as the path names it
        """Remove a screen."""
        caller = current_caller()
        with audit.attempt(self._pool, caller, "screen_change", f"screen/{id}") as conn:
            screens.remove(conn, caller, id)

    def beat(self, name: str) -> Orders:
        """Hear a page, and tell it what to do."""
        heard, reader, now = body(BeatBody), current_reader(), datetime.now(UTC)
        if not 0 <= heard.up_s <= LONGEST_S:
            raise InvalidInputError(f"up_s: 0 to {LONGEST_S}")
        told = structs.asdict(heard)
        told["started_at"] = now - timedelta(seconds=told.pop("up_s"))
        with writing(self._pool) as conn:
            screens.beat(conn, reader, screens.Beat(name=name, at=now, **told))
        return self.orders(name)

    def orders(self, name: str) -> Orders:
        """Tell what a screen shall show."""
        reader, now = current_reader(), datetime.now(UTC)
        screens.require_watch(reader)
        screens.check_name(name)
        with reading(self._pool) as conn:
            known = screens.screen(conn, name)
            return Orders(at=now, screen=known, programme=screens.programme_of(conn, known), mode=hall_mode.current(conn, reader))

    def add_programme(self) -> Made:
        """Add a programme."""
        return self._save(None)

    def change_programme(self, id: int) -> Made:  # noqa: A002 - as the path names it
        """Write a programme anew."""
        return self._save(id)

    def remove_programme(self, id: int) -> None:  # noqa: A002 - as the path names it
        """Remove a programme."""
        caller = current_caller()
        with audit.attempt(self._pool, caller, "screen_programme", f"programme/{id}") as conn:
            screens.remove_programme(conn, caller, id)

    def mode(self) -> hall_mode.HallMode:
        """Peace or emergency."""
        reader = current_reader()
        with reading(self._pool) as conn:
            return hall_mode.current(conn, reader)

    def switch(self) -> hall_mode.HallMode:
        """Begin or end an emergency."""
        wanted, caller = body(ModeBody), current_caller()
        if wanted.mode not in {hall_mode.PEACE, hall_mode.EMERGENCY}:
            raise InvalidInputError("mode: peace or emergency")
        if (wanted.mode == hall_mode.EMERGENCY) != (wanted.event_id is not None):
            raise InvalidInputError("event_id: for an emergency, and only for one")
        with audit.attempt(self._pool, caller, "hall_mode", f"events/{wanted.event_id or 0}") as conn:
            if wanted.event_id is None:
                hall_mode.end(conn, caller, wanted.reason)
            else:
                hall_mode.begin(conn, caller, wanted.event_id, wanted.reason)
        return self.mode()

    def past(self) -> PastList:
        """Emergencies that are over."""
        reader = current_reader()
        with reading(self._pool) as conn:
            return PastList(hall_mode.past(conn, reader, LIMIT.read(request.args)))

    def routes(self) -> Sequence[Route]:
        """Return what is served, and what OpenAPI says of it."""
        return (
            Route(
                method="GET", path="/api/v1/screens", view=self.list, answer=ScreenList, summary="Screens of the hall with their heartbeat"
            ),
            Route(
                method="POST",
                path="/api/v1/screens",
                view=self.add,
                body=NewScreen,
                answer=Made,
                status=201,
                summary="Enter a screen (shift leader, system administrator)",
            ),
            Route(
                method="PATCH",
                path="/api/v1/screens/{id}",
                view=self.change,
                body=ScreenChange,
                answer=screens.Screen,
                summary="Scene, pause, look, programme of a screen; name and measures for who sets up",
            ),
            Route(method="DELETE", path="/api/v1/screens/{id}", view=self.remove, status=204, summary="Remove a screen"),
            Route(
                method="GET",
                path="/api/v1/screens/{name}/orders",
                view=self.orders,
                answer=Orders,
                summary="What a screen shall show now: its settings, programme and the mode of the hall",
            ),
            Route(
                method="POST",
                path="/api/v1/screens/{name}/beat",
                view=self.beat,
                body=BeatBody,
                answer=Orders,
                summary="Sign of life of a page that shows a screen; answered by what it shall show",
            ),
            Route(
                method="POST",
                path="/api/v1/programmes",
                view=self.add_programme,
                body=ProgrammeBody,
                answer=Made,
                status=201,
                summary="Add a programme of scenes",
            ),
            Route(
                method="PUT",
                path="/api/v1/programmes/{id}",
                view=self.change_programme,
                body=ProgrammeBody,
                answer=Made,
                summary="Write a programme anew",
            ),
            Route(
                method="DELETE",
                path="/api/v1/programmes/{id}",
                view=self.remove_programme,
                status=204,
                summary="Remove a programme that no screen uses",
            ),
            Route(
                method="GET",
                path="/api/v1/mode",
                view=self.mode,
                answer=hall_mode.HallMode,
                summary="Peace or emergency (平战), and the cases that would be a reason",
            ),
            Route(
                method="POST",
                path="/api/v1/mode",
                view=self.switch,
                body=ModeBody,
                answer=hall_mode.HallMode,
                summary="Begin an emergency for a case, or end it with a note (leader, shift leader)",
            ),
            Route(
                method="GET",
                path="/api/v1/mode/history",
                view=self.past,
                parameters=(LIMIT,),
                answer=PastList,
                summary="Emergencies that are over, with their reports",
            ),
        )

    def _save(self, programme_id: int | None) -> Made:
        wanted, caller = body(ProgrammeBody), current_caller()
        steps = [screens.Step(**structs.asdict(step)) for step in wanted.steps]
        with audit.attempt(self._pool, caller, "screen_programme", f"programme/{programme_id or wanted.name[:40]}") as conn:
            return Made(screens.save_programme(conn, caller, programme_id, wanted.name, steps))
