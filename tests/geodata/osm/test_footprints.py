"""Buildings as mapped."""

from pathlib import Path

import numpy as np

from geodata.osm.extract import read_extract
from geodata.osm.footprints import building_name, footprints
from tests.geodata.osm.writer import Drawing


def test_parts_raise_the_outline_that_says_nothing(tmp_path: Path) -> None:
    drawing = Drawing()
    drawing.box(10, 0, 10.001, 0.001, building="yes")
    drawing.box(10, 0, 10.0005, 0.001, **{"building:part": "yes", "height": "40"})
    drawing.box(10.0005, 0, 10.001, 0.001, **{"building:part": "yes", "height": "65", "building:levels": "20"})
    drawing.box(10.002, 0, 10.003, 0.001, building="house", height="8")
    found = footprints(read_extract(drawing.write(tmp_path / "parts.osm")).areas)
    assert (found.ref, found.height_m.tolist()) == (["w1", "w4"], [65.0, 8.0])
    assert found.levels[0] == 20
    assert np.isnan(found.levels[1])


def test_what_does_not_stand_is_no_building(tmp_path: Path) -> None:
    drawing = Drawing()
    for column, kind in enumerate(("yes", "no", "demolished")):
        drawing.box(10 + column / 100, 0, 10.001 + column / 100, 0.001, building=kind)
    assert footprints(read_extract(drawing.write(tmp_path / "standing.osm")).areas).ref == ["w1"]


def test_blocks_of_an_estate_keep_their_number() -> None:
    assert building_name({"name": "東華新邨(第二座)"}) == "东华新邨第二座"
    assert building_name({"name": "東華新邨 (2 Bloco)", "addr:housename": "C座 Bloco C"}) == "东华新邨C座"
    assert building_name({"name": "郵政大樓 Edifício"}) == "邮政大楼"
    assert building_name({}) == ""
