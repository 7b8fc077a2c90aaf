"""`python -m media.sample_city`: make the files of the simulated cameras and become their RTSP server (media/sample_cameras.py)."""

import ctypes
import json
import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg

from geodata.settings import ROOT, Settings
from services import video_feed

log = logging.getLogger("cameras")

PYTHON = "/usr/bin/python3"
SERVER = ROOT / "media" / "sample_cameras.py"
CLIPS = {"cars": ("car-detection.mp4", 250), "people": ("one-by-one-person-detection.mp4", 250)}
"""Scene → clip and how many pictures of it, at 12.5 a second: 86 MB each, shared by all cameras."""
PR_SET_PDEATHSIG = 1
WAIT_S = 5.0


def main() -> None:
    """Prepare, then run as the server under the same process id."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    settings = Settings.from_env(os.environ)
    folder = settings.data_dir / "media" / "sample"
    folder.mkdir(parents=True, exist_ok=True)
    lacking = _lacking()
    if lacking:
        log.warning("the simulated cameras stay off: %s", lacking)
        signal.sigwait({signal.SIGTERM, signal.SIGINT})
        return
    (folder / "cameras.json").write_text(json.dumps(_cameras(settings.database_url), ensure_ascii=False), encoding="utf-8")
    for scene, (clip, pictures) in CLIPS.items():
        _unpack(ROOT / "media" / "clips" / clip, folder / f"{scene}.yuv", pictures)
    # Outlives the exec: nothing is left when the manager was killed.
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    command = [
        PYTHON,
        str(SERVER),
        "--port",
        str(settings.sample_rtsp_port),
        "--folder",
        str(folder),
        "--most",
        str(settings.sample_cameras),
    ]
    os.execv(PYTHON, command)  # noqa: S606 - no shell is meant


def _lacking() -> str:
    """Return what the server needs and the machine lacks; empty when all is there."""
    try:
        found = subprocess.run([PYTHON, str(SERVER), "--help"], capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return "" if found.returncode == 0 else (found.stderr.strip().splitlines() or ["it does not start"])[-1]


def _cameras(database_url: str) -> dict[str, tuple[str, str]]:
    """Return the names and places of the cameras that have a simulated picture; waits for the database."""
    while True:
        try:
            with psycopg.connect(database_url, connect_timeout=3) as conn:
                return {str(number): about for number, about in video_feed.simulated(conn).items()}
        except psycopg.OperationalError as error:
            log.warning("waiting for the database: %s", str(error).strip())
            time.sleep(WAIT_S)


def _unpack(clip: Path, path: Path, pictures: int) -> None:
    """Write the clip's pictures as they are composed; once."""
    if path.exists():
        return
    draft = path.with_suffix(f".{os.getpid()}")
    command = [
        "ffmpeg",
        "-nostdin",
        "-v",
        "error",
        "-y",
        "-i",
        str(clip),
        "-an",
        "-vf",
        "fps=12.5,scale=640:360",
        "-frames:v",
        str(pictures),
    ]
    done = subprocess.run([*command, "-pix_fmt", "yuv420p", "-f", "rawvideo", str(draft)], check=False)
    if done.returncode == 0:
        draft.replace(path)
    else:
        draft.unlink(missing_ok=True)
        log.warning("%s cannot be unpacked; its cameras show a drawn scene", clip.name)


if __name__ == "__main__":
    main()
