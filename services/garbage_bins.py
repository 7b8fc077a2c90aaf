"""ZC-06: exposed garbage against the positions of bins: what lies beside a bin, what lies far from any, and where new bins would serve most.

Distances are straight lines in metres, computed in the UTM zone of the district. A case within `NEAR_M` of a bin speaks of a bin that overflows; one
farther than the radius from every bin is not served. New sites are chosen by the greedy rule of the maximal covering location problem (Church and
ReVelle 1974): again and again the place that serves the most cases not served yet. It reaches at least 1 - 1/e = 63 % of what the best choice of as
many sites could (Nemhauser, Wolsey, Fisher 1978). Candidates are places where such a case lay, one in each square of CANDIDATE_M.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from geodata import crs
from geodata.arrays import Bools, Floats, Ints
from geodata.db import Conn
from geodata.errors import InvalidInputError
from services.history import Filters, History
from services.incidence_presets import BY_KEY
from services.rights import Reader

BIN_CLASSES: Final = ("0304", "0305")
"""垃圾间(楼), 垃圾箱."""
BINS = """
    SELECT id, name, grid_code, ST_X(geom), ST_Y(geom) FROM hall.part
    WHERE class_code = ANY(%s) AND state NOT IN ('lost', 'abandoned', 'removed') AND NOT ST_IsEmpty(geom) ORDER BY id LIMIT 200000
"""
NEAR_M: Final = 20.0
RADIUS_M: Final = 80
SMALLEST_M, LARGEST_M = 20, 500
CANDIDATE_M: Final = 25.0
SITES: Final = 20
MOST_SITES: Final = 100
BANDS_M: Final = (20, 50, 80, 120, 200, 400)
LISTED_BINS: Final = 30
MOST_CASES: Final = 200_000
MOST_PLACES: Final = 2_000
AROUND_M: Final = 400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """How many cases lie at a distance from the nearest bin. `to_m` None: farther than all others, or there is no bin."""

    from_m: int
    to_m: int | None
    cases: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A suggested place for a new bin."""

    rank: int
    lon: float
    lat: float
    grid_code: str
    road: str | None
    cases: int
    """Cases within the radius that no bin and no better site serves."""
    cumulated: float
    """Share of the cases not served today that this site and all before it serve."""
    nearest_bin_m: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """A bin beside which garbage lies again and again."""

    id: int
    name: str
    grid_code: str
    lon: float
    lat: float
    cases: int
    """Within NEAR_M, of which no other bin is nearer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GarbageBins:
    """Cases against bins."""

    cases: int
    unplaced: int
    """Cases whose place is only known to an area: they are not counted against bins."""
    bins: int
    """In the reader's area."""
    radius_m: int
    near_m: int
    beside: int
    """Cases within NEAR_M of a bin."""
    unserved: int
    """Cases farther than the radius from every bin."""
    median_m: float | None
    bands: list[Band]
    sites: list[Site]
    overflowing: list[Bin]
    unserved_places: list[tuple[float, float]]
    """Longitude, latitude of cases that no bin serves, evenly thinned to MOST_PLACES."""
    bin_places: list[tuple[float, float]]
    """Of bins of the reader's area around the suggested sites, or of all of them when there is no site."""


@dataclass(frozen=True, slots=True)
class _Bins:
    id: Ints
    name: list[str]
    grid_code: list[str]
    lon: Floats
    lat: Floats

    def within(self, area: str) -> Bools:
        """Which of them stand in an area; the others still serve cases near its border."""
        return np.array([code.startswith(area) for code in self.grid_code], np.bool_)


def evaluate(
    conn: Conn, history: History, reader: Reader, filters: Filters, *, radius_m: int = RADIUS_M, sites: int = SITES
) -> GarbageBins:
    """Evaluate the window of a filter.

    Raises:
        InvalidInputError: a radius or number of sites out of range, or more cases than can be compared.
    """
    if not SMALLEST_M <= radius_m <= LARGEST_M:
        raise InvalidInputError(f"radius_m={radius_m}: must be {SMALLEST_M} to {LARGEST_M}")
    if not 0 <= sites <= MOST_SITES:
        raise InvalidInputError(f"sites={sites}: must be 0 to {MOST_SITES}")
    every = history.rows(BY_KEY["garbage_bins"].within(history, filters), reader)
    rows = every[history.cell[every] > 0]
    if len(rows) > MOST_CASES:
        raise InvalidInputError(f"{len(rows)} cases are more than {MOST_CASES}: choose a shorter period or a smaller area")
    bins = _bins(conn)
    zone = _zone(history, rows, bins)
    at, stands = _metres(history.lon[rows], history.lat[rows], zone), _metres(bins.lon, bins.lat, zone)
    distance, nearest = (
        cKDTree(stands).query(at) if len(stands) and len(rows) else (np.full(len(rows), np.inf), np.zeros(len(rows), np.int64))
    )
    area = filters.area_of(reader)
    unserved = rows[distance > radius_m]
    suggested = _sites(history, unserved, at[distance > radius_m], distance[distance > radius_m], radius_m, sites)
    return GarbageBins(
        cases=len(every),
        unplaced=len(every) - len(rows),
        bins=int(bins.within(area).sum()),
        radius_m=radius_m,
        near_m=int(NEAR_M),
        beside=int((distance <= NEAR_M).sum()),
        unserved=len(unserved),
        median_m=float(np.median(distance)) if len(rows) and len(stands) else None,
        bands=_bands(distance),
        sites=suggested,
        overflowing=_overflowing(bins, nearest[distance <= NEAR_M], area),
        unserved_places=_places(history.lon[unserved], history.lat[unserved]),
        bin_places=_around(bins, stands, suggested, zone, area),
    )


def cover(points: npt.NDArray[np.float64], candidates: npt.NDArray[np.float64], radius_m: float, most: int) -> list[tuple[int, Ints]]:
    """Choose candidates greedily; return each with the points that it is the first to serve. Stops when nothing is left to serve.

    Args:
        points: (n, 2) metres.
        candidates: (m, 2) metres.
        radius_m: straight line.
        most: how many at most.
    """
    if not len(points) or not len(candidates) or most <= 0:
        return []
    served_by: list[list[int]] = cKDTree(points).query_ball_point(candidates, radius_m, return_sorted=True)
    members = [np.array(found, np.int64) for found in served_by]
    gain = np.array([len(found) for found in members])
    left = np.ones(len(points), np.bool_)
    chosen: list[tuple[int, Ints]] = []
    while len(chosen) < most:
        best = _best(gain, members, left)
        mine = members[best][left[members[best]]]
        if not len(mine):
            break
        chosen.append((best, mine))
        left[mine] = False
        gain[best] = 0
    return chosen


def _best(gain: Ints, members: list[Ints], left: Bools) -> int:
    """The candidate that serves most of what is left. A gain never grows, so only those that might lead are counted again."""
    while True:
        best = int(np.argmax(gain))
        fresh = int(left[members[best]].sum())
        if fresh == gain[best]:
            return best
        gain[best] = fresh


def _bins(conn: Conn) -> _Bins:
    found = conn.execute(BINS, [list(BIN_CLASSES)]).fetchall()
    return _Bins(
        np.array([row[0] for row in found], np.int64),
        [row[1] for row in found],
        [row[2] for row in found],
        np.array([row[3] for row in found], np.float64),
        np.array([row[4] for row in found], np.float64),
    )


def _zone(history: History, rows: Ints, bins: _Bins) -> str:
    """The UTM zone of the middle of all places."""
    lon, lat = np.concatenate([history.lon[rows], bins.lon]), np.concatenate([history.lat[rows], bins.lat])
    if not len(lon):
        return "EPSG:32650"
    return f"EPSG:{crs.utm(lon, lat)}"


def _metres(lon: Floats, lat: Floats, zone: str) -> npt.NDArray[np.float64]:
    return np.column_stack(crs.from_wgs84(lon, lat, zone)) if len(lon) else np.zeros((0, 2))


def _places(lon: Floats, lat: Floats) -> list[tuple[float, float]]:
    every = max(1, -(-len(lon) // MOST_PLACES))
    return [(round(x, 6), round(y, 6)) for x, y in zip(lon[::every].tolist(), lat[::every].tolist(), strict=True)]


def _around(bins: _Bins, stands: npt.NDArray[np.float64], suggested: list[Site], zone: str, area: str) -> list[tuple[float, float]]:
    """Bins of an area within AROUND_M of any suggested site; all of the area when there is no site."""
    shown = bins.within(area)
    if suggested and len(stands):
        sites = _metres(np.array([one.lon for one in suggested]), np.array([one.lat for one in suggested]), zone)
        shown &= cKDTree(sites).query(stands)[0] <= AROUND_M
    return _places(bins.lon[shown], bins.lat[shown])


def _bands(distance: Any) -> list[Band]:
    edges = (0, *BANDS_M)
    counts = np.histogram(distance, [*edges, np.inf])[0].tolist() if len(distance) else [0] * len(edges)
    infinite = int(np.isinf(distance).sum()) if len(distance) else 0
    # a histogram's last bin holds its right end, which is where there is no bin at all
    counts[-1] = max(counts[-1], infinite)
    return [Band(from_m=low, to_m=high, cases=number) for low, high, number in zip(edges, (*BANDS_M, None), counts, strict=True)]


def _sites(  # noqa: PLR0917 - the cases not served, and how to serve them
    history: History, rows: Ints, at: Any, distance: Any, radius_m: int, most: int
) -> list[Site]:
    """One candidate in each square: the first case in a named road, else the first."""
    if not len(rows):
        return []
    order = np.lexsort((rows, history.road[rows] < 0))
    _, first = np.unique(np.floor(at[order] / CANDIDATE_M).astype(np.int64), axis=0, return_index=True)
    candidates = order[np.sort(first)]
    sites, served = [], 0
    for rank, (place, mine) in enumerate(cover(at, at[candidates], radius_m, most), 1):
        row = int(rows[candidates[place]])
        served += len(mine)
        away = float(distance[candidates[place]])
        road = int(history.road[row])
        sites.append(
            Site(
                rank=rank,
                lon=float(history.lon[row]),
                lat=float(history.lat[row]),
                grid_code=history.grids[int(history.grid_no[row])],
                road=history.roads[road] if road >= 0 else None,
                cases=len(mine),
                cumulated=served / len(rows),
                nearest_bin_m=away if np.isfinite(away) else None,
            )
        )
    return sites


def _overflowing(bins: _Bins, nearest: Ints, area: str) -> list[Bin]:
    counts = np.bincount(nearest, minlength=len(bins.id))
    inside = bins.within(area)
    ranked = [place for place in np.lexsort((bins.id, -counts)).tolist() if counts[place] and inside[place]] if len(bins.id) else []
    return [
        Bin(
            id=int(bins.id[place]),
            name=bins.name[place],
            grid_code=bins.grid_code[place],
            lon=float(bins.lon[place]),
            lat=float(bins.lat[place]),
            cases=int(counts[place]),
        )
        for place in ranked[:LISTED_BINS]
    ]
