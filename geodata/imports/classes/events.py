"""Events of another system. Their classes must be in the catalogue; the deadline is seven days where the file names none."""

import datetime as dt

from geodata import codes
from geodata.errors import InvalidInputError
from geodata.imports import words
from geodata.imports.classes.common import BUILDING, reported_at
from geodata.imports.fields import Copied, Field, ImportClass, Numbering, Row, Shape
from geodata.source import Kind

LIMIT = dt.timedelta(days=7)
LOCAL_TIME = dt.timezone(dt.timedelta(hours=8))


def _complete(row: Row) -> None:
    reported, closed = row["reported_at"], row.get("closed_at")
    if not isinstance(reported, dt.datetime):
        return
    if isinstance(closed, dt.datetime) and closed < reported:
        raise InvalidInputError("it was closed before it was reported")
    if (row["state"] in ("closed", "void")) != (closed is not None):
        raise InvalidInputError("a closing time and the state closed or void belong together")
    row["deadline_at"] = row.get("deadline_at") or reported + LIMIT
    row["step_started_at"] = row.get("step_started_at") or reported
    row["place_text"] = row.get("place_text") or ""


def _prefix(row: Row) -> str:
    reported = row["reported_at"]
    day = f"{reported.astimezone(LOCAL_TIME):%Y%m%d}" if isinstance(reported, dt.datetime) else ""
    return str(row["grid_code"])[:6] + day


EVENTS = ImportClass(
    key="events",
    table="event",
    shape=Shape.POINT,
    natural_key="case_no",
    in_building=True,
    complete=_complete,
    copied=(Copied("major", "event_class", by="class_code"),),
    numbering=Numbering(_prefix, digits=5),
    fields=(
        Field("source_id", "来源编号 外部编号 工单编号 编号 id case_enquiry_id"),
        Field("case_no", "案件号 案卷编号 案件编号"),
        Field("title", "事由 标题 案件标题 主题 case_title subject", required=True),
        Field("description", "描述 案件描述 问题描述 内容 description content"),
        Field("class_code", "小类代码 小类 类别 案件小类 class type", kind=Kind.CODE, catalogue="event_class", required=True),
        Field("major", filled_from=("class_code",)),
        Field("level", "级别 等级 严重程度", kind=Kind.CODE, words=words.EVENT_LEVEL, default="0"),
        Field("source", "来源 上报来源 问题来源 渠道", kind=Kind.CODE, words=words.EVENT_SOURCE, default="other"),
        Field("state", "状态 案件状态 case_status", kind=Kind.CODE, words=words.EVENT_STATE, required=True),
        reported_at(required=True),
        Field("deadline_at", "时限 截止时间 处置时限 target_dt due", kind=Kind.TIME, filled_from=("reported_at",)),
        Field("step_started_at", "本步开始", kind=Kind.TIME, filled_from=("reported_at",)),
        Field("closed_at", "结案时间 办结时间 closed_dt", kind=Kind.TIME),
        Field("reporter", "上报人 诉求人 姓名", personal=True),
        Field("reporter_phone", "上报电话 诉求人电话 联系电话 电话", check=codes.phone, personal=True),
        Field("place_text", "地点 发生地点 地址 位置描述 location address"),
        BUILDING,
    ),
)
