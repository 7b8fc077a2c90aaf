"""Real recordings for tests: transport streams that ffmpeg makes, laid out and indexed as our own recorder does it."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from geodata.db import Conn, Pool, writing
from services import recordings
from services.recordings import Segment

TABLES = ("recording_hold", "recording_plan", "video_clip", "camera_access", "camera_set")
SEGMENT_S = 2


@contextmanager
def empty_store(pool: Pool) -> Iterator[None]:
    """Lend a store of recordings in which nothing is, and leave it so."""
    forget(pool)
    try:
        yield
    finally:
        forget(pool)


def forget(pool: Pool) -> None:
    with writing(pool) as conn:
        for day in recordings.days(conn):
            conn.execute(f"DROP TABLE hall.recording_{day:%Y%m%d}")
        for table in TABLES:
            conn.execute(f"TRUNCATE hall.{table} RESTART IDENTITY")


def uri(camera_id: int, at: datetime) -> str:
    at = at.astimezone(UTC)
    return f"rec/{camera_id}/{at:%Y%m%d}/{at:%H}/{at:%Y%m%dT%H%M%S}.ts"


def segment(camera_id: int, at: datetime, lasting_s: float = 4.0, *, source: str = "own", size: int = 1_000) -> Segment:
    """One row of the index."""
    end = at + timedelta(seconds=lasting_s)
    return Segment(camera_id=camera_id, start_at=at, end_at=end, source=source, uri=uri(camera_id, at), bytes=size, codec="h264")


def lay(conn: Conn, data_dir: Path, rows: list[Segment]) -> list[Path]:
    """Write rows and small files under their names; return the files."""
    recordings.store(conn, rows)
    paths = [data_dir / "media" / row.uri for row in rows]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"G" * 1_000)
    return paths


def film(
    pool: Pool, data_dir: Path, camera_id: int, start: datetime, seconds: int, *, gop: int = 20, size: str = "320x240"
) -> list[Segment]:
    """Make a run of real two-second segments (10 pictures a second, each with its second burnt in, cut at every key frame), as one recorder run writes them."""
    folder = data_dir / "media" / "filming"
    folder.mkdir(parents=True, exist_ok=True)
    begin = start.timestamp()
    source = f"-f lavfi -i testsrc=size={size}:rate=10:duration={seconds}"
    picture = f"-c:v libx264 -preset ultrafast -g {gop} -pix_fmt yuv420p -output_ts_offset {begin % 80_000:.3f}"
    pieces = "-f segment -segment_time 0.1 -segment_format mpegts"
    command = f"ffmpeg -v error -nostdin -y {source} {picture} {pieces}".split()
    subprocess.run([*command, str(folder / "%03d.ts")], check=True, timeout=60)
    rows = []
    for number, path in enumerate(sorted(folder.glob("*.ts"))):
        at = start + timedelta(seconds=number * SEGMENT_S)
        lasting = min(SEGMENT_S, seconds - number * SEGMENT_S)
        row = segment(camera_id, at, lasting, size=path.stat().st_size)
        place = data_dir / "media" / row.uri
        place.parent.mkdir(parents=True, exist_ok=True)
        path.replace(place)
        rows.append(row)
    with writing(pool) as conn:
        recordings.store(conn, rows)
    return rows
