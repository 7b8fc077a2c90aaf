"""The people counter: the real model on real pictures, one alarm a gathering, and a rota that no camera can stop."""

import io
import subprocess
import threading
import urllib.parse
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from PIL import Image

from analysis.counter import Counter
from analysis.crowd import Turn, Watch, around, inside
from analysis.detector import Detector, Person
from analysis.pictures import Pictures
from geodata.db import Pool, open_pool
from geodata.errors import SetupError, SourceUnavailableError
from geodata.settings import ROOT
from services import counting, detections
from services.counting import Plan
from services.video_rights import Mode
from services.video_tokens import Signer
from tests.findings import CAMERA, OTHER_CAMERA
from tests.loop import READERS

CLIP = ROOT / "media" / "clips" / "one-by-one-person-detection.mp4"
WITH_SOMEBODY_S, EMPTY_S = 124.25, 20.0


def still(at_s: float) -> bytes:
    command = [
        "ffmpeg",
        "-v",
        "error",
        "-ss",
        str(at_s),
        "-i",
        str(CLIP),
        "-frames:v",
        "1",
        "-c:v",
        "mjpeg",
        "-q:v",
        "3",
        "-f",
        "image2pipe",
        "-",
    ]
    return subprocess.run(command, check=True, capture_output=True).stdout


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector()


@pytest.fixture(scope="module")
def somebody() -> bytes:
    return still(WITH_SOMEBODY_S)


@pytest.fixture(scope="module")
def nobody() -> bytes:
    return still(EMPTY_S)


@pytest.fixture
def pool(stage_url: str) -> Iterator[Pool]:
    made = open_pool(stage_url)
    with made.connection() as conn:
        conn.execute("INSERT INTO hall.video_source (id, key, kind, name) OVERRIDING SYSTEM VALUE VALUES (1, 'sample', 'sample', '模拟')")
        conn.execute("UPDATE hall.camera SET video_source_id = 1, stream_ref = id::text")
        conn.execute("INSERT INTO hall.analysis_plan (camera_id, every_s, alarm_at, clear_at, hold_n) VALUES (%s, 10, 1, 1, 2)", [CAMERA])
    yield made
    made.close()


def plan(**more: object) -> Plan:
    values: dict[str, object] = {
        "camera_id": CAMERA,
        "name": "路口1",
        "every_s": 10,
        "threshold": 0.45,
        "alarm_at": 15,
        "clear_at": 10,
        "hold_n": 3,
        "zone": None,
    }
    return Plan(**(values | more))  # type: ignore[arg-type]


def test_the_model_sees_who_is_there_and_nobody_where_nobody_is(detector: Detector, somebody: bytes, nobody: bytes) -> None:
    found = detector.people(opened(somebody), 0.45)
    assert len(found) == 1
    assert found[0].confidence > 0.6
    assert 0 <= found[0].left < found[0].right <= 1
    assert found[0].bottom - found[0].top > 0.3
    assert detector.people(opened(nobody), 0.45) == []


def test_the_shape_and_kind_of_a_picture_do_not_matter(detector: Detector, somebody: bytes) -> None:
    whole = opened(somebody)
    for other in (whole.convert("L"), whole.convert("RGBA"), whole.resize((384, 216))):
        assert len(detector.people(other, 0.4)) == 1
    assert detector.people(Image.new("RGB", (1, 1)), 0.45) == []
    assert detector.people(Image.new("RGB", (5000, 40), "white"), 0.45) == []


def test_a_damaged_model_is_told(tmp_path: Path) -> None:
    (tmp_path / "people.onnx").write_bytes(b"no model")
    for path in (tmp_path / "people.onnx", tmp_path / "missing.onnx"):
        with pytest.raises(SetupError, match="cannot be loaded"):
            Detector(path)


def test_an_alarm_takes_three_looks_and_ends_below_the_lower_threshold() -> None:
    watch, given = Watch(), plan()
    seen = [14, 15, 16, 12, 15, 15, 15, 20, 12, 11, 10, 30, 9, 15, 15]
    turns = [watch.look(people, given) for people in seen]
    assert [(at, turn) for at, turn in enumerate(turns) if turn] == [(6, Turn.RAISED), (12, Turn.CLEARED)]
    assert watch.look(15, given) is Turn.RAISED


def test_the_zone_counts_feet() -> None:
    people = [Person(0.1, 0.1, 0.2, 0.4, 0.9), Person(0.6, 0.1, 0.7, 0.9, 0.8)]
    lower_right = (0.5, 0.5, 1.0, 0.5, 1.0, 1.0, 0.5, 1.0)
    assert inside(people, lower_right) == people[1:]
    assert inside(people, None) == people
    for no_area in ((0.1, 0.1), (0.0, 0.0, 1.0, 1.0, 0.5, 0.5), (0.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0, 1.0)):
        assert inside(people, no_area) == people
    assert around(people) == pytest.approx((0.1, 0.1, 0.6, 0.8))
    assert around([]) is None


def test_a_gathering_is_one_finding_with_its_picture(
    pool: Pool, detector: Detector, somebody: bytes, nobody: bytes, tmp_path: Path
) -> None:
    shown = somebody
    counter = Counter(pool, tmp_path, detector, lambda _: (shown, opened(shown)))
    clock = 0.0
    for _ in range(5):
        counter.step(clock)
        clock += 10
    with pool.connection() as conn:
        found = detections.listed(conn, READERS["dispatcher"])
        assert [(one.kind, one.analyser, one.count, one.state, one.cleared_at) for one in found] == [
            ("crowd", "people_counter", 1, "new", None)
        ]
        assert found[0].box
        assert detections.snapshot(conn, tmp_path, READERS["dispatcher"], found[0].id).startswith(b"\xff\xd8")
        assert counting.alarmed(conn) == {CAMERA}
        assert conn.execute("SELECT count(*), min(people), max(people) FROM hall.camera_count").fetchone() == (5, 1, 1)
    # a counter that is started anew knows the open alarm
    anew = Counter(pool, tmp_path, detector, lambda _: (shown, opened(shown)))
    anew.step(clock)
    anew.step(clock + 10)
    anew.step(clock + 20)
    shown = nobody
    anew.step(clock + 30)
    with pool.connection() as conn:
        found = detections.listed(conn, READERS["dispatcher"])
        assert [(one.repeats, one.cleared_at is not None) for one in found] == [(0, True)]
        assert counting.alarmed(conn) == frozenset()


def test_a_camera_without_a_picture_waits_longer_and_stops_no_other(pool: Pool, detector: Detector, nobody: bytes, tmp_path: Path) -> None:
    with pool.connection() as conn:
        conn.execute("INSERT INTO hall.analysis_plan (camera_id, every_s) VALUES (%s, 10)", [OTHER_CAMERA])
    asked: list[int] = []

    def take(camera_id: int) -> tuple[bytes, Image.Image]:
        asked.append(camera_id)
        if camera_id == CAMERA:
            raise SourceUnavailableError("camera 61: no picture (503)")
        return nobody, opened(nobody)

    counter = Counter(pool, tmp_path, detector, take)
    for tenth in range(1_200):
        counter.step(tenth / 10)
    assert asked.count(OTHER_CAMERA) == 12
    assert 2 <= asked.count(CAMERA) <= 5


def test_the_rota_is_the_table(pool: Pool) -> None:
    with pool.connection() as conn:
        assert [one.camera_id for one in counting.rota(conn)] == [CAMERA]
        conn.execute("UPDATE hall.camera SET stream_ref = NULL WHERE id = %s", [CAMERA])
        assert counting.rota(conn) == []
        conn.execute("UPDATE hall.camera SET stream_ref = '61' WHERE id = %s", [CAMERA])
        conn.execute("UPDATE hall.analysis_plan SET enabled = false")
        assert counting.rota(conn) == []


def test_old_counts_go(pool: Pool) -> None:
    now = datetime.now(UTC)
    with pool.connection() as conn:
        counting.counted(conn, CAMERA, now - 2 * counting.KEPT, 3)
        counting.counted(conn, CAMERA, now, 4)
        assert counting.forget(conn, now) == 1
        assert conn.execute("SELECT people FROM hall.camera_count").fetchall() == [(4,)]


@pytest.mark.parametrize(("status", "body"), [(200, b"<html>"), (200, b""), (503, b"{}"), (403, b"{}")])
def test_what_is_no_picture_is_told_so(status: int, body: bytes) -> None:
    tokens: list[str] = []

    class Gateway(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            tokens.append(urllib.parse.unquote(self.path.split("/")[-1].removesuffix(".jpg")))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Gateway)
    threading.Thread(target=server.handle_request, daemon=True).start()
    with pytest.raises(SourceUnavailableError, match=f"camera {CAMERA}"):
        Pictures(server.server_port, Signer("secret")).take(CAMERA)
    server.server_close()
    grant = Signer("secret").open(tokens[0], datetime.now(UTC), Mode.SNAPSHOT)
    assert (grant.camera_id, grant.username) == (CAMERA, "people_counter")


def test_a_gateway_that_is_away_is_told_so() -> None:
    with pytest.raises(SourceUnavailableError, match="does not answer"):
        Pictures(1, Signer("secret")).take(CAMERA)
