"""Orders of other platforms: which of their fields means what is written in services/mappings, one file for each platform."""

import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from geodata.errors import InvalidInputError, NotFoundError
from services import mappings
from services.classify import Classes
from services.report import SOURCES, Report
from services.worktime import LOCAL

FOLDER = Path(mappings.__file__).parent
PLAIN = "plain"
"""Mapping of sources that have none of their own."""
PLATFORMS = ("hotline12345", "city_dcm")
MAX_ORDERS = 500
TIMES = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y-%m-%d", "%Y/%m/%d", "%Y%m%d%H%M%S")
NUMBERS = ("lon", "lat")


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """How the orders of one platform are read."""

    source: str
    title: str
    crs: str
    orders_in: tuple[str, ...]
    """Names under which a message may hold a list of orders."""
    fields: Mapping[str, tuple[str, ...]]
    """Our field → the names that the platform may use, the first that is there counts."""
    values: Mapping[str, Mapping[str, Any]]
    """Our field → the platform's words for our values."""


@cache
def mapping(source: str) -> Platform:
    """Return how the orders of a source are read.

    Raises:
        NotFoundError: there is no such source.
    """
    if source not in SOURCES:
        raise NotFoundError(f"source {source[:20]}")
    path = FOLDER / f"{source}.json"
    known = json.loads((path if path.is_file() else FOLDER / f"{PLAIN}.json").read_text(encoding="utf-8"))
    return Platform(
        source=source,
        title=known["title"],
        crs=known["crs"],
        orders_in=tuple(known["orders_in"]),
        fields={name: tuple(names) for name, names in known["fields"].items()},
        values=known.get("values", {}),
    )


def orders(source: str, message: Any) -> list[Mapping[str, Any]]:
    """Return the orders of a message: one, a list, or a list inside.

    Raises:
        InvalidInputError: it holds none, or more than 500.
    """
    found = message
    if isinstance(message, Mapping):
        inside = [message[name] for name in mapping(source).orders_in if isinstance(message.get(name), list)]
        found = inside[0] if inside else [message]
    if not isinstance(found, Sequence) or isinstance(found, str) or not 1 <= len(found) <= MAX_ORDERS:
        raise InvalidInputError(f"send one order or a list of 1 to {MAX_ORDERS}")
    if not all(isinstance(order, Mapping) for order in found):
        raise InvalidInputError("an order is an object of named values")
    return list(found)


def read(source: str, order: Mapping[str, Any], classes: Classes) -> Report:
    """Read one order. What is not mapped stays in the raw record.

    Raises:
        InvalidInputError: it has no number, or a value cannot be read; the message names the platform's own field.
    """
    how = mapping(source)
    tidy = {_tidy(str(name)): value for name, value in order.items()}
    told: dict[str, Any] = {}
    for name, names in how.fields.items():
        field = next((each for each in names if tidy.get(_tidy(each)) not in (None, "")), None)
        if field is not None:
            told[name] = _value(how, name, field, tidy[_tidy(field)])
    if not told.get("external_no"):
        raise InvalidInputError(f"the order has no number: one of {', '.join(how.fields['external_no'][:3])}")
    class_name = told.pop("class_name", None)
    if class_name and "class_code" not in told:
        code = next((known.code for known in classes.by_code.values() if known.name == class_name), None)
        told |= {"class_code": code} if code else {"title": told.get("title") or class_name}
    return Report(**{"crs": how.crs, **told, "source": source, "raw": dict(order)})


def _value(how: Platform, name: str, field: str, value: Any) -> Any:
    words = how.values.get(name)
    if words is not None:
        if isinstance(value, bool) and name == "secret":
            return value
        try:
            return words[str(value).strip()]
        except KeyError:
            raise InvalidInputError(f"{field}={str(value)[:20]!r}: one of {', '.join(words)}") from None
    if name in NUMBERS:
        try:
            return float(value)
        except (TypeError, ValueError):
            raise InvalidInputError(f"{field}={str(value)[:20]!r}: no number") from None
    if name == "reported_at":
        return _instant(field, value)
    return str(value).strip()


def _instant(field: str, value: Any) -> datetime:
    """Read a time; without an offset it is local."""
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=LOCAL)
    if isinstance(value, int | float) and not isinstance(value, bool):
        seconds = value / 1000 if value > 1e11 else value
        try:
            return datetime.fromtimestamp(seconds, LOCAL)
        except (OverflowError, ValueError, OSError):
            raise InvalidInputError(f"{field}={value}: no time") from None
    text = str(value).strip()
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        for form in TIMES:
            try:
                at = datetime.strptime(text, form).replace(tzinfo=LOCAL)
            except ValueError:
                continue
            return at
        raise InvalidInputError(f"{field}={text[:30]!r}: no time") from None
    return at if at.tzinfo else at.replace(tzinfo=LOCAL)


def _tidy(name: str) -> str:
    return unicodedata.normalize("NFKC", name).strip().lower()
