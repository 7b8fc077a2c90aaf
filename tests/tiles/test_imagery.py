"""Imagery over HTTP."""

from pathlib import Path

import pytest

from geodata.errors import NotFoundError
from geodata.grid import Tile
from tiles.imagery import imagery_catalogue, imagery_tile

FOLDER = Path(__file__).parents[1] / "data" / "raster"
INSIDE, OUTSIDE = Tile(15, 9370, 12545), Tile(15, 0, 0)


def test_a_tile_comes_with_its_type_and_etag() -> None:
    status, headers, body = imagery_tile(FOLDER, "terrain_2m", INSIDE, "webp")
    assert status == 200
    assert dict(headers)[b"content-type"] == b"image/webp"
    assert dict(headers)[b"content-length"] == str(len(body)).encode()


def test_who_has_the_tile_is_told_so() -> None:
    etag = dict(imagery_tile(FOLDER, "terrain_2m", INSIDE, "webp")[1])[b"etag"]
    assert imagery_tile(FOLDER, "terrain_2m", INSIDE, "webp", known=b'"other", ' + etag)[::2] == (304, b"")


def test_outside_of_the_file_is_an_empty_answer() -> None:
    assert imagery_tile(FOLDER, "terrain_2m", OUTSIDE, "png")[::2] == (204, b"")


@pytest.mark.parametrize(("folder", "name", "ext"), [(FOLDER, "none", "png"), (FOLDER, "terrain_2m", "gif"), (None, "terrain_2m", "png")])
def test_what_is_not_there_is_not_found(folder: Path | None, name: str, ext: str) -> None:
    with pytest.raises(NotFoundError):
        imagery_tile(folder, name, INSIDE, ext)


def test_the_catalogue_gives_addresses() -> None:
    first, second = imagery_catalogue(FOLDER)
    assert (first["key"], second["key"]) == ("bahamas_rgb", "terrain_2m")
    assert second["tiles"][0].startswith("/tiles/imagery/terrain_2m/{z}/{x}/{y}.webp?v=")
    assert imagery_catalogue(None) == []
