"""The tree that a platform hangs its cameras in: divisions, groups and organizations."""

from collections.abc import Mapping

from geodata.db import Conn
from services.catalogue_entry import LONGEST, Entry

NODES = """
    INSERT INTO hall.camera_group AS g (source_id, gb_id, kind, name)
    SELECT %(source)s, * FROM unnest(%(gb_ids)s::text[], %(kinds)s::text[], %(names)s::text[])
    ON CONFLICT (source_id, gb_id) DO UPDATE SET kind = excluded.kind, name = excluded.name
    WHERE (g.kind, g.name) IS DISTINCT FROM (excluded.kind, excluded.name)
"""
PARENTS = """
    UPDATE hall.camera_group AS g SET parent_id = p.id
    FROM unnest(%(gb_ids)s::text[], %(parents)s::text[]) AS told (gb_id, parent)
        LEFT JOIN hall.camera_group AS p ON p.source_id = %(source)s AND p.gb_id = told.parent
    WHERE g.source_id = %(source)s AND g.gb_id = told.gb_id AND g.parent_id IS DISTINCT FROM p.id
"""
IDS = "SELECT gb_id, id FROM hall.camera_group WHERE source_id = %s"
AREA_NAMES = "SELECT code, name FROM hall.area WHERE code = ANY(%s)"


def write(conn: Conn, source_id: int, nodes: dict[str, Entry], cameras: Mapping[str, Entry]) -> None:
    """Write the tree; divisions that cameras name and the platform does not list are added by their code."""
    named = {camera.parent_gb_id for camera in cameras.values()} | {node.parent_gb_id for node in nodes.values()}
    civil = {camera.civil_code for camera in cameras.values() if not camera.parent_gb_id}
    unknown = sorted(code for code in named | civil if code and 2 <= len(code) <= 8 and code.isdecimal() and code not in nodes)
    names = dict(conn.execute(AREA_NAMES, [unknown]).fetchall()) if unknown else {}
    nodes |= {code: Entry(gb_id=code, kind="division", name=names.get(code, code)) for code in unknown}
    if nodes:
        listed = list(nodes.values())
        ids = [node.gb_id for node in listed]
        named_as = [node.name[:LONGEST] or node.gb_id for node in listed]
        conn.execute(NODES, {"source": source_id, "gb_ids": ids, "kinds": [node.kind for node in listed], "names": named_as})
        conn.execute(PARENTS, {"source": source_id, "gb_ids": ids, "parents": _parents(nodes)})


def ids(conn: Conn, source_id: int) -> dict[str, int]:
    """Return the ids of a source's nodes by their numbers."""
    return dict(conn.execute(IDS, [source_id]).fetchall())


def _parents(nodes: Mapping[str, Entry]) -> list[str | None]:
    """Return the parent of each node, None where going up would come round in a circle."""
    parents = []
    for node in nodes.values():
        seen: set[str | None] = {node.gb_id}
        above = node.parent_gb_id
        while above is not None and above in nodes and above not in seen:
            seen.add(above)
            above = nodes[above].parent_gb_id
        parents.append(None if above in seen else node.parent_gb_id)
    return parents
