"""Cells of a file as values of the database, column by column."""

import datetime as dt
import math
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from geodata.errors import InvalidInputError
from geodata.imports import words
from geodata.imports.fields import Cell, Field, Value
from geodata.source import Kind

LOCAL_TIME = dt.timezone(dt.timedelta(hours=8), "Asia/Shanghai")
"""Times without a zone are local."""
MAX_TEXT = 4_000
MAX_NUMBER = 1e30
"""The database's `real` holds no larger numbers, and none nearer to zero than its inverse."""
MAX_ALLOWED_SHOWN = 40
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?=$|[ T])")
_COMPACT_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})")
Parsed = TypeVar("Parsed", int, float)


def plain(text: str) -> str:
    """A word for comparison: ASCII forms, no case, no blanks or signs."""
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", text)).casefold() or text.strip()


def read_column(field: Field, cells: Sequence[Cell], catalogues: Mapping[str, Mapping[str, str]]) -> tuple[list[Value], dict[int, str]]:
    """Read one column; return the values and, by position, why a cell cannot be used (its value is then None).

    Args:
        field: what the column is.
        cells: what the file gives.
        catalogues: the codes and names of each catalogue table.
    """
    parse = parser(field, catalogues)
    known: dict[tuple[type, Cell], Value | InvalidInputError] = {}  # by type as well: 1 == True == 1.0
    values: list[Value] = []
    reasons: dict[int, str] = {}
    for position, cell in enumerate(cells):
        key = (type(cell), cell)
        if key not in known:
            try:
                known[key] = parse(cell)
            except InvalidInputError as error:
                known[key] = error
        value = known[key]
        if isinstance(value, InvalidInputError):
            reasons[position] = str(value)
            values.append(None)
        else:
            values.append(value)
    return values, reasons


def parser(field: Field, catalogues: Mapping[str, Mapping[str, str]]) -> Callable[[Cell], Value]:
    """Build the function that reads one cell of a field."""
    read = _reader(field, catalogues)

    def parse(cell: Cell) -> Value:
        if is_empty(cell):
            if field.required:
                raise InvalidInputError("is empty")
            return field.default
        return read(cell)

    return parse


def is_empty(cell: Cell) -> bool:
    """Whether a cell says nothing."""
    return cell is None or (isinstance(cell, str) and not cell.strip()) or (isinstance(cell, float) and math.isnan(cell))


def text(cell: Cell) -> str:
    """A cell as trimmed text; whole numbers lose the .0 that spreadsheets give them."""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    result = str(cell).strip()
    if "\x00" in result:
        raise InvalidInputError("holds a character that is no text")
    if len(result) > MAX_TEXT:
        raise InvalidInputError(f"is longer than {MAX_TEXT} characters")
    return result


def number(cell: Cell) -> float:
    """A cell as a finite number; thousands may be parted by commas."""
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        value = float(cell)
    else:
        try:
            value = float(re.sub(r"(?<=\d),(?=\d{3})", "", unicodedata.normalize("NFKC", text(cell))))
        except ValueError:
            raise InvalidInputError("is no number") from None
    if not math.isfinite(value):
        raise InvalidInputError("is no number")
    return value


def _reader(field: Field, catalogues: Mapping[str, Mapping[str, str]]) -> Callable[[Cell], Value]:
    if field.many:
        return lambda cell: [part.strip() for part in re.split(r"[,，、;；|]", text(cell)) if part.strip()]
    match field.kind:
        case Kind.CODE:
            return _code(_meanings(field, catalogues), sorted(catalogues[field.catalogue] if field.catalogue else field.words))
        case Kind.BOOL:
            read = _code(_meanings_of(field.words or words.BOOLEAN), ["true", "false"])
            return lambda cell: cell if isinstance(cell, bool) else read(cell) == "true"
        case Kind.INT:
            return lambda cell: _within(field, _whole(cell))
        case Kind.FLOAT:
            return lambda cell: _within(field, _measured(cell))
        case Kind.DATE:
            return _date
        case Kind.TIME:
            return _time
        case _:
            check = field.check
            return (lambda cell: check(text(cell))) if check else text


def _meanings(field: Field, catalogues: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    return _meanings_of(catalogues[field.catalogue] if field.catalogue else field.words)


def _meanings_of(allowed: Mapping[str, str]) -> dict[str, str]:
    meanings: dict[str, str] = {}
    for code, names in allowed.items():
        for name in names.split("|"):
            meanings.setdefault(plain(name), code)
    return meanings | {plain(code): code for code in allowed}


def _code(meanings: Mapping[str, str], allowed: Sequence[str]) -> Callable[[Cell], str]:
    def read(cell: Cell) -> str:
        try:
            return meanings[plain(text(cell))]
        except KeyError:
            shown = ", ".join(allowed[:MAX_ALLOWED_SHOWN]) + (" …" if len(allowed) > MAX_ALLOWED_SHOWN else "")
            raise InvalidInputError(f"is not one of: {shown}") from None

    return read


def _whole(cell: Cell) -> int:
    value = number(cell)
    if not value.is_integer():
        raise InvalidInputError("is no whole number")
    return int(value)


def _measured(cell: Cell) -> float:
    value = number(cell)
    if abs(value) > MAX_NUMBER:
        raise InvalidInputError("is too large a number")
    return value if abs(value) >= 1 / MAX_NUMBER else 0.0


def _within(field: Field, value: Parsed) -> Parsed:
    if (field.low is not None and value < field.low) or (field.high is not None and value > field.high):
        raise InvalidInputError(f"is outside {field.low:g}..{field.high:g}")
    return value


def _date(cell: Cell) -> dt.date:
    if isinstance(cell, dt.datetime):
        return cell.date()
    if isinstance(cell, dt.date):
        return cell
    word = text(cell)
    found = _COMPACT_DATE.fullmatch(word) or _DATE.match(word)
    try:
        if found:
            return dt.date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        pass
    raise InvalidInputError("is no date such as 2026-01-31")


def _time(cell: Cell) -> dt.datetime:
    value = cell if isinstance(cell, dt.datetime) else None
    if value is None and isinstance(cell, dt.date):
        value = dt.datetime(cell.year, cell.month, cell.day, tzinfo=LOCAL_TIME)
    if value is None:
        word = re.sub(r"[年月]", "-", text(cell)).replace("日", " ").replace("/", "-").replace("  ", " ").strip()
        word = re.sub(r"^(\d{4})-(\d{1,2})-(\d{1,2})", lambda part: f"{part[1]}-{int(part[2]):02}-{int(part[3]):02}", word)
        word = re.sub(r"(?<=[ T])(\d):", r"0\1:", word)
        try:
            value = dt.datetime.fromisoformat(word)
        except ValueError:
            raise InvalidInputError("is no time such as 2026-01-31 08:30:00") from None
    return (value if value.tzinfo else value.replace(tzinfo=LOCAL_TIME)).astimezone(dt.UTC)
