"""City parts by the 16-digit code of GB/T 30428.2; one without a code gets the next number of its grid's district and class."""

from geodata import codes
from geodata.errors import InvalidInputError
from geodata.imports import words
from geodata.imports.classes.common import HEADING, INSTALLED_ON, SOURCE_ID
from geodata.imports.fields import Field, ImportClass, Numbering, Row, Shape
from geodata.source import Kind


def _complete(row: Row) -> None:
    obj_id, class_code = row.get("obj_id"), row.get("class_code")
    if obj_id is None and class_code is None:
        raise InvalidInputError("neither a part code nor a class")
    if obj_id is not None:
        of_code = str(obj_id)[6:10]
        if class_code is None:
            row["class_code"] = of_code
        elif class_code != of_code:
            raise InvalidInputError("digits 7-10 of the part code are not its class")


PARTS = ImportClass(
    key="parts",
    table="part",
    shape=Shape.POINT,
    natural_key="obj_id",
    apart=True,
    complete=_complete,
    numbering=Numbering(lambda row: f"{str(row['grid_code'])[:6]}{row['class_code']}", digits=6),
    fields=(
        SOURCE_ID,
        Field("obj_id", "标识码 部件编码 部件标识码 objid", check=codes.part_code),
        Field("class_code", "小类代码 小类 部件类型 类别", kind=Kind.CODE, catalogue="part_class", filled_from=("obj_id",)),
        Field("name", "名称 部件名称 objname", required=True),
        Field("state", "状态 部件状态 objstate", kind=Kind.CODE, words=words.PART_STATE, default="intact"),
        Field("manage_dept", "主管部门 主管部门名称 deptname1"),
        Field("owner_dept", "权属单位 权属单位名称 deptname2"),
        Field("maintain_dept", "养护单位 养护单位名称 deptname3"),
        Field("data_source", "数据来源 datasource", kind=Kind.CODE, words=words.DATA_SOURCE, default="survey"),
        Field("accuracy", "精度 定位精度", kind=Kind.CODE, words=words.ACCURACY, default="B"),
        HEADING,
        INSTALLED_ON,
        Field("changed_on", "变更时间 变更日期 chdate", kind=Kind.DATE),
    ),
)
