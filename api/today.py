"""Today in figures: counts only, for the wall, the cockpit, the briefs and whoever asks."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from api.context import Context
from api.identity import current_reader
from api.routes import Route
from geodata.db import reading
from layers.base import Text
from layers.events import MAJORS, SOURCES
from services import today
from services.rights import Reader

FRESH = timedelta(seconds=2)
"""Several screens ask for the same figures at once: within this time they get the same ones."""
KEPT = 64
"""Areas whose figures are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A key of the dictionary, its title in both languages, and its number."""

    key: str
    title: Text
    accepted: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassView:
    """A major class and its reports by local hour."""

    key: str
    title: Text
    accepted: int
    hours: Sequence[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class TodayView(today.DayFigures):
    """Figures of the reader's area from one snapshot; services/today.py says what adds up."""

    at: datetime
    open_yesterday: int
    classes: Sequence[ClassView]
    sources: Sequence[Named]
    presence: Mapping[str, int]
    grids: Sequence[today.GridPresence]


class TodayViews:
    """The figures, read once for all who ask at the same moment."""

    def __init__(self, context: Context) -> None:
        self._pool = context.pool
        self._lock = threading.Lock()
        self._kept: dict[str, today.Today] = {}

    def figures(self) -> TodayView:
        """Today so far."""
        return view(self._today(current_reader(), datetime.now(UTC)))

    def routes(self) -> Sequence[Route]:
        """Return what is served, and what OpenAPI says of it."""
        return (
            Route(
                method="GET",
                path="/api/v1/today",
                view=self.figures,
                answer=TodayView,
                summary="Today in the reader's area: accepted, open, overdue, on-time rate, people on duty, flow, by street, class, hour and source",
            ),
        )

    def _today(self, reader: Reader, now: datetime) -> today.Today:
        today.require(reader)
        with self._lock:
            kept = self._kept.get(reader.scope)
        if kept is not None and timedelta() <= now - kept.at < FRESH:
            return kept
        with reading(self._pool) as conn:
            fresh = today.today(conn, reader, now)
        with self._lock:
            if len(self._kept) >= KEPT:
                self._kept.clear()
            self._kept[reader.scope] = fresh
        return fresh


def view(found: today.Today) -> TodayView:
    """Return the figures as they are sent, with titles of classes and sources."""
    return TodayView(
        **found.shared(),
        at=found.at,
        open_yesterday=found.open_yesterday,
        classes=[
            ClassView(key=day.major, title=_title(MAJORS, day.major), accepted=day.accepted, hours=day.hours) for day in found.classes
        ],
        sources=[Named(key=key, title=_title(SOURCES, key), accepted=number) for key, number in found.sources.items()],
        presence=found.presence,
        grids=found.grids,
    )


def _title(choices: Mapping[str, Text], key: str) -> Text:
    return choices.get(key, Text(key, key))
