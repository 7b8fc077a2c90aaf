"""The kinds of briefs: the files of geodata/briefs and own files of an installation, checked, and what of them stands in the database.

A file holds `[[brief]]` tables; `sections.toml` holds the sections that they share. Own files lie in DATA_DIR/briefs/types. A file that cannot be
used is named and left out, the others count.
"""

import logging
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct
from psycopg.types.json import Jsonb

from geodata.briefs import FOLDER
from geodata.db import Conn
from geodata.errors import InvalidInputError
from services.briefs.periods import Cycle
from services.briefs.queries import QUERIES
from services.rights import Role

log = logging.getLogger(__name__)

SHARED = "sections.toml"
WORDS = "words.toml"
OWN_FOLDER = Path("briefs") / "types"
"""Below DATA_DIR."""
SHOWN = ("text", "figures", "table", "chart", "map")
RECEIVERS = frozenset({Role.LEADER, Role.DISPATCHER, Role.SHIFT_LEADER, Role.ACCEPTOR, Role.DEPARTMENT})
"""Roles that briefs are sent to."""
CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")

UPSERT = """
    INSERT INTO hall.brief_type (code, definition, position, loaded_at) VALUES (%(code)s, %(definition)s, %(position)s, %(now)s)
    ON CONFLICT (code) DO UPDATE SET definition = EXCLUDED.definition, position = EXCLUDED.position, loaded_at = EXCLUDED.loaded_at
    WHERE (brief_type.definition, brief_type.position) IS DISTINCT FROM (EXCLUDED.definition, EXCLUDED.position)
"""
READ = "SELECT definition, enabled FROM hall.brief_type ORDER BY position, code LIMIT 1000"
ONE = "SELECT definition, enabled FROM hall.brief_type WHERE code = %s"

Code = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{1,40}$")]
Title = Annotated[str, Meta(min_length=1, max_length=60)]


class Sentence(Struct, frozen=True, forbid_unknown_fields=True):
    """One sentence; written when the figure `when` is there and not zero, and `unless` is."""

    text: str
    when: str = ""
    unless: str = ""


class CaseFilter(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which cases count; an empty list is all."""

    majors: list[str] = []
    subs: list[str] = []
    groups: list[str] = []
    classes: list[str] = []
    sources: list[str] = []
    levels: list[Annotated[int, Meta(ge=0, le=4)]] = []


class Options(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a section asks of its query."""

    limit: Annotated[int, Meta(ge=1, le=60)] = 10
    by: str = ""
    kind: str = ""


class SectionSpec(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A section: a query and how its answer is shown."""

    title: Title
    query: str
    show: list[str]
    sentences: list[str | Sentence] = []
    options: Options = Options()
    filter: CaseFilter | None = None
    """Instead of the brief's own."""


class BriefType(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A kind of brief."""

    code: Code
    name: Title
    name_en: Title
    cycle: Cycle
    at: str = "07:30"
    """Time of day in China at which it is written, on the day after its period."""
    levels: tuple[str, ...] = ("district",)
    """Areas that get an issue each: district, street."""
    roles: list[Role] = []
    departments: list[str] = []
    """Codes of departments whose accounts get it as well."""
    occasion: str = ""
    """Of briefs about something that happened: case_opened, case_closed, mode_changed."""
    filter: CaseFilter = CaseFilter()
    basis: str = ""
    """Said at the end of the brief beside what is always said."""
    sections: list[SectionSpec]

    @property
    def time(self) -> time:
        """`at` as a time."""
        return time.fromisoformat(self.at)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All kinds by their code, in their order, and the files that could not be used with the reason."""

    types: Mapping[str, BriefType]
    refused: Mapping[str, str] = field(default_factory=dict)


OCCASIONS = ("case_opened", "case_closed", "mode_changed")
LEVELS = ("district", "street")


@cache
def shared() -> Mapping[str, Mapping[str, Any]]:
    """The sections that kinds refer to by name."""
    return dict(tomllib.loads((FOLDER / SHARED).read_text(encoding="utf-8")))


def delivered() -> Catalogue:
    """Read the delivered kinds.

    Raises:
        InvalidInputError: a file is wrong; the message names file and place.
    """
    files = sorted(path for path in FOLDER.glob("*.toml") if path.name not in {SHARED, WORDS})
    return Catalogue({kind.code: kind for path in files for kind in read_file(path)})


def with_own(data_dir: Path) -> Catalogue:
    """Read the delivered kinds and those of the installation; an own kind of a delivered code replaces it."""
    types, refused = dict(delivered().types), {}
    for path in sorted((data_dir / OWN_FOLDER).glob("*.toml")):
        try:
            types |= {kind.code: kind for kind in read_file(path)}
        except InvalidInputError as error:
            refused[path.name] = str(error)
    return Catalogue(types, refused)


def read_file(path: Path) -> list[BriefType]:
    """Read the kinds of one file.

    Raises:
        InvalidInputError: it is no TOML, a field is wrong, or a query, section or role is not known.
    """
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidInputError(f"{path.name}: {error}") from None
    rows = given.get("brief", [])
    if not isinstance(rows, list) or set(given) - {"brief"}:
        raise InvalidInputError(f"{path.name}: holds nothing but [[brief]] tables")
    return [parse(row, f"{path.name}, brief {position}") for position, row in enumerate(rows, 1)]


def parse(row: Mapping[str, Any], where: str) -> BriefType:
    """Make a kind of a table of a file. Same errors as `read_file`."""
    try:
        sections = [_spread(section) for section in row.get("sections", [])]
        kind = msgspec.convert({**row, "sections": sections}, BriefType)
    except (msgspec.ValidationError, InvalidInputError) as error:
        raise InvalidInputError(f"{where}: {error}") from None
    _check(kind, where)
    return kind


def _spread(section: str | Mapping[str, Any]) -> Mapping[str, Any]:
    """Replace the name of a shared section by what it stands for; `use` is the name with changes beside it."""
    given: dict[str, Any] = {"use": section} if isinstance(section, str) else dict(section)
    name = given.pop("use", None)
    if name is None:
        return given
    if name not in shared():
        raise InvalidInputError(f"no section {name!r} in {SHARED}")
    return {**shared()[name], **given}


def _check(kind: BriefType, where: str) -> None:
    def refuse(text: str) -> None:
        raise InvalidInputError(f"{where} ({kind.code}): {text}")

    if not kind.sections:
        refuse("has no sections")
    if not CLOCK.fullmatch(kind.at):
        refuse(f"at={kind.at!r}: a time of day as 07:30")
    if not kind.levels or set(kind.levels) - set(LEVELS):
        refuse(f"levels={kind.levels}: {', '.join(LEVELS)}")
    if (kind.cycle is Cycle.EVENT) != (kind.occasion in OCCASIONS):
        refuse(f"occasion={kind.occasion!r}: one of {', '.join(OCCASIONS)} with the cycle event, else none")
    if set(kind.roles) - RECEIVERS:
        refuse(f"roles: briefs go to {', '.join(sorted(RECEIVERS))}")
    for section in kind.sections:
        if section.query not in QUERIES:
            refuse(f"no query {section.query!r}; known are {', '.join(sorted(QUERIES))}")
        if not section.show or set(section.show) - set(SHOWN):
            refuse(f"{section.title}: show is some of {', '.join(SHOWN)}")


def store(conn: Conn, catalogue: Catalogue, now: datetime) -> int:
    """Bring the kinds into the database; those that are gone stay for the issues that they have. Returns how many changed."""
    changed = 0
    for position, kind in enumerate(catalogue.types.values()):
        row = {"code": kind.code, "definition": Jsonb(msgspec.to_builtins(kind)), "position": position, "now": now}
        changed += conn.execute(UPSERT, row).rowcount
    return changed


def stored(conn: Conn) -> dict[str, tuple[BriefType, bool]]:
    """Return the kinds of the database by code, in their order, and whether each is written at present."""
    found: dict[str, tuple[BriefType, bool]] = {}
    for definition, enabled in conn.execute(READ):
        try:
            kind = msgspec.convert(definition, BriefType)
        except msgspec.ValidationError as error:  # written by another version of the product
            log.warning("brief type %s: %s", definition.get("code"), error)
            continue
        found[kind.code] = (kind, enabled)
    return found


def plain_sentences(sentences: Iterable[str | Sentence]) -> list[Sentence]:
    """Return sentences with their conditions."""
    return [Sentence(one) if isinstance(one, str) else one for one in sentences]
