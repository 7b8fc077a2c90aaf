"""An open case as its panel needs it: the case, what it may repeat, what the forms offer, what has just been said."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from callbacks.panels.acts import Forms
from services.cases import Case
from services.duplicates import Candidate


@dataclass(frozen=True, slots=True)
class Said:
    """A line on top of the panel."""

    text: str
    tone: str = "good"
    """good | warn | alarm"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A case and what stands around it."""

    case: Case
    duplicates: Sequence[Candidate] = ()
    forms: Forms = field(default_factory=Forms)
    said: Said | None = None

    def may(self, action: str) -> bool:
        """Whether the reader can do this now."""
        return any(act.action == action for act in self.case.possible)
