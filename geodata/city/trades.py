"""What invented organizations do, and what mapped places are as organizations."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Trade:
    """A kind of organization: the words after its name, type, GB/T 4754 section, how common, at street level, dangerous."""

    suffix: str
    org_type: str
    industry: str
    weight: float
    shop: bool = False
    risky: bool = False


SHOPS = (
    Trade("便利店", "self_employed", "F", 9, shop=True),
    Trade("餐厅", "self_employed", "H", 9, shop=True, risky=True),
    Trade("茶餐厅", "self_employed", "H", 6, shop=True, risky=True),
    Trade("面馆", "self_employed", "H", 4, shop=True, risky=True),
    Trade("饼屋", "self_employed", "H", 3, shop=True),
    Trade("咖啡店", "self_employed", "H", 3, shop=True),
    Trade("大药房", "self_employed", "F", 4, shop=True),
    Trade("水果店", "self_employed", "F", 4, shop=True),
    Trade("服装店", "self_employed", "F", 6, shop=True),
    Trade("五金店", "self_employed", "F", 4, shop=True, risky=True),
    Trade("手机店", "self_employed", "F", 3, shop=True),
    Trade("烟酒行", "self_employed", "F", 3, shop=True),
    Trade("文具店", "self_employed", "F", 2, shop=True),
    Trade("美容店", "self_employed", "O", 5, shop=True),
    Trade("理发店", "self_employed", "O", 5, shop=True),
    Trade("洗衣店", "self_employed", "O", 2, shop=True),
    Trade("汽车维修厂", "enterprise", "O", 2, shop=True, risky=True),
    Trade("宠物店", "self_employed", "O", 1, shop=True),
    Trade("诊所", "hospital", "Q", 1.2, shop=True),
    Trade("房产中介店", "self_employed", "K", 3, shop=True),
    Trade("网吧", "self_employed", "R", 0.8, shop=True, risky=True),
    Trade("健身馆", "self_employed", "R", 1.2, shop=True),
)
OFFICES = (
    Trade("贸易有限公司", "enterprise", "F", 18),
    Trade("科技有限公司", "enterprise", "I", 12),
    Trade("网络科技有限公司", "enterprise", "I", 5),
    Trade("建筑工程有限公司", "enterprise", "E", 8, risky=True),
    Trade("装饰工程有限公司", "enterprise", "E", 5),
    Trade("物业管理有限公司", "enterprise", "K", 4),
    Trade("置业有限公司", "enterprise", "K", 3),
    Trade("咨询有限公司", "enterprise", "L", 9),
    Trade("旅行社有限公司", "enterprise", "L", 3),
    Trade("人力资源有限公司", "enterprise", "L", 3),
    Trade("会计师事务所", "enterprise", "L", 1.5),
    Trade("律师事务所", "enterprise", "L", 1.5),
    Trade("文化传播有限公司", "enterprise", "R", 5),
    Trade("物流有限公司", "enterprise", "G", 4, risky=True),
    Trade("食品有限公司", "enterprise", "C", 4, risky=True),
    Trade("服装有限公司", "enterprise", "C", 3, risky=True),
    Trade("检测技术有限公司", "enterprise", "M", 2),
    Trade("设计研究院有限公司", "enterprise", "M", 1.5),
    Trade("环保工程有限公司", "enterprise", "N", 2),
    Trade("投资管理有限公司", "enterprise", "J", 3),
    Trade("机电安装有限公司", "enterprise", "D", 1.5, risky=True),
    Trade("农产品有限公司", "enterprise", "A", 1),
    Trade("教育培训中心", "enterprise", "P", 3),
    Trade("养老服务中心", "institution", "Q", 0.6),
    Trade("志愿者协会", "social", "S", 0.9),
    Trade("商会", "social", "S", 0.6),
    Trade("体育协会", "social", "R", 0.5),
)
TRADES = (*SHOPS, *OFFICES)
PLACES: Mapping[str, Trade] = {
    "school": Trade("", "school", "P", 0),
    "hospital": Trade("", "hospital", "Q", 0),
    "government": Trade("", "government", "S", 0),
    "police": Trade("", "government", "S", 0),
    "fire_station": Trade("", "government", "S", 0),
    "worship": Trade("", "social", "S", 0),
    "hotel": Trade("", "enterprise", "H", 0, risky=True),
    "food": Trade("", "self_employed", "H", 0, shop=True, risky=True),
    "shop": Trade("", "self_employed", "F", 0, shop=True),
    "bank": Trade("", "enterprise", "J", 0, shop=True),
    "office": Trade("", "enterprise", "L", 0),
    "culture": Trade("", "institution", "R", 0),
}
"""Class of a mapped place to what it is as an organization; the other classes are none."""
WHOLE_BUILDING = frozenset({"school", "hospital", "government", "police", "fire_station", "worship", "hotel", "culture"})
"""Places that are no single room."""
REGISTRARS: Mapping[str, tuple[int, int]] = {
    "enterprise": (9, 1), "self_employed": (9, 2), "government": (1, 1), "institution": (1, 2), "school": (1, 2), "hospital": (1, 2),
    "social": (5, 1), "other": (9, 9),
}  # fmt: skip
"""GB 32100: registration authority and category by type."""
