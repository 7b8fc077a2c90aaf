"""Unified intake: a report of any channel becomes a raw record that is never lost, and a case as soon as its place and class are known.

Reports that come together are written in one transaction: a set of them costs hardly more than one. The same order of the same source
is one record and one case, however often and from however many sides it comes.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import numpy as np
from psycopg.rows import dict_row

from geodata.crs import WGS84, describe, to_wgs84
from geodata.db import Conn
from geodata.errors import InvalidInputError, NotAllowedError
from services import case_numbers, classify, deadlines, duplicates, geocode, worktime
from services.duplicates import Candidate, Draft
from services.gazetteer import Gazetteer, gazetteer
from services.geocode import Doubt, Place
from services.rights import Reader, Role

SOURCES = (
    "grid_self", "grid_patrol", "city_dcm", "hotline12345", "citizen", "citizen_wechat", "citizen_app", "hotline_cg", "video_ai", "sensor",
    "census", "leader", "dept_transfer", "other",
)  # fmt: skip
MAY_REPORT: Mapping[Role, frozenset[str]] = {
    Role.ACCEPTOR: frozenset(SOURCES),
    Role.DISPATCHER: frozenset(SOURCES),
    Role.SHIFT_LEADER: frozenset(SOURCES),
    Role.LEADER: frozenset({"leader"}),
    Role.DEPARTMENT: frozenset({"dept_transfer"}),
    Role.WORKER: frozenset({"grid_self", "grid_patrol", "census"}),
    Role.CITIZEN: frozenset({"citizen", "citizen_app", "citizen_wechat"}),
}
"""Who may hand in reports of which source. A program has the token of an account and its rights."""
MAX_TITLE, MAX_TEXT, MAX_PLACE, MAX_NAME, MAX_NUMBER = 120, 5_000, geocode.MAX_TEXT, 60, 64
MAX_RAW_BYTES = 256 * 1024
MAX_ATTACHMENTS = 20
AHEAD = timedelta(minutes=5)
"""A clock that is further ahead is wrong; so is one that is further behind than `BEHIND`."""
BEHIND = timedelta(days=400)
LEAST_PLACE = 0.3
"""Places in the text of a report with a lower score do not count."""
LEAST_TOLD = 0.85
"""The same of places in the description, which speaks of other things as well."""
FILING = (Decimal("0.5"), "urgent_hour")
NO_PLACE, NO_CLASS, DATUM, FAILED = "place", "class", "datum", "failed"
SUGGESTED = "class_suggested"
"""Flag of a case whose class was taken from its text: it is confirmed when the case is filed."""
CLOCK = "clock"
"""Flag of a case whose source told an impossible time."""

KEEP = """
    INSERT INTO hall.source_record (source, external_no, raw, report, reporter, reporter_phone, secret, received_at, account_id, trouble)
    SELECT source, external_no, raw, report, reporter, reporter_phone, secret, %(now)s, account_id, 'new'
    FROM jsonb_to_recordset(%(given)s::jsonb) AS given (source text, external_no text, raw jsonb, report jsonb, reporter text,
                                                        reporter_phone text, secret boolean, account_id bigint)
    ORDER BY source, external_no
    ON CONFLICT (source, external_no) DO NOTHING
    RETURNING id, source, external_no
"""
KNOWN = """
    SELECT r.id, r.source, r.external_no, r.event_id, e.case_no, r.trouble, r.account_id
    FROM unnest(%(source)s::text[], %(external_no)s::text[]) AS asked (source, external_no)
    JOIN hall.source_record r USING (source, external_no) LEFT JOIN hall.event e ON e.id = r.event_id
    ORDER BY r.id FOR UPDATE OF r
"""
AGAIN = """
    UPDATE hall.source_record SET raw = raw || jsonb_build_object('again', coalesce(raw -> 'again', '[]'::jsonb) || %(raw)s::jsonb),
           report = %(report)s::jsonb WHERE id = %(id)s
"""
OPEN = """
    WITH given AS (
        SELECT * FROM unnest(%(case_no)s::text[], %(title)s::text[], %(description)s::text[], %(class_code)s::text[], %(level)s::smallint[],
                             %(source)s::text[], %(reported_at)s::timestamptz[], %(reporter)s::text[], %(phone)s::text[], %(place_text)s::text[],
                             %(building_id)s::bigint[], %(grid_code)s::text[], %(precision)s::text[], %(flags)s::text[], %(lon)s::float8[],
                             %(lat)s::float8[])
            AS given (case_no, title, description, class_code, level, source, reported_at, reporter, reporter_phone, place_text, building_id,
                      grid_code, precision, flags, lon, lat)
    )
    INSERT INTO hall.event (case_no, title, description, class_code, major, level, source, state, reported_at, deadline_at, step_started_at,
                            reporter, reporter_phone, place_text, building_id, grid_code, precision, flags, geom, version, lead_department)
    SELECT g.case_no, g.title, g.description, g.class_code, c.major, coalesce(g.level, c.default_level), g.source, 'reported', g.reported_at,
           %(deadline)s, %(now)s, g.reporter, g.reporter_phone, g.place_text, g.building_id, g.grid_code, g.precision,
           string_to_array(g.flags, ','), ST_SetSRID(ST_MakePoint(g.lon, g.lat), 4326), 1,
           (SELECT r.lead_department FROM hall.duty_rule r
            WHERE r.subject IN (g.class_code, c.sub_code, c.major) AND g.grid_code LIKE r.area || '%%'
            ORDER BY array_position(ARRAY[g.class_code, c.sub_code, c.major], r.subject), length(r.area) DESC LIMIT 1)
    FROM given g JOIN hall.event_class c ON c.code = g.class_code
    RETURNING id, case_no
"""
LOG = """
    INSERT INTO hall.case_log (event_id, seq, action, to_state, account_id, actor, role, at, detail)
    SELECT event_id, 1, 'report', 'reported', account_id, actor, role, %(now)s, detail::jsonb
    FROM unnest(%(event)s::bigint[], %(account)s::bigint[], %(actor)s::text[], %(role)s::text[], %(detail)s::text[])
        AS given (event_id, account_id, actor, role, detail)
"""
SETTLE = """
    UPDATE hall.source_record r
    SET event_id = g.event_id, first_event_id = g.event_id, trouble = g.trouble, grid_code = coalesce(g.grid_code, ''), reply_due_at = g.due
    FROM unnest(%(id)s::bigint[], %(event)s::bigint[], %(trouble)s::text[], %(grid)s::text[], %(due)s::timestamptz[])
        AS g (id, event_id, trouble, grid_code, due)
    WHERE r.id = g.id
"""
ATTACH = """
    UPDATE hall.attachment a SET event_id = g.event_id
    FROM unnest(%(attachment)s::bigint[], %(event)s::bigint[], %(account)s::bigint[]) AS g (id, event_id, account_id)
    WHERE a.id = g.id AND a.event_id IS NULL AND a.account_id = g.account_id
"""
CHANNELS = "SELECT source, reply_value, reply_unit FROM hall.intake_channel LIMIT 1000"
WAITING = """
    SELECT id, source, external_no, report, account_id FROM hall.source_record WHERE id = %(id)s AND event_id IS NULL FOR UPDATE
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a channel tells. Positions are in `crs`; texts are as written."""

    source: str
    external_no: str | None = None
    """The source's own number; without one every report is a new one."""
    title: str | None = None
    description: str | None = None
    class_code: str | None = None
    lon: float | None = None
    lat: float | None = None
    crs: str = WGS84
    crs_checked: bool = False
    """The sender was asked about the datum and stands by it."""
    place_text: str | None = None
    precision: str | None = None
    building_id: int | None = None
    reporter: str | None = None
    reporter_phone: str | None = None
    secret: bool = False
    reported_at: datetime | None = None
    level: int | None = None
    attachments: tuple[int, ...] = ()
    raw: Mapping[str, Any] = field(default_factory=dict)
    """Word for word what was sent; empty: the fields above are all."""


FIELDS = tuple(each.name for each in fields(Report) if each.name != "raw")


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
    suggestions: tuple[classify.Suggestion, ...] = ()
    places: tuple[Place, ...] = ()
    elsewhere: str | None = None
    doubt: Doubt | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Understood:
    """A report with its place and class, as far as they could be found."""

    report: Report
    reader: Reader
    title: str
    class_code: str | None
    lon: float | None
    lat: float | None
    precision: str
    grid_code: str | None
    building_id: int | None
    reported_at: datetime
    flags: tuple[str, ...]
    trouble: tuple[str, ...]
    suggestions: tuple[classify.Suggestion, ...]
    places: tuple[Place, ...]
    elsewhere: str | None
    doubt: Doubt | None


def receive(conn: Conn, report: Report, now: datetime, *, reader: Reader) -> Received:
    """Take a report in. Errors as `receive_all`."""
    return receive_all(conn, [(report, reader)], now)[0]


def receive_all(conn: Conn, reports: Sequence[tuple[Report, Reader]], now: datetime, *, checked: bool = False) -> list[Received]:
    """Take reports in, in one transaction; one answer for each, in their order. `checked`: `check` was done already.

    Raises:
        InvalidInputError: a value cannot be used at all: then nothing of the set is kept.
        NotAllowedError: a reader's role hands in no reports of that source.
    """
    for report, reader in () if checked else reports:
        check(report, reader)
    names, known_classes = gazetteer(conn), classify.classes(conn)
    numbered = [(replace(report, external_no=report.external_no or uuid.uuid4().hex), reader) for report, reader in reports]
    fresh, known = _keep(conn, numbered, now)
    out: dict[int, Received] = {}
    work: list[tuple[int, int, _Understood]] = []
    taken: set[int] = set()
    for place, (report, reader) in enumerate(numbered):
        key = (report.source, str(report.external_no))
        record_id = fresh.get(key)
        earlier = known.get(key)
        # what a citizen has sent is completed by nobody but that citizen or the hall
        theirs = earlier is not None and (reader.role is not Role.CITIZEN or earlier["account_id"] == reader.account_id)
        if record_id is None and earlier is not None and theirs and earlier["event_id"] is None and earlier["trouble"] != "new":
            record_id = earlier["id"]
            conn.execute(AGAIN, {"id": record_id, "raw": _json(_raw(report)), "report": _json(_plain(report))})
        if record_id is None or record_id in taken:
            continue
        taken.add(record_id)
        work.append((place, record_id, understand(names, known_classes, report, reader, now)))
    out |= dict(_open(conn, work, now))
    for place, (report, _) in enumerate(numbered):
        if place not in out:
            out[place] = _seen_before(report, known, out, numbered)
    return [out[place] for place in range(len(numbered))]


def complete(conn: Conn, record_id: int, now: datetime, *, reader: Reader, changes: Mapping[str, Any]) -> Received | None:
    """Make a case of a record that waits, with what a person adds to it; None when it waits no longer.

    Raises:
        InvalidInputError, NotAllowedError: as `receive_all`.
    """
    with conn.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(WAITING, {"id": record_id}).fetchone()
    if row is None:
        return None
    told = msgspec.convert({**row["report"], "source": row["source"], "external_no": row["external_no"]}, Report, strict=False)
    report = replace(told, **changes)
    if report.lon is not None and told.lon is None:
        report = replace(report, precision=changes.get("precision", "point"))
    check(report, reader)
    understood = understand(gazetteer(conn), classify.classes(conn), report, reader, now)
    return next(received for _, received in _open(conn, [(0, record_id, understood)], now))


def keep_failed(conn: Conn, report: Report, now: datetime, *, reader: Reader) -> Received:
    """Keep a report that could not be worked on, so that a person sees it."""
    numbered = replace(report, external_no=report.external_no or uuid.uuid4().hex)
    fresh, known = _keep(conn, [(numbered, reader)], now)
    key = (numbered.source, str(numbered.external_no))
    record_id = fresh[key] if key in fresh else int(known[key]["id"])
    conn.execute(SETTLE, {"id": [record_id], "event": [None], "trouble": [FAILED], "grid": [""], "due": [None]})
    return Received(record_id=record_id, external_no=str(numbered.external_no), event_id=None, case_no=None, created=False, needs=FAILED)


def check(report: Report, reader: Reader) -> None:
    """Refuse what no person could make a case of.

    Raises:
        InvalidInputError: a value cannot be used; the message says which and the limit.
        NotAllowedError: the reader's role hands in no reports of that source.
    """
    if report.source not in SOURCES:
        raise InvalidInputError(f"source={report.source[:20]!r}: one of {', '.join(SOURCES)}")
    if report.source not in MAY_REPORT.get(reader.role, frozenset()):
        raise NotAllowedError(f"{reader.role} hands in no reports of {report.source}")
    limits = (
        ("title", report.title, MAX_TITLE),
        ("description", report.description, MAX_TEXT),
        ("place_text", report.place_text, MAX_PLACE),
        ("reporter", report.reporter, MAX_NAME),
        ("reporter_phone", report.reporter_phone, MAX_NAME),
        ("external_no", report.external_no, MAX_NUMBER),
    )
    for name, text, most in limits:
        if text is not None and len(text) > most:
            raise InvalidInputError(f"{name}: {len(text)} characters; at most {most} are taken")
        if text is not None and "\0" in text:
            raise InvalidInputError(f"{name}: holds a character that is no text")
    if (report.lon is None) != (report.lat is None):
        raise InvalidInputError("lon, lat: give both or none")
    if report.lon is not None and report.lat is not None and not np.isfinite([report.lon, report.lat]).all():
        raise InvalidInputError("lon, lat: no numbers of a position")
    if report.level is not None and not 0 <= report.level <= 4:
        raise InvalidInputError(f"level={report.level}: 0 to 4")
    if report.precision is not None and report.precision not in geocode.RANKS:
        raise InvalidInputError(f"precision: one of {', '.join(geocode.RANKS)}")
    if report.reported_at is not None and report.reported_at.tzinfo is None:
        raise InvalidInputError("reported_at: must carry an offset, as in 2026-11-23T08:00:00Z")
    if len(report.attachments) > MAX_ATTACHMENTS:
        raise InvalidInputError(f"attachments: at most {MAX_ATTACHMENTS}")
    if len(msgspec.json.encode(report.raw)) > MAX_RAW_BYTES:
        raise InvalidInputError(f"the order is larger than {MAX_RAW_BYTES // 1024} KiB")
    describe(report.crs)


def understand(names: Gazetteer, known: classify.Classes, report: Report, reader: Reader, now: datetime) -> _Understood:
    """Find place, class, title and time of a report, and say what is missing."""
    text = report.place_text or ""
    found = geocode.look_up(names, text) if text else geocode.Geocoded(places=(), elsewhere=None)
    lon, lat, precision, grid_code, building_id = report.lon, report.lat, report.precision or "point", None, report.building_id
    trouble, flags, doubt = [], [], None
    if lon is not None and lat is not None:
        x, y = to_wgs84(np.array([lon]), np.array([lat]), report.crs)
        lon, lat = float(x[0]), float(y[0])
        if not (np.isfinite([lon, lat]).all() and -180 <= lon <= 180 and -90 <= lat <= 90):
            raise InvalidInputError(f"lon, lat: no position of {report.crs}")
        if describe(report.crs).name in (WGS84, "EPSG:4490") and not report.crs_checked:
            doubt = geocode.doubt(names, lon, lat, found.places)
        grid_code = names.grid_at(lon, lat) or names.grid_near(lon, lat)
    else:
        place = _place(names, report, found)
        if place:
            lon, lat, precision, grid_code = place.lon, place.lat, place.precision, place.grid_code
            building_id = building_id or place.building_id
    if doubt:
        trouble.append(DATUM)
    elif grid_code is None:
        trouble.append(NO_PLACE)
    class_code = report.class_code if report.class_code in known.by_code else None
    suggestions: tuple[classify.Suggestion, ...] = ()
    if class_code is None:
        suggestions = known.suggest(report.title, report.description)
        sure = classify.strong(suggestions) if report.class_code is None else None
        if sure:
            class_code = sure.class_code
            flags.append(SUGGESTED)
        else:
            trouble.append(NO_CLASS)
    reported_at = report.reported_at or now
    if not now - BEHIND <= reported_at <= now + AHEAD:
        reported_at = now
        flags.append(CLOCK)
    name = known.by_code[class_code].name if class_code else ""
    said = (found.places[0].matched if found.places else text)[:40]
    return _Understood(
        report=report,
        reader=reader,
        title=(report.title or " ".join(filter(None, (said, name))) or (report.description or "")[:40] or report.source).strip()[
            :MAX_TITLE
        ],
        class_code=class_code,
        lon=lon,
        lat=lat,
        precision=precision,
        grid_code=grid_code,
        building_id=building_id,
        reported_at=min(reported_at, now).astimezone(UTC),
        flags=tuple(flags),
        trouble=tuple(trouble),
        suggestions=suggestions,
        places=found.places,
        elsewhere=found.elsewhere,
        doubt=doubt,
    )


def _place(names: Gazetteer, report: Report, found: geocode.Geocoded) -> Place | None:
    if found.elsewhere:
        return None
    if found.places and found.places[0].score >= LEAST_PLACE:
        return found.places[0]
    told = geocode.look_up(names, (report.description or "")[: geocode.MAX_TEXT])
    better = [place for place in told.places if place.score >= LEAST_TOLD]
    if better and not told.elsewhere:
        return better[0]
    return found.places[0] if found.places and found.places[0].precision == "district" else None


def _keep(
    conn: Conn, reports: Sequence[tuple[Report, Reader]], now: datetime
) -> tuple[dict[tuple[str, str], int], dict[tuple[str, str], dict[str, Any]]]:
    """Write what is new; return its records, and those that were there before."""
    given = [
        {
            "source": report.source,
            "external_no": report.external_no,
            "raw": _raw(report),
            "report": _plain(report),
            "reporter": report.reporter,
            "reporter_phone": report.reporter_phone,
            "secret": report.secret,
            "account_id": reader.account_id,
        }
        for report, reader in reports
    ]
    params = {"now": now, "given": _json(given)}
    fresh = {(source, external_no): int(record_id) for record_id, source, external_no in conn.execute(KEEP, params)}
    old = [(report.source, str(report.external_no)) for report, _ in reports if (report.source, report.external_no) not in fresh]
    known: dict[tuple[str, str], dict[str, Any]] = {}
    if old:
        with conn.cursor(row_factory=dict_row) as cursor:
            rows = cursor.execute(KNOWN, {"source": [key[0] for key in old], "external_no": [key[1] for key in old]}).fetchall()
        known = {(row["source"], row["external_no"]): row for row in rows}
    return fresh, known


def _seen_before(
    report: Report,
    known: Mapping[tuple[str, str], Mapping[str, Any]],
    out: Mapping[int, Received],
    reports: Sequence[tuple[Report, Reader]],
) -> Received:
    key = (report.source, str(report.external_no))
    first = next((at for at, (other, _) in enumerate(reports) if (other.source, other.external_no) == key and at in out), None)
    if first is not None:  # twice in this very set
        return replace(out[first], created=False, known=True)
    row = known[key]
    return Received(record_id=row["id"], external_no=key[1], event_id=row["event_id"], case_no=row["case_no"], created=False, known=True)


def _open(conn: Conn, work: Sequence[tuple[int, int, _Understood]], now: datetime) -> list[tuple[int, Received]]:
    """Open cases of what is understood, and note of the rest what it waits for."""
    ready = [item for item in work if not item[2].trouble]
    found = duplicates.candidates_of(conn, [_draft(item[2]) for item in ready], now)
    numbers = case_numbers.block(conn, now, len(ready)) if ready else []
    cases = _insert(conn, [item[2] for item in ready], numbers, now) if ready else {}
    channels = {source: (value, unit) for source, value, unit in conn.execute(CHANNELS)}
    calendar = worktime.load(conn)
    out, settled = [], []
    at = {record_id: number for number, (_, record_id, _) in enumerate(ready)}
    for place, record_id, item in work:
        number = at.get(record_id)
        case_no = None if number is None else numbers[number]
        event_id = cases[case_no] if case_no else None
        value, unit = channels.get(item.report.source, (None, None))
        due = deadlines.deadline(calendar, now, value, unit) if value is not None and unit else None
        settled.append((record_id, event_id, ",".join(item.trouble) or None, item.grid_code, due))
        # who reports from outside the own area learns nothing of the cases there
        seen = tuple(case for case in found[number] if case.grid_code.startswith(item.reader.scope)) if number is not None else ()
        out.append((place, _received(item, record_id, event_id, case_no, seen)))
    if settled:
        columns = list(zip(*settled, strict=True))
        conn.execute(SETTLE, dict(zip(("id", "event", "trouble", "grid", "due"), map(list, columns), strict=True)))
    photos = [
        (photo, cases[numbers[n]], item.reader.account_id) for n, (_, _, item) in enumerate(ready) for photo in item.report.attachments
    ]
    if photos:
        conn.execute(ATTACH, dict(zip(("attachment", "event", "account"), map(list, zip(*photos, strict=True)), strict=True)))
    return out


def _received(item: _Understood, record_id: int, event_id: int | None, case_no: str | None, candidates: tuple[Candidate, ...]) -> Received:
    confirm = NO_CLASS if SUGGESTED in item.flags else NO_PLACE if item.precision == "district" else None
    told = item.reader.role is not Role.CITIZEN
    return Received(
        record_id=record_id,
        external_no=str(item.report.external_no),
        event_id=event_id,
        case_no=case_no,
        created=event_id is not None,
        needs=item.trouble[0] if item.trouble else confirm,
        candidates=candidates if told else (),
        suggestions=item.suggestions,
        places=tuple(place for place in item.places if place.grid_code.startswith(item.reader.scope)),
        elsewhere=item.elsewhere,
        doubt=item.doubt,
    )


def _draft(item: _Understood) -> Draft:
    report = item.report
    return Draft(
        class_code=item.class_code,
        lon=item.lon or 0.0,
        lat=item.lat or 0.0,
        precision=item.precision,
        grid_code=item.grid_code or "",
        text=" ".join(filter(None, (item.title, report.description, report.place_text))),
        reported_at=item.reported_at,
        building_id=item.building_id,
    )


def _insert(conn: Conn, items: Sequence[_Understood], numbers: Sequence[str], now: datetime) -> dict[str, int]:
    """Write the cases and the first line of their logs; return the id of each number."""
    params: dict[str, object] = {
        "case_no": list(numbers),
        "title": [item.title for item in items],
        "description": [item.report.description for item in items],
        "class_code": [item.class_code for item in items],
        "level": [item.report.level for item in items],
        "source": [item.report.source for item in items],
        "reported_at": [item.reported_at for item in items],
        "reporter": [item.report.reporter for item in items],
        "phone": [item.report.reporter_phone for item in items],
        "place_text": [item.report.place_text or (item.places[0].matched if item.places else "") for item in items],
        "building_id": [item.building_id for item in items],
        "grid_code": [item.grid_code for item in items],
        "precision": [item.precision for item in items],
        "flags": [",".join(item.flags) for item in items],
        "lon": [item.lon for item in items],
        "lat": [item.lat for item in items],
        "deadline": now + timedelta(hours=float(FILING[0])),
        "now": now,
    }
    ids = {case_no: int(event_id) for event_id, case_no in conn.execute(OPEN, params)}
    log = {
        "event": [ids[number] for number in numbers],
        "account": [item.reader.account_id for item in items],
        "actor": [item.reader.display_name or item.reader.username for item in items],
        "role": [item.reader.role.value for item in items],
        "detail": [_json({"source": item.report.source, "external_no": item.report.external_no}) for item in items],
        "now": now,
    }
    conn.execute(LOG, log)
    return ids


def _raw(report: Report) -> Mapping[str, Any]:
    return report.raw or _plain(report)


def _plain(report: Report) -> dict[str, Any]:
    """The fields that say something, without the raw order."""
    return {name: value for name in FIELDS if (value := getattr(report, name)) not in (None, (), False)}


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


if __name__ == "__main__":
    import sys

    from services.intake_file import main

    sys.exit(main(sys.argv[1:]))
