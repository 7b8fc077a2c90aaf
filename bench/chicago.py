"""Hot spots of Chicago: aggravated assaults of seven years name the places of the eighth, on cells of 500 m, beside the busiest cells.

Data: City of Chicago, crimes 2001 to present, bench/data/README.md. Everything that is chosen is chosen on the years
before the one that is tested. Where the grid begins moves the figures by several percent, so they are also told as the mean of 25 grids.
"""

import csv
import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse
from scipy.ndimage import gaussian_filter

from bench.figures import Better, Figure
from services.backtest import RECIPES, SHARES, Recipe, Scene, chosen, hits, pai, score

FILE = Path(__file__).parent / "data" / "chicago_agg_assault_2010_2017.csv.gz"
PUBLISHED = (6.88, 5.56, 4.73, 3.87)
"""PAI of the busiest cells at 1, 3, 5 and 10 % of the area, as computed on the same file by others."""
FIRST_YEAR, TESTED = 2010, 2017
CELL_M, FINE_M = 500, 50
FINE_A_CELL = CELL_M // FINE_M
SPREAD_M = 125.0
METRES_A_DEGREE = (111_000.0, 111_195.0)
"""Of longitude at the equator, of latitude."""
MIDDLE_LAT = 41.75
ROUND = FINE_A_CELL
"""Empty fine units round the data."""
OFFSETS = tuple((east, north) for east in range(0, FINE_A_CELL, 2) for north in range(0, FINE_A_CELL, 2))


@dataclass(frozen=True, slots=True, eq=False)
class City:
    """Cases on a raster of 50 m: years x columns x rows."""

    years: Any

    @classmethod
    def read(cls, path: Path) -> "City":
        """Read the file."""
        with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
            rows = [
                (datetime.fromisoformat(row["date"]).year, float(row["longitude"]), float(row["latitude"])) for row in csv.DictReader(file)
            ]
        year, lon, lat = np.array(rows).T
        east = (lon - lon.min()) * METRES_A_DEGREE[0] * np.cos(np.radians(MIDDLE_LAT))
        north = (lat - lat.min()) * METRES_A_DEGREE[1]
        column, row = (east // FINE_M).astype(int) + ROUND, (north // FINE_M).astype(int) + ROUND
        shape = (TESTED - FIRST_YEAR + 1, *(int(np.ceil((part.max() + ROUND + 1) / FINE_A_CELL)) * FINE_A_CELL for part in (column, row)))
        flat = np.ravel_multi_index(((year - FIRST_YEAR).astype(int), column, row), shape)
        return cls(np.bincount(flat, minlength=int(np.prod(shape))).reshape(shape).astype(np.float64))

    def scene(self, offset: tuple[int, int]) -> Scene:
        """Return the cells of a grid moved by an offset in fine units: those that ever had a case."""
        columns, rows = self.years.shape[1:]
        east, north = np.divmod(np.arange(columns * rows), rows)
        cell = (east + FINE_A_CELL - offset[0]) // FINE_A_CELL * 10_000 + (north + FINE_A_CELL - offset[1]) // FINE_A_CELL
        ever = self.years.sum(0).ravel() > 0
        known = np.unique(cell[ever])
        place = np.minimum(np.searchsorted(known, cell), len(known) - 1)
        inside = known[place] == cell
        gather = sparse.csr_array((np.ones(int(inside.sum())), (place[inside], np.flatnonzero(inside))), shape=(len(known), len(cell)))

        def smooth(values: Any) -> Any:
            return gaussian_filter(values.reshape(columns, rows), SPREAD_M / FINE_M, mode="constant").ravel()

        return Scene(counts=self.years.reshape(len(self.years), -1), gather=gather, smooth=smooth, links=None)


def accuracy(scene: Scene, scores: Any, period: int) -> list[float]:
    """Return the PAI by share."""
    future = scene.gather @ scene.counts[period]
    return pai(hits(scores, future), float(future.sum()), len(future))


def busiest(scene: Scene, period: int, years: int) -> Any:
    """Return the counts of the cells in the years before."""
    return scene.gather @ scene.counts[max(0, period - years) : period].sum(0)


def recipe_of(scene: Scene) -> Recipe:
    """Choose the recipe on the two years before the tested one."""
    tested = TESTED - FIRST_YEAR
    return chosen(scene, (tested - 2, tested - 1), RECIPES)


def run() -> list[Figure]:
    """Measure."""
    city, tested = City.read(FILE), TESTED - FIRST_YEAR
    corner = city.scene((0, 0))
    recipe = recipe_of(corner)
    scenes = [city.scene(offset) for offset in OFFSETS]
    own = np.mean([accuracy(scene, score(scene, tested, recipe), tested) for scene in scenes], 0)
    counts = np.mean([accuracy(scene, busiest(scene, tested, tested), tested) for scene in scenes], 0)
    note = f"half life {recipe.half_life:g} years, memory {recipe.memory:g}, blend {recipe.blend:g}, chosen on the two years before"
    return [
        *_figures(
            "busiest cells, grid from the corner",
            accuracy(corner, busiest(corner, tested, tested), tested),
            PUBLISHED,
            "baseline: published",
        ),
        *_figures("own, grid from the corner", accuracy(corner, score(corner, tested, recipe), tested), PUBLISHED, note),
        *_figures("own, mean of 25 grids", own, counts, f"baseline: busiest cells on the same grids; {note}", aim=True),
    ]


def _figures(name: str, values: Sequence[float] | Any, baseline: Sequence[float] | Any, note: str, *, aim: bool = False) -> list[Figure]:
    return [
        Figure(
            name=f"PAI at {share:.0%} of the area, {name}",
            value=round(float(value), 3),
            unit="",
            target=round(float(base), 3) if aim else None,
            better=Better.MORE,
            baseline=round(float(base), 3),
            note=note,
        )
        for share, value, base in zip(SHARES, values, baseline, strict=True)
    ]
