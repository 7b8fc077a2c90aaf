"""What became more or less is told as a share only where there was enough to divide by, the same on the server and in the browser."""

import re

import pytest

from geodata.settings import ROOT
from services.change import PERCENT_FROM, share_of


@pytest.mark.parametrize(
    ("now", "before", "share"), [(52, 3, None), (0, 19, None), (30, 20, 0.5), (15, 20, -0.25), (0, 100, -1.0), (4, 0, None)]
)
def test_few_before_make_no_share(now: int, before: int, share: float | None) -> None:
    assert share_of(now, before) == share


def test_the_browser_follows_the_same_rule() -> None:
    script = (ROOT / "assets" / "charts" / "change.js").read_text(encoding="utf-8")
    found = re.findall(r"PERCENT_FROM = (\d+);", script)
    assert found == [str(PERCENT_FROM)]
