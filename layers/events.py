"""Events (案件): all of three years, and the open ones as a layer of their own."""

from dataclasses import replace
from datetime import datetime

from geodata.source import Condition, Kind, Mask, Sensitivity
from layers.base import Alert, Field, Form, Geometry, Group, Layer, Look, Text, Tone
from layers.words import BUILDING, FLAGS, GRID, YES_NO, choices

MAJORS = choices(
    governance=("综合治理", "Governance"),
    city=("城市管理", "City management"),
    safety=("安全生产", "Work safety"),
    environment=("环境保护", "Environment"),
    dispute=("矛盾调处", "Disputes"),
    service=("公共服务", "Public service"),
    emergency=("突发事件", "Emergency"),
)
LEVELS = {
    "1": Text("Ⅰ 特别重大", "Ⅰ critical"),
    "2": Text("Ⅱ 重大", "Ⅱ major"),
    "3": Text("Ⅲ 较大", "Ⅲ larger"),
    "4": Text("Ⅳ 一般", "Ⅳ minor"),
    "0": Text("普通", "Ordinary"),
}
SOURCES = choices(
    grid_self=("网格自办自结", "Grid, self-closed"),
    grid_patrol=("网格巡查", "Grid patrol"),
    city_dcm=("数字城管", "City platform"),
    hotline12345=("12345", "12345 hotline"),
    citizen=("市民上报", "Citizens"),
    sensor=("传感器", "Sensors"),
    video_ai=("视频识别", "Video"),
    citizen_wechat=("市民微信", "Citizens (WeChat)"),
    citizen_app=("市民 App", "Citizens (app)"),
    hotline_cg=("城管热线", "City hotline"),
    census=("普查", "Census"),
    leader=("领导交办", "Leaders"),
    dept_transfer=("部门移交", "Departments"),
    other=("其他", "Other"),
)
STATES = choices(
    reported=("待立案", "Reported"),
    filed=("待派遣", "Filed"),
    dispatched=("已派遣", "Dispatched"),
    handling=("处置中", "Handling"),
    checking=("待核查", "Checking"),
    suspended=("挂账", "Suspended"),
    closed=("已结案", "Closed"),
    evaluated=("已考评", "Evaluated"),
    not_filed=("不予立案", "Not filed"),
    merged=("已合并", "Merged"),
    void=("作废", "Void"),
)

EVENTS = Layer(
    key="events",
    title=Text("历史案件", "Event history"),
    group=Group.EVENTS,
    geometry=Geometry.POINT,
    view="layer_events",
    fields=(
        Field(name="title", title=Text("事由", "Title")),
        Field(name="case_no", title=Text("案件号", "Case number")),
        Field(name="class_name", title=Text("小类", "Class"), kind=Kind.CODE),
        Field(name="class_code", title=Text("小类代码", "Class code"), kind=Kind.CODE, named_by="class_name"),
        Field(name="major", title=Text("大类", "Major class"), kind=Kind.CODE, choices=MAJORS),
        Field(name="level", title=Text("级别", "Level"), kind=Kind.CODE, choices=LEVELS),
        Field(name="source", title=Text("来源", "Source"), kind=Kind.CODE, choices=SOURCES),
        Field(name="state", title=Text("状态", "State"), kind=Kind.CODE, choices=STATES),
        Field(name="open", title=Text("未结", "Open"), kind=Kind.BOOL),
        Field(name="description", title=Text("描述", "Description")),
        Field(name="place_text", title=Text("地点", "Place")),
        Field(name="reported_at", title=Text("上报时间", "Reported"), kind=Kind.TIME),
        Field(name="step_started_at", title=Text("本步开始", "Step began"), kind=Kind.TIME),
        Field(name="deadline_at", title=Text("时限", "Deadline"), kind=Kind.TIME),
        Field(name="closed_at", title=Text("结案时间", "Closed"), kind=Kind.TIME),
        Field(name="reporter", title=Text("上报人", "Reporter"), sensitivity=Sensitivity.PERSONAL, mask=Mask.NAME),
        Field(name="reporter_phone", title=Text("上报电话", "Reporter's phone"), sensitivity=Sensitivity.PERSONAL, mask=Mask.PHONE),
        BUILDING,
        Field(name="worker_id", title=Text("处置人", "Handler"), kind=Kind.INT, link="workers"),
        Field(name="dup_of", title=Text("重复于", "Duplicate of"), kind=Kind.INT, link="events"),
        GRID,
        FLAGS,
    ),
    headline="title",
    subline=("level", "state"),
    tile=("major", "level"),
    filters=("major", "class_code", "level", "source", "state", "reported_at"),
    breakdown="level",
    search=("title", "case_no"),
    exact=("reporter_phone",),
    cells_to=15,
    look=Look(
        form=Form.DOT,
        icon="clock",
        colour="#94a3b8",
        by="level",
        palette={"1": "#ff4d5e", "2": "#fb923c", "3": "#fde047", "4": "#60a5fa", "0": "#94a3b8"},
    ),
)
OPEN_EVENTS = replace(
    EVENTS,
    key="open_events",
    title=Text("未结案件", "Open events"),
    view="layer_open_events",
    fields=(
        *EVENTS.fields,
        Field(name="paused_at", title=Text("挂账时间", "Suspended at"), kind=Kind.TIME),
        Field(name="working", title=Text("按工作时间计时", "Counts working time"), kind=Kind.BOOL, choices=YES_NO),
    ),
    tile=("major", "level", "state", "deadline_at", "step_started_at", "paused_at", "working"),
    cells_to=0,
    live=True,
    refresh_s=5,
    shown=True,
    alert=Alert(
        title=Text("超时", "overdue"),
        tone=Tone.ALARM,
        past="deadline_at",
        test=(Condition("state", values=("reported", "filed", "dispatched", "handling", "checking")),),
    ),
    look=Look(
        form=Form.PIN,
        icon="alert-triangle",
        colour="#94a3b8",
        by="level",
        palette={"1": "#ff4d5e", "2": "#fb923c", "3": "#fde047", "4": "#60a5fa", "0": "#94a3b8"},
        icon_by="major",
        icons={
            "governance": "shield",
            "city": "trash",
            "safety": "flame",
            "environment": "leaf",
            "dispute": "message-2",
            "service": "bulb",
            "emergency": "alert-triangle",
        },
    ),
)


def narrowed(*, only_open: bool, overdue: bool, now: datetime) -> list[Condition]:
    """Return what a list of cases is narrowed to beside the layer's filters: open ones, or of these the ones whose step should have ended."""
    tests = [Condition("open", values=("true",))] if only_open or overdue else []
    return [*tests, Condition("deadline_at", high=now.timestamp())] if overdue else tests
