"""The event dictionary for programs. Every account reads it; the system administrator writes."""

from dataclasses import dataclass
from decimal import Decimal

from flask import request
from msgspec import Struct

from api import parameters
from api.context import Context
from api.identity import current_caller
from api.routes import Route, body
from geodata.db import reading
from services import audit, dictionary, dictionary_edit, duty
from services.dictionary_edit import ClassEntry, StandardEntry

GRID = parameters.text("grid_code", 15, "Tell who answers for the class at this place, an area code.")


class StandardBody(Struct, forbid_unknown_fields=True):
    """A filing condition. Without `id` it is new."""

    condition: str
    limit_value: Decimal
    limit_unit: str
    closing: str
    enabled: bool = True
    id: int | None = None


class ClassBody(Struct, forbid_unknown_fields=True):
    """A class as it shall be. Conditions that are not named go out of force; they are not deleted, as cases refer to them."""

    name: str
    sub_code: str
    standards: list[StandardBody]
    kind: str = "event"
    kind_group: str = ""
    default_level: int = 0
    enabled: bool = True

    def entry(self) -> ClassEntry:
        """Return it for the service."""
        return ClassEntry(
            name=self.name,
            sub_code=self.sub_code,
            kind=self.kind,
            kind_group=self.kind_group,
            default_level=self.default_level,
            enabled=self.enabled,
            standards=[
                StandardEntry(
                    id=item.id,
                    condition=item.condition,
                    limit_value=item.limit_value,
                    limit_unit=item.limit_unit,
                    closing=item.closing,
                    enabled=item.enabled,
                )
                for item in self.standards
            ],
        )


class NewClass(ClassBody, kw_only=True, forbid_unknown_fields=True):
    """A class to add: 3 to 8 capitals and digits."""

    code: str


class SubClassName(Struct, forbid_unknown_fields=True):
    """A sub class as it shall be called; it stays in its major class."""

    name: str


class NewSubClass(SubClassName, kw_only=True, forbid_unknown_fields=True):
    """A sub class to add: 3 to 8 capitals and digits."""

    code: str
    major: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StandardView:
    """A filing condition with its limit and the end of a case under it."""

    id: int
    position: int
    condition: str
    limit_value: float
    limit_unit: str
    closing: str
    enabled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EventClassView:
    """A class with its conditions; `responsible` only when a place was named."""

    code: str
    name: str
    major: str
    sub_code: str | None
    sub_name: str
    kind: str
    kind_group: str
    default_level: int
    enabled: bool
    standards: list[StandardView]
    responsible: duty.Responsible | None


class DictionaryViews:
    """Views over the dictionary."""

    def __init__(self, context: Context) -> None:
        self._pool = context.pool

    def tree(self) -> dictionary.Tree:
        """All classes."""
        with reading(self._pool) as conn:
            return dictionary.tree(conn)

    def one(self, code: str) -> EventClassView:
        """One class with its conditions."""
        grid_code = GRID.optional(request.args)
        with reading(self._pool) as conn:
            found = dictionary.minor_class(conn, code)
            sub = dictionary.sub_class(conn, found.sub_code) if found.sub_code else None
            standards = dictionary.standards_of(conn, code, all_of_them=True)
            who = duty.responsible(conn, code, grid_code) if grid_code else None
        return EventClassView(
            code=found.code,
            name=found.name,
            major=found.major,
            sub_code=found.sub_code,
            sub_name=sub.name if sub else "",
            kind=found.kind,
            kind_group=found.kind_group,
            default_level=found.default_level,
            enabled=found.enabled,
            standards=[_shown(item) for item in standards],
            responsible=who,
        )

    def create(self) -> dictionary.MinorClass:
        """Add a class."""
        new, caller = body(NewClass), current_caller()
        with audit.attempt(self._pool, caller, "dictionary_change", f"dictionary/{new.code[:20]}") as conn:
            return dictionary_edit.create_class(conn, caller, new.code, new.entry())

    def change(self, code: str) -> dictionary.MinorClass:
        """Replace a class."""
        wanted, caller = body(ClassBody), current_caller()
        with audit.attempt(self._pool, caller, "dictionary_change", f"dictionary/{code[:20]}") as conn:
            return dictionary_edit.change_class(conn, caller, code, wanted.entry())

    def create_sub(self) -> dictionary.SubClass:
        """Add a sub class."""
        new, caller = body(NewSubClass), current_caller()
        with audit.attempt(self._pool, caller, "dictionary_change", f"dictionary/{new.code[:20]}") as conn:
            dictionary_edit.create_sub_class(conn, caller, new.code, new.name, new.major)
            return dictionary.sub_class(conn, new.code)

    def change_sub(self, code: str) -> dictionary.SubClass:
        """Give a sub class another name."""
        wanted, caller = body(SubClassName), current_caller()
        with audit.attempt(self._pool, caller, "dictionary_change", f"dictionary/{code[:20]}") as conn:
            dictionary_edit.rename_sub_class(conn, caller, code, wanted.name)
            return dictionary.sub_class(conn, code)

    def routes(self) -> tuple[Route, ...]:
        """All operations."""
        subs = "/api/v1/dictionary/sub-classes"
        one = "/api/v1/dictionary/{code}"
        return (
            Route(
                method="GET",
                path="/api/v1/dictionary",
                view=self.tree,
                answer=dictionary.Tree,
                summary="The event dictionary as a tree: major, sub and minor classes with their live counts",
            ),
            Route(
                method="POST",
                path="/api/v1/dictionary",
                view=self.create,
                body=NewClass,
                answer=dictionary.MinorClass,
                status=201,
                summary="Add a class with its filing conditions (system administrator)",
            ),
            Route(
                method="POST",
                path=subs,
                view=self.create_sub,
                body=NewSubClass,
                answer=dictionary.SubClass,
                status=201,
                summary="Add a sub class to a major class (system administrator)",
            ),
            Route(
                method="PUT",
                path=f"{subs}/{{code}}",
                view=self.change_sub,
                body=SubClassName,
                answer=dictionary.SubClass,
                summary="Give a sub class another name (system administrator)",
            ),
            Route(
                method="GET",
                path=one,
                view=self.one,
                answer=EventClassView,
                parameters=(GRID,),
                summary="A class: filing conditions, limits, closing conditions; with `grid_code` also who answers for it there",
            ),
            Route(
                method="PUT",
                path=one,
                view=self.change,
                body=ClassBody,
                answer=dictionary.MinorClass,
                summary="Replace a class and its conditions (system administrator)",
            ),
        )


def _shown(item: dictionary.Standard) -> StandardView:
    return StandardView(
        id=item.id,
        position=item.position,
        condition=item.condition,
        limit_value=float(item.limit_value),
        limit_unit=item.limit_unit,
        closing=item.closing,
        enabled=item.enabled,
    )
