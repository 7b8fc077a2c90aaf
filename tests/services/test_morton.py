"""Morton codes: a tile is a range."""

import numpy as np

from geodata.grid import Tile
from services import morton


def test_neighbours_in_the_order_of_a_z() -> None:
    x, y = np.array([0, 1, 0, 1, 2]), np.array([0, 0, 1, 1, 0])
    assert morton.interleave(x, y).tolist() == [0, 1, 2, 3, 4]


def test_positions_have_the_known_cells_of_the_web_map() -> None:
    # the north-west quarter of the world ends at 0/0; the tile of Greenwich at zoom 1 is 1/0
    assert [morton.tile_of(int(code), 1) for code in morton.codes(np.array([-90.0, 0.001]), np.array([40.0, 51.48]))] == [
        Tile(1, 0, 0),
        Tile(1, 1, 0),
    ]
    # 113.545 E 22.1925 N lies in 14/13359/7155, by the formula of the OpenStreetMap wiki
    code = int(morton.codes(np.array([113.545]), np.array([22.1925]))[0])
    assert morton.tile_of(code, 14) == Tile(14, 13359, 7155)


def test_a_tile_is_the_range_of_the_codes_in_it() -> None:
    rng = np.random.default_rng(1)
    lon, lat = rng.uniform(113.5, 113.6, 2_000), rng.uniform(22.1, 22.2, 2_000)
    low, high = morton.tile_range(Tile(14, 13359, 7155))
    codes = morton.codes(lon, lat)
    box = Tile(14, 13359, 7155).bounds()
    inside = (lon >= box.west) & (lon < box.east) & (lat > box.south) & (lat <= box.north)
    assert 0 < inside.sum() < len(lon)
    assert ((codes >= low) & (codes < high)).tolist() == inside.tolist()


def test_latitudes_beyond_the_web_map_go_to_its_edge() -> None:
    _, rows = morton.world(np.array([0.0, 0.0]), np.array([90.0, -90.0]))
    assert rows.tolist() == [0, morton.SIDE - 1]
