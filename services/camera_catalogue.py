"""A platform's catalogue into our own: cameras by their GB/T 28181 id, the tree above them.

What a person set by hand stays, what is doubtful is flagged, what is gone is marked and not deleted, and the same catalogue twice changes nothing.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from psycopg.types.json import Jsonb

from geodata import codes
from geodata.db import Conn
from geodata.errors import InvalidInputError
from geodata.imports.locate import Areas
from geodata.imports.positions import from_points
from geodata.load import as_column, copy_frame, point_hex
from services import catalogue_tree
from services.camera_placing import POSITION_FLAGS
from services.catalogue_entry import LONGEST, Entry
from services.video_sources import KINDS_WITH_CATALOGUE, SourceState, one

FLAGS = (*POSITION_FLAGS, "wrong_id", "missing")
"""Doubts that a catalogue raises and a later one takes back."""
MOST_ENTRIES = 300_000
KEPT_PROBLEMS = 50
LEAST_SHARE = 0.5
"""A catalogue with fewer of the known cameras than this is taken for a broken answer."""
OWNERS = {
    "00": "police",
    "01": "community",
    "02": "social",
    "03": "safety",
    "04": "traffic",
    "05": "traffic",
    "06": "traffic",
    "07": "traffic",
    "08": "city",
}
"""Industry code of a GB/T 28181 id (digits 9 and 10) → owner; 09 is sanitation and environment."""
AZIMUTHS_DEG = {1: 90.0, 2: 270.0, 3: 180.0, 4: 0.0, 5: 135.0, 6: 45.0, 7: 225.0, 8: 315.0}
"""DirectionType of GB/T 28181: 1 east, 2 west, 3 south, 4 north, 5 south-east, 6 north-east, 7 south-west, 8 north-west."""
AHEAD_DEG, AROUND_DEG, RANGE_M = 60.0, 360.0, 50.0

KNOWN = "SELECT gb_id, video_source_id FROM hall.camera WHERE gb_id = ANY(%s)"
HELD = "SELECT count(*) FROM hall.camera WHERE video_source_id = %s"
STAGE = """
    CREATE TEMP TABLE told ON COMMIT DROP AS
    SELECT gb_id, name, stream_ref, sub_ref, group_id, ptz, ptz_type, online, owner, azimuth_deg, fov_deg, grid_code, flags, geom
    FROM hall.camera WITH NO DATA
"""
REPEATED = """
    UPDATE told SET flags = flags || '{duplicate_position}'
    WHERE geom IS NOT NULL AND NOT flags && '{zero,no_position}' AND geom IN (
        SELECT geom FROM told WHERE geom IS NOT NULL AND NOT flags && '{zero,no_position}' GROUP BY geom HAVING count(*) > 1)
"""
CHANGED = """
    CREATE TEMP TABLE turned ON COMMIT DROP AS
    SELECT c.id, t.gb_id, t.name, t.stream_ref, t.sub_ref, t.group_id, t.ptz, coalesce(t.ptz_type, c.ptz_type) AS ptz_type, t.online, f.flags,
           CASE WHEN placed THEN t.geom ELSE c.geom END AS geom, CASE WHEN placed THEN t.grid_code ELSE c.grid_code END AS grid_code,
           CASE WHEN placed THEN 'platform' ELSE c.geom_source END AS geom_source
    FROM told AS t JOIN hall.camera AS c USING (gb_id)
        CROSS JOIN LATERAL (SELECT c.geom_source <> 'hand' AND t.geom IS NOT NULL AND NOT 'zero' = ANY(t.flags) AS placed) AS p
        CROSS JOIN LATERAL (
            SELECT ARRAY(SELECT flag FROM unnest(c.flags) AS flag WHERE NOT flag = ANY(%(known)s))
                || ARRAY(SELECT flag FROM unnest(t.flags) AS flag WHERE c.geom_source <> 'hand' OR NOT flag = ANY(%(positional)s)) AS flags) AS f
    WHERE (c.name, c.video_source_id, c.stream_ref, c.sub_ref, c.group_id, c.ptz, c.ptz_type, c.online, c.flags)
        IS DISTINCT FROM (t.name, %(source)s, t.stream_ref, t.sub_ref, t.group_id, t.ptz, coalesce(t.ptz_type, c.ptz_type), t.online, f.flags)
        OR p.placed AND ((c.grid_code, c.geom_source) IS DISTINCT FROM (t.grid_code, 'platform') OR NOT ST_Equals(c.geom, t.geom))
"""
UPDATE = """
    UPDATE hall.camera AS c
    SET name = t.name, video_source_id = %(source)s, stream_ref = t.stream_ref, sub_ref = t.sub_ref, group_id = t.group_id, ptz = t.ptz,
        ptz_type = t.ptz_type, changed_at = CASE WHEN c.online <> t.online THEN %(now)s ELSE c.changed_at END, online = t.online,
        flags = t.flags, geom = t.geom, grid_code = t.grid_code, geom_source = t.geom_source
    FROM turned AS t
    WHERE c.id = t.id
"""
INSERT = """
    INSERT INTO hall.camera (id, gb_id, name, owner, place_type, ptz_type, azimuth_deg, fov_deg, view_range_m, online, changed_at, grid_code, flags,
                             geom, video_source_id, stream_ref, sub_ref, group_id, ptz)
    SELECT (SELECT coalesce(max(id), 0) FROM hall.camera) + row_number() OVER (ORDER BY t.gb_id), t.gb_id, t.name, t.owner, 'road',
           coalesce(t.ptz_type, 3), t.azimuth_deg, t.fov_deg, %(range_m)s, t.online, %(now)s, t.grid_code, t.flags,
           coalesce(t.geom, ST_SetSRID(ST_MakePoint(0, 0), 4326)), %(source)s, t.stream_ref, t.sub_ref, t.group_id, t.ptz
    FROM told AS t WHERE NOT EXISTS (SELECT FROM hall.camera AS c WHERE c.gb_id = t.gb_id)
"""
NEW_ONES = "SELECT count(*) FROM told AS t WHERE NOT EXISTS (SELECT FROM hall.camera AS c WHERE c.gb_id = t.gb_id)"
GONE = """
    SELECT array_agg(c.id) FROM hall.camera AS c
    WHERE c.video_source_id = %s AND NOT 'missing' = ANY(c.flags) AND NOT EXISTS (SELECT FROM told AS t WHERE t.gb_id = c.gb_id)
"""
BY_HASH = "SET LOCAL enable_nestloop = off"
"""Statistics of a table that was filled a moment ago tell of an empty one: rows are matched by hashing whatever they say."""
BY_COST = "SET LOCAL enable_nestloop = on"
MISSING = """
    UPDATE hall.camera SET flags = array_append(flags, 'missing'), online = false, changed_at = %(now)s WHERE id = ANY(%(ids)s)
"""
WENT_WELL = "UPDATE hall.video_source SET synced_at = %(now)s, tried_at = %(now)s, failed_at = NULL, failure = NULL, report = %(report)s WHERE id = %(id)s"
WENT_WRONG = "UPDATE hall.video_source SET tried_at = %(now)s, failed_at = %(now)s, failure = %(failure)s WHERE id = %(id)s"
DUE = """
    SELECT id FROM hall.video_source
    WHERE enabled AND kind = ANY(%(kinds)s)
      AND (sync_asked_at > coalesce(tried_at, '-infinity') OR tried_at IS NULL OR tried_at < %(now)s - make_interval(mins => %(minutes)s))
    ORDER BY sync_asked_at NULLS LAST, tried_at NULLS FIRST, id LIMIT 100
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a catalogue did. `doubtful` counts cameras by flag; `refused` tells entries that were left out, and why."""

    cameras: int
    new: int
    updated: int
    unchanged: int
    missing: int
    nodes: int
    doubtful: Mapping[str, int] = field(default_factory=dict)
    refused: Sequence[str] = ()


def store(conn: Conn, source_id: int, entries: Iterable[Entry], now: datetime) -> Report:
    """Bring our catalogue up with a platform's, in the caller's transaction.

    Raises:
        NotFoundError: there is no such source.
        InvalidInputError: the catalogue is empty, too short to be true, or too long.
    """
    source = one(conn, source_id)
    nodes: dict[str, Entry] = {}
    cameras: dict[str, Entry] = {}
    refused: list[str] = []
    for entry in entries:
        place = cameras if entry.kind == "camera" else nodes
        if entry.gb_id in place:
            refused.append(f"{entry.gb_id}: told twice")
        else:
            place[entry.gb_id] = entry
        if len(cameras) + len(nodes) > MOST_ENTRIES:
            raise InvalidInputError(f"the catalogue has more than {MOST_ENTRIES} entries")
    conn.execute("LOCK TABLE hall.camera IN SHARE ROW EXCLUSIVE MODE")
    for gb_id, other in conn.execute(KNOWN, [list(cameras)]):
        if other is not None and other != source_id:
            refused.append(f"{gb_id}: belongs to another source")
            del cameras[gb_id]
    held = (conn.execute(HELD, [source_id]).fetchone() or [0])[0]
    if held and len(cameras) < LEAST_SHARE * held:
        raise InvalidInputError(f"the catalogue has {len(cameras)} cameras where {held} are known: nothing was changed")
    catalogue_tree.write(conn, source_id, nodes, cameras)
    doubtful = _stage(conn, source, list(cameras.values()))
    # a statement that changes no row would still move the revision of the map
    conn.execute(BY_HASH)
    conn.execute(CHANGED, {"known": list(FLAGS), "positional": list(POSITION_FLAGS), "source": source_id})
    updated, new = (int((conn.execute(query).fetchone() or [0])[0]) for query in ("SELECT count(*) FROM turned", NEW_ONES))
    gone = (conn.execute(GONE, [source_id]).fetchone() or [None])[0] or []
    if updated:
        conn.execute(UPDATE, {"source": source_id, "now": now})
    if new:
        conn.execute(INSERT, {"source": source_id, "now": now, "range_m": RANGE_M})
    if gone:
        conn.execute(MISSING, {"ids": gone, "now": now})
    conn.execute(BY_COST)
    conn.execute("DROP TABLE turned; DROP TABLE told")
    report = Report(
        cameras=len(cameras),
        new=new,
        updated=updated,
        unchanged=len(cameras) - new - updated,
        missing=len(gone),
        nodes=len(nodes),
        doubtful=doubtful,
        refused=refused[:KEPT_PROBLEMS],
    )
    told = {name: getattr(report, name) for name in Report.__slots__}
    conn.execute(WENT_WELL, {"now": now, "report": Jsonb(told | {"refused_count": len(refused)}), "id": source_id})
    return report


def failed(conn: Conn, source_id: int, failure: str, now: datetime) -> None:
    """Note why a catalogue could not be read."""
    conn.execute(WENT_WRONG, {"failure": failure[:LONGEST], "now": now, "id": source_id})


def due(conn: Conn, now: datetime, *, minutes: int) -> list[int]:
    """Return the sources whose catalogue is to be read: asked for, never read, or read longer ago than so many minutes."""
    return [row[0] for row in conn.execute(DUE, {"kinds": list(KINDS_WITH_CATALOGUE), "now": now, "minutes": minutes})]


def _stage(conn: Conn, source: SourceState, cameras: Sequence[Entry]) -> dict[str, int]:
    """Lay the cameras out beside the table, converted and flagged; return how many have which doubt."""
    conn.execute(STAGE)
    areas = Areas.load(conn)
    x = np.array([np.nan if one.lon is None else one.lon for one in cameras], float)
    y = np.array([np.nan if one.lat is None else one.lat for one in cameras], float)
    positions = from_points(x, y, source.crs, areas.inside)
    lon, lat = positions.lon.round(7), positions.lat.round(7)
    codes_, outside = areas.locate(lon, lat)
    whole = areas.levels[-1].codes[0]
    given = np.isfinite(lon) & np.isfinite(lat)
    zero, swapped = positions.flags["zero"], positions.flags["swapped"]
    groups = catalogue_tree.ids(conn, source.id)
    flags = [
        [
            name
            for name, doubt in (
                ("zero", zero[n]),
                ("no_position", not given[n]),
                ("swapped", swapped[n]),
                ("outside_district", given[n] and outside[n] and not zero[n]),
                ("wrong_id", _wrong(one.gb_id)),
            )
            if doubt
        ]
        for n, one in enumerate(cameras)
    ]
    known = areas.codes()
    grids = [
        codes_[n] if given[n] and not zero[n] else one.civil_code if one.civil_code in known else whole for n, one in enumerate(cameras)
    ]
    hexed = np.full(len(cameras), None, object)
    if given.any():
        hexed[given] = point_hex(lon[given], lat[given]).to_numpy(zero_copy_only=False)
    owner = source.options.get("owner")
    columns: dict[str, Sequence[Any]] = {
        "gb_id": [one.gb_id for one in cameras],
        "name": [(one.name or one.gb_id)[:LONGEST] for one in cameras],
        "stream_ref": [one.ref for one in cameras],
        "sub_ref": [one.sub_ref for one in cameras],
        "group_id": [groups.get(one.parent_gb_id or one.civil_code or "") for one in cameras],
        "ptz": [one.ptz for one in cameras],
        "ptz_type": [one.ptz_type for one in cameras],
        "online": [bool(one.online) for one in cameras],
        "owner": [owner or _owner(one.gb_id) for one in cameras],
        "azimuth_deg": [AZIMUTHS_DEG.get(one.direction_type or 0, 0.0) for one in cameras],
        "fov_deg": [AHEAD_DEG if one.direction_type in AZIMUTHS_DEG and one.ptz_type != 1 else AROUND_DEG for one in cameras],
        "grid_code": [str(code) for code in grids],
        "flags": flags,
    }
    if cameras:
        copy_frame(conn, "pg_temp.told", {name: as_column(values) for name, values in columns.items()} | {"geom": hexed})
        conn.execute("ANALYZE told")
    repeated = conn.execute(REPEATED).rowcount
    counted = Counter(flag for listed in flags for flag in listed)
    return dict(counted | Counter(duplicate_position=repeated)) if repeated else dict(counted)


def _wrong(gb_id: str) -> bool:
    try:
        codes.camera_code(gb_id)
    except InvalidInputError:
        return True
    return False


def _owner(gb_id: str) -> str:
    return "environment" if gb_id[8:10] == "09" else OWNERS.get(gb_id[8:10], "social") if len(gb_id) == 20 else "social"
