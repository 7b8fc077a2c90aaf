"""The classes of the dictionary that the sample city has cases of, and how often each occurs."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

MAJOR_COUNTS: Mapping[str, float] = MappingProxyType(
    {
        "city": 170_000,
        "governance": 70_000,
        "safety": 70_000,
        "environment": 26_000,
        "dispute": 17_000,
        "service": 21_000,
        "emergency": 6_000,
    }
)
"""KF-27 at scale 1.0: the last four share the 70,000 others."""
LEVEL_SHARES: Mapping[str, tuple[float, float, float, float, float]] = MappingProxyType(
    {
        "city": (91, 0.0, 0.05, 0.95, 8),
        "governance": (88, 0.02, 0.2, 1.8, 10),
        "safety": (74, 0.02, 0.4, 4.6, 21),
        "environment": (86, 0.01, 0.2, 2.3, 11.5),
        "dispute": (89, 0.0, 0.1, 1.9, 9),
        "service": (95, 0.0, 0.0, 0.5, 4.5),
        "emergency": (22, 0.5, 3.5, 18, 56),
    }
)
"""Ordinary, Ⅰ, Ⅱ, Ⅲ, Ⅳ in per cent."""


@dataclass(frozen=True, slots=True)
class EventClass:
    """A class of events."""

    code: str
    name: str
    major: str
    weight: float
    """Among the classes of its major."""
    limit_h: float
    """Time to handle it, in hours."""
    notes: tuple[str, ...]
    """What a reporter writes."""
    indoors: float = 0.0
    """Share of cases at a building instead of in a street."""
    late: bool = False
    """Happens in the evening rather than at office hours."""
    wet: bool = False
    """Comes with rainstorms."""
    grave: int = 4
    """The highest level it can have."""
    own: bool = False
    """A duty of the grid: nobody else reports it, and it has no level."""
    sensed: bool = False
    """Sensors find it."""
    seen: bool = False
    """Video analysis finds it."""

    def rank(self, level: int) -> int:
        """The level that such a case really has when `level` was drawn."""
        return 0 if self.own or level == 0 else max(level, self.grave)


def _city() -> tuple[EventClass, ...]:
    return (
        EventClass("0101", "私搭乱建", "city", 2, 48, ("楼顶加建铁皮棚，正在施工", "后巷搭建雨棚占用通道"), 0.7, grave=3),
        EventClass(
            "0102",
            "暴露垃圾",
            "city",
            14,
            4,
            ("垃圾桶旁堆放生活垃圾，约 2 平方米", "巷口有袋装垃圾散落，有异味", "垃圾外溢影响通行"),
            sensed=True,
            seen=True,
        ),
        EventClass("0103", "积存垃圾渣土", "city", 4, 40, ("装修渣土堆在路边未清运", "空地积存建筑垃圾约 3 立方米")),
        EventClass("0104", "道路不洁", "city", 10, 2, ("路面有大面积油污", "人行道积尘落叶未清扫", "路面有泥浆")),
        EventClass("0105", "水域不洁", "city", 1.5, 8, ("水面有漂浮垃圾", "湖边有大量水草和塑料")),
        EventClass("0106", "绿地脏乱", "city", 4, 8, ("花坛内有烟头纸屑", "绿化带被丢弃杂物")),
        EventClass("0107", "废弃车辆", "city", 1.5, 72, ("无牌摩托车长期停放，已积尘", "报废汽车占用车位")),
        EventClass("0108", "废弃家具设备", "city", 3, 24, ("旧床垫、沙发丢弃在路边", "废旧冰箱放在垃圾房外")),
        EventClass("0109", "非装饰性树挂", "city", 0.8, 24, ("树上挂有塑料袋和绳索",)),
        EventClass("0110", "道路破损", "city", 6, 40, ("路面坑洞约 0.6 平方米", "人行道砖松动，有绊倒危险", "路缘石破碎"), grave=3),
        EventClass("0111", "河堤破损", "city", 0.3, 72, ("堤岸护栏基座开裂",), grave=3),
        EventClass("0112", "道路遗撒", "city", 2, 4, ("货车遗撒沙石约 20 米", "路面有遗撒混凝土"), grave=3, seen=True),
        EventClass("0113", "建筑物外立面不洁", "city", 1, 72, ("外墙瓷砖有脱落迹象", "外墙大片污渍"), 0.9),
        EventClass("0115", "焚烧垃圾、树叶", "city", 0.6, 2, ("有人在空地焚烧杂物，烟大",), 0.0, late=True, grave=3),
        EventClass("0116", "油烟污染", "city", 3, 48, ("餐厅油烟直排后巷", "油烟管道正对居民窗户"), 0.6, late=True),
        EventClass("0117", "动物尸体清理", "city", 0.8, 2, ("路边有死猫，请清理",)),
        EventClass("0118", "擅自饲养家禽家畜", "city", 0.5, 48, ("天台养鸡，清晨打鸣",), 0.8),
        EventClass("0201", "非法小广告", "city", 12, 8, ("灯柱贴满小广告", "墙面喷涂办证电话", "公交站亭贴有招租广告"), seen=True),
        EventClass("0202", "违章张贴悬挂广告牌匾", "city", 4, 40, ("擅自悬挂布幅广告", "店招尺寸超出审批"), 0.3),
        EventClass("0203", "占道广告牌", "city", 3, 4, ("人行道放置立式广告牌", "灯箱占道影响盲道"), seen=True),
        EventClass("0204", "街头散发广告", "city", 1, 2, ("有人向行人散发传单",)),
        EventClass("0205", "广告招牌破损", "city", 1, 24, ("招牌一角脱落，有坠落危险",), 0.5, wet=True, grave=3),
        EventClass("0301", "施工扰民", "city", 4, 2, ("夜间仍在打桩，居民投诉", "午休时间电钻施工"), 0.4, late=True),
        EventClass("0302", "工地扬尘", "city", 2, 2, ("工地未洒水，扬尘明显", "出入口未冲洗车轮"), grave=3, sensed=True),
        EventClass("0303", "施工废弃料", "city", 1, 24, ("施工完毕未清理废料",)),
        EventClass("0304", "施工占道", "city", 3, 8, ("围挡外放置材料占用车道", "管线施工未设警示")),
        EventClass("0305", "无证掘路", "city", 0.6, 8, ("路面开挖，未见许可公示",)),
        EventClass("0501", "无照经营游商", "city", 9, 2, ("路口有流动小贩 3 档", "推车卖水果占用人行道"), 0.0, late=True, seen=True),
        EventClass("0502", "流浪乞讨", "city", 1, 8, ("天桥下有流浪人员露宿",), 0.0, late=True),
        EventClass("0503", "占道废品收购", "city", 1, 4, ("人行道收购纸皮，堆放杂乱",)),
        EventClass("0504", "店外经营", "city", 9, 2, ("餐厅桌椅摆出店外 4 套", "店铺货架占用人行道"), 0.0, late=True, seen=True),
        EventClass("0505", "机动车乱停放", "city", 12, 2, ("私家车停在人行道上", "双排停车造成拥堵", "货车停在消火栓前"), seen=True),
        EventClass("0506", "非机动车乱停放", "city", 4, 2, ("共享单车堆在路口", "摩托车停满盲道"), seen=True),
        EventClass("0507", "乱堆物堆料", "city", 6, 8, ("门前堆放纸箱杂物", "装修材料占用后巷"), seen=True),
        EventClass("0508", "商业噪音", "city", 2, 2, ("店铺高音喇叭促销",), 0.3),
        EventClass("0509", "黑车拉客", "city", 1, 2, ("口岸外有人揽客",), 0.0, late=True),
        EventClass("0510", "露天烧烤", "city", 1, 2, ("路边烧烤，油烟呛人",), 0.0, late=True),
        EventClass("0511", "沿街晾挂", "city", 2, 8, ("护栏上晾晒被单",), seen=True),
        EventClass("0513", "空调室外机低挂", "city", 0.6, 72, ("外机距地不足 2 米，滴水",), 0.5),
    )


def _governance() -> tuple[EventClass, ...]:
    return (
        EventClass("G101", "出租屋隐患", "governance", 10, 48, ("群租房，隔成 6 间", "出租屋未登记承租人"), 0.95, grave=3),
        EventClass("G102", "流动人口未登记", "governance", 10, 72, ("新入住 3 人尚未登记",), 0.95, own=True),
        EventClass("G103", "可疑人员", "governance", 4, 2, ("有人逐户敲门推销", "陌生男子在楼道徘徊"), 0.7, late=True, grave=3),
        EventClass("G104", "治安隐患", "governance", 6, 24, ("大门门禁失灵，外人可随意进出", "后巷照明不足"), 0.7),
        EventClass("G105", "矛盾纠纷苗头", "governance", 3, 24, ("业主在大堂聚集讨论管理费",), 0.9),
        EventClass("G106", "重点人员走访", "governance", 5, 72, ("按周期走访，情况稳定",), 0.95, own=True),
        EventClass("G107", "独居老人走访", "governance", 8, 72, ("老人行动不便，需要送药", "走访，身体情况良好"), 0.95, own=True),
        EventClass("G108", "不文明养犬", "governance", 4, 8, ("犬只未牵绳", "犬粪未清理"), 0.2),
        EventClass("G109", "涉诈线索", "governance", 1.5, 4, ("老人接到冒充公检法电话",), 0.9, grave=3),
        EventClass("G110", "校园周边秩序", "governance", 3, 2, ("放学时段家长车辆拥堵", "校门口有人兜售玩具")),
        EventClass("G111", "人员聚集", "governance", 1, 2, ("约 30 人聚集，情绪平稳",), grave=2),
    )


def _safety() -> tuple[EventClass, ...]:
    return (
        EventClass("S101", "消防通道堵塞", "safety", 12, 4, ("消防通道停放车辆", "楼梯间堆满杂物"), 0.7, grave=3, seen=True),
        EventClass("S102", "消防器材失效", "safety", 7, 24, ("灭火器压力不足 2 具", "消火栓箱内无水带"), 0.9),
        EventClass("S103", "安全出口锁闭", "safety", 4, 2, ("后门上锁，无法疏散",), 0.95, grave=3),
        EventClass("S104", "违规用电", "safety", 6, 24, ("私拉电线跨越巷道", "配电箱敞开"), 0.8),
        EventClass("S105", "电动车违规充电", "safety", 6, 4, ("电动车在楼道充电", "飞线充电"), 0.85, late=True, grave=3),
        EventClass("S106", "燃气使用隐患", "safety", 5, 8, ("燃气软管老化", "餐厅气瓶间无报警器"), 0.95, grave=2, sensed=True),
        EventClass("S107", "危险化学品存放", "safety", 1, 4, ("仓库存放稀释剂，未分类",), 0.95, grave=1),
        EventClass("S108", "高处作业不规范", "safety", 2, 2, ("外墙作业未系安全带",), 0.6, grave=3),
        EventClass("S109", "电梯超期未检", "safety", 2, 72, ("电梯检验标志已过期",), 1.0),
        EventClass("S110", "电梯故障", "safety", 3, 2, ("电梯停在 5 楼不动", "电梯平层误差大"), 1.0, grave=3, sensed=True),
        EventClass("S111", "工地临边防护缺失", "safety", 2, 8, ("临边护栏缺失约 6 米",), 0.4, grave=3),
        EventClass("S112", "企业日常检查", "safety", 9, 72, ("例行检查，整改 1 项", "例行检查，未见问题"), 0.95, own=True),
        EventClass("S113", "外墙坠物风险", "safety", 3, 4, ("窗框松动，恐坠落", "批荡剥落"), 0.9, wet=True, grave=2),
    )


def _environment() -> tuple[EventClass, ...]:
    return (
        EventClass("E101", "生活噪声", "environment", 8, 8, ("深夜卡拉 OK 声音大", "装修噪声超时"), 0.7, late=True, sensed=True),
        EventClass("E102", "污水直排", "environment", 5, 8, ("商户污水排入雨水口", "后巷污水横流"), 0.2, grave=2),
        EventClass("E103", "异味扰民", "environment", 5, 24, ("垃圾房异味重", "化粪池外溢有臭味"), 0.6),
        EventClass("E104", "道路扬尘", "environment", 3, 4, ("渣土车经过扬尘大",), sensed=True),
        EventClass("E105", "光污染", "environment", 1, 48, ("广告屏夜间过亮",), 0.4, late=True),
        EventClass("E106", "病媒生物孳生", "environment", 4, 48, ("积水容器有孑孓", "后巷鼠患"), 0.5),
        EventClass("E107", "黑臭水体", "environment", 1, 72, ("沟渠水色发黑",), grave=3, sensed=True),
    )


def _dispute() -> tuple[EventClass, ...]:
    return (
        EventClass("D101", "邻里纠纷", "dispute", 8, 72, ("楼上漏水，双方各执一词", "楼道放鞋柜引起争执"), 1.0),
        EventClass("D102", "物业纠纷", "dispute", 6, 72, ("业主反映管理费上涨",), 1.0),
        EventClass("D103", "劳资纠纷", "dispute", 3, 48, ("工人讨要两个月工资",), 0.9, grave=2),
        EventClass("D104", "租赁纠纷", "dispute", 4, 72, ("租客要求退还押金",), 1.0),
        EventClass("D105", "消费纠纷", "dispute", 4, 72, ("预付卡无法退款",), 0.8),
        EventClass("D106", "家庭纠纷", "dispute", 3, 24, ("赡养问题，需调解",), 1.0),
        EventClass("D107", "医患纠纷", "dispute", 0.5, 48, ("家属对诊疗结果有异议",), 1.0, grave=3),
    )


def _service() -> tuple[EventClass, ...]:
    return (
        EventClass("P101", "路灯不亮", "service", 5, 16, ("连续两盏路灯不亮", "路灯白天不灭"), 0.0, late=True, sensed=True),
        EventClass("P102", "井盖缺失破损", "service", 4, 2, ("井盖翻起，有危险", "井盖松动有响声"), grave=3, sensed=True),
        EventClass("P103", "供水异常", "service", 3, 8, ("水压不足", "水色发黄"), 0.9, grave=3),
        EventClass("P104", "停电报修", "service", 2, 4, ("整栋停电",), 1.0, late=True, grave=3, sensed=True),
        EventClass("P105", "公厕设施损坏", "service", 2, 24, ("冲水设备损坏", "洗手液用完")),
        EventClass("P106", "树木修剪", "service", 3, 72, ("树枝遮挡路灯", "枝叶碰到窗户")),
        EventClass("P107", "公共座椅健身器材损坏", "service", 1.5, 72, ("健身器材螺丝松脱",)),
        EventClass("P108", "政策咨询", "service", 3, 24, ("咨询居住证办理", "咨询养老补贴"), 1.0),
        EventClass("P109", "困难求助", "service", 3, 8, ("独居老人需要送餐", "忘带钥匙求助"), 1.0),
        EventClass("P110", "公交站设施损坏", "service", 1, 24, ("站亭顶棚漏水",)),
    )


def _emergency() -> tuple[EventClass, ...]:
    return (
        EventClass("0401", "路面塌陷", "emergency", 1, 2, ("路面下陷约 1 平方米，已围蔽", "车道出现空洞"), grave=1, sensed=True),
        EventClass("0402", "自来水管破裂", "emergency", 4, 1, ("水管爆裂，路面涌水",), grave=3),
        EventClass("0403", "燃气管道破裂", "emergency", 0.6, 1, ("施工挖断燃气管，有明显气味",), grave=1, sensed=True),
        EventClass("0404", "下水道堵塞或破损", "emergency", 9, 4, ("污水井外溢", "雨水口堵塞"), 0.0, wet=True, grave=3, sensed=True),
        EventClass("0406", "道路积水", "emergency", 9, 2, ("积水约 20 厘米，车辆缓行", "隧道口积水"), 0.0, wet=True, grave=2, sensed=True),
        EventClass("0408", "架空线缆损坏", "emergency", 3, 2, ("电线垂落至行人高度",), 0.0, wet=True, grave=3),
        EventClass("0409", "群发性事件", "emergency", 0.3, 1, ("约百人聚集，需现场处置",), grave=1),
        EventClass("X101", "火情", "emergency", 3, 1, ("住宅单位冒烟", "垃圾桶起火", "店铺厨房起火"), 0.7, grave=1, sensed=True, seen=True),
        EventClass("X102", "树木倒伏", "emergency", 3, 2, ("大树倒下压住车辆", "断枝挡路"), 0.0, wet=True, grave=3, seen=True),
        EventClass("X103", "电梯困人", "emergency", 3, 1, ("两人被困电梯，情绪稳定",), 1.0, grave=3, sensed=True),
        EventClass("X104", "交通事故", "emergency", 4, 1, ("两车相撞，占用一条车道", "电单车与行人相撞"), grave=2, seen=True),
        EventClass("X105", "建筑坠物", "emergency", 1.5, 2, ("外墙石块坠落，未伤人",), 0.9, wet=True, grave=3),
    )


EVENT_CLASSES = (*_city(), *_governance(), *_safety(), *_environment(), *_dispute(), *_service(), *_emergency())
