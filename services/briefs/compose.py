"""A brief is composed of one snapshot: every section asks in the same transaction, and a section that fails says so instead of guessing."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg import IsolationLevel, sql

from geodata.db import Conn
from geodata.errors import HallError, NotFoundError
from services.briefs import wording
from services.briefs.catalogue import BriefType, CaseFilter, SectionSpec, plain_sentences
from services.briefs.document import AnyBlock, Document, Paragraph, Section, Trouble
from services.briefs.periods import Period
from services.briefs.queries import QUERIES
from services.briefs.queries.base import Answer, Ask, Query, word
from services.rights import Reader, Role

log = logging.getLogger(__name__)

SECTION_S = 20.0
"""A section that takes longer is given up."""
OFFICE_FACT = "SELECT value ->> 'name' FROM hall.fact WHERE key = 'office'"
AREA = "SELECT code, name, level FROM hall.area WHERE code = %s AND level IN ('district', 'street')"
FAILING = "SELECT name, failed_since FROM hall.brief_query WHERE failed_since IS NOT NULL"
NOTE_FAILURE = """
    INSERT INTO hall.brief_query (name, failed_since, error) VALUES (%(name)s, %(now)s, %(error)s)
    ON CONFLICT (name) DO UPDATE SET failed_since = coalesce(brief_query.failed_since, EXCLUDED.failed_since), error = EXCLUDED.error
"""
NOTE_SUCCESS = """
    INSERT INTO hall.brief_query (name, succeeded_at) VALUES (%(name)s, %(now)s)
    ON CONFLICT (name) DO UPDATE SET failed_since = NULL, error = NULL, succeeded_at = EXCLUDED.succeeded_at
"""
BASIS = "受理指期内上报的案件，不含作废和已合并的；按期结案率＝按期结案÷（期内结案＋期末超期）；日、周、月均按北京时间划分。"


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """Whom an issue is for."""

    code: str
    name: str
    level: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What an issue is about beside its period."""

    area: Area
    period: Period
    issue: int
    event_id: int | None = None
    mode_id: int | None = None
    mode_kind: str = ""
    filter: CaseFilter | None = None
    """Instead of that of the kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """A document, what of it failed, and how each query fared (None: well)."""

    document: Document
    troubles: tuple[Trouble, ...]
    queries: Mapping[str, str | None]


def area(conn: Conn, code: str) -> Area:
    """Return a district or street.

    Raises:
        NotFoundError: there is none of this code.
    """
    row = conn.execute(AREA, [code]).fetchone()
    if row is None:
        raise NotFoundError(f"no district or street {code}")
    return Area(code=row[0], name=row[1], level=row[2])


def compose(conn: Conn, kind: BriefType, subject: Subject, now: datetime, queries: Mapping[str, Query] = QUERIES) -> Composed:
    """Ask every section and write the document. `conn` must be fresh: the transaction is made a snapshot here.

    Raises:
        psycopg.OperationalError: the database went away; nothing is known then.
    """
    conn.isolation_level = IsolationLevel.REPEATABLE_READ
    try:
        with conn.transaction():
            conn.execute(sql.SQL("SET LOCAL statement_timeout = {}").format(sql.Literal(int(SECTION_S * 1000))))
            failing = dict(conn.execute(FAILING).fetchall())
            office = conn.execute(OFFICE_FACT).fetchone()
            fared: dict[str, str | None] = {}
            sections = tuple(_section(conn, spec, _ask(kind, subject, spec, now), failing, fared, queries) for spec in kind.sections)
    finally:
        conn.isolation_level = None
    document = Document(
        masthead=kind.name,
        title=f"{subject.area.name}{kind.name}",
        issue=subject.issue,
        year=subject.period.year,
        office=office[0] if office and office[0] else f"{subject.area.name}运行指挥中心",
        area=subject.area.name,
        period=subject.period.label,
        data_at=now,
        sections=sections,
        basis=f"{kind.basis}{BASIS}",
    )
    return Composed(document=document, troubles=tuple(one.trouble for one in sections if one.trouble), queries=fared)


def note(conn: Conn, composed: Composed, now: datetime) -> None:
    """Remember which queries fail, and since when."""
    for name, error in sorted(composed.queries.items()):
        if error is None:
            conn.execute(NOTE_SUCCESS, {"name": name, "now": now})
        else:
            conn.execute(NOTE_FAILURE, {"name": name, "now": now, "error": error})


def _ask(kind: BriefType, subject: Subject, spec: SectionSpec, now: datetime) -> Ask:
    chosen = spec.filter or subject.filter or kind.filter
    lists: Mapping[str, Sequence[Any]] = {
        "majors": chosen.majors,
        "subs": chosen.subs,
        "groups": chosen.groups,
        "classes": chosen.classes,
        "sources": chosen.sources,
        "levels": chosen.levels,
    }
    return Ask(
        reader=Reader(0, "briefs", "", Role.SHIFT_LEADER, subject.area.code),
        area=subject.area.code,
        area_name=subject.area.name,
        area_level=subject.area.level,
        period=subject.period,
        now=now,
        filter={name: list(values) or None for name, values in lists.items()},
        limit=spec.options.limit,
        by=spec.options.by,
        kind=subject.mode_kind if spec.query == "mode" else spec.options.kind,
        event_id=subject.event_id,
        mode_id=subject.mode_id,
    )


def _section(  # noqa: PLR0917 - one section needs all of the brief
    conn: Conn,
    spec: SectionSpec,
    ask: Ask,
    failing: Mapping[str, datetime],
    fared: dict[str, str | None],
    queries: Mapping[str, Query],
) -> Section:
    try:
        with conn.transaction():
            blocks = _blocks(spec, queries[spec.query](conn, ask))
    except (HallError, psycopg.DatabaseError, ArithmeticError, LookupError, TypeError, ValueError) as error:
        if conn.closed:
            raise
        # whatever one section trips over, the others are told
        what = f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error).strip() else ''}"[:300]
        log.warning("brief section %s (%s) failed: %s", spec.title, spec.query, what)
        fared[spec.query] = what
        return Section(title=spec.title, trouble=Trouble(query=spec.query, what=what, since=failing.get(spec.query) or ask.now))
    fared.setdefault(spec.query, None)
    return Section(title=spec.title, blocks=blocks)


def _blocks(spec: SectionSpec, answer: Answer) -> tuple[AnyBlock, ...]:
    """Show what the section wants of the answer, in the order of `show`."""
    blocks: list[AnyBlock] = []
    for shown in spec.show:
        match shown:
            case "text":
                text = written(spec, answer.values)
                blocks += [Paragraph(text=text)] if text else []
            case "figures":
                blocks += [answer.figures] if answer.figures else []
            case "table":
                blocks += [answer.table] if answer.table and answer.table.rows else []
            case "chart":
                blocks += answer.charts
            case "map":
                blocks += [answer.map] if answer.map else []
    return tuple(blocks)


def written(spec: SectionSpec, values: wording.Values) -> str:
    """Write the sentences whose conditions hold and whose figures are known."""
    told: Sequence[str | None] = [
        wording.sentence(one.text, values)
        for one in plain_sentences(spec.sentences)
        if (not one.when or values[one.when]) and not (one.unless and values[one.unless])
    ]
    return "".join(one for one in told if one)


def trouble_text(trouble: Trouble, since: str) -> str:
    """Say in the brief that a section has no figures."""
    return f"本节数据未能取得（{word('query', trouble.query)}，自{since}起）。"
