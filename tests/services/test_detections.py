"""Findings of analysis: taken once, never a flood, and only a person makes a case of one."""

import math
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from geodata.db import Conn
from geodata.dictionary.files import classes, detection_kinds
from geodata.errors import ConflictError, InvalidInputError, NotAllowedError, NotFoundError
from services import detection_review, detections
from services.detection_review import Verdict, candidates, people, review
from services.detections import Detection, Finding, Taken
from tests import loop
from tests.findings import CAMERA, OTHER_CAMERA, add_classes, picture, told
from tests.loop import NOW, READERS, caller

DISPATCHER = READERS["dispatcher"]


@pytest.fixture
def stage(conn: Conn) -> Conn:
    loop.fill(conn)
    add_classes(conn)
    conn.execute(
        "SELECT setval(pg_get_serial_sequence('hall.source_record', 'id'), 1000), setval(pg_get_serial_sequence('hall.event', 'id'), 1000)"
    )
    return conn


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def take(conn: Conn, folder: Path, number: str = "1", who: str = "dispatcher", **more: Any) -> Taken:
    at = more.pop("at", NOW)
    return detections.receive(conn, folder, Finding(**told(at, number, **more)), max(at, NOW), reader=READERS[who])


def decide(conn: Conn, detection_id: int, verdict: str, who: str = "dispatcher", **more: Any) -> Detection:
    return review(conn, caller(who), detection_id, Verdict(verdict=verdict, **more))


def count(conn: Conn, table: str) -> int:
    row = conn.execute(f"SELECT count(*) FROM hall.{table}").fetchone()  # type: ignore[arg-type]
    assert row
    return int(row[0])


def test_every_kind_becomes_a_class_of_the_dictionary() -> None:
    known = {each.code for each in classes()}
    assert {kind.class_code for kind in detection_kinds().values()} <= known
    assert {
        "crowd",
        "plate",
        "road_occupation",
        "pile",
        "vendor",
        "shop_overflow",
        "posters",
        "drying",
        "parking",
        "fire",
        "left_object",
    } <= (detection_kinds().keys())


def test_the_same_number_is_taken_once(stage: Conn, folder: Path) -> None:
    first = take(stage, folder, snapshot=picture(), box=(0.1, 0.2, 0.3, 0.4))
    again = take(stage, folder, snapshot=picture())
    assert (first.created, again.created, again.repeated, again.id) == (True, False, False, first.id)
    shown = detections.one(stage, DISPATCHER, first.id)
    assert (shown.repeats, shown.box, shown.width, shown.grid_code) == (0, (0.1, 0.2, 0.3, 0.4), 640, "990000001001001")
    assert detections.snapshot(stage, folder, DISPATCHER, first.id).startswith(b"\xff\xd8")


def test_a_storm_of_one_camera_is_one_line_of_the_queue(stage: Conn, folder: Path) -> None:
    for number in range(1_000):
        take(stage, folder, str(number), at=NOW + timedelta(seconds=number), count=number % 9)
    take(stage, folder, "500")  # told again: counts nothing
    found = detections.listed(stage, DISPATCHER)
    assert [(one.repeats, one.count, one.last_at) for one in found] == [(999, 8, NOW + timedelta(seconds=999))]
    assert count(stage, "detection_repeat") == 999
    assert detections.waiting(stage, DISPATCHER) == {"vendor": 1}


def test_another_kind_camera_plate_or_hour_is_another_line(stage: Conn, folder: Path) -> None:
    take(stage, folder, "1")
    take(stage, folder, "2", kind="pile")
    take(stage, folder, "3", camera_id=OTHER_CAMERA)
    take(stage, folder, "4", kind="plate", plate="湘A12345")
    take(stage, folder, "5", kind="plate", plate="湘 A·12345")
    take(stage, folder, "6", kind="plate", plate="湘A54321")
    take(stage, folder, "7", at=NOW + timedelta(minutes=11))
    found = detections.listed(stage, DISPATCHER)
    assert len(found) == 6
    assert [one.plate for one in found if one.plate] == ["湘A**321", "湘A**345"]


def test_what_was_rejected_is_quiet_for_a_while_and_asks_again_later(stage: Conn, folder: Path) -> None:
    first = take(stage, folder)
    decide(stage, first.id, "reject", reason="误报")
    assert take(stage, folder, "2", at=NOW + timedelta(minutes=9)).repeated
    assert take(stage, folder, "3", at=NOW + timedelta(minutes=11)).created


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"kind": "ufo"}, "kind"),
        ({"confidence": 1.2}, "confidence"),
        ({"confidence": math.nan}, "confidence"),
        ({"count": -1}, "count"),
        ({"box": (0.5, 0.5, 0.6, 0.1)}, "box"),
        ({"box": (0.1, 0.1, 0.0, 0.1)}, "box"),
        ({"box": (0.1, math.inf, 0.1, 0.1)}, "box"),
        ({"plate": "'; DROP"}, "plate"),
        ({"external_no": "x" * 65}, "external_no"),
        ({"analyser": "a b"}, "analyser"),
        ({"at": NOW + timedelta(minutes=-20_000)}, "at"),
        ({"camera_id": None}, "camera_id"),
        ({"snapshot": b"GIF89a no image"}, "image"),
        ({"attachment_id": 123}, "attachment_id"),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(stage: Conn, folder: Path, given: dict[str, Any], name: str) -> None:
    with pytest.raises(InvalidInputError, match=name):
        take(stage, folder, **given)
    assert count(stage, "detection") == 0


def test_a_time_ahead_of_ours_is_refused(stage: Conn, folder: Path) -> None:
    finding = Finding(**told(NOW + timedelta(minutes=6)))
    with pytest.raises(InvalidInputError, match="at"):
        detections.receive(stage, folder, finding, NOW, reader=DISPATCHER)


def test_cameras_are_named_by_either_number_and_only_in_ones_own_area(stage: Conn, folder: Path) -> None:
    assert take(stage, folder, camera_id=None, gb_id="99000001001320000001").created
    for unknown in ({"gb_id": "1", "camera_id": None}, {"camera_id": 999_999}):
        with pytest.raises(NotFoundError):
            take(stage, folder, "2", **unknown)
    with pytest.raises(NotFoundError):
        take(stage, folder, "3", who="street_dispatcher", camera_id=CAMERA)
    assert take(stage, folder, "4", who="street_dispatcher", camera_id=OTHER_CAMERA).created
    assert [one.camera_id for one in detections.listed(stage, READERS["street_dispatcher"])] == [OTHER_CAMERA]
    with pytest.raises(NotFoundError):
        detections.one(stage, READERS["street_dispatcher"], 1)


@pytest.mark.parametrize("who", ["leader", "department", "worker", "wall", "citizen", "system_admin", "audit_admin"])
def test_others_hand_in_and_decide_nothing(stage: Conn, folder: Path, who: str) -> None:
    with pytest.raises(NotAllowedError):
        take(stage, folder, who=who)
    taken = take(stage, folder)
    with pytest.raises(NotAllowedError):
        decide(stage, taken.id, "reject", who, reason="误报")


def test_who_may_not_watch_the_camera_sees_no_finding_of_it(stage: Conn, folder: Path) -> None:
    taken = take(stage, folder)
    stage.execute("DELETE FROM hall.video_right WHERE role = 'acceptor'")
    assert detections.listed(stage, READERS["acceptor"]) == []
    with pytest.raises(NotFoundError):
        detections.one(stage, READERS["acceptor"], taken.id)
    stage.execute("INSERT INTO hall.video_right VALUES ('acceptor', 'police', 'live')")
    assert [one.id for one in detections.listed(stage, READERS["acceptor"])] == [taken.id]


def test_an_accepted_finding_is_a_case_where_the_camera_looks(stage: Conn, folder: Path) -> None:
    stage.execute(
        """INSERT INTO hall.camera_view VALUES (%s, 'x', 100, ST_SetSRID(ST_MakeEnvelope(113.5430, 22.1926, 113.5432, 22.1928), 4326))""",
        [CAMERA],
    )
    taken = take(stage, folder, kind="fire", snapshot=picture())
    done = decide(stage, taken.id, "accept")
    assert (done.state, done.reviewer) == ("accepted", "dispatcher账号")
    row = stage.execute(
        """SELECT source, class_code, level, state, ST_X(geom) BETWEEN 113.5430 AND 113.5432, reported_at, place_text, title FROM hall.event
           WHERE id = %s""",
        [done.event_id],
    ).fetchone()
    assert row == ("video_ai", "X101", 3, "reported", True, NOW, "路口1", "火情 路口1")
    photos = stage.execute("SELECT count(*) FROM hall.attachment WHERE event_id = %s", [done.event_id]).fetchone()
    assert photos == (1,)
    assert loop.problems(stage) == []


def test_a_merged_finding_goes_on_under_the_open_case(stage: Conn, folder: Path) -> None:
    stage.execute(
        "UPDATE hall.event SET class_code = 'C115', geom = (SELECT geom FROM hall.camera WHERE id = 61) WHERE id = %s", [loop.EVENT]
    )
    taken = take(stage, folder, kind="road_occupation", snapshot=picture())
    found = candidates(stage, detections.one(stage, DISPATCHER, taken.id), NOW, reader=DISPATCHER)
    assert found[0].event_id == loop.EVENT
    assert {reason.key for reason in found[0].reasons} >= {"distance_m", "minutes", "kind"}
    done = decide(stage, taken.id, "merge", event_id=loop.EVENT)
    assert (done.state, done.event_id) == ("merged", loop.EVENT)
    sources = stage.execute("SELECT source FROM hall.source_record WHERE event_id = %s ORDER BY id", [loop.EVENT]).fetchall()
    assert sources == [("hotline12345",), ("video_ai",)]
    assert stage.execute("SELECT event_id FROM hall.attachment").fetchall() == [(loop.EVENT,)]
    assert loop.problems(stage) == []


def test_a_second_verdict_is_told_that_it_came_late(stage: Conn, folder: Path) -> None:
    taken = take(stage, folder)
    decide(stage, taken.id, "accept")
    with pytest.raises(ConflictError, match="accepted before"):
        decide(stage, taken.id, "reject", "acceptor", reason="误报")
    assert count(stage, "event") == 3


@pytest.mark.parametrize(
    ("verdict", "error"),
    [
        (Verdict(verdict="reject"), "reason"),
        (Verdict(verdict="reject", reason=" "), "reason"),
        (Verdict(verdict="burn"), "verdict"),
        (Verdict(verdict="merge"), "event_id"),
        (Verdict(verdict="accept", event_id=101), "event_id"),
        (Verdict(verdict="accept", class_code="ZZZZ"), "class"),
    ],
)
def test_a_verdict_that_says_too_little_changes_nothing(stage: Conn, folder: Path, verdict: Verdict, error: str) -> None:
    taken = take(stage, folder)
    with pytest.raises(InvalidInputError, match=error), stage.transaction():
        review(stage, caller("dispatcher"), taken.id, verdict)
    assert detections.one(stage, DISPATCHER, taken.id).state == "new"


def test_nothing_is_merged_into_a_closed_or_foreign_case(stage: Conn, folder: Path) -> None:
    taken = take(stage, folder, camera_id=OTHER_CAMERA)
    stage.execute("UPDATE hall.event SET state = 'closed', closed_at = %s WHERE id = %s", [NOW, loop.NEIGHBOUR])
    for event_id, who in ((loop.NEIGHBOUR, "dispatcher"), (loop.EVENT, "street_dispatcher"), (9_999, "dispatcher")):
        with pytest.raises((ConflictError, NotFoundError)), stage.transaction():
            decide(stage, taken.id, "merge", who, event_id=event_id)
    assert detections.one(stage, DISPATCHER, taken.id).state == "new"
    assert count(stage, "event") == 2


def test_no_case_carries_a_plate(stage: Conn, folder: Path) -> None:
    taken = take(stage, folder, kind="plate", plate="湘A98765")
    decide(stage, taken.id, "accept")
    row = stage.execute(
        "SELECT to_jsonb(e)::text || (SELECT string_agg(raw::text, '') FROM hall.source_record) FROM hall.event e ORDER BY id DESC"
    ).fetchone()
    assert row
    assert "98765" not in row[0]


def test_a_plate_is_read_in_the_clear_for_a_reason_that_stays(stage: Conn, folder: Path) -> None:
    taken = take(stage, folder, kind="plate", plate="湘A98765")
    with pytest.raises(InvalidInputError, match="reason"):
        detections.plate_in_clear(stage, caller("dispatcher"), taken.id, "x")
    assert detections.plate_in_clear(stage, caller("dispatcher"), taken.id, "核查违停车主") == "湘A98765"
    kept = stage.execute("SELECT action, object, reason FROM hall.audit ORDER BY id DESC LIMIT 1").fetchone()
    assert kept == ("unmask", f"detections/{taken.id}", "核查违停车主")


def test_a_dense_crowd_has_no_number() -> None:
    assert (people(30), people(31), people(400)) == ("约30人", "30人以上", "30人以上")


def test_two_senders_at_once_make_one_row(stage_url: str, tmp_path: Path) -> None:
    with psycopg.connect(stage_url) as one, psycopg.connect(stage_url) as two:
        take(one, tmp_path, "1")
        two.execute("SET lock_timeout = '300ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            take(two, tmp_path, "2")
        two.rollback()
        one.commit()
        assert take(two, tmp_path, "2").repeated


def test_only_open_cases_are_offered(stage: Conn, folder: Path) -> None:
    stage.execute(
        "UPDATE hall.event SET class_code = 'C115', geom = (SELECT geom FROM hall.camera WHERE id = 61), state = 'closed', closed_at = %s",
        [NOW],
    )
    taken = take(stage, folder, kind="road_occupation")
    assert detection_review.candidates(stage, detections.one(stage, DISPATCHER, taken.id), NOW, reader=DISPATCHER) == []
