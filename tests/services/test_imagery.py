"""Map tiles from the operator's own GeoTIFF files."""

from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.io import MemoryFile
from rasterio.transform import from_origin

from geodata.errors import InvalidInputError, NotFoundError
from geodata.grid import Tile
from services.imagery import catalogue, find, tile

# The reader warns that a picture has no place on earth, which is true of every tile.
pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")

FOLDER = Path(__file__).parents[1] / "data" / "raster"
BAHAMAS = Tile(8, 72, 109)
"""Holds the picture's north-west corner: half of it lies outside."""
ALEXANDRIA = Tile(15, 9370, 12545)


def pixels(body: bytes) -> np.ndarray:
    with MemoryFile(body) as memory, memory.open() as picture:
        return picture.read()


def write(path: Path, bands: np.ndarray, **facts: object) -> None:
    """A file of bands at the equator, pixels of 0.001 degrees, the north-west corner at 0, 0."""
    profile = {"driver": "GTiff", "count": bands.shape[0], "height": bands.shape[1], "width": bands.shape[2], "dtype": bands.dtype}
    with rasterio.open(path, "w", crs="EPSG:4326", transform=from_origin(0, 0, 0.001, 0.001), **profile, **facts) as file:
        file.write(bands)


def test_the_catalogue_tells_where_a_file_lies_and_how_fine_it_is() -> None:
    images = {image.name: image for image in catalogue(FOLDER)}
    terrain = images["terrain_2m"]
    assert list(images) == ["bahamas_rgb", "terrain_2m"]
    # pixels of 2 m on the ground are 2.6 m of the map at 38.8 north: zoom 16 has 2.4
    assert (terrain.min_zoom, terrain.max_zoom) == (14, 16)
    assert (round(terrain.bounds.west, 3), round(terrain.bounds.north, 3)) == (-77.056, 38.813)


def test_what_is_no_image_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "broken.tif").write_bytes(b"not an image")
    (tmp_path / "notes.txt").write_text("text")
    assert catalogue(tmp_path) == []
    assert catalogue(tmp_path / "nowhere") == []


@pytest.mark.parametrize(("kind", "magic"), [("png", b"\x89PNG"), ("webp", b"RIFF"), ("jpg", b"\xff\xd8\xff")])
def test_tiles_come_in_three_formats_of_256_pixels(kind: str, magic: bytes) -> None:
    body = tile(find(FOLDER, "bahamas_rgb"), BAHAMAS, kind)
    assert body.startswith(magic)
    assert pixels(body).shape[1:] == (256, 256)


def test_nodata_is_transparent() -> None:
    red, green, blue, cover = pixels(tile(find(FOLDER, "bahamas_rgb"), BAHAMAS, "png"))
    assert set(np.unique(cover)) == {0, 255}
    assert cover[0, 0] == 0
    assert (red[cover == 255].astype(int) + green[cover == 255] + blue[cover == 255]).min() > 0


def test_jpg_is_white_where_nothing_is() -> None:
    corner = pixels(tile(find(FOLDER, "bahamas_rgb"), BAHAMAS, "jpg"))[:, 0, 0]
    assert corner.min() > 250


def test_one_band_becomes_grey_over_its_usual_values() -> None:
    red, green, blue, *cover = pixels(tile(find(FOLDER, "terrain_2m"), ALEXANDRIA, "png"))
    assert (red == green).all()
    assert (green == blue).all()
    inside = red[cover[0] == 255] if cover else red
    assert (inside.min(), inside.max()) == (0, 255)


def test_outside_of_the_file_is_nothing() -> None:
    assert tile(find(FOLDER, "terrain_2m"), Tile(15, 0, 0), "png") == b""


def test_a_colour_table_gives_its_colours(tmp_path: Path) -> None:
    write(tmp_path / "classes.tif", np.full((1, 400, 400), 7, np.uint8), photometric="palette")
    with rasterio.open(tmp_path / "classes.tif", "r+") as file:
        file.write_colormap(1, {7: (10, 120, 230, 255)})
    body = tile(find(tmp_path, "classes"), Tile(12, 2049, 2049), "png")
    assert pixels(body)[:3, 128, 128].tolist() == [10, 120, 230]


def test_a_cover_band_of_the_file_is_kept(tmp_path: Path) -> None:
    bands = np.full((4, 400, 400), 200, np.uint8)
    bands[3, :, :] = 128
    write(tmp_path / "veil.tif", bands, photometric="rgb", alpha="yes")
    assert pixels(tile(find(tmp_path, "veil"), Tile(12, 2049, 2049), "png"))[3, 128, 128] == 128


def test_fine_colours_are_stretched_to_bytes(tmp_path: Path) -> None:
    ramp = np.linspace(1_000, 5_000, 400, dtype=np.uint16)
    write(tmp_path / "deep.tif", np.broadcast_to(ramp, (3, 400, 400)).copy())
    row = pixels(tile(find(tmp_path, "deep"), Tile(10, 512, 512), "png"))[0, 128]
    # the tile ends at column 352, value 4,520; the scale runs from 1,080 (2 %) to 4,920 (98 %)
    assert row[0] == 0
    assert abs(int(row[-1]) - 228) <= 2
    assert (np.diff(row.astype(int)) >= 0).all()


def test_a_changed_file_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "today.tif"
    write(path, np.full((3, 400, 400), 50, np.uint8))
    before = find(tmp_path, "today")
    write(path, np.full((3, 400, 400), 90, np.uint8))
    after = find(tmp_path, "today")
    assert after.changed_ns > before.changed_ns
    assert pixels(tile(after, Tile(12, 2049, 2049), "png"))[0, 128, 128] == 90


def test_strangers_are_refused() -> None:
    with pytest.raises(NotFoundError):
        find(FOLDER, "../secret")
    with pytest.raises(InvalidInputError):
        tile(find(FOLDER, "terrain_2m"), ALEXANDRIA, "gif")
