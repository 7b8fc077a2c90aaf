"""District, streets, communities and the two kinds of grids."""

from geodata.source import Kind, Mask, Sensitivity
from layers.base import EVERYBODY, Field, Form, Geometry, Group, Layer, Look, Text
from layers.words import AREA_KIND, CODE, COUNTS, NAME, choices

KIND = Field(name="kind", title=Text("类型", "Kind"), kind=Kind.CODE, choices=AREA_KIND)
PARENT = ("people", "households")

DISTRICT = Layer(
    key="district",
    title=Text("城区", "District"),
    group=Group.AREAS,
    geometry=Geometry.POLYGON,
    view="layer_district",
    fields=(NAME, CODE, *COUNTS),
    headline="name",
    subline=PARENT,
    tile=("name", "people"),
    search=("name", "code"),
    look=Look(form=Form.AREA, icon="map-2", colour="#38bdf8", label="name"),
    roles=EVERYBODY,
)
STREETS = Layer(
    key="streets",
    title=Text("街道", "Streets"),
    group=Group.AREAS,
    geometry=Geometry.POLYGON,
    view="layer_streets",
    fields=(NAME, CODE, KIND, *COUNTS),
    headline="name",
    subline=PARENT,
    tile=("name", "people", "area_m2"),
    filters=("kind",),
    breakdown="kind",
    search=("name", "code"),
    look=Look(form=Form.AREA, icon="map-2", colour="#5aa9e6", label="name"),
    roles=EVERYBODY,
)
COMMUNITIES = Layer(
    key="communities",
    title=Text("社区", "Communities"),
    group=Group.AREAS,
    geometry=Geometry.POLYGON,
    view="layer_communities",
    fields=(NAME, CODE, KIND, *COUNTS),
    headline="name",
    subline=PARENT,
    tile=("name", "people", "area_m2"),
    filters=("kind", "people"),
    breakdown="kind",
    search=("name", "code"),
    min_zoom=11,
    look=Look(form=Form.AREA, icon="map-pin", colour="#4f97d8", label="name"),
    roles=EVERYBODY,
)
BASE_GRIDS = Layer(
    key="base_grids",
    title=Text("基础网格", "Base grids"),
    group=Group.AREAS,
    geometry=Geometry.POLYGON,
    view="layer_base_grids",
    fields=(
        NAME,
        CODE,
        KIND,
        *COUNTS,
        Field(
            name="size_flag",
            title=Text("规模", "Size"),
            kind=Kind.CODE,
            choices=choices(ok=("达标", "Within norm"), under=("偏小", "Too small"), over=("超标", "Too large")),
        ),
        Field(name="norm_people_min", title=Text("标准下限", "Norm, least"), kind=Kind.INT),
        Field(name="norm_people_max", title=Text("标准上限", "Norm, most"), kind=Kind.INT),
        Field(name="duties", title=Text("职责", "Duties")),
        Field(name="worker_id", title=Text("网格员", "Worker"), kind=Kind.INT, link="workers"),
        Field(name="worker_name", title=Text("网格员姓名", "Worker's name"), sensitivity=Sensitivity.PERSONAL, mask=Mask.NAME),
        Field(name="worker_phone", title=Text("网格员电话", "Worker's phone"), sensitivity=Sensitivity.PERSONAL, mask=Mask.PHONE),
    ),
    headline="name",
    subline=PARENT,
    tile=("name", "people", "area_m2", "size_flag"),
    filters=("kind", "size_flag", "people"),
    breakdown="size_flag",
    search=("name", "code"),
    min_zoom=12,
    look=Look(form=Form.AREA, icon="layout-grid", colour="#3f7fc0", label="name"),
)
CITY_MANAGEMENT_GRIDS = Layer(
    key="city_management_grids",
    title=Text("城管网格", "City-management grids"),
    group=Group.AREAS,
    geometry=Geometry.POLYGON,
    view="layer_city_management_grids",
    fields=(NAME, CODE, *COUNTS),
    headline="name",
    subline=PARENT,
    tile=("name", "people", "area_m2"),
    search=("name", "code"),
    min_zoom=10,
    look=Look(form=Form.AREA, icon="grid-4x4", colour="#2dd4bf", label="name"),
)
