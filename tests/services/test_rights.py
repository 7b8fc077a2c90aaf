"""Role × scope × sensitivity: what one reader gets of one value."""

import pytest

from geodata.source import Column, Kind, Mask, Sensitivity
from services.rights import MAY_EXPORT, MAY_SEE_RESTRICTED, MAY_UNMASK, Reader, Role, Treatment, in_scope, masked, treatment

ADMINISTRATORS = {Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN}
NAME = Column("name", Kind.TEXT, Sensitivity.PERSONAL, Mask.NAME)
NOTE = Column("note", Kind.TEXT, Sensitivity.PERSONAL)
CARE = Column("care", Kind.CODE, Sensitivity.RESTRICTED)
CODE = Column("code")


def reader(role: Role, scope: str = "") -> Reader:
    return Reader(1, "zhang", "张", role, scope)


@pytest.mark.parametrize("role", Role)
def test_nobody_gets_personal_values_in_the_clear(role: Role) -> None:
    assert treatment(reader(role), NAME) is Treatment.MASKED
    assert treatment(reader(role), NOTE) is Treatment.HIDDEN
    assert treatment(reader(role), CODE) is Treatment.CLEAR


@pytest.mark.parametrize("role", Role)
def test_restricted_values_are_for_leader_and_shift_leader(role: Role) -> None:
    expected = Treatment.CLEAR if role in {Role.LEADER, Role.SHIFT_LEADER} else Treatment.HIDDEN
    assert treatment(reader(role), CARE) is expected


def test_the_wall_and_the_administrators_have_no_special_right() -> None:
    assert not ({Role.WALL, Role.CITIZEN} | ADMINISTRATORS) & (MAY_UNMASK | MAY_EXPORT | MAY_SEE_RESTRICTED)


@pytest.mark.parametrize(
    ("scope", "code", "inside"),
    [
        ("", None, True),
        ("", "990000001001001", True),
        ("990000001", "990000001001001", True),
        ("990000001", "990000001", True),
        ("990000001", "990000002001001", False),
        ("990000001", "990000", False),
        ("990000001", None, False),
    ],
)
def test_scope_is_a_code_prefix(scope: str, code: str | None, *, inside: bool) -> None:
    assert in_scope(reader(Role.WORKER, scope), code) is inside


@pytest.mark.parametrize(
    ("value", "mask", "shown"),
    [
        ("张三", Mask.NAME, "张*"),
        ("欧阳明月", Mask.NAME, "欧***"),
        ("990000198001010018", Mask.ID_NO, "990000********0018"),
        ("11012345678", Mask.PHONE, "110****5678"),
        ("12345", Mask.PHONE, "*****"),
        ("澳门特别行政区新马路一号", Mask.ADDRESS, "澳门特别行政****"),
        ("湘A12345", Mask.PLATE, "湘A**345"),
        (None, Mask.NAME, None),
    ],
)
def test_masks_keep_the_untelling_part(value: str | None, mask: Mask, shown: str | None) -> None:
    assert masked(value, mask) == shown
