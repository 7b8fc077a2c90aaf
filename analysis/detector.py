"""People in a picture: one small model on one core."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime
from PIL import Image

from geodata.errors import SetupError

MODEL = Path(__file__).with_name("people.onnx")
SIDE = 416
STRIDES = (8, 16, 32)
BINS = 11
"""A side's distance from the middle is told as shares of so many steps of its stride."""
PERSON = 0
SAME = 0.5
"""Two findings that overlap by more than this are one person."""
MEAN, SPREAD = (103.53, 116.28, 123.675), (57.375, 57.12, 58.395)
"""Of the pictures that the model learned from, blue first."""
MOST = 400
"""Findings of one picture that are looked at, the surest first."""
LEAST_THRESHOLD = 0.05

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Person:
    """One finding: the box as shares of the picture (left, top, right, bottom)."""

    left: float
    top: float
    right: float
    bottom: float
    confidence: float


class Detector:
    """The model, loaded once. Not for several threads."""

    def __init__(self, model: Path = MODEL) -> None:
        """Load the model.

        Raises:
            SetupError: the file is missing or damaged.
        """
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # noqa: BLE001 - what it raises has no other common base
            raise SetupError(f"the model of the people counter cannot be loaded: {model.name}: {error}") from None
        self._input = self._session.get_inputs()[0].name
        names = sorted(output.name for output in self._session.get_outputs())
        self._scores, self._sides = names[: len(STRIDES)], names[len(STRIDES) :]
        self._centres = [_centres(stride) for stride in STRIDES]

    def people(self, picture: Image.Image, threshold: float) -> list[Person]:
        """Return the people found with at least this confidence, the surest first."""
        wanted = max(threshold, LEAST_THRESHOLD)
        answers: list[Any] = self._session.run([*self._scores, *self._sides], {self._input: _prepared(picture)})
        boxes, scores = [], []
        for score, side, centre, stride in zip(answers[:3], answers[3:], self._centres, STRIDES, strict=True):
            sure = score[0, :, PERSON]
            kept = np.flatnonzero(sure >= wanted)
            boxes.append(_boxes(side[0, kept], centre[kept], stride))
            scores.append(sure[kept])
        every, sure = np.concatenate(boxes), np.concatenate(scores)
        order = np.argsort(-sure, kind="stable")[:MOST]
        return [_person(every[at], float(sure[at])) for at in _apart(every, order)]


def _person(box: Floats, confidence: float) -> Person:
    left, top, right, bottom = (float(value) for value in np.clip(box / SIDE, 0.0, 1.0))
    return Person(left, top, right, bottom, confidence)


def _prepared(picture: Image.Image) -> Floats:
    """Stretch the picture to the model's square; shares of the square are then shares of the picture."""
    small = picture.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    blue_first = np.asarray(small)[:, :, ::-1].transpose(2, 0, 1)
    mean, spread = (np.array(values, np.float32)[:, None, None] for values in (MEAN, SPREAD))
    result: Floats = np.ascontiguousarray((blue_first - mean) / spread)[None]
    return result


def _centres(stride: int) -> Floats:
    steps = (np.arange(SIDE // stride, dtype=np.float32) + 0.5) * stride
    x, y = np.meshgrid(steps, steps)
    return np.stack([x.ravel(), y.ravel()], axis=1)


def _boxes(sides: Floats, centres: Floats, stride: int) -> Floats:
    shares = np.exp(sides.reshape(-1, 4, BINS) - sides.reshape(-1, 4, BINS).max(axis=2, keepdims=True))
    away = (shares / shares.sum(axis=2, keepdims=True)) @ np.arange(BINS, dtype=np.float32) * stride
    return np.concatenate([centres - away[:, :2], centres + away[:, 2:]], axis=1)


def _apart(boxes: Floats, order: npt.NDArray[np.intp]) -> list[int]:
    """Keep the surest of findings that overlap."""
    kept: list[int] = []
    while order.size:
        first, rest = int(order[0]), order[1:]
        kept.append(first)
        order = rest[overlap(boxes[first], boxes[rest]) <= SAME]
    return kept


def overlap(box: Floats, others: Floats) -> Floats:
    """Return the shared area over the joint area of a box and each of others."""
    low, high = np.maximum(box[:2], others[:, :2]), np.minimum(box[2:], others[:, 2:])
    shared = np.prod(np.clip(high - low, 0.0, None), axis=1)
    joint = np.prod(box[2:] - box[:2]) + np.prod(others[:, 2:] - others[:, :2], axis=1) - shared
    result: Floats = (shared / np.maximum(joint, 1e-9)).astype(np.float32)
    return result
