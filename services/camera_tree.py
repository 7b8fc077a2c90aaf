"""The tree of cameras beside the map: by owner and street, and as the platforms group them."""

from dataclasses import dataclass

from geodata.db import Conn
from geodata.errors import NotAllowedError
from services.rights import Reader
from services.video_rights import SEES_CAMERAS

MAX_NODES = 20_000

OWNERS = """
    SELECT owner, left(grid_code, 9) AS street, count(*)::int, count(*) FILTER (WHERE online)::int
    FROM hall.camera WHERE starts_with(grid_code, %(scope)s) GROUP BY 1, 2 ORDER BY 1, 2 LIMIT %(limit)s
"""
STREETS = "SELECT code, name FROM hall.area WHERE level = 'street' ORDER BY code LIMIT %s"
GROUPS = """
    SELECT g.id, g.parent_id, g.source_id, g.kind, g.name, g.gb_id, count(c.id)::int AS count, count(c.id) FILTER (WHERE c.online)::int AS online
    FROM hall.camera_group AS g LEFT JOIN hall.camera AS c ON c.group_id = g.id AND starts_with(c.grid_code, %(scope)s)
    GROUP BY g.id ORDER BY g.name, g.id LIMIT %(limit)s
"""
SOURCES = "SELECT id, name FROM hall.video_source ORDER BY name LIMIT 1000"


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeNode:
    """A node of the tree beside the map. Counts include what hangs below. A node is chosen by its group_id, or by its owner and area."""

    key: str
    parent: str | None
    kind: str
    """owner, street, source, division, group or organization."""
    name: str
    """A code for owners, which the catalogue of words knows."""
    count: int
    online: int
    owner: str | None = None
    area: str | None = None
    group_id: int | None = None
    gb_id: str | None = None


def tree(conn: Conn, reader: Reader) -> list[TreeNode]:
    """Return the tree of cameras in the reader's area: by owner and street, and as the platforms group them. Empty nodes are left out.

    Raises:
        NotAllowedError: the role sees no cameras.
    """
    if reader.role not in SEES_CAMERAS:
        raise NotAllowedError(f"{reader.role} may not see cameras")
    return [*_by_owner(conn, reader), *_by_group(conn, reader)]


def _by_owner(conn: Conn, reader: Reader) -> list[TreeNode]:
    streets = dict(conn.execute(STREETS, [MAX_NODES]).fetchall())
    owners: dict[str, list[TreeNode]] = {}
    for owner, street, count, online in conn.execute(OWNERS, {"scope": reader.scope, "limit": MAX_NODES}):
        node = TreeNode(
            key=f"owner:{owner}/{street}",
            parent=f"owner:{owner}",
            kind="street",
            name=streets.get(street, street),
            count=count,
            online=online,
            owner=owner,
            area=street,
        )
        owners.setdefault(owner, []).append(node)
    nodes = []
    for owner, below in owners.items():
        count, online = sum(node.count for node in below), sum(node.online for node in below)
        nodes += [TreeNode(key=f"owner:{owner}", parent=None, kind="owner", name=owner, count=count, online=online, owner=owner), *below]
    return nodes


def _by_group(conn: Conn, reader: Reader) -> list[TreeNode]:
    rows = conn.execute(GROUPS, {"scope": reader.scope, "limit": MAX_NODES}).fetchall()
    parents = {row[0]: row[1] for row in rows}
    totals = {row[0]: [row[6], row[7]] for row in rows}
    for group_id, _, _, _, _, _, count, online in rows:
        above, seen = parents[group_id], {group_id}
        while above in totals and above not in seen:
            seen.add(above)
            totals[above][0] += count
            totals[above][1] += online
            above = parents[above]
    names = dict(conn.execute(SOURCES).fetchall())
    nodes: list[TreeNode] = []
    tops: dict[str, TreeNode] = {}
    for group_id, parent_id, source_id, kind, name, gb_id, _, _ in rows:
        count, online = totals[group_id]
        if not count:
            continue
        top = f"source:{source_id or 0}"
        if parent_id not in totals:
            found = tops.get(top)
            tops[top] = TreeNode(
                key=top,
                parent=None,
                kind="source",
                name=names.get(source_id, ""),
                count=count + (found.count if found else 0),
                online=online + (found.online if found else 0),
            )
        parent = f"group:{parent_id}" if parent_id in totals else top
        node = TreeNode(
            key=f"group:{group_id}", parent=parent, kind=kind, name=name, count=count, online=online, group_id=group_id, gb_id=gb_id
        )
        nodes.append(node)
    return [*tops.values(), *nodes]
