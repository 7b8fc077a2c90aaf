"""Buildings (楼栋) with their rooms."""

from geodata.source import Kind
from layers.base import Field, Form, Geometry, Group, Layer, Look, Text
from layers.words import ADDRESS, CODE, FLAGS, GRID, NAME, choices

BUILDINGS = Layer(
    key="buildings",
    title=Text("楼宇", "Buildings"),
    group=Group.BASE,
    geometry=Geometry.POLYGON,
    view="layer_buildings",
    fields=(
        NAME,
        CODE,
        ADDRESS,
        Field(
            name="use_type",
            title=Text("用途", "Use"),
            kind=Kind.CODE,
            choices=choices(
                residential=("住宅", "Residential"),
                mixed=("商住", "Mixed"),
                commercial=("商业", "Commercial"),
                office=("办公", "Office"),
                industrial=("工业", "Industrial"),
                public=("公建", "Public"),
                other=("其他", "Other"),
            ),
        ),
        Field(name="floors", title=Text("层数", "Floors"), kind=Kind.INT),
        Field(name="floors_below", title=Text("地下层", "Floors below"), kind=Kind.INT),
        Field(name="units", title=Text("单元", "Stairwells"), kind=Kind.INT),
        Field(name="height_m", title=Text("高度", "Height"), kind=Kind.FLOAT, unit="m"),
        Field(
            name="height_source",
            title=Text("高度来源", "Height from"),
            kind=Kind.CODE,
            choices=choices(surveyed=("测绘", "Mapped"), levels=("按层数", "From floors"), estimated=("估算", "Estimated")),
        ),
        Field(name="built_year", title=Text("建成", "Built"), kind=Kind.INT),
        Field(name="property_company", title=Text("物业", "Property company")),
        Field(name="area_m2", title=Text("占地", "Footprint"), kind=Kind.FLOAT, unit="m²"),
        Field(name="rooms", title=Text("房屋", "Rooms"), kind=Kind.INT),
        Field(name="people", title=Text("在住人", "Residents"), kind=Kind.INT),
        Field(name="organizations", title=Text("单位", "Organizations"), kind=Kind.INT),
        GRID,
        FLAGS,
    ),
    headline="name",
    subline=("use_type", "floors"),
    tile=("use_type", "height_m"),
    filters=("use_type", "floors", "people", "height_source"),
    breakdown="use_type",
    search=("name", "address", "code"),
    cells_to=12,
    look=Look(
        form=Form.FOOTPRINT,
        icon="building",
        colour="#4f97d8",
        by="use_type",
        palette={
            "residential": "#4f97d8",
            "mixed": "#a78bfa",
            "commercial": "#f0abfc",
            "office": "#2dd4bf",
            "industrial": "#fdba74",
            "public": "#86efac",
            "other": "#94a3b8",
        },
    ),
)
