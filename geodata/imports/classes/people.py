"""Residents by their ID number, from which birth date and sex follow where the file does not give them."""

from geodata import codes
from geodata.errors import InvalidInputError
from geodata.imports import words
from geodata.imports.classes.common import BUILDING, PHONE, SOURCE_ID, doubt
from geodata.imports.fields import Field, ImportClass, Row, Shape
from geodata.source import Kind


def _complete(row: Row) -> None:
    number = str(row["id_no"])
    if row["pop_type"] == "foreign" and len(number) != 18:
        row["id_no"] = codes.passport(number)
        if row.get("birth_date") is None:
            raise InvalidInputError("a passport number holds no birth date: give one")
        row["sex"] = row.get("sex") or "0"
        return
    row["id_no"] = number = codes.id_number(number)
    birth, sex = codes.id_number_birth(number), str(codes.id_number_sex(number))
    if row.get("birth_date") not in (None, birth) or row.get("sex") not in (None, "0", "9", sex):
        doubt(row, "id_mismatch")
    row["birth_date"] = row.get("birth_date") or birth
    row["sex"] = row.get("sex") or sex


PEOPLE = ImportClass(
    key="people",
    table="person",
    shape=Shape.POINT,
    natural_key="id_no",
    in_building=True,
    complete=_complete,
    fields=(
        SOURCE_ID,
        Field("id_no", "身份证号 身份证 公民身份号码 证件号码 身份证号码 idcard id_number", required=True, check=codes.tidy, personal=True),
        Field("name", "姓名", required=True, personal=True),
        Field("sex", "性别 gender", kind=Kind.CODE, words=words.SEX, filled_from=("id_no",)),
        Field("birth_date", "出生日期 生日 birthday", kind=Kind.DATE, filled_from=("id_no",), personal=True),
        PHONE,
        Field("nation", "民族", default="01"),
        Field("pop_type", "人口类型 人员类型 户籍类型", kind=Kind.CODE, words=words.POP_TYPE, default="registered"),
        Field("education", "学历 文化程度"),
        Field("occupation", "职业"),
        Field("hukou_address", "户籍地址 户籍详址 户籍地", personal=True),
        Field("care", "关爱对象 关爱类型", kind=Kind.CODE, words=words.CARE, personal=True),
        Field("relation", "与户主关系 户主关系", kind=Kind.CODE, words=words.RELATION),
        Field("registered_on", "登记日期 登记", kind=Kind.DATE),
        BUILDING,
    ),
)
