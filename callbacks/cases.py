"""Reading a case with all that its panel shows and offers."""

from datetime import datetime, timedelta

from callbacks import formats
from callbacks.panels.acts import Filing, Forms
from callbacks.panels.case_clocks import limit_words
from callbacks.panels.fields import Option
from callbacks.panels.opened import Opened, Said
from callbacks.viewer import Viewer
from callbacks.words import Words
from geodata.db import Conn
from geodata.errors import NotAllowedError, NotFoundError
from layers import registry
from services import cases, classify, dictionary, duplicates
from services.cases import Case

DUPLICATES = 3
LOOKED_AT = 6
"""Probable repetitions that are read: those that were decided on already are left out."""
TOMORROW = timedelta(days=1)


def opened(conn: Conn, viewer: Viewer, event_id: int, said: Said | None = None) -> Opened | None:
    """Return a case as its panel shows it; None when the reader may see its place on the map, but not open it."""
    try:
        case = cases.case(conn, viewer.reader, event_id, viewer.now)
    except (NotFoundError, NotAllowedError):
        return None
    return of_case(conn, viewer, case, said)


def of_case(conn: Conn, viewer: Viewer, case: Case, said: Said | None = None) -> Opened:
    """Add to a case what may be the same and what its forms offer."""
    offered = {act.action for act in case.possible}
    alike = duplicates.candidates(conn, case.id, viewer.now, LOOKED_AT, reader=viewer.reader) if "merge" in offered else []
    return Opened(case=case, duplicates=alike[:DUPLICATES], forms=_forms(conn, case, viewer.words, viewer.now), said=said)


def _forms(conn: Conn, case: Case, words: Words, now: datetime) -> Forms:
    asked = {field for act in case.possible for field in act.requires}
    departments = [item for item in dictionary.departments(conn) if item.enabled] if "receiver" in asked else []
    lead, helpers = _answering(conn, case) if departments else ("", [])
    return Forms(
        standards=[
            Filing(
                id=item.id,
                condition=item.condition,
                limit=limit_words(float(item.limit_value), item.limit_unit, words),
                closing=item.closing,
            )
            for item in (dictionary.standards_of(conn, case.class_code) if "standard_id" in asked else ())
        ],
        departments=[(str(item.id), item.name) for item in departments],
        lead=lead,
        helpers=helpers,
        classes=_classes(conn) if "class_code" in asked else (),
        levels=[(key, words.of(text)) for key, text in registry.get("events").named("level").choices.items()] if "level" in asked else (),
        deadline=f"{formats.local(max(case.deadline_at, now) + TOMORROW):%Y-%m-%dT%H:00}" if "until" in asked else "",
        records=_records(case, words, now) if "source_record_id" in asked else (),
        waiting=_waiting(case),
    )


def _answering(conn: Conn, case: Case) -> tuple[str, list[Option]]:
    try:
        found = dictionary.responsible(conn, case.class_code, case.grid_code)
    except NotFoundError:
        return "", []
    return str(found.lead.id), [(str(item.id), item.name) for item in found.helpers]


def _classes(conn: Conn) -> list[Option]:
    known = classify.classes(conn).by_code
    return [(code, f"{item.sub_name} · {item.name}") for code, item in sorted(known.items())]


def _records(case: Case, words: Words, now: datetime) -> list[Option]:
    named = registry.get("events").named("source").choices
    return [
        (
            str(item.id),
            words.joint.join(
                [words.of(named[item.source]) if item.source in named else item.source, formats.instant(item.received_at, now, words)]
            ),
        )
        for item in case.sources
    ]


def _waiting(case: Case) -> list[str]:
    departments = [item.name for item in case.departments if not item.lead and item.finished_at is None]
    people = [task.name for task in case.tasks if not task.lead and task.purpose == "handle" and task.finished_at is None and task.name]
    return [*departments, *people]
