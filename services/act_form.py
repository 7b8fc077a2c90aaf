"""What somebody wants to do with a case, and whether all of it is there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from geodata.db import Conn
from geodata.errors import InvalidInputError
from services.orders import MAX_ORDERS, Order

MAX_TEXT: Final = 2_000
MAX_CLIENT_ID: Final = 64
MAX_ATTACHMENTS: Final = 50
PHOTOS = """
    SELECT DISTINCT kind FROM hall.attachment
    WHERE event_id = %(event)s OR (id = ANY(%(ids)s) AND event_id IS NULL AND account_id = %(account)s)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What somebody wants to do with a case; which fields an action needs, the table of transitions says."""

    action: str
    version: int | None = None
    """The version of the case that was seen. None only where the act rests on something else that was checked, as a task."""
    client_id: str | None = None
    """Made by the sender; the same one again is the same act again."""
    opinion: str | None = None
    standard_id: int | None = None
    class_code: str | None = None
    level: int | None = None
    department_id: int | None = None
    co_departments: Sequence[int] = ()
    orders: Sequence[Order] = ()
    order_text: str = ""
    override_reason: str | None = None
    """Why the lead feeds back before all helpers have."""
    until: datetime | None = None
    attachments: Sequence[int] = ()
    master_id: int | None = None
    source_record_id: int | None = None
    score: int | None = None
    satisfied: int | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
    """More for the log, from other services."""


def require_sizes(wanted: Act) -> None:
    """See that no field is out of bounds.

    Raises:
        InvalidInputError: one is; the message names it.
    """
    for name in ("opinion", "override_reason", "order_text"):
        if len(getattr(wanted, name) or "") > MAX_TEXT:
            raise InvalidInputError(f"{name}: at most {MAX_TEXT} characters")
    if wanted.client_id is not None and not 1 <= len(wanted.client_id) <= MAX_CLIENT_ID:
        raise InvalidInputError(f"client_id: 1 to {MAX_CLIENT_ID} characters")
    for name, most in (("attachments", MAX_ATTACHMENTS), ("orders", MAX_ORDERS), ("co_departments", MAX_ORDERS)):
        if len(getattr(wanted, name)) > most:
            raise InvalidInputError(f"{name}: at most {most}")
    for name, low, high in (("score", 0, 100), ("satisfied", 1, 5), ("level", 0, 4)):
        value = getattr(wanted, name)
        if value is not None and not low <= value <= high:
            raise InvalidInputError(f"{name}: {low} to {high}")
    if wanted.until is not None and wanted.until.tzinfo is None:
        raise InvalidInputError("until: must carry an offset, as in 2026-11-23T08:00:00Z")


def require_fields(conn: Conn, wanted: Act, event_id: int, account_id: int, needed: Sequence[str]) -> None:
    """See that the act brings what it needs.

    Raises:
        InvalidInputError: something is missing; the message names all of it.
    """
    kinds: set[str] = set()
    if any(name.startswith("photo_") for name in needed):
        values = {"event": event_id, "ids": list(wanted.attachments), "account": account_id}
        kinds = {row[0] for row in conn.execute(PHOTOS, values)}
    missing = [name for name in needed if not _present(wanted, name, kinds)]
    if missing:
        raise InvalidInputError(f"missing: {', '.join(missing)}")


def _present(wanted: Act, name: str, kinds: set[str]) -> bool:
    if name == "receiver":
        return wanted.department_id is not None or bool(wanted.orders)
    if name == "people":
        return bool(wanted.orders)
    if name.startswith("photo_"):
        return name.removeprefix("photo_") in kinds
    value = getattr(wanted, name, None)
    return bool(value.strip()) if isinstance(value, str) else value is not None
