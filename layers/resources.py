"""Shelters, hospitals, fire stations, hydrants, police, toilets, parking, warehouses."""

from geodata.source import Kind, Mask, Sensitivity
from layers.base import EVERYBODY, Field, Form, Geometry, Group, Layer, Look, Text
from layers.words import ADDRESS, FLAGS, GRID, NAME, PHONE, YES_NO, choices

RESOURCES = Layer(
    key="resources", title=Text("应急资源", "Resources"), group=Group.FORCE, geometry=Geometry.POINT, view="layer_resources",
    fields=(
        NAME,
        Field(name="kind", title=Text("类型", "Kind"), kind=Kind.CODE, choices=choices(
            shelter=("避难场所", "Shelter"), hospital=("医院", "Hospital"), fire_station=("消防站", "Fire station"), hydrant=("消火栓", "Hydrant"),
            police=("警务", "Police"), toilet=("公厕", "Toilet"), parking=("停车场", "Parking"), warehouse=("物资仓库", "Warehouse"),
            school=("学校", "School"))),
        ADDRESS,
        Field(name="contact", title=Text("联系人", "Contact"), sensitivity=Sensitivity.PERSONAL, mask=Mask.NAME),
        PHONE,
        Field(name="capacity", title=Text("容量", "Capacity"), kind=Kind.INT),
        Field(name="available", title=Text("可用", "Available"), kind=Kind.INT),
        Field(name="state", title=Text("状态", "State"), kind=Kind.CODE,
              choices=choices(open=("可用", "Open"), closed=("停用", "Closed"), full=("已满", "Full"))),
        Field(name="is_key", title=Text("重点", "Key"), kind=Kind.BOOL, choices=YES_NO),
        Field(name="synthetic", title=Text("演示数据", "Synthetic"), kind=Kind.BOOL, choices=YES_NO),
        GRID, FLAGS,
    ),
    headline="name", subline=("kind", "capacity"), tile=("kind", "state"), filters=("kind", "state"), breakdown="kind",
    search=("name", "address"), cells_to=12,
    look=Look(form=Form.DOT, icon="building-warehouse", colour="#2dd4bf", by="kind", palette={
        "shelter": "#34d399", "hospital": "#67e8f9", "fire_station": "#fb923c", "hydrant": "#f59e0b", "police": "#60a5fa",
        "toilet": "#94a3b8", "parking": "#818cf8", "warehouse": "#2dd4bf", "school": "#a3e635"},
        icon_by="kind", icons={"shelter": "tent", "hospital": "first-aid-kit", "fire_station": "flame", "hydrant": "droplet",
                               "police": "shield", "toilet": "man", "parking": "parking", "warehouse": "building-warehouse",
                               "school": "school"}),
    roles=EVERYBODY,
)
