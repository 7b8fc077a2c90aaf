"""What analysis found in pictures, ours or another's: taken once, kept, and put before a person. Reviews are in `services.detection_review`.

An analyser that keeps seeing the same thing must not flood the queue: what it says of the same camera and kind (and plate) within
`TOGETHER` of what is known is counted under that row. Its number is kept, so that telling it again counts nothing. Of a row that was
reviewed this holds for `TOGETHER` after the review; what is seen later asks anew.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from psycopg.rows import dict_row

from geodata.db import Conn
from geodata.dictionary.files import DetectionKind, detection_kinds
from geodata.errors import InvalidInputError, NotAllowedError, NotFoundError
from geodata.source import Mask
from services import attachments, video_rights
from services.audit import Act, Caller, record
from services.report import MAY_REPORT
from services.rights import MAY_UNMASK, Reader, Role, masked
from services.unmask import LEAST_REASON, MOST_REASON
from services.video_rights import Camera, Mode

SOURCE = "video_ai"
MAY_REVIEW = frozenset(role for role, sources in MAY_REPORT.items() if SOURCE in sources)
"""Who decides about findings, and whose token a program that hands them in carries."""
MAY_READ = MAY_REVIEW | {Role.LEADER}
STATES = ("new", "accepted", "merged", "rejected")
TOGETHER = timedelta(minutes=10)
AHEAD, BEHIND = timedelta(minutes=5), timedelta(days=7)
MAX_ROWS = 200
MAX_SNAPSHOT_BYTES = 5_000_000
MAX_NAME, MAX_PLATE, MOST_COUNTED = 64, 16, 100_000
NAME = re.compile(r"[\w.:@/-]+")
PLATE = re.compile(r"[\u4e00-\u9fff]?[A-Z0-9\u4e00-\u9fff]{4,9}")

LOCK = "SELECT pg_advisory_xact_lock(7301, hashtext(%s))"
KNOWN = """
    SELECT id FROM hall.detection WHERE analyser = %(analyser)s AND external_no = %(external_no)s
    UNION ALL SELECT detection_id FROM hall.detection_repeat WHERE analyser = %(analyser)s AND external_no = %(external_no)s
    LIMIT 1
"""
SAME = """
    SELECT id FROM hall.detection
    WHERE camera_id = %(camera_id)s AND analyser = %(analyser)s AND kind = %(kind)s AND plate IS NOT DISTINCT FROM %(plate)s
      AND at >= %(earliest)s
      AND %(at)s BETWEEN at - %(together)s
                     AND greatest(CASE WHEN state = 'new' THEN coalesce(last_at, at) ELSE reviewed_at END, at) + %(together)s
    ORDER BY at DESC LIMIT 1
"""
REPEAT = """
    WITH told AS (INSERT INTO hall.detection_repeat (analyser, external_no, detection_id, at)
                  VALUES (%(analyser)s, %(external_no)s, %(id)s, %(at)s))
    UPDATE hall.detection
    SET repeats = repeats + 1, cleared_at = NULL, last_at = greatest(last_at, at, %(at)s), count = greatest(count, %(count)s), confidence = greatest(confidence, %(confidence)s)
    WHERE id = %(id)s
"""
INSERT = """
    INSERT INTO hall.detection (analyser, external_no, camera_id, at, kind, confidence, count, plate, box, attachment_id, grid_code, received_at)
    VALUES (%(analyser)s, %(external_no)s, %(camera_id)s, %(at)s, %(kind)s, %(confidence)s, %(count)s, %(plate)s, %(box)s, %(attachment_id)s,
            %(grid_code)s, %(now)s)
    RETURNING id
"""
OWN_PHOTO = "SELECT id FROM hall.attachment WHERE id = %(id)s AND account_id = %(account_id)s AND event_id IS NULL"
BY_GB = "SELECT id FROM hall.camera WHERE gb_id = %s"
CLEAR = "UPDATE hall.detection SET cleared_at = %(now)s WHERE analyser = %(analyser)s AND camera_id = %(camera_id)s AND kind = %(kind)s AND cleared_at IS NULL"

_COLUMNS = """
    d.id, d.analyser, d.external_no, d.camera_id, c.name AS camera, c.owner, d.at, d.kind, d.confidence, d.count, d.plate, d.box, d.grid_code,
    d.received_at, d.state, d.reason, d.event_id, e.case_no, d.reviewed_at, r.display_name AS reviewer, d.repeats, d.last_at, d.cleared_at,
    a.sha256, a.width, a.height, ST_X(c.geom) AS camera_lon, ST_Y(c.geom) AS camera_lat, ST_X(p.place) AS lon, ST_Y(p.place) AS lat
"""
# The place is the middle of what the camera sees, as long as nothing better is known.
_FROM = """
    FROM hall.detection d JOIN hall.camera c ON c.id = d.camera_id
    LEFT JOIN hall.camera_view v ON v.camera_id = c.id
    CROSS JOIN LATERAL (SELECT CASE WHEN v.geom IS NULL OR ST_IsEmpty(v.geom) THEN c.geom ELSE ST_PointOnSurface(v.geom) END AS place) p
    LEFT JOIN hall.attachment a ON a.id = d.attachment_id
    LEFT JOIN hall.event e ON e.id = d.event_id
    LEFT JOIN hall.account r ON r.id = d.reviewer_id
"""
_VISIBLE = "starts_with(d.grid_code, %(scope)s) AND (%(any_owner)s OR c.owner = ANY(%(owners)s))"
LIST = f"""
    SELECT {_COLUMNS} {_FROM}
    WHERE {_VISIBLE}
      AND (%(state)s::text IS NULL OR d.state = %(state)s)
      AND (%(kind)s::text IS NULL OR d.kind = %(kind)s)
      AND (%(camera_id)s::bigint IS NULL OR d.camera_id = %(camera_id)s)
      AND (%(before)s::bigint IS NULL OR d.id < %(before)s)
    ORDER BY d.id DESC LIMIT %(limit)s
"""
ONE = f"SELECT {_COLUMNS} {_FROM} WHERE d.id = %(id)s AND {_VISIBLE}"
WAITING = f"""
    SELECT d.kind, count(*) FROM hall.detection d JOIN hall.camera c ON c.id = d.camera_id WHERE d.state = 'new' AND {_VISIBLE}
    GROUP BY d.kind ORDER BY count(*) DESC LIMIT 100
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What an analyser tells. The camera by our id or by its GB id; the snapshot as bytes or as a photo that the sender added before."""

    analyser: str
    external_no: str
    kind: str
    at: datetime
    confidence: float
    camera_id: int | None = None
    gb_id: str | None = None
    count: int | None = None
    plate: str | None = None
    box: tuple[float, ...] | None = None
    """Left, top, width, height as shares of the picture."""
    snapshot: bytes | None = None
    attachment_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of it: a new row, or one that holds it already."""

    id: int
    created: bool
    repeated: bool = False
    """It was counted under a row that waits, or was decided a moment ago."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """One row of the queue. `lon` and `lat`: the middle of the camera's view, else the camera itself. The plate is masked."""

    id: int
    analyser: str
    external_no: str
    camera_id: int
    camera: str
    owner: str
    camera_lon: float
    camera_lat: float
    lon: float
    lat: float
    at: datetime
    kind: str
    confidence: float
    count: int | None
    plate: str | None
    box: tuple[float, ...] | None
    grid_code: str
    received_at: datetime
    state: str
    reason: str | None
    event_id: int | None
    case_no: str | None
    reviewed_at: datetime | None
    reviewer: str | None
    repeats: int
    last_at: datetime | None
    cleared_at: datetime | None
    width: int | None
    """Of the snapshot; None without one."""
    height: int | None


def receive(conn: Conn, data_dir: Path, finding: Finding, now: datetime, *, reader: Reader) -> Taken:
    """Keep a finding, or count it under the row that it repeats. The same number of the same analyser is taken once.

    Raises:
        NotAllowedError: the reader's role hands in no findings.
        NotFoundError: there is no such camera in the reader's area.
        InvalidInputError: a value cannot be used; the message names it.
    """
    if reader.role not in MAY_REVIEW:
        raise NotAllowedError(f"{reader.role} hands in no findings of analysis")
    finding = check(finding, now)
    camera = _camera(conn, reader, finding)
    conn.execute(LOCK, [f"{finding.analyser} {camera.id} {finding.kind}"])
    numbers = {"analyser": finding.analyser, "external_no": finding.external_no}
    known = conn.execute(KNOWN, numbers).fetchone()
    if known:
        return Taken(id=known[0], created=False)
    values: dict[str, Any] = {
        **numbers,
        "camera_id": camera.id,
        "at": finding.at,
        "kind": finding.kind,
        "confidence": finding.confidence,
        "count": finding.count,
        "plate": finding.plate,
        "box": list(finding.box) if finding.box else None,
        "grid_code": camera.grid_code,
        "now": now,
        "together": TOGETHER,
        "earliest": now - 2 * BEHIND,
    }
    same = conn.execute(SAME, values).fetchone()
    if same:
        conn.execute(REPEAT, values | {"id": same[0]})
        return Taken(id=same[0], created=False, repeated=True)
    values["attachment_id"] = _snapshot(conn, data_dir, finding, now, reader)
    row = conn.execute(INSERT, values).fetchone()
    return Taken(id=row[0] if row else 0, created=True)


def check(finding: Finding, now: datetime) -> Finding:
    """Refuse what cannot be used; return the finding with its texts made tidy.

    Raises:
        InvalidInputError: a value cannot be used; the message names it and what is possible.
    """
    for name, text in (("analyser", finding.analyser), ("external_no", finding.external_no)):
        if not 1 <= len(text) <= MAX_NAME or not NAME.fullmatch(text):
            raise InvalidInputError(f"{name}: 1 to {MAX_NAME} letters, digits or _ . : @ / -")
    if finding.kind not in detection_kinds():
        raise InvalidInputError(f"kind={finding.kind[:20]!r}: one of {', '.join(detection_kinds())}")
    if (finding.camera_id is None) == (finding.gb_id is None):
        raise InvalidInputError("camera_id, gb_id: give one of them")
    if finding.at.tzinfo is None:
        raise InvalidInputError("at: must carry an offset, as in 2026-11-23T08:00:00Z")
    if not now - BEHIND <= finding.at <= now + AHEAD:
        raise InvalidInputError(f"at: not within {BEHIND.days} days before now")
    if not (math.isfinite(finding.confidence) and 0 <= finding.confidence <= 1):
        raise InvalidInputError("confidence: 0 to 1")
    if finding.count is not None and not 0 <= finding.count <= MOST_COUNTED:
        raise InvalidInputError(f"count: 0 to {MOST_COUNTED}")
    if finding.snapshot is not None and (finding.attachment_id is not None or len(finding.snapshot) > MAX_SNAPSHOT_BYTES):
        raise InvalidInputError(f"snapshot: at most {MAX_SNAPSHOT_BYTES // 1_000_000} MB, and not together with attachment_id")
    if finding.box is not None:
        _check_box(finding.box)
    return replace(finding, at=min(finding.at, now), plate=_plate(finding))


def kind_of(kind: str) -> DetectionKind:
    """Return what is known of a kind."""
    return detection_kinds()[kind]


def cleared(conn: Conn, analyser: str, camera_id: int, kind: str, now: datetime) -> None:
    """Note that the analyser sees it no longer: what it tells from now on is a new finding."""
    conn.execute(CLEAR, {"analyser": analyser, "camera_id": camera_id, "kind": kind, "now": now})


def listed(
    conn: Conn,
    reader: Reader,
    *,
    state: str | None = None,
    kind: str | None = None,
    camera_id: int | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[Detection]:
    """Return findings of the reader's area and of cameras that the reader may watch, the newest first; `before`: behind this id.

    Raises:
        NotAllowedError: the reader's role sees no findings.
    """
    values = _visible(conn, reader) | {
        "state": state,
        "kind": kind,
        "camera_id": camera_id,
        "before": before,
        "limit": min(limit, MAX_ROWS),
    }
    with conn.cursor(row_factory=dict_row) as cursor:
        return [_detection(row) for row in cursor.execute(LIST, values)]


def one(conn: Conn, reader: Reader, detection_id: int) -> Detection:
    """Return one of them.

    Raises:
        NotAllowedError: the reader's role sees no findings.
        NotFoundError: there is none, or it is not for this reader.
    """
    return _detection(_row(conn, reader, detection_id))


def waiting(conn: Conn, reader: Reader) -> Mapping[str, int]:
    """Count by kind what waits for a person."""
    return {kind: int(number) for kind, number in conn.execute(WAITING, _visible(conn, reader))}


def snapshot(conn: Conn, data_dir: Path, reader: Reader, detection_id: int, *, thumb: bool = False) -> bytes:
    """Return the picture (JPEG) of a finding.

    Raises:
        NotAllowedError, NotFoundError: as `one`, and there may be no picture.
    """
    row = _row(conn, reader, detection_id)
    if row["sha256"] is None:
        raise NotFoundError(f"detections/{detection_id} has no picture")
    return attachments.content(data_dir, row["sha256"], thumb=thumb)


def plate_in_clear(conn: Conn, caller: Caller, detection_id: int, reason: str) -> str | None:
    """Return the plate in the clear and keep a record of who read it and why. Call it in `services.audit.attempt`.

    Raises:
        NotAllowedError: the reader's role reads no personal values in the clear.
        NotFoundError: as `one`.
        InvalidInputError: the reason is too short or too long.
    """
    reader, reason = caller.reader, reason.strip()
    if reader.role not in MAY_UNMASK:
        raise NotAllowedError(f"{reader.role} reads no personal values in the clear")
    if not LEAST_REASON <= len(reason) <= MOST_REASON:
        raise InvalidInputError(f"reason: {LEAST_REASON} to {MOST_REASON} characters that say what it is needed for")
    row = _row(conn, reader, detection_id)
    record(conn, caller, Act(action="unmask", object=f"detections/{detection_id}", reason=reason, detail={"fields": ["plate"]}))
    return None if row["plate"] is None else str(row["plate"])


def _row(conn: Conn, reader: Reader, detection_id: int) -> dict[str, Any]:
    with conn.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(ONE, _visible(conn, reader) | {"id": detection_id}).fetchone()
    if row is None:
        raise NotFoundError(f"detections/{detection_id}")
    return row


def _visible(conn: Conn, reader: Reader) -> dict[str, Any]:
    """Parameters of what the reader may see: a finding shows a camera's picture, so the right to watch it is needed."""
    if reader.role not in MAY_READ:
        raise NotAllowedError(f"{reader.role} sees no findings of analysis")
    rights = video_rights.modes(conn, reader)
    owners = [owner for owner in rights.by_owner if rights.allows(owner, Mode.SNAPSHOT)]
    return {"scope": reader.scope, "any_owner": rights.allows("", Mode.SNAPSHOT), "owners": owners}


def _detection(row: Mapping[str, Any]) -> Detection:
    shown = {name: value for name, value in row.items() if name != "sha256"}
    shown["plate"] = masked(row["plate"], Mask.PLATE)
    shown["box"] = tuple(round(value, 4) for value in row["box"]) if row["box"] else None
    shown["confidence"] = round(row["confidence"], 3)
    return Detection(**shown)


def _camera(conn: Conn, reader: Reader, finding: Finding) -> Camera:
    camera_id = finding.camera_id
    if camera_id is None:
        row = conn.execute(BY_GB, [str(finding.gb_id)[:20]]).fetchone()
        if row is None:
            raise NotFoundError(f"camera {str(finding.gb_id)[:20]}")
        camera_id = int(row[0])
    return video_rights.find(conn, reader, camera_id)


def _snapshot(conn: Conn, data_dir: Path, finding: Finding, now: datetime, reader: Reader) -> int | None:
    if finding.snapshot is not None:
        return attachments.store(conn, data_dir, finding.snapshot, "other", reader=reader, now=now).id
    if finding.attachment_id is None:
        return None
    row = conn.execute(OWN_PHOTO, {"id": finding.attachment_id, "account_id": reader.account_id}).fetchone()
    if row is None:
        raise InvalidInputError(f"attachment_id={finding.attachment_id}: no photo that this sender added")
    return int(row[0])


def _check_box(box: tuple[float, ...]) -> None:
    if len(box) != 4 or not all(math.isfinite(value) and 0 <= value <= 1 for value in box):
        raise InvalidInputError("box: left, top, width, height as shares of the picture, each 0 to 1")
    left, top, width, height = box
    if width <= 0 or height <= 0 or left + width > 1.001 or top + height > 1.001:
        raise InvalidInputError("box: reaches out of the picture")


def _plate(finding: Finding) -> str | None:
    if finding.plate is None:
        return None
    plate = re.sub(r"[\s·.\-]", "", finding.plate).upper()
    if len(plate) > MAX_PLATE or not PLATE.fullmatch(plate):
        raise InvalidInputError("plate: 5 to 10 Chinese characters, letters and digits")
    return plate
