"""The delivered dictionary: exactly the seeds' counts, complete, and an administrator's edits outlive every start."""

from collections import Counter

import pytest

from geodata.city.event_classes import EVENT_CLASSES
from geodata.db import Conn
from geodata.dictionary import files
from geodata.dictionary.load import load

MAJORS = {"governance", "city", "safety", "environment", "dispute", "service", "emergency"}
STREETS = """
    INSERT INTO hall.area (id, level, code, name, area_m2, geom)
    SELECT n, 'street', '99000000' || n, '街道' || n, 1, ST_Multi(ST_MakeEnvelope(113.5 + n, 22, 113.6 + n, 22.1, 4326)) FROM generate_series(1, 2) AS n
"""
TABLES = ("event_sub_class", "event_class", "case_standard", "department", "duty_rule")


@pytest.fixture
def two_streets(conn: Conn) -> Conn:
    conn.execute(STREETS)
    return conn


def counts(conn: Conn) -> list[int]:
    return [conn.execute(f"SELECT count(*) FROM hall.{table}").fetchone()[0] for table in TABLES]


def test_the_files_have_7_majors_61_sub_classes_235_minor_classes() -> None:
    assert {item.major for item in files.sub_classes()} == MAJORS
    assert (len(files.sub_classes()), len(files.classes())) == (61, 235)
    assert len({item.code for item in files.classes()}) == len({item.name for item in files.classes()}) == 235
    assert {item.sub_code for item in files.classes()} == {item.code for item in files.sub_classes()}


@pytest.mark.parametrize("made", EVENT_CLASSES, ids=lambda item: item.code)
def test_every_class_of_the_sample_city_is_in_the_dictionary(made: object) -> None:
    known = {item.code: item for item in files.classes()}[made.code]
    assert (known.name, known.major) == (made.name, made.major)


def test_every_class_has_a_condition_with_a_limit_and_an_end() -> None:
    per_class = Counter(item.class_code for item in files.standards())
    assert set(per_class) == {item.code for item in files.classes()}
    assert {item.limit_unit for item in files.standards()} == {"urgent_hour", "work_hour", "work_day", "natural_day"}
    assert all(float(item.limit_value) > 0 and item.condition and item.closing for item in files.standards())


def test_every_group_of_kinds_is_a_word_and_levels_are_levels() -> None:
    assert all(item.kind_group and item.kind_group.isascii() for item in files.classes())
    assert {item.kind for item in files.classes()} == {"event", "part"}
    assert {item.default_level for item in files.classes()} <= set(range(5))


def test_every_sub_class_has_a_duty_and_duties_name_known_departments() -> None:
    departments = {item.code for item in files.departments()}
    subjects = {item.subject for item in files.duties()}
    assert {item.code for item in files.sub_classes()} <= subjects
    assert subjects <= {item.code for item in files.sub_classes()} | {item.code for item in files.classes()}
    assert all({duty.department, *duty.helpers} <= departments and duty.order in {"owner", "territory"} for duty in files.duties())


def test_the_public_figures_of_the_standard_are_kept() -> None:
    limits = {(item.class_code, item.position): (item.limit_value, item.limit_unit) for item in files.standards()}
    assert limits["P102", 1] == ("2", "urgent_hour")
    assert limits["0102", 1] == ("4", "work_hour")
    assert limits["0110", 1] == ("5", "work_day")
    assert limits["0101", 2] == ("15", "work_day")


def test_part_problems_go_to_their_owner_first() -> None:
    orders = {duty.subject: duty.order for duty in files.duties()}
    subs = {item.sub_code for item in files.classes() if item.kind == "part"}
    assert {orders[code] for code in subs} == {"owner"}


def test_loading_twice_adds_nothing(two_streets: Conn) -> None:
    assert load(two_streets)
    before = counts(two_streets)
    assert before[:2] == [61, 235]
    assert before[3] == len(files.departments()) + 2
    assert not load(two_streets)
    assert counts(two_streets) == before


def test_what_an_administrator_changed_or_removed_stays(two_streets: Conn) -> None:
    load(two_streets)
    two_streets.execute("UPDATE hall.case_standard SET limit_value = 9, condition = '改过' WHERE class_code = '0102' AND position = 1")
    two_streets.execute("UPDATE hall.department SET name = '新名' WHERE code = 'fire'")
    two_streets.execute("DELETE FROM hall.duty_rule WHERE subject = 'C01'")
    assert not load(two_streets)
    assert two_streets.execute(
        "SELECT limit_value, condition FROM hall.case_standard WHERE class_code = '0102' AND position = 1"
    ).fetchone() == (9, "改过")
    assert two_streets.execute("SELECT name FROM hall.department WHERE code = 'fire'").fetchone() == ("新名",)
    assert two_streets.execute("SELECT count(*) FROM hall.duty_rule WHERE subject = 'C01'").fetchone() == (0,)


def test_classes_that_came_with_data_join_the_dictionary_and_foreign_ones_stay_what_they_are(conn: Conn) -> None:
    conn.execute("INSERT INTO hall.event_class (code, name, major) VALUES ('0102', '暴露垃圾', 'city'), ('0103', '另一种事', 'city')")
    load(conn)
    rows = dict(conn.execute("SELECT code, sub_code FROM hall.event_class WHERE code IN ('0102', '0103')").fetchall())
    assert rows == {"0102": "C01", "0103": None}
    assert conn.execute("SELECT count(*) FROM hall.case_standard WHERE class_code = '0103'").fetchone() == (0,)


def test_a_street_that_gets_another_name_renames_its_department_only_while_it_has_the_delivered_one(two_streets: Conn) -> None:
    load(two_streets)
    two_streets.execute("UPDATE hall.department SET name = '自己取的名' WHERE scope = '990000002'")
    two_streets.execute("UPDATE hall.area SET name = '新街' || right(code, 1) WHERE level = 'street'")
    assert load(two_streets)
    rows = two_streets.execute("SELECT name FROM hall.department WHERE kind = 'street' ORDER BY scope").fetchall()
    assert rows == [("新街1办事处",), ("自己取的名",)]


def test_a_new_street_gets_its_department_and_duties(two_streets: Conn) -> None:
    load(two_streets)
    rules = counts(two_streets)[4]
    two_streets.execute("""
        INSERT INTO hall.area (id, level, code, name, area_m2, geom)
        VALUES (9, 'street', '990000009', '街道9', 1, ST_Multi(ST_MakeEnvelope(100, 22, 101, 22.1, 4326)))
    """)
    assert load(two_streets)
    territory = sum(duty.order == "territory" for duty in files.duties())
    assert counts(two_streets)[4] == rules + territory
