"""District, streets, communities and the two kinds of grids, by their official codes."""

from functools import partial

from geodata import codes
from geodata.imports import words
from geodata.imports.fields import WHOLE, Field, ImportClass, Row, Shape
from geodata.source import Kind

PARENT_DIGITS = {"district": 0, "street": 6, "community": 9, "base_grid": 12, "city_grid": 6}
WORDS = {"district": "区县", "street": "街道", "community": "社区", "base_grid": "网格", "city_grid": "网格"}


def _complete(row: Row) -> None:
    digits = PARENT_DIGITS[str(row["level"])]
    row["parent_code"] = str(row["code"])[:digits] or None


def _areas(key: str, level: str) -> ImportClass:
    return ImportClass(
        key=key,
        table="area",
        shape=Shape.POLYGON,
        natural_key="code",
        source_column="",
        flags=False,
        constants={"level": level, "source": "import"},
        complete=_complete,
        fields=(
            Field(
                "code",
                f"{WORDS[level]}编码 {WORDS[level]}代码 编码 代码 区划代码 adcode areacode gridcode",
                required=True,
                check=partial(codes.area_code, level=level),
            ),
            Field("name", f"{WORDS[level]}名称 名称 {WORDS[level]} 区划名称", required=True),
            Field("kind", "类型 网格类型", kind=Kind.CODE, words=words.AREA_KIND, default="inner"),
            Field("duties", "职责", many=True, default=[]),
            Field("norm_people_min", "标准下限", kind=Kind.INT, low=0, high=WHOLE),
            Field("norm_people_max", "标准上限", kind=Kind.INT, low=0, high=WHOLE),
            Field("parent_code", filled_from=("code",)),
        ),
    )


DISTRICT = _areas("district", "district")
STREETS = _areas("streets", "street")
COMMUNITIES = _areas("communities", "community")
BASE_GRIDS = _areas("base_grids", "base_grid")
CITY_MANAGEMENT_GRIDS = _areas("city_management_grids", "city_grid")
