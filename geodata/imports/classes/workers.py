"""Grid workers and other people in the field: a list of staff, with positions if the file has them."""

from geodata.errors import InvalidInputError
from geodata.imports import words
from geodata.imports.classes.common import HEADING, PHONE, SPEED, reported_at
from geodata.imports.fields import SMALL, Field, ImportClass, Row, SecondTable, Shape, Unique
from geodata.source import Kind


def _complete(row: Row) -> None:
    if row.get("lon") is None:
        if row.get("grid_code") is None:
            raise InvalidInputError("neither a home grid nor a position")
    elif row.get("reported_at") is None:
        raise InvalidInputError("a position needs the time it was reported")


WORKERS = ImportClass(
    key="workers",
    table="worker",
    shape=Shape.POINT,
    natural_key="worker_no",
    source_column="",
    position_required=False,
    complete=_complete,
    unique=Unique("grid_code", only=("role", "grid_worker")),
    second=SecondTable(
        "worker_position",
        "worker_id",
        ("reported_at", "speed_kmh", "heading_deg", "battery_pct", "geom"),
        shared=("status",),
    ),
    fields=(
        Field("worker_no", "工号 编号 人员编号 id", required=True),
        Field("name", "姓名", required=True, personal=True),
        PHONE,
        Field("role", "岗位 角色 人员类型", kind=Kind.CODE, words=words.WORKER_ROLE, required=True),
        Field("team", "队伍 部门 所属单位"),
        Field("skills", "专长 技能", many=True, default=[]),
        Field("status", "状态 在岗状态", kind=Kind.CODE, words=words.WORKER_STATUS, default="off_duty"),
        Field("load", "在手任务", kind=Kind.INT, low=0, high=SMALL, default=0),
        Field("grid_code", "网格编码 所在网格 所属网格 网格 gridcode"),
        reported_at(),
        SPEED,
        HEADING,
        Field("battery_pct", "电量 battery", kind=Kind.INT, low=0, high=100),
    ),
)
