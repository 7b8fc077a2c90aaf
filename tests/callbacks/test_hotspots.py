"""The holder of a cell's panel: only for readers of cases, only with a question that can be one."""

from typing import cast

import pytest

from callbacks import hotspots
from callbacks.context import Context
from geodata.errors import InvalidInputError, NotAllowedError
from services.rights import Reader, Role

NO_CONTEXT = cast("Context", None)
CELL = "8841036405fffff"


def reader(role: Role) -> Reader:
    return Reader(1, "someone", "", role, "")


def test_the_question_is_handed_on() -> None:
    [holder] = hotspots.panel(NO_CONTEXT, reader(Role.DISPATCHER), {"cell": CELL, "query": "major=city"})
    told = holder.to_plotly_json()["props"]
    assert (told["data-hotspot-cell"], told["data-query"]) == (CELL, "major=city")


@pytest.mark.parametrize("role", [Role.CITIZEN, Role.SYSTEM_ADMIN, Role.AUDIT_ADMIN])
def test_who_may_not_see_cases_gets_no_panel(role: Role) -> None:
    with pytest.raises(NotAllowedError):
        hotspots.panel(NO_CONTEXT, reader(role), {"cell": CELL, "query": ""})


@pytest.mark.parametrize(
    "asked", [{}, {"cell": 7}, {"cell": "../../etc/passwd"}, {"cell": CELL, "query": "x" * 3000}, {"cell": CELL, "query": None}]
)
def test_what_is_no_question_is_refused(asked: dict[str, object]) -> None:
    with pytest.raises(InvalidInputError):
        hotspots.panel(NO_CONTEXT, reader(Role.LEADER), asked)
