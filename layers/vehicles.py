"""Vehicles of sanitation, enforcement, muck transport and emergency, at their last position."""

from geodata.source import Condition, Kind, Mask, Sensitivity
from layers.base import Alert, Field, Form, Geometry, Group, Layer, Look, Text, Tone
from layers.words import FLAGS, GRID, PHONE, choices

VEHICLES = Layer(
    key="vehicles",
    title=Text("车辆", "Vehicles"),
    group=Group.FORCE,
    geometry=Geometry.POINT,
    view="layer_vehicles",
    fields=(
        Field(name="plate", title=Text("车牌", "Plate")),
        Field(
            name="kind",
            title=Text("类型", "Kind"),
            kind=Kind.CODE,
            choices=choices(
                sanitation=("环卫车", "Sanitation"),
                enforcement=("执法车", "Enforcement"),
                muck=("渣土车", "Muck"),
                emergency=("应急车", "Emergency"),
            ),
        ),
        Field(name="sub_kind", title=Text("用途", "Use")),
        Field(name="team", title=Text("单位", "Team")),
        Field(name="driver", title=Text("驾驶员", "Driver"), sensitivity=Sensitivity.PERSONAL, mask=Mask.NAME),
        PHONE,
        Field(name="terminal_no", title=Text("终端号", "Terminal")),
        Field(
            name="status",
            title=Text("状态", "State"),
            kind=Kind.CODE,
            choices=choices(free=("空闲", "Free"), busy=("任务中", "Busy"), lost=("失联", "Lost"), off_duty=("停运", "Off duty")),
        ),
        Field(name="reported_at", title=Text("定位时间", "Position of"), kind=Kind.TIME),
        Field(name="speed_kmh", title=Text("速度", "Speed"), kind=Kind.FLOAT, unit="km/h"),
        Field(name="heading_deg", title=Text("航向", "Heading"), kind=Kind.FLOAT, unit="°"),
        GRID,
        FLAGS,
    ),
    headline="plate",
    subline=("kind", "status"),
    tile=("kind", "status"),
    filters=("kind", "status"),
    breakdown="status",
    search=("plate", "terminal_no"),
    live=True,
    refresh_s=10,
    min_zoom=11,
    alert=Alert(title=Text("失联", "lost"), tone=Tone.WARN, test=(Condition("status", values=("lost",)),)),
    look=Look(
        form=Form.UNIT,
        icon="truck",
        colour="#34d399",
        by="status",
        palette={"free": "#34d399", "busy": "#38bdf8", "lost": "#fbbf24", "off_duty": "#64748b"},
        icon_by="kind",
        icons={"sanitation": "trash", "enforcement": "car", "muck": "truck", "emergency": "ambulance"},
    ),
)
