"""Personal values in the clear: one row at a time, for a stated reason, and never without a line in the audit trail."""

from collections.abc import Sequence

from psycopg import sql

from geodata.db import Conn
from geodata.errors import InvalidInputError, NotAllowedError, NotFoundError
from geodata.source import Sensitivity
from services.audit import Act, Caller, record
from services.element import Element
from services.rights import MAY_UNMASK, in_scope

LEAST_REASON, MOST_REASON = 4, 200
CLEAR = sql.SQL("SELECT grid_code, {columns} FROM {view} WHERE id = %s")


def unmask(conn: Conn, caller: Caller, element: Element, row_id: int, names: Sequence[str], *, reason: str) -> dict[str, str | None]:
    """Return the personal columns `names` of one row in the clear and record who read them and why.

    Call it inside `services.audit.attempt`, which records a refusal as well.

    Raises:
        NotAllowedError: the reader's role may not see this layer or may never read personal values (as the wall).
        NotFoundError: no such row, or outside the reader's scope.
        InvalidInputError: the reason is not 4 to 200 characters long, or a column is not a personal one.
    """
    reader = caller.reader
    if reader.role not in element.roles or reader.role not in MAY_UNMASK:
        raise NotAllowedError(f"{reader.role} reads no personal values in the clear")
    reason = reason.strip()
    if not LEAST_REASON <= len(reason) <= MOST_REASON:
        raise InvalidInputError(f"reason: {LEAST_REASON} to {MOST_REASON} characters that say what it is needed for")
    personal = {column.name for column in element.source.columns if column.sensitivity is Sensitivity.PERSONAL}
    strange = sorted(set(names) - personal)
    if strange or not names:
        raise InvalidInputError(f"fields: {', '.join(strange) or 'none'}; {element.key} masks {', '.join(sorted(personal)) or 'nothing'}")
    wanted = list(dict.fromkeys(names))
    query = CLEAR.format(
        columns=sql.SQL(", ").join(sql.Identifier(name) for name in wanted),
        view=sql.Identifier("hall", element.source.view),
    )
    row = conn.execute(query, [row_id]).fetchone()
    if row is None or not in_scope(reader, row[0]):
        raise NotFoundError(f"{element.key}/{row_id}")
    record(conn, caller, Act(action="unmask", object=f"{element.key}/{row_id}", reason=reason, detail={"fields": wanted}))
    return {name: None if value is None else str(value) for name, value in zip(wanted, row[1:], strict=True)}
