"""Buildings by footprint. Heights come from the file, else from the floors, else from one floor."""

from geodata.imports import words
from geodata.imports.classes.common import ADDRESS, OWN
from geodata.imports.fields import SMALL, Field, ImportClass, Numbering, Row, Shape
from geodata.source import Kind

FLOOR_M = 3.0


def _complete(row: Row) -> None:
    floors, height_m = row.get("floors"), row.get("height_m")
    known = "surveyed" if height_m is not None else "levels" if floors is not None else "estimated"
    if not isinstance(floors, int):
        floors = max(1, round(height_m / FLOOR_M)) if isinstance(height_m, float) else 1
    row["floors"] = floors
    row["height_m"] = height_m if height_m is not None else max(1, floors) * FLOOR_M
    row["height_source"] = row.get("height_source") or known


BUILDINGS = ImportClass(
    key="buildings",
    table="building",
    shape=Shape.POLYGON,
    natural_key="code",
    source_prefix=OWN,
    apart=True,
    complete=_complete,
    numbering=Numbering(lambda row: f"{row['grid_code']}B", digits=4),
    fields=(
        Field("source_id", "来源编号 编号 id osm_id", required=True),
        Field("code", "楼栋编码 楼宇编码 编码 building_code"),
        Field("name", "名称 楼栋名称 小区名称"),
        ADDRESS,
        Field("use_type", "用途 建筑用途 类型 building use", kind=Kind.CODE, words=words.USE_TYPE, default="other"),
        Field("floors", "层数 地上层数 楼层数 building:levels levels", kind=Kind.INT, low=0, high=200, filled_from=("height_m",)),
        Field("floors_below", "地下层 地下层数", kind=Kind.INT, low=0, high=20, default=0),
        Field("units", "单元数 单元", kind=Kind.INT, low=0, high=SMALL, default=1),
        Field("height_m", "高度 楼高 建筑高度 height", kind=Kind.FLOAT, low=0, high=1000, filled_from=("floors",)),
        Field("height_source", "高度来源", kind=Kind.CODE, words=words.HEIGHT_SOURCE, filled_from=("floors", "height_m")),
        Field("built_year", "建成年份 建成 建造年代 year", kind=Kind.INT, low=1000, high=2200),
        Field("property_company", "物业 物业公司 物业管理"),
    ),
)
