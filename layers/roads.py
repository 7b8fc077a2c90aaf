"""Road edges as mapped, the network that routes run on."""

from geodata.source import Kind
from layers.base import EVERYBODY, Field, Form, Geometry, Group, Layer, Look, Text
from layers.words import GRID, NAME, YES_NO, choices

ROADS = Layer(
    key="roads",
    title=Text("道路", "Roads"),
    group=Group.BASE,
    geometry=Geometry.LINE,
    view="layer_roads",
    fields=(
        NAME,
        Field(
            name="highway",
            title=Text("等级", "Class"),
            kind=Kind.CODE,
            choices=choices(
                motorway=("高速路", "Motorway"),
                trunk=("快速路", "Trunk"),
                primary=("主干路", "Primary"),
                secondary=("次干路", "Secondary"),
                tertiary=("支路", "Tertiary"),
                residential=("居民路", "Residential"),
                unclassified=("普通路", "Unclassified"),
                living_street=("生活街", "Living street"),
                service=("内部路", "Service"),
                pedestrian=("步行街", "Pedestrian"),
                footway=("人行道", "Footway"),
                steps=("阶梯", "Steps"),
                path=("小径", "Path"),
                cycleway=("自行车道", "Cycleway"),
                track=("便道", "Track"),
            ),
        ),
        Field(name="speed_kmh", title=Text("限速", "Speed"), kind=Kind.FLOAT, unit="km/h"),
        Field(name="length_m", title=Text("长度", "Length"), kind=Kind.FLOAT, unit="m"),
        Field(name="one_way", title=Text("单行", "One-way"), kind=Kind.BOOL, choices=YES_NO),
        Field(name="drive", title=Text("可行车", "Open to cars"), kind=Kind.BOOL, choices=YES_NO),
        Field(name="bridge", title=Text("桥梁", "Bridge"), kind=Kind.BOOL, choices=YES_NO),
        Field(name="tunnel", title=Text("隧道", "Tunnel"), kind=Kind.BOOL, choices=YES_NO),
        Field(name="width_m", title=Text("宽度", "Width"), kind=Kind.FLOAT, unit="m"),
        GRID,
    ),
    headline="name",
    subline=("highway", "length_m"),
    tile=("highway", "one_way"),
    filters=("highway", "drive", "one_way"),
    breakdown="highway",
    search=("name",),
    min_zoom=12,
    look=Look(form=Form.LINE, icon="road", colour="#7dd3fc"),
    roles=EVERYBODY,
)
