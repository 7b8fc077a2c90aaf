"""A report as a channel tells it: its fields, their limits, and who may hand in what. What it means is decided in services.understanding."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

import msgspec
import numpy as np

from geodata.crs import WGS84, describe
from geodata.errors import InvalidInputError, NotAllowedError
from services import geocode
from services.rights import Reader, Role

SOURCES = (
    "grid_self", "grid_patrol", "city_dcm", "hotline12345", "citizen", "citizen_wechat", "citizen_app", "hotline_cg", "video_ai", "sensor",
    "census", "leader", "dept_transfer", "other",
)  # fmt: skip
MAY_REPORT: Mapping[Role, frozenset[str]] = {
    Role.ACCEPTOR: frozenset(SOURCES),
    Role.DISPATCHER: frozenset(SOURCES),
    Role.SHIFT_LEADER: frozenset(SOURCES),
    Role.LEADER: frozenset({"leader"}),
    Role.DEPARTMENT: frozenset({"dept_transfer"}),
    Role.WORKER: frozenset({"grid_self", "grid_patrol", "census"}),
    Role.CITIZEN: frozenset({"citizen", "citizen_app", "citizen_wechat"}),
}
"""Who may hand in reports of which source. A program has the token of an account and its rights."""
MAX_TITLE, MAX_TEXT, MAX_PLACE, MAX_NAME, MAX_NUMBER = 120, 5_000, geocode.MAX_TEXT, 60, 64
MAX_RAW_BYTES = 256 * 1024
MAX_ATTACHMENTS = 20
NO_TEXT = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
"""The character 0 as JSON writes it, which no text of the database can hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a channel tells. Positions are in `crs`; texts are as written."""

    source: str
    external_no: str | None = None
    """The source's own number; without one every report is a new one."""
    title: str | None = None
    description: str | None = None
    class_code: str | None = None
    lon: float | None = None
    lat: float | None = None
    crs: str = WGS84
    crs_checked: bool = False
    """The sender was asked about the datum and stands by it."""
    place_text: str | None = None
    precision: str | None = None
    building_id: int | None = None
    reporter: str | None = None
    reporter_phone: str | None = None
    secret: bool = False
    reported_at: datetime | None = None
    level: int | None = None
    attachments: tuple[int, ...] = ()
    raw: Mapping[str, Any] = field(default_factory=dict)
    """Word for word what was sent; empty: the fields above are all."""

    def plain(self) -> dict[str, Any]:
        """Return the fields that say something, without the raw order."""
        given = ((name, getattr(self, name)) for name in _FIELDS)
        return {name: value for name, value in given if value is not None and value is not False and value != ()}

    def word_for_word(self) -> Mapping[str, Any]:
        """Return what was sent, or else the fields."""
        return self.raw or self.plain()


_FIELDS = tuple(each.name for each in fields(Report) if each.name != "raw")


def check(report: Report, reader: Reader) -> None:
    """Refuse what no person could make a case of.

    Raises:
        InvalidInputError: a value cannot be used; the message says which and the limit.
        NotAllowedError: the reader's role hands in no reports of that source.
    """
    if report.source not in SOURCES:
        raise InvalidInputError(f"source={report.source[:20]!r}: one of {', '.join(SOURCES)}")
    if report.source not in MAY_REPORT.get(reader.role, frozenset()):
        raise NotAllowedError(f"{reader.role} hands in no reports of {report.source}")
    limits = (
        ("title", report.title, MAX_TITLE),
        ("description", report.description, MAX_TEXT),
        ("place_text", report.place_text, MAX_PLACE),
        ("reporter", report.reporter, MAX_NAME),
        ("reporter_phone", report.reporter_phone, MAX_NAME),
        ("external_no", report.external_no, MAX_NUMBER),
    )
    for name, text, most in limits:
        if text is not None and len(text) > most:
            raise InvalidInputError(f"{name}: {len(text)} characters; at most {most} are taken")
        if text is not None and "\0" in text:
            raise InvalidInputError(f"{name}: holds a character that is no text")
    if (report.lon is None) != (report.lat is None):
        raise InvalidInputError("lon, lat: give both or none")
    if report.lon is not None and report.lat is not None and not np.isfinite([report.lon, report.lat]).all():
        raise InvalidInputError("lon, lat: no numbers of a position")
    if report.level is not None and not 0 <= report.level <= 4:
        raise InvalidInputError(f"level={report.level}: 0 to 4")
    if report.precision is not None and report.precision not in geocode.RANKS:
        raise InvalidInputError(f"precision: one of {', '.join(geocode.RANKS)}")
    if report.reported_at is not None and report.reported_at.tzinfo is None:
        raise InvalidInputError("reported_at: must carry an offset, as in 2026-11-23T08:00:00Z")
    if len(report.attachments) > MAX_ATTACHMENTS:
        raise InvalidInputError(f"attachments: at most {MAX_ATTACHMENTS}")
    raw = msgspec.json.encode(report.raw)
    if len(raw) > MAX_RAW_BYTES:
        raise InvalidInputError(f"the order is larger than {MAX_RAW_BYTES // 1024} KiB")
    if NO_TEXT.search(raw):
        raise InvalidInputError("the order holds a character that is no text")
    describe(report.crs)
