"""Shelters, hospitals, fire stations, hydrants, police, toilets, parking, warehouses."""

from dataclasses import replace

from geodata.imports import words
from geodata.imports.classes.common import ADDRESS, NAME, PHONE, SOURCE_ID
from geodata.imports.fields import WHOLE, Field, ImportClass, Shape
from geodata.source import Kind

RESOURCES = ImportClass(
    key="resources",
    table="resource",
    shape=Shape.POINT,
    natural_key="",
    apart=True,
    constants={"synthetic": False},
    fields=(
        replace(SOURCE_ID, required=True),
        Field("kind", "类型 资源类型 类别 type", kind=Kind.CODE, words=words.RESOURCE_KIND, required=True),
        NAME,
        ADDRESS,
        Field("contact", "联系人 负责人", personal=True),
        PHONE,
        Field("capacity", "容量 床位 泊位 容纳人数", kind=Kind.INT, low=0, high=WHOLE),
        Field("available", "可用 空余", kind=Kind.INT, low=0, high=WHOLE),
        Field("state", "状态", kind=Kind.CODE, words=words.RESOURCE_STATE, default="open"),
        Field("is_key", "重点", kind=Kind.BOOL, default=False),
    ),
)
