"""Area codes as numbers, so that "within this area" is a range: a code prefix covers exactly the codes that begin with it."""

DIGITS = 15
_BASE = 11
"""Ten digits and "no digit", which sorts first: a district's own code lies outside the scope of its street 000."""


def number(code: str | None) -> int:
    """Return the number of an area code of up to 15 digits, or -1 when there is none: a row without area is in nobody's part."""
    if not code or len(code) > DIGITS or not (code.isascii() and code.isdigit()):
        return -1
    value = 0
    for digit in code:
        value = value * _BASE + int(digit) + 1
    for _ in range(DIGITS - len(code)):
        value *= _BASE
    return value


def bounds(scope: str) -> tuple[int, int]:
    """Return the smallest and the largest number of the codes that begin with `scope`."""
    low = number(scope)
    return low, low + int(_BASE ** (DIGITS - len(scope))) - 1
