"""Reading extracts, sound and broken."""

from pathlib import Path

import pytest

from geodata.errors import InvalidInputError
from geodata.osm.extract import read_extract
from geodata.settings import SAMPLE_EXTRACT
from tests.geodata.osm.writer import Drawing, town


def test_a_town_is_read_whole(tmp_path: Path) -> None:
    extract = read_extract(town().write(tmp_path / "town.osm"))
    assert len(extract.ways) == 12
    assert sum("building" in tags for tags in extract.areas.tags) == 101
    assert [boundary.tags["name"] for boundary in extract.boundaries] == ["青石街道", "白塔街道"]
    assert len(extract.digest) == 64


def test_a_square_is_an_area_and_a_roundabout_is_none(tmp_path: Path) -> None:
    drawing = Drawing()
    drawing.box(10, 0, 10.001, 0.001, highway="pedestrian")
    drawing.box(10.002, 0, 10.003, 0.001, highway="primary", junction="roundabout")
    extract = read_extract(drawing.write(tmp_path / "squares.osm"))
    assert (extract.areas.ref, extract.lines.ref) == (["w1"], ["w1", "w2"])


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("text.osm.pbf", b"this is no extract", "cannot be read"),
        ("empty.osm.pbf", b"", "cannot be read"),
        ("cut.osm", b'<?xml version="1.0"?><osm version="0.6"><node id="1"', "cannot be read"),
        ("table.csv", b"a,b\n1,2\n", "cannot be read"),
        ("nothing.osm", b'<?xml version="1.0"?><osm version="0.6"></osm>', "neither roads nor buildings"),
    ],
)
def test_a_file_that_is_no_extract_is_refused_by_name(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InvalidInputError, match=f"{name}.*{reason}"):
        read_extract(path)


def test_a_truncated_pbf_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cut.osm.pbf"
    path.write_bytes(SAMPLE_EXTRACT.read_bytes()[:1_500_000])
    with pytest.raises(InvalidInputError, match=r"cut\.osm\.pbf"):
        read_extract(path)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="No such file"):
        read_extract(tmp_path / "nowhere.osm.pbf")
    with pytest.raises(InvalidInputError, match="directory"):
        read_extract(tmp_path)
