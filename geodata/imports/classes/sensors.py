"""Sensing devices with their last value, by their own code."""

from geodata.imports import words
from geodata.imports.classes.common import BUILDING, INSTALLED_ON, reported_at
from geodata.imports.fields import Field, ImportClass, Shape
from geodata.source import Kind

SENSORS = ImportClass(
    key="sensors",
    table="sensor",
    shape=Shape.POINT,
    natural_key="code",
    source_column="",
    apart=True,
    in_building=True,
    fields=(
        Field("code", "编码 设备编码 设备编号 编号 deviceid id", required=True),
        Field("name", "名称 设备名称 点位名称 station", required=True),
        Field("kind", "类型 设备类型 type", kind=Kind.CODE, words=words.SENSOR_KIND, required=True),
        Field("status", "状态 设备状态", kind=Kind.CODE, words=words.SENSOR_STATUS, default="offline"),
        Field("metric", "指标 监测指标"),
        Field("unit", "单位"),
        Field("value", "读数 监测值 当前值", kind=Kind.FLOAT),
        Field("limit_value", "限值 阈值 报警值", kind=Kind.FLOAT),
        reported_at(),
        Field("owner_dept", "权属单位 所属单位"),
        INSTALLED_ON,
        BUILDING,
    ),
)
