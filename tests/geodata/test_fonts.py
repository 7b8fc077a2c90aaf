"""Fonts hold the characters that are written, and no character is loaded twice."""

from dataclasses import replace
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from geodata import fonts
from geodata.characters import Characters, read_characters, unicode_ranges
from geodata.db import Conn
from geodata.fonts import Face, build, read_faces, style_faces, stylesheet
from tests.conftest import City

# 閘 is Traditional; Ⅱ is what the own typeface lacks; 鑀 only the system font draws.
SMALL = Characters(
    interface=frozenset("一张图 ABCⅡ"),
    label=frozenset("新桥一街9"),
    place=frozenset("新桥"),
    names=frozenset("赵小鑀"),
    parts=frozenset("小阈"),
    cases=frozenset("新小"),
)


def covered(faces: list[Face], weight: int, *, but: str = "") -> set[str]:
    """Characters that the ranges of a weight promise; `but` leaves out a part."""
    found: set[str] = set()
    for face in faces:
        if face.weight == weight and face.part != but:
            for span in face.ranges:
                low, _, high = span.removeprefix("U+").partition("-")
                found.update(map(chr, range(int(low, 16), int(high or low, 16) + 1)))
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fonts")


@pytest.fixture(scope="module")
def faces(folder: Path) -> list[Face]:
    return build(SMALL, folder)


def test_every_file_holds_what_its_ranges_promise(faces: list[Face], folder: Path) -> None:
    for face in faces:
        if face.part != "rest":
            with TTFont(folder / "fonts" / face.file) as font:
                assert covered([face], face.weight) == set(map(chr, font.getBestCmap()))


def test_both_weights_write_all_characters(faces: list[Face]) -> None:
    wanted = SMALL.interface | SMALL.label | SMALL.names | SMALL.parts
    for weight in (400, 500):
        assert covered(faces, weight, but="rest") == wanted


def test_parts_of_a_weight_do_not_overlap(faces: list[Face]) -> None:
    for weight in (400, 500):
        parts = [covered([face], weight) for face in faces if face.weight == weight and face.part != "rest"]
        assert sum(map(len, parts)) == len(set().union(*parts))


def test_the_whole_typeface_stands_first_so_that_every_cut_wins_over_it(faces: list[Face]) -> None:
    order = [face.part for face in faces if face.weight == 400]
    assert (order[0], "rest" in order[1:]) == ("rest", False)
    assert style_faces(faces)["Noto Sans SC Regular"][-1]["unicode-range"] == ["U+4E00-9FFF"]


def test_the_style_sheet_names_files_that_are_there(faces: list[Face], folder: Path) -> None:
    css = (folder / "fonts" / "fonts.css").read_text()
    assert css == stylesheet(faces)
    assert css.count("@font-face") == len(faces)
    assert all((folder / "fonts" / face.file).exists() and f"url({face.file})" in css for face in faces)


def test_a_second_build_cuts_nothing_again(faces: list[Face], folder: Path) -> None:
    before = {file.name: file.stat().st_mtime_ns for file in (folder / "fonts").glob("*.woff*")}
    assert build(SMALL, folder) == faces == read_faces(folder)
    assert {file.name: file.stat().st_mtime_ns for file in (folder / "fonts").glob("*.woff*")} == before


def test_new_data_fits_the_fonts_but_a_new_text_of_the_product_does_not(faces: list[Face], folder: Path, tmp_path: Path) -> None:
    assert faces
    assert fonts.fit(replace(SMALL, names=SMALL.names | {"钱"}), folder)
    assert not fonts.fit(replace(SMALL, parts=SMALL.parts | {"钱"}), folder)
    assert not fonts.fit(SMALL, tmp_path)


def test_files_of_pages_that_are_open_stay_for_one_more_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "SYSTEM_FONT", tmp_path / "none.ttc")
    first = build(SMALL, tmp_path)
    ui = next(face.file for face in first if face.part == "ui")
    more = Characters(interface=SMALL.interface | {"新"}, label=SMALL.label, place=SMALL.place, names=SMALL.names)
    build(more, tmp_path)
    assert (tmp_path / "fonts" / ui).exists()
    build(more, tmp_path)
    assert not (tmp_path / "fonts" / ui).exists()


def test_without_the_system_font_rare_characters_are_left_to_the_viewer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(fonts, "SYSTEM_FONT", tmp_path / "none.ttc")
    made = build(SMALL, tmp_path)
    assert "install fonts-noto-cjk" in caplog.text
    assert covered(made, 400, but="rest") == (SMALL.interface | SMALL.label | SMALL.names | SMALL.parts) - {"Ⅱ", "鑀"}


def test_neighbours_share_a_range() -> None:
    assert unicode_ranges("cab一") == ["U+61-63", "U+4E00"]


def test_the_sample_city_is_written_without_a_missing_character(city: City, city_conn: Conn) -> None:
    wanted = read_characters(city_conn)
    drawable = fonts._source(fonts.SYSTEM_FONT).covered | fonts._source(fonts.TYPEFACE / "NotoSansSC-Regular.woff").covered
    written = read_faces(city.data_dir)
    assert len(wanted.label) > 1_000
    for weight in (400, 500):
        assert ((wanted.interface | wanted.label | wanted.names) & drawable) - covered(written, weight, but="rest") == set()
    # an extract holds a handful of characters that no font of the distribution has
    assert len((wanted.label | wanted.names) - drawable) <= 10


def test_the_interface_loads_in_a_glance(city: City) -> None:
    files = {face.file for face in read_faces(city.data_dir) if face.part == "ui"}
    assert sum((city.data_dir / "fonts" / file).stat().st_size for file in files) <= 280_000
