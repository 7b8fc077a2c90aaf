"""Who may watch what: the role's rights on an owner's cameras (hall.video_right) × the reader's area. One check for every way to a picture."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from psycopg.rows import class_row

from geodata.db import Conn
from geodata.errors import NotAllowedError, NotFoundError
from services.rights import Reader, Role, in_scope

MAX_ID = 2**63 - 1
SEES_CAMERAS = frozenset(Role) - {Role.CITIZEN, Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN}
"""Roles that see the layer of cameras at all; to the others a camera's existence is nothing to be told either."""


class Mode(StrEnum):
    """What somebody does with a camera, as written into hall.camera_access."""

    LIVE = "live"
    SNAPSHOT = "snapshot"
    REPLAY = "replay"
    DOWNLOAD = "download"
    PTZ = "ptz"


NEEDS: Mapping[Mode, str] = {
    Mode.LIVE: "live",
    Mode.SNAPSHOT: "live",
    Mode.REPLAY: "replay",
    Mode.DOWNLOAD: "download",
    Mode.PTZ: "ptz",
}
"""Mode → the right that it takes."""

CAMERA = """
    SELECT c.id, c.gb_id, c.name, c.owner, c.grid_code, ST_X(c.geom) AS lon, ST_Y(c.geom) AS lat, c.online, c.is_key, c.azimuth_deg, c.fov_deg,
           c.view_range_m, c.ptz, c.retention_days, c.clock_offset_ms, c.video_source_id AS source_id, c.stream_ref, c.sub_ref,
           s.key AS source_key, s.kind AS source_kind, coalesce(s.enabled, false) AS source_enabled, h.codec
    FROM hall.camera AS c
    LEFT JOIN hall.video_source AS s ON s.id = c.video_source_id
    LEFT JOIN hall.camera_health AS h ON h.camera_id = c.id
    WHERE c.id = %s
"""
RIGHTS = "SELECT owner, mode FROM hall.video_right WHERE role = %s LIMIT 1000"


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """A camera as the ways to its picture need it. `stream_ref`, `sub_ref` and the source stay on the server."""

    id: int
    gb_id: str
    name: str
    owner: str
    grid_code: str
    lon: float
    lat: float
    online: bool
    is_key: bool
    azimuth_deg: float
    fov_deg: float
    view_range_m: float
    ptz: bool
    """Its source lets it be turned."""
    retention_days: int
    clock_offset_ms: int
    """Its own clock minus true time, where its source stamps times by it."""
    source_id: int | None
    """Row of hall.video_source; None: a place on the map without a picture."""
    stream_ref: str | None
    sub_ref: str | None
    source_key: str | None
    source_kind: str | None
    source_enabled: bool
    codec: str | None
    """As last seen by the health check."""

    @property
    def playable(self) -> bool:
        """Whether a picture is configured."""
        return self.source_enabled and bool(self.stream_ref)


@dataclass(frozen=True, slots=True)
class VideoRights:
    """What one role may do, by owner of the cameras."""

    everywhere: frozenset[str]
    """Rights on the cameras of every owner."""
    by_owner: Mapping[str, frozenset[str]]
    """Further rights on the cameras of one owner."""

    def of(self, owner: str) -> frozenset[str]:
        """Return the rights on this owner's cameras: live, replay, download, ptz."""
        return self.everywhere | self.by_owner.get(owner, frozenset())

    def allows(self, owner: str, mode: Mode | str) -> bool:
        """Tell whether this may be done with this owner's cameras."""
        return NEEDS[Mode(mode)] in self.of(owner)


def modes(conn: Conn, reader: Reader) -> VideoRights:
    """Return what the reader's role may do with the cameras of each owner; the area scope applies on top."""
    everywhere: set[str] = set()
    by_owner: dict[str, set[str]] = {}
    if reader.role in SEES_CAMERAS:
        for owner, mode in conn.execute(RIGHTS, [reader.role.value]):
            (everywhere if owner is None else by_owner.setdefault(owner, set())).add(mode)
    return VideoRights(frozenset(everywhere), {owner: frozenset(rights) for owner, rights in by_owner.items()})


def find(conn: Conn, reader: Reader, camera_id: int) -> Camera:
    """Return a camera that the reader may see on the map, whatever may be done with it.

    Raises:
        NotAllowedError: the reader's role sees no cameras.
        NotFoundError: there is none, or it lies outside the reader's area.
    """
    if reader.role not in SEES_CAMERAS:
        raise NotAllowedError(f"{reader.role} may not see cameras")
    camera = None
    if 0 < camera_id <= MAX_ID:
        with conn.cursor(row_factory=class_row(Camera)) as cursor:
            camera = cursor.execute(CAMERA, [camera_id]).fetchone()
    if camera is None or not in_scope(reader, camera.grid_code):
        raise NotFoundError(f"cameras/{camera_id}")
    return camera


def check(conn: Conn, reader: Reader, camera_id: int, mode: Mode | str) -> Camera:
    """Return the camera if the reader may do this with it. `services.camera_access.admit` calls this and keeps the record.

    Raises:
        NotAllowedError: the role lacks the right, which the message names, or sees no cameras at all.
        NotFoundError: there is none, or it lies outside the reader's area.
    """
    camera = find(conn, reader, camera_id)
    if not modes(conn, reader).allows(camera.owner, mode):
        raise NotAllowedError(f"right missing: {NEEDS[Mode(mode)]} on cameras of {camera.owner} ({reader.role})")
    return camera
