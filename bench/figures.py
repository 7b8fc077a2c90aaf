"""What a measurement is, and how measurements are shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Better(StrEnum):
    """Direction in which a figure improves."""

    LESS = "less"
    MORE = "more"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured number: a median over the runs of one module, on this machine, in this run."""

    name: str
    """What was measured, in a few words that stand alone in the table."""
    value: float
    unit: str
    """ms, s, MB, kB, x (times the baseline), requests …; empty for a plain count."""
    target: float | None = None
    """The number to reach; None is printed for information only."""
    better: Better = Better.LESS
    baseline: float | None = None
    """The same thing done by the program that we compare with, in the same unit."""
    note: str = ""
    """How it was measured: sample size, scale, what the baseline is."""

    @property
    def met(self) -> bool | None:
        """Whether the target is reached; None when there is none."""
        if self.target is None:
            return None
        return self.value <= self.target if self.better is Better.LESS else self.value >= self.target


HEAD = ("measure", "value", "target", "baseline", "", "how")


def table(rows: Sequence[tuple[str, Figure]]) -> str:
    """Lay out (module, figure) pairs as aligned text, one line a figure."""
    lines = [HEAD, *(_cells(module, figure) for module, figure in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines)


def _cells(module: str, figure: Figure) -> tuple[str, ...]:
    sign = "<=" if figure.better is Better.LESS else ">="
    return (
        f"{module}: {figure.name}",
        _number(figure.value, figure.unit),
        f"{sign} {_number(figure.target, figure.unit)}" if figure.target is not None else "",
        _number(figure.baseline, figure.unit) if figure.baseline is not None else "",
        {True: "ok", False: "MISSED", None: ""}[figure.met],
        figure.note,
    )


def _number(value: float, unit: str) -> str:
    digits = 0 if abs(value) >= 100 or value == int(value) else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f} {unit}".rstrip()
