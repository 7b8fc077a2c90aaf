"""Video points with the sector that each one sees."""

from geodata.source import Condition, Kind
from layers.base import Alert, Field, Form, Geometry, Group, Layer, Look, Sector, Text, Tone
from layers.words import ADDRESS, FLAGS, GRID, NAME, YES_NO, choices

FAULTY = ("offline", "failing", "black", "frozen", "blurred", "cast")
"""States of the picture that somebody has to look after."""

CAMERAS = Layer(
    key="cameras",
    title=Text("摄像机", "Cameras"),
    group=Group.SENSING,
    geometry=Geometry.POINT,
    view="layer_cameras",
    fields=(
        NAME,
        Field(name="gb_id", title=Text("国标编码", "GB/T 28181 id")),
        Field(
            name="owner",
            title=Text("归属", "Owner"),
            kind=Kind.CODE,
            choices=choices(
                police=("公安天网", "Police"),
                traffic=("交警卡口", "Traffic police"),
                city=("城管", "City management"),
                environment=("环保", "Environment"),
                safety=("安监", "Safety"),
                fire=("消防", "Fire"),
                community=("社区", "Community"),
                social=("社会面", "Private"),
            ),
        ),
        Field(
            name="place_type",
            title=Text("位置", "Place"),
            kind=Kind.CODE,
            choices=choices(
                junction=("路口", "Junction"), entrance=("出入口", "Entrance"), road=("路段", "Road"), square=("广场", "Square")
            ),
        ),
        Field(
            name="ptz_type",
            title=Text("机型", "Type"),
            kind=Kind.CODE,
            choices={
                "1": Text("球机", "Dome"),
                "2": Text("半球", "Half dome"),
                "3": Text("固定枪机", "Bullet"),
                "4": Text("遥控枪机", "Remote bullet"),
            },
        ),
        Field(
            name="placement",
            title=Text("布控模型", "Placement"),
            kind=Kind.CODE,
            choices=choices(overall=("总体", "Overall"), region=("区域", "Region"), node=("节点", "Node")),
        ),
        Field(name="azimuth_deg", title=Text("方位角", "Azimuth"), kind=Kind.FLOAT, unit="°"),
        Field(name="fov_deg", title=Text("视角", "Angle of view"), kind=Kind.FLOAT, unit="°"),
        Field(name="view_range_m", title=Text("可视距离", "Range"), kind=Kind.FLOAT, unit="m"),
        Field(name="height_m", title=Text("架高", "Height"), kind=Kind.FLOAT, unit="m"),
        Field(
            name="online",
            title=Text("在线", "Online"),
            kind=Kind.BOOL,
            choices={"true": Text("在线", "Online"), "false": Text("离线", "Offline")},
        ),
        Field(
            name="health",
            title=Text("画面状态", "Picture"),
            kind=Kind.CODE,
            choices=choices(
                good=("正常", "Good"),
                unchecked=("未检测", "Not checked"),
                offline=("离线", "Offline"),
                failing=("取流失败", "No stream"),
                black=("黑屏", "Black"),
                frozen=("画面冻结", "Frozen"),
                blurred=("模糊", "Blurred"),
                cast=("偏色", "Colour cast"),
            ),
        ),
        Field(name="codec", title=Text("编码格式", "Codec")),
        Field(name="playable", title=Text("可调阅", "Has a picture"), kind=Kind.BOOL, choices=YES_NO),
        Field(name="ptz", title=Text("可云台控制", "Can be turned"), kind=Kind.BOOL, choices=YES_NO),
        Field(name="purpose", title=Text("用途", "Purpose")),
        Field(
            name="geom_source",
            title=Text("位置来源", "Position by"),
            kind=Kind.CODE,
            choices=choices(platform=("平台", "Platform"), file=("文件", "File"), hand=("人工校正", "Set by hand")),
        ),
        Field(name="is_key", title=Text("重点", "Key point"), kind=Kind.BOOL, choices=YES_NO),
        Field(name="ai_enabled", title=Text("智能识别", "Analysed"), kind=Kind.BOOL, choices=YES_NO),
        Field(name="seen_m2", title=Text("实际可视面积", "Really seen"), kind=Kind.FLOAT, unit="m²"),
        Field(name="grid_percent", title=Text("网格覆盖率", "Coverage of its grid"), kind=Kind.FLOAT, unit="%"),
        ADDRESS,
        Field(name="retention_days", title=Text("保存天数", "Kept for"), kind=Kind.INT),
        Field(name="changed_at", title=Text("状态时间", "State since"), kind=Kind.TIME),
        GRID,
        FLAGS,
    ),
    headline="name",
    subline=("owner", "online"),
    tile=("online", "azimuth_deg", "fov_deg", "view_range_m"),
    filters=("owner", "place_type", "ptz_type", "online", "health", "playable", "geom_source", "is_key", "ai_enabled"),
    breakdown="online",
    search=("name", "gb_id", "address"),
    cells_to=12,
    alert=Alert(title=Text("异常", "faulty"), tone=Tone.WARN, test=(Condition("health", values=FAULTY),)),
    look=Look(
        form=Form.DOT,
        icon="video",
        colour="#5eead4",
        by="online",
        palette={"true": "#5eead4", "false": "#64748b"},
        sector=Sector(azimuth_deg="azimuth_deg", angle_deg="fov_deg", range_m="view_range_m"),
    ),
)
