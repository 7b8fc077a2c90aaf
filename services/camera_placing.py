"""Where a camera stands and what it looks at, set by hand."""

from dataclasses import dataclass, replace

from psycopg.rows import class_row

from geodata.db import Conn
from geodata.errors import InvalidInputError, NotAllowedError, NotFoundError
from geodata.grid import LonLat
from services.audit import Act, Caller, record
from services.rights import Role, in_scope
from services.video_rights import MAX_ID

HIGHEST_OFFSET_MS = 24 * 3600 * 1000
LONGEST_PURPOSE = 200

BEFORE = """
    SELECT id, ST_X(geom) AS lon, ST_Y(geom) AS lat, azimuth_deg, fov_deg, view_range_m, height_m, purpose, clock_offset_ms, geom_source, grid_code
    FROM hall.camera WHERE id = %s FOR UPDATE
"""
GRID_AT = """
    SELECT code FROM hall.area WHERE level = 'base_grid' AND ST_Intersects(geom, ST_SetSRID(ST_MakePoint(%s, %s), 4326)) ORDER BY code LIMIT 1
"""
CHANGE = """
    UPDATE hall.camera SET geom = ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326), grid_code = %(grid_code)s, geom_source = %(geom_source)s,
        azimuth_deg = %(azimuth_deg)s, fov_deg = %(fov_deg)s, view_range_m = %(view_range_m)s, height_m = %(height_m)s, purpose = %(purpose)s,
        clock_offset_ms = %(clock_offset_ms)s,
        flags = CASE WHEN %(moved)s THEN ARRAY(SELECT f FROM unnest(flags) AS f WHERE NOT f = ANY(%(position_flags)s)) ELSE flags END
    WHERE id = %(id)s
"""
POSITION_FLAGS = ("zero", "swapped", "outside_district", "duplicate_position", "no_position")
"""Doubts that a position set by hand answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placing:
    """Where a camera stands and what it looks at, as an administrator sets it; None leaves a value as it is."""

    lon: float | None = None
    lat: float | None = None
    azimuth_deg: float | None = None
    fov_deg: float | None = None
    view_range_m: float | None = None
    height_m: float | None = None
    purpose: str | None = None
    clock_offset_ms: int | None = None

    def __post_init__(self) -> None:
        """Check."""
        if (self.lon is None) != (self.lat is None):
            raise InvalidInputError("lon and lat belong together")
        if self.lon is not None and self.lat is not None:
            LonLat(self.lon, self.lat)
        bounds = {"azimuth_deg": (0, 360), "fov_deg": (1, 360), "view_range_m": (1, 5000), "height_m": (0, 300)}
        for name, (low, high) in bounds.items():
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise InvalidInputError(f"{name}={value:g} is outside {low}..{high}")
        if self.purpose is not None and (len(self.purpose) > LONGEST_PURPOSE or "\0" in self.purpose):
            raise InvalidInputError(f"purpose: at most {LONGEST_PURPOSE} characters")
        if self.clock_offset_ms is not None and abs(self.clock_offset_ms) > HIGHEST_OFFSET_MS:
            raise InvalidInputError("clock_offset_ms: at most a day")


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A camera as it stands now."""

    id: int
    lon: float
    lat: float
    azimuth_deg: float
    fov_deg: float
    view_range_m: float
    height_m: float
    purpose: str | None
    clock_offset_ms: int
    geom_source: str
    grid_code: str


def place(conn: Conn, caller: Caller, camera_id: int, placing: Placing) -> Placed:
    """Set where a camera stands and looks. A position set by hand stays: later imports do not move it.

    Raises:
        NotAllowedError: the caller is not the system administrator.
        NotFoundError: there is no such camera.
        InvalidInputError: the position lies in no base grid.
    """
    if caller.reader.role is not Role.SYSTEM_ADMIN:
        raise NotAllowedError("only the system administrator sets where a camera stands")
    with conn.cursor(row_factory=class_row(Placed)) as cursor:
        before = cursor.execute(BEFORE, [camera_id]).fetchone() if 0 < camera_id <= MAX_ID else None
    if before is None or not in_scope(caller.reader, before.grid_code):
        raise NotFoundError(f"cameras/{camera_id}")
    given = {name: getattr(placing, name) for name in Placing.__slots__ if getattr(placing, name) is not None}
    after = replace(before, **given)
    moved = "lon" in given
    if moved:
        grid = conn.execute(GRID_AT, [after.lon, after.lat]).fetchone()
        if grid is None:
            raise InvalidInputError(f"{after.lon:.6f}, {after.lat:.6f} lies in no base grid")
        after = replace(after, grid_code=grid[0], geom_source="hand")
    values = {name: getattr(after, name) for name in Placed.__slots__}
    conn.execute(CHANGE, values | {"moved": moved, "position_flags": list(POSITION_FLAGS)})
    changed = {name: [getattr(before, name), getattr(after, name)] for name in given if getattr(before, name) != getattr(after, name)}
    record(conn, caller, Act(action="place_camera", object=f"cameras/{camera_id}", detail=changed))
    return after
