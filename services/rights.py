"""Who may read what: role × area scope × sensitivity, decided where data is read and nowhere else."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from geodata.source import Column, Mask, Sensitivity


class Role(StrEnum):
    """What an account is for. No account holds two roles; the three administrators see no business data."""

    LEADER = "leader"
    DISPATCHER = "dispatcher"
    ACCEPTOR = "acceptor"
    SHIFT_LEADER = "shift_leader"
    DEPARTMENT = "department"
    WORKER = "worker"
    WALL = "wall"
    CITIZEN = "citizen"
    SYSTEM_ADMIN = "system_admin"
    SECURITY_ADMIN = "security_admin"
    AUDIT_ADMIN = "audit_admin"


MAY_UNMASK = frozenset({Role.LEADER, Role.DISPATCHER, Role.SHIFT_LEADER, Role.ACCEPTOR, Role.WORKER})
MAY_SEE_RESTRICTED = frozenset({Role.LEADER, Role.SHIFT_LEADER})
MAY_EXPORT = frozenset({Role.LEADER, Role.DISPATCHER, Role.SHIFT_LEADER, Role.DEPARTMENT})


@dataclass(frozen=True, slots=True)
class Reader:
    """The account behind a request. `scope` is an area code prefix; empty means everything."""

    account_id: int
    username: str
    display_name: str
    role: Role
    scope: str


class Treatment(StrEnum):
    """What happens to a column on its way to a reader."""

    CLEAR = "clear"
    MASKED = "masked"
    HIDDEN = "hidden"


def treatment(reader: Reader, column: Column) -> Treatment:
    """Decide how `reader` gets `column` in lists, panels, exports and answers of every kind.

    Nobody gets personal values in the clear here: that takes `services.unmask`, a reason and an audit row.
    """
    if column.sensitivity <= Sensitivity.INTERNAL:
        return Treatment.CLEAR
    if column.sensitivity == Sensitivity.PERSONAL:
        return Treatment.MASKED if column.mask else Treatment.HIDDEN
    return Treatment.CLEAR if reader.role in MAY_SEE_RESTRICTED else Treatment.HIDDEN


def in_scope(reader: Reader, grid_code: str | None) -> bool:
    """Whether a row of this area belongs to the reader's scope."""
    return not reader.scope or (grid_code or "").startswith(reader.scope)


def masked(value: Any, mask: Mask) -> str | None:
    """Hide the telling part of a personal value: 张*, 990000********1234, 110****5678, 湘A**345."""
    if value is None:
        return None
    text = str(value)
    match mask:
        case Mask.NAME:
            return text[:1] + "*" * max(1, len(text) - 1)
        case Mask.ID_NO:
            return text[:6] + "*" * max(1, len(text) - 10) + text[-4:] if len(text) > 10 else "*" * len(text)
        case Mask.PHONE:
            return text[:3] + "*" * max(1, len(text) - 7) + text[-4:] if len(text) > 7 else "*" * len(text)
        case Mask.ADDRESS:
            return text[:6] + "****" if len(text) > 6 else "****"
        case Mask.PLATE:
            return text[:2] + "**" + text[-3:]
