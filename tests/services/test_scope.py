"""Area codes as numbers: within an area is within a range."""

import itertools

import pytest

from services import scope
from services.rights import Reader, Role, in_scope

CODES = [
    "990000",
    "990000001",
    "990000000",
    "990000001001",
    "990000001001001",
    "990000002",
    "9900000010",
    "990001",
    "",
    None,
    "99000A",
    "9" * 15,
]
SCOPES = ["990000", "990000001", "990000001001", "990000000", "9", "990000001001001"]


@pytest.mark.parametrize(("code", "prefix"), itertools.product(CODES, SCOPES))
def test_a_range_holds_exactly_the_codes_with_the_prefix(code: str | None, prefix: str) -> None:
    low, high = scope.bounds(prefix)
    inside = low <= scope.number(code) <= high
    strange = code == "99000A"
    assert inside == (not strange and in_scope(Reader(1, "", "", Role.WORKER, prefix), code))


def test_the_largest_code_fits_a_column() -> None:
    assert 0 < scope.number("9" * 15) < 2**63
