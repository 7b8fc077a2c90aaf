"""National codes: each check returns the code in its standard writing, or says what is wrong without repeating the value."""

import datetime as dt
import re
import unicodedata

from stdnum.cn import ric, uscc
from stdnum.exceptions import ValidationError

from geodata.errors import InvalidInputError

PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_LETTER = "A-HJ-NP-Z"
PLATES = (
    re.compile(rf"[{PROVINCES}][{_LETTER}][{_LETTER}0-9]{{4}}[{_LETTER}0-9挂学警港澳使领]"),
    re.compile(rf"[{PROVINCES}][{_LETTER}][DABCEFGHJK][{_LETTER}0-9][0-9]{{4}}"),  # small new-energy vehicles
    re.compile(rf"[{PROVINCES}][{_LETTER}][0-9]{{5}}[DABCEFGHJK]"),  # large new-energy vehicles
    re.compile(rf"[{PROVINCES}][XS][0-9]{{4}}应急"),  # fire and rescue
)
USCC_LETTERS = re.compile(r"[0-9A-HJ-NP-RTUW-Y]{18}")
PASSPORT = re.compile(r"[A-Z0-9]{5,17}")
PHONE = re.compile(r"\+?[0-9]{5,15}(转[0-9]{1,6})?")
CAMERA_TYPES = ("131", "132")
LEVEL_DIGITS = {"district": 6, "street": 9, "community": 12, "base_grid": 15, "city_grid": 9}


def tidy(code: str) -> str:
    """Full-width forms to ASCII, letters to capitals, no blanks."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", code)).upper()


def id_number(code: str) -> str:
    """Check a citizen's number by GB 11643: 6 area + 8 birth + 3 sequence digits and a check character.

    Raises:
        InvalidInputError: the length, a character, the birth date or the check character is wrong.
    """
    number = tidy(code)
    if not re.fullmatch(r"[0-9]{17}[0-9X]", number):
        raise InvalidInputError("an ID number has 17 digits and a check character (digit or X)")
    try:
        ric.get_birth_date(number)
    except ValidationError:
        raise InvalidInputError("the birth date in the ID number is no date") from None
    if number[-1] != ric.calc_check_digit(number):
        raise InvalidInputError("the check character of the ID number is wrong")
    return number


def id_number_birth(number: str) -> dt.date:
    """Birth date in a checked ID number."""
    return dt.date(int(number[6:10]), int(number[10:12]), int(number[12:14]))


def id_number_sex(number: str) -> int:
    """Sex by GB/T 2261.1 in a checked ID number: 1 male, 2 female."""
    return 1 if int(number[16]) % 2 else 2


def passport(code: str) -> str:
    """Check the number of a foreign passport or residence permit: 5 to 17 letters and digits.

    Raises:
        InvalidInputError: it has another form.
    """
    number = tidy(code)
    if not PASSPORT.fullmatch(number):
        raise InvalidInputError("a passport number has 5 to 17 letters and digits")
    return number


def credit_code(code: str) -> str:
    """Check a unified social credit code by GB 32100.

    Raises:
        InvalidInputError: the length, a character or the check character is wrong.
    """
    number = tidy(code)
    if not USCC_LETTERS.fullmatch(number):
        raise InvalidInputError("a social credit code has 18 characters of 0-9 and A-Y without I, O, S, V, Z")
    if number[-1] != uscc.calc_check_digit(number[:-1]):
        raise InvalidInputError("the check character of the social credit code is wrong")
    return number


def part_code(code: str) -> str:
    """Check the code of a city part: 6 division + 2 major + 2 minor + 6 sequence digits.

    Raises:
        InvalidInputError: it has not 16 digits, or the division is empty.
    """
    number = tidy(code)
    if not re.fullmatch(r"[0-9]{16}", number):
        raise InvalidInputError("a part code has 16 digits: 6 division, 4 class, 6 sequence")
    if number.startswith("00"):
        raise InvalidInputError("the part code does not begin with a division code")
    return number


def camera_code(code: str) -> str:
    """Check the device id of a camera by GB/T 28181: 8 centre + 2 industry + 3 type + 1 network + 6 serial digits.

    Raises:
        InvalidInputError: it has not 20 digits, the centre is empty, or the type is not a camera's.
    """
    number = tidy(code)
    if not re.fullmatch(r"[0-9]{20}", number):
        raise InvalidInputError("a GB/T 28181 id has 20 digits")
    if number.startswith("00"):
        raise InvalidInputError("the GB/T 28181 id does not begin with a division code")
    if number[10:13] not in CAMERA_TYPES:
        raise InvalidInputError(f"digits 11-13 of a camera's GB/T 28181 id are {' or '.join(CAMERA_TYPES)}")
    return number


def plate(code: str) -> str:
    """Check a vehicle's plate by GA 36: ordinary, new-energy, and those of police, trailers, schools, embassies and rescue.

    Raises:
        InvalidInputError: it has none of these forms.
    """
    number = re.sub(r"[·•・.\-]", "", tidy(code))
    if not any(form.fullmatch(number) for form in PLATES):
        raise InvalidInputError("no plate of GA 36")
    return number


def phone(code: str) -> str:
    """Check a telephone number: 5 to 15 digits, with or without an extension; the country code 86 is left out.

    Raises:
        InvalidInputError: it has another form.
    """
    number = re.sub(r"[-()]", "", tidy(code))
    number = re.sub(r"^\+86", "", number)
    if not PHONE.fullmatch(number):
        raise InvalidInputError("a telephone number has 5 to 15 digits")
    return number


def area_code(code: str, level: str) -> str:
    """Check the code of an area: GB/T 2260 (6), street (9), community (12), base grid (15), city-management grid (6 + 9nn).

    Raises:
        InvalidInputError: the number of digits does not fit the level.
    """
    number, digits = tidy(code), LEVEL_DIGITS[level]
    if not re.fullmatch(rf"[0-9]{{{digits}}}", number):
        raise InvalidInputError(f"the code of a {level} has {digits} digits")
    if level == "city_grid" and number[6] != "9":
        raise InvalidInputError("the code of a city_grid is the district's 6 digits and 9nn")
    return number
