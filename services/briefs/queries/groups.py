"""Cases told apart by one key, such as street or class: how many came, went and wait in each group, and what stands out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import sql
from psycopg.rows import class_row

from geodata.db import Conn
from geodata.errors import InvalidInputError
from services.briefs.document import Chart, Series
from services.briefs.queries.base import Ask, word
from services.briefs.wording import CASES, Share

GROUPED = """
    SELECT {key} AS key, count(*) FILTER (WHERE reported_at >= %(start)s AND reported_at < %(end)s) AS accepted,
           count(*) FILTER (WHERE reported_at >= %(before_start)s AND reported_at < %(before_end)s) AS before,
           count(*) FILTER (WHERE closed_at >= %(start)s AND closed_at < %(end)s AND state <> 'not_filed') AS closed,
           count(*) FILTER (WHERE closed_at >= %(start)s AND closed_at < %(end)s AND state <> 'not_filed' AND closed_at <= deadline_at) AS on_time,
           count(*) FILTER (WHERE reported_at < %(end)s AND (closed_at IS NULL OR closed_at >= %(end)s)) AS open,
           count(*) FILTER (WHERE reported_at < %(end)s AND (closed_at IS NULL OR closed_at >= %(end)s)
                                  AND deadline_at < %(end)s AND state <> 'suspended') AS overdue,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM closed_at - reported_at) / 3600)
               FILTER (WHERE closed_at >= %(start)s AND closed_at < %(end)s AND state <> 'not_filed') AS median_h
    FROM hall.brief_cases(%(area)s, %(majors)s, %(subs)s, %(groups)s, %(classes)s, %(sources)s, %(levels)s)
    WHERE (reported_at >= least(%(before_start)s, %(start)s) AND reported_at < %(end)s) OR closed_at IS NULL OR closed_at >= %(start)s
    GROUP BY 1
"""
KEYS: Mapping[str, sql.SQL] = {
    "street": sql.SQL("left(grid_code, 9)"),
    "community": sql.SQL("left(grid_code, 12)"),
    "base_grid": sql.SQL("left(grid_code, 15)"),
    "class": sql.SQL("class_code"),
    "sub": sql.SQL("sub_code"),
    "major": sql.SQL("major"),
    "source": sql.SQL("source"),
    "level": sql.SQL("level::text"),
    "department": sql.SQL("lead_department::text"),
}
CLASS_NAMES = "SELECT code, name FROM hall.event_class"
SUB_NAMES = "SELECT code, name FROM hall.event_sub_class"
DEPARTMENT_NAMES = "SELECT id::text, name FROM hall.department"
LEVEL_WORDS = {"street": "街道", "community": "社区", "base_grid": "网格"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The same for one street, class, source, or whatever else cases are told apart by."""

    key: str | None
    accepted: int
    before: int
    closed: int
    on_time: int
    open: int
    overdue: int
    median_h: float | None

    @property
    def rate(self) -> Share:
        """按期结案率."""
        return Share(self.on_time, self.closed + self.overdue)


def grouped(conn: Conn, ask: Ask, key: str) -> list[Group]:
    """Count by one key, the most first.

    Raises:
        InvalidInputError: no such key.
    """
    if key not in KEYS:
        raise InvalidInputError(f"by={key!r}: one of {', '.join(KEYS)}")
    query = sql.SQL(GROUPED).format(key=KEYS[key])
    values = ask.values(before_start=ask.period.before.start, before_end=ask.period.before.end)
    with conn.cursor(row_factory=class_row(Group)) as cursor:
        rows = cursor.execute(query, values).fetchall()
    return sorted(rows, key=lambda row: (-row.accepted, row.key or "￿"))


def names_of(conn: Conn, key: str) -> Mapping[str, str]:
    """Return the words for the codes of a key, by code."""
    match key:
        case "class":
            return dict(conn.execute(CLASS_NAMES).fetchall())
        case "sub":
            return dict(conn.execute(SUB_NAMES).fetchall())
        case "department":
            return dict(conn.execute(DEPARTMENT_NAMES).fetchall())
        case _:
            return _Words(key)


class _Words(dict[str, str]):
    """Words for codes of a kind, looked up when asked for."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self._kind = kind

    def get(self, key: str, default: Any = None) -> Any:
        """Return the word, or the default for an empty code."""
        return word(self._kind, key) if key else default


def summed(rows: Sequence[Group], key: str) -> Group:
    """Add groups up; a median cannot be added."""
    return Group(
        key=key,
        accepted=sum(row.accepted for row in rows),
        before=sum(row.before for row in rows),
        closed=sum(row.closed for row in rows),
        on_time=sum(row.on_time for row in rows),
        open=sum(row.open for row in rows),
        overdue=sum(row.overdue for row in rows),
        median_h=None,
    )


def risen(pairs: Sequence[tuple[str, Group]], least: int = 5) -> str | None:
    """The three that grew most, of those with enough cases to speak of growth."""
    grown = [(name, row) for name, row in pairs if row.accepted >= least and row.accepted > row.before]
    grown.sort(key=lambda pair: (pair[1].before - pair[1].accepted, pair[0]))
    return "、".join(f"{name}（{row.before}→{row.accepted}{CASES}）" for name, row in grown[:3]) or None


def slow(pairs: Sequence[tuple[str, Group]], least: int = 5) -> str | None:
    """The three with the lowest share on time below nine tenths, of those with enough to be closed."""
    low = [(name, row) for name, row in pairs if row.closed + row.overdue >= least and (row.rate.value or 0) < 0.9]
    low.sort(key=lambda pair: (pair[1].rate.value or 0, pair[0]))
    return "、".join(f"{name}（{row.rate}）" for name, row in low[:3]) or None


def bars(title: str, pairs: Sequence[tuple[str, Group]], ask: Ask) -> Chart | None:
    """What came, beside the period before; None when nothing came."""
    if not any(row.accepted for _, row in pairs):
        return None
    series = [Series(name="本期", values=tuple(float(row.accepted) for _, row in pairs))]
    if ask.period.before_word:
        series.append(Series(name=ask.period.before_word, values=tuple(float(row.before) for _, row in pairs)))
    return Chart(form="bars", title=title, labels=tuple(name for name, _ in pairs), series=tuple(series), unit=CASES)
