"""Unified intake: a report of any channel becomes a raw record that is never lost, and a case as soon as its place and class are known.

Reports that come together are written in one transaction: a set of them costs hardly more than one. What a report holds is told in
services.report, what it means in services.understanding, and services.intake_store writes it.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from geodata.db import Conn
from services import case_clock, case_numbers, classify, deadlines, duplicates, gazetteer, intake_store, revisions
from services.case_clock import Clock
from services.classify import Classes, Suggestion
from services.duplicates import Candidate
from services.gazetteer import Gazetteer
from services.geocode import Doubt, Place
from services.intake_store import Earlier, Entry, Key, Written
from services.kept import Kept
from services.report import Report, check
from services.rights import Reader, Role
from services.understanding import Understood, understand

FAILED = "failed"
"""What is wrong with a record that could not be worked on."""
CHANNELS = "SELECT source, reply_value, reply_unit FROM hall.intake_channel WHERE reply_value IS NOT NULL LIMIT 1000"


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What became of a report."""

    record_id: int
    external_no: str
    event_id: int | None
    """None: the record waits for a person."""
    case_no: str | None
    created: bool
    """Whether a case was made of it now."""
    known: bool = False
    """This very order had come before."""
    needs: str | None = None
    """place, class or datum: what a person must say or confirm."""
    candidates: tuple[Candidate, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()
    places: tuple[Place, ...] = ()
    elsewhere: str | None = None
    doubt: Doubt | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Settings:
    """What intake needs to know of the district and the installation."""

    names: Gazetteer
    classes: Classes
    clock: Clock
    replies: Mapping[str, tuple[Decimal, str]]
    """By source, the time for a reply that somebody waits for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """A report on its way, by its place in the set."""

    place: int
    report: Report
    reader: Reader
    record_id: int | None = None
    """The waiting record that it completes."""

    @property
    def key(self) -> Key:
        return self.report.source, str(self.report.external_no)


def receive(conn: Conn, report: Report, now: datetime, *, reader: Reader) -> Received:
    """Take a report in. Errors as `receive_all`."""
    return receive_all(conn, [(report, reader)], now)[0]


def receive_all(conn: Conn, reports: Sequence[tuple[Report, Reader]], now: datetime, *, checked: bool = False) -> list[Received]:
    """Take reports in, in one transaction; one answer for each, in their order. `checked`: `services.report.check` was done already.

    Raises:
        InvalidInputError: a value cannot be used at all: then nothing of the set is kept.
        NotAllowedError: a reader's role hands in no reports of that source.
    """
    for report, reader in () if checked else reports:
        check(report, reader)
    given = [_Work(place=place, report=_numbered(report), reader=reader) for place, (report, reader) in enumerate(reports)]
    received = _taken_in(conn, given, now)
    return [received[place] for place in range(len(given))]


def complete(conn: Conn, record_id: int, now: datetime, *, reader: Reader, changes: Mapping[str, Any]) -> Received | None:
    """Make a case of a record that waits, with what a person adds to it; None when it waits no longer.

    Raises:
        InvalidInputError, NotAllowedError: as `receive_all`.
    """
    row = intake_store.waiting(conn, record_id)
    if row is None:
        return None
    told = msgspec.convert({**row["report"], "source": row["source"], "external_no": row["external_no"]}, Report, strict=False)
    report = replace(told, **changes)
    if report.lon is not None and told.lon is None:
        report = replace(report, precision=changes.get("precision", "point"))
    check(report, reader)
    return _written(conn, [_Work(place=0, report=report, reader=reader, record_id=record_id)], now)[0]


def keep_failed(conn: Conn, report: Report, now: datetime, *, reader: Reader) -> Received:
    """Keep a report that could not be worked on, so that a person sees it."""
    item = _Work(place=0, report=_numbered(report), reader=reader)
    kept = intake_store.write(conn, [Entry(report=item.report, reader=reader, trouble=FAILED)], now, now).get(item.key)
    if kept is None:
        return _known(intake_store.earlier(conn, [item.key])[item.key])
    return Received(record_id=kept.id, external_no=kept.external_no, event_id=None, case_no=None, created=False, needs=FAILED)


def _numbered(report: Report) -> Report:
    return report if report.external_no else replace(report, external_no=uuid.uuid4().hex)


def _taken_in(conn: Conn, given: Sequence[_Work], now: datetime) -> dict[int, Received]:
    """Take in what is new, complete what waits for it, and tell of the rest what became of it earlier; by place in the set."""
    earlier = intake_store.earlier(conn, [item.key for item in given])
    first: dict[Key, _Work] = {}
    for item in given:
        first.setdefault(item.key, item)
    work, out = [], {}
    for key, item in first.items():
        before = earlier.get(key)
        if before is None:
            work.append(item)
        elif _completes(conn, item, before):
            intake_store.told_again(conn, before.id, item.report)
            work.append(replace(item, record_id=before.id))
        else:
            out[item.place] = _known(before if before.event_id else intake_store.earlier(conn, [key])[key])
    out |= _written(conn, work, now)
    late = [item for item in work if item.place not in out]
    if late:  # the same order came in on another way at this moment, and is there by now
        out |= _taken_in(conn, late, now)
    for item in given:
        if item.place not in out:
            out[item.place] = replace(out[first[item.key].place], created=False, known=True)
    return out


def _completes(conn: Conn, item: _Work, before: Earlier) -> bool:
    """Whether a report adds to a record that waits, which is then locked; a citizen completes only what that citizen has sent."""
    theirs = item.reader.role is not Role.CITIZEN or before.account_id == item.reader.account_id
    return before.event_id is None and theirs and intake_store.waiting(conn, before.id) is not None


def _written(conn: Conn, work: Sequence[_Work], now: datetime) -> dict[int, Received]:
    """Open cases of what is understood, and note of the rest what it waits for."""
    if not work:
        return {}
    settings = _settings(conn)
    understood = [understand(settings.names, settings.classes, item.report, now) for item in work]
    ready = [number for number, known in enumerate(understood) if not known.trouble]
    found = dict(zip(ready, duplicates.candidates_of(conn, [understood[number].draft for number in ready], now), strict=True))
    division = settings.names.district.grid_code[:6] if settings.names.district else None
    case_nos = dict(zip(ready, case_numbers.block(conn, now, len(ready), division=division), strict=True))
    sources = {item.report.source for item in work}
    due = {
        source: deadlines.deadline(settings.clock.calendar, now, *settings.replies[source]) for source in sources & settings.replies.keys()
    }
    entries = [
        Entry(
            report=item.report,
            reader=item.reader,
            record_id=item.record_id,
            understood=known,
            trouble=",".join(known.trouble) or None,
            case_no=case_nos.get(number),
            reply_due_at=due.get(item.report.source),
        )
        for number, (item, known) in enumerate(zip(work, understood, strict=True))
    ]
    filing = settings.clock.limits["reported"]
    rows = intake_store.write(conn, entries, now, deadlines.deadline(settings.clock.calendar, now, filing.value, filing.unit))
    return {
        item.place: _received(rows[item.key], item.reader, known, found.get(number, []))
        for number, (item, known) in enumerate(zip(work, understood, strict=True))
        if item.key in rows
    }


def _received(row: Written, reader: Reader, known: Understood, candidates: Sequence[Candidate]) -> Received:
    """Tell a reader what became of the report: who reports from outside the own area learns nothing of the cases there."""
    seen = () if reader.role is Role.CITIZEN else tuple(case for case in candidates if case.grid_code.startswith(reader.scope))
    return Received(
        record_id=row.id,
        external_no=row.external_no,
        event_id=row.event_id,
        case_no=row.case_no,
        created=row.event_id is not None,
        needs=known.needs,
        candidates=seen,
        suggestions=known.suggestions,
        places=tuple(place for place in known.places if place.grid_code.startswith(reader.scope)),
        elsewhere=known.elsewhere,
        doubt=known.spot.doubt,
    )


def _known(before: Written) -> Received:
    return Received(
        record_id=before.id,
        external_no=before.external_no,
        event_id=before.event_id,
        case_no=before.case_no,
        created=False,
        known=True,
    )


def _settings(conn: Conn) -> _Settings:
    return _kept.at(conn, revisions.token(conn, (*gazetteer.LAYERS, revisions.SETTINGS)), _load)


def _load(conn: Conn) -> _Settings:
    return _Settings(
        names=gazetteer.gazetteer(conn),
        classes=classify.classes(conn),
        clock=case_clock.load(conn),
        replies={source: (value, unit) for source, value, unit in conn.execute(CHANNELS)},
    )


_kept: Kept[_Settings] = Kept()


if __name__ == "__main__":
    import sys

    from services.intake_file import main

    sys.exit(main(sys.argv[1:]))
