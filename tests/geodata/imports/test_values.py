"""Cells as values."""

import datetime as dt

import pytest

from geodata.imports.fields import Cell, Field, Value
from geodata.imports.values import read_column
from geodata.source import Kind


def read(field: Field, cell: Cell) -> Value:
    values, reasons = read_column(field, [cell], {"part_class": {"0118": "路灯"}})
    assert not reasons, reasons
    return values[0]


def reason(field: Field, cell: Cell) -> str:
    _, reasons = read_column(field, [cell], {"part_class": {"0118": "路灯"}})
    return reasons[0]


@pytest.mark.parametrize(
    "cell",
    [
        "2026-01-31",
        "2026/1/31",
        "2026.1.31",
        "20260131",
        "2026年1月31日",
        "2026-01-31 08:00:00",
        dt.date(2026, 1, 31),
        dt.datetime(2026, 1, 31),  # noqa: DTZ001 - as spreadsheets give it
    ],
)
def test_dates_are_read_as_people_write_them(cell: Cell) -> None:
    assert read(Field("d", kind=Kind.DATE), cell) == dt.date(2026, 1, 31)


@pytest.mark.parametrize("cell", ["2026-02-30", "31.1.2026", "soon", "2026131"])
def test_no_dates_are_told(cell: Cell) -> None:
    assert reason(Field("d", kind=Kind.DATE), cell) == "is no date such as 2026-01-31"


@pytest.mark.parametrize(
    "cell", ["2026-01-31 08:30", "2026/1/31 8:30:00", "2026-01-31T00:30:00Z", "2026-01-31T08:30:00+08:00", "2026年1月31日 08:30"]
)
def test_times_without_zone_are_shanghais(cell: Cell) -> None:
    assert read(Field("t", kind=Kind.TIME), cell) == dt.datetime(2026, 1, 31, 0, 30, tzinfo=dt.UTC)


def test_numbers_of_spreadsheets_become_text_without_a_fraction() -> None:
    assert read(Field("phone"), 11000000001.0) == "11000000001"


def test_whole_numbers() -> None:
    field = Field("floors", kind=Kind.INT, low=0, high=200)
    assert [read(field, cell) for cell in ("12", "12.0", 12.0, "１２")] == [12] * 4
    assert reason(field, "1.5") == "is no whole number"
    assert reason(field, "201") == "is outside 0..200"
    assert reason(field, "nan") == "is no number"


def test_yes_and_no_in_many_words() -> None:
    field = Field("key", kind=Kind.BOOL)
    assert [read(field, cell) for cell in ("是", "TRUE", 1, True, "√")] == [True] * 5
    assert [read(field, cell) for cell in ("否", "no", 0, False)] == [False] * 4
    assert reason(field, "×√") == "is not one of: true, false"


def test_codes_by_number_or_name_of_the_catalogue() -> None:
    field = Field("class_code", kind=Kind.CODE, catalogue="part_class")
    assert read(field, "路灯") == read(field, "0118") == "0118"
    assert reason(field, "0199") == "is not one of: 0118"


def test_lists_by_any_comma() -> None:
    assert read(Field("skills", many=True), "消防，急救、水电") == ["消防", "急救", "水电"]


def test_empty_cells_are_the_default_or_refused() -> None:
    assert read(Field("a", default="x"), "  ") == "x"
    assert reason(Field("a", required=True), None) == "is empty"


def test_text_that_the_database_cannot_hold_is_told() -> None:
    assert reason(Field("a"), "a\x00b") == "holds a character that is no text"
    assert reason(Field("a"), "x" * 5000) == "is longer than 4000 characters"
