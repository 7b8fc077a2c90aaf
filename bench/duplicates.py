"""Which case a report repeats: on real labels of a city's service requests, and how long the search takes among 380,000 events.

The rule was fixed on the reports of July and August and is judged on those of September and October. Staff mark only some duplicates.
Pairs count whose reports lie within the rule's window, 100 m and 14 days, and whose original was still open.
"""

import csv
import gzip
import math
import random
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from statistics import quantiles
from types import MappingProxyType

import psycopg

from bench.figures import Better, Figure
from bench.serving.city import city
from geodata.settings import ROOT
from services.duplicates import RULE, Draft, Gap, Kinship, candidates, score
from services.geodesy import metres_per_degree
from services.likeness import likeness

REPORTS = ROOT.parent / "shared" / "data" / "events" / "boston311_2011Jul-Oct.csv.gz"
PAIRS = REPORTS.with_name("boston311_2011Jul-Oct_dup_pairs.csv")
JUDGED = (9, 10)
WINDOW_M, WINDOW_H = 100.0, 336.0
CELL_DEG = 0.002
CALLS = 300
# These reports hold no free text, only a title and an address: the place says more than the words.
BOSTON = replace(
    RULE,
    decay_m=100,
    time_weight=0.0,
    place_weight=0.5,
    text_weight=0.2,
    kinship=MappingProxyType({Kinship.SAME: 1.0, Kinship.GROUP: 0.75, Kinship.OTHER: 0.3}),
    closed=0.3,
)
DRAFTS = """
    SELECT class_code, ST_X(geom), ST_Y(geom), grid_code, concat_ws(' ', title, description, place_text), building_id
    FROM hall.event ORDER BY md5(id::text) LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class Request:
    """A service request of the city."""

    id: str
    opened: datetime
    closed: datetime | None
    kind: str
    group: str
    lon: float
    lat: float
    text: str


def run() -> list[Figure]:
    """Measure."""
    return [*_boston(), *_search()]


def _boston() -> Iterator[Figure]:
    if not (REPORTS.is_file() and PAIRS.is_file()):
        print(f"bench: duplicates: {REPORTS.parent} holds no labelled reports, this part is left out", file=sys.stderr)
        return
    requests = _requests()
    by_id = {request.id: request for request in requests}
    cells: dict[tuple[int, int], list[Request]] = defaultdict(list)
    for request in requests:
        cells[_cell(request.lon, request.lat)].append(request)
    pairs = first = three = 0
    with PAIRS.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            report, original = by_id.get(row["dup_id"]), by_id.get(row["orig_id"])
            if report is None or original is None or report.opened.month not in JUDGED or not _in_window(report, original):
                continue
            ranked = _ranked(report, cells)
            pairs += 1
            first += ranked[:1] == [original.id]
            three += original.id in ranked[:3]
    note = f"{pairs} pairs of September and October; rule fixed on July and August"
    yield Figure(name="right original first", value=first / pairs, unit="", target=0.87, better=Better.MORE, note=note)
    yield Figure(name="right original among the first three", value=three / pairs, unit="", target=0.91, better=Better.MORE, note=note)


def _requests() -> list[Request]:
    with gzip.open(REPORTS, "rt", encoding="utf-8") as file:
        rows = [
            Request(
                row["case_enquiry_id"],
                datetime.fromisoformat(row["open_dt"]).replace(tzinfo=UTC),
                datetime.fromisoformat(row["closed_dt"]).replace(tzinfo=UTC) if row["closed_dt"] else None,
                row["type"],
                row["reason"],
                float(row["longitude"]),
                float(row["latitude"]),
                f"{row['case_title']} {row['location']}",
            )
            for row in csv.DictReader(file)
            if row["latitude"]
        ]
    return sorted(rows, key=lambda request: (request.opened, request.id))


def _in_window(report: Request, original: Request) -> bool:
    hours = (report.opened - original.opened).total_seconds() / 3600
    is_open = original.closed is None or original.closed > report.opened
    return 0 <= hours <= WINDOW_H and _metres(report, original) <= WINDOW_M and is_open


def _ranked(report: Request, cells: dict[tuple[int, int], list[Request]]) -> list[str]:
    x, y = _cell(report.lon, report.lat)
    near = [
        other
        for dx in (-1, 0, 1)
        for dy in (-1, 0, 1)
        for other in cells[x + dx, y + dy]
        if (other.opened, other.id) < (report.opened, report.id)
        and (report.opened - other.opened).total_seconds() <= 3600 * WINDOW_H
        and _metres(report, other) <= WINDOW_M
    ]
    judged = [
        (-score(_gap(report, other, text), BOSTON), other.opened, other.id)
        for other, text in zip(near, likeness(report.text, [other.text for other in near]), strict=True)
    ]
    return [request_id for _, _, request_id in sorted(judged)]


def _gap(report: Request, other: Request, text: float) -> Gap:
    kinship = Kinship.SAME if other.kind == report.kind else Kinship.GROUP if other.group == report.group else Kinship.OTHER
    return Gap(
        distance_m=_metres(report, other),
        hours=(report.opened - other.opened).total_seconds() / 3600,
        kinship=kinship,
        text=text,
        open=other.closed is None or other.closed > report.opened,
    )


def _metres(report: Request, other: Request) -> float:
    east, north = metres_per_degree(report.lat)
    return math.hypot((other.lon - report.lon) * float(east), (other.lat - report.lat) * float(north))


def _cell(lon: float, lat: float) -> tuple[int, int]:
    return math.floor(lon / CELL_DEG), math.floor(lat / CELL_DEG)


def _search() -> Iterator[Figure]:
    settings = city()
    chance, times, now = random.Random(5), [], datetime.now(UTC)
    with psycopg.connect(settings.database_url) as conn:
        row = conn.execute("SELECT count(*), count(*) FILTER (WHERE closed_at IS NULL) FROM hall.event").fetchone()
        total, opened = row or (0, 0)
        known = conn.execute(DRAFTS, [CALLS]).fetchall()
        for class_code, lon, lat, grid_code, text, building_id in known:
            draft = Draft(
                class_code=class_code,
                lon=lon,
                lat=lat,
                precision=chance.choice(("point", "building", "address", "road", "area")),
                grid_code=grid_code,
                text=text,
                reported_at=now,
                building_id=building_id,
            )
            started = time.perf_counter()
            candidates(conn, draft, now)
            times.append(1000 * (time.perf_counter() - started))
    yield Figure(
        name="candidate search, p95",
        value=quantiles(times, n=20)[-1],
        unit="ms",
        target=15,
        note=f"{CALLS} reports among {total:,} events, {opened:,} open; all precisions",
    )
