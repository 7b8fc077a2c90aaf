"""Road names as short pieces of line, one for each name that shall show: spacing is ours, and tile borders repeat nothing."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from geodata.db import Conn

Floats = npt.NDArray[np.float64]

PIXEL_M = 78271.516964
"""Projected metres per CSS pixel at zoom 0, tiles of 512 pixels."""
TEXT_PX = 12.5
"""Text size that room is made for, in CSS pixels."""
WIDE_EM, NARROW_EM = 1.06, 0.6
"""Room for one character, Chinese or other, with its letter spacing."""
SIDE_ROOM_PX = 10
PARALLEL_M = 45
"""The other carriageway runs within this distance."""
SAMPLE_M = 15.0
MOST_BEND = 1.3
"""Sum of turns along a label, in radians: more cannot be read."""
STEP_M = 3.0
"""Corners that leave the straight line by less than this are not felt as bends."""
SLIDES = (0.0, 0.12, -0.12, 0.25, -0.25, 0.38, -0.38)
"""Where a label may move along its share of the road, to stand where it is straightest."""


@dataclass(frozen=True, slots=True)
class Band:
    """What shows at one zoom: classes up to `least`, one label every `gap_px`."""

    zoom: int
    least: int
    gap_px: float


BANDS = (Band(13, 2, 620), Band(14, 3, 560), Band(15, 4, 460), Band(16, 7, 340))

NAMED_ROADS = """
    SELECT name.name, road.k, ST_AsBinary(road.geom) FROM base.road AS road JOIN base.name AS name ON name.ref = road.ref
    WHERE road.k <= 7 AND NOT road.link AND road.br >= 0 AND char_length(name.name) BETWEEN 2 AND 40
      -- names of the neighbours go with their ground
      AND NOT EXISTS (SELECT 1 FROM base.land AS land WHERE land.k = 0 AND ST_Intersects(land.geom, ST_PointOnSurface(road.geom)))
    ORDER BY name.name, road.geom
"""


@dataclass(frozen=True, slots=True)
class Label:
    """One name at one place for one zoom."""

    zoom: int
    k: int
    name: str
    middle: shapely.Point
    piece: shapely.LineString


def place_road_labels(conn: Conn) -> int:
    """Fill base.road_label from the named roads; return the number of labels."""
    lines: dict[str, list[shapely.LineString]] = defaultdict(list)
    best: dict[str, int] = {}
    for name, k, wkb in conn.execute(NAMED_ROADS):
        lines[name].extend(shapely.get_parts(shapely.from_wkb(wkb)))
        best[name] = min(k, best.get(name, k))
    labels = [label for name, parts in lines.items() for label in labels_of(name, best[name], parts)]
    with conn.cursor() as cursor, cursor.copy("COPY base.road_label (zoom, k, name, middle, geom) FROM STDIN") as copy:
        for label in labels:
            geometry = shapely.to_wkb(shapely.set_srid([label.middle, label.piece], 3857), hex=True, include_srid=True)
            copy.write_row((label.zoom, label.k, label.name, *geometry))
    return len(labels)


def labels_of(name: str, k: int, lines: list[shapely.LineString]) -> Iterator[Label]:
    """Lay out one road name on all zooms that show its class."""
    runs = _without_second_carriageway(_runs(lines))
    width_px = text_em(name) * TEXT_PX + SIDE_ROOM_PX
    for band in BANDS:
        if k > band.least:
            continue
        pixel_m = PIXEL_M / 2**band.zoom
        gap_m, placed = band.gap_px * pixel_m, list[shapely.Point]()
        for run in runs:
            for piece in _pieces(run, width_px * pixel_m, gap_m):
                middle = piece.interpolate(0.5, normalized=True)
                if all(middle.distance(other) >= 0.55 * gap_m for other in placed):
                    placed.append(middle)
                    yield Label(band.zoom, k, name, middle, shapely.simplify(_left_to_right(piece), 0.6 * pixel_m))


def text_em(text: str) -> float:
    """Width of a text in units of its size."""
    return sum(WIDE_EM if ord(character) > 0x2E80 else NARROW_EM for character in text)


def _runs(lines: list[shapely.LineString]) -> list[shapely.LineString]:
    """The road from end to end, longest piece first."""
    merged = shapely.line_merge(shapely.MultiLineString(list(shapely.set_precision(lines, 0.1))))
    return sorted((part for part in shapely.get_parts(merged) if part.length), key=lambda part: -part.length)


def _without_second_carriageway(runs: list[shapely.LineString]) -> list[shapely.LineString]:
    """Leave out what runs beside a longer piece for more than half of its length."""
    kept = runs[:1]
    for run in runs[1:]:
        along = shapely.line_interpolate_point(run, np.arange(0.0, run.length, SAMPLE_M))
        if np.mean(shapely.dwithin(along, shapely.MultiLineString(kept), PARALLEL_M)) <= 0.5:
            kept.append(run)
    return kept


def _pieces(run: shapely.LineString, need_m: float, gap_m: float) -> Iterator[shapely.LineString]:
    """Cut the straightest readable piece of length `need_m` out of every share of the run."""
    if run.length < need_m:
        return
    shares = max(1, int(run.length // gap_m))
    share = run.length / shares
    centres = (np.arange(shares)[:, None] + 0.5 + np.array(SLIDES)) * share
    starts = np.clip(centres - need_m / 2, 0, run.length - need_m)
    bends = bend(run, starts, need_m)
    straightest = np.argmin(np.round(bends, 1), axis=1)
    for index, choice in enumerate(straightest):
        if bends[index, choice] <= MOST_BEND:
            yield _cut(run, starts[index, choice], need_m)


def bend(line: shapely.LineString, starts: Floats, length_m: float) -> Floats:
    """Sum of the turns, in radians, along the pieces that begin at `starts` metres; turns of less than STEP_M do not count."""
    smooth = shapely.get_coordinates(shapely.simplify(line, STEP_M))
    step = np.diff(smooth, axis=0)
    turn = np.diff(np.arctan2(step[:, 1], step[:, 0]))
    total = np.concatenate([[0.0], np.abs((turn + np.pi) % (2 * np.pi) - np.pi).cumsum()])
    corners = np.hypot(step[:, 0], step[:, 1]).cumsum()[:-1]
    return np.asarray(total[np.searchsorted(corners, starts + length_m)] - total[np.searchsorted(corners, starts)], np.float64)


def _cut(line: shapely.LineString, start_m: float, length_m: float) -> shapely.LineString:
    points = shapely.get_coordinates(line)
    at = np.concatenate([[0.0], np.hypot(*np.diff(points, axis=0).T).cumsum()])
    within = points[(at > start_m) & (at < start_m + length_m)]
    ends = [[np.interp(where, at, points[:, axis]) for axis in (0, 1)] for where in (start_m, start_m + length_m)]
    return shapely.LineString(np.vstack([ends[0], within, ends[1]]))


def _left_to_right(line: shapely.LineString) -> shapely.LineString:
    points = shapely.get_coordinates(line)
    return line if points[0][0] <= points[-1][0] else line.reverse()
