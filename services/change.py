"""How much more or less a count has become, as people are told it: a share of what it was before, unless that was too little to divide by."""

from typing import Final

PERCENT_FROM: Final = 20
"""Below so many before, one case is 5 % and more: the difference is told in cases. `PERCENT_FROM` in assets/charts/change.js is the same."""


def share_of(now: float, before: float) -> float | None:
    """Return the change as a part of what was before; None where that was too little, and the difference says more."""
    return (now - before) / before if before >= PERCENT_FROM else None
