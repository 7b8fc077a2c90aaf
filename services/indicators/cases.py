"""The cases behind a figure: exactly the rows that were counted, found with the very SQL that counted them."""

from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString

from psycopg import sql
from psycopg.rows import class_row

from geodata.db import Conn
from geodata.errors import InvalidInputError, NotAllowedError
from geodata.indicators.catalogue import catalogue
from services.indicators import periods
from services.indicators.areas import area_of
from services.indicators.compute import STEPS, condition
from services.indicators.figures import indicator, value
from services.rights import Reader, Role

MAX_ROWS = 500
LISTINGS: dict[str, LiteralString] = {
    "all": "true",
    "late": "NOT on_time",
    "overdue": "overdue",
    "self": "by_finder",
    "night": "(hour >= 22 OR hour < 6)",
}
FIND = """
    WITH counted AS (
        SELECT DISTINCT base.id FROM ({rows}) AS base
        WHERE base.at >= %(start)s AND base.at < %(end)s AND starts_with(base.grid_code, %(area)s) AND ({of}) AND ({listing})
    )
    SELECT e.id, e.case_no, e.title, e.class_code, coalesce(c.name, e.class_code) AS class_name, e.source, e.level, e.state, e.reported_at,
           e.deadline_at, e.closed_at, e.place_text, e.grid_code, ST_X(e.geom) AS lon, ST_Y(e.geom) AS lat, count(*) OVER () AS total
    FROM counted JOIN hall.event e ON e.id = counted.id LEFT JOIN hall.event_class c ON c.code = e.class_code
    WHERE starts_with(e.grid_code, %(scope)s)
    ORDER BY e.reported_at DESC, e.id DESC LIMIT %(limit)s OFFSET %(offset)s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseLine:
    """A case without anything personal. `total`: how many there are in all."""

    id: int
    case_no: str
    title: str
    class_code: str
    class_name: str
    source: str
    level: int
    state: str
    reported_at: datetime
    deadline_at: datetime
    closed_at: datetime | None
    place_text: str | None
    grid_code: str
    lon: float
    lat: float
    total: int


def behind(
    conn: Conn,
    reader: Reader,
    code: str,
    now: datetime,
    *,
    area: str | None = None,
    period: datetime | None = None,
    whole: bool = False,
    limit: int = 50,
    offset: int = 0,
) -> list[CaseLine]:
    """Return the cases of an indicator's figure in a period, the shown one unless named; with `whole` all that its shares are made of.

    Raises:
        NotAllowedError: the role sees no indicators, or no single cases.
        NotFoundError: no such indicator or area.
        InvalidInputError: the indicator is not made of cases, or the limit cannot be.
    """
    if reader.role is Role.WALL:
        raise NotAllowedError("a wall shows no single cases")
    if not 1 <= limit <= MAX_ROWS or offset < 0:
        raise InvalidInputError(f"limit={limit}: 1 to {MAX_ROWS}; offset: 0 or more")
    one, place = indicator(code), area_of(conn, reader, area)
    source = catalogue().sources.get(one.source or "")
    if source is None or source.cases is None:
        raise InvalidInputError(f"{one.code} is not made of cases")
    shown = period or value(conn, reader, one.code, place.code, now).period
    if shown is None:
        return []
    begins = periods.start(one.cycle, shown)
    query = sql.SQL(FIND).format(
        rows=sql.SQL(source.rows),
        of=condition(one),
        listing=sql.SQL("true" if whole else LISTINGS[one.listing]),
    )
    values = {
        "start": begins,
        "end": periods.end(one.cycle, begins),
        "now": now,
        "cycle": one.cycle,
        "step": STEPS[one.cycle],
        "area": place.code,
        "scope": reader.scope,
        "limit": limit,
        "offset": offset,
    }
    with conn.cursor(row_factory=class_row(CaseLine)) as cursor:
        return cursor.execute(query, values).fetchall()
