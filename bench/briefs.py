"""How long briefs take at scale 1.0: one issue of every kind for the whole district, each composed, written as a page, drawn, and laid out for print.

Nothing is entered: issues are composed from a snapshot and drawn into a folder that is thrown away. The limits are the database for
composing (each section asks for itself) and one processor for pictures and print.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import TypeVar

from bench.figures import Figure
from bench.serving.city import city
from geodata.db import Conn, open_pool, reading
from services.briefs import catalogue, compose, files, paper, periods
from services.briefs.catalogue import BriefType
from services.briefs.compose import Subject
from services.briefs.paper import Stamp
from services.briefs.periods import SCHEDULED, Cycle

T = TypeVar("T")
SPAN = timedelta(days=30)
STAMP = Stamp(synthetic=True)
STEPS = ("compose", "page", "pictures", "PDF", "DOCX")
DISTRICT = "SELECT code FROM hall.area WHERE level = 'district' ORDER BY code LIMIT 1"
CASE = """
    SELECT id, reported_at FROM hall.event
    WHERE level BETWEEN 1 AND 2 AND state NOT IN ('void', 'merged') ORDER BY reported_at DESC, id DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """Milliseconds of one brief by `STEPS`, and the sizes of its files in bytes."""

    ms: dict[str, float]
    pictures: int
    pdf: int
    docx: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What all briefs are made with."""

    conn: Conn
    now: datetime
    folder: Path
    data_dir: Path


def run() -> list[Figure]:
    """Measure."""
    settings = city()
    kinds = catalogue.delivered().types
    now = datetime.now(UTC)
    with open_pool(settings.database_url, most=2) as pool, reading(pool) as conn, TemporaryDirectory() as folder:
        pairs = [(kind, subject) for kind in kinds.values() if (subject := _subject(conn, kind, now)) is not None]
        conn.rollback()
        desk = Desk(conn=conn, now=now, folder=Path(folder), data_dir=settings.data_dir)
        _made(desk, *pairs[0])  # loads what draws and lays out
        started = time.perf_counter()
        taken = [_made(desk, *pair) for pair in pairs]
        total = time.perf_counter() - started
    return [
        *(figure for step in STEPS for figure in _figures(step, [one.ms[step] for one in taken])),
        Figure(
            name="one issue of every kind",
            value=total,
            unit="s",
            note=f"{len(taken)} kinds for the district with {sum(one.pictures for one in taken)} charts and maps, one process, 380,000 events",
        ),
        Figure(name="size of a PDF, median", value=median(one.pdf for one in taken) / 1000, unit="kB", note="fonts cut to what it says"),
        Figure(name="size of a DOCX, median", value=median(one.docx for one in taken) / 1000, unit="kB"),
    ]


def _figures(step: str, ms: list[float]) -> list[Figure]:
    note = f"{len(ms)} kinds; the longest {max(ms):,.0f} ms"
    return [
        Figure(name=f"{step} of a brief, median", value=median(ms), unit="ms", note=note),
        Figure(name=f"{step} of a brief, p95", value=quantiles(ms, n=20)[-1], unit="ms"),
    ]


def _subject(conn: Conn, kind: BriefType, now: datetime) -> Subject | None:
    """What the kind's issue of today is about; None for a change of mode, which a day without an emergency has none of."""
    district = conn.execute(DISTRICT).fetchone()
    assert district is not None
    place = compose.area(conn, district[0])
    if kind.cycle in SCHEDULED:
        return Subject(area=place, period=periods.due(kind.cycle, now, kind.time), issue=1)
    if kind.cycle is Cycle.SPECIAL:
        return Subject(area=place, period=periods.span(now - SPAN, now), issue=1)
    case = conn.execute(CASE).fetchone()
    if kind.occasion == "mode_changed" or case is None:
        return None
    return Subject(area=place, period=periods.happening(f"event:{case[0]}", case[1], now), issue=1, event_id=case[0])


def _made(desk: Desk, kind: BriefType, subject: Subject) -> Taken:
    composed, compose_ms = _timed(lambda: compose.compose(desk.conn, kind, subject, desk.now))
    if composed.troubles:
        raise RuntimeError(f"{kind.code}: {', '.join(one.what for one in composed.troubles)}")
    document = composed.document
    _, page_ms = _timed(lambda: paper.article(document, STAMP, str))
    _, pictures_ms = _timed(lambda: files.draw_pictures(desk.conn, desk.data_dir, document, desk.folder))
    pdf, docx = desk.folder / files.PDF, desk.folder / files.DOCX
    _, pdf_ms = _timed(lambda: files.write_pdf(pdf, document, STAMP, desk.folder, desk.data_dir))
    _, docx_ms = _timed(lambda: files.write_docx(docx, document, STAMP, desk.folder))
    desk.conn.rollback()
    return Taken(
        ms=dict(zip(STEPS, (compose_ms, page_ms, pictures_ms, pdf_ms, docx_ms), strict=True)),
        pictures=len(document.pictures()),
        pdf=pdf.stat().st_size,
        docx=docx.stat().st_size,
    )


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    started = time.perf_counter()
    done = work()
    return done, 1000 * (time.perf_counter() - started)
