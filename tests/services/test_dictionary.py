"""The dictionary in the database: counted, edited by one role only, and always able to say who answers."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from geodata.db import Conn
from geodata.dictionary import files
from geodata.dictionary.load import load
from geodata.errors import InvalidInputError, NotAllowedError, NotFoundError
from services import dictionary, dictionary_edit, duty, duty_edit, worktime, worktime_edit
from services.audit import Caller
from services.dictionary_edit import ClassEntry, StandardEntry
from services.duty_edit import DepartmentEntry
from services.rights import Reader, Role
from services.worktime import Hours

NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)
STREET, GRID = "990000001", "990000001002003"
ADMIN = Caller(reader=Reader(1, "system_admin", "系统管理员", Role.SYSTEM_ADMIN, ""), address=None, now=NOW)
OTHERS = [Caller(reader=Reader(2, role.value, "", role, ""), address=None, now=NOW) for role in Role if role is not Role.SYSTEM_ADMIN]
AREA = """
    INSERT INTO hall.area (id, level, code, name, area_m2, geom)
    VALUES (1, 'street', '990000001', '一街', 1, ST_Multi(ST_MakeEnvelope(113.5, 22, 113.6, 22.1, 4326)))
"""
CONDITION = StandardEntry(condition="有明显油污", limit_value=Decimal(2), limit_unit="work_hour", closing="清洗干净")


@pytest.fixture
def hall(conn: Conn) -> Iterator[Conn]:
    conn.execute(AREA)
    load(conn)
    return conn


def entry(**changed: object) -> ClassEntry:
    values = {"name": "道路油污", "sub_code": "C01", "standards": [CONDITION], "kind_group": "garbage"} | changed
    return ClassEntry(**values)


def acts(conn: Conn) -> list[tuple[str, str]]:
    return conn.execute("SELECT action, object FROM hall.audit ORDER BY id").fetchall()


def test_the_tree_counts_what_it_holds(hall: Conn) -> None:
    tree = dictionary.tree(hall)
    assert (tree.counts.majors, tree.counts.sub_classes, tree.counts.classes) == (7, 61, 235)
    assert [len(major.sub_classes) for major in tree.majors] == [10, 16, 9, 7, 6, 8, 5]
    assert [sum(len(sub.classes) for sub in major.sub_classes) for major in tree.majors] == [32, 80, 34, 20, 17, 30, 22]


def test_a_class_added_and_a_class_of_foreign_data_are_counted_rightly(hall: Conn) -> None:
    dictionary_edit.create_class(hall, ADMIN, "C117", entry())
    hall.execute("INSERT INTO hall.event_class (code, name, major) VALUES ('ZZ1', '外来', 'city')")
    assert dictionary.tree(hall).counts.classes == 236


def test_standards_are_in_their_order_and_only_those_in_force(hall: Conn) -> None:
    found = dictionary.standards_of(hall, "P102")
    assert [(item.position, item.limit_value, item.limit_unit) for item in found] == [
        (1, 2, "urgent_hour"), (2, 4, "work_hour"), (3, 2, "work_day"), (4, 5, "work_day"),
    ]  # fmt: skip
    hall.execute("UPDATE hall.case_standard SET enabled = false WHERE class_code = 'P102' AND position = 2")
    assert [item.position for item in dictionary.standards_of(hall, "P102")] == [1, 3, 4]
    assert [item.position for item in dictionary.standards_of(hall, "P102", all_of_them=True)] == [1, 2, 3, 4]


@pytest.mark.parametrize("item", files.classes(), ids=lambda item: item.code)
def test_somebody_answers_for_every_class(hall: Conn, item: files.MinorClass) -> None:
    found = duty.responsible(hall, item.code, GRID)
    assert found.lead.enabled
    assert found.lead.id not in {helper.id for helper in found.helpers}
    assert STREET in {department.scope for department in (found.lead, *found.helpers)}
    assert (found.lead.scope == STREET) == (item.kind == "event" and found.rule is not None and found.rule.area == STREET)


def test_events_go_to_the_territory_first_and_parts_to_their_owner_first(hall: Conn) -> None:
    vendor, cover = duty.responsible(hall, "0501", GRID), duty.responsible(hall, "P102", GRID)
    assert (vendor.lead.name, [item.name for item in vendor.helpers]) == ("一街办事处", ["城市管理局", "市场监督管理局"])
    assert (cover.lead.name, [item.name for item in cover.helpers]) == ("市政设施维护中心", ["一街办事处"])


def test_the_most_specific_rule_counts(hall: Conn) -> None:
    ids = {item.code: item.id for item in duty.departments(hall)}
    for subject, area, lead in (("city", "", "petition"), ("C01", "990000001002", "greening"), ("0102", "", "fire")):
        duty_edit.put_rule(hall, ADMIN, subject=subject, area=area, lead=ids[lead], helpers=[])
    assert duty.responsible(hall, "0102", GRID).lead.code == "fire"  # the class, although its area is wider
    assert duty.responsible(hall, "0103", GRID).lead.code == "greening"  # the longer area of the same sub class
    assert duty.responsible(hall, "0103", "990000001001001").lead.scope == STREET
    duty_edit.put_rule(hall, ADMIN, subject="0102", area=STREET, lead=ids["water"], helpers=[ids["fire"], ids["water"], ids["fire"]])
    found = duty.responsible(hall, "0102", GRID)
    assert (found.lead.code, [item.code for item in found.helpers]) == ("water", ["fire", f"street_{STREET}"])


def test_a_department_that_is_switched_off_answers_for_nothing(hall: Conn) -> None:
    street = next(item for item in duty.departments(hall) if item.scope == STREET)
    duty_edit.change_department(hall, ADMIN, street.id, DepartmentEntry(name=street.name, kind="street", scope=STREET, enabled=False))
    found = duty.responsible(hall, "0501", GRID)
    assert (found.lead.code, [item.code for item in found.helpers]) == ("urban_management", ["market"])


def test_without_a_rule_the_territory_answers_and_without_both_nobody_does(hall: Conn) -> None:
    hall.execute("INSERT INTO hall.event_class (code, name, major) VALUES ('ZZ1', '外来', 'city')")
    assert duty.responsible(hall, "ZZ1", GRID).lead.scope == STREET
    with pytest.raises(NotFoundError):
        duty.responsible(hall, "ZZ1", "440000001001001")


def test_a_change_is_kept_and_leaves_before_and_after_in_the_trail(hall: Conn) -> None:
    old = dictionary.standards_of(hall, "0104")
    changed = StandardEntry(id=old[0].id, condition="路面积尘", limit_value=Decimal("1.5"), limit_unit="work_hour", closing="清扫干净")
    after = dictionary_edit.change_class(hall, ADMIN, "0104", entry(name="路面不洁", standards=[changed, CONDITION], default_level=4))
    assert (after.name, after.default_level, after.standards) == ("路面不洁", 4, 2)
    assert [(item.condition, item.limit_value) for item in dictionary.standards_of(hall, "0104")] == [
        ("路面积尘", Decimal("1.5")),
        ("有明显油污", Decimal(2)),
    ]
    assert acts(hall) == [("dictionary_change", "dictionary/0104")]
    detail = hall.execute("SELECT detail FROM hall.audit").fetchone()[0]
    assert (detail["before"]["name"], detail["after"]["name"]) == ("道路不洁", "路面不洁")


def test_a_condition_that_is_left_out_goes_out_of_force_and_is_not_lost(hall: Conn) -> None:
    first = dictionary.standards_of(hall, "0103")[0]
    kept = StandardEntry(id=first.id, condition=first.condition, limit_value=first.limit_value, limit_unit=first.limit_unit, closing="清完")
    dictionary_edit.change_class(hall, ADMIN, "0103", entry(name="积存垃圾渣土", standards=[kept]))
    assert [item.enabled for item in dictionary.standards_of(hall, "0103", all_of_them=True)] == [True, False]


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "  "},
        {"name": "长" * 41},
        {"sub_code": "C99"},
        {"sub_code": "G01"},
        {"kind": "thing"},
        {"kind_group": "Ünfug"},
        {"default_level": 5},
        {"standards": []},
        {"standards": [StandardEntry(condition="", limit_value=Decimal(1), limit_unit="work_hour", closing="完")]},
        {"standards": [StandardEntry(condition="有", limit_value=Decimal(0), limit_unit="work_hour", closing="完")]},
        {"standards": [StandardEntry(condition="有", limit_value=Decimal("NaN"), limit_unit="work_hour", closing="完")]},
        {"standards": [StandardEntry(condition="有", limit_value=Decimal(1), limit_unit="week", closing="完")]},
        {"standards": [StandardEntry(condition="有", limit_value=Decimal(1), limit_unit="work_day", closing="完", id=10**9)]},
    ],
)
def test_what_makes_no_sense_is_refused(hall: Conn, wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidInputError):
        dictionary_edit.change_class(hall, ADMIN, "0104", entry(**wrong))


def test_codes_are_taken_once_in_the_whole_tree(hall: Conn) -> None:
    for code in ("0102", "C01", "c1", "城管1"):
        with pytest.raises(InvalidInputError):
            dictionary_edit.create_class(hall, ADMIN, code, entry())
    with pytest.raises(InvalidInputError):
        dictionary_edit.create_sub_class(hall, ADMIN, "0102", "新小类", "city")
    dictionary_edit.create_sub_class(hall, ADMIN, "C17", "新小类", "city")
    dictionary_edit.rename_sub_class(hall, ADMIN, "C17", "另一个名")
    assert dictionary.sub_class(hall, "C17").name == "另一个名"


@pytest.mark.parametrize("caller", OTHERS, ids=lambda caller: caller.reader.role)
def test_only_the_system_administrator_changes_anything(hall: Conn, caller: Caller) -> None:
    lead = duty.departments(hall)[0].id
    attempts = (
        lambda: dictionary_edit.create_class(hall, caller, "C117", entry()),
        lambda: dictionary_edit.change_class(hall, caller, "0104", entry()),
        lambda: dictionary_edit.create_sub_class(hall, caller, "C17", "新", "city"),
        lambda: dictionary_edit.rename_sub_class(hall, caller, "C01", "新"),
        lambda: duty_edit.create_department(hall, caller, "new", DepartmentEntry(name="新", kind="bureau")),
        lambda: duty_edit.change_department(hall, caller, lead, DepartmentEntry(name="新", kind="bureau")),
        lambda: duty_edit.put_rule(hall, caller, subject="C01", area="", lead=lead, helpers=[]),
        lambda: duty_edit.delete_rule(hall, caller, subject="C01", area=""),
        lambda: worktime_edit.put_day(hall, caller, date(2026, 12, 25), working=False, note=""),
        lambda: worktime_edit.delete_day(hall, caller, date(2026, 12, 25)),
        lambda: worktime_edit.put_hours(hall, caller, Hours()),
    )
    for attempt in attempts:
        with pytest.raises(NotAllowedError):
            attempt()


def test_departments_and_rules_are_edited(hall: Conn) -> None:
    made = duty_edit.create_department(hall, ADMIN, "parks", DepartmentEntry(name="公园管理处", kind="bureau", scope=STREET, phone="8899"))
    duty_edit.put_rule(hall, ADMIN, subject="P04", area="", lead=made, helpers=[])
    assert duty.responsible(hall, "P117", GRID).lead.name == "公园管理处"
    duty_edit.delete_rule(hall, ADMIN, subject="P04", area="")
    assert duty.responsible(hall, "P117", GRID).lead.name == "一街办事处"
    for wrong in ({"subject": "nothing"}, {"area": "12"}, {"lead": 10**6}, {"helpers": [10**6]}):
        with pytest.raises(InvalidInputError):
            duty_edit.put_rule(hall, ADMIN, **({"subject": "P04", "area": "", "lead": made, "helpers": []} | wrong))
    with pytest.raises(NotFoundError):
        duty_edit.delete_rule(hall, ADMIN, subject="P04", area="")
    with pytest.raises(NotFoundError):
        duty_edit.change_department(hall, ADMIN, 10**6, DepartmentEntry(name="无", kind="bureau"))
    with pytest.raises(InvalidInputError):
        duty_edit.create_department(hall, ADMIN, "parks", DepartmentEntry(name="重名", kind="bureau"))


def test_an_own_day_and_own_hours_decide_and_can_be_taken_back(hall: Conn) -> None:
    worktime_edit.put_day(hall, ADMIN, date(2026, 11, 24), working=False, note="停电检修")
    worktime_edit.put_hours(hall, ADMIN, Hours(spans=((9 * 60, 17 * 60),), day_hours=8))
    found = worktime.load(hall)
    assert (found.day(date(2026, 11, 24)).note, found.hours.spans) == ("停电检修", ((540, 1020),))
    worktime_edit.delete_day(hall, ADMIN, date(2026, 11, 24))
    assert worktime.load(hall).day(date(2026, 11, 24)).reason == "weekday"
    with pytest.raises(NotFoundError):
        worktime_edit.delete_day(hall, ADMIN, date(2026, 11, 24))
    assert [action for action, _ in acts(hall)] == ["calendar_change"] * 3
