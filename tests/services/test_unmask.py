"""Personal values in the clear: who, what, why, where, and always a trace."""

from datetime import UTC, datetime

import pytest

from geodata.db import Conn
from geodata.errors import InvalidInputError, NotAllowedError, NotFoundError
from layers.people import PEOPLE
from services.audit import Caller
from services.rights import MAY_UNMASK, Reader, Role
from services.unmask import unmask
from tests import district

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
REASON = "走失老人核实身份"


def caller(role: Role, scope: str = "") -> Caller:
    return Caller(reader=Reader(1, "zhang", "张", role, scope), address=None, now=NOW)


@pytest.fixture
def filled(conn: Conn) -> Conn:
    district.fill(conn)
    return conn


def trail(conn: Conn) -> list[tuple[str, str | None, dict[str, object]]]:
    return conn.execute("SELECT object, reason, detail FROM hall.audit").fetchall()


def test_a_dispatcher_with_a_reason_reads_one_person(filled: Conn) -> None:
    values = unmask(filled, caller(Role.DISPATCHER), PEOPLE, 21, ["name", "phone"], reason=REASON)
    assert values == {"name": district.NAMES[0], "phone": district.PHONES[0]}
    assert trail(filled) == [("people/21", REASON, {"fields": ["name", "phone"]})]


def test_the_trail_does_not_repeat_the_value(filled: Conn) -> None:
    unmask(filled, caller(Role.DISPATCHER), PEOPLE, 21, ["id_no"], reason=REASON)
    assert district.ID_NUMBERS[0] not in str(trail(filled))


@pytest.mark.parametrize("role", [role for role in Role if role not in MAY_UNMASK])
def test_other_roles_never_do(filled: Conn, role: Role) -> None:
    with pytest.raises(NotAllowedError):
        unmask(filled, caller(role), PEOPLE, 21, ["name"], reason=REASON)


def test_a_worker_reads_his_own_street_only(filled: Conn) -> None:
    worker = caller(Role.WORKER, district.STREETS[0])
    assert unmask(filled, worker, PEOPLE, 21, ["name"], reason=REASON) == {"name": district.NAMES[0]}
    with pytest.raises(NotFoundError):
        unmask(filled, worker, PEOPLE, 22, ["name"], reason=REASON)


@pytest.mark.parametrize("reason", ["", "   ", "abc", "x" * 201])
def test_a_reason_is_needed(filled: Conn, reason: str) -> None:
    with pytest.raises(InvalidInputError, match="reason"):
        unmask(filled, caller(Role.DISPATCHER), PEOPLE, 21, ["name"], reason=reason)


@pytest.mark.parametrize("names", [[], ["care"], ["birth_date"], ["name", "nation"], ["x; DROP TABLE hall.person"]])
def test_only_masked_columns_can_be_asked_for(filled: Conn, names: list[str]) -> None:
    with pytest.raises(InvalidInputError, match="fields"):
        unmask(filled, caller(Role.LEADER), PEOPLE, 21, names, reason=REASON)
