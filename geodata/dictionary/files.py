"""The delivered dictionary as it stands in the files of this folder."""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class SubClass:
    """小类: `code` is the letter of the major class and a number."""

    code: str
    name: str
    major: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MinorClass:
    """细类. Two classes of one `kind_group` may be the same thing seen by two reporters."""

    code: str
    name: str
    major: str
    sub_code: str
    kind: str
    kind_group: str
    default_level: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Standard:
    """立案条件, 处置时限, 结案条件. `position` counts from 1 within the class."""

    class_code: str
    position: int
    condition: str
    limit_value: str
    limit_unit: str
    closing: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Department:
    """A bureau or company for the whole district; streets come from the areas."""

    code: str
    name: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """Who answers for a subject: `owner` first, or the `territory` first with the department to help it."""

    subject: str
    order: str
    department: str
    helpers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectionKind:
    """What an analyser of pictures may find, and the case that an accepted finding becomes."""

    kind: str
    zh: str
    en: str
    class_code: str
    level: int


@cache
def sub_classes() -> tuple[SubClass, ...]:
    """All sub classes, in the order of the tree."""
    return tuple(SubClass(**row) for row in _rows("sub_classes.csv"))


@cache
def classes() -> tuple[MinorClass, ...]:
    """All minor classes, in the order of the tree."""
    majors = {item.code: item.major for item in sub_classes()}
    return tuple(
        MinorClass(
            code=row["code"],
            name=row["name"],
            major=majors[row["sub_code"]],
            sub_code=row["sub_code"],
            kind=row["kind"],
            kind_group=row["kind_group"],
            default_level=int(row["default_level"]),
        )
        for row in _rows("classes.csv")
    )


@cache
def standards() -> tuple[Standard, ...]:
    """All filing conditions, those of one class in their order."""
    out: list[Standard] = []
    places: dict[str, int] = {}
    for row in _rows("standards.csv"):
        places[row["class_code"]] = position = places.get(row["class_code"], 0) + 1
        out.append(Standard(position=position, **row))
    return tuple(out)


@cache
def departments() -> tuple[Department, ...]:
    """Bureaus and companies."""
    return tuple(Department(**row) for row in _rows("departments.csv"))


@cache
def duties() -> tuple[Duty, ...]:
    """Who answers for what: every sub class, and the classes that differ from theirs."""
    return tuple(
        Duty(
            subject=row["subject"], order=row["order"], department=row["department"], helpers=tuple(filter(None, row["helpers"].split(";")))
        )
        for row in _rows("duty_rules.csv")
    )


@cache
def detection_kinds() -> Mapping[str, DetectionKind]:
    """Findings of analysers by their kind, in the order of the file."""
    rows = _rows("detections.csv")
    return {row["kind"]: DetectionKind(**{**row, "level": int(row["level"])}) for row in rows}  # type: ignore[arg-type]


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)
