"""Fields that several classes share."""

from geodata import codes
from geodata.imports.fields import Field, Row
from geodata.source import Kind

OWN = "own/"
"""Stands before a supplier's ids where the column also holds those of OpenStreetMap (w123)."""

NAME = Field("name", "名称 名字 title", required=True)
ADDRESS = Field("address", "地址 详细地址 门牌 addr location")
PHONE = Field("phone", "电话 联系电话 手机 手机号 联系方式 tel telephone mobile", check=codes.phone, personal=True)
SOURCE_ID = Field("source_id", "来源编号 原始编号 编号 id")
BUILDING = Field("building", "楼栋编码 楼宇编码 楼栋 building_code building_id")
INSTALLED_ON = Field("installed_on", "安装 安装日期 安装时间 初始时间 建设日期 ordate install_date", kind=Kind.DATE)
HEADING = Field("heading_deg", "朝向 航向 heading course", kind=Kind.FLOAT, low=0, high=360)
SPEED = Field("speed_kmh", "速度 speed", kind=Kind.FLOAT, low=0, high=300)


def reported_at(*, required: bool = False) -> Field:
    """Field for the instant of a report or a position."""
    return Field("reported_at", "上报时间 定位时间 采集时间 读数时间 时间 time timestamp open_dt", kind=Kind.TIME, required=required)


def doubt(row: Row, flag: str) -> None:
    """Mark one row as doubtful."""
    flags = row.setdefault("flags", [])
    if isinstance(flags, list) and flag not in flags:
        flags.append(flag)
