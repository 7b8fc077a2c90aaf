"""What a query of a brief is given and what it answers."""

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from psycopg import sql
from psycopg.rows import dict_row

from geodata.briefs import FOLDER
from geodata.db import Conn
from services.briefs.document import Chart, Column, Figures, Map, Table
from services.briefs.periods import Period, Window
from services.briefs.wording import NONE, Value
from services.rights import Reader
from services.worktime import LOCAL

AREAS = """
    SELECT code, name FROM hall.area
    WHERE level = %(level)s AND starts_with(code, %(area)s) ORDER BY code LIMIT 2000
"""
DIGITS = {"district": 6, "street": 9, "community": 12, "base_grid": 15}
"""Length of the codes of the levels of areas."""
BELOW = {"district": "street", "street": "community", "community": "base_grid"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What a brief is about. Every query keeps to `area`, the prefix of all its rows."""

    reader: Reader
    """Whom the figures are for: no person, only an area and no right to personal values."""
    area: str
    area_name: str
    area_level: str
    period: Period
    now: datetime
    filter: Mapping[str, list[Any] | None]
    """Lists by the names that hall.brief_cases takes; None is all."""
    limit: int = 10
    by: str = ""
    kind: str = ""
    event_id: int | None = None
    mode_id: int | None = None

    @property
    def end(self) -> datetime:
        """End of the period, or now where it is not over."""
        return min(self.period.window.end, self.now)

    @property
    def window(self) -> Window:
        """The period as far as it has gone."""
        return Window(start=self.period.window.start, end=self.end)

    def values(self, window: Window | None = None, **more: Any) -> dict[str, Any]:
        """Return the parameters of a query, by default over the period as far as it has gone."""
        chosen = window or self.window
        return {
            "area": self.area,
            **self.filter,
            "start": chosen.start,
            "end": chosen.end,
            "now": self.now,
            "limit": self.limit,
            **more,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Figures for sentences, and what can be shown."""

    values: Mapping[str, Value] = field(default_factory=dict)
    figures: Figures | None = None
    table: Table | None = None
    charts: tuple[Chart, ...] = ()
    map: Map | None = None


Query = Callable[[Conn, Ask], Answer]
Row = Mapping[str, Any]


@cache
def words() -> Mapping[str, Mapping[str, str]]:
    """The words for codes: `words()["source"]["sensor"]`."""
    return dict(tomllib.loads((FOLDER / "words.toml").read_text(encoding="utf-8")))


def word(kind: str, code: str) -> str:
    """Return the word for a code, or the code itself when there is none yet."""
    return words().get(kind, {}).get(code, code)


def area_names(conn: Conn, ask: Ask, level: str) -> dict[str, str]:
    """Return the areas of a level within the brief's area, by code."""
    return dict(conn.execute(AREAS, {"level": level, "area": ask.area}).fetchall())


def instant(at: datetime | None) -> str:
    """Write an instant into a cell of a table: 11-22 08:05."""
    return NONE if at is None else f"{at.astimezone(LOCAL):%m-%d %H:%M}"


def read(conn: Conn, query: str | sql.Composed, values: Mapping[str, Any]) -> list[Row]:
    """Return the rows that a query answers, each by column."""
    with conn.cursor(row_factory=dict_row) as cursor:
        return list(cursor.execute(query.encode() if isinstance(query, str) else query, values).fetchall())


def tabled(heads: Sequence[str], rows: Sequence[tuple[Any, ...]], total: tuple[Any, ...] | None = None, *, words: int = 1) -> Table:
    """Build a table whose first `words` columns hold words; a single row needs no total."""
    columns = tuple(Column(name=name, number=position >= words) for position, name in enumerate(heads))
    return Table(columns=columns, rows=tuple(rows), total=total if len(rows) > 1 else None)
