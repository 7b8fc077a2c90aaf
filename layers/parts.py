"""City parts (城市部件) by the classes of CJ/T 214-2007."""

from geodata.source import Condition, Kind
from layers.base import Alert, Field, Form, Geometry, Group, Layer, Look, Text, Tone
from layers.words import FLAGS, GRID, NAME, choices

MAJORS = {
    "01": Text("公用设施", "Public utilities"),
    "02": Text("道路交通", "Road traffic"),
    "03": Text("市容环境", "City appearance"),
    "04": Text("园林绿化", "Greening"),
    "05": Text("房屋土地", "Houses and land"),
    "06": Text("其他设施", "Other"),
    "21": Text("扩展部件", "Extension"),
}

PARTS = Layer(
    key="parts",
    title=Text("部件", "Parts"),
    group=Group.BASE,
    geometry=Geometry.POINT,
    view="layer_parts",
    fields=(
        NAME,
        Field(name="obj_id", title=Text("标识码", "Part code")),
        Field(name="class_code", title=Text("小类代码", "Class code"), kind=Kind.CODE, named_by="class_name"),
        Field(name="class_name", title=Text("小类", "Class"), kind=Kind.CODE),
        Field(name="major", title=Text("大类", "Major class"), kind=Kind.CODE, choices=MAJORS),
        Field(
            name="state",
            title=Text("状态", "State"),
            kind=Kind.CODE,
            choices=choices(
                intact=("完好", "Intact"),
                damaged=("破损", "Damaged"),
                lost=("丢失", "Lost"),
                abandoned=("废除", "Abandoned"),
                removed=("移除", "Removed"),
            ),
        ),
        Field(name="manage_dept", title=Text("主管部门", "Manager")),
        Field(name="owner_dept", title=Text("权属单位", "Owner")),
        Field(name="maintain_dept", title=Text("养护单位", "Maintainer")),
        Field(
            name="data_source",
            title=Text("数据来源", "Data source"),
            kind=Kind.CODE,
            choices=choices(survey=("实测", "Surveyed"), map=("地形图", "From map"), other=("其他", "Other")),
        ),
        Field(
            name="accuracy",
            title=Text("精度", "Accuracy"),
            kind=Kind.CODE,
            choices=choices(A=("A ±0.5 m", "A ±0.5 m"), B=("B ±1 m", "B ±1 m"), C=("C ±10 m", "C ±10 m")),
        ),
        Field(name="heading_deg", title=Text("朝向", "Heading"), kind=Kind.FLOAT, unit="°"),
        Field(name="installed_on", title=Text("初始时间", "Installed"), kind=Kind.DATE),
        Field(name="changed_on", title=Text("变更时间", "Changed"), kind=Kind.DATE),
        GRID,
        FLAGS,
    ),
    headline="name",
    subline=("class_name", "state"),
    tile=("class_code", "major", "state"),
    filters=("major", "class_code", "state"),
    breakdown="major",
    search=("name", "obj_id"),
    cells_to=14,
    alert=Alert(title=Text("破损", "damaged"), tone=Tone.WARN, test=(Condition("state", values=("damaged", "lost")),)),
    look=Look(
        form=Form.DOT,
        icon="bulb",
        colour="#fcd34d",
        by="major",
        palette={"01": "#60a5fa", "02": "#fbbf24", "03": "#34d399", "04": "#a3e635", "05": "#c4b5fd", "06": "#fdba74", "21": "#94a3b8"},
    ),
)
