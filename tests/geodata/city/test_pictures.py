"""What the sample city's pictures show: walls where walls are, sky above the nearer ones, and that nobody takes them for photographs."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from geodata import panoramas as files
from geodata.city import orthophoto, panoramas
from geodata.db import Conn
from services import imagery
from tests.conftest import City

WIDTH = 1_024
CLEAR = np.full((1_800, 1_800, 3), 72, np.float32)
"""A plan of the ground that is road all over."""


def wall(distance_m: float, height_m: float) -> panoramas._Walls:
    """A wall of 40 m across the view to the north."""
    return panoramas._Walls(np.array([[-20.0, distance_m]]), np.array([[20.0, distance_m]]), np.array([height_m]), np.array([3]))


def joined(*walls: panoramas._Walls) -> panoramas._Walls:
    return panoramas._Walls(
        np.concatenate([one.start for one in walls]),
        np.concatenate([one.end for one in walls]),
        np.concatenate([one.height for one in walls]),
        np.arange(len(walls)),
    )


def blue(image: Image.Image, azimuth_deg: float, elevation_deg: float, heading_deg: float = 0.0) -> bool:
    """Whether a direction shows the sky."""
    x = int((((azimuth_deg - heading_deg) / 360 + 0.5) % 1) * image.width) % image.width
    red, _, blue_part = image.getpixel((x, int((0.5 - elevation_deg / 180) * image.height)))  # type: ignore[misc] # three bands
    return bool(blue_part > red + 20)


@pytest.mark.parametrize("heading", [0.0, 90.0, 275.5])
def test_a_wall_stands_in_its_direction_and_height(heading: float) -> None:
    image = panoramas.render(wall(20, 20), CLEAR, heading, WIDTH)
    assert image.size == (WIDTH, WIDTH // 2)
    top = np.degrees(np.arctan2(20 - panoramas.EYE_M, 20))
    assert not blue(image, 0, top - 2, heading)
    assert blue(image, 0, top + 3, heading)
    assert blue(image, 180, 30, heading)
    assert not blue(image, 180, -30, heading), "the ground is below"


def test_a_higher_house_looks_over_a_lower_one() -> None:
    image = panoramas.render(joined(wall(60, 60), wall(20, 8)), CLEAR, 0, WIDTH)
    low, high = (np.degrees(np.arctan2(height - panoramas.EYE_M, distance)) for height, distance in ((8, 20), (60, 60)))
    assert not blue(image, 0, (low + high) / 2)
    assert blue(image, 0, high + 3)


def test_open_ground_without_a_house() -> None:
    none = panoramas._Walls(np.zeros((0, 2)), np.zeros((0, 2)), np.zeros(0), np.zeros(0, np.int64))
    image = panoramas.render(none, CLEAR, 0, WIDTH)
    assert blue(image, 77, 30)
    assert not blue(image, 77, -20)


def test_the_city_has_panoramas_flights_and_imagery_that_say_what_they_are(city: City, city_conn: Conn) -> None:
    rows = city_conn.execute("SELECT sha256, simulated, grid_code, road FROM hall.panorama").fetchall()
    assert len(rows) == panoramas.LEAST
    for digest, simulated, grid, road in rows:
        assert simulated
        assert grid
        assert road
        with Image.open(city.data_dir / files.FOLDER / files.path_of(digest)) as image:
            files.check_size(*image.size)
    assert city_conn.execute("SELECT count(*) FROM hall.fly_path WHERE shared").fetchone() == (2,)
    (aerial,) = imagery.catalogue(city.data_dir / "imagery")
    assert (aerial.name, aerial.title) == (Path(orthophoto.FILE).stem, "模拟影像")
    assert panoramas.write(city_conn, city.data_dir, scale=0.02, now=datetime.now(UTC)) == 0, "once is enough"
    assert not orthophoto.write(city_conn, city.data_dir / "imagery", scale=0.02)
