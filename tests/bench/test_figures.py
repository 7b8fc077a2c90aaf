"""The frame of the measurements."""

from bench.figures import Better, Figure, table


def test_less_or_more_decides_whether_a_target_is_met() -> None:
    assert Figure(name="a", value=9, unit="ms", target=10).met
    assert not Figure(name="a", value=11, unit="ms", target=10).met
    assert Figure(name="a", value=11, unit="x", target=10, better=Better.MORE).met
    assert Figure(name="a", value=1, unit="MB").met is None


def test_the_table_has_a_line_a_figure_and_names_what_was_missed() -> None:
    rows = [
        ("tiles", Figure(name="cold p95", value=1.234, unit="ms", target=2, baseline=1500, note="1,000 tiles")),
        ("tiles", Figure(name="faster", value=8, unit="x", target=10, better=Better.MORE)),
    ]
    assert table(rows).splitlines() == [
        "measure          value    target   baseline          how",
        "tiles: cold p95  1.23 ms  <= 2 ms  1,500 ms  ok      1,000 tiles",
        "tiles: faster    8 x      >= 10 x            MISSED",
    ]
