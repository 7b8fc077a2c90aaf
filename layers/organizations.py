"""Enterprises, shops, institutions and government bodies (法人单位)."""

from geodata.source import Kind, Mask, Sensitivity
from layers.base import Field, Form, Geometry, Group, Layer, Look, Text
from layers.words import ADDRESS, BUILDING, FLAGS, GRID, NAME, PHONE, YES_NO, choices

ORGANIZATIONS = Layer(
    key="organizations", title=Text("单位", "Organizations"), group=Group.BASE, geometry=Geometry.POINT, view="layer_organizations",
    fields=(
        NAME,
        Field(name="uscc", title=Text("统一社会信用代码", "USCC")),
        Field(name="org_type", title=Text("类型", "Type"), kind=Kind.CODE, choices=choices(
            enterprise=("企业", "Enterprise"), self_employed=("个体商铺", "Self-employed"), government=("机关", "Government"),
            institution=("事业单位", "Institution"), social=("社会组织", "Social"), school=("学校", "School"), hospital=("医院", "Hospital"),
            other=("其他", "Other"))),
        Field(name="industry", title=Text("行业", "Industry"), kind=Kind.CODE, choices=choices(
            A=("农林牧渔", "Agriculture"), B=("采矿", "Mining"), C=("制造", "Manufacturing"), D=("水电燃气", "Utilities"), E=("建筑", "Construction"),
            F=("批发零售", "Trade"), G=("交通运输", "Transport"), H=("住宿餐饮", "Hotels and food"), I=("信息软件", "IT"),
            J=("金融", "Finance"), K=("房地产", "Real estate"), L=("租赁商务", "Business services"), M=("科研技术", "Research"),
            N=("环境公共设施", "Environment"), O=("居民服务", "Personal services"), P=("教育", "Education"), Q=("卫生社会", "Health"),
            R=("文体娱乐", "Culture"), S=("公共管理", "Public administration"))),
        Field(name="state", title=Text("状态", "State"), kind=Kind.CODE, choices=choices(
            active=("存续", "Active"), cancelled=("注销", "Cancelled"), revoked=("吊销", "Revoked"))),
        Field(name="risk", title=Text("安全分级", "Safety grade"), kind=Kind.CODE, choices=choices(
            red=("重大风险", "Major"), orange=("较大风险", "Larger"), yellow=("一般风险", "General"), blue=("低风险", "Low"))),
        Field(name="legal_rep", title=Text("法定代表人", "Legal representative"), sensitivity=Sensitivity.PERSONAL, mask=Mask.NAME),
        PHONE, ADDRESS,
        Field(name="employees", title=Text("从业人数", "Employees"), kind=Kind.INT),
        Field(name="is_key", title=Text("重点单位", "Key unit"), kind=Kind.BOOL, choices=YES_NO),
        BUILDING,
        Field(name="room_id", title=Text("房屋", "Room"), kind=Kind.INT),
        GRID, FLAGS,
    ),
    headline="name", subline=("org_type", "industry"), tile=("org_type", "is_key"),
    filters=("org_type", "industry", "state", "risk", "is_key", "employees"), breakdown="org_type",
    search=("name", "uscc", "address"), exact=("phone",), cells_to=14,
    look=Look(form=Form.DOT, icon="briefcase", colour="#c4b5fd", by="org_type", palette={
        "enterprise": "#818cf8", "self_employed": "#f0abfc", "government": "#38bdf8", "institution": "#2dd4bf", "social": "#86efac",
        "school": "#a3e635", "hospital": "#67e8f9", "other": "#94a3b8"}),
)
