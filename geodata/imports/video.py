"""What a list of cameras brings besides its rows: the groups that it names, and a source that plays the rtsp:// addresses in it."""

from collections.abc import Sequence

from geodata.db import Conn
from geodata.errors import InvalidInputError
from geodata.imports.fields import Value

LEVELS_MOST = 6
LONGEST_NAME = 200
LOCK = "LOCK TABLE hall.camera_group IN SHARE ROW EXCLUSIVE MODE"
OF_LISTS = "SELECT id, gb_id, parent_id, name FROM hall.camera_group WHERE source_id IS NULL ORDER BY id"
BY_CODE = "SELECT gb_id, min(id) FROM hall.camera_group WHERE gb_id = ANY(%s) GROUP BY gb_id"
DISTRICT = "SELECT code FROM hall.area WHERE level = 'district' ORDER BY code LIMIT 1"
NEW_GROUP = "INSERT INTO hall.camera_group (gb_id, parent_id, kind, name) VALUES (%s, %s, %s, %s) RETURNING id"
# a group of a platform's own tree stays: its next catalogue would put the camera back there
KEPT_GROUPS = """
    UPDATE pg_temp.imported AS s SET group_id = g.id
    FROM hall.camera AS c JOIN hall.camera_group AS g ON g.id = c.group_id AND g.source_id IS NOT NULL WHERE c.id = s.id
"""

WAITING = "SELECT count(*) FROM hall.camera WHERE video_source_id IS NULL AND (starts_with(stream_ref, 'rtsp://') OR starts_with(stream_ref, 'rtsps://'))"
FIND = "SELECT id FROM hall.video_source WHERE kind = 'rtsp' AND base_url = '' ORDER BY id LIMIT 1"
MAKE = "INSERT INTO hall.video_source (key, kind, name) VALUES ('rtsp', 'rtsp', 'RTSP') ON CONFLICT (key) DO UPDATE SET name = excluded.name RETURNING id"
LINK = """
    UPDATE hall.camera SET video_source_id = %s
    WHERE video_source_id IS NULL AND (starts_with(stream_ref, 'rtsp://') OR starts_with(stream_ref, 'rtsps://'))
"""


def link_streams(conn: Conn) -> int:
    """Give the source of plain RTSP, made when there is none, to the cameras that wait for it; returns how many they are."""
    waiting = int((conn.execute(WAITING).fetchone() or [0])[0])
    if waiting:
        source = conn.execute(FIND).fetchone() or conn.execute(MAKE).fetchone()
        conn.execute(LINK, source)
    return waiting


def grouped(conn: Conn, named: Sequence[Value]) -> list[Value]:
    """Return the id of the group that each row names, None where it names none; groups that are missing are made.

    A name is found again by its place in the tree of lists: "a/b" is b below a. A number of 20 digits is a group's code; one that is known, of
    a platform or of a list, is that group.

    Raises:
        InvalidInputError: a name is too long or has too many levels, or there are more than 999,999 groups.
    """
    wanted = {text: _levels(text) for text in dict.fromkeys(map(str, filter(None, named)))}
    if not wanted:
        return [None] * len(named)
    conn.execute(LOCK)
    made = _Groups(conn, [levels[0] for levels in wanted.values() if _is_code(levels[0])])
    ids = {text: made.of(levels) for text, levels in wanted.items()}
    return [ids[str(text)] if text else None for text in named]


def keep_platform_groups(conn: Conn) -> None:
    """Leave the cameras of a staged list in the group that their platform's catalogue gave them."""
    conn.execute(KEPT_GROUPS)


class _Groups:
    """The tree of lists while names are looked up in it. Its codes are those of GB/T 28181: type 215 at the top, 216 below, network 9."""

    def __init__(self, conn: Conn, codes: Sequence[str]) -> None:
        self._conn = conn
        rows = conn.execute(OF_LISTS).fetchall()
        self._known = {(parent, name): int(id_) for id_, _, parent, name in reversed(rows)}  # the oldest of one name counts
        self._by_code = {str(code): int(id_) for code, id_ in conn.execute(BY_CODE, [list(codes)])}
        self._taken = {str(code) for _, code, _, _ in rows}
        self._district = str((conn.execute(DISTRICT).fetchone() or ["0"])[0])[:6].ljust(8, "0")
        self._last = 0

    def of(self, levels: Sequence[str]) -> int:
        """Return the group at the end of these names, made where there is none."""
        above: int | None = None
        for depth, name in enumerate(levels):
            known = self._by_code.get(name) if depth == 0 else None
            group = known or self._known.get((above, name)) or self._new(above, name, depth)
            self._known[above, name] = group
            above = group
        assert above is not None
        return above

    def _new(self, above: int | None, name: str, depth: int) -> int:
        code = name if depth == 0 and _is_code(name) and name not in self._taken else self._next("216" if depth else "215")
        self._taken.add(code)
        row = self._conn.execute(NEW_GROUP, [code, above, "organization" if depth else "group", name]).fetchone()
        assert row is not None
        return int(row[0])

    def _next(self, kind: str) -> str:
        while True:
            self._last += 1
            if self._last > 999_999:
                raise InvalidInputError("there is no free number for a group left")
            code = f"{self._district}00{kind}9{self._last:06d}"
            if code not in self._taken:
                return code


def _is_code(name: str) -> bool:
    return len(name) == 20 and name.isascii() and name.isdecimal()


def _levels(text: str) -> list[str]:
    levels = [name.strip() for name in text.replace("\uff0f", "/").split("/") if name.strip()]
    if not 1 <= len(levels) <= LEVELS_MOST or any(len(name) > LONGEST_NAME for name in levels):
        raise InvalidInputError(f"a group has 1 to {LEVELS_MOST} levels of at most {LONGEST_NAME} characters")
    return levels


def group_name(text: str) -> str:
    """Check how a group is named: one name, or names from the top down with / between them.

    Raises:
        InvalidInputError: there is no name, too many levels, or a name is too long.
    """
    return "/".join(_levels(text))
