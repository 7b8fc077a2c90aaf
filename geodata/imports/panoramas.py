"""`python -m geodata import panoramas FOLDER`: panoramas with their position and heading, from the pictures themselves or from a list beside them."""

import argparse
import csv
import io
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import psycopg
from PIL import ExifTags, Image

from geodata import panoramas
from geodata.db import Conn
from geodata.errors import InvalidInputError

HELP = "import a folder of panoramas (街景): twice as wide as high, with position and heading in the picture or in a list"
LIST = "panoramas.csv"
ENDINGS = frozenset({".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff"})
COLUMNS = ("file", "lon", "lat", "heading", "taken_at", "name", "road", "height_m", "restricted")
LONGEST = {"name": 80, "road": 80}
MOST_BYTES = 200_000_000
CHINA = timezone(timedelta(hours=8))
"""What a camera's clock shows when it does not say its zone."""
POSE = re.compile(rb'PoseHeadingDegrees\s*(?:=\s*["\']|>)\s*([-+0-9.]+)')
FULL = re.compile(rb'(FullPano|CroppedArea\w*)(Width|Height)Pixels\s*(?:=\s*["\']|>)\s*(\d+)')
YES = frozenset({"1", "true", "yes", "是"})
NO = frozenset({"", "0", "false", "no", "否"})
EXIF_POSITION, EXIF_PLACE = ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo

WRITE = """
    INSERT INTO hall.panorama AS p (source, external_no, name, road, taken_at, heading_deg, heading_from, height_m, sha256, width, height,
                                    simulated, restricted, flags, grid_code, geom)
    SELECT %(source)s, %(external_no)s, coalesce(%(name)s, near.name, %(external_no)s), coalesce(%(road)s, near.name), %(taken_at)s, %(heading)s,
           %(heading_from)s, %(height_m)s, %(sha256)s, %(width)s, %(height)s, %(simulated)s, %(restricted)s,
           CASE WHEN area.code IS NULL THEN '{outside_district}'::text[] ELSE '{}' END, area.code, place.geom
    FROM (SELECT ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326) AS geom) AS place
    LEFT JOIN LATERAL (
        SELECT code FROM hall.area WHERE level = 'base_grid' AND ST_Covers(hall.area.geom, place.geom) ORDER BY code LIMIT 1) AS area ON true
    LEFT JOIN LATERAL (
        SELECT name FROM hall.road_edge AS e WHERE name IS NOT NULL AND ST_DWithin(e.geom, place.geom, 0.0004)
        ORDER BY e.geom <-> place.geom LIMIT 1) AS near ON true
    ON CONFLICT (source, external_no) DO UPDATE
    SET name = excluded.name, road = excluded.road, taken_at = excluded.taken_at, heading_deg = excluded.heading_deg,
        heading_from = excluded.heading_from, height_m = excluded.height_m, sha256 = excluded.sha256, width = excluded.width,
        height = excluded.height, simulated = excluded.simulated, restricted = excluded.restricted, flags = excluded.flags,
        grid_code = excluded.grid_code, geom = excluded.geom, imported_at = now()
    WHERE (p.name, p.road, p.taken_at, p.heading_deg, p.height_m, p.sha256, p.restricted, p.geom)
          IS DISTINCT FROM (excluded.name, excluded.road, excluded.taken_at, excluded.heading_deg, excluded.height_m, excluded.sha256,
                            excluded.restricted, excluded.geom)
    RETURNING xmax = 0
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """What is known of a panorama; None for what nobody said."""

    file: str
    lon: float | None = None
    lat: float | None = None
    heading: float | None = None
    heading_from: str = "north"
    taken_at: datetime | None = None
    name: str | None = None
    road: str | None = None
    height_m: float | None = None
    restricted: bool = False


@dataclass(slots=True)
class Summary:
    """What became of the files. `refused` and `doubtful`: file and what is said of it."""

    new: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)
    doubtful: list[tuple[str, str]] = field(default_factory=list)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("folder", type=Path, metavar="FOLDER", help=f"pictures, and perhaps {LIST} with {', '.join(COLUMNS)}")
    parser.add_argument("--list", type=Path, metavar="FILE", help=f"the list, when it is not FOLDER/{LIST}")
    parser.add_argument("--source", default="own", metavar="NAME", help="who took them; the same file of the same source is replaced")
    parser.add_argument("--restricted", action="store_true", help="all of them only for roles that see restricted values")
    parser.add_argument("--report", type=Path, metavar="FILE", help="list of refused files (default: imports/ in the data folder)")


def run(options: argparse.Namespace, database_url: str, data_dir: Path) -> None:
    """Import a folder and print what was done.

    Raises:
        InvalidInputError: there is nothing to import, the list cannot be read, or every file was refused; the message says why.
    """
    report = options.report or data_dir / "imports" / f"{options.folder.resolve().name}-panoramas.bad.csv"
    with psycopg.connect(database_url) as conn:
        summary = import_folder(conn, data_dir, options.folder, source=options.source, listed=options.list, restricted=options.restricted)
    if summary.refused:
        report.parent.mkdir(parents=True, exist_ok=True)
        with report.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("file", "reason"))
            writer.writerows(summary.refused)
    print("\n".join(account(summary, report)))
    if not (summary.new or summary.updated or summary.unchanged):
        raise InvalidInputError(f"none of {len(summary.refused)} pictures could be taken; the first: {': '.join(summary.refused[0])}")


def account(summary: Summary, report: Path) -> list[str]:
    """The summary in lines."""
    lines = [
        f"panoramas: {summary.new:,} new, {summary.updated:,} updated, {summary.unchanged:,} unchanged, {len(summary.refused):,} refused"
    ]
    lines += [f"refused: {name}: {reason}" for name, reason in summary.refused[:20]]
    lines += [f"doubtful: {name}: {reason}" for name, reason in summary.doubtful[:20]]
    if summary.refused:
        lines.append(f"refused pictures: {report}")
    return lines


def import_folder(
    conn: Conn,
    data_dir: Path,
    folder: Path,
    *,
    source: str,
    listed: Path | None = None,
    restricted: bool = False,
    simulated: bool = False,
) -> Summary:
    """Take every picture of a folder; what the list says of a picture wins over what the picture says of itself.

    Raises:
        InvalidInputError: no such folder, no picture in it, or a list that cannot be read.
    """
    if not folder.is_dir():
        raise InvalidInputError(f"{folder}: there is no such folder")
    known = _listed(listed or folder / LIST, required=listed is not None)
    names = sorted(path.name for path in folder.iterdir() if path.suffix.lower() in ENDINGS and path.is_file())
    summary = Summary(refused=[(name, "the list names it, the folder does not hold it") for name in sorted(set(known) - set(names))])
    if not names and not known:
        raise InvalidInputError(f"{folder}: no pictures ({', '.join(sorted(ENDINGS))})")
    for name in names:
        try:
            shot, digest, width, height = _taken(folder / name, known.get(name), data_dir)
        except InvalidInputError as error:
            summary.refused.append((name, str(error)))
            continue
        if shot.heading_from == "north":
            summary.doubtful.append((name, "neither picture nor list says where it looks: north is assumed"))
        values = {
            "source": source, "external_no": name, "name": shot.name, "road": shot.road, "taken_at": shot.taken_at,
            "heading": shot.heading or 0.0, "heading_from": shot.heading_from, "height_m": shot.height_m, "sha256": digest, "width": width,
            "height": height, "simulated": simulated, "restricted": restricted or shot.restricted, "lon": shot.lon, "lat": shot.lat,
        }  # fmt: skip
        row = conn.execute(WRITE, values).fetchone()
        summary.new += row is not None and bool(row[0])
        summary.updated += row is not None and not row[0]
        summary.unchanged += row is None
    return summary


def of_picture(image: Image.Image, name: str) -> Shot:
    """Read what a camera noted in its picture: position, heading (Google's photo sphere tags first, then the compass of GPS), time, height."""
    exif = image.getexif()
    place: Mapping[int, Any] = exif.get_ifd(EXIF_PLACE)
    lat = _degrees(place.get(ExifTags.GPS.GPSLatitude), place.get(ExifTags.GPS.GPSLatitudeRef), "S")
    lon = _degrees(place.get(ExifTags.GPS.GPSLongitude), place.get(ExifTags.GPS.GPSLongitudeRef), "W")
    packet = image.info.get("xmp") or b""
    packet = packet.encode() if isinstance(packet, str) else packet
    pose = POSE.search(packet)
    heading = _number(pose[1]) if pose else _number(place.get(ExifTags.GPS.GPSImgDirection))
    return Shot(
        file=name,
        lon=lon,
        lat=lat,
        heading=None if heading is None else heading % 360,
        heading_from="north" if heading is None else "file",
        taken_at=_noted_time(exif.get_ifd(EXIF_POSITION)),
    )


def _taken(path: Path, said: Mapping[str, str] | None, data_dir: Path) -> tuple[Shot, str, int, int]:
    if path.stat().st_size > MOST_BYTES:
        raise InvalidInputError(f"larger than {MOST_BYTES // 1_000_000} MB")
    content = path.read_bytes()
    image = panoramas.opened(content)
    _require_whole(image)
    shot = _told(of_picture(image, path.name), said or {})
    if shot.lon is None or shot.lat is None:
        raise InvalidInputError(f"no position: neither in the picture (EXIF GPS) nor in {LIST} (lon, lat)")
    if not (-180 <= shot.lon <= 180 and -85 <= shot.lat <= 85) or (shot.lon, shot.lat) == (0, 0):
        raise InvalidInputError(f"{shot.lon:g}, {shot.lat:g} is no position (longitude, latitude in degrees)")
    digest, width, height = panoramas.keep(data_dir, content, image)
    return shot, digest, width, height


def _require_whole(image: Image.Image) -> None:
    """A photo sphere tells how much of the whole it shows: a strip would be stretched over everything.

    Raises:
        InvalidInputError: it shows a part.
    """
    packet = image.info.get("xmp") or b""
    packet = packet.encode() if isinstance(packet, str) else packet
    sizes = {(kind[:4], side): int(pixels) for kind, side, pixels in FULL.findall(packet) if kind in (b"FullPano", b"CroppedAreaImage")}
    for side in (b"Width", b"Height"):
        whole, part = sizes.get((b"Full", side)), sizes.get((b"Crop", side))
        if whole and part and part < 0.99 * whole:
            raise InvalidInputError(f"a part of a panorama: {part} of {whole} pixels of its {side.decode().lower()}")


def _told(shot: Shot, said: Mapping[str, str]) -> Shot:
    """Put what the list says over what the picture says.

    Raises:
        InvalidInputError: a value of the list cannot be read.
    """
    heading = _listed_number(said, "heading")
    lon, lat = _listed_number(said, "lon"), _listed_number(said, "lat")
    if (lon is None) != (lat is None):
        raise InvalidInputError(f"{LIST}: lon and lat, both or none")
    flag = said.get("restricted", "").lower()
    if flag not in YES | NO:
        raise InvalidInputError(f"{LIST}: restricted={flag[:20]!r}: 1 or 0")
    for name, longest in LONGEST.items():
        if len(said.get(name, "")) > longest:
            raise InvalidInputError(f"{LIST}: {name}: at most {longest} characters")
    return Shot(
        file=shot.file,
        lon=shot.lon if lon is None else lon,
        lat=shot.lat if lat is None else lat,
        heading=shot.heading if heading is None else heading % 360,
        heading_from=shot.heading_from if heading is None else "list",
        taken_at=_listed_time(said) or shot.taken_at,
        name=said.get("name") or None,
        road=said.get("road") or None,
        height_m=_listed_number(said, "height_m"),
        restricted=flag in YES,
    )


def _listed(path: Path, *, required: bool) -> dict[str, dict[str, str]]:
    if not path.is_file():
        if required:
            raise InvalidInputError(f"{path}: there is no such list")
        return {}
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("gb18030", errors="replace")
    reader = csv.DictReader(io.StringIO(text.replace("\0", "")))
    headers = [header.strip().lower() for header in reader.fieldnames or []]
    if "file" not in headers:
        raise InvalidInputError(f"{path.name}: no column `file`; columns are {', '.join(COLUMNS)}")
    return dict(_rows(reader, headers))


def _rows(reader: Any, headers: list[str]) -> Iterator[tuple[str, dict[str, str]]]:
    for values in reader:
        row = {name: str(value or "").strip() for name, value in zip(headers, values.values(), strict=False)}
        # only names in the folder itself: a list from elsewhere leads nowhere else
        name = Path(row["file"].replace("\\", "/")).name
        if name:
            yield name, row


def _listed_number(said: Mapping[str, str], name: str) -> float | None:
    text = said.get(name, "")
    if not text:
        return None
    value = _number(text)
    if value is None:
        raise InvalidInputError(f"{LIST}: {name}={text[:20]!r} is not a number")
    return value


def _listed_time(said: Mapping[str, str]) -> datetime | None:
    text = said.get("taken_at", "")
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInputError(f"{LIST}: taken_at={text[:30]!r} is no time such as 2026-11-01T10:00:00+08:00") from None
    return (at if at.tzinfo else at.replace(tzinfo=CHINA)).astimezone(UTC)


def _noted_time(exif: Mapping[int, Any]) -> datetime | None:
    text = str(exif.get(ExifTags.Base.DateTimeOriginal) or "").strip("\0 ")
    zone = str(exif.get(ExifTags.Base.OffsetTimeOriginal) or "").strip("\0 ")
    try:
        at = datetime.strptime(text, "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007 - the zone stands in a tag of its own
        return (datetime.fromisoformat(f"{at.isoformat()}{zone}") if zone else at.replace(tzinfo=CHINA)).astimezone(UTC)
    except ValueError:
        return None


def _degrees(parts: Any, side: Any, negative: str) -> float | None:
    try:
        degrees, minutes, seconds = (float(part) for part in parts)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    value = degrees + minutes / 60 + seconds / 3600
    if not math.isfinite(value):
        return None
    return -value if str(side).strip("\0 ").upper().startswith(negative) else value


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return number if math.isfinite(number) else None
