"""Where positions lie: in which grid, inside the district or not, in which building."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from geodata.db import Conn
from geodata.errors import SetupError
from geodata.imports.classes.common import OWN

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
LEVELS = ("base_grid", "community", "street", "district")
"""From the finest: rows get the code of the finest area that holds them."""
AREAS = "SELECT code, ST_AsBinary(geom) FROM hall.area WHERE level = %(level)s ORDER BY code"
BUILDINGS = """
    SELECT id, code, source_id, ST_X(spot), ST_Y(spot), ST_AsBinary(geom)
    FROM (SELECT id, code, source_id, geom, ST_PointOnSurface(geom) AS spot FROM hall.building) AS b
    ORDER BY id
"""


@dataclass(frozen=True, slots=True)
class Zones:
    """Coded polygons with an index; longitudes are shrunk so that nearness is about the same in both directions."""

    codes: npt.NDArray[np.object_]
    tree: shapely.STRtree
    shrink: float

    @classmethod
    def build(cls, codes: Sequence[object], polygons: npt.NDArray[np.object_]) -> "Zones":
        """Index polygons in WGS 84."""
        south, north = (shapely.total_bounds(polygons)[[1, 3]]) if len(polygons) else (0.0, 0.0)
        shrink = float(np.cos(np.radians((south + north) / 2)))
        return cls(np.array(codes, object), shapely.STRtree(shapely.transform(polygons, lambda xy: xy * (shrink, 1.0))), shrink)

    def holding(self, lon: Floats, lat: Floats) -> Ints:
        """Index of the first polygon that holds each point; -1 where none does or there is no point."""
        out = np.full(len(lon), -1, np.int64)
        points, zones = self.tree.query(self._points(lon, lat), predicate="intersects")
        order = np.lexsort((-zones, points))  # the lowest zone is written last
        out[points[order]] = zones[order]
        return out

    def nearest(self, lon: Floats, lat: Floats) -> Ints:
        """Index of the nearest polygon of each point."""
        found = self.tree.query_nearest(self._points(lon, lat), all_matches=False)
        out = np.full(len(lon), -1, np.int64)
        out[found[0]] = found[1]
        return out

    def _points(self, lon: Floats, lat: Floats) -> npt.NDArray[np.object_]:
        points = np.full(len(lon), None, object)
        given = np.isfinite(lon) & np.isfinite(lat)
        points[given] = shapely.points(lon[given] * self.shrink, lat[given])
        return points


@dataclass(frozen=True, slots=True)
class Areas:
    """The district's areas, finest level first."""

    levels: tuple[Zones, ...]

    @classmethod
    def load(cls, conn: Conn) -> "Areas":
        """Read all levels that exist."""
        levels = []
        for level in LEVELS:
            rows = conn.execute(AREAS, {"level": level}).fetchall()
            if rows:
                levels.append(Zones.build([row[0] for row in rows], shapely.from_wkb(np.array([row[1] for row in rows], object))))
        return cls(tuple(levels))

    def codes(self) -> set[str]:
        """Codes of all areas."""
        return {str(code) for zones in self.levels for code in zones.codes}

    def inside(self, lon: Floats, lat: Floats) -> Bools:
        """Which points lie in any area."""
        out = np.zeros(len(lon), bool)
        for zones in self.levels:
            out |= zones.holding(lon, lat) >= 0
        return out

    def locate(self, lon: Floats, lat: Floats) -> tuple[npt.NDArray[np.object_], Bools]:
        """Code of the finest area that holds each point, the nearest one outside, and which points lie outside; None without a point.

        Raises:
            SetupError: there are no areas.
        """
        if not self.levels:
            raise SetupError("there are no areas yet: import the district's streets, communities or grids first")
        out = np.full(len(lon), None, object)
        given, found = np.isfinite(lon) & np.isfinite(lat), np.zeros(len(lon), bool)
        for zones in self.levels:
            rest = np.flatnonzero(given & ~found)
            held = zones.holding(lon[rest], lat[rest])
            out[rest[held >= 0]] = zones.codes[held[held >= 0]]
            found[rest[held >= 0]] = True
        outside = given & ~found
        if outside.any():
            out[outside] = self.levels[0].codes[self.levels[0].nearest(lon[outside], lat[outside])]
        return out, outside


@dataclass(frozen=True, slots=True)
class Buildings:
    """All buildings: by footprint, by their code and by the supplier's id."""

    zones: Zones
    ids: Ints
    lon: Floats
    lat: Floats
    by_name: dict[str, int]

    @classmethod
    def load(cls, conn: Conn) -> "Buildings":
        """Read all buildings."""
        rows = conn.execute(BUILDINGS).fetchall()
        by_name = {str(row[2]).removeprefix(OWN): index for index, row in enumerate(rows)} | {
            str(row[1]): index for index, row in enumerate(rows)
        }
        polygons = shapely.from_wkb(np.array([row[5] for row in rows], object)) if rows else np.array([], object)
        ids = np.array([row[0] for row in rows], np.int64)
        return cls(
            Zones.build(ids.tolist(), polygons),
            ids,
            np.array([row[3] for row in rows], float),
            np.array([row[4] for row in rows], float),
            by_name,
        )
