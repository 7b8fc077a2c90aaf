"""When many people are a crowd: counts inside a zone, with a hold and two thresholds, so that one alarm stands for one gathering."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import shapely

from analysis.detector import Person
from services.counting import Plan

LEAST_POINTS = 3


class Turn(StrEnum):
    """What a look changes."""

    RAISED = "raised"
    CLEARED = "cleared"


@dataclass(slots=True)
class Watch:
    """What is remembered of one camera from look to look."""

    alarmed: bool = False
    above: int = 0
    """Looks in a row with at least as many people as the alarm takes."""

    def look(self, people: int, plan: Plan) -> Turn | None:
        """Take one count in."""
        self.above = self.above + 1 if people >= plan.alarm_at else 0
        if not self.alarmed and self.above >= max(1, plan.hold_n):
            self.alarmed = True
            return Turn.RAISED
        if self.alarmed and people < plan.clear_at:
            self.alarmed = False
            return Turn.CLEARED
        return None


def inside(people: Sequence[Person], zone: Sequence[float] | None) -> list[Person]:
    """Return those who stand in the zone: the middle of a box's lower edge counts. A zone that is no area counts as none."""
    if not zone or len(zone) < 2 * LEAST_POINTS:
        return list(people)
    area = shapely.Polygon(list(zip(zone[::2], zone[1::2], strict=False)))
    if not area.is_valid or area.area <= 0:
        return list(people)
    return [one for one in people if area.covers(shapely.Point((one.left + one.right) / 2, one.bottom))]


def around(people: Sequence[Person]) -> tuple[float, float, float, float] | None:
    """Return the box around all of them: left, top, width, height."""
    if not people:
        return None
    left, top = min(one.left for one in people), min(one.top for one in people)
    return left, top, max(one.right for one in people) - left, max(one.bottom for one in people) - top
