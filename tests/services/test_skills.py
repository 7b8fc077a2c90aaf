"""The list of skills speaks of subjects and skills that there are."""

import csv

from geodata.city.force import SKILLS, VEHICLES
from geodata.dictionary.files import FOLDER
from services.skills import FILE, wanted


def column(name: str, field: str) -> set[str]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return {row[field] for row in csv.DictReader(file)}


def test_every_subject_and_every_skill_is_known() -> None:
    subjects = column("classes.csv", "kind_group") | column("sub_classes.csv", "code") | column("sub_classes.csv", "major")
    skills = {skill for some in SKILLS.values() for skill in some} | {use for kind in VEHICLES for use in kind.uses}
    with FILE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["subject"] for row in rows} <= subjects
    assert {skill for row in rows for skill in row["skills"].split("/")} <= skills
    assert len({row["subject"] for row in rows}) == len(rows)


def test_the_most_special_subject_counts() -> None:
    assert "垃圾清运" in wanted("garbage", "C01", "city")
    assert "清扫保洁" in wanted("unlisted", "C01", "city")
    assert "市容执法" in wanted("", None, "city")
    assert wanted("", None, "unlisted") == frozenset()


def test_every_major_class_asks_for_something() -> None:
    assert all(wanted("", None, major) for major in column("sub_classes.csv", "major"))
