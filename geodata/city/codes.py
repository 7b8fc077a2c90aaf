"""Codes with valid check digits that can belong to nobody: area 990000 does not exist, phones begin with 110, plates with 湘Z."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from geodata.city.draws import running_numbers
from geodata.city.ground import Bools, Ints
from geodata.city.texts import ascii_rows, digits, joined, padded, picked
from geodata.errors import InvalidInputError

DIVISION = 990_000
ID_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
ID_CHECKS = np.frombuffer(b"10X98765432", np.uint8)
USCC_ALPHABET = np.frombuffer(b"0123456789ABCDEFGHJKLMNPQRTUWXY", np.uint8)
USCC_WEIGHTS = np.array([1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28])
ORGANIZATION_WEIGHTS = np.array([3, 7, 9, 10, 5, 8, 4, 2])
CHECK_X = int(np.flatnonzero(ord("X") == USCC_ALPHABET)[0])
MOST_BORN = 500
"""People of one sex born on one day in one area that GB 11643 has numbers for."""
PHONES = 100_000_000
PLATE_LETTERS = tuple("ABCDEFGHJKLMNPQRSTUVWXYZ")

Days = npt.NDArray[np.datetime64]


def citizen_ids(born: Days, male: Bools) -> pa.Array:
    """GB 11643 numbers: area, birthday, sequence (odd for men) and check character. `born` is datetime64[D].

    Raises:
        InvalidInputError: more than 500 of one sex were born on one day; ages piled up on a limit.
    """
    order = running_numbers(born.astype(np.int64) * 2 + male)
    if len(order) and order.max() >= MOST_BORN:
        raise InvalidInputError(f"{int(order.max()) + 1} people of one sex born on one day")
    body = np.hstack([digits(np.full(len(born), DIVISION), 6), digits(calendar_numbers(born), 8), digits(order * 2 + male, 3)])
    return ascii_rows(np.column_stack([body + np.uint8(ord("0")), ID_CHECKS[weighed(body, ID_WEIGHTS) % 11]]))


def weighed(body: npt.NDArray[np.uint8], weights: npt.NDArray[np.int64]) -> Ints:
    """Sum of characters times weights, row by row; single precision is exact for sums this small."""
    return (body.astype(np.float32) @ weights.astype(np.float32)).astype(np.int64)


def calendar_numbers(days: Days) -> Ints:
    """datetime64[D] as yyyymmdd."""
    months = days.astype("datetime64[M]")
    year = days.astype("datetime64[Y]").astype(np.int64) + 1970
    month = months.astype(np.int64) % 12 + 1
    day = (days - months).astype(np.int64) + 1
    return np.asarray(year * 10_000 + month * 100 + day, np.int64)


def credit_codes(registrar: npt.NDArray[np.uint8], category: npt.NDArray[np.uint8]) -> pa.Array:
    """GB 32100 codes, unique by row: registration authority and category (one digit each), area, GB 11714 body, check character."""
    count = len(registrar)
    body = digits(np.arange(1, count + 1) * 739 % 99_999_989, 8)
    check = (11 - weighed(body, ORGANIZATION_WEIGHTS) % 11) % 11
    check = np.where(check == 10, CHECK_X, check).astype(np.uint8)
    area = digits(np.full(count, DIVISION), 6)
    head = np.column_stack([registrar, category, area, body, check])
    last = (31 - weighed(head, USCC_WEIGHTS) % 31) % 31
    return ascii_rows(USCC_ALPHABET[np.column_stack([head, last])])


def phones(serial: npt.ArrayLike) -> pa.Array:
    """110 and eight digits; different serials below 1e8 give different numbers in no visible order."""
    return joined("110", padded((np.asarray(serial, np.int64) * 48_271_193 + 12_345) % PHONES, 8))


def device_ids(industry: npt.NDArray[np.object_], network: npt.NDArray[np.object_]) -> pa.Array:
    """GB/T 28181 ids of network cameras: centre 99000000, industry (2), type 132, network (1), serial (6)."""
    serial = padded(np.arange(1, len(industry) + 1), 6)
    return joined(f"{DIVISION}00", pa.array(industry, pa.string()), "132", pa.array(network, pa.string()), serial)


def part_codes(classes: npt.NDArray[np.object_]) -> pa.Array:
    """CJ/T 214 codes of parts: area, class (4), sequence within the class (6)."""
    return joined(f"{DIVISION}", pa.array(classes, pa.string()), padded(running_numbers(classes.astype("U4")) + 1, 6))


def case_numbers(days: Days) -> pa.Array:
    """Case numbers: area, local day of report, sequence of the day (5). `days` is datetime64[D]."""
    return joined(f"{DIVISION}", padded(calendar_numbers(days), 8), padded(running_numbers(days.astype(np.int64)) + 1, 5))


def plates(serial: npt.ArrayLike) -> pa.Array:
    """GA 36 plates of a letter that is not issued (湘Z): two letters and three digits, unique below 576,000."""
    scattered = np.asarray(serial, np.int64) * 104_729 + 123_456
    scattered %= 576_000
    letters, three = scattered // 1000, scattered % 1000
    count = len(PLATE_LETTERS)
    return joined("湘Z", picked(PLATE_LETTERS, letters // count), picked(PLATE_LETTERS, letters % count), padded(three, 3))
