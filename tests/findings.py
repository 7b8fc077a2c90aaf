"""Findings of analysis for tests: a snapshot, a complete message, and the classes that accepted findings become."""

import io
from datetime import datetime
from typing import Any

from PIL import Image

from geodata.db import Conn
from geodata.dictionary.files import classes, detection_kinds

CAMERA, OTHER_CAMERA = 61, 62
"""In the first and in the second street of the district."""


def add_classes(conn: Conn) -> None:
    """Make the classes of all kinds known."""
    wanted = {kind.class_code for kind in detection_kinds().values()}
    for each in classes():
        if each.code in wanted:
            conn.execute(
                """INSERT INTO hall.event_class (code, name, major, kind_group, default_level) VALUES (%s, %s, %s, %s, %s)
                   ON CONFLICT DO NOTHING""",
                [each.code, each.name, each.major, each.kind_group, each.default_level],
            )


def picture(colour: str = "orange", size: tuple[int, int] = (640, 360)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "JPEG")
    return out.getvalue()


def told(at: datetime, number: str = "1", **more: Any) -> dict[str, Any]:
    """What an analyser tells, as values of `services.detections.Finding`."""
    given: dict[str, Any] = {"analyser": "lab", "external_no": number, "kind": "vendor", "at": at, "confidence": 0.8, "camera_id": CAMERA}
    return given | more
