"""The sources of video that administrators set up: platforms and plain sets of cameras, by their key."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from geodata.db import Conn
from geodata.errors import ConflictError, InvalidInputError, NotAllowedError, NotFoundError
from services.audit import Act, Caller, record
from services.catalogue_entry import LONGEST
from services.rights import Reader, Role

KINDS_WITH_CATALOGUE = ("wvp", "zlmediakit", "mediamtx")
KINDS_TO_ADD = ("wvp", "zlmediakit", "mediamtx", "rtsp")
"""What an administrator may set up; the simulated cameras set themselves up."""
CRS = ("wgs84", "cgcs2000", "gcj02", "bd09")

SOURCE = """
    SELECT id, key, kind, name, crs, timezone, options, enabled, synced_at, failed_at, failure, sync_asked_at, tried_at, report,
           (SELECT count(*)::int FROM hall.camera AS c WHERE c.video_source_id = s.id) AS cameras
    FROM hall.video_source AS s
"""
SOURCES = SOURCE + " ORDER BY name, id LIMIT 1000"
ONE = SOURCE + " WHERE id = %s FOR UPDATE OF s"
BY_KEY = "SELECT id, kind, base_url FROM hall.video_source WHERE key = %s AND enabled"
BY_STREAM = """
    SELECT id, stream_ref, sub_ref FROM hall.camera
    WHERE video_source_id = %(source)s AND (stream_ref = %(ref)s OR sub_ref = %(ref)s
        OR starts_with(stream_ref, %(ref)s || '=') OR starts_with(sub_ref, %(ref)s || '=')) ORDER BY id LIMIT 1
"""
ASK = "UPDATE hall.video_source SET sync_asked_at = %s WHERE id = %s"
NEW = """
    INSERT INTO hall.video_source (key, kind, name, base_url, crs, timezone, options)
    VALUES (%(key)s, %(kind)s, %(name)s, %(base_url)s, %(crs)s, %(timezone)s, %(options)s) ON CONFLICT (key) DO NOTHING RETURNING id
"""
CHANGE = "UPDATE hall.video_source SET crs = %(crs)s, enabled = %(enabled)s, name = %(name)s WHERE id = %(id)s"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """A source as administrators see it: no address, no secret."""

    id: int
    key: str
    kind: str
    name: str
    crs: str
    timezone: str
    options: Mapping[str, Any]
    enabled: bool
    synced_at: datetime | None
    failed_at: datetime | None
    failure: str | None
    sync_asked_at: datetime | None
    tried_at: datetime | None
    report: Mapping[str, Any] | None
    cameras: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceForm:
    """A source to set up. Its secrets stand in the environment, as HALL_VIDEO_<KEY>_USER, _PASSWORD, _TOKEN, _SECRET."""

    key: str
    kind: str
    name: str
    base_url: str = ""
    crs: str = "wgs84"
    timezone: str = "Asia/Shanghai"
    options: Mapping[str, Any] = field(default_factory=dict)


def by_key(conn: Conn, key: str) -> tuple[int, str, str]:
    """Return id, kind and address of the source with this key.

    Raises:
        NotFoundError: there is none that is switched on.
    """
    row = conn.execute(BY_KEY, [key[:40]]).fetchone()
    if row is None:
        raise NotFoundError(f"there is no source {key[:40]!r} that is switched on")
    return int(row[0]), str(row[1]), str(row[2])


def by_stream(conn: Conn, source_id: int, ref: str) -> tuple[int | None, str | None, str | None]:
    """Return the camera whose stream is named so, with its references as they stand; Nones for none."""
    row = conn.execute(BY_STREAM, {"source": source_id, "ref": ref}).fetchone()
    return (row[0], row[1], row[2]) if row else (None, None, None)


def sources(conn: Conn, reader: Reader) -> list[SourceState]:
    """Return all sources.

    Raises:
        NotAllowedError: the reader is not the system administrator.
    """
    _require(reader)
    with conn.cursor(row_factory=class_row(SourceState)) as cursor:
        return cursor.execute(SOURCES).fetchall()


def add(conn: Conn, caller: Caller, form: SourceForm) -> SourceState:
    """Set a source up.

    Raises:
        NotAllowedError: the caller is not the system administrator.
        InvalidInputError: a value cannot be used.
        ConflictError: there is one of this key already.
    """
    _require(caller.reader)
    _check(form)
    values = {name: getattr(form, name) for name in SourceForm.__slots__} | {"options": Jsonb(dict(form.options))}
    row = conn.execute(NEW, values).fetchone()
    if row is None:
        raise ConflictError(f"there is a source {form.key} already")
    record(conn, caller, Act(action="add_video_source", object=f"video-sources/{row[0]}", detail={"key": form.key, "kind": form.kind}))
    return one(conn, row[0])


def change(
    conn: Conn, caller: Caller, source_id: int, *, crs: str | None = None, enabled: bool | None = None, name: str | None = None
) -> SourceState:
    """Set the coordinate system that a source's positions are in, switch it on or off, or rename it. Same errors, and NotFoundError."""
    _require(caller.reader)
    before = one(conn, source_id)
    after = {"crs": crs or before.crs, "enabled": before.enabled if enabled is None else enabled, "name": name or before.name}
    if after["crs"] not in CRS:
        raise InvalidInputError(f"crs: one of {', '.join(CRS)}")
    conn.execute(CHANGE, after | {"id": source_id})
    record(conn, caller, Act(action="change_video_source", object=f"video-sources/{source_id}", detail=after))
    if after["crs"] != before.crs:
        conn.execute(ASK, [caller.now, source_id])
    return one(conn, source_id)


def ask_sync(conn: Conn, caller: Caller, source_id: int) -> SourceState:
    """Ask the media process to read a source's catalogue now.

    Raises:
        NotAllowedError: the caller is not the system administrator.
        NotFoundError: there is no such source.
        ConflictError: it is switched off, or its kind has no catalogue.
    """
    _require(caller.reader)
    source = one(conn, source_id)
    if source.kind not in KINDS_WITH_CATALOGUE:
        raise ConflictError(f"sources of kind {source.kind} have no catalogue: import a list of cameras")
    if not source.enabled:
        raise ConflictError("the source is switched off")
    conn.execute(ASK, [caller.now, source_id])
    record(conn, caller, Act(action="sync_video_source", object=f"video-sources/{source_id}"))
    return one(conn, source_id)


def one(conn: Conn, source_id: int) -> SourceState:
    """Return a source whoever asks, and hold its row until the transaction ends.

    Raises:
        NotFoundError: there is no such source.
    """
    with conn.cursor(row_factory=class_row(SourceState)) as cursor:
        found = cursor.execute(ONE, [source_id]).fetchone() if 0 < source_id < 2**31 else None
    if found is None:
        raise NotFoundError(f"video-sources/{source_id}")
    return found


def _require(reader: Reader) -> None:
    if reader.role is not Role.SYSTEM_ADMIN:
        raise NotAllowedError("only the system administrator sees the sources of video")


def _check(form: SourceForm) -> None:
    if not (
        form.key.isascii() and form.key.replace("_", "").isalnum() and form.key[0].isalpha() and form.key.islower() and len(form.key) <= 31
    ):
        raise InvalidInputError("key: a letter, then up to 30 small letters, digits or _")
    if form.kind not in KINDS_TO_ADD:
        raise InvalidInputError(f"kind: one of {', '.join(KINDS_TO_ADD)}")
    if form.crs not in CRS:
        raise InvalidInputError(f"crs: one of {', '.join(CRS)}")
    if not 1 <= len(form.name.strip()) <= LONGEST:
        raise InvalidInputError(f"name: 1 to {LONGEST} characters")
    scheme = form.base_url.partition("://")[0]
    wanted = ("rtsp", "rtsps") if form.kind == "rtsp" else ("http", "https")
    if scheme not in wanted or "@" in form.base_url or len(form.base_url) > LONGEST:
        raise InvalidInputError(f"base_url: an address that begins with {wanted[0]}://, without user name and password")
