"""Invented names: of people from the characters of common Chinese names, of firms and shops from trade words."""

import pyarrow as pa
from faker.providers.person.zh_CN import Provider

from geodata.city.draws import Rng, choose
from geodata.city.ground import Bools
from geodata.city.texts import joined, picked, where

TWO_CHARACTERS = 0.88
"""Share of given names with two characters."""
SURNAMES = tuple(Provider.last_names)
SURNAME_WEIGHTS = tuple(Provider.last_names.values())
FIRM_CHARACTERS = tuple(
    "安邦宝昌诚大德东丰福富光广国海和恒宏华辉汇吉嘉建金锦京久凯康乐利联隆美民明南宁鹏平启庆荣瑞润盛顺泰天通旺伟祥新鑫信兴旭亚永友裕源远泽正志中众"
)
HOMES_ELSEWHERE = (
    "广东省湛江市", "广东省茂名市", "广东省梅州市", "广东省清远市", "广东省肇庆市", "广西玉林市", "广西桂林市", "广西贵港市", "湖南省衡阳市", "湖南省邵阳市",
    "湖南省岳阳市", "湖南省永州市", "江西省赣州市", "江西省上饶市", "福建省龙岩市", "福建省漳州市", "四川省达州市", "四川省南充市", "重庆市万州区", "重庆市开州区",
    "湖北省黄冈市", "湖北省荆州市", "河南省信阳市", "河南省周口市", "河南省南阳市", "贵州省遵义市", "贵州省毕节市", "云南省曲靖市", "安徽省阜阳市", "安徽省六安市",
    "浙江省温州市", "江苏省盐城市", "山东省菏泽市", "河北省邯郸市", "陕西省安康市", "甘肃省天水市", "黑龙江省绥化市", "吉林省四平市", "辽宁省铁岭市", "海南省儋州市",
)  # fmt: skip


def people_names(rng: Rng, male: Bools) -> pa.Array:
    """Surnames by how common they are, given names of one or two characters of the sex."""
    count = len(male)
    surname = picked(SURNAMES, choose(rng, SURNAME_WEIGHTS, count))
    given = [_given(rng, names, count) for names in (Provider.first_names_male, Provider.first_names_female)]
    return joined(surname, where(male, *given))


def firm_names(rng: Rng, count: int) -> pa.Array:
    """Two or three auspicious characters, to which the trade is added: 恒泰, 瑞丰源."""
    words = [picked(FIRM_CHARACTERS, rng.integers(0, len(FIRM_CHARACTERS), count)) for _ in range(3)]
    return joined(words[0], words[1], where(rng.random(count) < 0.5, words[2], ""))


def _given(rng: Rng, names: list[str], count: int) -> pa.Array:
    characters = sorted({character for name in names for character in name})
    first, second = (picked(characters, rng.integers(0, len(characters), count)) for _ in range(2))
    return joined(first, where(rng.random(count) < TWO_CHARACTERS, second, ""))
