"""Counting people on a real clip: Debian's `opencv-doc` carries `vtest.avi`; bench/data/people.json holds what a person saw on every 48th frame.

The labels were drawn by eye before the detector was run. A finding counts when it overlaps a labelled person by at least 0.4 of their joint
area, each person once. Findings on a spot that is marked as undecidable (less than half of somebody seen) count neither way.
"""

import json
import os
import resource
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from analysis.detector import Detector, Floats, Person, overlap
from bench.figures import Better, Figure

LABELS = Path(__file__).with_name("data") / "people.json"
PACKAGE = "opencv-doc"
CLIP = "usr/share/doc/opencv-doc/examples/data/vtest.avi"
THRESHOLD = 0.45
"""As the rota has it unless a camera is calibrated otherwise."""
OVERLAP = 0.4
EVERY = 6
"""Of the clip one frame in so many is looked at, and every eighth of those is labelled."""
THRESHOLDS = (0.35, 0.40, 0.45, 0.50, 0.55)


@dataclass(frozen=True, slots=True)
class Score:
    """What the detector made of all labelled frames."""

    right: int
    wrong: int
    missed: int
    miscounted: float
    """Mean of how far the number of people was off."""

    @property
    def precision(self) -> float:
        return self.right / max(1, self.right + self.wrong)

    @property
    def recall(self) -> float:
        return self.right / max(1, self.right + self.missed)

    @property
    def f1(self) -> float:
        return 2 * self.precision * self.recall / max(1e-9, self.precision + self.recall)


def run() -> list[Figure]:
    """Fetch the clip, count on the labelled frames, and time the detector on one core."""
    labels = json.loads(LABELS.read_text(encoding="utf-8"))
    size = (labels["width"], labels["height"])
    with tempfile.TemporaryDirectory(prefix="hallmap-people-") as folder:
        pictures = list(frames(clip(Path(folder)), size))
    detector = Detector()
    found = [detector.people(pictures[frame["frame"] // EVERY], min(THRESHOLDS)) for frame in labels["frames"]]
    scores = {threshold: score(labels["frames"], found, size, threshold) for threshold in THRESHOLDS}
    best = scores[THRESHOLD]
    people = sum(len(frame["people"]) for frame in labels["frames"])
    how = f"{len(labels['frames'])} frames, {people} people, overlap {OVERLAP}, threshold {THRESHOLD}"
    others = ", ".join(f"{threshold:.2f}: {each.f1:.3f}" for threshold, each in scores.items())
    return [
        Figure(
            name="people found, F1", value=round(best.f1, 3), unit="", target=0.85, better=Better.MORE, note=f"{how}; by threshold {others}"
        ),
        Figure(name="people found, precision", value=round(best.precision, 3), unit="", note=how),
        Figure(name="people found, recall", value=round(best.recall, 3), unit="", note=how),
        Figure(name="count is off by, mean", value=round(best.miscounted, 2), unit="", target=1.0, note=how),
        speed(detector, pictures),
    ]


def clip(folder: Path) -> Path:
    """Unpack the clip from Debian's package, without installing it."""
    environ = os.environ | {"LC_ALL": "C"}
    subprocess.run(["apt-get", "download", "-qq", PACKAGE], cwd=folder, check=True, env=environ, stderr=subprocess.DEVNULL)
    package = next(folder.glob(f"{PACKAGE}_*.deb"))
    subprocess.run(["dpkg", "-x", package.name, "."], cwd=folder, check=True)
    return folder / CLIP


def frames(path: Path, size: tuple[int, int]) -> Iterator[Image.Image]:
    """Decode every `EVERY`th frame of the clip."""
    kept = f"select=not(mod(n\\,{EVERY}))"
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-vf", kept, "-vsync", "0", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    content = subprocess.run(command, check=True, capture_output=True).stdout
    step = size[0] * size[1] * 3
    for at in range(0, len(content) - step + 1, step):
        yield Image.frombytes("RGB", size, content[at : at + step])


def score(labels: Sequence[Mapping[str, Any]], found: Sequence[Sequence[Person]], size: tuple[int, int], threshold: float) -> Score:
    """Compare what was found with what a person saw."""
    right = wrong = missed = 0
    off: list[int] = []
    for frame, people in zip(labels, found, strict=True):
        seen, undecided = boxes(frame["people"]), boxes(frame["ignored"])
        free = np.ones(len(seen), bool)
        counted = 0
        for one in people:
            if one.confidence < threshold:
                continue
            box = np.array([one.left, one.top, one.right, one.bottom], np.float32) * np.array(size * 2, np.float32)
            shares = np.where(free, overlap(box, seen), 0.0)
            nearest = int(shares.argmax()) if len(shares) else -1
            if nearest >= 0 and shares[nearest] >= OVERLAP:
                free[nearest] = False
                right += 1
            elif len(undecided) and overlap(box, undecided).max() > 0:
                continue
            else:
                wrong += 1
            counted += 1
        missed += int(free.sum())
        off.append(abs(counted - len(seen)))
    return Score(right, wrong, missed, float(np.mean(off)))


def boxes(given: Sequence[Sequence[float]]) -> Floats:
    return np.array(given, np.float32).reshape(-1, 4)


def speed(detector: Detector, pictures: Sequence[Image.Image]) -> Figure:
    """Pictures per second of processor time: what one core does, however busy the machine is."""
    detector.people(pictures[0], THRESHOLD)
    before, started = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    for picture in pictures:
        detector.people(picture, THRESHOLD)
    after, wall_s = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter() - started
    busy_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    note = f"{len(pictures)} pictures of 768 x 576, one thread, scaling and boxes included; by the wall clock {len(pictures) / wall_s:.1f}"
    return Figure(
        name="pictures a second and core", value=round(len(pictures) / busy_s, 1), unit="/s", target=15, better=Better.MORE, note=note
    )
