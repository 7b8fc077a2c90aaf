"""Fields and value words that several layers share."""

from types import MappingProxyType

from geodata.source import Kind, Mask, Sensitivity
from layers.base import Field, Text


def choices(**words: tuple[str, str]) -> MappingProxyType[str, Text]:
    """Build the words of a CODE field: `choices(own=("自住", "Owner-occupied"))`."""
    return MappingProxyType({value: Text(zh, en) for value, (zh, en) in words.items()})


AREA_KIND = choices(inner=("内街", "Inner"), outer=("外街", "Outer"), rural=("农村", "Rural"))
YES_NO = MappingProxyType({"true": Text("是", "Yes"), "false": Text("否", "No")})

CODE = Field(name="code", title=Text("编码", "Code"))
NAME = Field(name="name", title=Text("名称", "Name"))
GRID = Field(name="grid_code", title=Text("所在网格", "Grid"), link="base_grids")
ADDRESS = Field(name="address", title=Text("地址", "Address"))
PHONE = Field(
    name="phone",
    title=Text("电话", "Phone"),
    sensitivity=Sensitivity.PERSONAL,
    mask=Mask.PHONE,
)
PERSON_NAME = Field(
    name="name",
    title=Text("姓名", "Name"),
    sensitivity=Sensitivity.PERSONAL,
    mask=Mask.NAME,
)
BUILDING = Field(name="building_id", title=Text("所在楼宇", "Building"), kind=Kind.INT, link="buildings")
FLAGS = Field(name="flags", title=Text("存疑", "Doubts"))
COUNTS = (
    Field(name="households", title=Text("户数", "Households"), kind=Kind.INT),
    Field(name="people", title=Text("人口", "People"), kind=Kind.INT),
    Field(name="buildings", title=Text("楼宇", "Buildings"), kind=Kind.INT),
    Field(name="organizations", title=Text("单位", "Organizations"), kind=Kind.INT),
    Field(name="area_m2", title=Text("面积", "Area"), kind=Kind.FLOAT, unit="m²"),
)
REPORTED_AT = Field(name="reported_at", title=Text("上报时间", "Reported"), kind=Kind.TIME)
