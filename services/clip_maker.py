"""Makes clips with ffmpeg: the exact window of a camera's segments, holes told by a card, who asked written faintly over every picture.

What must be legible, camera, true time and who asked, stands in a band below the picture: nothing of the evidence is covered by it.
"""

import logging
import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg

from geodata.db import Pool, reading, writing
from geodata.errors import HallError, SourceUnavailableError
from services import clips, recordings
from services.clips import FOLDER, Order
from services.media_client import MediaClient, pieces
from services.recordings import HOLE, OWN, Interval, Segment
from services.retention import MEDIA, path_of
from services.worktime import LOCAL

log = logging.getLogger(__name__)

FONTS = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
)
"""The first one that is there; the first is what bin/install.sh installs."""
PAUSE_S = 2.0
CARD_S = 2
FPS = 25
WIDEST_PX = 1_920
FAINT = 0.2
"""How strongly the name stands in the middle of the picture: to be read when looked for, not in the way."""
SLOWEST = 4.0
"""A part may take so many times its own length to be made, and a minute."""
TIME_FORMAT = "%Y-%m-%d %H\\\\\\:%M\\\\\\:%S"

CAMERA = "SELECT c.name, a.display_name FROM hall.camera AS c LEFT JOIN hall.account AS a ON a.id = %s WHERE c.id = %s"


class ClipError(HallError):
    """A clip cannot be made; the text is the reason that stands in its row."""


@dataclass(frozen=True, slots=True)
class _Run:
    """Segments without a hole between them, and the part of them that is wanted."""

    segments: tuple[Segment, ...]
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class _Hole:
    """Time of which nothing was recorded."""

    start: datetime
    end: datetime


def run_forever(stop: threading.Event, pool: Pool, data_dir: Path, client: MediaClient | None = None) -> None:
    """Make what is asked for until `stop`, one after the other; while the database is away, wait for it."""
    fresh = True
    while not stop.wait(PAUSE_S):
        try:
            if fresh:
                with writing(pool) as conn:
                    clips.again(conn)
                fresh = False
            while not stop.is_set() and make_next(pool, data_dir, stop, client):
                pass
            with writing(pool) as conn:
                clips.expire(conn, data_dir, datetime.now(UTC))
        except (SourceUnavailableError, psycopg.Error, OSError) as error:
            log.warning("clips wait: %s", error)


def make_next(pool: Pool, data_dir: Path, stop: threading.Event | None = None, client: MediaClient | None = None) -> bool:
    """Make the clip that waits longest; tell whether there was one. `client` fetches what lies on platforms."""
    with writing(pool) as conn:
        order = clips.claim(conn)
    if order is None:
        return False
    stop = stop or threading.Event()
    try:
        path = make(pool, data_dir, order, stop, client)
    except (ClipError, OSError) as error:
        if stop.is_set():
            return False  # the next worker makes it from the beginning
        reason = str(error) if isinstance(error, ClipError) else "no_room"
        log.warning("clip %d was not made: %s", order.id, error)
        with writing(pool) as conn:
            clips.failed(conn, order, reason)
    else:
        with writing(pool) as conn:
            clips.ready(conn, order, str(path.relative_to(data_dir / MEDIA)), path.stat().st_size, datetime.now(UTC))
    return True


def make(pool: Pool, data_dir: Path, order: Order, stop: threading.Event, client: MediaClient | None = None) -> Path:
    """Make one clip and return its file, which appears whole or not at all.

    Raises:
        ClipError: nothing was recorded, a file is missing, a platform does not play, the disk is full, or ffmpeg failed or took too long.
    """
    with reading(pool) as conn:
        found = recordings.segments(conn, order.camera_id, order.start, order.end)
        lying = recordings.intervals(conn, order.camera_id, order.start, order.end, offset_ms=recordings.offset_ms(conn, order.camera_id))
        names = conn.execute(CAMERA, [order.account_id, order.camera_id]).fetchone()
    if not lying:
        raise ClipError("no_recording")
    camera, person = (names[0], names[1] or order.username) if names else (f"#{order.camera_id}", order.username)
    mark = f"{person} {order.username} {order.asked_at.astimezone(LOCAL):%Y-%m-%d %H:%M} #{order.id}"
    folder = data_dir / MEDIA / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".making-", dir=folder) as name:
        work = Path(name)
        if client is not None:
            fetched = _fetched(client, order.camera_id, lying, work, data_dir / MEDIA)
            found = sorted([*found, *fetched], key=lambda one: one.start_at)
        made = _Maker(work, data_dir, camera, mark, stop).make(_parts(found, order.start, order.end))
        path = folder / f"{order.id}.mp4"
        made.replace(path)
    return path


def _fetched(client: MediaClient, camera_id: int, lying: Sequence[Interval], work: Path, root: Path) -> list[Segment]:
    """Fetch what only a platform has into the clip's own folder."""
    found: list[Segment] = []
    for interval in (one for one in lying if one.source != OWN):
        for start, end in pieces(interval.start, interval.end):
            path = work / f"fetched{len(found)}.ts"
            try:
                client.fetch(camera_id, start, end, path)
            except SourceUnavailableError as error:
                log.warning("a clip's piece stays on the platform: %s", error)
                raise ClipError("platform") from None
            uri = str(path.relative_to(root))
            found.append(Segment(camera_id=camera_id, start_at=start, end_at=end, source=interval.source, uri=uri))
    return found


class _Maker:
    """One clip in its own folder: a part for each run and each hole, then all of them in one file."""

    def __init__(self, work: Path, data_dir: Path, camera: str, mark: str, stop: threading.Event) -> None:
        self._work, self._data_dir, self._stop = work, data_dir, stop
        self._font = next((font for font in FONTS if Path(font).is_file()), "")
        (work / "camera.txt").write_text(camera, encoding="utf-8")
        (work / "mark.txt").write_text(mark, encoding="utf-8")
        self._size = (704, 576)

    def make(self, parts: Sequence[_Run | _Hole]) -> Path:
        first = next((part for part in parts if isinstance(part, _Run)), None)
        if first is None:
            raise ClipError("no_recording")
        self._size = self._probe(self._file(first.segments[0]))
        names = []
        for number, part in enumerate(parts):
            name = f"part{number}.ts"
            if isinstance(part, _Run):
                self._run_part(part, name, number)
            else:
                self._hole_part(part, name, number)
            names.append(name)
        (self._work / "all.txt").write_text("".join(f"file '{name}'\n" for name in names))
        command = ["-f", "concat", "-safe", "0", "-i", "all.txt", "-c", "copy", "-movflags", "+faststart", "clip.mp4"]
        self._ffmpeg(command, 600.0)
        return self._work / "clip.mp4"

    def _run_part(self, run: _Run, name: str, number: int) -> None:
        lines = []
        for segment in run.segments:
            path = str(self._file(segment)).replace("'", "'\\''")
            lines.append(f"file '{path}'\nduration {(segment.end_at - segment.start_at).total_seconds():.6f}\n")
        listing = f"run{number}.txt"
        (self._work / listing).write_text("".join(lines), encoding="utf-8")
        origin = run.segments[0].start_at
        first_s, last_s = (run.start - origin).total_seconds(), (run.end - origin).total_seconds()
        width, height = self._size
        filters = [
            f"trim=start={first_s:.3f}:end={last_s:.3f}",
            f"scale={width}:{height}:force_original_aspect_ratio=decrease,pad={width}:{height}:(ow-iw)/2:(oh-ih)/2,setsar=1",
            *self._marks(),
            self._text(f"text='%{{pts\\:localtime\\:{origin.timestamp():.3f}\\:{TIME_FORMAT}}}'", f"x=w-tw-12:y={self._row(1)}", alpha=1.0),
            f"setpts=PTS-{first_s:.3f}/TB",  # not the first picture's: the graph is built anew when the size changes
            f"fps={FPS}",
        ]
        self._encode(["-f", "concat", "-safe", "0", "-i", listing], filters, name, last_s - first_s)

    def _hole_part(self, hole: _Hole, name: str, number: int) -> None:
        start, end = (at.astimezone(LOCAL) for at in (hole.start, hole.end))
        (self._work / f"hole{number}.txt").write_text(f"无录像 No recording\n{start:%H:%M:%S} – {end:%H:%M:%S}", encoding="utf-8")
        width, height = self._size
        card = ["-f", "lavfi", "-i", f"color=c=0x0b1220:s={width}x{height}:r={FPS}:d={CARD_S}"]
        words = self._text(f"textfile=hole{number}.txt:expansion=none", f"x=(w-tw)/2:y=({height}-th)/2", alpha=1.0)
        filters = [*self._marks(), words]
        self._encode(card, filters, name, CARD_S)

    def _marks(self) -> list[str]:
        """Return the name over the picture, and the band below it."""
        height = self._size[1]
        places = ((0.1, 0.25), (0.9, 0.55), (0.1, 0.85))
        return [
            *(self._text("textfile=mark.txt:expansion=none", f"x=(w-tw)*{x}:y=({height}-th)*{y}", alpha=FAINT) for x, y in places),
            f"pad=iw:ih+{self._band()}:0:0:color=0x0b1220",
            self._text("textfile=camera.txt:expansion=none", f"x=12:y={self._row(1)}", alpha=1.0),
            self._text("textfile=mark.txt:expansion=none", f"x=12:y={self._row(2)}", alpha=1.0),
        ]

    def _letters(self) -> int:
        return max(12, self._size[1] // 30)

    def _band(self) -> int:
        return (self._letters() * 3 + 14) // 2 * 2

    def _row(self, number: int) -> int:
        """Return the top of a line in the band."""
        return self._size[1] + 4 + (number - 1) * (self._letters() * 3 // 2 + 2)

    def _text(self, what: str, where: str, *, alpha: float) -> str:
        font = f"fontfile={self._font}:" if self._font else ""
        return f"drawtext={font}{what}:{where}:fontsize={self._letters()}:fontcolor=white@{alpha}:borderw=1:bordercolor=black@{alpha}"

    def _encode(self, source: Sequence[str], filters: Sequence[str], name: str, lasting_s: float) -> None:
        command = [*source, "-an", "-vf", ",".join(filters), "-c:v", "libx264", "-preset", "veryfast", "-crf", "23", "-pix_fmt", "yuv420p"]
        self._ffmpeg([*command, "-threads", "1", "-f", "mpegts", name], 60.0 + lasting_s * SLOWEST)

    def _ffmpeg(self, arguments: Sequence[str], patience_s: float) -> None:
        command = [
            "setpriv",
            "--pdeathsig",
            "KILL",
            "nice",
            "-n",
            "10",
            "ffmpeg",
            "-hide_banner",
            "-v",
            "error",
            "-nostdin",
            "-y",
            *arguments,
        ]
        environ = os.environ | {"TZ": str(LOCAL)}
        with (self._work / "errors.txt").open("wb") as errors:
            process = subprocess.Popen(command, cwd=self._work, env=environ, stdout=subprocess.DEVNULL, stderr=errors)
        until = time.monotonic() + patience_s
        try:
            while process.poll() is None:
                if time.monotonic() > until:
                    raise ClipError("timeout")
                if self._stop.wait(0.05):
                    raise ClipError("stopped")
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        if process.returncode:
            told = (self._work / "errors.txt").read_text(errors="replace")[-1_000:]
            log.warning("ffmpeg ended with %d: %s", process.returncode, told)
            raise ClipError("no_room" if "No space left" in told or shutil.disk_usage(self._work).free < 1 << 20 else "encoder")

    def _probe(self, path: Path) -> tuple[int, int]:
        command = ["ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries", "stream=width,height", "-of", "csv=p=0", str(path)]
        try:
            told = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True).stdout
            width, height = (int(word) for word in told.strip().splitlines()[0].strip(",").split(",")[:2])
        except (subprocess.SubprocessError, ValueError, IndexError) as error:
            raise ClipError("encoder") from error
        if width > WIDEST_PX:
            width, height = WIDEST_PX, height * WIDEST_PX // width
        return width // 2 * 2, height // 2 * 2

    def _file(self, segment: Segment) -> Path:
        path = path_of(self._data_dir, segment.uri)
        if path is None or not path.is_file():
            raise ClipError("file_missing")
        return path


def _parts(found: Sequence[Segment], start: datetime, end: datetime) -> list[_Run | _Hole]:
    """Cut the window into runs of segments and the holes between them, the beginning and the end included."""
    parts: list[_Run | _Hole] = []
    run: list[Segment] = []
    at = start

    def close() -> None:
        if run:
            parts.append(_Run(tuple(run), max(run[0].start_at, start), min(run[-1].end_at, end)))
            run.clear()

    for segment in found:
        if run and segment.end_at <= run[-1].end_at:
            continue
        if segment.start_at - at > HOLE:
            close()
            parts.append(_Hole(at, segment.start_at))
        run.append(segment)
        at = segment.end_at
    close()
    if end - at > HOLE:
        parts.append(_Hole(at, end))
    return [part for part in parts if part.end - part.start > timedelta(milliseconds=40)]
