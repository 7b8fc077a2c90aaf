"""Residents (实有人口), always masked; the map shows where, never who."""

from geodata.source import Kind, Mask, Sensitivity
from layers.base import STAFF, Field, Form, Geometry, Group, Layer, Look, Text
from layers.national import EDUCATIONS, NATIONS
from layers.words import BUILDING, FLAGS, GRID, PERSON_NAME, PHONE, choices

PEOPLE = Layer(
    key="people",
    title=Text("实有人口", "People"),
    group=Group.BASE,
    geometry=Geometry.POINT,
    view="layer_people",
    fields=(
        PERSON_NAME,
        Field(name="id_no", title=Text("证件号码", "ID number"), sensitivity=Sensitivity.PERSONAL, mask=Mask.ID_NO),
        Field(
            name="sex",
            title=Text("性别", "Sex"),
            kind=Kind.CODE,
            choices={"1": Text("男", "Male"), "2": Text("女", "Female"), "0": Text("未知", "Unknown"), "9": Text("未说明", "Unstated")},
        ),
        Field(name="birth_date", title=Text("出生日期", "Born"), kind=Kind.DATE, sensitivity=Sensitivity.RESTRICTED),
        Field(
            name="age_group",
            title=Text("年龄段", "Age"),
            kind=Kind.CODE,
            choices={
                "0-17": Text("0–17 岁", "0–17"),
                "18-59": Text("18–59 岁", "18–59"),
                "60-79": Text("60–79 岁", "60–79"),
                "80+": Text("80 岁以上", "80 and over"),
            },
        ),
        PHONE,
        Field(name="nation", title=Text("民族", "Nation"), kind=Kind.CODE, choices=NATIONS),
        Field(
            name="pop_type",
            title=Text("人口类型", "Residence"),
            kind=Kind.CODE,
            choices=choices(
                registered=("户籍", "Registered"),
                floating=("流动", "Floating"),
                permanent=("常住", "Permanent"),
                foreign=("境外", "Foreign"),
                left_behind=("留守", "Left behind"),
            ),
        ),
        Field(name="education", title=Text("学历", "Education"), kind=Kind.CODE, choices=EDUCATIONS),
        Field(name="occupation", title=Text("职业", "Occupation")),
        Field(name="hukou_address", title=Text("户籍地址", "Registered at"), sensitivity=Sensitivity.PERSONAL, mask=Mask.ADDRESS),
        Field(
            name="care",
            title=Text("关爱对象", "Care"),
            kind=Kind.CODE,
            sensitivity=Sensitivity.RESTRICTED,
            choices=choices(elder_alone=("独居老人", "Elder alone"), disabled=("残疾", "Disabled"), low_income=("低保", "Low income")),
        ),
        Field(name="household_id", title=Text("户号", "Household"), kind=Kind.INT),
        Field(
            name="relation",
            title=Text("与户主关系", "Relation"),
            kind=Kind.CODE,
            choices=choices(
                head=("户主", "Head"),
                spouse=("配偶", "Spouse"),
                child=("子女", "Child"),
                parent=("父母", "Parent"),
                other=("其他", "Other"),
            ),
        ),
        Field(name="room_id", title=Text("房屋", "Room"), kind=Kind.INT),
        BUILDING,
        Field(name="registered_on", title=Text("登记", "Registered on"), kind=Kind.DATE),
        GRID,
        FLAGS,
    ),
    headline="name",
    subline=("sex", "age_group"),
    tile=("pop_type",),
    filters=("pop_type", "sex", "age_group"),
    breakdown="pop_type",
    search=("name",),
    exact=("id_no", "phone"),
    cells_to=15,
    look=Look(
        form=Form.DOT,
        icon="users",
        colour="#7dd3fc",
        by="pop_type",
        palette={"registered": "#4f97d8", "floating": "#a78bfa", "permanent": "#2dd4bf", "foreign": "#f0abfc", "left_behind": "#fdba74"},
    ),
    roles=STAFF - {"department"},
)
