"""Pages of rows: in memory or in the database, they are the same rows."""

from collections.abc import Iterator

import pytest

from geodata.db import Conn, Pool, open_pool
from geodata.errors import InvalidInputError, NotAllowedError
from geodata.grid import BBox
from geodata.source import Condition
from layers.base import Layer
from layers.buildings import BUILDINGS
from layers.cameras import CAMERAS
from layers.events import EVENTS, OPEN_EVENTS
from layers.people import PEOPLE
from layers.registry import LAYERS
from services import features
from services.listing import Listing, Wanted, count, listing
from services.mirror import Mirror
from services.mirror_build import build
from services.mirror_store import MirrorStore
from services.revisions import revisions
from services.rights import Reader, Role
from tests import district

LEADER = Reader(1, "leader", "领导", Role.LEADER, "")
WORKER = Reader(2, "worker", "网格员", Role.WORKER, district.STREETS[0])


class Loaded(MirrorStore):
    """A store whose mirrors were read inside the test's own transaction."""

    def __init__(self, conn: Conn) -> None:
        newest = revisions(conn, LAYERS)
        self._built = {layer.key: build(conn, layer, newest[layer.key]) for layer in LAYERS}

    def mirror(self, key: str) -> Mirror:
        return self._built[key]


@pytest.fixture
def filled(conn: Conn) -> Conn:
    district.fill(conn)
    return conn


@pytest.fixture
def store(filled: Conn) -> MirrorStore:
    return Loaded(filled)


@pytest.fixture
def empty_store(empty_url: str, tmp_path: object) -> Iterator[MirrorStore]:
    """A store that has not prepared anything yet."""
    pool: Pool = open_pool(empty_url, most=1)
    yield MirrorStore(pool, LAYERS, tmp_path)  # type: ignore[arg-type] # pytest's own path
    pool.close()


def ids(page: Listing) -> list[int]:
    return [row.id for row in page.rows]


def test_pages_follow_the_id_and_tell_whether_more_follow(filled: Conn, store: MirrorStore) -> None:
    first = listing(store, filled, LEADER, CAMERAS, Wanted(limit=1))
    assert (ids(first), first.more, first.matched) == ([61], True, 2)
    last = listing(store, filled, LEADER, CAMERAS, Wanted(limit=1, after=61))
    assert (ids(last), last.more) == ([62], False)
    assert ids(listing(store, filled, LEADER, CAMERAS, Wanted(limit=1, offset=1))) == [62]


def test_a_box_in_memory_finds_what_the_view_finds(filled: Conn, store: MirrorStore, empty_store: MirrorStore) -> None:
    wanted = Wanted(bbox=BBox(113.54, 22.19, 113.545, 22.195), conditions=(Condition("online", values=("true",)),))
    in_memory, in_view = (listing(known, filled, LEADER, CAMERAS, wanted) for known in (store, empty_store))
    assert in_memory.rows == in_view.rows
    assert ids(in_memory) == [61]
    assert in_memory.matched == 1
    assert count(store, filled, LEADER, CAMERAS, wanted) == count(empty_store, filled, LEADER, CAMERAS, wanted) == 1


@pytest.mark.parametrize("srid", [4326, 4490, 4547, 3857])
def test_geometries_are_the_same_in_every_system(filled: Conn, store: MirrorStore, srid: int) -> None:
    in_memory = listing(store, filled, WORKER, CAMERAS, Wanted(srid=srid))
    in_view = features.rows(filled, WORKER, CAMERAS, srid=srid)
    assert [row.geometry for row in in_memory.rows] == [row.geometry for row in in_view.rows]


def test_areas_are_listed_wherever_they_touch_the_box(filled: Conn, store: MirrorStore) -> None:
    corner = Wanted(bbox=BBox(113.54255, 22.19255, 113.543, 22.193))
    page = listing(store, filled, LEADER, BUILDINGS, corner)
    assert (ids(page), page.matched) == ([11], None)
    assert count(store, filled, LEADER, BUILDINGS, corner) == 1


def test_scope_and_role_hold(filled: Conn, store: MirrorStore) -> None:
    assert ids(listing(store, filled, WORKER, PEOPLE, Wanted())) == [21]
    assert count(store, filled, WORKER, PEOPLE, Wanted()) == 1
    department = Reader(3, "d", "d", Role.DEPARTMENT, "")
    with pytest.raises(NotAllowedError):
        listing(store, filled, department, PEOPLE, Wanted())
    with pytest.raises(NotAllowedError):
        count(store, filled, department, PEOPLE, Wanted())


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(limit=0),
        Wanted(limit=10_001),
        Wanted(offset=-1),
        Wanted(offset=1_000_001),
        Wanted(conditions=(Condition("name", values=("x",)),)),
    ],
)
def test_what_is_out_of_range_is_refused(filled: Conn, store: MirrorStore, wanted: Wanted) -> None:
    with pytest.raises(InvalidInputError):
        listing(store, filled, WORKER, PEOPLE, wanted)


@pytest.mark.parametrize("wanted", [Wanted(), Wanted(conditions=[Condition("level", ("4",))]), Wanted(bbox=BBox(113.5, 22.1, 113.6, 22.3))])
@pytest.mark.parametrize("reader", [LEADER, WORKER])
@pytest.mark.parametrize("layer", [EVENTS, OPEN_EVENTS])
def test_a_case_just_reported_is_in_the_next_list_and_one_just_closed_is_not_among_the_open_ones(
    filled: Conn, store: MirrorStore, wanted: Wanted, reader: Reader, layer: Layer
) -> None:
    before, number = ids(listing(store, filled, reader, layer, wanted)), count(store, filled, reader, layer, wanted)
    row = filled.execute("""
        INSERT INTO hall.event (case_no, title, class_code, major, level, source, state, reported_at, deadline_at, step_started_at, place_text,
                                grid_code, geom)
        SELECT 'just-now', title, class_code, major, 4, source, 'reported', now(), now(), now(), place_text, grid_code, geom
        FROM hall.event WHERE closed_at IS NULL AND grid_code LIKE %s ORDER BY id LIMIT 1 RETURNING id
    """, [f"{district.STREETS[0]}%"]).fetchone()  # fmt: skip
    assert row is not None
    assert ids(listing(store, filled, reader, layer, wanted)) == [*before, row[0]]
    assert count(store, filled, reader, layer, wanted) == number + 1
    filled.execute("UPDATE hall.event SET closed_at = now(), state = 'closed' WHERE id = %s", [row[0]])
    stays = [row[0]] if layer is EVENTS else []
    assert ids(listing(store, filled, reader, layer, wanted)) == [*before, *stays]
    assert count(store, filled, reader, layer, wanted) == number + len(stays)
