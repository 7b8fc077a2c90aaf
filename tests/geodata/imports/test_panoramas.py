"""A folder of panoramas: what is taken, what is refused and how it is said, and what a camera's notes are read as."""

import argparse
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image

from geodata import panoramas
from geodata.db import Conn
from geodata.errors import InvalidInputError
from geodata.imports import panoramas as imports
from tests import district

XMP = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description GPano:PoseHeadingDegrees="%s" GPano:FullPanoWidthPixels="%d"
GPano:CroppedAreaImageWidthPixels="1024"/></rdf:RDF></x:xmpmeta>"""
LON, LAT = district.LONS[0], district.LAT


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "street"
    made.mkdir()
    return made


@pytest.fixture
def areas(conn: Conn) -> Conn:
    district.fill(conn)
    conn.execute("DELETE FROM hall.panorama")
    return conn


def picture(
    path: Path,
    width: int = 1024,
    height: int = 512,
    *,
    place: tuple[float, float] | None = (LON, LAT),
    heading: float | None = 90.0,
    **more: object,
) -> None:
    image = Image.fromarray(np.random.default_rng(width).integers(0, 255, (height // 8, width // 8, 3), dtype=np.uint8)).resize(
        (width, height)
    )
    exif = Image.Exif()
    gps: dict[int, object] = {}
    if place:
        gps |= {
            ExifTags.GPS.GPSLongitudeRef: "E",
            ExifTags.GPS.GPSLongitude: (int(place[0]), 0.0, (place[0] % 1) * 3600),
            ExifTags.GPS.GPSLatitudeRef: "N",
            ExifTags.GPS.GPSLatitude: (int(place[1]), 0.0, (place[1] % 1) * 3600),
        }
    if heading is not None:
        gps[ExifTags.GPS.GPSImgDirection] = heading
    exif.get_ifd(ExifTags.IFD.GPSInfo).update(gps)
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = "2026:11:01 00:30:00"
    image.save(path, exif=exif, **more)  # type: ignore[arg-type] # what is said further is Pillow's


def rows(conn: Conn) -> list[tuple[object, ...]]:
    return conn.execute(
        "SELECT external_no, name, round(heading_deg), heading_from, grid_code, restricted, round(ST_X(geom)::numeric, 4)::float FROM hall.panorama ORDER BY 1"
    ).fetchall()


def test_a_picture_tells_where_it_was_taken_and_where_it_looks(areas: Conn, folder: Path, tmp_path: Path) -> None:
    picture(folder / "a.jpg")
    picture(folder / "b.jpg", xmp=XMP % (b"271.5", 1024))
    picture(folder / "c.jpg", heading=None)
    summary = imports.import_folder(areas, tmp_path, folder, source="own")
    assert (summary.new, summary.updated, summary.refused) == (3, 0, [])
    assert [name for name, _ in summary.doubtful] == ["c.jpg"]
    found = rows(areas)
    assert [row[2:4] for row in found] == [(90, "file"), (272, "file"), (0, "north")]
    assert {row[4] for row in found} == {district.GRIDS[0]}
    assert found[0][1] == "新街1", "without a name it is called after the road"
    taken = areas.execute("SELECT taken_at AT TIME ZONE 'UTC' FROM hall.panorama WHERE external_no = 'a.jpg'").fetchone()
    assert taken is not None
    assert str(taken[0]) == "2026-10-31 16:30:00", "a camera's clock without a zone shows China's time"


def test_the_same_folder_again_changes_nothing_and_a_new_picture_replaces_the_old(areas: Conn, folder: Path, tmp_path: Path) -> None:
    picture(folder / "a.jpg")
    imports.import_folder(areas, tmp_path, folder, source="own")
    again = imports.import_folder(areas, tmp_path, folder, source="own")
    assert (again.new, again.updated, again.unchanged) == (0, 0, 1)
    picture(folder / "a.jpg", heading=180.0)
    third = imports.import_folder(areas, tmp_path, folder, source="own")
    assert (third.new, third.updated) == (0, 1)
    assert len(rows(areas)) == 1


def test_what_is_no_panorama_is_refused_by_name_and_the_others_go_in(areas: Conn, folder: Path, tmp_path: Path) -> None:
    picture(folder / "good.jpg")
    picture(folder / "photo.jpg", 1200, 900)
    picture(folder / "small.jpg", 512, 256)
    picture(folder / "strip.jpg", xmp=XMP % (b"10", 4096))
    picture(folder / "nowhere.jpg", place=None)
    picture(folder / "null.jpg", place=(0.0, 0.0))
    (folder / "text.jpg").write_text("not a picture")
    (folder / "notes.txt").write_text("left alone")
    summary = imports.import_folder(areas, tmp_path, folder, source="own")
    said = dict(summary.refused)
    assert summary.new == 1
    assert set(said) == {"photo.jpg", "small.jpg", "strip.jpg", "nowhere.jpg", "null.jpg", "text.jpg"}
    assert "1200 x 900 is 1.333:1, not 2:1" in said["photo.jpg"]
    assert "1024 of 4096" in said["strip.jpg"]
    assert "no position" in said["nowhere.jpg"]
    assert "no picture" in said["text.jpg"]


def test_the_list_wins_over_the_picture(areas: Conn, folder: Path, tmp_path: Path) -> None:
    picture(folder / "a.jpg", place=None)
    picture(folder / "b.jpg")
    text = f"File,Lon,Lat,Heading,Taken_at,Name,Restricted\n../x/a.jpg,{LON},{LAT},-10,2026-11-02T08:00:00,东门,是\nb.jpg,oops,{LAT},1,,,\ngone.jpg,1,2,3,,,\n"
    (folder / imports.LIST).write_bytes(text.encode("gb18030"))
    summary = imports.import_folder(areas, tmp_path, folder, source="own")
    assert rows(areas) == [("a.jpg", "东门", 350, "list", district.GRIDS[0], True, round(LON, 4))]
    assert dict(summary.refused) == {
        "gone.jpg": "the list names it, the folder does not hold it",
        "b.jpg": "panoramas.csv: lon='oops' is not a number",
    }


def test_wide_pictures_are_made_narrow_and_lose_what_the_camera_noted(tmp_path: Path) -> None:
    wide = Image.new("RGB", (9_000, 4_500), "navy")
    buffer = io.BytesIO()
    wide.save(buffer, "JPEG")
    digest, width, height = panoramas.keep(tmp_path, buffer.getvalue(), panoramas.opened(buffer.getvalue()))
    assert (width, height) == (8_192, 4_096)
    for size, most in panoramas.SIZES.items():
        with Image.open(tmp_path / panoramas.FOLDER / panoramas.path_of(digest, size)) as kept:
            assert kept.size == (most, most // 2)
            assert not kept.getexif()


def test_the_command_reports_and_fails_when_nothing_could_be_taken(
    empty_url: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture(folder / "photo.jpg", 1000, 1000)
    parser = argparse.ArgumentParser()
    imports.add_arguments(parser)
    with pytest.raises(InvalidInputError, match="none of 1 pictures"):
        imports.run(parser.parse_args([str(folder)]), empty_url, tmp_path)
    assert "photo.jpg: 1000 x 1000 is 1.000:1, not 2:1" in capsys.readouterr().out
    assert "photo.jpg" in (tmp_path / "imports" / "street-panoramas.bad.csv").read_text()
    with pytest.raises(InvalidInputError, match="no such folder"):
        imports.run(parser.parse_args([str(tmp_path / "none")]), empty_url, tmp_path)
