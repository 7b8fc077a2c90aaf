"""Headers meet fields; what is missing or unknown is said with what there is."""

import pytest

from geodata.errors import InvalidInputError
from geodata.imports.classes import get
from geodata.imports.columns import Columns, match

NO_OPTIONS = {"mapped": {}, "constants": {}, "source_id": "", "degrees": True, "has_shapes": False}


def matched(layer: str, *headers: str, **options: object) -> Columns:
    return match(get(layer), headers, **{**NO_OPTIONS, **options})  # type: ignore[arg-type]


def test_chinese_and_english_headers_are_found() -> None:
    found = matched("cameras", "国标编码", "点位名称", "归属", "经度", "纬度", "备注")
    assert found.of_field == {"gb_id": "国标编码", "name": "点位名称", "owner": "归属", "lon": "经度", "lat": "纬度"}
    assert found.ignored == ["备注"]
    assert matched("cameras", "GB_ID", "Name", "OWNER", "Longitude", "LAT").of_field["lon"] == "Longitude"


def test_what_the_user_says_wins() -> None:
    found = matched("cameras", "name", "place", "id", "lon", "lat", mapped={"place": "name"}, constants={"owner": "city"})
    assert found.of_field["name"] == "place"
    assert found.ignored == ["name"]


def test_degrees_or_grid_decide_between_two_pairs_of_columns() -> None:
    headers = ("id", "name", "easting", "northing", "latitude", "longitude")
    assert matched("cameras", *headers, constants={"owner": "city"}).of_field["lon"] == "longitude"
    assert matched("cameras", *headers, constants={"owner": "city"}, degrees=False).of_field["lon"] == "easting"


@pytest.mark.parametrize(
    ("headers", "options", "message"),
    [
        (("id", "lon", "lat", "归属"), {}, "no column for name: .*the file has id, lon, lat, 归属"),
        (("名称", "归属", "lon", "lat"), {}, "no column identifies the rows"),
        (("id", "名称", "归属"), {}, "no column gives a position"),
        (("id", "名称", "归属", "lon", "lat"), {"mapped": {"title": "name"}}, "the file has no column 'title'"),
        (("id", "名称", "归属", "lon", "lat"), {"mapped": {"id": "colour"}}, "cameras has no field 'colour'; it has source_id"),
        (("id", "名称", "归属", "lon", "lat"), {"mapped": {"id": "name", "名称": "name"}}, "name is given twice"),
        (("id", "名称", "归属", "lon", "lat"), {"source_id": "no"}, "the file has no column 'no'"),
    ],
)
def test_gaps_and_strangers_are_refused(headers: tuple[str, ...], options: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        matched("cameras", *headers, **options)
