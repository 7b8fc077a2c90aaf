"""Files as cities publish them. They lie far from the test district, so everything is outside of it and says so."""

import numpy as np
import pytest

from geodata.crs import distance_m
from geodata.db import Conn
from tests.geodata.imports.conftest import FILES, Import, one


def test_london_cameras_by_the_address_of_their_picture(hall: Conn, load: Import) -> None:
    summary = load(FILES / "tfl_jamcams.geojson", "cameras", source_id="imageUrl", constants={"owner": "traffic"})
    assert (summary.read, summary.counts.new, summary.bad) == (20, 20, 0)
    assert summary.flags == {"outside_district": 20}
    assert summary.columns.of_field == {"source_id": "imageUrl", "name": "view", "online": "available"}


def test_hong_kong_cameras_by_grid_and_by_degrees(hall: Conn, load: Import) -> None:
    file = FILES / "hongkong_td_cameras.csv"
    query = "SELECT ST_X(geom), ST_Y(geom) FROM hall.camera WHERE owner = 'traffic' ORDER BY source_id"
    load(file, "cameras", source_id="key", constants={"owner": "traffic"})
    degrees = np.array(hall.execute(query).fetchall()).T
    summary = load(file, "cameras", source_id="key", constants={"owner": "traffic"}, crs="2326")
    grid = np.array(hall.execute(query).fetchall()).T
    assert summary.counts.updated == 210
    assert summary.round_trip_m < 0.001
    assert np.median(distance_m(*degrees, *grid)) < 0.005


def test_washington_street_lights_get_part_codes(hall: Conn, load: Import) -> None:
    summary = load(
        FILES / "washingtondc_streetlights.csv", "parts", source_id="FACILITYID", constants={"class_code": "路灯"},
        mapped={"STREETNAME": "name", "ASSETSTATUS_DESC": "state"},
    )  # fmt: skip
    assert (summary.counts.new, summary.counts.numbered, summary.bad) == (50, 50, 0)
    assert one(hall, "SELECT max(obj_id) FROM hall.part WHERE class_code = '0118'") == "9900000118000050"


def test_boston_service_requests_keep_their_times(hall: Conn, load: Import) -> None:
    summary = load(FILES / "boston311.csv", "events", constants={"class_code": "占道经营"})
    assert (summary.read, summary.bad) == (60, 0)
    states = dict(hall.execute("SELECT state, count(*) FROM hall.event WHERE source_id IS NOT NULL GROUP BY 1").fetchall())
    assert set(states) == {"closed", "reported"}
    assert one(hall, "SELECT count(*) FROM hall.event WHERE source_id IS NOT NULL AND (closed_at IS NULL) <> (state = 'reported')") == 0


def test_footprints_of_changsha(hall: Conn, load: Import) -> None:
    summary = load(FILES / "changsha_osm_buildings.geojson", "buildings", source_id="osm_id")
    assert summary.bad == 0
    assert one(hall, "SELECT name FROM hall.building WHERE source_id = 'own/971715611'") == "灰山港汽车站"
    assert one(hall, "SELECT count(*) FROM hall.building WHERE height_source = 'levels'") >= 0


@pytest.mark.parametrize("system", ["gcj02", "bd09"])
def test_offset_systems_leave_london_where_it_is(hall: Conn, load: Import, system: str) -> None:
    load(FILES / "tfl_jamcams.geojson", "cameras", source_id="imageUrl", constants={"owner": "traffic"}, crs=system)
    summary = load(FILES / "tfl_jamcams.geojson", "cameras", source_id="imageUrl", constants={"owner": "traffic"})
    assert summary.counts.unchanged == 20
