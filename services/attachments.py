"""Photos of cases: really images, written anew without what a camera hides in them, kept by their digest under DATA_DIR/attachments."""

import hashlib
import io
import os
import warnings
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from geodata.db import Conn
from geodata.errors import InvalidInputError, NotAllowedError, NotFoundError
from services.rights import Reader, Role
from services.worktime import LOCAL

MAX_BYTES = 20_000_000
MAX_PIXELS = 60_000_000
LONGEST_PX = 2_560
THUMB_PX = 320
KINDS = ("near", "far", "before", "after", "other")
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")
QUALITY = 85
MEDIA_TYPE = "image/jpeg"
FOLDER = "attachments"
MAY_ATTACH = frozenset(Role) - {Role.WALL, Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN}
SEES_ALL = frozenset({Role.LEADER, Role.DISPATCHER, Role.ACCEPTOR, Role.SHIFT_LEADER, Role.DEPARTMENT, Role.WORKER, Role.WALL})

INSERT = """
    INSERT INTO hall.attachment (event_id, kind, sha256, media_type, bytes, width, height, taken_at, geom, account_id, added_at)
    VALUES (%(event_id)s, %(kind)s, %(sha256)s, %(media_type)s, %(bytes)s, %(width)s, %(height)s, %(taken_at)s,
            CASE WHEN %(lon)s::float8 IS NULL THEN NULL ELSE ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326) END, %(account_id)s, %(added_at)s)
    RETURNING id
"""
READ = """
    SELECT a.id, a.event_id, a.kind, a.sha256, a.media_type, a.bytes, a.width, a.height, a.taken_at, ST_X(a.geom), ST_Y(a.geom), a.account_id,
           a.added_at, e.grid_code,
           EXISTS (SELECT FROM hall.source_record r WHERE r.event_id = a.event_id AND r.account_id = %(account_id)s) AS reported
    FROM hall.attachment a LEFT JOIN hall.event e ON e.id = a.event_id WHERE a.id = %(id)s
"""
EVENT = "SELECT grid_code FROM hall.event WHERE id = %s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A photo without its content."""

    id: int
    event_id: int | None
    kind: str
    sha256: str
    media_type: str
    bytes: int
    width: int | None
    height: int | None
    taken_at: datetime | None
    lon: float | None
    lat: float | None
    account_id: int | None
    added_at: datetime


@dataclass(frozen=True, slots=True)
class _Photo:
    content: bytes
    thumb: bytes
    width: int
    height: int
    taken_at: datetime | None
    lon: float | None
    lat: float | None


def store(
    conn: Conn, data_dir: Path, content: bytes, kind: str, *, reader: Reader, now: datetime, event_id: int | None = None
) -> Attachment:
    """Keep a photo. It belongs to a case at once, or to the report that names its id later.

    Raises:
        InvalidInputError: it is no image that can be read, too large, or `kind` is none of ours.
        NotAllowedError: the reader's role adds no photos, or the case lies outside the reader's area.
        NotFoundError: there is no such case.
    """
    if reader.role not in MAY_ATTACH:
        raise NotAllowedError(f"{reader.role} adds no photos")
    if kind not in KINDS:
        raise InvalidInputError(f"kind={kind[:20]!r}: one of {', '.join(KINDS)}")
    if event_id is not None:
        _require_case(conn, reader, event_id)
    photo = _checked(content)
    digest = hashlib.sha256(photo.content).hexdigest()
    folder = data_dir / FOLDER / digest[:2]
    _write(folder / f"{digest}.jpg", photo.content)
    _write(folder / f"{digest}.thumb.jpg", photo.thumb)
    row = conn.execute(
        INSERT,
        {
            "event_id": event_id,
            "kind": kind,
            "sha256": digest,
            "media_type": MEDIA_TYPE,
            "bytes": len(photo.content),
            "width": photo.width,
            "height": photo.height,
            "taken_at": photo.taken_at,
            "lon": photo.lon,
            "lat": photo.lat,
            "account_id": reader.account_id,
            "added_at": now,
        },
    ).fetchone()
    return _read(conn, reader, int(row[0]) if row else 0)[0]


def read(conn: Conn, data_dir: Path, reader: Reader, attachment_id: int, *, thumb: bool = False) -> tuple[Attachment, bytes]:
    """Return a photo of a case that the reader may see, or one that the reader has just added.

    Raises:
        NotFoundError: there is none, or it is not for this reader.
    """
    found, seen = _read(conn, reader, attachment_id)
    path = data_dir / FOLDER / found.sha256[:2] / f"{found.sha256}{'.thumb' if thumb else ''}.jpg"
    if not seen or not path.is_file():
        raise NotFoundError(f"attachment {attachment_id}")
    return found, path.read_bytes()


def content(data_dir: Path, sha256: str, *, thumb: bool = False) -> bytes:
    """Return a kept photo by its digest, for services that have checked the right to it themselves.

    Raises:
        NotFoundError: the file is gone.
    """
    path = data_dir / FOLDER / sha256[:2] / f"{sha256}{'.thumb' if thumb else ''}.jpg"
    if not path.is_file():
        raise NotFoundError("attachment")
    return path.read_bytes()


def _read(conn: Conn, reader: Reader, attachment_id: int) -> tuple[Attachment, bool]:
    row = conn.execute(READ, {"id": attachment_id, "account_id": reader.account_id}).fetchone()
    if row is None:
        raise NotFoundError(f"attachment {attachment_id}")
    names = (
        "id",
        "event_id",
        "kind",
        "sha256",
        "media_type",
        "bytes",
        "width",
        "height",
        "taken_at",
        "lon",
        "lat",
        "account_id",
        "added_at",
    )
    found = Attachment(**dict(zip(names, row[: len(names)], strict=True)))
    grid_code, reported = row[len(names) :]
    own = found.account_id == reader.account_id or (reported and reader.role is Role.CITIZEN)
    seen = own or (found.event_id is not None and reader.role in SEES_ALL and str(grid_code).startswith(reader.scope))
    return found, seen


def _require_case(conn: Conn, reader: Reader, event_id: int) -> None:
    row = conn.execute(EVENT, [event_id]).fetchone()
    if row is None or not row[0].startswith(reader.scope) or reader.role not in SEES_ALL:
        raise NotFoundError(f"event {event_id}")


def _checked(content: bytes) -> _Photo:
    if len(content) > MAX_BYTES:
        raise InvalidInputError(f"a photo has at most {MAX_BYTES // 1_000_000} MB")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=FORMATS) as image:
                if image.width * image.height > MAX_PIXELS:
                    raise InvalidInputError(
                        f"a photo has at most {MAX_PIXELS // 1_000_000} million pixels, this one {image.width} x {image.height}"
                    )
                taken_at, position = _told(image)
                image.draft("RGB", (LONGEST_PX, LONGEST_PX))
                drawn = ImageOps.exif_transpose(image).convert("RGB")
    except (
        UnidentifiedImageError,
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
        OSError,
        SyntaxError,
        ValueError,
    ) as error:
        raise InvalidInputError("the file is no image that can be read: send JPEG, PNG, WebP, GIF, BMP or TIFF") from error
    drawn.thumbnail((LONGEST_PX, LONGEST_PX))
    small = drawn.copy()
    small.thumbnail((THUMB_PX, THUMB_PX))
    lon, lat = position or (None, None)
    return _Photo(_jpeg(drawn), _jpeg(small), drawn.width, drawn.height, taken_at, lon, lat)


def _told(image: Image.Image) -> tuple[datetime | None, tuple[float, float] | None]:
    """Read when (cameras write local time without a zone) and where a photo was taken, as far as it was written down soundly."""
    exif = image.getexif()
    taken_at = None
    text = exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.DateTimeOriginal) or exif.get(ExifTags.Base.DateTime)
    with suppress(ValueError, TypeError):
        taken_at = datetime.strptime(str(text), "%Y:%m:%d %H:%M:%S").replace(tzinfo=LOCAL).astimezone(UTC)
    position = None
    gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    with suppress(KeyError, TypeError, ValueError, ZeroDivisionError, IndexError):
        lat, lon = (_degrees(gps[tag]) for tag in (ExifTags.GPS.GPSLatitude, ExifTags.GPS.GPSLongitude))
        lat = -lat if gps.get(ExifTags.GPS.GPSLatitudeRef) == "S" else lat
        lon = -lon if gps.get(ExifTags.GPS.GPSLongitudeRef) == "W" else lon
        if -180 <= lon <= 180 and -90 <= lat <= 90 and (lon, lat) != (0.0, 0.0):
            position = (lon, lat)
    return taken_at, position


def _degrees(parts: tuple[float, float, float]) -> float:
    degrees, minutes, seconds = (float(part) for part in parts)
    return degrees + minutes / 60 + seconds / 3600


def _jpeg(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=QUALITY, optimize=True)
    return out.getvalue()


def _write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all; one of the same digest is the same."""
    if path.is_file():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{os.getpid()}.part")
    with part.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
