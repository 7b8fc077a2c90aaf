"""How figures read in a brief: thousands, shares, durations, and what became more or less."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.change import share_of

FIELD = re.compile(r"\{([a-z0-9_]+)\}")
NONE = "—"
CASES = "件"
"""What cases are counted in."""


@dataclass(frozen=True, slots=True)
class Share:
    """A part of one; None when there was nothing to divide by."""

    part: float
    whole: float

    @property
    def value(self) -> float | None:
        """The quotient."""
        return self.part / self.whole if self.whole else None

    def __str__(self) -> str:
        return NONE if self.value is None else f"{100 * self.value:.1f}%"

    def __bool__(self) -> bool:
        return self.part > 0


Value = int | float | str | Share | None
Values = Mapping[str, Value]


def number(value: Value) -> str:
    """Write a value: 1,234; 12.5; 95.3%; — when there is none."""
    match value:
        case None:
            return NONE
        case int():
            return f"{value:,}"
        case float():
            return f"{value:,.1f}"
        case _:
            return str(value)


def change(now: float, before: float, before_word: str, unit: str = CASES) -> str:
    """Say how a count moved: 较前一日增加12件，上升5.3%; of what was few before only by how many."""
    if now == before:
        return f"与{before_word}持平"
    moved = abs(now - before)
    verb = "增加" if now > before else "减少"
    text = f"较{before_word}{verb}{number(moved)}{unit}"
    if not before:
        return f"{text}（{before_word}为0）"
    share = share_of(now, before)
    return text if share is None else f"{text}，{'上升' if now > before else '下降'}{100 * abs(share):.1f}%"


def change_short(now: float, before: float, unit: str = CASES) -> str:
    """Say in a cell how a count moved: +12.3%, -5.0%, +4件 of what was few before, 持平, 新增."""
    if now == before:
        return "持平"
    if not before:
        return "新增"
    share = share_of(now, before)
    return f"{now - before:+,g}{unit}" if share is None else f"{100 * share:+.1f}%"


def points(now: Share, before: Share, before_word: str) -> str:
    """Say how a rate moved, in percentage points."""
    if now.value is None or before.value is None:
        return ""
    moved = 100 * (now.value - before.value)
    if abs(moved) < 0.05:
        return f"与{before_word}持平"
    return f"较{before_word}{'上升' if moved > 0 else '下降'}{abs(moved):.1f}个百分点"


def hours(value: float | None) -> str:
    """Write a duration given in hours: 45分钟, 3.2小时, 2.5天."""
    if value is None:
        return NONE
    if value < 1:
        return f"{round(value * 60)}分钟"
    return f"{value:.1f}小时" if value < 48 else f"{value / 24:.1f}天"


def listing(pairs: Sequence[tuple[str, int]], unit: str = CASES) -> str | None:
    """Name things with their numbers: 甲（12件）、乙（9件）; None when there are none."""
    return "、".join(f"{name}（{number(n)}{unit}）" for name, n in pairs) or None


def sentence(template: str, values: Values) -> str | None:
    """Fill `{name}`s. None when a figure of it is not known: what is not known is not said.

    Raises:
        KeyError: the template names a figure that the query does not give.
    """
    names = FIELD.findall(template)
    if any(values[name] is None or (isinstance(given := values[name], Share) and given.value is None) for name in names):
        return None
    return FIELD.sub(lambda found: number(values[found[1]]), template)
