"""Sensing devices with their last value and state."""

from geodata.source import Condition, Kind
from layers.base import Alert, Field, Form, Geometry, Group, Layer, Look, Text, Tone
from layers.words import BUILDING, CODE, FLAGS, GRID, NAME, choices

KINDS = choices(
    manhole=("井盖", "Manhole"), lamp=("路灯", "Lamp"), bin_level=("垃圾桶", "Bin level"), smoke=("烟感", "Smoke"),
    elevator=("电梯", "Elevator"), ponding=("积水", "Ponding"), gas=("燃气", "Gas"), noise=("噪声", "Noise"), air=("空气", "Air"),
    water_level=("水位", "Water level"), traffic=("交通", "Traffic"),
)

SENSORS = Layer(
    key="sensors", title=Text("物联传感", "Sensors"), group=Group.SENSING, geometry=Geometry.POINT, view="layer_sensors",
    fields=(
        NAME, CODE,
        Field(name="kind", title=Text("类型", "Kind"), kind=Kind.CODE, choices=KINDS),
        Field(name="status", title=Text("状态", "State"), kind=Kind.CODE,
              choices=choices(normal=("正常", "Normal"), alarm=("报警", "Alarm"), offline=("离线", "Offline"))),
        Field(name="metric", title=Text("指标", "Metric")),
        Field(name="value", title=Text("读数", "Value"), kind=Kind.FLOAT),
        Field(name="unit", title=Text("单位", "Unit")),
        Field(name="limit_value", title=Text("限值", "Limit"), kind=Kind.FLOAT),
        Field(name="reported_at", title=Text("读数时间", "Read at"), kind=Kind.TIME),
        Field(name="part_id", title=Text("所属部件", "Part"), kind=Kind.INT, link="parts"),
        BUILDING,
        Field(name="owner_dept", title=Text("权属单位", "Owner")),
        Field(name="installed_on", title=Text("安装", "Installed"), kind=Kind.DATE),
        GRID, FLAGS,
    ),
    headline="name", subline=("kind", "status"), tile=("kind", "status"), filters=("kind", "status"), breakdown="status",
    search=("name", "code"), cells_to=12, live=True, refresh_s=15,
    alert=Alert(title=Text("报警", "alarms"), tone=Tone.ALARM, test=(Condition("status", values=("alarm",)),)),
    look=Look(form=Form.DOT, icon="antenna", colour="#67e8f9", by="status",
              palette={"normal": "#67e8f9", "alarm": "#ff4d5e", "offline": "#64748b"},
              icon_by="kind", icons={
                  "manhole": "circle-dot", "lamp": "bulb", "bin_level": "trash", "smoke": "flame", "elevator": "elevator",
                  "ponding": "droplet", "gas": "gas-station", "noise": "volume", "air": "wind", "water_level": "ripple",
                  "traffic": "traffic-lights"}),
)
