"""Map pictures of briefs from the product's own base tables: nothing is asked of another host."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from psycopg.rows import dict_row

from geodata import crs
from geodata.db import Conn
from services.briefs.charts import LINE, RAMP, SECONDARY, TEXT, plain, save
from services.briefs.document import Map

if TYPE_CHECKING:
    from geopandas import GeoDataFrame
    from matplotlib.axes import Axes

WEB = 3857
SEA, LAND, OUTSIDE, GREEN, WATER, ROAD, MAIN_ROAD, HOUSE = (
    "#dfeaf4",
    "#fafbfd",
    "#f1f3f6",
    "#e5f0e4",
    "#dfeaf4",
    "#e3e7ed",
    "#d0d7e1",
    "#eceff3",
)
LEVELS = {1: "#d92336", 2: "#c2570c", 3: "#b58900", 4: "#2563eb", 0: "#2f7fc4"}
WIDTH_IN, MOST_HEIGHT_IN, LEAST_HEIGHT_IN = 6.5, 4.4, 2.8
MARGIN = 0.04
"""Of the width and height, around what is shown."""
NEAR_M = 900.0
ASPECT = 2.2
"""Width by height of the map around one case."""
HOUSES_BELOW_M = 5_000.0
"""Houses are drawn where less than this is shown."""
CREDIT = "底图 © OpenStreetMap 贡献者"

EXTENT = "SELECT ST_XMin(b), ST_YMin(b), ST_XMax(b), ST_YMax(b) FROM (SELECT ST_Extent(geom_3857) AS b FROM hall.area WHERE code = %s) AS e"
SHAPES = "SELECT code, name, ST_AsBinary(geom_3857) AS geom FROM hall.area WHERE code = ANY(%s)"
OUTLINE = "SELECT code, name, ST_AsBinary(geom_3857) AS geom FROM hall.area WHERE code = %s OR (level = 'street' AND starts_with(code, %s))"
GROUND = {
    "land": """SELECT k::text AS k, ST_AsBinary(ST_Simplify(geom, %(fine)s)) AS geom FROM base.land
               WHERE geom && ST_MakeEnvelope(%(west)s, %(south)s, %(east)s, %(north)s, 3857)""",
    "surface": """SELECT layer AS k, ST_AsBinary(ST_Simplify(geom, %(fine)s)) AS geom FROM base.surface
                  WHERE layer IN ('green', 'water') AND area > %(least)s AND geom && ST_MakeEnvelope(%(west)s, %(south)s, %(east)s, %(north)s, 3857)""",
    "road": """SELECT CASE WHEN k <= 2 THEN 'main' ELSE 'small' END AS k, ST_AsBinary(ST_Simplify(geom, %(fine)s)) AS geom FROM base.road
               WHERE k <= %(classes)s AND NOT minor AND geom && ST_MakeEnvelope(%(west)s, %(south)s, %(east)s, %(north)s, 3857)""",
    "house": """SELECT 'house' AS k, ST_AsBinary(geom) AS geom FROM base.building
                WHERE NOT part AND %(houses)s AND geom && ST_MakeEnvelope(%(west)s, %(south)s, %(east)s, %(north)s, 3857) LIMIT 20000""",
}


@dataclass(frozen=True, slots=True)
class _View:
    west: float
    south: float
    east: float
    north: float

    @property
    def width(self) -> float:
        return self.east - self.west

    @property
    def height(self) -> float:
        return self.north - self.south


def draw(conn: Conn, picture: Map, path: Path, data_dir: Path) -> None:
    """Write a map as PNG: the base map, shaded areas, marks. An area that has no shape gives the marks on plain ground."""
    view = _view(conn, picture)
    with plain(data_dir) as figure_of:
        height = min(MOST_HEIGHT_IN, max(LEAST_HEIGHT_IN, WIDTH_IN * view.height / view.width))
        figure = figure_of(height, layout=None)
        axes = figure.add_axes((0, 0, 1, 1))
        view = _filled(view, WIDTH_IN / height)
        axes.set_xlim(view.west, view.east)
        axes.set_ylim(view.south, view.north)
        axes.set_axis_off()
        axes.add_patch(_rectangle(view, SEA))
        _ground(conn, axes, view)
        _areas(conn, axes, picture)
        _marks(axes, picture)
        _furniture(axes, picture, view)
        save(figure, path)


def _view(conn: Conn, picture: Map) -> _View:
    if picture.radius_m and picture.marks:
        x, y = _web(picture.marks[0].lon, picture.marks[0].lat)
        half = max(NEAR_M, picture.radius_m * 1.35) * _stretch(picture.marks[0].lat)
        return _View(x - half * ASPECT, y - half, x + half * ASPECT, y + half)
    row = conn.execute(EXTENT, [picture.area]).fetchone()
    if row and row[0] is not None:
        return _View(*(float(value) for value in row))
    places = [_web(mark.lon, mark.lat) for mark in picture.marks] or [(0.0, 0.0)]
    xs, ys = [x for x, _ in places], [y for _, y in places]
    return _View(min(xs) - NEAR_M, min(ys) - NEAR_M, max(xs) + NEAR_M, max(ys) + NEAR_M)


def _filled(view: _View, ratio: float) -> _View:
    """Widen a view to the picture's ratio (width / height), with a margin."""
    width, height = view.width * (1 + 2 * MARGIN), view.height * (1 + 2 * MARGIN)
    width, height = max(width, height * ratio), max(height, width / ratio)
    x, y = (view.west + view.east) / 2, (view.south + view.north) / 2
    return _View(x - width / 2, y - height / 2, x + width / 2, y + height / 2)


def _ground(conn: Conn, axes: "Axes", view: _View) -> None:
    fine = view.width / 2600
    values = {
        "west": view.west,
        "south": view.south,
        "east": view.east,
        "north": view.north,
        "fine": fine,
        "least": (fine * 6) ** 2,
        "classes": 2 if view.width > 12_000 else 4 if view.width > 5_000 else 6,
        "houses": view.width < HOUSES_BELOW_M,
    }
    shown = {name: _frame(conn, query, values) for name, query in GROUND.items()}
    if len(shown["land"]):
        _paint(axes, shown["land"], "0", facecolor=OUTSIDE, edgecolor="none", zorder=1)
        _paint(axes, shown["land"], "1", facecolor=LAND, edgecolor="none", zorder=1)
    else:
        axes.add_patch(_rectangle(view, LAND))
    _paint(axes, shown["surface"], "green", facecolor=GREEN, edgecolor="none", zorder=2)
    _paint(axes, shown["surface"], "water", facecolor=WATER, edgecolor="none", zorder=2)
    _paint(axes, shown["house"], "house", facecolor=HOUSE, edgecolor="#dde2e9", linewidth=0.3, zorder=3)
    _paint(axes, shown["road"], "small", color=ROAD, linewidth=0.5, zorder=6)
    _paint(axes, shown["road"], "main", color=MAIN_ROAD, linewidth=0.9, zorder=6)


def _frame(conn: Conn, query: str, values: dict[str, Any]) -> "GeoDataFrame":
    import geopandas as gpd  # noqa: PLC0415 - heavy: only where a brief is drawn

    with conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(query.encode(), values).fetchall()
    rows = [row for row in rows if row["geom"] is not None]  # what is smaller than a dot
    shapes = shapely.from_wkb([bytes(row["geom"]) for row in rows])
    return gpd.GeoDataFrame({"k": [row["k"] for row in rows]}, geometry=list(shapes), crs=WEB)


def _paint(axes: "Axes", frame: "GeoDataFrame", kind: str, **look: Any) -> None:
    chosen = frame[(frame["k"] == kind) & ~frame.geometry.is_empty] if len(frame) else frame
    if len(chosen):
        chosen.plot(ax=axes, aspect=None, **look)


def _areas(conn: Conn, axes: "Axes", picture: Map) -> None:
    import geopandas as gpd  # noqa: PLC0415

    with conn.cursor(row_factory=dict_row) as cursor:
        shaded = cursor.execute(SHAPES, [[shade.code for shade in picture.shades]]).fetchall()
        outlines = cursor.execute(OUTLINE, [picture.area, picture.area]).fetchall()
    values = {shade.code: shade.value for shade in picture.shades}
    highest = max([*values.values(), 1.0])
    few = len(picture.shades) <= 40
    if shaded:
        frame = gpd.GeoDataFrame(
            {"colour": [_tint(values[row["code"]] / highest) for row in shaded]},
            geometry=list(shapely.from_wkb([bytes(row["geom"]) for row in shaded])),
            crs=WEB,
        )
        frame.plot(ax=axes, aspect=None, color=frame["colour"], edgecolor="white", linewidth=0.9 if few else 0.3, alpha=0.78, zorder=5)
        for row, shape in zip(shaded, frame.geometry, strict=True):
            if few:
                _name(axes, shape, f"{row['name']}\n{values[row['code']]:,.0f}")
    if outlines:
        gpd.GeoSeries(list(shapely.from_wkb([bytes(row["geom"]) for row in outlines])), crs=WEB).boundary.plot(
            ax=axes, aspect=None, color="#9db6d3", linewidth=0.7, zorder=7
        )


def _name(axes: "Axes", shape: Any, text: str) -> None:
    from matplotlib.patheffects import withStroke  # noqa: PLC0415

    place = max(getattr(shape, "geoms", [shape]), key=lambda part: part.area).representative_point()
    halo = [withStroke(linewidth=2.2, foreground="white")]
    axes.text(place.x, place.y, text, ha="center", va="center", fontsize=6.5, color=TEXT, linespacing=1.2, zorder=11, path_effects=halo)


def _tint(share: float) -> str:
    """Colour of a share of the highest value: six steps."""
    return RAMP[min(len(RAMP) - 1, int(share * len(RAMP)))] if share > 0 else "#ffffff"


def _marks(axes: "Axes", picture: Map) -> None:
    from matplotlib.patches import Circle  # noqa: PLC0415
    from matplotlib.patheffects import withStroke  # noqa: PLC0415

    ordered = sorted(picture.marks, key=lambda mark: -(mark.level or 9))
    for mark in ordered:
        x, y = _web(mark.lon, mark.lat)
        size = 46 if mark.level in {1, 2} else 26 if mark.level == 3 else 13
        axes.scatter([x], [y], s=size, color=LEVELS.get(mark.level, LEVELS[0]), edgecolors="white", linewidths=0.9, zorder=10)
        if mark.label:
            halo = [withStroke(linewidth=2.4, foreground="white")]
            axes.annotate(
                mark.label, (x, y), textcoords="offset points", xytext=(7, 5), fontsize=9, color=TEXT, zorder=12, path_effects=halo
            )
    if picture.radius_m and picture.marks:
        first = picture.marks[0]
        radius = picture.radius_m * _stretch(first.lat)
        axes.add_patch(
            Circle(_web(first.lon, first.lat), radius, fill=False, edgecolor="#c81e33", linewidth=1.1, linestyle=(0, (4, 3)), zorder=9)
        )


def _furniture(axes: "Axes", picture: Map, view: _View) -> None:
    """Scale, colours, credit."""
    middle = (view.south + view.north) / 2
    metre = _stretch(_latitude(middle))
    length = _round(view.width / metre * 0.16)
    x0, y0 = view.west + view.width * 0.03, view.south + view.height * 0.045
    axes.plot([x0, x0 + length * metre], [y0, y0], color=SECONDARY, linewidth=1.6, solid_capstyle="butt", zorder=12)
    label = f"{length / 1000:g} 公里" if length >= 1000 else f"{length:g} 米"
    axes.text(x0, y0 + view.height * 0.012, label, fontsize=7, color=SECONDARY, zorder=12, va="bottom")
    axes.text(
        view.east - view.width * 0.015,
        view.south + view.height * 0.015,
        CREDIT,
        fontsize=6,
        color=SECONDARY,
        ha="right",
        va="bottom",
        zorder=12,
    )
    highest = max([shade.value for shade in picture.shades], default=0)
    if highest:
        _key(axes, view, highest, picture.unit)
    used = sorted({mark.level for mark in picture.marks if mark.level}) if not picture.radius_m else []
    for place, level in enumerate(used):
        y = view.north - view.height * (0.05 + 0.045 * place)
        axes.scatter([view.west + view.width * 0.035], [y], s=26, color=LEVELS[level], edgecolors="white", linewidths=0.8, zorder=12)
        axes.text(
            view.west + view.width * 0.055, y, f"{('', 'Ⅰ', 'Ⅱ', 'Ⅲ', 'Ⅳ')[level]}级", fontsize=7.5, va="center", color=TEXT, zorder=12
        )


def _key(axes: "Axes", view: _View, highest: float, unit: str) -> None:
    from matplotlib.patches import Rectangle  # noqa: PLC0415

    wide, tall = view.width * 0.035, view.height * 0.018
    left, top = view.west + view.width * 0.03, view.north - view.height * 0.065
    for place, colour in enumerate(RAMP):
        axes.add_patch(Rectangle((left + place * wide, top), wide, tall, facecolor=colour, edgecolor=LINE, linewidth=0.4, zorder=12))
    axes.text(left, top + tall * 1.4, f"0 至 {highest:,.0f} {unit}，六等分", fontsize=7, color=SECONDARY, va="bottom", zorder=12)


def _rectangle(view: _View, colour: str) -> Any:
    from matplotlib.patches import Rectangle  # noqa: PLC0415

    return Rectangle((view.west, view.south), view.width, view.height, facecolor=colour, edgecolor="none", zorder=0)


def _web(lon: float, lat: float) -> tuple[float, float]:
    x, y = crs.from_wgs84(np.array([lon]), np.array([lat]), str(WEB))
    return float(x[0]), float(y[0])


def _latitude(y: float) -> float:
    return math.degrees(2 * math.atan(math.exp(y / 6_378_137.0)) - math.pi / 2)


def _stretch(lat: float) -> float:
    """Map metres of web Mercator for one metre on the ground."""
    return 1 / math.cos(math.radians(lat))


def _round(value: float) -> float:
    """Return 1, 2 or 5 times a power of ten, at most `value`."""
    power = 10.0 ** math.floor(math.log10(max(value, 1e-6)))
    return max(step * power for step in (1, 2, 5) if step * power <= value * 1.0001)
