"""Which buttons a role gets on the screens. What an act needs is decided where it is done; here only what is offered."""

from services.report import MAY_REPORT
from services.rights import Reader, Role

PHONES = frozenset({Role.WORKER, Role.CITIZEN})
"""They report with a page of their own."""
SENDERS = frozenset({Role.DISPATCHER, Role.SHIFT_LEADER})


def may_report(reader: Reader) -> bool:
    """Whether the reader files new reports at the desk."""
    return reader.role in MAY_REPORT and reader.role not in PHONES


def may_assign(reader: Reader) -> bool:
    """Whether the reader sends people, and so may close a road to the routes as well."""
    return reader.role in SENDERS
