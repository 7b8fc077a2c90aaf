"""Cameras. One whose direction is not known is drawn as a full circle."""

from geodata import codes
from geodata.errors import InvalidInputError
from geodata.imports import words
from geodata.imports.classes.common import ADDRESS, SOURCE_ID
from geodata.imports.fields import Field, ImportClass, Numbering, Row, Shape
from geodata.imports.video import group_name
from geodata.source import Kind

# Own numbers: trade 08 (city management), type 132 (network camera), network 9 (reserved, hence free for local use)
LOCAL = "00081329"
BULLET_DEG = 60.0
LONGEST_STREAM = 500


def _stream(text: str) -> str:
    """Check how a stream is named: an rtsp:// address, or a platform's own reference; no other addresses, nothing that cannot be seen."""
    scheme = text.partition("://")[0].lower() if "://" in text else ""
    if (scheme and scheme not in ("rtsp", "rtsps")) or len(text) > LONGEST_STREAM or any(ord(character) < 33 for character in text):
        raise InvalidInputError("a stream is named by an rtsp:// address or the platform's own reference")
    return text


def _complete(row: Row) -> None:
    row["fov_deg"] = row.get("fov_deg") or (360.0 if row.get("azimuth_deg") is None else BULLET_DEG)
    row["azimuth_deg"] = row.get("azimuth_deg") or 0.0


CAMERAS = ImportClass(
    key="cameras",
    table="camera",
    shape=Shape.POINT,
    natural_key="gb_id",
    apart=True,
    complete=_complete,
    by_hand="geom_source",
    constants={"geom_source": "file"},
    numbering=Numbering(lambda row: str(row["grid_code"])[:6] + LOCAL, digits=6),
    fields=(
        SOURCE_ID,
        Field("gb_id", "国标编码 国标id 国标编号 设备编码 deviceid gb28181", check=codes.camera_code),
        Field("name", "名称 点位名称 设备名称 摄像机名称 description view", required=True),
        Field("owner", "归属 归属部门 所属部门 建设单位类别", kind=Kind.CODE, words=words.CAMERA_OWNER, required=True),
        Field("group_id", "业务分组 所属分组 分组 虚拟组织 businessgroup group", check=group_name),
        Field("place_type", "位置 位置类型 点位类型", kind=Kind.CODE, words=words.PLACE_TYPE, default="road"),
        Field("ptz_type", "机型 摄像机类型 ptztype", kind=Kind.CODE, words=words.PTZ_TYPE, default="3"),
        Field("placement", "布控模型", kind=Kind.CODE, words=words.PLACEMENT, default="node"),
        Field("azimuth_deg", "方位角 朝向 azimuth heading", kind=Kind.FLOAT, low=0, high=360),
        Field("fov_deg", "视角 视场角 fov", kind=Kind.FLOAT, low=1, high=360, filled_from=("azimuth_deg",)),
        Field("view_range_m", "可视距离 range", kind=Kind.FLOAT, low=1, high=5000, default=50.0),
        Field("height_m", "架高 高度 安装高度 height", kind=Kind.FLOAT, low=0, high=300, default=6.0),
        Field("online", "在线 在线状态 设备状态 状态 status available", kind=Kind.BOOL, words=words.ONLINE, default=False),
        Field("is_key", "重点 重点点位", kind=Kind.BOOL, default=False),
        Field("ai_enabled", "智能识别 智能分析", kind=Kind.BOOL, default=False),
        ADDRESS,
        Field("retention_days", "保存天数 录像保存天数 存储天数", kind=Kind.INT, low=0, high=3650, default=30),
        Field("changed_at", "状态时间", kind=Kind.TIME),
        Field("stream_ref", "取流地址 主码流 主码流地址 rtsp rtsp地址 视频流地址 streamref", check=_stream),
        Field("sub_ref", "子码流 子码流地址 辅码流 subref", check=_stream),
        Field("ptz", "云台 云台控制 可云台控制", kind=Kind.BOOL, default=False),
        Field("purpose", "用途 监控用途 purpose"),
        Field("clock_offset_ms", "时钟偏差 时钟偏差毫秒", kind=Kind.INT, low=-86_400_000, high=86_400_000, default=0),
    ),
)
