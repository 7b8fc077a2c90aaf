"""Briefs as the cockpit shows them: those that wait to be read first, then the last ones that were sent."""

from dataclasses import dataclass
from datetime import datetime

from geodata.db import Conn
from services.briefs import book
from services.briefs.book import Brief, Query
from services.rights import Reader

SHOWN, COUNTED = 12, 99
KINDS = "SELECT count(*)::int FROM hall.brief_type WHERE enabled"


@dataclass(frozen=True, slots=True, kw_only=True)
class BriefRow:
    """One issue."""

    id: int
    title: str
    cycle: str
    at: datetime
    """When it was sent."""
    unread: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BriefList:
    """The issues for this reader; `unread` counts to 99."""

    unread: int
    kinds: int
    """Kinds of briefs that are written by themselves."""
    items: tuple[BriefRow, ...]


def briefs(conn: Conn, reader: Reader) -> BriefList:
    """Return what was sent to the reader and waits, then what was sent last.

    Raises:
        NotAllowedError: the role reads no briefs.
    """
    waiting = book.unread(conn, reader, limit=COUNTED)
    ids = {one.id for one in waiting}
    others = [one for one in book.listed(conn, reader, Query(state="sent", limit=SHOWN)) if one.id not in ids]
    kinds = conn.execute(KINDS).fetchone()
    items = [*(_row(one, unread=True) for one in waiting), *(_row(one, unread=False) for one in others)]
    return BriefList(unread=len(waiting), kinds=kinds[0] if kinds else 0, items=tuple(items[:SHOWN]))


def _row(one: Brief, *, unread: bool) -> BriefRow:
    return BriefRow(id=one.id, title=one.title, cycle=one.cycle, at=one.sent_at or one.period_end, unread=unread)
