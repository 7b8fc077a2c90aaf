"""The people counter: looks at the cameras of the rota in turn, on one core, keeps the counts and tells crowds."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from PIL import Image

from analysis.crowd import Turn, Watch, around, inside
from analysis.detector import Detector
from geodata.db import Pool, reading, writing
from geodata.errors import HallError
from services import counting, detections
from services.counting import ANALYSER, KIND, Plan
from services.detections import Finding
from services.rights import Reader, Role

log = logging.getLogger("analysis")

ROTA_S = 30.0
"""The rota is read again so often."""
FORGET_S = 3600.0
WAIT_S = 5.0
LONGEST_S = 600.0
"""A camera without a picture is asked more and more rarely, down to this."""
MYSELF = Reader(0, ANALYSER, "人数统计", Role.SHIFT_LEADER, "")

Take = Callable[[int], tuple[bytes, Image.Image]]


@dataclass(slots=True)
class _Turnus:
    plan: Plan
    due_s: float
    watch: Watch = field(default_factory=Watch)
    failures: int = 0


class Counter:
    """One rota. `take` gives a camera's picture as JPEG and decoded."""

    def __init__(self, pool: Pool, data_dir: Path, detector: Detector, take: Take) -> None:
        self._pool, self._data_dir, self._detector, self._take = pool, data_dir, detector, take
        self._turnus: dict[int, _Turnus] = {}
        self._read_s = self._forgot_s = float("-inf")

    def run(self, stop: threading.Event) -> None:
        """Look until `stop` is set."""
        wait_s = 0.0
        while not stop.wait(wait_s):
            try:
                wait_s = self.step(time.monotonic())
            except (HallError, psycopg.Error) as error:
                log.warning("the rota stands still: %s", error)
                wait_s = WAIT_S

    def step(self, now_s: float) -> float:
        """Look at the camera that has waited longest, if one is due; return after how many seconds to come again.

        Raises:
            SourceUnavailableError: the database does not answer.
        """
        if now_s - self._read_s >= ROTA_S:
            self._renew(now_s)
        turnus = min(self._turnus.values(), key=lambda one: one.due_s, default=None)
        if turnus is None:
            return WAIT_S
        if turnus.due_s > now_s:
            return min(turnus.due_s - now_s, WAIT_S)
        try:
            self.look(turnus.plan, turnus.watch)
            turnus.failures = 0
            turnus.due_s = now_s + turnus.plan.every_s
        except HallError as error:
            turnus.failures += 1
            turnus.due_s = now_s + min(turnus.plan.every_s * 2.0 ** min(turnus.failures, 10), LONGEST_S)
            level = logging.WARNING if turnus.failures == 1 else logging.DEBUG
            log.log(level, "%s", error)
        return 0.0

    def look(self, plan: Plan, watch: Watch) -> int:
        """Count once; return how many people stand in the zone.

        Raises:
            SourceUnavailableError: there is no picture, or the database does not answer.
        """
        content, picture = self._take(plan.camera_id)
        found = inside(self._detector.people(picture, plan.threshold), plan.zone)
        now = datetime.now(UTC)
        before = Watch(watch.alarmed, watch.above)
        turn = watch.look(len(found), plan)
        try:
            with writing(self._pool) as conn:
                counting.counted(conn, plan.camera_id, now, len(found))
                if turn is Turn.CLEARED:
                    detections.cleared(conn, ANALYSER, plan.camera_id, KIND, now)
                if turn is Turn.RAISED:
                    finding = Finding(
                        analyser=ANALYSER,
                        external_no=f"{plan.camera_id}-{now.timestamp():.3f}",
                        kind=KIND,
                        at=now,
                        confidence=round(sum(one.confidence for one in found) / len(found), 3),
                        camera_id=plan.camera_id,
                        count=len(found),
                        box=around(found),
                        snapshot=content,
                    )
                    detections.receive(conn, self._data_dir, finding, now, reader=MYSELF)
                    log.info("%s: %d people", plan.name, len(found))
        except HallError:
            watch.alarmed, watch.above = before.alarmed, before.above  # what was not written was not told
            raise
        return len(found)

    def _renew(self, now_s: float) -> None:
        """Read the rota: new cameras are looked at soon, one after the other; those that left are forgotten."""
        with reading(self._pool) as conn:
            plans, alarmed = counting.rota(conn), counting.alarmed(conn)
        known, self._turnus = self._turnus, {}
        for number, plan in enumerate(plans):
            before = known.get(plan.camera_id)
            if before is not None:
                before.plan = plan
                before.due_s = min(before.due_s, now_s + (LONGEST_S if before.failures else plan.every_s))
                self._turnus[plan.camera_id] = before
            else:
                later_s = plan.every_s * number / len(plans)
                self._turnus[plan.camera_id] = _Turnus(plan, now_s + later_s, Watch(alarmed=plan.camera_id in alarmed))
        self._read_s = now_s
        if now_s - self._forgot_s >= FORGET_S:
            with writing(self._pool) as conn:
                counting.forget(conn, datetime.now(UTC))
            self._forgot_s = now_s
