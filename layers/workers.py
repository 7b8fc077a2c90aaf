"""Grid workers and other people in the field, at their last reported position."""

from geodata.source import Condition, Kind
from layers.base import Alert, Field, Form, Geometry, Group, Layer, Look, Text, Tone
from layers.words import FLAGS, GRID, PERSON_NAME, PHONE, choices

WORKERS = Layer(
    key="workers",
    title=Text("网格员与队员", "Workers"),
    group=Group.FORCE,
    geometry=Geometry.POINT,
    view="layer_workers",
    fields=(
        PERSON_NAME,
        Field(name="worker_no", title=Text("工号", "Number")),
        PHONE,
        Field(
            name="role",
            title=Text("岗位", "Role"),
            kind=Kind.CODE,
            choices=choices(
                grid_worker=("网格员", "Grid worker"),
                enforcement=("执法队员", "Enforcement"),
                sanitation=("环卫工", "Sanitation"),
                maintenance=("养护工", "Maintenance"),
                emergency=("应急队员", "Emergency"),
            ),
        ),
        Field(name="team", title=Text("队伍", "Team")),
        Field(name="skills", title=Text("专长", "Skills")),
        Field(
            name="status",
            title=Text("状态", "State"),
            kind=Kind.CODE,
            choices=choices(free=("空闲", "Free"), busy=("任务中", "Busy"), off_grid=("离岗", "Off grid"), off_duty=("下班", "Off duty")),
        ),
        Field(name="load", title=Text("在手任务", "Open tasks"), kind=Kind.INT),
        Field(name="reported_at", title=Text("定位时间", "Position of"), kind=Kind.TIME),
        Field(name="speed_kmh", title=Text("速度", "Speed"), kind=Kind.FLOAT, unit="km/h"),
        Field(name="heading_deg", title=Text("航向", "Heading"), kind=Kind.FLOAT, unit="°"),
        Field(name="battery_pct", title=Text("电量", "Battery"), kind=Kind.INT, unit="%"),
        GRID,
        FLAGS,
    ),
    headline="name",
    subline=("role", "status"),
    tile=("role", "status"),
    filters=("role", "status"),
    breakdown="status",
    search=("worker_no", "name"),
    exact=("phone",),
    live=True,
    refresh_s=10,
    min_zoom=12,
    alert=Alert(title=Text("离岗", "off grid"), tone=Tone.WARN, test=(Condition("status", values=("off_grid",)),)),
    look=Look(
        form=Form.UNIT,
        icon="walk",
        colour="#34d399",
        by="status",
        palette={"free": "#34d399", "busy": "#38bdf8", "off_grid": "#fbbf24", "off_duty": "#64748b"},
        icon_by="role",
        icons={"grid_worker": "walk", "enforcement": "shield", "sanitation": "trash", "maintenance": "tool", "emergency": "first-aid-kit"},
    ),
)
