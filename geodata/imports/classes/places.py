"""Named places beside those of the base map."""

from geodata import codes
from geodata.imports import words
from geodata.imports.classes.common import ADDRESS, OWN
from geodata.imports.fields import Field, ImportClass, Row, Shape
from geodata.source import Kind


def _complete(row: Row) -> None:
    row["name_raw"] = row.get("name_raw") or row["name"]


PLACES = ImportClass(
    key="places",
    table="place",
    shape=Shape.POINT,
    natural_key="",
    source_column="osm_ref",
    source_prefix=OWN,
    complete=_complete,
    fields=(
        Field("osm_ref", "来源编号 编号 id source_id", required=True),
        Field("class", "类别 类型 type category", kind=Kind.CODE, words=words.PLACE_CLASS, required=True),
        Field("name", "名称 地名", required=True),
        Field("name_raw", "原名", filled_from=("name",)),
        ADDRESS,
        Field("phone", "电话 联系电话 tel telephone", check=codes.phone),
    ),
)
