"""National codes: examples of the standards, and that any single wrong character is found."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata import codes
from geodata.errors import InvalidInputError


def test_id_number_of_the_standard() -> None:
    assert codes.id_number("11010519491231002x") == "11010519491231002X"
    assert codes.id_number_birth("11010519491231002X") == dt.date(1949, 12, 31)
    assert codes.id_number_sex("11010519491231002X") == 2


def test_full_width_digits_and_blanks_are_tidied() -> None:
    assert codes.id_number(" １１０１０５ 19491231 002X ") == "11010519491231002X"


@pytest.mark.parametrize("number", ["11010519491231002", "110105194912310021", "11010519490231002X", "A1010519491231002X", ""])
def test_wrong_id_numbers_are_refused_without_being_repeated(number: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        codes.id_number(number)
    assert not number or number not in str(caught.value)


@given(st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_of_an_id_number_is_always_found(place: int, shift: int) -> None:
    good = "11010519491231002X"
    wrong = good[:place] + str((int(good[place]) + shift) % 10) + good[place + 1 :]
    with pytest.raises(InvalidInputError):
        codes.id_number(wrong)


def test_credit_code_of_the_standard() -> None:
    assert codes.credit_code("91310230ma1k314j7c") == "91310230MA1K314J7C"


@given(st.integers(0, 17), st.sampled_from("0123456789ABCDEFGHJKLMNPQRTUWXY"))
def test_one_wrong_character_of_a_credit_code_is_always_found(place: int, other: str) -> None:
    good = "91310230MA1K314J7C"
    wrong = good[:place] + other + good[place + 1 :]
    if wrong != good:
        with pytest.raises(InvalidInputError):
            codes.credit_code(wrong)


@pytest.mark.parametrize("number", ["9131023OMA1K314J7C", "91310230MA1K314J7", "91310230MA1K314J7I"])
def test_wrong_credit_codes_are_refused(number: str) -> None:
    with pytest.raises(InvalidInputError):
        codes.credit_code(number)


def test_part_code_has_16_digits() -> None:
    assert codes.part_code("3205080101000001") == "3205080101000001"
    for wrong in ("320508010100001", "32050801010000011", "32050801010000A1", "0005080101000001"):
        with pytest.raises(InvalidInputError):
            codes.part_code(wrong)


def test_camera_code_is_a_cameras() -> None:
    assert codes.camera_code("43010500081326000001") == "43010500081326000001"[:20]
    with pytest.raises(InvalidInputError, match="131 or 132"):
        codes.camera_code("43010500082006000001")
    with pytest.raises(InvalidInputError, match="20 digits"):
        codes.camera_code("4301050008132600001")


@pytest.mark.parametrize("plate", ["湘A12345", "湘A·12345", "湘AD12345", "湘A12345D", "京A1234警", "粤Z1234港", "京X0001应急", "湘a1b2c3"])
def test_plates_of_ga36(plate: str) -> None:
    assert len(codes.plate(plate)) in (7, 8)


@pytest.mark.parametrize("plate", ["湘A1234", "湘AI2345", "A12345", "湘A123456", "湘OD12345", ""])
def test_other_plates_are_refused(plate: str) -> None:
    with pytest.raises(InvalidInputError):
        codes.plate(plate)


def test_phone_loses_the_country_code_and_signs() -> None:
    assert codes.phone("+86 110-0000-1111") == "11000001111"
    assert codes.phone("(0731) 8888-0000 转 12") == "073188880000转12"
    with pytest.raises(InvalidInputError):
        codes.phone("12a45")


@pytest.mark.parametrize(
    ("level", "code"),
    [
        ("district", "430105"),
        ("street", "430105001"),
        ("community", "430105001002"),
        ("base_grid", "430105001002003"),
        ("city_grid", "430105901"),
    ],
)
def test_area_codes_have_the_digits_of_their_level(level: str, code: str) -> None:
    assert codes.area_code(code, level) == code
    with pytest.raises(InvalidInputError):
        codes.area_code(code + "1", level)
