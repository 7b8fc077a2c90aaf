"""Roads are closed by number, by a click, or by a line, and nobody closes what is not theirs."""

from datetime import timedelta

import pytest

from geodata.db import Conn
from geodata.errors import InvalidInputError, NotAllowedError, NotFoundError
from geodata.grid import LonLat
from services.audit import Caller
from services.closures import MAY_CLOSE, Order, close, closures, reopen
from services.rights import Reader, Role
from services.routing.engine import Engine
from tests.services.crossing import NOW, ROAD_LAT, roads, streets
from tests.town import DISPATCHER

__all__ = ["roads", "streets"]
Streets = tuple[Conn, Engine]


def by(reader: Reader = DISPATCHER, minutes: float = 0) -> Caller:
    return Caller(reader=reader, address=None, now=NOW + timedelta(minutes=minutes))


def order(**values: object) -> Order:
    return Order(reason="路面塌陷", **values)  # type: ignore[arg-type] # the tests name what they give


def named(conn: Conn, made: Order) -> list[str]:
    return sorted(str(one.name) for one in close(conn, by(), made))


def test_a_click_closes_the_nearest_road(streets: Streets) -> None:
    conn, _ = streets
    (made,) = close(conn, by(), order(place=LonLat(113.5252, ROAD_LAT + 0.0002)))
    assert (made.name, made.reason, made.starts_at, made.ends_at) == ("一马路", "路面塌陷", NOW, None)
    assert made.geometry is not None
    assert '"LineString"' in made.geometry


def test_a_road_goes_before_a_footway_beside_it(streets: Streets) -> None:
    conn, _ = streets
    conn.execute("UPDATE hall.road_edge SET drive = false WHERE way_id = 0")
    conn.execute("UPDATE hall.road_edge SET geom = ST_Translate(geom, 0, -0.00385) WHERE way_id = 1")
    # 5 m from the footway, 12 m from the road
    assert named(conn, order(place=LonLat(113.5252, ROAD_LAT + 0.00004))) == ["二马路"]


def test_a_line_along_a_road_closes_it_but_not_the_streets_that_it_crosses(streets: Streets) -> None:
    conn, _ = streets
    line = [LonLat(113.5195, ROAD_LAT + 0.00005), LonLat(113.5405, ROAD_LAT + 0.00005)]
    assert named(conn, order(line=line)) == ["一马路", "一马路"]


def test_a_line_across_closes_what_it_crosses(streets: Streets) -> None:
    conn, _ = streets
    assert named(conn, order(line=[LonLat(113.5252, ROAD_LAT - 0.0002), LonLat(113.5252, ROAD_LAT + 0.0002)])) == ["一马路"]


def test_a_closure_ends_when_it_is_opened_and_is_listed_until_then(streets: Streets) -> None:
    conn, _ = streets
    (made,) = close(conn, by(), order(place=LonLat(113.5252, ROAD_LAT)))
    assert [one.id for one in closures(conn, DISPATCHER, NOW)] == [made.id]
    reopen(conn, by(minutes=5), made.id)
    assert closures(conn, DISPATCHER, NOW + timedelta(minutes=6)) == []
    with pytest.raises(NotFoundError):
        reopen(conn, by(minutes=7), made.id)
    trail = conn.execute("SELECT action, success FROM hall.audit WHERE action LIKE 'road_%' ORDER BY id").fetchall()
    assert trail == [("road_close", True), ("road_open", True)]


def test_a_closure_to_come_is_listed_and_can_be_called_off(streets: Streets) -> None:
    conn, _ = streets
    (made,) = close(conn, by(), order(place=LonLat(113.5252, ROAD_LAT), starts_at=NOW + timedelta(days=1), ends_at=NOW + timedelta(days=2)))
    assert len(closures(conn, DISPATCHER, NOW)) == 1
    reopen(conn, by(), made.id)
    assert closures(conn, DISPATCHER, NOW + timedelta(days=1, hours=1)) == []


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"edge_ids": [1], "place": LonLat(113.5, 22.1)},
        {"edge_ids": [10**9]},
        {"edge_ids": list(range(1, 300))},
        {"place": LonLat(114.5, 22.1)},
        {"line": [LonLat(113.5, 22.1)]},
        {"line": [LonLat(114.5, 22.1), LonLat(114.51, 22.1)]},
        {"line": [LonLat(113.5, 22.1), LonLat(114.5, 22.1)]},
        {"place": LonLat(113.5252, ROAD_LAT), "ends_at": NOW - timedelta(hours=1)},
        {"place": LonLat(113.5252, ROAD_LAT), "reason": " "},
    ],
)
def test_what_cannot_be_closed_is_refused(streets: Streets, values: dict[str, object]) -> None:
    conn, _ = streets
    with pytest.raises(InvalidInputError):
        close(conn, by(), Order(**{"reason": "塌陷", **values}))  # type: ignore[arg-type] # as above


@pytest.mark.parametrize("role", Role)
def test_only_those_who_command_close_roads(streets: Streets, role: Role) -> None:
    conn, _ = streets
    caller, wanted = by(Reader(9, "x", "x", role, "")), order(place=LonLat(113.5252, ROAD_LAT))
    if role in MAY_CLOSE:
        (made,) = close(conn, caller, wanted)
        reopen(conn, caller, made.id)
        return
    with pytest.raises(NotAllowedError):
        close(conn, caller, wanted)
    with pytest.raises(NotAllowedError):
        reopen(conn, caller, 1)


def test_nobody_closes_or_sees_what_lies_outside_his_area(streets: Streets) -> None:
    conn, _ = streets
    stranger = Reader(9, "x", "x", Role.DISPATCHER, "990000004")
    (made,) = close(conn, by(), order(place=LonLat(113.5052, ROAD_LAT)))
    with pytest.raises(InvalidInputError):
        close(conn, by(stranger), order(place=LonLat(113.5052, ROAD_LAT)))
    with pytest.raises(InvalidInputError):
        close(conn, by(stranger), order(edge_ids=[made.edge_id]))
    with pytest.raises(NotFoundError):
        reopen(conn, by(stranger), made.id)
    assert closures(conn, stranger, NOW) == []
