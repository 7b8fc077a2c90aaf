"""City parts by CJ/T 214-2007: names of all classes, and how those that the sample city has stand along its streets."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

PART_CLASSES: Mapping[str, str] = MappingProxyType(
    dict(
        line.split()
        for line in [
            "",
            "0101 上水井盖",
            "0102 污水井盖",
            "0103 雨水井盖",
            "0104 雨水箅子",
            "0105 电力井盖",
            "0106 路灯井盖",
            "0107 通讯井盖",
            "0108 电视井盖",
            "0109 网络井盖",
            "0110 热力井盖",
            "0111 燃气井盖",
            "0112 公安井盖",
            "0113 消防设施",
            "0114 无主井盖",
            "0115 通讯交接箱",
            "0116 电力设施",
            "0117 立杆",
            "0118 路灯",
            "0119 地灯",
            "0120 景观灯",
            "0121 报刊亭",
            "0122 电话亭",
            "0123 邮筒",
            "0124 信息亭",
            "0125 自动售货机",
            "0126 健身设施",
            "0133 高压线铁塔",
            "0134 变压器(箱)",
            "0135 燃气调压站(箱)",
            "0136 监控电子眼",
            "0137 售货亭",
            "0138 治安岗亭",
            "0201 停车场",
            "0202 停车咪表",
            "0203 公交站亭",
            "0204 出租车站牌",
            "0205 过街天桥",
            "0206 地下通道",
            "0207 高架立交桥",
            "0208 跨河桥",
            "0209 交通标志牌",
            "0210 交通信号灯",
            "0211 交通护栏",
            "0212 存车支架",
            "0213 路名牌",
            "0214 交通信号设施",
            "0215 道路信息显示屏",
            "0216 道路隔音屏",
            "0217 交通岗亭",
            "0301 公共厕所",
            "0302 化粪池",
            "0303 公厕指示牌",
            "0304 垃圾间(楼)",
            "0305 垃圾箱",
            "0306 灯箱霓虹灯",
            "0307 广告牌匾",
            "0308 环保监测站",
            "0309 气象监测站",
            "0310 污水口监测站",
            "0401 古树名木",
            "0402 行道树",
            "0403 护树设施",
            "0404 花架花钵",
            "0405 绿地",
            "0406 雕塑",
            "0407 街头坐椅",
            "0408 绿地护栏",
            "0409 绿地维护设施",
            "0410 喷泉",
            "0501 宣传栏",
            "0502 人防工事",
            "0503 公房地下室",
            "0601 重大危险源",
            "0602 工地",
            "0603 水域附属设施",
            "0604 水域护栏",
            "0606 防洪墙",
            "",
        ]
        if line
    )
)
MAIN = frozenset({"primary", "secondary", "tertiary"})
STREETS = MAIN | {"residential", "unclassified", "living_street", "trunk"}


@dataclass(frozen=True, slots=True)
class Row:
    """Parts of one class in a row along streets."""

    code: str
    spacing_m: float
    """At scale 1.0."""
    side: float
    """Of half the carriageway, to the right; over 1 is the pavement. Beyond 0.5 a street has it on one side or the other by chance."""
    roads: frozenset[str] = STREETS


ROWS = (
    Row("0118", 38, 1.05),
    Row("0102", 62, 0.0),
    Row("0103", 68, -0.3),
    Row("0101", 95, 0.2),
    Row("0104", 62, 0.92),
    Row("0105", 125, 0.3),
    Row("0106", 210, 1.1),
    Row("0107", 125, -0.2),
    Row("0108", 520, -0.4),
    Row("0111", 190, 0.4),
    Row("0113", 150, 1.1),
    Row("0115", 300, 1.25),
    Row("0116", 320, 1.3),
    Row("0117", 170, 1.15),
    Row("0126", 1900, 1.6),
    Row("0136", 420, 1.1),
    Row("0202", 260, 1.05, frozenset({"residential", "tertiary", "unclassified"})),
    Row("0209", 135, 1.1),
    Row("0211", 100, -0.98, MAIN),
    Row("0212", 900, 1.3),
    Row("0213", 230, 1.15),
    Row("0305", 105, 1.2),
    Row("0307", 140, 1.5, MAIN | {"residential"}),
    Row("0402", 30, 1.25, MAIN),
    Row("0404", 420, 1.3, MAIN),
    Row("0407", 480, 1.35, MAIN | {"residential"}),
    Row("0501", 850, 1.4),
)
AT_PLACES: Mapping[str, str] = MappingProxyType({"toilet": "0301", "parking": "0201", "bus_stop": "0203"})
"""Class of a mapped place to the part that it is."""
AT_JUNCTIONS = "0210"
"""Traffic lights stand where main roads meet."""

DEPARTMENTS: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "0101": ("区水务局", "供水有限公司", "供水管网维护队"),
        "0102": ("区水务局", "排水管理所", "排水设施养护队"),
        "0103": ("区水务局", "排水管理所", "排水设施养护队"),
        "0104": ("区水务局", "排水管理所", "排水设施养护队"),
        "0105": ("区供电局", "供电局", "供电抢修队"),
        "0106": ("区城市管理局", "路灯管理所", "路灯维护队"),
        "0107": ("区工业和信息化局", "电信公司", "通信线路维护队"),
        "0108": ("区文化旅游局", "有线电视公司", "线路维护队"),
        "0111": ("区住房和城乡建设局", "燃气有限公司", "燃气抢修队"),
        "0113": ("区消防救援大队", "供水有限公司", "消火栓维护队"),
        "0115": ("区工业和信息化局", "电信公司", "通信线路维护队"),
        "0116": ("区供电局", "供电局", "供电抢修队"),
        "0118": ("区城市管理局", "路灯管理所", "路灯维护队"),
        "0136": ("公安分局", "公安分局", "视频运维单位"),
        "0201": ("公安分局交警大队", "停车管理公司", "停车管理公司"),
        "0202": ("公安分局交警大队", "停车管理公司", "停车管理公司"),
        "0203": ("区交通运输局", "公交公司", "公交站务队"),
    }
)
BY_MAJOR: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "01": ("区城市管理局", "区城市管理局", "市政设施养护队"),
        "02": ("公安分局交警大队", "公安分局交警大队", "交通设施维护队"),
        "03": ("区城市管理局", "环境卫生所", "环卫作业队"),
        "04": ("区城市管理局", "园林绿化所", "园林养护队"),
        "05": ("街道办事处", "街道办事处", "社区服务队"),
    }
)


def departments(code: str) -> tuple[str, str, str]:
    """Who manages, owns and maintains parts of a class."""
    return DEPARTMENTS.get(code, BY_MAJOR[code[:2]])
