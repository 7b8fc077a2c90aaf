"""Imagery from the operator's own GeoTIFF files: any projection, any band count, cut into map tiles of 256 pixels."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import rasterio
from rasterio.crs import CRS
from rasterio.enums import ColorInterp, MaskFlags, Resampling
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader, MemoryFile
from rasterio.transform import from_bounds
from rasterio.vrt import WarpedVRT
from rasterio.warp import transform_bounds

from geodata.errors import InvalidInputError, NotFoundError
from geodata.grid import MAX_LAT, WORLD_M, BBox, Tile

Pixels = npt.NDArray[np.uint8]
Range = tuple[float, float]

TILE_PX = 256
SUFFIXES = (".tif", ".tiff")
DRIVERS = {"webp": "WEBP", "png": "PNG", "jpg": "JPEG"}
QUALITY = {"WEBP": {"quality": "80"}, "JPEG": {"quality": "82"}, "PNG": {"zlevel": "6"}}
MOST_ZOOM = 22
STRETCH_PERCENT = (2.0, 98.0)
"""Values between these shares of an image span the grey scale; images of whole bytes are taken as they are."""
SAMPLE_PX = 512
"""An image is judged by a copy of at most this side."""
WEB = CRS.from_epsg(3857)
SOMEWHERE = from_bounds(0, 0, 1, 1, TILE_PX, TILE_PX)
FILE_SETTINGS = {"GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR", "GDAL_CACHEMAX": 64}


@dataclass(frozen=True, slots=True)
class Imagery:
    """One file that can be shown."""

    name: str
    """The file's name without its ending."""
    path: Path
    bounds: BBox
    min_zoom: int
    max_zoom: int
    """The zoom whose pixels are about as small as the file's own."""
    changed_ns: int
    """Time of the file's last change: part of an ETag."""
    title: str
    """By the file's tags TITLE, TITLE_EN and ATTRIBUTION; the name where there is none."""
    title_en: str
    attribution: str


def catalogue(folder: Path) -> list[Imagery]:
    """Every readable file of the folder, by name. A file that cannot be read, or lies nowhere on earth, is left out."""
    return list(_files(folder))


def find(folder: Path, name: str) -> Imagery:
    """Return the file with this name.

    Raises:
        NotFoundError: the folder has none.
    """
    for file in _files(folder):
        if file.name == name:
            return file
    raise NotFoundError(f"no imagery {name!r}")


def tile(image: Imagery, place: Tile, kind: str) -> bytes:
    """Draw one tile as webp, png or jpg; empty where the file has nothing.

    What the file does not cover is transparent, in jpg white. Single bands become grey, stretched to their usual values.

    Raises:
        InvalidInputError: no such kind of picture.
    """
    if kind not in DRIVERS:
        raise InvalidInputError(f"{kind!r} is not one of {', '.join(DRIVERS)}")
    pixels = _pixels(image, place)
    return b"" if pixels is None or not pixels[3].any() else _encode(pixels, DRIVERS[kind])


def _files(folder: Path) -> Iterator[Imagery]:
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in SUFFIXES and path.is_file():
            image = _describe(path, path.stat().st_mtime_ns)
            if image is not None:
                yield image


@lru_cache(maxsize=256)
def _describe(path: Path, changed_ns: int) -> Imagery | None:
    try:
        with rasterio.Env(**FILE_SETTINGS), rasterio.open(path) as source:
            if source.crs is None:
                return None
            west, south, east, north = transform_bounds(source.crs, "EPSG:4326", *source.bounds, densify_pts=21)
            tags = source.tags()
            box = BBox(max(west, -180.0), max(south, -MAX_LAT), min(east, 180.0), min(north, MAX_LAT))
            with WarpedVRT(source, crs=WEB) as flat:
                pixel_m = min(abs(flat.transform.a), abs(flat.transform.e))
                side_m = max(flat.width, flat.height) * pixel_m
    except (RasterioError, InvalidInputError):
        return None
    finest = int(np.ceil(np.log2(WORLD_M / TILE_PX / pixel_m)))
    coarsest = int(np.floor(np.log2(WORLD_M / side_m)))
    zooms = max(0, coarsest - 1), min(MOST_ZOOM, max(finest, 0))
    title = str(tags.get("TITLE") or path.stem)[:80]
    return Imagery(
        path.stem, path, box, *zooms, changed_ns, title, str(tags.get("TITLE_EN") or title)[:80], str(tags.get("ATTRIBUTION", ""))[:200]
    )


def _pixels(image: Imagery, place: Tile) -> Pixels | None:
    """Red, green, blue and cover of one tile; None where the file does not reach."""
    box = place.bounds()
    if box.west >= image.bounds.east or box.east <= image.bounds.west or box.south >= image.bounds.north or box.north <= image.bounds.south:
        return None
    side_m = WORLD_M / (1 << place.z)
    west, north = place.x * side_m - WORLD_M / 2, WORLD_M / 2 - place.y * side_m
    target = from_bounds(west, north - side_m, west + side_m, north, TILE_PX, TILE_PX)
    with rasterio.Env(**FILE_SETTINGS), rasterio.open(image.path) as source:
        coloured = source.colorinterp[0] == ColorInterp.palette
        smooth = Resampling.nearest if coloured else Resampling.bilinear
        with_alpha = MaskFlags.alpha in source.mask_flag_enums[0]
        with WarpedVRT(
            source, crs=WEB, transform=target, width=TILE_PX, height=TILE_PX, resampling=smooth, add_alpha=not with_alpha
        ) as flat:
            values, cover = flat.read(_bands(source)), flat.read(flat.count).astype(np.float32)
            colours = _painted(source, values[0]) if coloured else _stretched(values, _ranges(image.path, image.changed_ns))
    # a cover band that the warp adds counts to 255, one of the file's own to the end of its type
    whole = 65_535.0 if with_alpha and source.dtypes[-1] == "uint16" else 255.0
    return np.concatenate([colours, (cover * (255.0 / whole)).astype(np.uint8)[None]])


def _bands(source: DatasetReader) -> list[int]:
    """Red, green and blue where the file names them, else its first bands; one band stands for all three."""
    named = [
        source.colorinterp.index(colour) + 1
        for colour in (ColorInterp.red, ColorInterp.green, ColorInterp.blue)
        if colour in source.colorinterp
    ]
    if len(named) == 3:
        return named
    data = [index for index, colour in enumerate(source.colorinterp, 1) if colour != ColorInterp.alpha]
    return data[:3] if len(data) >= 3 else [data[0]] * 3


def _painted(source: DatasetReader, index: npt.NDArray[np.generic]) -> Pixels:
    """Numbers of a colour table as colours."""
    table = np.zeros((256, 3), np.uint8)
    for number, colour in source.colormap(1).items():
        table[number] = colour[:3]
    return np.ascontiguousarray(table[index.astype(np.uint8)].transpose(2, 0, 1))


def _stretched(values: npt.NDArray[np.generic], ranges: tuple[Range, ...] | None) -> Pixels:
    if ranges is None:
        return values.astype(np.uint8)
    low = np.array([low for low, _ in ranges], np.float32)[:, None, None]
    high = np.array([high for _, high in ranges], np.float32)[:, None, None]
    scaled = (values.astype(np.float32) - low) / np.maximum(high - low, 1e-6)
    return np.asarray(np.nan_to_num(np.clip(scaled, 0, 1)) * 255, np.uint8)


@lru_cache(maxsize=256)
def _ranges(path: Path, _changed_ns: int) -> tuple[Range, ...] | None:
    """Values that span the scale, a pair a band; None for bytes in three bands, which are colours already."""
    with rasterio.Env(**FILE_SETTINGS), rasterio.open(path) as source:
        bands = _bands(source)
        if source.dtypes[bands[0] - 1] == "uint8" and len(set(bands)) == 3:
            return None
        shrink = max(1.0, max(source.width, source.height) / SAMPLE_PX)
        shape = (len(bands), max(1, int(source.height / shrink)), max(1, int(source.width / shrink)))
        sample = source.read(bands, out_shape=shape, masked=True)
    ranges = []
    for band in sample:
        known = band.compressed()
        known = known[np.isfinite(known)]
        low, high = np.percentile(known, STRETCH_PERCENT) if known.size else (0.0, 1.0)
        ranges.append((float(low), float(high)))
    return tuple(ranges)


def _encode(pixels: Pixels, driver: str) -> bytes:
    if driver == "JPEG":
        cover = pixels[3].astype(np.float32) / 255
        pixels = (pixels[:3] * cover + 255 * (1 - cover)).astype(np.uint8)
    elif (pixels[3] == 255).all():
        pixels = pixels[:3]
    shape = {"width": TILE_PX, "height": TILE_PX, "count": len(pixels), "dtype": "uint8"}
    with rasterio.Env(GDAL_PAM_ENABLED="NO"), MemoryFile() as memory:
        # a picture has no place on earth; it is given one, because the library warns about files without
        with memory.open(driver=driver, transform=SOMEWHERE, **shape, **QUALITY[driver]) as picture:
            picture.write(pixels)
        return bytes(memory.read())
