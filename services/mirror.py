"""All rows of one layer in numpy, in Morton order: tiles, counts, selections and text search without the database."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from geodata.errors import InvalidInputError
from geodata.grid import LonLat, Tile
from geodata.source import Condition, Kind
from services import morton, mvt, scope
from services.cover import Covering, Mask, Points
from services.geodesy import distances_m, metres_per_degree
from services.mirror_text import Rank, Span, Text, folded
from services.morton import Floats, Ints
from services.outlines import Outlines
from services.revisions import Revision

MAX_FEATURES = 5_000
"""Features of one tile; a tile with more rows is counted in cells."""
CELL_BITS = 5
"""A tile has 32 x 32 cells: 16 css pixels each in a tile of 512."""
FINE_CELL_BITS = 6
"""Where single rows were due but are too many: 4,096 cells."""
CANDIDATES = 256
"""Places inside of values that are looked at before the best are chosen."""
_NONE = np.zeros(0, np.int64)
_SPAN_GAP = 4_096
"""Rows between two parts of an area that are searched along rather than cut out."""

Rows = slice | Ints


@dataclass(frozen=True, slots=True, eq=False)
class Coded:
    """A column of few distinct values: for each row an index into `values`, or their number where there is none."""

    codes: NDArray[np.unsignedinteger]
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Mirror:
    """Columns of one layer at one revision; all have one entry a row, in Morton order of the positions."""

    key: str
    revision: Revision
    cells_to: int
    tile_fields: tuple[str, ...]
    kinds: Mapping[str, Kind]
    """Of the columns in `coded` and `numbers`."""
    ids: Ints
    points: Points
    """Of a line the middle, of an area a position inside it."""
    grid: Ints
    """Area codes as `services.scope.number` writes them."""
    coded: Mapping[str, Coded]
    """CODE, TEXT and BOOL columns; a BOOL has the values false and true."""
    numbers: Mapping[str, Floats]
    """INT and FLOAT columns; TIME and DATE as seconds since 1970. NaN where there is none."""
    texts: Mapping[str, Text]
    """Searched columns."""
    outlines: Outlines | None = None
    """Of lines and areas."""

    def __len__(self) -> int:
        return len(self.ids)

    def tile(self, tile: Tile, conditions: Sequence[Condition] = (), area: str = "") -> bytes:
        """Encode one vector tile of the rows that fulfil `conditions` within the area code prefix `area`; empty when none does.

        Raises:
            InvalidInputError: a condition on a column that is not mirrored.
        """
        low, high = morton.tile_range(tile)
        start, stop = (int(edge) for edge in np.searchsorted(self.points.codes, (low, high)))
        rows = self.chosen(slice(start, stop), conditions, area)
        count = _length(rows)
        if not count:
            return b""
        if tile.z > self.cells_to and count <= MAX_FEATURES:
            x, y = _local(tile, self.points.lon[rows], self.points.lat[rows])
            return mvt.layer(self.key, self.ids[rows], x, y, self._tags(rows))
        return self._cells(tile, rows, FINE_CELL_BITS if tile.z > self.cells_to else CELL_BITS)

    def chosen(self, rows: Rows, conditions: Sequence[Condition] = (), area: str = "") -> Rows:
        """Keep those of `rows` that fulfil every condition and lie in the area.

        Raises:
            InvalidInputError: a condition on a column that is not mirrored.
        """
        masks = [self._fulfils(condition, rows) for condition in conditions]
        if area:
            masks.append(self._in_area(rows, area))
        if not masks:
            return rows
        kept = np.flatnonzero(np.logical_and.reduce(masks))
        return kept + rows.start if isinstance(rows, slice) else rows[kept]

    def all(self) -> slice:
        """Return all rows."""
        return slice(0, len(self))

    def count(self, conditions: Sequence[Condition] = (), area: str = "", view: Covering | None = None) -> int:
        """Count rows; those in view by their position. Same errors as `tile`."""
        if view is None:
            return _length(self.chosen(self.all(), conditions, area))
        if not conditions and not area:
            return view.count(self.points)
        return _length(self.chosen(view.rows(self.points), conditions, area))

    def within(self, shape: Covering, conditions: Sequence[Condition] = (), area: str = "") -> Ints:
        """Return the rows in a shape: points that lie in it, lines and areas that touch it. Same errors as `tile`."""
        rows = self.outlines.touching(shape.area) if self.outlines else shape.rows(self.points)
        kept = self.chosen(rows, conditions, area)
        assert not isinstance(kept, slice)
        return kept

    def nearest(self, rows: Ints, place: LonLat, limit: int) -> tuple[Ints, Floats]:
        """Return at most `limit` of `rows`, the nearest to a place first, and their distances in metres."""
        if len(rows) > 2 * limit:
            # on a plane first, which is nearly right: the exact distance is taken of twice as many as are wanted
            per_lon, per_lat = (float(metres) for metres in metres_per_degree(place.lat))
            x, y = (self.points.lon[rows] - place.lon) * per_lon, (self.points.lat[rows] - place.lat) * per_lat
            rows = rows[np.argpartition(x * x + y * y, 2 * limit)[: 2 * limit]]
        distances = distances_m(place.lon, place.lat, self.points.lon[rows], self.points.lat[rows])
        order = np.lexsort((self.ids[rows], distances))[:limit]
        return rows[order], distances[order]

    def breakdown(self, column: str, rows: Rows) -> dict[str, int]:
        """Count `rows` by the value of a coded column, the most frequent first; rows without a value stand under ""."""
        coded = self.coded[column]
        counts = np.bincount(coded.codes[rows], minlength=len(coded.values) + 1)
        names = (*coded.values, "")
        return {names[code]: int(counts[code]) for code in np.argsort(-counts, kind="stable") if counts[code]}

    def values(self, column: str, rows: Rows) -> list[str | int | float | bool | None]:
        """Return the values of a mirrored column as tiles have them."""
        tag = self._tag(column, rows)
        values = (*(round(value, 3) if isinstance(value, float) else value for value in tag.values), None)
        return [values[index] for index in tag.index.tolist()]

    def find(self, text: str, limit: int, area: str = "", near: LonLat | None = None) -> Ints:
        """Return rows with `text` in a searched column, the best first, each once.

        Whole values come first, then beginnings, then the rest; among equals the nearest to `near`. With more than enough
        beginnings nothing else is looked for.
        """
        needle = folded(text)
        columns = [column for column in self.texts.values() if needle and column.may_hold(needle)]
        ranked: dict[Rank, list[Ints]] = {rank: [] for rank in Rank}
        for column in columns:
            rows, whole = column.beginning_with(needle)
            inside = self._in_area(rows, area)
            ranked[Rank.WHOLE].append(rows[inside & whole])
            ranked[Rank.BEGINNING].append(rows[inside & ~whole])
        best = self._best(ranked, limit, near)
        if len(best) >= limit or not columns:
            return best
        spans = self._spans(area)
        for column in columns:
            rows = np.fromiter(islice(column.holding(needle, spans), max(CANDIDATES, limit)), np.int64)
            ranked[Rank.INSIDE].append(np.unique(rows[self._in_area(rows, area)]))
        return self._best(ranked, limit, near)

    def _best(self, ranked: Mapping[Rank, Sequence[Ints]], limit: int, near: LonLat | None) -> Ints:
        """Put rows in order, each once at its best rank."""
        best: dict[int, None] = {}
        # a row may stand once for each column
        enough = limit * len(self.texts)
        for rank in Rank:
            if len(best) < limit:
                rows = np.concatenate((*ranked[rank], _NONE))
                rows = self.nearest(rows, near, enough)[0] if near else rows[:enough]
                best |= dict.fromkeys(rows.tolist())
        return np.fromiter(best, np.int64)[:limit]

    def _in_area(self, rows: Rows, area: str) -> Mask:
        low, high = scope.bounds(area) if area else (-1, sys.maxsize)
        grid = self.grid[rows]
        return (grid >= low) & (grid <= high)

    def _spans(self, area: str) -> list[Span]:
        if not area:
            return [(0, len(self))] if len(self) else []
        rows = self.chosen(self.all(), (), area)
        assert not isinstance(rows, slice)
        if not len(rows):
            return []
        breaks = np.flatnonzero(np.diff(rows) > _SPAN_GAP)
        firsts, lasts = rows[np.r_[0, breaks + 1]], rows[np.r_[breaks, len(rows) - 1]] + 1
        return list(zip(firsts.tolist(), lasts.tolist(), strict=True))

    def _fulfils(self, condition: Condition, rows: Rows) -> Mask:
        if condition.column in self.coded:
            coded = self.coded[condition.column]
            if condition.low is not None or condition.high is not None:
                raise InvalidInputError(f"{self.key}.{condition.column} is filtered by values, not by a range")
            wanted: Mask = np.array([value in condition.values for value in coded.values] + [False])
            fulfilled: Mask = wanted[coded.codes[rows]]
            return fulfilled
        try:
            numbers = self.numbers[condition.column][rows]
        except KeyError:
            raise InvalidInputError(f"{self.key} is not filtered by {condition.column!r}") from None
        mask = np.isfinite(numbers)
        if condition.values:
            mask &= np.isin(numbers, _numbers(condition))
        if condition.low is not None:
            mask &= numbers >= condition.low
        if condition.high is not None:
            mask &= numbers <= condition.high
        return mask

    def _cells(self, tile: Tile, rows: Rows, bits: int) -> bytes:
        shift = 2 * (morton.LEVEL - tile.z - bits)
        low, high = morton.tile_range(tile)
        edges = np.arange(low >> shift, (high >> shift) + 1) << shift
        # in Morton order a cell is a run of rows
        bounds = np.searchsorted(self.points.codes[rows], edges)
        filled = np.flatnonzero(np.diff(bounds))
        first, count = bounds[filled], np.diff(bounds)[filled]
        x, y = _local(tile, *(np.add.reduceat(axis[rows], first) / count for axis in (self.points.lon, self.points.lat)))
        single = count == 1
        members = first + rows.start if isinstance(rows, slice) else rows[first]
        ids = np.where(single, self.ids[members], -1)
        tags = [mvt.Tag(tag.key, np.where(single, tag.index, -1), tag.values) for tag in self._tags(members)] if single.any() else []
        sizes, index = np.unique(count, return_inverse=True)
        return mvt.layer(self.key, ids, x, y, [mvt.Tag("n", index, sizes.tolist()), *tags])

    def _tags(self, rows: Rows) -> list[mvt.Tag]:
        return [self._tag(name, rows) for name in self.tile_fields]

    def _tag(self, name: str, rows: Rows) -> mvt.Tag:
        if name in self.coded:
            coded = self.coded[name]
            used, index = np.unique(coded.codes[rows], return_inverse=True)
            values: list[str | int | float | bool] = [coded.values[code] for code in used if code < len(coded.values)]
            if self.kinds[name] is Kind.BOOL:
                values = [value == "true" for value in values]
        else:
            used, index = np.unique(self.numbers[name][rows], return_inverse=True)
            known = used[np.isfinite(used)]
            values = known.tolist() if self.kinds[name] is Kind.FLOAT else known.astype(np.int64).tolist()
        # a missing value sorts last
        return mvt.Tag(name, np.where(index < len(values), index, -1), values)


def _local(tile: Tile, lon: Floats, lat: Floats) -> tuple[Ints, Ints]:
    shift = morton.LEVEL - tile.z
    x, y = morton.world(lon, lat)
    # the mean of a cell's members may round over the tile's edge
    return tuple(np.clip((axis - (first << shift)) * mvt.EXTENT >> shift, 0, mvt.EXTENT - 1) for axis, first in ((x, tile.x), (y, tile.y)))


def _length(rows: Rows) -> int:
    return rows.stop - rows.start if isinstance(rows, slice) else len(rows)


def _numbers(condition: Condition) -> list[float]:
    try:
        return [float(value) for value in condition.values]
    except ValueError:
        raise InvalidInputError(f"{condition.column} takes numbers, not {', '.join(condition.values)}") from None
