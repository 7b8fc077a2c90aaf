"""A simulated aerial picture of the sample city, drawn from its own land, roads and buildings, so that imagery can be seen without any: a COG that says what it is."""

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import shapely
from PIL import Image, ImageDraw

from geodata.db import Conn

FILE = "simulated.tif"
TITLES = {"TITLE": "模拟影像", "TITLE_EN": "Simulated", "ATTRIBUTION": "模拟影像，由建筑和道路数据绘制"}
PIXEL_M, COARSE_M = 2.2, 8.0
"""Size of a pixel in metres of the map's projection, at scale 0.1 and more, and below."""
MARGIN_M = 600.0
SEA, LAND, OUTSIDE = (38, 62, 78), (128, 122, 108), (96, 98, 90)
GROUND = {
    "wood": (52, 74, 44), "park": (78, 100, 58), "grass": (96, 116, 70), "scrub": (76, 92, 56), "wetland": (74, 88, 66), "field": (112, 118, 72),
    "pitch": (86, 122, 78), "cemetery": (116, 120, 100), "parking": (108, 108, 108), "industrial": (132, 128, 120), "aero": (118, 120, 116),
    "sand": (182, 168, 132), "bare": (152, 138, 112), "square": (158, 152, 142), "pool": (70, 138, 150), "water": (44, 74, 86), "pier": (124, 120, 114),
    "civic": (134, 128, 116), "bridge": (120, 118, 114),
}  # fmt: skip
ROADS = {
    1: (15.0, (98, 98, 98)),
    2: (12.0, (102, 102, 101)),
    3: (10.0, (106, 105, 103)),
    4: (7.0, (112, 110, 107)),
    5: (5.0, (116, 114, 110)),
    6: (5.0, (140, 134, 124)),
}
ROOFS = (
    (150, 138, 126),
    (168, 160, 150),
    (132, 124, 118),
    (176, 170, 160),
    (140, 116, 100),
    (120, 124, 128),
    (160, 146, 122),
    (186, 182, 174),
)
SHADE = (46, 48, 52)
SHADOW = (0.42, 0.5)
"""Metres of shadow east and north per metre of height: the sun stands in the south-west, 57° high."""
MOST_SHADOW_M = 90.0

BOUNDS = "SELECT ST_XMin(b), ST_YMin(b), ST_XMax(b), ST_YMax(b) FROM (SELECT ST_Extent(ST_Transform(geom, 3857)) AS b FROM hall.area WHERE level = 'district') AS t"
LANDS = "SELECT k::text, ST_AsBinary(geom) FROM base.land ORDER BY k"
SURFACES = "SELECT k, ST_AsBinary(geom) FROM base.surface ORDER BY rank DESC, area DESC"
WAYS = "SELECT k::text, ST_AsBinary(geom) FROM base.road WHERE k <= 6 ORDER BY k DESC, ly"
HOUSES = "SELECT height_m::text, ST_AsBinary(geom) FROM base.building ORDER BY height_m, id"


def write(conn: Conn, folder: Path, *, scale: float) -> bool:
    """Draw the picture into the folder, once; return whether it was drawn."""
    path = folder / FILE
    row = conn.execute(BOUNDS).fetchone()
    if path.exists() or row is None or row[0] is None:
        return False
    west, south, east, north = (float(row[0]) - MARGIN_M, float(row[1]) - MARGIN_M, float(row[2]) + MARGIN_M, float(row[3]) + MARGIN_M)
    pixel = PIXEL_M if scale >= 0.1 else COARSE_M
    size = (math.ceil((east - west) / pixel), math.ceil((north - south) / pixel))
    image = draw(conn, (west, north), pixel, size)
    folder.mkdir(parents=True, exist_ok=True)
    _save(path, np.asarray(image), (west, north), pixel)
    return True


def draw(conn: Conn, corner: tuple[float, float], pixel: float, size: tuple[int, int]) -> Image.Image:
    """Draw the ground from below upwards: sea, land, green and water, roads, shadows, roofs."""
    image = Image.new("RGB", size, SEA)
    pen = ImageDraw.Draw(image)

    def on_picture(shape: shapely.Geometry, east: float = 0.0, north: float = 0.0) -> list[tuple[float, float]]:
        points = (shapely.get_coordinates(shape) - (corner[0] - east, corner[1] - north)) / (pixel, -pixel)
        return [(x, y) for x, y in points.tolist()]

    for kind, land in _parts(conn, LANDS):
        pen.polygon(on_picture(_outline(land)), fill=LAND if kind == "1" else OUTSIDE)
    for kind, surface in _parts(conn, SURFACES):
        pen.polygon(on_picture(_outline(surface)), fill=GROUND.get(kind, LAND))
    for kind, way in _parts(conn, WAYS):
        metres, colour = ROADS[int(kind)]
        pen.line(on_picture(way), fill=colour, width=max(1, round(metres / pixel)), joint="curve")
    houses = [(float(height), house) for height, house in _parts(conn, HOUSES)]
    for height, house in houses:
        outer = _outline(house)
        for share in (0.33, 0.66, 1.0):
            long = share * min(height, MOST_SHADOW_M)
            pen.polygon(on_picture(outer, SHADOW[0] * long, SHADOW[1] * long), fill=SHADE)
    for number, (height, house) in enumerate(houses):
        tint = 0.9 + 0.2 * (number * 37 % 11) / 11
        roof = tuple(min(255, int(part * tint)) for part in ROOFS[number * 7 % len(ROOFS)])
        rim = tuple(int(part * 0.8) for part in roof)
        pen.polygon(on_picture(_outline(house)), fill=roof, outline=rim if height > 3 else None)
    return _grained(image)


def _outline(shape: shapely.Geometry) -> shapely.Geometry:
    ring: shapely.Geometry | None = shapely.get_exterior_ring(shape)
    return shape if ring is None else ring


def _parts(conn: Conn, query: str) -> Iterator[tuple[str, shapely.Geometry]]:
    for kind, blob in conn.execute(query):
        for part in shapely.get_parts(shapely.from_wkb(blob)):
            yield kind, part


def _grained(image: Image.Image) -> Image.Image:
    """Give the even colours the grain of a photograph, coarse and fine."""
    draws = np.random.default_rng(11)
    width, height = image.size
    coarse = Image.fromarray(draws.integers(96, 160, (height // 24 + 1, width // 24 + 1), dtype=np.uint8)).resize(
        image.size, Image.Resampling.BICUBIC
    )
    fine = draws.integers(-7, 8, (height, width), dtype=np.int16)
    grain = (np.asarray(coarse, np.int16) - 128) // 5 + fine
    pixels = np.asarray(image, np.int16) + grain[:, :, None]
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def _save(path: Path, pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], corner: tuple[float, float], pixel: float) -> None:
    import rasterio  # noqa: PLC0415 - weighs 25 MB, and only the preparation of the sample city draws
    from rasterio.io import MemoryFile  # noqa: PLC0415
    from rasterio.shutil import copy  # noqa: PLC0415
    from rasterio.transform import from_origin  # noqa: PLC0415

    height, width, _ = pixels.shape
    part = path.with_suffix(".part")
    with rasterio.Env(GDAL_CACHEMAX=64), MemoryFile() as memory:
        shape = {"driver": "GTiff", "width": width, "height": height, "count": 3, "dtype": "uint8", "crs": "EPSG:3857"}
        with memory.open(transform=from_origin(corner[0], corner[1], pixel, pixel), photometric="RGB", **shape) as made:
            made.write(pixels.transpose(2, 0, 1))
            made.update_tags(**TITLES)
        with memory.open() as whole:
            copy(whole, part, driver="COG", COMPRESS="JPEG", QUALITY="80", BLOCKSIZE="512")
    part.replace(path)
