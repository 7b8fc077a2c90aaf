"""The ground that cases are counted on: every H3 cell that touches the district, its neighbours, who lives there and who patrolled it.

Cells without a case are part of it, so that nothing counts as a hot spot only because quiet places were left out.
"""

import json
import logging
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import h3
import numpy as np
import shapely

from geodata.arrays import Floats, Ints
from geodata.db import Conn, Pool, reading
from services import revisions
from services.history import CHINA_S, DAY_S, RESOLUTIONS, Cells, Numbers
from services.history_build import cells_of
from services.newest import META, PART, Newest, newest_folder

log = logging.getLogger(__name__)

FOLDER = "ground"
FORMAT = 1
LAYERS = ("district", "base_grids", "buildings")

AREAS = "SELECT code, ST_AsBinary(geom) FROM hall.area WHERE level IN ('district', 'base_grid') ORDER BY code"
PEOPLE = """
    SELECT ST_X(place), ST_Y(place), people FROM (SELECT ST_PointOnSurface(geom) AS place, people FROM hall.building WHERE people > 0) AS home
"""
PATROL = "SELECT day, cell, sum(seconds)::bigint FROM hall.patrol GROUP BY day, cell ORDER BY day, cell"
PATROL_STATE = "SELECT coalesce(max(changed_at)::text, '') FROM hall.patrol_read"
_PRIVATE = 0o700


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Plane:
    """The cells of one resolution, ascending."""

    cells: Cells
    touching_cell: Numbers
    """With `touching_area`: the cells that each area touches, as places in `cells` and in `Ground.areas`."""
    touching_area: Numbers
    people: Floats
    patrol_cell: Numbers
    """With `patrol_day` and `patrol_s`: seconds that workers spent in a cell on a day."""
    patrol_day: Numbers
    """Days since 1970-01-01 as China counts them, ascending."""
    patrol_s: Floats


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Ground:
    """All cells by resolution."""

    token: str
    at: datetime
    areas: tuple[str, ...]
    """Codes of the district and its base grids."""
    planes: Mapping[int, Plane]
    kept: dict[tuple[int, str], "Field"] = field(default_factory=dict)
    """Fields made so far, by resolution and area."""

    def field_of(self, resolution: int, area: str = "") -> "Field":
        """Return the cells that touch an area (a code prefix), with their neighbourhoods; none for an area that nobody knows."""
        key = (resolution, area)
        if key not in self.kept:
            if len(self.kept) > MOST_FIELDS:
                self.kept.clear()
            self.kept[key] = self._field(resolution, area)
        return self.kept[key]

    def _field(self, resolution: int, area: str) -> "Field":
        plane = self.planes[resolution]
        inside = np.array([code.startswith(area) for code in self.areas], np.bool_)
        places = np.unique(plane.touching_cell[inside[plane.touching_area]]) if len(self.areas) else np.zeros(0, np.int32)
        cells = plane.cells[places]
        return Field(
            resolution=resolution,
            cells=cells,
            names=tuple(h3.int_to_str(int(cell)) for cell in cells.tolist()),
            links=links_of(cells),
            people=plane.people[places],
            places=places,
            plane=plane,
        )


MOST_FIELDS = 64


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Field:
    """The cells of a resolution that touch an area: what a map of hot spots is made of."""

    resolution: int
    cells: Cells
    """Ascending."""
    names: tuple[str, ...]
    """The cells as H3 texts."""
    links: Any
    """Sparse matrix (CSR): 1 where two cells are neighbours or the same."""
    people: Floats
    places: Numbers
    """Where the cells stand in the plane."""
    plane: Plane
    kept: dict[str, Any] = field(default_factory=dict)
    """What questions made of the field and the next one needs as well."""

    def centres(self) -> tuple[Floats, Floats]:
        """Return latitude and longitude of the middle of each cell."""
        if "centres" not in self.kept:
            self.kept["centres"] = np.array([h3.cell_to_latlng(name) for name in self.names], np.float64).reshape(-1, 2).T
        lat, lon = self.kept["centres"]
        return lat, lon

    def patrol_hours(self, start: int, end: int) -> tuple[Floats, int]:
        """Return the hours that workers spent in each cell in a window (seconds since 1970), by whole days of China, and on how many days."""
        plane = self.plane
        first, last = (start + CHINA_S) // DAY_S, (end + CHINA_S - 1) // DAY_S
        low, high = np.searchsorted(plane.patrol_day, (first, last + 1))
        known = plane.patrol_day[low:high]
        days = int(np.count_nonzero(np.diff(known))) + 1 if len(known) else 0
        seconds = np.bincount(plane.patrol_cell[low:high], plane.patrol_s[low:high], len(plane.cells))
        return np.asarray(seconds[self.places] / 3600.0, np.float64), days


def links_of(cells: Cells) -> Any:
    """Return the neighbourhood of each cell within `cells` (ascending): a sparse matrix of ones, a cell being its own neighbour as well."""
    from scipy import sparse  # noqa: PLC0415 - a quarter of a second, and only whoever counts needs it

    number = len(cells)
    disk = h3.api.basic_int.grid_disk
    rows, near = [], []
    for place, cell in enumerate(cells.tolist()):
        around = disk(cell, 1)
        near += around
        rows += [place] * len(around)
    columns = np.searchsorted(cells, np.array(near, np.uint64))
    columns = np.minimum(columns, max(0, number - 1))
    known = cells[columns] == np.array(near, np.uint64) if number else np.zeros(0, np.bool_)
    links = sparse.csr_array((np.ones(int(known.sum())), (np.array(rows, np.int64)[known], columns[known])), shape=(number, number))
    links.sort_indices()
    return links


def touching(shape: shapely.Geometry, resolution: int) -> set[int]:
    """Return the cells of a resolution that share at least a point with an area."""
    found: set[int] = set()
    for polygon in shapely.get_parts(shape):
        if polygon.is_empty:
            continue
        outline = h3.geo_to_h3shape(polygon)
        found.update(h3.str_to_int(cell) for cell in h3.h3shape_to_cells_experimental(outline, resolution, "overlap"))
    return found


class GroundStore(Newest[Ground]):
    """The ground that this process counts on, as the worker wrote it last."""

    def __init__(self, data_dir: Path) -> None:
        super().__init__(data_dir / FOLDER, load, "the cells of the district are being prepared")


def make(pool: Pool, data_dir: Path) -> Path:
    """Write the ground at the newest revision of areas, buildings and patrols, unless it is there.

    Raises:
        SourceUnavailableError: the database does not answer; what was there stays.
    """
    with reading(pool) as conn:
        conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        conn.execute("SET LOCAL statement_timeout = '120s'")
        state = revisions.token(conn, LAYERS)
        row = conn.execute(PATROL_STATE).fetchone()
        patrolled = str(row[0]) if row else ""
        token = "".join(sign if sign.isalnum() else "-" for sign in f"{FORMAT}-{state}-{patrolled}")
        folder = data_dir / FOLDER / token
        if (folder / META).exists():
            return folder
        ground = read(conn, token, _shapes_of(data_dir, state))
    write(ground, folder, state)
    return folder


def read(conn: Conn, token: str, before: "Ground | None" = None) -> Ground:
    """Read the ground from the database; the cells of areas that did not change are taken from `before`."""
    areas: list[tuple[str, bytes]] = [(str(code), bytes(shape)) for code, shape in conn.cursor(binary=True).execute(AREAS)]
    codes = tuple(code for code, _ in areas)
    homes = np.array(conn.execute(PEOPLE).fetchall(), np.float64).reshape(-1, 3)
    patrol = np.array([(day.toordinal(), cell, seconds) for day, cell, seconds in conn.execute(PATROL)], np.int64).reshape(-1, 3)
    days = (patrol[:, 0] - _EPOCH).astype(np.int32)
    shapes = shapely.from_wkb([shape for _, shape in areas]) if before is None else None
    planes = {}
    for resolution in RESOLUTIONS:
        if before is not None:
            old = before.planes[resolution]
            cells, cell, area = old.cells, old.touching_cell, old.touching_area
        else:
            cells, cell, area = _touched(shapes, resolution)
        visited = _parents(patrol[:, 1].astype(np.uint64), resolution)
        place, known = _places(cells, visited)
        lived, home = _places(cells, cells_of(homes[:, 0], homes[:, 1], resolution))
        planes[resolution] = Plane(
            cells=cells,
            touching_cell=cell,
            touching_area=area,
            people=np.bincount(lived, homes[home, 2], len(cells)).astype(np.float64),
            patrol_cell=place,
            patrol_day=days[known],
            patrol_s=patrol[known, 2].astype(np.float64),
        )
    return Ground(token=token, at=datetime.now(UTC), areas=codes, planes=planes)


def write(ground: Ground, folder: Path, state: str = "") -> None:
    """Save the ground and remove all older ones."""
    part = folder.with_name(folder.name + PART)
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(mode=_PRIVATE, parents=True)
    for resolution, plane in ground.planes.items():
        np.savez(part / f"{resolution}.npz", **{name: getattr(plane, name) for name in PLANE})
    meta = {"token": ground.token, "at": ground.at.isoformat(), "areas": ground.areas, "state": state}
    (part / META).write_text(json.dumps(meta), encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    part.rename(folder)
    for other in folder.parent.iterdir():
        if other != folder:
            shutil.rmtree(other, ignore_errors=True)


PLANE = ("cells", "touching_cell", "touching_area", "people", "patrol_cell", "patrol_day", "patrol_s")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC).toordinal()


def load(folder: Path) -> Ground:
    """Open a written ground.

    Raises:
        OSError: it is gone or incomplete.
    """
    meta = json.loads((folder / META).read_text(encoding="utf-8"))
    planes = {}
    for resolution in RESOLUTIONS:
        with np.load(folder / f"{resolution}.npz", allow_pickle=False) as arrays:
            planes[resolution] = Plane(**{name: arrays[name] for name in PLANE})
    return Ground(token=meta["token"], at=datetime.fromisoformat(meta["at"]), areas=tuple(meta["areas"]), planes=planes)


def _shapes_of(data_dir: Path, state: str) -> Ground | None:
    """The ground before, if its areas and buildings are still the same."""
    folder = newest_folder(data_dir / FOLDER)
    if folder is None:
        return None
    try:
        meta = json.loads((folder / META).read_text(encoding="utf-8"))
        return load(folder) if meta.get("state") == state else None
    except (OSError, ValueError, KeyError) as error:
        log.warning("%s cannot be read, all cells are found anew: %s", folder, error)
        return None


def _touched(shapes: Any, resolution: int) -> tuple[Cells, Numbers, Numbers]:
    pairs = [(cell, place) for place, shape in enumerate(shapes) for cell in touching(shape, resolution)]
    touched = np.array([cell for cell, _ in pairs], np.uint64)
    cells, cell = np.unique(touched, return_inverse=True)
    return cells, cell.astype(np.int32), np.array([place for _, place in pairs], np.int32)


def _parents(cells: Cells, resolution: int) -> Cells:
    @cache
    def parent(cell: int) -> int:
        return int(h3.api.basic_int.cell_to_parent(cell, resolution))

    return np.fromiter(map(parent, cells.tolist()), np.uint64, len(cells))


def _places(cells: Cells, wanted: Cells) -> tuple[Numbers, Ints]:
    """Return where wanted cells stand in `cells`, and which of the wanted are there at all."""
    if not len(cells):
        return np.zeros(0, np.int32), np.zeros(0, np.int64)
    place = np.minimum(np.searchsorted(cells, wanted), len(cells) - 1)
    known = np.flatnonzero(cells[place] == wanted)
    return place[known].astype(np.int32), known
