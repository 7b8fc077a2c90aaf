"""One line a step for long work: what is done, how many, in how many seconds."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TextIO


@dataclass(slots=True)
class Step:
    """A step under way; set `note` to say how much came out of it."""

    label: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """Writes to `stream`; None keeps quiet (tests, library use)."""

    stream: TextIO | None = None

    @contextmanager
    def step(self, label: str) -> Iterator[Step]:
        """Time one step. The line appears when the step ends well: `label  note  1.2 s`."""
        step = Step(label)
        start = time.perf_counter()
        yield step
        self.say(f"{label:<34} {step.note:<48} {time.perf_counter() - start:6.1f} s")

    def say(self, line: str) -> None:
        """Print one line at once."""
        if self.stream is not None:
            print(line.rstrip(), file=self.stream, flush=True)


QUIET = Progress()


def to_terminal() -> Progress:
    """Progress on standard error, so that standard output stays free for results."""
    return Progress(sys.stderr)
