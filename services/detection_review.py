"""A person decides about a finding of analysis: it becomes a case, belongs to an open case, or is nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from geodata.db import Conn
from geodata.errors import ConflictError, InvalidInputError, NotAllowedError, NotFoundError
from services import acts, audit, detections, duplicates, intake
from services.act_form import Act
from services.audit import Caller
from services.detections import MAY_REVIEW, SOURCE, Detection
from services.duplicates import Candidate, Draft
from services.report import Report
from services.rights import Reader
from services.worktime import LOCAL

VERDICTS = ("accept", "merge", "reject")
LEAST_REASON, MOST_REASON = 2, 200
MOST_CERTAIN = 30
"""Above so many people no number is told."""
PRECISION = "address"
"""What a camera sees is known to its view, not to a point."""

LOCK = "SELECT state FROM hall.detection WHERE id = %s FOR UPDATE"
DECIDED = """
    UPDATE hall.detection SET state = %(state)s, reviewer_id = %(account_id)s, reviewed_at = %(now)s, reason = %(reason)s, event_id = %(event_id)s
    WHERE id = %(id)s
"""
BIND = """
    UPDATE hall.attachment a SET event_id = %(event_id)s FROM hall.detection d
    WHERE d.id = %(id)s AND a.id = d.attachment_id AND a.event_id IS NULL
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a person decided. `event_id`: the open case of a merge; class and level: other than those of the kind."""

    verdict: str
    reason: str | None = None
    event_id: int | None = None
    class_code: str | None = None
    level: int | None = None


def candidates(conn: Conn, detection: Detection, now: datetime, *, reader: Reader, limit: int = 5) -> list[Candidate]:
    """Return the open cases that a finding may be, the likeliest first, with reasons."""
    draft = Draft(
        class_code=detections.kind_of(detection.kind).class_code,
        lon=detection.lon,
        lat=detection.lat,
        precision=PRECISION,
        grid_code=detection.grid_code,
        text=" ".join(_told(detection)),
        reported_at=detection.at,
    )
    found = duplicates.candidates(conn, draft, now, limit * 2, reader=reader)
    return [each for each in found if not any(reason.key == "closed" for reason in each.reasons)][:limit]


def people(number: int) -> str:
    """Say how many people; a detector of single people is no measure of a dense crowd."""
    return f"约{number}人" if number <= MOST_CERTAIN else f"{MOST_CERTAIN}人以上"


def review(conn: Conn, caller: Caller, detection_id: int, wanted: Verdict) -> Detection:
    """Decide about a finding that waits. Call it in `services.audit.attempt`, which records a refusal.

    Raises:
        NotAllowedError: the role decides about no findings.
        NotFoundError: no such finding, or no such open case, for this reader.
        ConflictError: somebody has decided before, or the case is closed.
        InvalidInputError: a value is missing or cannot be used.
    """
    if caller.reader.role not in MAY_REVIEW:
        raise NotAllowedError(f"{caller.reader.role} decides about no findings of analysis")
    reason = (wanted.reason or "").strip()
    if wanted.verdict not in VERDICTS:
        raise InvalidInputError(f"verdict={wanted.verdict[:20]!r}: one of {', '.join(VERDICTS)}")
    if (wanted.verdict == "reject" and len(reason) < LEAST_REASON) or len(reason) > MOST_REASON:
        raise InvalidInputError(f"reason: {LEAST_REASON} to {MOST_REASON} characters")
    if (wanted.event_id is not None) != (wanted.verdict == "merge"):
        raise InvalidInputError("event_id: the open case of a merge, and of nothing else")
    detection = detections.one(conn, caller.reader, detection_id)
    row = conn.execute(LOCK, [detection_id]).fetchone()
    if row is None:
        raise NotFoundError(f"detections/{detection_id}")
    if row[0] != "new":
        raise ConflictError(f"detections/{detection_id} was {row[0]} before")
    event_id = None if wanted.verdict == "reject" else _case(conn, caller, detection, wanted)
    values = {
        "id": detection_id,
        "state": {"accept": "accepted", "merge": "merged", "reject": "rejected"}[wanted.verdict],
        "account_id": caller.reader.account_id,
        "now": caller.now,
        "reason": reason or None,
        "event_id": event_id,
    }
    conn.execute(DECIDED, values)
    conn.execute(BIND, {"id": detection_id, "event_id": event_id})
    detail = {"kind": detection.kind, "camera_id": detection.camera_id, "event_id": event_id}
    audit.record(
        conn, caller, audit.Act(action=f"detection_{wanted.verdict}", object=f"detections/{detection_id}", reason=reason, detail=detail)
    )
    return detections.one(conn, caller.reader, detection_id)


def _case(conn: Conn, caller: Caller, detection: Detection, wanted: Verdict) -> int:
    """Hand the finding in as a report of its own; a merged one goes on under its case as every merged case does, and can be given back."""
    kind = detections.kind_of(detection.kind)
    title, told = _told(detection)
    report = Report(
        source=SOURCE,
        external_no=f"detection-{detection.id}",
        title=title,
        description=told,
        class_code=wanted.class_code or kind.class_code,
        level=kind.level if wanted.level is None else wanted.level,
        lon=detection.lon,
        lat=detection.lat,
        crs_checked=True,
        precision=PRECISION,
        place_text=detection.camera,
        reported_at=detection.at,
    )
    received = intake.receive(conn, report, caller.now, reader=caller.reader)
    if received.event_id is None:
        raise InvalidInputError(f"{received.needs or 'report'}: no case can be made of it")
    if wanted.event_id is None:
        return received.event_id
    acts.apply(conn, caller, received.event_id, Act(action="merge", master_id=wanted.event_id))
    return wanted.event_id


def _told(detection: Detection) -> Sequence[str]:
    """Title and description of the report; never a plate."""
    name = detections.kind_of(detection.kind).zh
    told = [f"视频分析（{detection.analyser}）于{detection.at.astimezone(LOCAL):%m-%d %H:%M:%S}在{detection.camera}发现{name}"]
    if detection.count is not None:
        told.append(people(detection.count) if detection.kind == "crowd" else f"数量{detection.count}")
    told.append(f"置信度{detection.confidence:.0%}")
    if detection.repeats:
        told.append(f"重复上报{detection.repeats}次")
    return f"{name} {detection.camera}"[:120], "，".join(told)
