"""Named places of the base map: what an address search falls back on."""

from geodata.source import Kind
from layers.base import EVERYBODY, Field, Form, Geometry, Group, Layer, Look, Text
from layers.words import ADDRESS, FLAGS, GRID, NAME, PHONE, choices

CLASSES = choices(
    school=("学校", "School"),
    hospital=("医院诊所", "Health"),
    government=("政府机构", "Government"),
    police=("警务", "Police"),
    fire_station=("消防", "Fire station"),
    toilet=("公厕", "Toilet"),
    parking=("停车场", "Parking"),
    bus_stop=("公交站", "Bus stop"),
    station=("车站码头", "Station"),
    park=("公园绿地", "Park"),
    worship=("宗教场所", "Worship"),
    hotel=("酒店", "Hotel"),
    food=("餐饮", "Food"),
    shop=("商店", "Shop"),
    bank=("银行", "Bank"),
    office=("办公", "Office"),
    culture=("文化体育", "Culture"),
    quarter=("地名", "Place name"),
    other=("其他", "Other"),
)

PLACES = Layer(
    key="places",
    title=Text("地点", "Places"),
    group=Group.BASE,
    geometry=Geometry.POINT,
    view="layer_places",
    fields=(
        NAME,
        Field(name="class", title=Text("类别", "Class"), kind=Kind.CODE, choices=CLASSES),
        Field(name="name_raw", title=Text("原名", "Name as mapped")),
        ADDRESS,
        PHONE,
        GRID,
        FLAGS,
    ),
    headline="name",
    subline=("class",),
    tile=("class",),
    filters=("class",),
    breakdown="class",
    search=("name", "name_raw", "address"),
    cells_to=13,
    look=Look(form=Form.DOT, icon="map-pin", colour="#94a3b8"),
    roles=EVERYBODY,
)
