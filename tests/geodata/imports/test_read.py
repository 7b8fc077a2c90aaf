"""Files of all kinds become the same sheet; what cannot be read is said in one sentence."""

import gzip
import shutil
from pathlib import Path

import geopandas as gpd
import openpyxl
import pytest
from shapely import Point

from geodata.errors import InvalidInputError
from geodata.imports.read import read_sheet

HEADER = "编号,名称,经度,纬度\n"
ROW = "1,东门,113.541,22.191\n"


def text_file(folder: Path, content: bytes, name: str = "own.csv") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_encoding_is_found_out(tmp_path: Path, encoding: str) -> None:
    sheet = read_sheet(text_file(tmp_path, (HEADER + ROW).encode(encoding)))
    assert list(sheet.columns) == ["编号", "名称", "经度", "纬度"]
    assert sheet.columns["名称"] == ["东门"]
    assert sheet.rows == [2]


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_delimiter_is_found_out(tmp_path: Path, sign: str) -> None:
    sheet = read_sheet(text_file(tmp_path, (HEADER + ROW).replace(",", sign).encode()))
    assert sheet.columns["纬度"] == ["22.191"]


def test_gzipped_csv_is_read(tmp_path: Path) -> None:
    assert read_sheet(text_file(tmp_path, gzip.compress((HEADER + ROW).encode()), "own.csv.gz")).rows == [2]


def test_a_line_with_too_many_or_too_few_cells_is_a_problem_of_its_row(tmp_path: Path) -> None:
    sheet = read_sheet(text_file(tmp_path, (HEADER + ROW + "2,西门,113.5\n" + "3,北门,113.5,22.2,x\n" + ROW).encode()))
    assert sheet.rows == [2, 5]
    assert [(problem.row, problem.reason) for problem in sheet.problems] == [
        (3, "has 3 cells, the header has 4"),
        (4, "has 5 cells, the header has 4"),
    ]


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        (b"", "own.csv", "the file is empty"),
        (b"\n\n", "own.csv", "the file is empty"),
        (HEADER.encode(), "own.csv", "there are no rows"),
        (b"a,b\n\xff\xff\xff,1\n", "own.csv", "not in UTF-8 or GB18030"),
        (b"a,b\n\x00\x01,1\n", "own.csv", "this is no text"),
        (b"a,a\n1,2\n", "own.csv", "names 'a' twice"),
        (b'a,b\n"1,2\n', "own.csv", "line 2 is no CSV"),
        (b"PK\x03\x04 broken", "own.xlsx", "no .xlsx workbook"),
        (b'{"type": "FeatureCollection", "features": [', "own.geojson", "cannot be read"),
        (b"a", "own.pdf", "give a .geojson"),
        (b"\x1f\x8b broken", "own.csv.gz", "damaged"),
    ],
)
def test_unreadable_files_are_refused_in_one_sentence(tmp_path: Path, content: bytes, name: str, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message) as caught:
        read_sheet(text_file(tmp_path, content, name))
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="no such file"):
        read_sheet(tmp_path / "none.csv")


def test_a_workbook_with_a_title_above_the_header(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    for line in (["开福区摄像机台账"], [], ["编号", "名称", "经度"], [1, "东门", 113.541], [2, None, 113.542]):
        page.append(line)
    book.create_sheet("另一页").append(["a", "b"])
    book.save(tmp_path / "own.xlsx")
    sheet = read_sheet(tmp_path / "own.xlsx")
    assert sheet.columns == {"编号": [1, 2], "名称": ["东门", None], "经度": [113.541, 113.542]}
    assert sheet.rows == [4, 5]
    with pytest.raises(InvalidInputError, match="there are Sheet, 另一页"):
        read_sheet(tmp_path / "own.xlsx", part="无")


@pytest.mark.parametrize("told", [True, False])
def test_a_shapefile_in_gb18030_is_read_with_and_without_its_cpg(tmp_path: Path, told: bool) -> None:
    gpd.GeoDataFrame({"名称": ["东门"]}, geometry=[Point(113.541, 22.191)], crs=4326).to_file(tmp_path / "own.shp", encoding="GB18030")
    if not told:
        (tmp_path / "own.cpg").unlink()
    sheet = read_sheet(tmp_path / "own.shp")
    assert sheet.columns == {"名称": ["东门"]}
    assert sheet.crs == "EPSG:4326"


def test_a_zipped_shapefile_without_prj_states_no_system(tmp_path: Path) -> None:
    folder = tmp_path / "shp"
    folder.mkdir()
    gpd.GeoDataFrame({"n": [1]}, geometry=[Point(0, 0)], crs=4326).to_file(folder / "own.shp")
    (folder / "own.prj").unlink()
    sheet = read_sheet(Path(shutil.make_archive(str(tmp_path / "own"), "zip", folder)))
    assert sheet.columns == {"n": [1]}
    assert sheet.crs == ""


def test_a_geopackage_states_its_system_and_its_layers(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"n": [1]}, geometry=[Point(500_000, 3_120_000)], crs=4547)
    frame.to_file(tmp_path / "own.gpkg", layer="甲")
    assert read_sheet(tmp_path / "own.gpkg").crs == "EPSG:4547"
    frame.to_file(tmp_path / "own.gpkg", layer="乙")
    with pytest.raises(InvalidInputError, match="--part: 甲, 乙"):
        read_sheet(tmp_path / "own.gpkg")
    assert read_sheet(tmp_path / "own.gpkg", part="乙").rows == [1]
