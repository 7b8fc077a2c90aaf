"""Write the ground into the database: insert what is new, update what changed, delete what the extract no longer holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
import shapely
from psycopg.types.json import Jsonb

from geodata.arrays import Texts, objects
from geodata.city.area_rows import area_rows
from geodata.city.division import Division, Mapped
from geodata.city.ground_rows import Columns, GridIndex, building_rows, edge_rows, node_rows, place_rows
from geodata.db import Conn
from geodata.load import copy_frame, geometry_hex, upsert_frame
from geodata.osm.extract import Features
from geodata.progress import Progress

LOCK = "SELECT pg_advisory_xact_lock(hashtext('hall ground'))"
# Areas that somebody else supplied stay, and take the place of ours of the same level.
SUPPLIED = "SELECT level, code, ST_AsBinary(geom) FROM hall.area WHERE source NOT IN ('osm', 'sample')"
BASE_GRIDS = "SELECT code, ST_AsBinary(geom) FROM hall.area WHERE level = 'base_grid' ORDER BY code"
GONE = {
    "hall.area": "source IN ('osm', 'sample') AND NOT code = ANY(%(kept)s)",
    "hall.place": "osm_ref ~ '^[nwr][0-9]+$' AND NOT osm_ref = ANY(%(kept)s)",
    "hall.building": "source_id ~ '^[wr][0-9]+$' AND NOT source_id = ANY(%(kept)s)",
    "hall.road_node": "NOT id = ANY(%(kept)s)",
    "hall.road_edge": "NOT EXISTS (SELECT FROM unnest(%(kept)s::bigint[], %(parts)s::integer[]) AS k (way_id, part) "
    "WHERE k.way_id = road_edge.way_id AND k.part = road_edge.part)",
}
# Codes are unique, so those that will change get out of the way first.
MOVING = """
    SELECT array_agg(b.id) FROM hall.building AS b JOIN unnest(%(source_id)s::text[], %(code)s::text[]) AS n (source_id, code)
    ON b.source_id = n.source_id AND b.code <> n.code
"""
MAKE_WAY = "UPDATE hall.building SET code = 'moving ' || id WHERE id = ANY(%s)"
REMEMBER = """
    INSERT INTO hall.fact AS f (key, value) VALUES ('ground', %s)
    ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value, changed_at = now()
"""
ANALYZE = "ANALYZE hall.area, hall.road_node, hall.road_edge, hall.place, hall.building, base.feature"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What was written."""

    changed: dict[str, int]
    """Rows inserted or updated, by table."""
    deleted: dict[str, int]


def store_ground(conn: Conn, mapped: Mapped, division: Division, facts: dict[str, object], progress: Progress) -> Stored:
    """Write everything in the caller's transaction; one import at a time. Other data is left alone, and so are counts on areas and buildings."""
    conn.execute(LOCK)
    stored = Stored(changed={}, deleted={})
    with progress.step("write: areas") as step:
        step.note = f"{_store_areas(conn, mapped, division, stored):,} changed"
    grids = _grid_index(conn, mapped)
    with progress.step("write: roads") as step:
        edges = edge_rows(mapped, grids)
        nodes = node_rows(mapped)
        stored.changed["hall.road_node"] = upsert_frame(conn, "hall.road_node", nodes, ["id"])
        stored.changed["hall.road_edge"] = upsert_frame(conn, "hall.road_edge", edges, ["way_id", "part"])
        kept = {"kept": _list(edges, "way_id"), "parts": _list(edges, "part")}
        stored.deleted["hall.road_edge"] = delete_gone(conn, "hall.road_edge", kept)
        stored.deleted["hall.road_node"] = delete_gone(conn, "hall.road_node", {"kept": _list(nodes, "id")})
        step.note = f"{len(kept['kept']):,} edges"
    with progress.step("write: places") as step:
        rows = place_rows(mapped, grids) | {"tags": _json(mapped.places.tags)}
        stored.changed["hall.place"] = upsert_frame(conn, "hall.place", rows, ["osm_ref"])
        stored.deleted["hall.place"] = delete_gone(conn, "hall.place", {"kept": mapped.places.osm_ref})
        step.note = f"{len(mapped.places.osm_ref):,} places"
    with progress.step("write: buildings") as step:
        rows = building_rows(mapped, grids)
        stored.deleted["hall.building"] = delete_gone(conn, "hall.building", {"kept": mapped.buildings.mapped.ref})
        moving = conn.execute(MOVING, {"source_id": _list(rows, "source_id"), "code": _list(rows, "code")}).fetchone()
        if moving and moving[0]:
            conn.execute(MAKE_WAY, moving)
        stored.changed["hall.building"] = upsert_frame(conn, "hall.building", rows, ["source_id"])
        step.note = f"{len(mapped.buildings.mapped):,} buildings"
    with progress.step("write: base map features") as step:
        step.note = f"{_store_features(conn, mapped):,} features"
    conn.execute(REMEMBER, (Jsonb(facts),))
    conn.execute(ANALYZE)
    return stored


def delete_gone(conn: Conn, table: str, kept: Mapping[str, Sequence[object]]) -> int:
    """Delete rows of an earlier extract that are not `kept`; a table without such rows is not touched, so its layers stay as they are."""
    condition = GONE[table]
    if conn.execute(f"SELECT EXISTS (SELECT FROM {table} WHERE {condition})", kept).fetchone() == (False,):
        return 0
    return conn.execute(f"DELETE FROM {table} WHERE {condition}", kept).rowcount


def _store_areas(conn: Conn, mapped: Mapped, division: Division, stored: Stored) -> int:
    supplied = conn.execute(SUPPLIED).fetchall()
    levels = {
        level: _beside(rows, [(code, bytes(wkb)) for own, code, wkb in supplied if own == level])
        for level, rows in area_rows(division, mapped).items()
    }
    stored.changed["hall.area"] = sum(upsert_frame(conn, "hall.area", rows, ["code"]) for rows in levels.values())
    kept = [code for rows in levels.values() for code in _list(rows, "code")]
    stored.deleted["hall.area"] = delete_gone(conn, "hall.area", {"kept": kept})
    return stored.changed["hall.area"] + stored.deleted["hall.area"]


def _beside(rows: Columns, supplied: list[tuple[str, bytes]]) -> Columns:
    """Our areas without those that have the code of a supplied one or whose middle lies in one."""
    if not supplied:
        return rows
    spot = shapely.point_on_surface(shapely.from_wkb(rows["geom"]))
    covered = np.isin(rows["code"].astype(str), [code for code, _ in supplied])
    covered[shapely.STRtree(shapely.from_wkb([wkb for _, wkb in supplied])).query(spot, predicate="intersects")[0]] = True
    return {name: values[~covered] for name, values in rows.items()}


def _grid_index(conn: Conn, mapped: Mapped) -> GridIndex:
    rows = conn.execute(BASE_GRIDS).fetchall()
    polygon = mapped.metres(objects(shapely.from_wkb([bytes(wkb) for _, wkb in rows])))
    return GridIndex(objects([code for code, _ in rows]), polygon, shapely.STRtree(polygon))


def _store_features(conn: Conn, mapped: Mapped) -> int:
    extract = mapped.extract
    conn.execute("TRUNCATE base.feature")
    named = np.array(["name" in tags or "name:zh" in tags for tags in extract.points.tags], bool)
    count = 0
    for features in (extract.points.where(named), extract.lines, extract.areas):
        count += copy_frame(conn, "base.feature", _feature_rows(features), freeze=True)
    return count


def _feature_rows(features: Features) -> Columns:
    return {"ref": objects(features.ref), "tags": _json(features.tags), "geom": geometry_hex(features.geometry)}


def _json(rows: list[dict[str, str]]) -> Texts:
    out = np.empty(len(rows), np.object_)
    out[:] = [msgspec.json.encode(tags).decode() for tags in rows]
    return out


def _list(columns: Columns, name: str) -> list[object]:
    values: list[object] = columns[name].tolist()
    return values
