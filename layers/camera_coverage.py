"""Base grids by how much of their open ground (outside of buildings and water) cameras see."""

from geodata.source import Kind
from layers.base import Field, Form, Geometry, Group, Layer, Look, Text
from layers.words import CODE, NAME, choices

CAMERA_COVERAGE = Layer(
    key="camera_coverage",
    title=Text("视频覆盖", "Camera coverage"),
    group=Group.SENSING,
    geometry=Geometry.POLYGON,
    view="layer_camera_coverage",
    fields=(
        NAME,
        CODE,
        Field(name="percent", title=Text("覆盖率", "Seen"), kind=Kind.FLOAT, unit="%"),
        Field(
            name="band",
            title=Text("覆盖等级", "Coverage"),
            kind=Kind.CODE,
            choices=choices(
                none=("盲区（不足5%）", "Blind (below 5 %)"),
                poor=("5%至20%", "5 to 20 %"),
                partial=("20%至40%", "20 to 40 %"),
                fair=("40%至60%", "40 to 60 %"),
                good=("60%以上", "60 % and more"),
            ),
        ),
        Field(name="open_m2", title=Text("室外面积", "Open ground"), kind=Kind.FLOAT, unit="m²"),
        Field(name="seen_m2", title=Text("可视面积", "Seen ground"), kind=Kind.FLOAT, unit="m²"),
        Field(name="unseen_m2", title=Text("盲区面积", "Unseen ground"), kind=Kind.FLOAT, unit="m²"),
        Field(name="cameras", title=Text("网格内摄像机", "Cameras in the grid"), kind=Kind.INT),
        Field(name="made_at", title=Text("计算时间", "Calculated"), kind=Kind.TIME),
    ),
    headline="name",
    subline=("percent", "unseen_m2"),
    tile=("name", "percent", "band"),
    filters=("band", "percent", "unseen_m2", "cameras"),
    breakdown="band",
    search=("code",),
    min_zoom=11,
    look=Look(
        form=Form.AREA,
        icon="eye-off",
        colour="#5eead4",
        by="band",
        palette={"none": "#f43f5e", "poor": "#fb923c", "partial": "#facc15", "fair": "#4ade80", "good": "#2dd4bf"},
        label="name",
    ),
)
