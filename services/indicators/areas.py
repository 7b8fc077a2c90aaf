"""The district and its streets, as far as a reader sees their indicators."""

from dataclasses import dataclass

from psycopg.rows import class_row

from geodata.db import Conn
from geodata.errors import NotAllowedError, NotFoundError
from services.rights import Reader, Role

MAY_READ = frozenset({Role.LEADER, Role.DISPATCHER, Role.ACCEPTOR, Role.SHIFT_LEADER, Role.DEPARTMENT, Role.WALL})

AREA = "SELECT code, name, level FROM hall.area WHERE code = %s AND level IN ('district', 'street')"
AREAS = "SELECT code, name, level FROM hall.area WHERE level IN ('district', 'street') AND starts_with(code, %s) ORDER BY code LIMIT 200"


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorArea:
    """The district or a street."""

    code: str
    name: str
    level: str


def areas(conn: Conn, reader: Reader) -> list[IndicatorArea]:
    """Return the district and the streets that the reader may see, the widest first."""
    with conn.cursor(row_factory=class_row(IndicatorArea)) as cursor:
        return cursor.execute(AREAS, [reader.scope]).fetchall()


def area_of(conn: Conn, reader: Reader, code: str | None = None) -> IndicatorArea:
    """Return the asked area, else the widest one of the reader.

    Raises:
        NotAllowedError: the role sees no indicators.
        NotFoundError: there is no such district or street, or it is outside of the reader's scope.
    """
    if reader.role not in MAY_READ:
        raise NotAllowedError(f"{reader.role} sees no indicators")
    if code is None:
        found = areas(conn, reader)
        if not found:
            raise NotFoundError("no district or street lies within your area")
        return found[0]
    if not code.startswith(reader.scope):
        raise NotFoundError(f"area {code[:20]}")
    with conn.cursor(row_factory=class_row(IndicatorArea)) as cursor:
        area = cursor.execute(AREA, [code]).fetchone()
    if area is None:
        raise NotFoundError(f"area {code[:20]}")
    return area
