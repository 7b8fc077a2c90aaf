"""Candidates for one matter: near, lately, of one kind, in like words; what a person has rejected never comes back."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from geodata.db import Conn
from geodata.errors import NotFoundError
from services.duplicates import RULE, Draft, Gap, Kinship, candidates, candidates_of, score
from services.rights import Reader, Role
from tests import district, quarter
from tests.town import database

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
LON, LAT = 113.5430, 22.1930
METRE = 1 / 103_000
DRAFT = Draft(
    class_code="T102", lon=LON, lat=LAT, precision="point", grid_code=district.GRIDS[0], text="垃圾桶旁堆放生活垃圾", reported_at=NOW
)
INSERT = """
    INSERT INTO hall.event (id, case_no, title, description, class_code, major, level, source, state, reported_at, deadline_at, step_started_at,
                            closed_at, place_text, grid_code, precision, building_id, geom)
    VALUES (%(id)s, 'T' || %(id)s, 'x', %(text)s, %(class_code)s, 'city', 0, 'citizen', %(state)s, %(at)s, %(at)s, %(at)s, %(closed_at)s, '', %(grid)s,
            %(precision)s, %(building_id)s, ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326))
"""


@pytest.fixture(scope="module")
def quarter_url(worker_name: str) -> Iterator[str]:
    yield from database(f"hall_test_{worker_name}_duplicates", quarter.fill)


@pytest.fixture
def conn(quarter_url: str) -> Iterator[Conn]:
    with psycopg.connect(quarter_url) as connection:
        yield connection
        connection.rollback()


def case(conn: Conn, event_id: int, **changed: object) -> None:
    values: dict[str, object] = {
        "id": event_id,
        "text": "垃圾桶旁堆放生活垃圾",
        "class_code": "T102",
        "state": "filed",
        "at": NOW - timedelta(hours=2),
        "closed_at": None,
        "grid": district.GRIDS[0],
        "precision": "point",
        "building_id": None,
        "lon": LON,
        "lat": LAT,
    }
    conn.execute(INSERT, values | changed)


def found(conn: Conn, draft: Draft = DRAFT, reader: Reader | None = None) -> list[int]:
    return [candidate.event_id for candidate in candidates(conn, draft, NOW, 10, reader=reader)]


def test_near_and_lately_and_of_one_kind(conn: Conn) -> None:
    case(conn, 1, lon=LON + 10 * METRE)
    case(conn, 2, lon=LON + 160 * METRE)
    case(conn, 3, at=NOW - timedelta(hours=337))
    case(conn, 4, class_code="T301", text="住宅冒烟")
    case(conn, 5, class_code="T103", lon=LON + 10 * METRE)
    assert found(conn) == [1, 5]


def test_the_reasons_tell_what_was_compared(conn: Conn) -> None:
    case(conn, 1, lon=LON + 40 * METRE)
    best = candidates(conn, DRAFT, NOW)[0]
    reasons = {reason.key: reason.value for reason in best.reasons}
    assert reasons["distance_m"] == pytest.approx(40, abs=1)
    assert (reasons["minutes"], reasons["kind"]) == (120, "same")
    assert 0 < float(reasons["text"]) <= 1
    assert 0 < best.score <= 1


def test_a_case_that_is_closed_counts_for_a_day(conn: Conn) -> None:
    case(conn, 1, state="closed", closed_at=NOW - timedelta(hours=23))
    case(conn, 2, state="closed", closed_at=NOW - timedelta(hours=25))
    case(conn, 3, state="merged", closed_at=NOW - timedelta(hours=1))
    case(conn, 4, state="void", closed_at=NOW - timedelta(hours=1))
    assert found(conn) == [1]


def test_of_reports_of_one_matter_the_first_leads(conn: Conn) -> None:
    case(conn, 8, at=NOW - timedelta(minutes=5))
    case(conn, 9, at=NOW - timedelta(minutes=5))
    assert found(conn) == [8, 9]


def test_distance_means_nothing_where_the_place_is_an_area(conn: Conn) -> None:
    case(conn, 1, precision="area", grid=district.STREETS[0], lon=113.5401, lat=22.1949)
    draft = replace(DRAFT, precision="area", grid_code=district.STREETS[0])
    assert candidates(conn, draft, NOW)[0].reasons[0].key == "area"
    assert found(conn) == [1]
    assert found(conn, replace(draft, grid_code=district.STREETS[1])) == []
    case(conn, 2, lon=113.5401, lat=22.1949)
    assert found(conn, draft) == [1, 2]


@pytest.mark.parametrize("decision", ["not_same", "unmerged", "split"])
def test_what_was_rejected_never_comes_back(conn: Conn, decision: str) -> None:
    case(conn, 1)
    case(conn, 2, at=NOW)
    assert [candidate.event_id for candidate in candidates(conn, 2, NOW)] == [1]
    conn.execute(
        "INSERT INTO hall.duplicate_decision (event_id, master_id, decision, actor, at) VALUES (2, 1, %s, 'x', %s)",
        [decision, NOW],
    )
    assert candidates(conn, 2, NOW) == []
    assert candidates(conn, 1, NOW) == []


def test_a_reader_sees_candidates_of_the_own_area_only(conn: Conn) -> None:
    case(conn, 1)
    worker = Reader(1, "w", "w", Role.WORKER, district.STREETS[1])
    assert found(conn, reader=worker) == []
    with pytest.raises(NotFoundError):
        candidates(conn, 1, NOW, reader=worker)
    with pytest.raises(NotFoundError):
        candidates(conn, 999, NOW)


def test_many_are_answered_in_their_order(conn: Conn) -> None:
    case(conn, 1)
    case(conn, 2, lon=LON + 1000 * METRE)
    far = replace(DRAFT, lon=LON + 1000 * METRE)
    assert [[item.event_id for item in items] for items in candidates_of(conn, [far, DRAFT], NOW)] == [[2], [1]]
    assert candidates_of(conn, [], NOW) == []


def test_the_score_falls_with_distance_time_kind_and_words() -> None:
    best = Gap(distance_m=0, hours=0, kinship=Kinship.SAME, text=1, open=True)
    worse = [
        replace(best, distance_m=50),
        replace(best, hours=50),
        replace(best, text=0.5),
        replace(best, kinship=Kinship.GROUP),
        replace(best, open=False),
        replace(best, distance_m=None),
    ]
    assert score(best) == pytest.approx(1)
    assert all(score(gap) < 1 for gap in worse)
    assert score(replace(best, distance_m=90, same_building=True)) == pytest.approx(1)
    assert score(best, replace(RULE, text_weight=0)) == pytest.approx(1)
