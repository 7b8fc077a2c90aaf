"""Vehicles by their plate, at their last position."""

from geodata import codes
from geodata.imports import words
from geodata.imports.classes.common import HEADING, PHONE, SPEED, reported_at
from geodata.imports.fields import Field, ImportClass, Shape
from geodata.source import Kind

VEHICLES = ImportClass(
    key="vehicles",
    table="vehicle",
    shape=Shape.POINT,
    natural_key="plate",
    source_column="",
    fields=(
        Field("plate", "车牌 车牌号 号牌号码", check=codes.plate, required=True),
        Field("kind", "类型 车辆类型", kind=Kind.CODE, words=words.VEHICLE_KIND, required=True),
        Field("sub_kind", "用途 车辆用途"),
        Field("team", "单位 所属单位 车队"),
        Field("driver", "驾驶员 司机", personal=True),
        PHONE,
        Field("terminal_no", "终端号 终端手机号 terminal"),
        Field("status", "状态", kind=Kind.CODE, words=words.VEHICLE_STATUS, default="lost"),
        reported_at(required=True),
        SPEED,
        HEADING,
    ),
)
