"""Codes that are valid by their standards and can belong to nobody."""

import numpy as np
import pytest
from stdnum.cn import uscc

from geodata import codes as checked
from geodata.city.codes import (
    case_numbers,
    citizen_ids,
    credit_codes,
    device_ids,
    part_codes,
    phones,
    plates,
)
from geodata.errors import InvalidInputError


def test_citizen_numbers_carry_birthday_and_sex_and_a_valid_check_character() -> None:
    born = np.datetime64("1990-01-01") + np.arange(2000) % 700
    male = np.arange(2000) % 2 == 0
    numbers = citizen_ids(born, male).to_pylist()
    assert len(set(numbers)) == 2000
    assert all(number.startswith("990000") and checked.id_number(number) == number for number in numbers)
    assert [checked.id_number_birth(number) for number in numbers] == born.tolist()
    assert [checked.id_number_sex(number) for number in numbers] == np.where(male, 1, 2).tolist()


def test_a_known_citizen_number() -> None:
    # 990000 19491231 002 under the weights 7 9 10 5 8 4 2 1 6 3 7 9 10 5 8 4 2 sums to 270, which is 6 modulo 11, and 6 stands for 6
    born = np.array(["1949-12-31", "1949-12-31"], "datetime64[D]")
    assert citizen_ids(born, np.array([False, False])).to_pylist()[1] == "990000194912310026"


def test_more_than_five_hundred_births_of_one_sex_a_day_are_refused() -> None:
    born = np.full(501, np.datetime64("2000-02-29"))
    assert len(citizen_ids(born[:500], np.ones(500, bool))) == 500
    with pytest.raises(InvalidInputError, match="501"):
        citizen_ids(born, np.ones(501, bool))


def test_credit_codes_are_valid_and_unique() -> None:
    numbers = credit_codes(np.full(3000, 9, np.uint8), np.full(3000, 1, np.uint8)).to_pylist()
    assert len(set(numbers)) == 3000
    assert all(uscc.is_valid(number) and number[2:8] == "990000" for number in numbers)


def test_phones_begin_with_110_and_do_not_repeat() -> None:
    numbers = phones(np.arange(200_000)).to_pylist()
    assert len(set(numbers)) == 200_000
    assert all(number.startswith("110") and len(number) == 11 for number in numbers[:100])


def test_plates_have_the_form_of_ordinary_ones() -> None:
    numbers = plates(np.arange(5000)).to_pylist()
    assert len(set(numbers)) == 5000
    assert all(number.startswith("湘Z") and checked.plate(number) == number for number in numbers)


def test_device_ids_have_twenty_digits_with_industry_type_and_network_in_place() -> None:
    ids = device_ids(np.array(["00", "08"], object), np.array(["5", "6"], object)).to_pylist()
    assert ids == ["99000000001325000001", "99000000081326000002"]
    assert all(checked.camera_code(number) == number for number in ids)


def test_parts_are_counted_within_their_class_and_cases_within_their_day() -> None:
    assert part_codes(np.array(["0118", "0101", "0118"], object)).to_pylist() == [
        "9900000118000001",
        "9900000101000001",
        "9900000118000002",
    ]
    days = np.array(["2026-11-22", "2026-11-23", "2026-11-23"], "datetime64[D]")
    assert case_numbers(days).to_pylist() == ["9900002026112200001", "9900002026112300001", "9900002026112300002"]
