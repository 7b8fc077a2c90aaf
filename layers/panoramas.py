"""Places where a panorama was taken, with the direction that its middle looks."""

from geodata.source import Kind
from layers.base import Field, Form, Geometry, Group, Layer, Look, Text
from layers.words import FLAGS, GRID, NAME, YES_NO, choices

PANORAMAS = Layer(
    key="panoramas",
    title=Text("街景", "Street view"),
    group=Group.SENSING,
    geometry=Geometry.POINT,
    view="layer_panoramas",
    fields=(
        NAME,
        Field(name="road", title=Text("道路", "Road")),
        Field(name="taken_at", title=Text("拍摄时间", "Taken"), kind=Kind.TIME),
        Field(name="heading_deg", title=Text("朝向", "Heading"), kind=Kind.FLOAT, unit="°"),
        Field(
            name="heading_from",
            title=Text("朝向来源", "Heading by"),
            kind=Kind.CODE,
            choices=choices(file=("照片", "The picture"), list=("清单", "The list"), north=("未给出，按正北", "Not given: north assumed")),
        ),
        Field(name="height_m", title=Text("镜头高度", "Height of the lens"), kind=Kind.FLOAT, unit="m"),
        Field(name="source", title=Text("来源", "Source")),
        Field(name="simulated", title=Text("模拟画面", "Simulated"), kind=Kind.BOOL, choices=YES_NO),
        Field(name="restricted", title=Text("限制查看", "Restricted"), kind=Kind.BOOL, choices=YES_NO),
        GRID,
        FLAGS,
    ),
    headline="name",
    subline=("road", "taken_at"),
    tile=("heading_deg", "simulated"),
    filters=("taken_at", "simulated", "restricted"),
    breakdown="simulated",
    search=("name", "road"),
    min_zoom=11,
    cells_to=12,
    look=Look(form=Form.DOT, icon="camera-rotate", colour="#a3e635"),
)
